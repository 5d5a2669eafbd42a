use std::fmt;

use crate::{Principal, Role, percent};

/// An HTTP method that some route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or asks a question too long for a URL.
    Post,
    /// Creates or replaces what the path names.
    Put,
    /// Removes what the path names.
    Delete,
}

impl Method {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// From the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What it takes to call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Nothing; no token is looked at.
    Public,
    /// Any valid token.
    AnyRole,
    /// The role `ingest`, exactly.
    Ingest,
    /// The role `device`, whose device is the path parameter `device`.
    OwnDevice,
    /// `viewer`, `operator` or `admin`.
    Viewer,
    /// `operator` or `admin`.
    Operator,
    /// `admin`.
    Admin,
    /// `admin` of the tenant `system`.
    SystemOperator,
}

impl Access {
    /// Every access there is.
    pub const ALL: [Self; 8] = [
        Self::Public,
        Self::AnyRole,
        Self::Ingest,
        Self::OwnDevice,
        Self::Viewer,
        Self::Operator,
        Self::Admin,
        Self::SystemOperator,
    ];

    /// Whether `principal` may call a route of this access with these path parameters.
    #[must_use]
    pub fn permits(self, principal: &Principal, params: &Params) -> bool {
        let role = principal.role;
        match self {
            Self::Public | Self::AnyRole => true,
            Self::Ingest => role == Role::Ingest,
            Self::OwnDevice => {
                role == Role::Device
                    && principal.device.is_some()
                    && principal.device.as_deref() == params.text("device")
            }
            Self::Viewer => matches!(role, Role::Viewer | Role::Operator | Role::Admin),
            Self::Operator => matches!(role, Role::Operator | Role::Admin),
            Self::Admin => role == Role::Admin,
            Self::SystemOperator => principal.is_system_operator(),
        }
    }

    /// What is needed, for the one who was refused.
    #[must_use]
    pub const fn needs(self) -> &'static str {
        match self {
            Self::Public => "nothing",
            Self::AnyRole => "any valid token",
            Self::Ingest => "a token with the role ingest",
            Self::OwnDevice => "the token of this very device",
            Self::Viewer => "a token with the role viewer, operator or admin",
            Self::Operator => "a token with the role operator or admin",
            Self::Admin => "a token with the role admin",
            Self::SystemOperator => "a token with the role admin of the tenant system",
        }
    }
}

/// In whose words a route's errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `application/problem+json`, RFC 9457.
    Problem,
    /// `{"status": "error", "errorType": …, "error": …}`.
    Prometheus,
    /// `google.rpc.Status`, in JSON or protobuf as the request is.
    RpcStatus,
    /// `{"code": …, "message": …}`, as InfluxDB 2 says it.
    Influx,
    /// `{"requestId": …, "timestamp": …, "errorMessage": …}`, as Amazon Data Firehose wants it.
    Firehose,
    /// A JSON text, or `{"code": …, "message": …}`, as Alertmanager's API says it.
    Alertmanager,
}

/// Where a request carries its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialPlace {
    /// In `Authorization`, or in the page's cookie.
    Authorization,
    /// In a header that the protocol has for it, and nowhere else; the name in lower case.
    Header(&'static str),
}

/// How large a body may be, and what is answered to a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimit {
    /// Bytes as sent, before any decompression.
    pub max_bytes: usize,
    /// 413; 400 where a protocol's clients resend on 413 for ever.
    pub excess_status: u16,
}

/// What a body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// There is none.
    Empty,
    /// JSON; the name of the schema in the OpenAPI document.
    Json(&'static str),
    /// Anything else, by media type.
    Media(&'static str),
}

/// A parameter of the query string (or of a form, where the route takes POST as well).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryParameter {
    /// Its name.
    pub name: &'static str,
    /// The JSON type: `string`, `integer`, `array` (of strings, by repetition).
    pub kind: &'static str,
    /// Whether there is no answer without it.
    pub required: bool,
    /// One sentence.
    pub description: &'static str,
}

/// What a route says of itself beside method, path and access. All of it has a default; access has none.
#[derive(Debug, Clone, Copy)]
pub struct Details {
    /// Under which heading it is documented.
    pub tag: &'static str,
    /// Where its callers carry their token.
    pub credential: CredentialPlace,
    /// In whose words its errors are told.
    pub errors: ErrorForm,
    /// How much it reads.
    pub body: BodyLimit,
    /// The query string.
    pub query: &'static [QueryParameter],
    /// The request's body.
    pub request: Shape,
    /// The body of a success.
    pub response: Shape,
    /// The status of a success.
    pub status: u16,
}

impl Details {
    /// A small JSON route.
    pub const DEFAULT: Self = Self {
        tag: "toban",
        credential: CredentialPlace::Authorization,
        errors: ErrorForm::Problem,
        body: BodyLimit {
            max_bytes: 64 * 1024,
            excess_status: 413,
        },
        query: &[],
        request: Shape::Empty,
        response: Shape::Empty,
        status: 200,
    };
}

/// One route: what is answered under a path, and what it takes to be answered.
#[derive(Debug, Clone, Copy)]
pub struct RouteSpec {
    /// The enum's variant.
    pub name: &'static str,
    /// Which function answers.
    pub function: &'static str,
    /// Methods with one and the same meaning.
    pub methods: &'static [Method],
    /// `/literal/{parameter}`.
    pub path: &'static str,
    /// What it takes.
    pub access: Access,
    /// One sentence.
    pub summary: &'static str,
    /// The rest.
    pub details: Details,
}

impl RouteSpec {
    /// The names of the path's parameters.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(parameter_name)
    }

    fn match_path(&self, path: &str) -> Option<Result<Params, MatchError>> {
        let mut params = Params::default();
        let (mut wanted, mut found) = (self.path.split('/'), path.split('/'));
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return Some(Ok(params)),
                (Some(template), Some(segment)) => match parameter_name(template) {
                    Some(name) => match parameter(segment) {
                        Some(value) => params.0.push((name, value)),
                        None => return Some(Err(MatchError::BadParameter { name })),
                    },
                    None if template == segment => {}
                    None => return None,
                },
                _ => return None,
            }
        }
    }
}

fn parameter_name(template: &'static str) -> Option<&'static str> {
    template.strip_prefix('{')?.strip_suffix('}')
}

fn parameter(segment: &str) -> Option<String> {
    percent::decode(segment).filter(|value| {
        (1..=255).contains(&value.chars().count()) && !value.chars().any(char::is_control)
    })
}

/// What stood in the path where the template has `{name}`; decoded, 1 to 255 printable characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// From pairs, for tests of handlers.
    pub fn new(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The parameter of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The routes of one function, as made by [`crate::routes!`].
pub trait RouteTable: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// Every one.
    const ALL: &'static [Self];

    /// What it says of itself.
    fn spec(self) -> &'static RouteSpec;
}

/// Why no route answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// Nothing is under this path.
    #[error("nothing is under this path")]
    NotFound,
    /// Something is, for other methods.
    #[error("this path takes {}", .allow.join(", "))]
    MethodNotAllowed {
        /// The header `Allow`.
        allow: Vec<&'static str>,
    },
    /// A path parameter that can't be one.
    #[error(
        "{name:?} in the path must have 1 to 255 printable characters, percent-encoded as UTF-8"
    )]
    BadParameter {
        /// Its name.
        name: &'static str,
    },
}

/// The route of a request. Methods that other functions take under the same path count for `Allow`.
pub fn match_path<R: RouteTable>(method: &str, path: &str) -> Result<(R, Params), MatchError> {
    let mut bad_parameter = None;
    for route in R::ALL {
        let spec = route.spec();
        if !spec.methods.iter().any(|known| known.as_str() == method) {
            continue;
        }
        match spec.match_path(path) {
            Some(Ok(params)) => return Ok((*route, params)),
            Some(Err(error)) => bad_parameter = Some(error),
            None => {}
        }
    }
    if let Some(error) = bad_parameter {
        return Err(error);
    }
    let own = R::ALL.iter().map(|route| route.spec());
    let mut allow: Vec<&'static str> = own
        .chain(crate::routes::all())
        .filter(|spec| spec.match_path(path).is_some())
        .flat_map(|spec| spec.methods)
        .map(|known| known.as_str())
        .collect();
    allow.sort_unstable();
    allow.dedup();
    if allow.is_empty() || allow.contains(&method) {
        return Err(MatchError::NotFound);
    }
    Err(MatchError::MethodNotAllowed { allow })
}

#[cfg(test)]
mod tests;
