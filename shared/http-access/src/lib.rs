//! Who calls, and may they? The one HTTP entry of every HTTP function.
//!
//! [`serve`] finds the route, verifies the token, decides, reads the body and calls the handler; what a
//! handler gets is a [`Call`] that nobody without the declared access reaches. [`run`] is `serve` as a
//! Lambda function:
//!
//! ```ignore
//! http_access::run(Entry::new(state, public_url), Timestamp::now, async |call: Call<ApiRoute>| {
//!     let tenant = call.tenant()?;
//!     match call.route { /* every route: the compiler asks for it */ }
//! })
//! ```

mod answer;
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
