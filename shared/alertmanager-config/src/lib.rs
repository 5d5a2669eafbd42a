//! What does this `alertmanager.yml` say, is it valid, and which receivers get an alert with these labels? Pure.
//!
//! [`Config::parse`] reads it as Alertmanager does, or says everything that is wrong with it, each with its line.
//! [`Config::routing_tree`] is its tree of routes, which answers [`RoutingTree::matches`] and, for a person who
//! asks why, [`RoutingTree::explain`]. [`TimeInterval::contains`] says when a route is mute. [`matcher`] is shared
//! with silences. Secrets are never shown: [`Config::take_secrets`] and [`Config::put_secrets`] hand them to a
//! store and back.
//!
//! Alertmanager 0.25, 0.27 and newer are followed; `tests/configs` says with examples what is refused that
//! Alertmanager takes.

mod address;
mod config;
mod duration;
mod fields;
mod global;
mod go_text;
mod http_client;
mod inhibit;
pub mod matcher;
mod name;
mod problem;
pub mod receiver;
mod route;
mod secret;
mod time_interval;
mod tree;
mod validation;
mod value;

pub use config::{Config, MAX_BYTES};
pub use duration::Duration;
pub use global::Global;
pub use go_text::quoted as go_quoted;
pub use http_client::{Authorization, BasicAuth, HttpConfig};
pub use inhibit::InhibitRule;
pub use matcher::{Matcher, MatcherError};
pub use name::NameSyntax;
pub use problem::Problem;
pub use receiver::Receiver;
pub use route::Route;
pub use secret::Secret;
pub use time_interval::{NamedTimeIntervals, Range, TimeInterval, TimeRange};
pub use tree::{RouteNode, RouteOptions, RoutingTree, Step, group_key};
