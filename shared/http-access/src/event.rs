use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Deserializer, Serialize};

/// What API Gateway hands over, payload format 2.0, as far as it is read. Everything may be missing or
/// null, so that no request fails before it can be answered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpEvent {
    /// Without query string.
    #[serde(deserialize_with = "or_default")]
    pub raw_path: String,
    /// Without `?`.
    #[serde(deserialize_with = "or_default")]
    pub raw_query_string: String,
    /// One per cookie; not among the headers.
    #[serde(deserialize_with = "or_default")]
    pub cookies: Vec<String>,
    /// Names in lower case; repeated ones joined by a comma.
    #[serde(deserialize_with = "or_default")]
    pub headers: BTreeMap<String, String>,
    /// Method and request id.
    #[serde(deserialize_with = "or_default")]
    pub request_context: RequestContext,
    /// As text or base64.
    pub body: Option<String>,
    /// Which of the two.
    #[serde(deserialize_with = "or_default")]
    pub is_base64_encoded: bool,
}

/// The part of the event that the gateway itself knows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestContext {
    /// The gateway's name for this request.
    #[serde(deserialize_with = "or_default")]
    pub request_id: String,
    /// `$default`, or the first segment of the path.
    #[serde(deserialize_with = "or_default")]
    pub stage: String,
    /// The request line.
    #[serde(deserialize_with = "or_default")]
    pub http: RequestLine,
}

/// The request line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestLine {
    /// In capitals.
    #[serde(deserialize_with = "or_default")]
    pub method: String,
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl HttpEvent {
    /// The path without the stage's name.
    pub(crate) fn path(&self) -> &str {
        let path = self.raw_path.as_str();
        let stage = self.request_context.stage.as_str();
        if stage.is_empty() || stage == "$default" {
            return path;
        }
        path.strip_prefix('/')
            .and_then(|rest| rest.strip_prefix(stage))
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path)
    }

    /// Headers and cookies; what is no header is left out.
    pub(crate) fn header_map(&self) -> HeaderMap {
        let named = self.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        });
        let mut headers: HeaderMap = named.collect();
        for cookie in &self.cookies {
            if let Ok(value) = HeaderValue::from_bytes(cookie.as_bytes()) {
                headers.append(header::COOKIE, value);
            }
        }
        headers
    }
}

/// What API Gateway takes as an answer, payload format 2.0.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// The status.
    pub status_code: u16,
    /// One value per name.
    pub headers: BTreeMap<String, String>,
    /// One `Set-Cookie` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// As text or base64.
    pub body: String,
    /// Which of the two.
    pub is_base64_encoded: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_nothing_is_read() {
        let nulls = r#"{"rawPath": null, "headers": null, "cookies": null, "body": null,
                        "requestContext": {"requestId": null, "http": null}}"#;
        for nothing in [
            "{}",
            nulls,
            r#"{"requestContext": null, "isBase64Encoded": null}"#,
        ] {
            let event: HttpEvent = serde_json::from_str(nothing).unwrap();
            assert_eq!(
                (event.path(), event.header_map().len()),
                ("", 0),
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_named_stage_is_no_part_of_the_path() {
        for (stage, raw_path, path) in [
            ("$default", "/api", "/api"),
            ("", "/api", "/api"),
            ("v1", "/v1/api", "/api"),
            ("v1", "/v12/api", "/v12/api"),
            ("api", "/other", "/other"),
        ] {
            let event = HttpEvent {
                raw_path: raw_path.to_owned(),
                request_context: RequestContext {
                    stage: stage.to_owned(),
                    ..RequestContext::default()
                },
                ..HttpEvent::default()
            };
            assert_eq!(event.path(), path, "{stage} {raw_path}");
        }
    }

    #[test]
    fn what_is_no_header_is_left_out() {
        let event = HttpEvent {
            headers: BTreeMap::from([
                ("a b".to_owned(), "1".to_owned()),
                ("x-evil".to_owned(), "a\r\nb".to_owned()),
                ("X-Good".to_owned(), "当".to_owned()),
            ]),
            cookies: vec!["a=1".to_owned(), "b=2".to_owned()],
            ..HttpEvent::default()
        };
        let headers = event.header_map();
        assert_eq!(headers.len(), 3);
        assert_eq!(headers.get_all(header::COOKIE).iter().count(), 2);
        assert!(headers.contains_key("x-good"));
    }
}
