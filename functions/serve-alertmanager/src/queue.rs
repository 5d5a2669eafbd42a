//! Messages for `route-alerts`.

use alert_routing::Said;
use futures::{StreamExt, TryStreamExt, stream};
use http_access::HttpError;
use ids::TenantId;
use jiff::Timestamp;
use messages::{RecheckOrder, SaidBatch};
use serde::Serialize;

/// SQS takes 256 KiB; the rest is for what stands around the alerts.
const MOST_BYTES: usize = 240_000;
/// So many messages are on their way at once.
const AT_ONCE: usize = 4;

/// Why every group must be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The configuration, which instances of `route-alerts` have in mind for some seconds.
    Configuration,
    /// A silence or an acknowledgement.
    WhatIsReadEachTime,
}

/// The queue `alerts`.
#[derive(Debug, Clone)]
pub struct AlertsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl AlertsQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: aws_sdk_sqs::Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Hands over what a client said; afterwards the queue has all of it.
    pub(crate) async fn say(
        &self,
        tenant: &TenantId,
        said: Vec<Said>,
        now: Timestamp,
    ) -> Result<(), HttpError> {
        let messages = in_messages(said)?.into_iter().map(|said| SaidBatch {
            version: messages::VERSION,
            tenant: tenant.clone(),
            received_at: now,
            said,
        });
        stream::iter(messages)
            .map(async |message| self.send(&message).await)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Lets every group be looked at again.
    pub(crate) async fn recheck(
        &self,
        tenant: &TenantId,
        because: Changed,
        now: Timestamp,
    ) -> Result<(), HttpError> {
        self.send(&RecheckOrder {
            version: messages::VERSION,
            tenant: tenant.clone(),
            recheck_at: now,
            is_last: because == Changed::WhatIsReadEachTime,
        })
        .await
    }

    async fn send(&self, message: &impl Serialize) -> Result<(), HttpError> {
        let body = serde_json::to_string(message).map_err(HttpError::internal)?;
        let request = self.client.send_message().queue_url(&self.url);
        let sent = request.message_body(body).send().await;
        sent.map(drop)
            .map_err(|error| HttpError::Unavailable(Box::new(error)))
    }
}

/// Whether an alert fits a message at all.
pub(crate) fn fits(said: &Said) -> bool {
    size(said).is_ok_and(|bytes| bytes <= MOST_BYTES)
}

fn size(said: &Said) -> Result<usize, HttpError> {
    let text = serde_json::to_vec(said).map_err(HttpError::internal)?;
    Ok(text.len() + 1)
}

/// As many in one message as it takes, in their order.
fn in_messages(said: Vec<Said>) -> Result<Vec<Vec<Said>>, HttpError> {
    let mut messages: Vec<Vec<Said>> = Vec::new();
    let mut bytes = MOST_BYTES;
    for one in said {
        let own = size(&one)?;
        bytes += own;
        if bytes > MOST_BYTES {
            messages.push(Vec::new());
            bytes = own;
        }
        if let Some(last) = messages.last_mut() {
            last.push(one);
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use series::Labels;

    use super::*;

    fn said(bytes: usize) -> Said {
        Said {
            labels: Labels::new([("a", "x".repeat(bytes))]).unwrap(),
            annotations: Default::default(),
            starts_at: None,
            ends_at: None,
            generator_url: String::new(),
            value: String::new(),
        }
    }

    #[test]
    fn every_alert_is_in_one_message_and_no_message_is_too_large() {
        let sizes = [100_000, 100_000, 100_000, 10, 239_800, 100, 10];
        let messages = in_messages(sizes.map(said).to_vec()).unwrap();
        let counts: Vec<usize> = messages.iter().map(Vec::len).collect();
        assert_eq!(counts, [2, 2, 1, 2]);
        for message in &messages {
            assert!(serde_json::to_vec(message).unwrap().len() <= MOST_BYTES + 2);
        }
        assert!(in_messages(Vec::new()).unwrap().is_empty());
        assert!(fits(&said(239_800)) && !fits(&said(240_000)));
    }
}
