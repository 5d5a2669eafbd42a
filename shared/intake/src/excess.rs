/// One body holds more than it may. A part of it could be taken, so it must come in smaller parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// More points than one body may hold, or more samples than they may become.
    #[error("the body holds more than {limit} samples: send fewer per request")]
    Samples {
        /// The largest count taken.
        limit: usize,
    },
    /// More series than one body may become.
    #[error("the body holds more than {limit} series: send fewer per request")]
    Series {
        /// The largest count taken.
        limit: usize,
    },
    /// More labels than all series of one body may carry.
    #[error("the series of the body carry more than {limit} labels: send fewer per request")]
    Labels {
        /// The largest count taken.
        limit: usize,
    },
}
