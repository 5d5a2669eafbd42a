use alertmanager_config::receiver::{EmailConfig, PagerdutyConfig, SlackConfig, SnsConfig};
use alertmanager_config::{Config, Problem};
use prometheus_notation::yaml::{self, Kind, Node};

use crate::mail::is_default_html;

/// Every text of a configuration that can't be followed, with its line in `yaml`, of which `config` was read.
#[must_use]
pub fn check(yaml: &str, config: &Config) -> Vec<Problem> {
    let document = yaml::parse(yaml).ok().flatten();
    let mut checker = Checker {
        document: document.as_ref(),
        problems: Vec::new(),
    };
    for (at, receiver) in config.receivers.iter().enumerate() {
        let path = |kind: &str, nth: usize| format!("receivers[{at}].{kind}_configs[{nth}]");
        for (nth, email) in receiver.email_configs.iter().enumerate() {
            checker.email(&path("email", nth), email);
        }
        for (nth, slack) in receiver.slack_configs.iter().enumerate() {
            checker.slack(&path("slack", nth), slack);
        }
        for (nth, pager) in receiver.pagerduty_configs.iter().enumerate() {
            checker.pagerduty(&path("pagerduty", nth), pager);
        }
        for (nth, sns) in receiver.sns_configs.iter().enumerate() {
            checker.sns(&path("sns", nth), sns);
        }
    }
    checker.problems
}

struct Checker<'a> {
    document: Option<&'a Node>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn template(&mut self, path: &str, name: &str, template: &str, is_html: bool) {
        let Err(problem) = message_templates::check(template, is_html) else {
            return;
        };
        let path = format!("{path}.{name}");
        let line = self.document.and_then(|document| line_of(document, &path));
        self.problems.push(Problem {
            // A block's lines follow each other as they do in the template.
            line: line.map(|line| line + problem.line - 1),
            path,
            message: problem.to_string(),
        });
    }

    fn texts(&mut self, path: &str, texts: &[(&str, &str)]) {
        for (name, template) in texts {
            self.template(path, name, template, false);
        }
    }

    fn email(&mut self, path: &str, email: &EmailConfig) {
        self.texts(path, &[("to", &email.to), ("text", &email.text)]);
        for (name, template) in &email.headers {
            self.template(&format!("{path}.headers"), name, template, false);
        }
        if !is_default_html(&email.html) {
            self.template(path, "html", &email.html, true);
        }
    }

    fn slack(&mut self, path: &str, slack: &SlackConfig) {
        self.texts(
            path,
            &[
                ("channel", &slack.channel),
                ("username", &slack.username),
                ("color", &slack.color),
                ("title", &slack.title),
                ("title_link", &slack.title_link),
                ("pretext", &slack.pretext),
                ("text", &slack.text),
                ("footer", &slack.footer),
                ("fallback", &slack.fallback),
                ("callback_id", &slack.callback_id),
                ("icon_emoji", &slack.icon_emoji),
                ("icon_url", &slack.icon_url),
                ("image_url", &slack.image_url),
                ("thumb_url", &slack.thumb_url),
            ],
        );
        for (at, field) in slack.fields.iter().enumerate() {
            let path = format!("{path}.fields[{at}]");
            self.texts(&path, &[("title", &field.title), ("value", &field.value)]);
        }
        for (at, action) in slack.actions.iter().enumerate() {
            let path = format!("{path}.actions[{at}]");
            self.texts(
                &path,
                &[
                    ("type", &action.kind),
                    ("text", &action.text),
                    ("url", &action.url),
                    ("style", &action.style),
                    ("name", &action.name),
                    ("value", &action.value),
                ],
            );
            if let Some(confirm) = &action.confirm {
                let texts = [
                    ("text", confirm.text.as_str()),
                    ("title", &confirm.title),
                    ("ok_text", &confirm.ok_text),
                    ("dismiss_text", &confirm.dismiss_text),
                ];
                self.texts(&format!("{path}.confirm"), &texts);
            }
        }
    }

    fn pagerduty(&mut self, path: &str, pager: &PagerdutyConfig) {
        self.texts(
            path,
            &[
                ("client", &pager.client),
                ("client_url", &pager.client_url),
                ("description", &pager.description),
                ("source", &pager.source),
                ("severity", &pager.severity),
                ("class", &pager.class),
                ("component", &pager.component),
                ("group", &pager.group),
            ],
        );
        for (name, template) in &pager.details {
            self.template(&format!("{path}.details"), name, template, false);
        }
        for (at, image) in pager.images.iter().enumerate() {
            let texts = [
                ("src", image.src.as_str()),
                ("alt", &image.alt),
                ("href", &image.href),
            ];
            self.texts(&format!("{path}.images[{at}]"), &texts);
        }
        for (at, link) in pager.links.iter().enumerate() {
            let texts = [("href", link.href.as_str()), ("text", &link.text)];
            self.texts(&format!("{path}.links[{at}]"), &texts);
        }
    }

    fn sns(&mut self, path: &str, sns: &SnsConfig) {
        let texts = [
            ("topic_arn", sns.topic_arn.as_str()),
            ("subject", &sns.subject),
            ("message", &sns.message),
        ];
        self.texts(path, &texts);
        for (name, template) in &sns.attributes {
            self.template(&format!("{path}.attributes"), name, template, false);
        }
    }
}

/// Where the value at a path stands in the document; the nearest part that is written where it isn't.
fn line_of(document: &Node, path: &str) -> Option<usize> {
    let mut node = document;
    for step in path.split('.') {
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
            None => (step, None),
        };
        let Kind::Mapping(entries) = &node.kind else {
            return Some(node.line);
        };
        let found = entries
            .iter()
            .find(|(key, _)| key.text.eq_ignore_ascii_case(name));
        let Some((_, value)) = found else {
            return Some(node.line);
        };
        node = match (&value.kind, index) {
            (Kind::Sequence(items), Some(index)) => items.get(index)?,
            _ => value,
        };
    }
    Some(node.line)
}
