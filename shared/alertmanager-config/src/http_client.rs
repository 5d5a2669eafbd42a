use serde::Serialize;

use crate::Secret;
use crate::fields::Fields;
use crate::secret::HasSecrets;
use crate::value::{Empty, Value};

/// How a receiver's requests are made: `http_config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpConfig {
    /// User and password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_auth: Option<BasicAuth>,
    /// The header `Authorization`; what `bearer_token` gives, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// Whether an answer 3xx is followed.
    pub follow_redirects: bool,
    /// Whether HTTP/2 may be spoken.
    pub enable_http2: bool,
}

/// Credentials for HTTP's basic scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BasicAuth {
    /// The user.
    pub username: String,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// The header `Authorization: <kind> <credentials>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authorization {
    /// The scheme, `Bearer` where none is given; never `Basic`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Secret>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            basic_auth: None,
            authorization: None,
            follow_redirects: true,
            enable_http2: true,
        }
    }
}

impl HasSecrets for HttpConfig {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        if let Some(auth) = &mut self.basic_auth {
            let path = format!("{path}.basic_auth.password");
            auth.password.visit_secrets(&path, visit);
        }
        if let Some(auth) = &mut self.authorization {
            let path = format!("{path}.authorization.credentials");
            auth.credentials.visit_secrets(&path, visit);
        }
    }
}

/// The field `http_config`, or what it inherits.
pub(crate) fn take(fields: &mut Fields<'_>, inherited: &HttpConfig) -> HttpConfig {
    let own = fields.take_some("http_config").and_then(read);
    own.unwrap_or_else(|| inherited.clone())
}

fn read(value: Value<'_>) -> Option<HttpConfig> {
    let mut fields = value.fields()?;
    let basic_auth = fields.take_some("basic_auth").and_then(basic_auth);
    let authorization_line = fields.line_of("authorization");
    let authorization = fields.take_some("authorization").and_then(authorization);
    let bearer_token = fields.secret("bearer_token");
    fields.refuse_file("bearer_token_file", "bearer_token");
    refuse_unsupported(&mut fields);
    let path = fields.path.clone();
    let clash = |reason: &str| fields.reading.refuse(authorization_line, &path, reason);
    if bearer_token.is_some() && authorization.is_some() {
        clash("authorization is not compatible with bearer_token; keep one");
    } else if basic_auth.is_some() && (authorization.is_some() || bearer_token.is_some()) {
        clash("at most one of basic_auth, authorization and bearer_token must be configured");
    }
    let follow_redirects = fields.flag("follow_redirects", true);
    let enable_http2 = fields.flag("enable_http2", true);
    fields.finish();
    let bearer = |credentials| Authorization {
        kind: "Bearer".to_owned(),
        credentials: Some(credentials),
    };
    Some(HttpConfig {
        basic_auth,
        authorization: authorization.or_else(|| bearer_token.map(bearer)),
        follow_redirects,
        enable_http2,
    })
}

fn refuse_unsupported(fields: &mut Fields<'_>) {
    let oauth = "use authorization with a token, or basic_auth";
    fields.refuse_field("oauth2", Empty::Null, oauth);
    let direct = "requests leave from here directly; remove it";
    for (name, empty) in [
        ("proxy_url", Empty::Text),
        ("proxy_from_environment", Empty::Flag),
        ("no_proxy", Empty::Text),
        ("proxy_connect_header", Empty::Null),
    ] {
        fields.refuse_field(name, empty, direct);
    }
    fields.refuse_field("http_headers", Empty::Null, "remove it");
    refuse_tls(fields, "tls_config");
}

/// The field of that name: certificates of one's own can't be given, nor may checks be left out.
pub(crate) fn refuse_tls(fields: &mut Fields<'_>, name: &str) {
    let Some(mut tls) = fields.take_some(name).and_then(Value::fields) else {
        return;
    };
    let reason = "certificates are always checked against the public authorities; remove it";
    for option in [
        "ca",
        "cert",
        "key",
        "ca_file",
        "cert_file",
        "key_file",
        "ca_ref",
        "cert_ref",
        "key_ref",
        "server_name",
        "min_version",
        "max_version",
    ] {
        tls.refuse_field(option, Empty::Text, reason);
    }
    tls.refuse_field("insecure_skip_verify", Empty::Flag, reason);
    tls.finish();
}

fn basic_auth(value: Value<'_>) -> Option<BasicAuth> {
    let mut fields = value.fields()?;
    let username = fields.text("username");
    let password = fields.secret("password");
    fields.refuse_file("username_file", "username");
    fields.refuse_file("password_file", "password");
    fields.refuse_field(
        "username_ref",
        Empty::Text,
        "give the value itself as `username`",
    );
    fields.refuse_field(
        "password_ref",
        Empty::Text,
        "give the value itself as `password`",
    );
    fields.finish();
    Some(BasicAuth { username, password })
}

fn authorization(value: Value<'_>) -> Option<Authorization> {
    let mut fields = value.fields()?;
    let kind = fields.text("type").trim().to_owned();
    let credentials = fields.secret("credentials");
    fields.refuse_file("credentials_file", "credentials");
    fields.refuse_field(
        "credentials_ref",
        Empty::Text,
        "give the value itself as `credentials`",
    );
    if kind.eq_ignore_ascii_case("basic") {
        fields.refuse("authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    }
    fields.finish();
    let kind = if kind.is_empty() {
        "Bearer".to_owned()
    } else {
        kind
    };
    Some(Authorization { kind, credentials })
}
