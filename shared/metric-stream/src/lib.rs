//! What do these records of a CloudWatch metric stream say, as Amazon Data Firehose delivers them to an HTTP endpoint?
//! Pure.
//!
//! [`decode`] reads the body of a delivery: an envelope with records in base64. Each record is in one of the stream's
//! two formats, told by its first bytes, and both become the same series.
//!
//! | in OpenTelemetry 1.0 | in JSON | becomes |
//! |---|---|---|
//! | metric's name and unit | `namespace`, `metric_name`, `unit` | `amazonaws_com_AWS_EC2_CPUUtilization_percent` |
//! | `cloud.account.id`, `cloud.region` of the resource | `account_id`, `region` | labels `cloud_account_id`, `cloud_region` |
//! | attributes `Namespace`, `MetricName` | `namespace`, `metric_name` | labels of these names |
//! | members of the attribute `Dimensions` | `dimensions` | a label `dimension_<name>` each |
//! | quantiles 0, 0.99, 1 | `min`, `p99`, `max` | `{quantile="0"}`, `{quantile="0.99"}`, `{quantile="1"}` |
//! | `sum`, `count` | `sum`, `count` | `_sum`, `_count` |
//! | `time_unix_nano`: the period's end | `timestamp`: its beginning | the time: JSON says no period to add |
//! | `aws.exporter.arn` | `metric_stream_name` | nothing: who sent it is no part of what was measured |
//! | | other statistics, such as `TM(25%:75%)` | nothing; said once a body |
//!
//! Sources: Amazon CloudWatch, "Metric streams output in JSON format", "... in OpenTelemetry 1.0.0 format" and
//! "Translations"; the names of metrics are [`otlp_metrics`]'. Dimensions get a prefix because some are called
//! `Namespace` (Container Insights) or could be called `quantile`; it is the one of yet-another-cloudwatch-exporter.
//!
//! What is counted is data points. What can't be read (a record, a message or a line of one) counts as one.

mod datum;
mod delivery;
mod envelope;
mod reason;
mod record;

pub use delivery::{Delivery, decode};
pub use envelope::Refusal;
pub use reason::Reason;

/// What was not taken, by [`Reason`].
pub type Rejections = intake::Rejections<Reason>;
