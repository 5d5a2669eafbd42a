//! What does this body of line protocol say? InfluxDB's format, as Telegraf and InfluxDB's clients send it. Pure.
//!
//! [`decode`] returns a [`Batch`]: series, the hosts they speak of, and what was not taken, by [`Reason`] with one
//! example each.
//!
//! | in the body | becomes |
//! |---|---|
//! | `cpu,host=web-1 usage=1.5` | `cpu_usage{host="web-1"}`, as Telegraf's own output for Prometheus names it |
//! | a field called `value` | the measurement alone: `cpu value=1` is `cpu` |
//! | the measurement `prometheus` | the field alone: what Telegraf's input `prometheus` scraped keeps its name |
//! | `1.5`, `1i`, `1u` | that number; whole ones are exact up to 2^53 |
//! | `t`, `true`, `f`, `false` | 1 and 0 |
//! | `"text"` | nothing: rejected as [`Reason::NotANumber`], which fails no request |
//! | no time | the time of arrival |
//! | `# comment`, a blank line | nothing |
//! | a tag whose name can't be a label's | a label with `_` for what can't stand there; of two that become one the later counts |
//!
//! What is counted is values: a line's fields are taken or rejected one by one. A line that can't be read counts as
//! one, and the lines beside it are taken. The grammar is `models/points.go` of InfluxDB 2.7: backslashes escape what
//! would end a name and stay where they don't, line ends inside of quotes are text, empty tag values and unescaped `=`
//! in them are errors.

mod batch;
mod lines;
mod parse;
mod precision;
mod reason;

pub use batch::{Batch, decode};
pub use precision::Precision;
pub use reason::Reason;

/// What was not taken, by [`Reason`].
pub type Rejections = intake::Rejections<Reason>;
