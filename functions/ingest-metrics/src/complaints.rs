//! What was said of which rule lately? A rule that can't be judged can't be judged in any flush, and a
//! line each would cost more than the flushes do.

use std::collections::HashMap;
use std::sync::Mutex;

use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use rule_evaluation::RuleId;

const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The most that is remembered; beyond it everything is said once more.
const MAX_REMEMBERED: usize = 1_000;

static SAID: Mutex<Option<HashMap<(TenantId, RuleId), Timestamp>>> = Mutex::new(None);

/// Whether a complaint about this rule has to be made at `now`; this process makes the next one later.
pub fn is_due(tenant: &TenantId, rule: &RuleId, now: Timestamp) -> bool {
    let Ok(mut said) = SAID.lock() else {
        return true;
    };
    let said = said.get_or_insert_default();
    let key = (tenant.clone(), rule.clone());
    if said
        .get(&key)
        .is_some_and(|last| now.duration_since(*last) < EVERY)
    {
        return false;
    }
    if said.len() >= MAX_REMEMBERED {
        said.clear();
    }
    said.insert(key, now);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_complained_of_once_in_five_minutes() {
        let tenant = TenantId::new("complaints").unwrap();
        let rule = RuleId::builtin("x");
        let at = |secs: i64| Timestamp::from_second(1_800_000_000 + secs).unwrap();
        let said: Vec<bool> = [0_i64, 1, 299, 300, 301]
            .map(|secs| is_due(&tenant, &rule, at(secs)))
            .to_vec();
        assert_eq!(said, [true, false, false, true, false]);
        assert!(is_due(&tenant, &RuleId::builtin("y"), at(1)));
    }
}
