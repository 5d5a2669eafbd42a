use access::{Access, Params, Principal, RouteTable};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use ids::TenantId;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::{HttpError, Parameters, Problem};

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// A request that was let in.
#[derive(Debug)]
pub struct Call<R> {
    /// What is asked for.
    pub route: R,
    /// Who asks; none where the route is public.
    pub principal: Option<Principal>,
    /// From the path.
    pub params: Params,
    /// `GET`, `POST`…; one of the route's.
    pub method: String,
    /// The path as it came.
    pub path: String,
    /// Without `?`, not decoded.
    pub raw_query: String,
    /// Every header and cookie.
    pub headers: HeaderMap,
    /// Decoded from base64; not decompressed.
    pub body: Vec<u8>,
    /// When it arrived.
    pub now: Timestamp,
    /// By which it is found in the log.
    pub request_id: String,
}

impl<R: RouteTable> Call<R> {
    /// Who asks. A public route has nobody: there this is 401.
    pub fn principal(&self) -> Result<&Principal, HttpError> {
        let nobody = || Problem::new(401, Access::AnyRole.needs());
        Ok(self.principal.as_ref().ok_or_else(nobody)?)
    }

    /// Whose data this is about, and nobody else's.
    pub fn tenant(&self) -> Result<&TenantId, HttpError> {
        Ok(&self.principal()?.tenant)
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A path parameter as the type it must be. What can't be such a name names nothing: 404.
    pub fn param<T>(&self, name: &str) -> Result<T, HttpError>
    where
        T: TryFrom<String>,
        T::Error: std::fmt::Display,
    {
        let text = self.params.text(name).unwrap_or_default().to_owned();
        T::try_from(text).map_err(|error| HttpError::not_found(error.to_string()))
    }

    /// The query string.
    #[must_use]
    pub fn query(&self) -> Parameters {
        Parameters::parse(self.raw_query.as_bytes())
    }

    /// The form in the body, where there is one, and behind it the query string.
    #[must_use]
    pub fn parameters(&self) -> Parameters {
        let media_type = self.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Parameters::parse(&self.body).and(self.query())
        } else {
            self.query()
        }
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            HttpError::bad_request(format!("the body is not the JSON expected: {error}"))
        })
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, HttpError> {
        std::str::from_utf8(&self.body)
            .map_err(|error| HttpError::bad_request(format!("the body is no UTF-8: {error}")))
    }

    /// `limit` and, decoded, `next`.
    pub fn page<T>(&self) -> Result<(usize, Option<T>), HttpError>
    where
        T: TryFrom<String>,
    {
        let query = self.query();
        let limit = match query.text("limit") {
            None => DEFAULT_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
                .ok_or_else(|| {
                    HttpError::bad_request(format!(
                        "limit must be a number from 1 to {LARGEST_PAGE}"
                    ))
                })?,
        };
        let after = query.text("next").map(|next| {
            let bytes = URL_SAFE_NO_PAD.decode(next).ok()?;
            T::try_from(String::from_utf8(bytes).ok()?).ok()
        });
        match after {
            Some(None) => Err(HttpError::bad_request(
                "next must be the `next` of the page before",
            )),
            after => Ok((limit, after.flatten())),
        }
    }

    /// The `next` by which [`Call::page`] goes on behind `name`.
    #[must_use]
    pub fn next_page(name: &str) -> String {
        URL_SAFE_NO_PAD.encode(name)
    }
}
