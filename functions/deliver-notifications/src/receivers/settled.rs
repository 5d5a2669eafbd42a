//! Receivers of the settings.

use std::collections::BTreeMap;

use notification_content::{Notice, mail, sns, webhook_body};
use receiver_messages::{Mail, SnsMessage};
use state_table::notifications::Notification;
use state_table::settings::{Receiver, ReceiverKind, Settings};

use super::{content_language, publish, send_mail};
use crate::Deps;
use crate::outcome::Outcome;
use crate::signature::signature;
use crate::webhook::Post;

pub(super) async fn send(
    deps: &Deps,
    notification: &Notification,
    notice: &Notice<'_>,
    settings: &Settings,
) -> Outcome {
    let name = notice.receiver;
    let known = |receiver: &&Receiver| receiver.name == name;
    let Some(receiver) = settings.default_receivers.iter().find(known) else {
        return Outcome::refused(format!("the settings have no receiver {name:?} any more"));
    };
    match &receiver.kind {
        ReceiverKind::Webhook { url } => webhook(deps, notification, notice, (url, settings)).await,
        ReceiverKind::Mail { to, language } => {
            let content = mail(notice, content_language(*language));
            let mail = Mail {
                to: vec![to.clone()],
                reply_to: Vec::new(),
                subject: content.subject,
                text: Some(content.text),
                html: Some(content.html),
                headers: Vec::new(),
            };
            send_mail(deps, notification, mail).await
        }
        ReceiverKind::Sns { topic_arn } => {
            let content = sns(notice, content_language(notification.language));
            let message = SnsMessage {
                topic_arn: topic_arn.clone(),
                subject: Some(content.subject),
                message: content.text,
                attributes: BTreeMap::new(),
            };
            publish(deps, notice, message).await
        }
    }
}

async fn webhook(
    deps: &Deps,
    notification: &Notification,
    notice: &Notice<'_>,
    (url, settings): (&str, &Settings),
) -> Outcome {
    let body = match webhook_body(notice, notification.omitted_alerts) {
        Ok(body) => body,
        Err(error) => return Outcome::refused(format!("no body can be made of it: {error}")),
    };
    let secret = settings.webhook_signing_secret.as_ref();
    let signed = secret.map(|secret| signature(secret, &body, (deps.clock)()));
    let mut post = Post::new(url, body, notice.id, &settings.outbound_allow_list);
    post.headers.extend(signed);
    deps.webhooks.send(post, deps.clock).await
}
