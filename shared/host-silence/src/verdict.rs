use ids::HostId;
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::RuleState;

/// How long nothing may arrive before a host counts as silent, where the tenant does not say.
pub const DEFAULT_GRACE_SECS: u32 = 300;

/// What is known of one host.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// Its name.
    pub id: &'a HostId,
    /// When anything last arrived, over all its senders. Never the time of a sample: a wrong clock
    /// is not death.
    pub last_arrival: Option<Timestamp>,
    /// What was decided last.
    pub presence: Presence,
    /// Whether it left on purpose and has not come back since.
    pub retired: bool,
}

/// What was decided last about a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It sends.
    Alive,
    /// It does not send any more.
    Silent {
        /// Its last arrival before the silence.
        since: Timestamp,
    },
}

impl Presence {
    /// As the state of `HostSilent` for this host tells it.
    #[must_use]
    pub fn of(state: &RuleState) -> Self {
        state.alerts.first().map_or(Self::Alive, |alert| {
            let silent = SignedDuration::try_from_secs_f64(alert.value).unwrap_or_default();
            let since = alert.active_at.checked_sub(silent);
            Self::Silent {
                since: since.unwrap_or(alert.active_at),
            }
        })
    }
}

/// What is to be said of a host now, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something arrived within the grace.
    StillAlive,
    /// Nothing arrived for longer than the grace, for the first time.
    WentSilent {
        /// When something arrived last.
        last_arrival: Timestamp,
    },
    /// It was silent before and still is.
    StillSilent,
    /// It was silent and sends again, or the grace was made longer.
    CameBack {
        /// Between its last arrival before the silence and the newest one.
        silent_for: SignedDuration,
    },
    /// It left on purpose; nothing is expected of it.
    Retired,
    /// Nothing has ever arrived: it can't have gone silent.
    NeverSeen,
}

impl Verdict {
    /// Whether `HostSilent` stands for a host of this verdict.
    #[must_use]
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::WentSilent { .. } | Self::StillSilent)
    }
}

/// Judges one host at `now`. A host is silent once more than `grace_secs` have passed since anything of
/// it arrived; an arrival ahead of `now` (two clocks) is as good as now.
#[must_use]
pub fn judge(host: &Host<'_>, grace_secs: u32, now: Timestamp) -> Verdict {
    if host.retired {
        return Verdict::Retired;
    }
    let Some(last_arrival) = host.last_arrival else {
        return Verdict::NeverSeen;
    };
    let grace = SignedDuration::from_secs(i64::from(grace_secs));
    let is_silent = now.duration_since(last_arrival) > grace;
    match (host.presence, is_silent) {
        (Presence::Alive, false) => Verdict::StillAlive,
        (Presence::Alive, true) => Verdict::WentSilent { last_arrival },
        (Presence::Silent { .. }, true) => Verdict::StillSilent,
        (Presence::Silent { since }, false) => Verdict::CameBack {
            silent_for: last_arrival.duration_since(since).max(SignedDuration::ZERO),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_SECS: i64 = 1_800_000_000;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    fn verdict(ago_secs: i64, presence: Presence, grace_secs: u32) -> Verdict {
        let id = HostId::new("web-1").unwrap();
        let host = Host {
            id: &id,
            last_arrival: Some(at(NOW_SECS - ago_secs)),
            presence,
            retired: false,
        };
        judge(&host, grace_secs, at(NOW_SECS))
    }

    #[test]
    fn each_verdict_has_its_reason() {
        let silent = Presence::Silent {
            since: at(NOW_SECS - 1_000),
        };
        let last_arrival = at(NOW_SECS - 301);
        let silent_for = SignedDuration::from_secs(990);
        for (ago_secs, presence, expected) in [
            (0, Presence::Alive, Verdict::StillAlive),
            (300, Presence::Alive, Verdict::StillAlive),
            (301, Presence::Alive, Verdict::WentSilent { last_arrival }),
            (301, silent, Verdict::StillSilent),
            (10, silent, Verdict::CameBack { silent_for }),
            (-30, Presence::Alive, Verdict::StillAlive),
        ] {
            assert_eq!(
                verdict(ago_secs, presence, 300),
                expected,
                "{ago_secs} s ago"
            );
        }
    }

    #[test]
    fn a_host_that_left_or_never_came_is_not_silent() {
        let id = HostId::new("web-1").unwrap();
        for presence in [Presence::Alive, Presence::Silent { since: at(0) }] {
            let mut host = Host {
                id: &id,
                last_arrival: Some(at(0)),
                presence,
                retired: true,
            };
            assert_eq!(judge(&host, 300, at(NOW_SECS)), Verdict::Retired);
            host.retired = false;
            host.last_arrival = None;
            assert_eq!(judge(&host, 300, at(NOW_SECS)), Verdict::NeverSeen);
        }
    }

    fn presence() -> impl Strategy<Value = Presence> {
        prop_oneof![
            Just(Presence::Alive),
            (0..200_000_i64).prop_map(|ago| Presence::Silent {
                since: at(NOW_SECS - ago)
            }),
        ]
    }

    proptest! {
        #[test]
        fn more_grace_never_silences(
            ago in -100..100_000_i64, presence in presence(), grace in 0..90_000_u32, more in 0..90_000_u32,
        ) {
            if !verdict(ago, presence, grace).is_silent() {
                prop_assert!(!verdict(ago, presence, grace + more).is_silent());
            }
        }

        #[test]
        fn a_later_arrival_never_silences(
            ago in -100..100_000_i64, presence in presence(), grace in 0..90_000_u32, later in 0..100_000_i64,
        ) {
            if !verdict(ago, presence, grace).is_silent() {
                prop_assert!(!verdict(ago - later, presence, grace).is_silent());
            }
        }

        #[test]
        fn only_arrival_and_grace_decide_not_what_was_decided_before(
            ago in -100..100_000_i64, a in presence(), b in presence(), grace in 0..90_000_u32,
        ) {
            prop_assert_eq!(verdict(ago, a, grace).is_silent(), verdict(ago, b, grace).is_silent());
        }

        #[test]
        fn no_one_was_silent_for_less_than_nothing(ago in -100..100_000_i64, presence in presence()) {
            if let Verdict::CameBack { silent_for } = verdict(ago, presence, 300) {
                prop_assert!(!silent_for.is_negative());
            }
        }
    }
}
