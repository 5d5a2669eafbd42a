use ids::TenantId;
use jiff::Timestamp;
use messages::{Transition, TransitionBatch, VERSION};

/// An SQS message takes 256 KiB; attributes and the batch's own fields stay below the rest.
const MAX_MESSAGE_BYTES: usize = 200_000;

/// One message each, as few as fit.
pub(crate) fn split(
    tenant: &TenantId,
    source: &str,
    sequence: u64,
    decided_at: Timestamp,
    transitions: Vec<Transition>,
) -> Vec<TransitionBatch> {
    let mut parts: Vec<Vec<Transition>> = Vec::new();
    let mut size_bytes = MAX_MESSAGE_BYTES;
    for transition in transitions {
        let bytes = serde_json::to_string(&transition).map_or(0, |json| json.len());
        if size_bytes + bytes > MAX_MESSAGE_BYTES {
            parts.push(Vec::new());
            size_bytes = 0;
        }
        size_bytes += bytes;
        if let Some(part) = parts.last_mut() {
            part.push(transition);
        }
    }
    parts
        .into_iter()
        .zip(0..)
        .map(|(transitions, part)| TransitionBatch {
            version: VERSION,
            tenant: tenant.clone(),
            source: source.to_owned(),
            sequence,
            part,
            decided_at,
            transitions,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use messages::{Alert, Change};

    use super::*;

    fn transition(text: &str) -> Transition {
        Transition {
            change: Change::Fired,
            alert: Alert {
                labels: BTreeMap::from([("alertname".to_owned(), text.to_owned())]).into(),
                annotations: BTreeMap::new(),
                value: 1.0,
                starts_at: Timestamp::UNIX_EPOCH,
                ends_at: None,
            },
            caused_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_transition_is_in_exactly_one_message_that_fits() {
        let tenant = TenantId::new("demo").unwrap();
        let many: Vec<_> = (0..500)
            .map(|n| transition(&format!("{n}{}", "x".repeat(1000))))
            .collect();
        let parts = split(&tenant, "s#r", 7, Timestamp::UNIX_EPOCH, many.clone());
        assert!(parts.len() > 1);
        for (at, part) in parts.iter().enumerate() {
            assert_eq!((usize::from(part.part), part.sequence), (at, 7));
            assert!(serde_json::to_string(part).unwrap().len() < 256 * 1024);
        }
        let all: Vec<_> = parts
            .into_iter()
            .flat_map(|part| part.transitions)
            .collect();
        assert_eq!(all, many);
    }

    #[test]
    fn a_change_without_transitions_sends_nothing() {
        let tenant = TenantId::new("demo").unwrap();
        assert!(split(&tenant, "s#r", 1, Timestamp::UNIX_EPOCH, Vec::new()).is_empty());
    }
}
