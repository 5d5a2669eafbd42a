use std::cmp::Reverse;

use crate::Count;

/// The `limit` largest, equal ones by key; a name is made of those alone.
pub(crate) fn top<K: Ord>(
    counts: impl Iterator<Item = (K, u64)>,
    limit: usize,
    name: impl Fn(&K) -> String,
) -> Vec<Count> {
    let mut ranked: Vec<(Reverse<u64>, K)> =
        counts.map(|(key, count)| (Reverse(count), key)).collect();
    if limit == 0 {
        return Vec::new();
    }
    if limit < ranked.len() {
        ranked.select_nth_unstable(limit);
        ranked.truncate(limit);
    }
    ranked.sort_unstable();
    let named = ranked.into_iter().map(|(Reverse(value), key)| Count {
        name: name(&key),
        value,
    });
    named.collect()
}
