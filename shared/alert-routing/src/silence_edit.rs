//! May a silence be made, or changed, as somebody wants it?

use alertmanager_config::{Matcher, NameSyntax, go_quoted};
use jiff::Timestamp;

use crate::silence::{ApiMatcher, Silence, SilenceState};

/// A silence as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedSilence {
    /// All must accept an alert.
    pub matchers: Vec<ApiMatcher>,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// Who wants it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// What is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub enum SilenceEdit {
    /// A new one.
    Create(Silence),
    /// The same one, otherwise.
    Update(Silence),
    /// One that can't be changed so ends now, and a new one takes its place.
    Replace {
        /// The one that ends.
        ended: Silence,
        /// The new one.
        by: Silence,
    },
}

/// Why there can be no such silence, in Alertmanager's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSilence {
    /// It would end before it begins, or at once.
    #[error("Failed to create silence: start time must be before end time")]
    EndsBeforeStart,
    /// It would be over.
    #[error("Failed to create silence: end time can't be in the past")]
    EndsInThePast,
    /// A label can't be called so.
    #[error(
        "silence invalid: invalid label matcher {at}: invalid label name {}",
        go_quoted(name)
    )]
    LabelName {
        /// The matcher's number, from 0.
        at: usize,
        /// How it is called.
        name: String,
    },
    /// An expression is none.
    #[error(
        "silence invalid: invalid label matcher {at}: invalid regular expression {}: {reason}",
        go_quoted(value)
    )]
    Expression {
        /// The matcher's number, from 0.
        at: usize,
        /// The expression.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It would be about everything that has none of its labels.
    #[error("silence invalid: at least one matcher must not match the empty string")]
    AcceptsNothing,
    /// Nothing is asked of an alert.
    #[error("silence invalid: at least one matcher required")]
    NoMatcher,
}

impl WantedSilence {
    /// Whether its times can be; asked before the one to be changed is looked for.
    ///
    /// # Errors
    /// Where they can't.
    pub fn check_times(&self, now: Timestamp) -> Result<(), InvalidSilence> {
        if self.starts_at >= self.ends_at {
            return Err(InvalidSilence::EndsBeforeStart);
        }
        if self.ends_at < now {
            return Err(InvalidSilence::EndsInThePast);
        }
        Ok(())
    }

    /// What is to be stored, where `previous` is to be changed; a new one is called `fresh_id`.
    ///
    /// Source: Alertmanager, `silence.Silences.Set`, `canUpdate` and `validateSilence`. There an edit that is refused
    /// ends the previous silence nevertheless; here nothing happens.
    ///
    /// # Errors
    /// Where there can be no such silence.
    pub fn edit(
        self,
        previous: Option<&Silence>,
        fresh_id: String,
        now: Timestamp,
    ) -> Result<SilenceEdit, InvalidSilence> {
        self.check_times(now)?;
        let matchers = checked(&self.matchers)?;
        let silence = Silence {
            id: fresh_id,
            matchers,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            updated_at: now,
            created_by: self.created_by,
            comment: self.comment,
        };
        let Some(previous) = previous else {
            return Ok(SilenceEdit::Create(silence.starting(now)));
        };
        if previous.may_become(&silence, now) {
            return Ok(SilenceEdit::Update(Silence {
                id: previous.id.clone(),
                ..silence
            }));
        }
        Ok(match previous.expired(now) {
            Some(ended) => SilenceEdit::Replace {
                ended,
                by: silence.starting(now),
            },
            None => SilenceEdit::Create(silence.starting(now)),
        })
    }
}

impl Silence {
    /// The silence when it is ended now; none where it is over.
    ///
    /// Source: Alertmanager, `silence.Silences.expire`.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Option<Self> {
        let starts_at = match self.state(now) {
            SilenceState::Expired => return None,
            SilenceState::Active => self.starts_at,
            SilenceState::Pending => now,
        };
        Some(Self {
            starts_at,
            ends_at: now,
            updated_at: now,
            ..self.clone()
        })
    }

    /// Whether alerts that it kept back come free before they would have, when it becomes `next`.
    #[must_use]
    pub fn frees_by(&self, next: &Self, now: Timestamp) -> bool {
        self.state(now) == SilenceState::Active && next.ends_at < self.ends_at
    }

    /// It did not silence before it was known.
    fn starting(mut self, now: Timestamp) -> Self {
        self.starts_at = self.starts_at.max(now);
        self
    }

    /// What was silenced stays what was silenced: only what lies ahead may change.
    fn may_become(&self, next: &Self, now: Timestamp) -> bool {
        self.matchers == next.matchers
            && match self.state(now) {
                SilenceState::Active => {
                    next.starts_at.as_second() == self.starts_at.as_second() && next.ends_at >= now
                }
                SilenceState::Pending => next.starts_at >= now,
                SilenceState::Expired => false,
            }
    }
}

fn checked(matchers: &[ApiMatcher]) -> Result<Vec<Matcher>, InvalidSilence> {
    if matchers.is_empty() {
        return Err(InvalidSilence::NoMatcher);
    }
    let mut all = Vec::new();
    for (at, matcher) in matchers.iter().enumerate() {
        if !NameSyntax::Classic.allows(&matcher.name) {
            let name = matcher.name.clone();
            return Err(InvalidSilence::LabelName { at, name });
        }
        let compiled = Matcher::try_from(matcher);
        all.push(compiled.map_err(|error| InvalidSilence::Expression {
            at,
            value: matcher.value.clone(),
            reason: format!("error parsing regexp: {error}"),
        })?);
    }
    let asks =
        |(wanted, compiled): (&ApiMatcher, &Matcher)| !wanted.is_equal || !compiled.accepts("");
    if !matchers.iter().zip(&all).any(asks) {
        return Err(InvalidSilence::AcceptsNothing);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use alertmanager_config::matcher::MatchOp;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_000 + secs).unwrap()
    }

    fn equal(name: &str, value: &str) -> ApiMatcher {
        ApiMatcher::from(&Matcher::new(name, MatchOp::Equal, value).unwrap())
    }

    fn raw(name: &str, value: &str, is_regex: bool, is_equal: bool) -> ApiMatcher {
        ApiMatcher {
            name: name.to_owned(),
            value: value.to_owned(),
            is_regex,
            is_equal,
        }
    }

    fn wanted(starts: i64, ends: i64) -> WantedSilence {
        WantedSilence {
            matchers: vec![equal("a", "b")],
            starts_at: at(starts),
            ends_at: at(ends),
            created_by: "me".to_owned(),
            comment: "c".to_owned(),
        }
    }

    fn stored(starts: i64, ends: i64) -> Silence {
        let edit = wanted(starts, ends).edit(None, "old".to_owned(), at(-1_000));
        match edit.unwrap() {
            SilenceEdit::Create(silence) => silence,
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of an edit at 0: `create`, `update` or `replace`, and the new one's times.
    fn edited(previous: &Silence, wanted: WantedSilence) -> (&'static str, i64, i64) {
        let secs = |silence: &Silence| {
            let of = |at: Timestamp| at.as_second() - 1_000;
            (of(silence.starts_at), of(silence.ends_at))
        };
        let edit = wanted
            .edit(Some(previous), "new".to_owned(), at(0))
            .unwrap();
        let (what, silence, id) = match &edit {
            SilenceEdit::Create(silence) => ("create", silence, "new"),
            SilenceEdit::Update(silence) => ("update", silence, "old"),
            SilenceEdit::Replace { ended, by } => {
                assert_eq!((ended.id.as_str(), ended.ends_at), ("old", at(0)));
                assert_eq!(ended.state(at(0)), SilenceState::Expired);
                ("replace", by, "new")
            }
        };
        assert_eq!((silence.id.as_str(), silence.updated_at), (id, at(0)));
        let (starts, ends) = secs(silence);
        (what, starts, ends)
    }

    #[test]
    fn only_what_lies_ahead_may_change() {
        let (active, pending, over) = (stored(-50, 50), stored(10, 50), stored(-50, -10));
        let cases = [
            (&active, (-50, 90), ("update", -50, 90)),
            (&active, (-50, 1), ("update", -50, 1)),
            (&active, (-49, 90), ("replace", 0, 90)),
            (&active, (10, 90), ("replace", 10, 90)),
            (&pending, (20, 90), ("update", 20, 90)),
            (&pending, (0, 90), ("update", 0, 90)),
            (&pending, (-1, 90), ("replace", 0, 90)),
            (&over, (-50, 90), ("create", 0, 90)),
            (&over, (10, 90), ("create", 10, 90)),
        ];
        for (previous, (starts, ends), expected) in cases {
            let found = edited(previous, wanted(starts, ends));
            assert_eq!(found, expected, "{previous:?} to {starts}..{ends}");
        }
    }

    #[test]
    fn other_matchers_are_another_silence() {
        let mut other = wanted(-50, 50);
        other.matchers = vec![equal("a", "c")];
        assert_eq!(edited(&stored(-50, 50), other), ("replace", 0, 50));
        let mut other = wanted(-50, 50);
        other.comment = "d".to_owned();
        assert_eq!(edited(&stored(-50, 50), other), ("update", -50, 50));
    }

    #[test]
    fn what_can_be_no_silence_is_told_as_alertmanager_tells_it() {
        let with = |matchers: Vec<ApiMatcher>| WantedSilence {
            matchers,
            ..wanted(0, 9)
        };
        let cases = [
            (
                wanted(5, 5),
                "Failed to create silence: start time must be before end time",
            ),
            (
                wanted(5, 4),
                "Failed to create silence: start time must be before end time",
            ),
            (
                wanted(-9, -1),
                "Failed to create silence: end time can't be in the past",
            ),
            (
                with(vec![]),
                "silence invalid: at least one matcher required",
            ),
            (
                with(vec![equal("a", "b"), equal("a-b", "c")]),
                "silence invalid: invalid label matcher 1: invalid label name \"a-b\"",
            ),
            (
                with(vec![raw("a", "(", true, true)]),
                "silence invalid: invalid label matcher 0: invalid regular expression \"(\": ",
            ),
            (
                with(vec![equal("a", ""), raw("b", ".*", true, true)]),
                "silence invalid: at least one matcher must not match the empty string",
            ),
        ];
        for (wanted, expected) in cases {
            let refused = wanted.clone().edit(None, String::new(), at(0)).unwrap_err();
            assert!(refused.to_string().starts_with(expected), "{refused}");
        }
        for good in [raw("a", "", false, false), raw("a", ".*", true, false)] {
            let edit = with(vec![good]).edit(None, String::new(), at(0));
            assert!(matches!(edit, Ok(SilenceEdit::Create(_))), "{edit:?}");
        }
    }

    #[test]
    fn a_silence_ends_now_and_only_once() {
        let ended = stored(-50, 50).expired(at(0)).unwrap();
        assert_eq!((ended.starts_at, ended.ends_at), (at(-50), at(0)));
        assert_eq!(ended.expired(at(0)), None);
        let never_began = stored(10, 50).expired(at(0)).unwrap();
        assert_eq!((never_began.starts_at, never_began.ends_at), (at(0), at(0)));
    }

    #[test]
    fn only_one_that_lasts_and_is_cut_short_frees_anything() {
        let cases = [
            (stored(-50, 50), 40, true),
            (stored(-50, 50), 60, false),
            (stored(10, 50), 40, false),
            (stored(-50, -10), -20, false),
        ];
        for (silence, ends, frees) in cases {
            let next = Silence {
                ends_at: at(ends),
                ..silence.clone()
            };
            assert_eq!(silence.frees_by(&next, at(0)), frees, "{silence:?}");
        }
    }
}
