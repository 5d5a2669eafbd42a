//! Writes a notification's texts.

use std::collections::BTreeMap;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use notification_content::{AlertStatus, Language, Notice, NotifiedAlert};
use serde::Serialize;

use crate::convert::convert;
use crate::problem::TemplateProblem;
use crate::runtime::add_functions;

/// The longest text that is written, in bytes.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// So many steps may one text take; 1,000 alerts of 50 labels take some 300,000.
const MAX_STEPS: u64 = 1_000_000;
/// So deep may templates call each other.
const MAX_DEPTH: usize = 50;

/// Converted texts begin with it.
const PRELUDE: &str = "{% import \"texts\" as texts %}";

/// Why a text was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template can't be followed.
    #[error(transparent)]
    Template(#[from] TemplateProblem),
    /// It can, but not with this notification: an element that is not there, or more than the limits allow.
    #[error("the template failed: {0}")]
    Failed(String),
}

/// Everything that a template can reach.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    receiver: &'a str,
    status: AlertStatus,
    alerts: Vec<DataAlert<'a>>,
    group_labels: BTreeMap<&'a str, &'a str>,
    common_labels: BTreeMap<&'a str, &'a str>,
    common_annotations: BTreeMap<&'a str, &'a str>,
    #[serde(rename = "ExternalURL")]
    external_url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DataAlert<'a> {
    status: AlertStatus,
    labels: BTreeMap<&'a str, &'a str>,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "GeneratorURL")]
    generator_url: String,
    fingerprint: String,
}

fn data_alert<'a>(notice: &Notice<'_>, notified: &'a NotifiedAlert) -> DataAlert<'a> {
    DataAlert {
        status: notified.status,
        labels: notified.alert.labels.iter().collect(),
        annotations: &notified.alert.annotations,
        starts_at: notified.alert.starts_at.to_string(),
        ends_at: notified.ended_at_text(),
        generator_url: notice.generator_url(notified),
        fingerprint: notified.fingerprint(),
    }
}

/// Texts of one notification.
#[derive(Debug)]
pub struct Texts {
    env: Environment<'static>,
    data: Value,
}

impl Texts {
    /// The texts of a notification; the default ones in a language.
    ///
    /// # Errors
    /// None that is known: our own texts can be read.
    pub fn new(notice: &Notice<'_>, language: Language) -> Result<Self, RenderError> {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_syntax(keeping_newlines()?);
        env.set_fuel(Some(MAX_STEPS));
        env.set_recursion_limit(MAX_DEPTH);
        add_functions(&mut env);
        let texts = match language {
            Language::English => include_str!("texts/en.j2"),
            Language::Japanese => include_str!("texts/ja.j2"),
        };
        env.add_template("texts", texts).map_err(failed)?;
        let alerts = notice.alerts.iter();
        let data = Data {
            receiver: notice.receiver,
            status: notice.status(),
            alerts: alerts.map(|alert| data_alert(notice, alert)).collect(),
            group_labels: notice.group_labels.iter().collect(),
            common_labels: notice.common_labels(),
            common_annotations: notice.common_annotations(),
            external_url: notice.public_url,
        };
        let data = Value::from_pairs([("data", Value::from(Serde(data)))]);
        Ok(Self { env, data })
    }

    /// What a template says.
    ///
    /// # Errors
    /// It can't be followed, or fails with this notification.
    pub fn text(&self, template: &str) -> Result<String, RenderError> {
        if !template.contains("{{") {
            return Ok(template.to_owned());
        }
        self.write(&convert(template, false)?)
    }

    /// What a template of HTML says; what comes from outside is escaped.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn html(&self, template: &str) -> Result<String, RenderError> {
        self.write(&convert(template, true)?)
    }

    fn write(&self, converted: &str) -> Result<String, RenderError> {
        let source = format!("{PRELUDE}{converted}");
        let template = self.env.template_from_str(&source).map_err(failed)?;
        let mut out = Bounded(Vec::new());
        template
            .render_captured_to(self.data.clone(), &mut out)
            .map_err(failed)?;
        String::from_utf8(out.0).map_err(|error| RenderError::Failed(error.to_string()))
    }
}

/// A line break at the end of a text belongs to it.
fn keeping_newlines() -> Result<SyntaxConfig, RenderError> {
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true).build().map_err(failed)
}

/// What the engine says, without the converted text, which nobody wrote.
fn failed(error: minijinja::Error) -> RenderError {
    let said = match (error.kind(), error.detail()) {
        (ErrorKind::WriteFailure, _) => format!("the text is longer than {MAX_TEXT_BYTES} bytes"),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    RenderError::Failed(said)
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
