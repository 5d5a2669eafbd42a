use std::collections::BTreeSet;

use intake::SeriesList;

use crate::Rejections;

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct Export {
    /// What the accepted data points became, `target_info` included.
    pub series: SeriesList,
    /// `host.name`, else `host.id`, of each resource with an accepted data point.
    pub hosts: BTreeSet<String>,
    /// Data points that were taken. A histogram's is one, however many samples it becomes.
    pub data_points: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
    /// Exemplars that were sent; they are not kept.
    pub exemplars: u64,
}
