use std::fmt;

use crate::SeriesId;

/// Which series may be taken: a decoder asks for each point that it would take.
pub trait Admission: fmt::Debug + Send + Sync {
    /// Whether all series of one point may; a point is taken whole or not at all.
    fn admits_all(&self, ids: &[SeriesId]) -> bool;
}
