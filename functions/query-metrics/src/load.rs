//! Which stored samples does a question need?

use ids::{HostId, SenderId, TenantId};
use promql::Selector;
use samples_table::{LoadError, LoadLimits, Loaded, SamplesTable, SpanLimits, Spans, Wanted};
use series::{Labels, MatchOp};
use state_table::{StateTable, TableError};

/// What one query may hold in memory.
const LIMITS: LoadLimits = LoadLimits {
    max_samples: 5_000_000,
};

/// What one look at all series may hold in memory: half of what the function has.
const SPAN_LIMITS: SpanLimits = SpanLimits {
    max_series: 300_000,
    max_label_bytes: 400_000_000,
    max_samples: 100_000_000,
};

/// Where the answers are.
#[derive(Debug)]
pub struct Store {
    /// The directory of senders.
    pub state: StateTable,
    /// The samples.
    pub samples: SamplesTable,
}

/// Why samples could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory could not answer.
    #[error(transparent)]
    State(#[from] TableError),
    /// The samples could not be read.
    #[error(transparent)]
    Samples(#[from] LoadError),
}

impl Store {
    /// The series that any of `selectors` accepts, with their samples of `from_ms..=to_ms`.
    pub async fn load(
        &self,
        tenant: &TenantId,
        selectors: &[Selector],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Loaded, StoreError> {
        let known = self.state.senders(tenant).await?;
        let hosts = only_hosts(selectors);
        let senders: Vec<SenderId> = known
            .into_iter()
            .map(|known| known.sender)
            .filter(|sender| may_hold(sender, hosts.as_deref()))
            .collect();
        let keep = |labels: &Labels| {
            selectors.iter().any(|selector| {
                selector
                    .matchers
                    .iter()
                    .all(|matcher| matcher.accepts_labels(labels))
            })
        };
        let wanted = Wanted {
            tenant,
            senders: &senders,
            from_ms,
            to_ms,
            keep: &keep,
        };
        Ok(self.samples.load(&wanted, LIMITS).await?)
    }

    /// All series of `from_ms..=to_ms`, and when each was there.
    pub async fn spans(
        &self,
        tenant: &TenantId,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Spans, StoreError> {
        let known = self.state.senders(tenant).await?;
        let senders: Vec<SenderId> = known.into_iter().map(|known| known.sender).collect();
        let wanted = Wanted {
            tenant,
            senders: &senders,
            from_ms,
            to_ms,
            keep: &|_| true,
        };
        Ok(self.samples.spans(&wanted, SPAN_LIMITS).await?)
    }
}

/// The hosts that an expression can be about, where each of its selectors names one.
fn only_hosts(selectors: &[Selector]) -> Option<Vec<HostId>> {
    selectors
        .iter()
        .map(|selector| {
            let instance = selector
                .matchers
                .iter()
                .find(|matcher| matcher.name == "instance" && matcher.op == MatchOp::Equal)?;
            // A host may have declared itself with its port.
            let declared = HostId::new(instance.value.as_str()).ok()?;
            let without_port = HostId::of_instance(&instance.value).ok()?;
            Some([declared, without_port])
        })
        .collect::<Option<Vec<_>>>()
        .map(|pairs| pairs.into_iter().flatten().collect())
}

/// A complete flush holds its own host only; any other sender may hold everything.
fn may_hold(sender: &SenderId, hosts: Option<&[HostId]>) -> bool {
    let Some(hosts) = hosts else { return true };
    !sender.is_complete() || hosts.iter().any(|host| SenderId::of_host(host) == *sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts_of(text: &str) -> Option<Vec<String>> {
        let expr = promql::Expr::parse(text).unwrap();
        let hosts = only_hosts(expr.selectors())?;
        Some(hosts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_question_about_one_host_reads_one_host() {
        assert_eq!(
            hosts_of(r#"up{instance="a:9100"}"#),
            Some(vec!["a:9100".to_owned(), "a".to_owned()])
        );
        assert_eq!(hosts_of(r#"up{instance="a"} / up"#), None);
        assert_eq!(hosts_of(r#"up{instance=~"a"}"#), None);
        let (a, b) = (HostId::new("a").unwrap(), HostId::new("b").unwrap());
        let mixed = SenderId::new("token.x").unwrap();
        assert!(may_hold(
            &SenderId::of_host(&a),
            Some(std::slice::from_ref(&a))
        ));
        assert!(!may_hold(
            &SenderId::of_host(&b),
            Some(std::slice::from_ref(&a))
        ));
        assert!(may_hold(&mixed, Some(&[a])));
    }
}
