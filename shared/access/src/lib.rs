//! Who may do what? Roles, the token grammar, credentials, and the table of all routes. Pure.
//!
//! A route is declared together with what it takes to call it ([`routes!`]); a declaration without that
//! does not compile. [`decide`] is the only place where a caller meets a route.

mod credential;
mod decision;
mod percent;
mod principal;
mod route;
mod route_macro;
pub mod routes;
mod same_origin;
mod token;

pub use credential::{CredentialError, Presented, Source, presented, presented_alone};
pub use decision::{Decision, Unauthenticated, decide};
pub use principal::{Holder, HolderKind, InvalidHolder, Principal, Role};
pub use route::{
    Access, BodyLimit, CredentialPlace, Details, ErrorForm, MatchError, Method, Params,
    QueryParameter, RouteSpec, RouteTable, Shape, match_path,
};
pub use same_origin::{BrowserHints, cookie_may_act};
pub use token::{InvalidToken, SecretHash, Token, TokenSecret};
