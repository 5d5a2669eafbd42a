use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use series::{Admission, SeriesId};

use crate::Established;
use crate::established::key_of;

/// A lease of room for new series is at least this part of all of it.
const LEASES_PER_MEASUREMENT: u64 = 20;

/// Lets established series pass, and new ones while there is room for them: what the quota had left when use
/// was measured. All instances share that room through a counter for each measurement, as they share points.
#[derive(Debug)]
pub struct Gate {
    established: Established,
    measurement: i64,
    room: u64,
    let_in: Mutex<LetIn>,
}

#[derive(Debug)]
struct LetIn {
    /// New series that this instance lets pass.
    new: HashSet<u64>,
    /// Leased, and not used yet.
    left: u64,
    /// New series that were held back for want of a lease.
    held_back: u64,
    /// No lease is larger than this: larger ones were refused.
    largest_lease: u64,
}

impl Gate {
    /// Behind the measurement of this name, which left room for so many new series.
    #[must_use]
    pub fn new(established: Established, measurement: i64, room: u64) -> Self {
        Self {
            established,
            measurement,
            room,
            let_in: Mutex::new(LetIn {
                new: HashSet::new(),
                left: 0,
                held_back: 0,
                largest_lease: room,
            }),
        }
    }

    /// Which measurement it stands behind.
    #[must_use]
    pub fn measurement(&self) -> i64 {
        self.measurement
    }

    /// For how many new series there was room.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.room
    }

    /// Which lease a body needs that `read` shows to this gate; `None`: nothing new is in it, or there is no room.
    pub fn lease_for(&self, read: impl FnOnce()) -> Option<u64> {
        self.let_in().held_back = 0;
        read();
        let let_in = self.let_in();
        let wanted = let_in.held_back.max(self.smallest_lease());
        let lease = wanted.min(let_in.largest_lease);
        (let_in.held_back > 0 && lease > 0).then_some(lease)
    }

    /// A lease was granted.
    pub fn granted(&self, lease: u64) {
        self.let_in().left += lease;
    }

    /// A lease was refused: a smaller one may be granted, or there is no room any more.
    pub fn refused(&self, lease: u64) {
        let smallest = self.smallest_lease();
        self.let_in().largest_lease = if lease > smallest { smallest } else { 0 };
    }

    fn smallest_lease(&self) -> u64 {
        self.room.div_ceil(LEASES_PER_MEASUREMENT)
    }

    fn let_in(&self) -> MutexGuard<'_, LetIn> {
        self.let_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission for Gate {
    fn admits_all(&self, ids: &[SeriesId]) -> bool {
        let mut let_in = self.let_in();
        let is_new = |id: &SeriesId| {
            let key = key_of(*id);
            (!self.established.contains(key) && !let_in.new.contains(&key)).then_some(key)
        };
        let new: Vec<u64> = ids.iter().filter_map(is_new).collect();
        let count = new.len() as u64;
        if count > let_in.left {
            let_in.held_back += count;
            return false;
        }
        let_in.left -= count;
        let_in.new.extend(new);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u64) -> SeriesId {
        SeriesId::of([("n", number.to_string().as_str())])
    }

    /// Behind it are the series 0 to 999.
    fn gate(room: u64) -> Gate {
        let keys = (0..1_000).map(|n| key_of(id(n))).collect();
        Gate::new(Established::of(keys).unwrap(), 1, room)
    }

    /// Of those that the filter does not take for established.
    fn newcomers(gate: &Gate, count: usize) -> Vec<SeriesId> {
        let new = (10_000..).map(id);
        let new = new.filter(|id| !gate.established.contains(key_of(*id)));
        new.take(count).collect()
    }

    #[test]
    fn established_series_pass_whatever_the_room() {
        let gate = gate(0);
        assert!((0..1_000).all(|n| gate.admits_all(&[id(n)])));
        let [new] = newcomers(&gate, 1)[..] else {
            panic!()
        };
        let lease = gate.lease_for(|| assert!(!gate.admits_all(&[id(1), new])));
        assert_eq!(lease, None, "there is no room");
    }

    #[test]
    fn new_series_pass_with_a_lease_and_go_on_without_another() {
        let gate = gate(100);
        let new = newcomers(&gate, 3);
        let read = || new.iter().filter(|id| gate.admits_all(&[**id])).count();
        assert_eq!(gate.lease_for(|| assert_eq!(read(), 0)), Some(5));
        gate.granted(5);
        assert_eq!((read(), read()), (3, 3));
        assert_eq!(gate.lease_for(|| assert_eq!(read(), 3)), None);
    }

    #[test]
    fn a_point_of_several_series_passes_whole_or_not_at_all() {
        let gate = gate(100);
        let new = newcomers(&gate, 6);
        gate.granted(5);
        assert!(!gate.admits_all(&new));
        assert!(gate.admits_all(&new[..5]), "nothing was used up by it");
        assert!(!gate.admits_all(&new[5..]));
    }

    #[test]
    fn after_a_refusal_a_smaller_lease_is_asked_for_and_then_none() {
        let gate = gate(100);
        let new = newcomers(&gate, 200);
        let lease = || gate.lease_for(|| assert!(!gate.admits_all(&new)));
        assert_eq!(lease(), Some(100));
        gate.refused(100);
        assert_eq!(lease(), Some(5));
        gate.refused(5);
        assert_eq!(lease(), None);
    }

    proptest! {
        /// However bodies are cut and spread: with a counter that grants no more than the room, no more
        /// newcomers than that pass all gates together.
        #[test]
        fn gates_together_let_in_no_more_than_there_is_room_for(
            room in 0_u64..60,
            bodies in prop::collection::vec((0_usize..4, 0_usize..50, 1_usize..8), 1..80),
        ) {
            let gates: Vec<Gate> = (0..4).map(|_| gate(room)).collect();
            let new = newcomers(&gates[0], 60);
            let mut leased = 0;
            let mut passed = HashSet::new();
            for (at, from, count) in bodies {
                let (gate, body) = (&gates[at], &new[from..from + count]);
                let read = || body.iter().filter(|id| gate.admits_all(&[**id])).count();
                if let Some(lease) = gate.lease_for(|| _ = read()) {
                    if leased + lease <= room {
                        leased += lease;
                        gate.granted(lease);
                    } else {
                        gate.refused(lease);
                    }
                }
                let admitted = body.iter().filter(|id| gate.admits_all(&[**id]));
                passed.extend(admitted.map(|id| (at, key_of(*id))));
            }
            prop_assert!(passed.len() as u64 <= room);
        }
    }
}
