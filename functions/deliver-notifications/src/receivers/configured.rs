//! Receivers of the configuration.

use std::time::Duration;

use alertmanager_config::receiver::{PagerdutyConfig, SlackConfig, WebhookConfig};
use alertmanager_config::{HttpConfig, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderName};
use message_templates::Texts;
use notification_content::{Notice, webhook_body};
use receiver_messages::{Channel, MessageError, mail, pagerduty, slack, sns};
use state_table::notifications::Notification;
use state_table::settings::Settings;

use super::{content_language, publish, send_mail};
use crate::Deps;
use crate::outcome::Outcome;
use crate::signature::signature;
use crate::webhook::Post;

/// Version 1 of PagerDuty's events says so that too many came. Source: PagerDuty, "Events API v1".
const TOO_MANY_EVENTS: u16 = 403;

const SECRET_MISSING: &str =
    "a secret of the receiver is missing; put the configuration again, with it";

pub(super) async fn send(
    deps: &Deps,
    notification: &Notification,
    notice: &Notice<'_>,
    (channel, settings): (Channel<'_>, &Settings),
) -> Outcome {
    let language = content_language(notification.language);
    let texts = match Texts::new(notice, language) {
        Ok(texts) => texts,
        Err(error) => return Outcome::refused(error.to_string()),
    };
    let sent = match channel {
        Channel::Webhook(config) => webhook(deps, notification, notice, (config, settings)).await,
        Channel::Slack(config) => to_slack(deps, notice, &texts, (config, settings)).await,
        Channel::Pagerduty(config) => to_pagerduty(deps, notice, &texts, (config, settings)).await,
        Channel::Email(config) => match mail(config, &texts, notice, language) {
            Ok(mail) => Ok(send_mail(deps, notification, mail).await),
            Err(error) => Err(unwritten(error)),
        },
        Channel::Sns(config) => match sns(config, &texts) {
            Ok(message) => Ok(publish(deps, notice, message).await),
            Err(error) => Err(unwritten(error)),
        },
    };
    sent.unwrap_or_else(|outcome| outcome)
}

fn unwritten(error: MessageError) -> Outcome {
    Outcome::refused(format!("its text can't be written: {error}"))
}

async fn webhook(
    deps: &Deps,
    notification: &Notification,
    notice: &Notice<'_>,
    (config, settings): (&WebhookConfig, &Settings),
) -> Result<Outcome, Outcome> {
    let most = usize::try_from(config.max_alerts).unwrap_or(usize::MAX);
    let kept = match most {
        0 => notice.alerts.len(),
        most => most.min(notice.alerts.len()),
    };
    let omitted = notification.omitted_alerts + notice.alerts.len() - kept;
    let shortened = Notice {
        alerts: &notice.alerts[..kept],
        ..*notice
    };
    let body = webhook_body(&shortened, omitted)
        .map_err(|error| Outcome::refused(format!("no body can be made of it: {error}")))?;
    let secret = settings.webhook_signing_secret.as_ref();
    let signed = secret.map(|secret| signature(secret, &body, (deps.clock)()));
    let url = revealed(config.url.as_ref())?;
    let mut post = Post::new(url, body, notice.id, &settings.outbound_allow_list);
    post.headers.extend(signed);
    post.headers.extend(authorization(&config.http_config)?);
    post.timeout = time_limit(config.timeout);
    Ok(deps.webhooks.send(post, deps.clock).await)
}

async fn to_slack(
    deps: &Deps,
    notice: &Notice<'_>,
    texts: &Texts,
    (config, settings): (&SlackConfig, &Settings),
) -> Result<Outcome, Outcome> {
    let body = slack(config, texts).map_err(unwritten)?;
    let url = revealed(config.api_url.as_ref())?;
    let mut post = Post::new(url, body, notice.id, &settings.outbound_allow_list);
    post.headers.extend(authorization(&config.http_config)?);
    post.timeout = time_limit(config.timeout);
    Ok(deps.webhooks.send(post, deps.clock).await)
}

async fn to_pagerduty(
    deps: &Deps,
    notice: &Notice<'_>,
    texts: &Texts,
    (config, settings): (&PagerdutyConfig, &Settings),
) -> Result<Outcome, Outcome> {
    revealed(config.routing_key.as_ref().or(config.service_key.as_ref()))?;
    let event = pagerduty(config, texts, notice).map_err(unwritten)?;
    let allow = &settings.outbound_allow_list;
    let mut post = Post::new(&event.url, event.body, notice.id, allow);
    post.headers.extend(authorization(&config.http_config)?);
    post.timeout = time_limit(config.timeout);
    post.also_passing = event.is_version_1.then_some(TOO_MANY_EVENTS);
    Ok(deps.webhooks.send(post, deps.clock).await)
}

fn revealed(secret: Option<&Secret>) -> Result<&str, Outcome> {
    let known = secret.filter(|secret| !secret.is_hidden());
    known
        .map(Secret::reveal)
        .ok_or_else(|| Outcome::refused(SECRET_MISSING))
}

fn time_limit(configured: Option<alertmanager_config::Duration>) -> Option<Duration> {
    configured.map(|limit| Duration::from_millis(limit.as_ms()))
}

/// The header that `http_config` asks for.
fn authorization(http: &HttpConfig) -> Result<Option<(HeaderName, String)>, Outcome> {
    let value = if let Some(basic) = &http.basic_auth {
        let password = match &basic.password {
            Some(password) => revealed(Some(password))?,
            None => "",
        };
        let pair = format!("{}:{password}", basic.username);
        format!("Basic {}", STANDARD.encode(pair))
    } else if let Some(authorization) = &http.authorization {
        let credentials = match &authorization.credentials {
            Some(credentials) => revealed(Some(credentials))?,
            None => "",
        };
        format!("{} {credentials}", authorization.kind)
    } else {
        return Ok(None);
    };
    Ok(Some((AUTHORIZATION, value)))
}
