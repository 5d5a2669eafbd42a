use std::collections::HashMap;

use ids::{TenantId, TokenId};
use jiff::{SignedDuration, Timestamp};
use state_table::tokens::StoredToken;

/// A token that was let in is asked for again after this long; with the lookup's own time it stays
/// below the 60 s within which a revocation must act.
const LET_IN: SignedDuration = SignedDuration::from_secs(45);
/// Somebody who was refused is looked up again after this long: a token that was just created or rotated
/// works soon, and a guesser costs little.
const REFUSED: SignedDuration = SignedDuration::from_secs(5);
/// So many tokens are remembered at most.
const CAPACITY: usize = 2_000;

type TokenName = (TenantId, TokenId);

/// What one function instance remembers of tokens it looked up.
#[derive(Debug, Default)]
pub(crate) struct TokenMemory(HashMap<TokenName, Remembered>);

#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// None where there is no such token.
    pub token: Option<StoredToken>,
    at: Timestamp,
}

impl Remembered {
    /// Whether this still counts for somebody who would be let in, or refused, by it.
    pub fn counts(&self, lets_in: bool, now: Timestamp) -> bool {
        let age = now.duration_since(self.at);
        let kept = if lets_in { LET_IN } else { REFUSED };
        SignedDuration::ZERO <= age && age < kept
    }
}

impl TokenMemory {
    pub fn recall(&self, name: &TokenName) -> Option<Remembered> {
        self.0.get(name).cloned()
    }

    pub fn remember(&mut self, name: TokenName, token: Option<StoredToken>, now: Timestamp) {
        if self.0.len() >= CAPACITY && !self.0.contains_key(&name) {
            self.make_room(now);
        }
        self.0.insert(name, Remembered { token, at: now });
    }

    /// Forgets what does not count any more, and the oldest half where that is not enough.
    fn make_room(&mut self, now: Timestamp) {
        self.0
            .retain(|_, known| known.counts(known.token.is_some(), now));
        if self.0.len() < CAPACITY {
            return;
        }
        let mut times: Vec<Timestamp> = self.0.values().map(|known| known.at).collect();
        let (_, median, _) = times.select_nth_unstable(CAPACITY / 2);
        let median = *median;
        self.0.retain(|_, known| known.at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: usize) -> TokenName {
        let id = TokenId::new(format!("{id:08}")).unwrap();
        (TenantId::new("demo").unwrap(), id)
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    #[test]
    fn nothing_counts_for_a_minute_and_a_refusal_for_seconds() {
        let known = Remembered {
            token: None,
            at: at(100),
        };
        for (lets_in, secs, counts) in [
            (true, 100, true),
            (true, 144, true),
            (true, 145, false),
            (true, 99, false),
            (false, 104, true),
            (false, 105, false),
        ] {
            assert_eq!(known.counts(lets_in, at(secs)), counts, "{lets_in} {secs}");
        }
        assert!(LET_IN < SignedDuration::from_secs(60));
    }

    #[test]
    fn a_guesser_fills_no_memory() {
        let mut memory = TokenMemory::default();
        for id in 0..5 * CAPACITY {
            memory.remember(name(id), None, at(i64::try_from(id / 1_000).unwrap()));
            assert!(memory.0.len() <= CAPACITY);
        }
        assert!(memory.recall(&name(5 * CAPACITY - 1)).is_some());
        let mut at_once = TokenMemory::default();
        for id in 0..3 * CAPACITY {
            at_once.remember(name(id), None, at(0));
            assert!(at_once.0.len() <= CAPACITY);
        }
        assert!(at_once.recall(&name(3 * CAPACITY - 1)).is_some());
    }
}
