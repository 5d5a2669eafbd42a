//! Each kind of receiver.

use alert_routing::Why;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use jiff::Timestamp;
use notification_content::{Language, Notice, mail, sns, webhook_body};
use state_table::notifications::Notification;
use state_table::settings::{self, Receiver, ReceiverKind, Settings};

use crate::Deps;
use crate::aws_failure::{Service, failure};
use crate::outcome::Outcome;
use crate::webhook::Post;

/// Sends a notification to where the settings of this moment say that its receiver is.
pub(crate) async fn send(deps: &Deps, notification: &Notification, settings: &Settings) -> Outcome {
    let Why::Told(reason) = notification.reason else {
        return Outcome::refused("it was decided that nobody is told");
    };
    let name = notification
        .receiver
        .as_ref()
        .map_or("", |receiver| receiver.name.as_str());
    let known = |receiver: &&Receiver| receiver.name == name;
    let Some(receiver) = settings.default_receivers.iter().find(known) else {
        return Outcome::refused(format!("the settings have no receiver {name:?} any more"));
    };
    let notice = Notice {
        id: notification.id.as_str(),
        receiver: name,
        reason,
        group_key: &notification.group_key,
        group_labels: &notification.group_labels,
        alerts: &notification.alerts,
        public_url: &deps.config.public_url,
    };
    match &receiver.kind {
        ReceiverKind::Webhook { url } => webhook(deps, &notice, url, settings).await,
        ReceiverKind::Mail { to, language } => {
            let thread = thread_id(notification, &deps.config.mail_from);
            send_mail(deps, &notice, to, content_language(*language), &thread).await
        }
        ReceiverKind::Sns { topic_arn } => {
            publish(
                deps,
                &notice,
                topic_arn,
                content_language(notification.language),
            )
            .await
        }
    }
}

const fn content_language(language: settings::Language) -> Language {
    match language {
        settings::Language::En => Language::English,
        settings::Language::Ja => Language::Japanese,
    }
}

async fn webhook(deps: &Deps, notice: &Notice<'_>, url: &str, settings: &Settings) -> Outcome {
    let body = match webhook_body(notice) {
        Ok(body) => body,
        Err(error) => return Outcome::refused(format!("no body can be made of it: {error}")),
    };
    let allow = &settings.outbound_allow_list;
    deps.webhooks
        .send(
            Post {
                url,
                body,
                idempotency_key: notice.id,
                allow,
            },
            deps.clock as fn() -> Timestamp,
        )
        .await
}

/// All mails about one alert name the same message that was never sent, so that mail programs show
/// them together; SES gives each its own Message-ID, which can't be known here.
fn thread_id(notification: &Notification, from: &str) -> String {
    let domain = from.rsplit_once('@').map_or("toban", |(_, domain)| domain);
    let group = notification.group_labels.series_id();
    format!("<alert.{group}.{}@{domain}>", notification.tenant)
}

async fn send_mail(
    deps: &Deps,
    notice: &Notice<'_>,
    to: &str,
    language: Language,
    thread: &str,
) -> Outcome {
    let from = &deps.config.mail_from;
    if from.is_empty() {
        return Outcome::refused(
            "this installation sends no mail: it was deployed without MailFrom",
        );
    }
    let Ok(content) = email_content(notice, language, thread) else {
        return Outcome::refused("no mail can be made of it");
    };
    let sent = deps
        .mail
        .send_email()
        .from_email_address(from)
        .destination(Destination::builder().to_addresses(to).build())
        .content(content)
        .send()
        .await;
    sent.map_or_else(
        |error| failure(Service::Mail, notice.id, &error),
        |_| Outcome::Accepted { status_code: None },
    )
}

/// SES puts the parts together itself: it knows how to encode subjects and which headers are its own.
fn email_content(
    notice: &Notice<'_>,
    language: Language,
    thread: &str,
) -> Result<EmailContent, aws_sdk_sesv2::error::BuildError> {
    let content = mail(notice, language);
    let utf8 = |data: String| Content::builder().data(data).charset("UTF-8").build();
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let body = Body::builder()
        .text(utf8(content.text)?)
        .html(utf8(content.html)?)
        .build();
    let message = Message::builder()
        .subject(utf8(content.subject)?)
        .body(body)
        .headers(header("In-Reply-To", thread)?)
        .headers(header("References", thread)?)
        .headers(header("Auto-Submitted", "auto-generated")?)
        .headers(header("X-Toban-Notification", notice.id)?)
        .build();
    Ok(EmailContent::builder().simple(message).build())
}

async fn publish(deps: &Deps, notice: &Notice<'_>, topic_arn: &str, language: Language) -> Outcome {
    let content = sns(notice, language);
    let published = deps
        .topics
        .publish()
        .topic_arn(topic_arn)
        .subject(content.subject)
        .message(content.text)
        .send()
        .await;
    published.map_or_else(
        |error| failure(Service::Topics, notice.id, &error),
        |_| Outcome::Accepted { status_code: None },
    )
}
