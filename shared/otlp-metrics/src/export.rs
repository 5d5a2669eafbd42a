use std::collections::BTreeSet;

use intake::SeriesList;
use series::{MetadataView, MetricKind};

use crate::Rejections;

/// The accepted part of a body, and the account of the rest.
#[derive(Debug)]
pub struct Export {
    /// What the accepted data points became, `target_info` included.
    pub series: SeriesList,
    /// What it says about each metric of which a data point was taken, in the order sent.
    pub families: Vec<Family>,
    /// `host.name`, else `host.id`, of each resource with an accepted data point.
    pub hosts: BTreeSet<String>,
    /// Data points that were taken. A histogram's is one, however many samples it becomes.
    pub data_points: u64,
    /// What was not taken, by reason.
    pub rejected: Rejections,
    /// Exemplars that were sent; they are not kept.
    pub exemplars: u64,
}

/// Kind, help and unit of a metric, under its translated name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    pub(crate) metric: String,
    pub(crate) kind: MetricKind,
    pub(crate) help: String,
    pub(crate) unit: String,
}

impl Family {
    /// The same, as every protocol says it.
    #[must_use]
    pub fn view(&self) -> MetadataView<'_> {
        MetadataView {
            metric: &self.metric,
            kind: self.kind,
            help: &self.help,
            unit: &self.unit,
        }
    }
}
