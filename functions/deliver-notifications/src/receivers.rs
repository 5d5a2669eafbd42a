//! Each kind of receiver.

mod configured;
mod settled;

use std::sync::Arc;

use alert_routing::Why;
use alertmanager_config::Config;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use notification_content::{Language, Notice};
use receiver_messages::Channel;
use series::SeriesId;
use state_table::notifications::Notification;
use state_table::settings::{self, Settings};

use crate::Deps;
use crate::aws_failure::{Service, failure};
use crate::configured::Unreadable;
use crate::outcome::Outcome;

/// Where a notification goes, by what is configured at this moment.
pub(crate) enum Way {
    /// To a receiver of the settings.
    Settings,
    /// To one of the configuration, which may have none of it any more.
    Configured(Option<Arc<Config>>),
    /// Nobody can tell now.
    Unknown(&'static str),
}

impl Way {
    /// The way of a notification.
    pub(crate) async fn of(deps: &Deps, notification: &Notification) -> anyhow::Result<Self> {
        let receiver = notification.receiver.as_ref();
        let is_configured = receiver
            .is_some_and(|receiver| !["", &receiver.name].contains(&receiver.integration.as_str()));
        if !is_configured {
            return Ok(Self::Settings);
        }
        let integration = receiver.map_or("", |receiver| receiver.integration.as_str());
        match configured(deps, notification, integration).await {
            Ok(config) => Ok(Self::Configured(config)),
            Err(Unreadable::Secrets(words)) => Ok(Self::Unknown(words)),
            Err(Unreadable::Table(error)) => Err(error),
        }
    }

    /// Says where it goes, as far as only the secrets tell.
    pub(crate) fn name_place(&self, notification: &mut Notification) {
        let (Self::Configured(Some(config)), Some(receiver)) = (self, &mut notification.receiver)
        else {
            return;
        };
        if let Some(channel) = Channel::find(config, &receiver.integration) {
            receiver.place = channel.place();
        }
    }
}

/// A receiver may be newer than what is remembered.
async fn configured(
    deps: &Deps,
    notification: &Notification,
    integration: &str,
) -> Result<Option<Arc<Config>>, Unreadable> {
    let (tenant, now) = (&notification.tenant, (deps.clock)());
    let remembered = deps.receivers.of(&deps.state, tenant, now).await?;
    let has_it = |config: &Arc<Config>| Channel::find(config, integration).is_some();
    if remembered.as_ref().is_some_and(has_it) {
        return Ok(remembered);
    }
    deps.receivers.forget(tenant);
    deps.receivers.of(&deps.state, tenant, now).await
}

/// Sends a notification on its way.
pub(crate) async fn send(
    deps: &Deps,
    notification: &Notification,
    settings: &Settings,
    way: &Way,
) -> Outcome {
    let Why::Told(reason) = notification.reason else {
        return Outcome::refused("it was decided that nobody is told");
    };
    let receiver = notification.receiver.as_ref();
    let name = receiver.map_or("", |receiver| receiver.name.as_str());
    let notice = Notice {
        id: notification.id.as_str(),
        receiver: name,
        reason,
        group_key: &notification.group_key,
        group_labels: &notification.group_labels,
        alerts: &notification.alerts,
        public_url: &deps.config.public_url,
    };
    match way {
        Way::Settings => settled::send(deps, notification, &notice, settings).await,
        Way::Unknown(words) => Outcome::unreachable(*words),
        Way::Configured(config) => {
            let integration = receiver.map_or("", |receiver| receiver.integration.as_str());
            let channel = config
                .as_ref()
                .and_then(|config| Channel::find(config, integration));
            let Some(channel) = channel else {
                let words = format!("the configuration has no receiver {integration:?} any more");
                return Outcome::refused(words);
            };
            configured::send(deps, notification, &notice, (channel, settings)).await
        }
    }
}

const fn content_language(language: settings::Language) -> Language {
    match language {
        settings::Language::En => Language::English,
        settings::Language::Ja => Language::Japanese,
    }
}

/// All mails about one group name the same message that was never sent, so that mail programs show
/// them together; SES gives each its own Message-ID, which can't be known here.
fn thread_id(notification: &Notification, from: &str) -> String {
    let domain = from.rsplit_once('@').map_or("toban", |(_, domain)| domain);
    let group = SeriesId::of([("", notification.group_key.as_str())]);
    format!("<alert.{group}.{}@{domain}>", notification.tenant)
}

/// SES puts the parts together itself: it knows how to encode subjects and which headers are its own.
async fn send_mail(
    deps: &Deps,
    notification: &Notification,
    mail: receiver_messages::Mail,
) -> Outcome {
    let (from, id) = (&deps.config.mail_from, notification.id.as_str());
    if from.is_empty() {
        return Outcome::refused(
            "this installation sends no mail: it was deployed without MailFrom",
        );
    }
    let to = Destination::builder().set_to_addresses(Some(mail.to.clone()));
    let replies = Some(mail.reply_to.clone()).filter(|to| !to.is_empty());
    let Ok(content) = email_content(mail, id, &thread_id(notification, from)) else {
        return Outcome::refused("no mail can be made of it");
    };
    let sent = deps
        .mail
        .send_email()
        .from_email_address(from)
        .destination(to.build())
        .set_reply_to_addresses(replies)
        .content(content)
        .send()
        .await;
    sent.map_or_else(
        |error| failure(Service::Mail, id, &error),
        |_| Outcome::Accepted { status_code: None },
    )
}

fn email_content(
    mail: receiver_messages::Mail,
    id: &str,
    thread: &str,
) -> Result<EmailContent, BuildError> {
    let utf8 = |data: String| Content::builder().data(data).charset("UTF-8").build();
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let body = Body::builder()
        .set_text(mail.text.map(utf8).transpose()?)
        .set_html(mail.html.map(utf8).transpose()?)
        .build();
    let mut message = Message::builder()
        .subject(utf8(mail.subject)?)
        .body(body)
        .headers(header("In-Reply-To", thread)?)
        .headers(header("References", thread)?)
        .headers(header("Auto-Submitted", "auto-generated")?)
        .headers(header("X-Toban-Notification", id)?);
    for (name, value) in &mail.headers {
        message = message.headers(header(name, value)?);
    }
    Ok(EmailContent::builder().simple(message.build()).build())
}

async fn publish(
    deps: &Deps,
    notice: &Notice<'_>,
    message: receiver_messages::SnsMessage,
) -> Outcome {
    let mut call = deps
        .topics
        .publish()
        .topic_arn(message.topic_arn)
        .set_subject(message.subject)
        .message(message.message);
    for (name, value) in message.attributes {
        let attribute = aws_sdk_sns::types::MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build();
        let Ok(attribute) = attribute else {
            return Outcome::refused("no attribute can be made of what is configured");
        };
        call = call.message_attributes(name, attribute);
    }
    call.send().await.map_or_else(
        |error| failure(Service::Topics, notice.id, &error),
        |_| Outcome::Accepted { status_code: None },
    )
}
