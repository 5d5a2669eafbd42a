use jiff::Timestamp;
use rule_evaluation::{Advance, AdvanceError, AlertingRule, Observation, RuleState, Scope};
use series::Labels;

use crate::{Host, Verdict};

/// How many hosts of a tenant went silent in the same sweep: many at once points to what they share
/// (a network, a sender's token, this product) rather than to each of them. They are raised all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Concurrency {
    /// Hosts that went silent in this sweep.
    pub went_silent: usize,
    /// Hosts that are expected to send.
    pub expected: usize,
}

impl Concurrency {
    const MANY: usize = 5;
    const MANY_PERCENT: usize = 20;

    /// Of all verdicts of one tenant's sweep.
    #[must_use]
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut concurrency = Self::default();
        for verdict in verdicts {
            concurrency.went_silent += usize::from(matches!(verdict, Verdict::WentSilent { .. }));
            concurrency.expected +=
                usize::from(!matches!(verdict, Verdict::Retired | Verdict::NeverSeen));
        }
        concurrency
    }

    /// Whether a common cause is likely: at least 5 hosts and more than a fifth of those expected.
    #[must_use]
    pub const fn is_suspicious(self) -> bool {
        self.went_silent >= Self::MANY
            && self.went_silent.saturating_mul(100)
                > self.expected.saturating_mul(Self::MANY_PERCENT)
    }
}

const LAST_ARRIVAL: &str = "last_arrival";
const CONCURRENTLY_SILENT: &str = "concurrently_silent";

/// The built-in rule `HostSilent`, the same for every tenant.
#[must_use]
pub fn rule() -> AlertingRule {
    AlertingRule::builtin(
        "HostSilent",
        "nothing arrived from the host for longer than the tenant's grace",
        // The empty ones are facts for the texts below and no part of the alert's identity.
        &[
            ("severity", "critical"),
            (LAST_ARRIVAL, ""),
            (CONCURRENTLY_SILENT, ""),
        ],
        &[
            ("summary", "Host {{ $labels.instance }} is silent"),
            (
                "description",
                "Nothing has arrived from {{ $labels.instance }} for {{ $value | humanizeDuration }}. \
                 Last arrival: {{ $labels.last_arrival }}.\
                 {{ with $labels.concurrently_silent }} {{ . }} hosts went silent at the same time: \
                 look for a common cause.{{ end }}",
            ),
            (CONCURRENTLY_SILENT, "{{ $labels.concurrently_silent }}"),
        ],
    )
}

/// Moves `state`, which is that of [`rule`] for this host alone, to what `verdict` says.
pub fn advance(
    rule: &AlertingRule,
    host: &Host<'_>,
    verdict: Verdict,
    concurrency: Concurrency,
    state: &RuleState,
    now: Timestamp,
) -> Result<Advance, AdvanceError> {
    let observed: Vec<Observation> = host
        .last_arrival
        .filter(|_| verdict.is_silent())
        .map(|last_arrival| observation(host, last_arrival, concurrency, now))
        .into_iter()
        .collect();
    rule_evaluation::advance(rule, state, &observed, Scope::Everything, now)
}

fn observation(
    host: &Host<'_>,
    last_arrival: Timestamp,
    concurrency: Concurrency,
    now: Timestamp,
) -> Observation {
    let mut labels = Labels::default()
        .with("instance", host.id.as_str())
        .with(LAST_ARRIVAL, &last_arrival.to_string());
    if concurrency.is_suspicious() {
        labels = labels.with(CONCURRENTLY_SILENT, &concurrency.went_silent.to_string());
    }
    Observation {
        labels,
        value: now.duration_since(last_arrival).as_secs_f64(),
        subject: None,
    }
}

#[cfg(test)]
mod tests {
    use ids::HostId;
    use messages::{Change, Transition};

    use super::*;
    use crate::{Presence, judge};

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).unwrap()
    }

    /// One sweep over one host among `others` that go silent at the same time.
    fn sweep(state: &mut RuleState, last_arrival: i64, now: i64, others: usize) -> Vec<Transition> {
        let id = HostId::new("web-1").unwrap();
        let host = Host {
            id: &id,
            last_arrival: Some(at(last_arrival)),
            presence: Presence::of(state),
            retired: false,
        };
        let verdict = judge(&host, 300, at(now));
        let concurrency = Concurrency::of(vec![verdict; 1 + others]);
        match advance(&rule(), &host, verdict, concurrency, state, at(now)).unwrap() {
            Advance::Unchanged => Vec::new(),
            Advance::Changed {
                state: next,
                transitions,
            } => {
                *state = next;
                transitions
            }
        }
    }

    #[test]
    fn silence_fires_once_and_ends_when_the_host_is_back() {
        let mut state = RuleState::default();
        assert_eq!(sweep(&mut state, 0, 60, 0), []);
        let fired = sweep(&mut state, 0, 360, 0);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].change, Change::Fired);
        let labels = [
            ("alertname", "HostSilent"),
            ("instance", "web-1"),
            ("severity", "critical"),
        ];
        assert_eq!(fired[0].alert.labels, Labels::new(labels).unwrap());
        assert_eq!(
            fired[0].alert.annotations["summary"],
            "Host web-1 is silent"
        );
        assert_eq!(
            fired[0].alert.annotations["description"],
            "Nothing has arrived from web-1 for 6m 0s. Last arrival: 2027-01-15T08:00:00Z."
        );
        assert_eq!(Presence::of(&state), Presence::Silent { since: at(0) });
        assert_eq!(sweep(&mut state, 0, 420, 0), []);
        let ended = sweep(&mut state, 430, 480, 0);
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].change, Change::Resolved);
        assert_eq!(ended[0].alert.labels, fired[0].alert.labels);
        assert_eq!(state.sequence, 2);
        assert_eq!(Presence::of(&state), Presence::Alive);
    }

    #[test]
    fn many_at_once_are_raised_and_say_so() {
        let fired = sweep(&mut RuleState::default(), 0, 360, 11);
        let annotations = &fired[0].alert.annotations;
        assert_eq!(annotations["concurrently_silent"], "12");
        assert!(annotations["description"].ends_with(
            "Last arrival: 2027-01-15T08:00:00Z. 12 hosts went silent at the same time: \
             look for a common cause."
        ));
        assert_eq!(fired[0].alert.labels.value("concurrently_silent"), "");
    }

    #[test]
    fn a_few_of_many_hosts_are_no_common_cause() {
        let silent = Verdict::WentSilent {
            last_arrival: at(0),
        };
        for (went_silent, alive, expected) in [
            (4, 0, false),
            (5, 0, true),
            (5, 20, false),
            (6, 23, true),
            (0, 0, false),
        ] {
            let mut verdicts = vec![silent; went_silent];
            verdicts.extend(vec![Verdict::StillAlive; alive]);
            verdicts.extend([Verdict::Retired, Verdict::NeverSeen]);
            let concurrency = Concurrency::of(verdicts);
            assert_eq!(
                concurrency.is_suspicious(),
                expected,
                "{went_silent} of {}",
                went_silent + alive
            );
        }
    }
}
