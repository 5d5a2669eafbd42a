//! Who calls, and may they? The one HTTP entry of every HTTP function.
//!
//! [`serve`] finds the route, verifies the token, decides, reads the body and calls the handler; what a
//! handler gets is a [`Call`] that nobody without the declared access reaches. [`run`] is `serve` as a
//! Lambda function:
//!
//! ```no_run
//! use access::routes::QueryRoute;
//! use http_access::{Answer, Call, Entry};
//!
//! # async fn example(state: state_table::StateTable, clock: fn() -> jiff::Timestamp)
//! # -> Result<(), lambda_support::Error> {
//! let entry = Entry::new(state, "https://toban.example");
//! http_access::run(entry, clock, async |call: Call<QueryRoute>| {
//!     let tenant = call.tenant()?;
//!     Ok(Answer::of(200, "text/plain", tenant.as_str()))
//! })
//! .await
//! # }
//! ```

mod answer;
mod asked;
mod call;
mod entry;
mod error;
mod event;
mod parameters;
mod serve;
mod token_memory;

pub use answer::Answer;
pub use call::Call;
pub use entry::Entry;
pub use error::{HttpError, Problem};
pub use event::{HttpEvent, HttpResponse};
pub use parameters::Parameters;
pub use serve::{run, serve};
