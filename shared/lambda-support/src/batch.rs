use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};

/// One message of a batch.
#[derive(Debug, Clone)]
pub struct Record {
    /// SQS's id of the message.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// By which the message's visibility may be changed.
    pub receipt_handle: String,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

/// What became of one record.
#[derive(Debug)]
pub enum Attempt {
    /// The message is done with.
    Done,
    /// Only this message comes again, and ends in the dead-letter queue when it never passes.
    Failed(anyhow::Error),
}

impl From<anyhow::Result<()>> for Attempt {
    fn from(result: anyhow::Result<()>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Done)
    }
}

/// Runs `handle` on each record in turn and reports exactly those that failed.
pub async fn each_record(
    event: SqsEvent,
    mut handle: impl AsyncFnMut(Record) -> Attempt,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let message_id = message.message_id.unwrap_or_default();
        let receive_count = message
            .attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1);
        let record = Record {
            message_id: message_id.clone(),
            body: message.body.unwrap_or_default(),
            receipt_handle: message.receipt_handle.unwrap_or_default(),
            receive_count,
        };
        if let Attempt::Failed(error) = handle(record).await {
            tracing::warn!(
                message_id,
                receive_count,
                error = format!("{error:#}"),
                "a record failed"
            );
            response.add_failure(message_id);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bodies: &[&str]) -> SqsEvent {
        let records: Vec<_> = bodies
            .iter()
            .map(|body| serde_json::json!({"messageId": format!("id-{body}"), "body": body, "attributes": {}, "messageAttributes": {}}))
            .collect();
        serde_json::from_value(serde_json::json!({ "Records": records })).unwrap()
    }

    #[tokio::test]
    async fn only_the_malformed_message_fails() {
        let response = each_record(event(&["1", "x", "3"]), async |record: Record| {
            let parsed: anyhow::Result<u8> = record.body.parse().map_err(anyhow::Error::from);
            parsed.map(|_| ()).into()
        })
        .await;
        let failed: Vec<_> = response
            .batch_item_failures
            .iter()
            .map(|failure| failure.item_identifier.as_str())
            .collect();
        assert_eq!(failed, ["id-x"]);
    }
}
