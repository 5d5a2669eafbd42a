//! What does this post of collectd's plugin `write_http` say, with `Format "JSON"`? Pure.
//!
//! [`decode`] returns a [`Post`]: series, the hosts they speak of, and what was not taken, by [`Reason`] with one
//! example each.
//!
//! | in a value list | becomes |
//! |---|---|
//! | `plugin`, `type`, a `dsname` | the name: `collectd_<plugin>_<type>_<dsname>`; a type that is called as its plugin is left out, and so is the dsname `value` |
//! | `dstype` `derive`, `counter` | `_total` behind it |
//! | `plugin_instance` | the label `<plugin>` |
//! | `type_instance` | the label `type`; `<plugin>` where there is no plugin instance |
//! | `host` | the label `instance`, and a host that reports |
//! | `time` | milliseconds |
//! | `null`, collectd's word for NaN | nothing: rejected as [`Reason::NoValue`], which fails no request |
//! | `interval`, `meta` | not read |
//!
//! The names are those of collectd's own plugin `write_prometheus` (`src/write_prometheus.c`, version 5.12), so that a
//! host that is scraped today and posts tomorrow keeps its series. What is counted is values; a value list that can't
//! be read counts as one.

mod names;
mod post;
mod reason;
mod value_list;

pub use post::{Post, Refusal, decode};
pub use reason::Reason;

/// What was not taken, by [`Reason`].
pub type Rejections = intake::Rejections<Reason>;
