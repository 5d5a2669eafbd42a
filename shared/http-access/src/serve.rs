use std::panic::AssertUnwindSafe;

use access::{
    Access, BodyLimit, Decision, ErrorForm, MatchError, Method, Params, Principal, RouteSpec,
    RouteTable, decide, match_path,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use http::HeaderMap;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::asked::Asked;
use crate::{Answer, Call, Entry, HttpError, HttpEvent, HttpResponse, Problem};

/// Serves requests until the runtime ends: the whole of a function's `main` behind its set-up.
pub async fn run<R: RouteTable>(
    entry: Entry,
    clock: fn() -> Timestamp,
    handler: impl AsyncFn(Call<R>) -> Result<Answer, HttpError>,
) -> Result<(), lambda_support::Error> {
    let (entry, handler) = (&entry, &handler);
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<HttpEvent>| async move {
            let response = serve(event.payload, entry, clock(), handler).await;
            Ok::<_, lambda_support::Error>(response)
        },
    ))
    .await
}

/// Answers one request: route, caller, decision, body, handler. Never fails; a panic is a 500.
pub async fn serve<R: RouteTable>(
    event: HttpEvent,
    entry: &Entry,
    now: Timestamp,
    handler: impl AsyncFn(Call<R>) -> Result<Answer, HttpError>,
) -> HttpResponse {
    let request_id = event.request_context.request_id.clone();
    let mut trace = Trace::of(now);
    let answering = Box::pin(answer(event, entry, now, handler, &mut trace));
    let result = AssertUnwindSafe(answering)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(HttpError::internal("a handler panicked")));
    let answer = trace.log(&request_id, result);
    answer.into_response(&request_id, entry.is_over_tls())
}

/// What the one log line of a request says: ids, never bodies, tokens or addresses.
struct Trace {
    route: Option<&'static RouteSpec>,
    asked: Asked,
    principal: Option<Principal>,
}

impl Trace {
    fn of(now: Timestamp) -> Self {
        Self {
            route: None,
            asked: Asked::at(now),
            principal: None,
        }
    }

    fn log(&self, request_id: &str, result: Result<Answer, HttpError>) -> Answer {
        let route = self.route.map_or("none", |spec| spec.name);
        let form = self
            .route
            .map_or(ErrorForm::Problem, |spec| spec.details.errors);
        let tenant = self.principal.as_ref().map(|p| p.tenant.as_str());
        let token = self.principal.as_ref().map(|p| p.token.as_str());
        let status = result
            .as_ref()
            .map_or_else(HttpError::status, |answer| answer.status);
        let cause = result.as_ref().err().and_then(HttpError::causes);
        match status {
            500.. => tracing::error!(request_id, route, status, tenant, token, cause, "failed"),
            400.. => tracing::info!(request_id, route, status, tenant, token, "refused"),
            // The gateway's access log has these; a line of our own would cost more than the request.
            _ if self.route.is_some_and(is_frequent) => {
                tracing::debug!(request_id, route, status, tenant, token, "answered");
            }
            _ => tracing::info!(request_id, route, status, tenant, token, "answered"),
        }
        result.unwrap_or_else(|error| error.into_answer(form, request_id, &self.asked))
    }
}

/// Reading, and taking samples.
fn is_frequent(spec: &RouteSpec) -> bool {
    spec.methods.contains(&Method::Get) || spec.access == Access::Ingest
}

async fn answer<R: RouteTable>(
    event: HttpEvent,
    entry: &Entry,
    now: Timestamp,
    handler: impl AsyncFn(Call<R>) -> Result<Answer, HttpError>,
    trace: &mut Trace,
) -> Result<Answer, HttpError> {
    let method = event.request_context.http.method.clone();
    let (route, params): (R, Params) = match_path(&method, event.path()).map_err(no_route)?;
    let spec = route.spec();
    trace.route = Some(spec);
    let headers = event.header_map();
    trace.asked.read(&headers);
    let principal = admit(spec, &method, &headers, &params, entry, now).await?;
    trace.principal.clone_from(&principal);
    let path = event.path().to_owned();
    let body = body_bytes(event.body, event.is_base64_encoded, spec.details.body)?;
    // Boxed: handlers are deep, and the compiler's depth limit for layouts is not.
    Box::pin(handler(Call {
        route,
        principal,
        params,
        method,
        path,
        raw_query: event.raw_query_string,
        headers,
        body,
        now,
        request_id: event.request_context.request_id,
    }))
    .await
}

/// The one place where a caller meets a route.
async fn admit(
    spec: &RouteSpec,
    method: &str,
    headers: &HeaderMap,
    params: &Params,
    entry: &Entry,
    now: Timestamp,
) -> Result<Option<Principal>, HttpError> {
    if spec.access == Access::Public {
        // No token is looked at, so that a stale one in somebody's browser does not shut them out.
        return Ok(None);
    }
    let method = Method::parse(method).unwrap_or(Method::Post);
    let place = spec.details.credential;
    let caller = entry.caller(place, method, headers, now).await?;
    match decide(spec.access, caller, params) {
        Decision::Allowed(principal) => Ok(principal),
        Decision::Unauthenticated(reason) => Err(Problem::new(401, reason.to_string())
            .header("www-authenticate", challenge(headers))
            .into()),
        Decision::Forbidden { needs } => {
            Err(Problem::new(403, format!("this takes {needs}")).into())
        }
    }
}

/// A browser's own script is not challenged with Basic, because the browser would ask its user for a
/// password in a window of its own.
fn challenge(headers: &HeaderMap) -> &'static str {
    if headers.contains_key("sec-fetch-site") {
        "Bearer realm=\"toban\""
    } else {
        "Bearer realm=\"toban\", Basic realm=\"toban\", charset=\"UTF-8\""
    }
}

fn no_route(error: MatchError) -> HttpError {
    let detail = error.to_string();
    match error {
        MatchError::NotFound => HttpError::not_found(detail),
        MatchError::BadParameter { .. } => HttpError::bad_request(detail),
        MatchError::MethodNotAllowed { allow } => Problem::new(405, detail)
            .header("allow", allow.join(", "))
            .into(),
    }
}

fn body_bytes(
    body: Option<String>,
    is_base64_encoded: bool,
    limit: BodyLimit,
) -> Result<Vec<u8>, HttpError> {
    let body = body.unwrap_or_default();
    let least_bytes = if is_base64_encoded {
        (body.len() / 4 * 3).saturating_sub(2)
    } else {
        body.len()
    };
    let excess = || {
        let detail = format!("the body may have {} bytes at most", limit.max_bytes);
        Err(Problem::new(limit.excess_status, detail).into())
    };
    if least_bytes > limit.max_bytes {
        return excess();
    }
    let bytes = if is_base64_encoded {
        STANDARD
            .decode(body)
            .map_err(|_| HttpError::bad_request("the body is not the base64 it is said to be"))?
    } else {
        body.into_bytes()
    };
    if bytes.len() > limit.max_bytes {
        return excess();
    }
    Ok(bytes)
}
