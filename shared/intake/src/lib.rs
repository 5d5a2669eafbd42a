//! What do all decoders of other senders' formats share? Bounded reading, series sets, an exact account.
//! Pure.
//!
//! A decoder reads points one at a time. Each point is taken with all its samples ([`SeriesSet::add`]), or
//! rejected for a reason ([`Why`]) and counted ([`Rejections`]); together they are all that was sent. What can't be
//! read as a whole, or is too much for one body ([`Excess`]), is refused as a whole. Memory is bounded by
//! [`Limits`] before anything is allocated.

mod excess;
mod gzip;
mod label_name;
mod label_set;
mod limits;
mod metric_name;
mod point_issue;
mod rejections;
mod series_list;
mod series_set;
mod texts;

pub use excess::Excess;
pub use gzip::{GzipError, gunzip};
pub use label_set::{LabelIssue, LabelSet};
pub use limits::Limits;
pub use metric_name::push_metric_name;
pub use point_issue::PointIssue;
pub use rejections::{Rejected, Rejections, Why};
pub use series_list::SeriesList;
pub use series_set::{Label, SeriesSet};
pub use texts::{Span, Texts};
