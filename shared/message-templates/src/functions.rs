//! Which functions a template may call. Source: Alertmanager's "Notification template reference", and Go's
//! `text/template`.

use crate::types::Type;

/// A function whose arguments have types that are known beforehand.
pub(crate) struct Function {
    /// What computes it.
    pub code: &'static str,
    pub takes: &'static [Type],
    /// Any number more of these.
    pub more: Option<Type>,
    pub gives: Type,
}

/// The function of this name, where its arguments have fixed types.
pub(crate) fn function(name: &str) -> Option<Function> {
    use Type::{Bool, Html, Text, Texts, Time};
    let (code, takes, more, gives): (_, &'static [Type], _, _) = match name {
        "toUpper" => ("to_upper", &[Text], None, Text),
        "toLower" => ("to_lower", &[Text], None, Text),
        "title" => ("title_case", &[Text], None, Text),
        "trimSpace" => ("trim_space", &[Text], None, Text),
        "join" => ("join_texts", &[Text, Texts], None, Text),
        "match" => ("matches", &[Text, Text], None, Bool),
        "reReplaceAll" => ("replace_all", &[Text, Text, Text], None, Text),
        "safeHtml" => ("concat", &[Text], None, Html),
        "stringSlice" => ("list_texts", &[], Some(Text), Texts),
        "html" => ("escape_html", &[Text], Some(Text), Text),
        "urlquery" => ("escape_query", &[Text], Some(Text), Text),
        "date" => ("date", &[Text, Time], None, Text),
        _ => return None,
    };
    Some(Function {
        code,
        takes,
        more,
        gives,
    })
}

/// Functions that Alertmanager or Go has, and we don't.
pub(crate) fn is_known_elsewhere(name: &str) -> bool {
    [
        "append",
        "call",
        "dict",
        "humanizeDuration",
        "js",
        "list",
        "safeUrl",
        "since",
        "slice",
        "toJson",
        "tz",
        "urlUnescape",
    ]
    .contains(&name)
}

/// What `{{ template "name" . }}` writes, and of what.
pub(crate) fn default_text(name: &str) -> Option<(&'static str, Type)> {
    use Type::{Alerts, Data};
    Some(match name {
        "__subject"
        | "slack.default.title"
        | "pagerduty.default.description"
        | "sns.default.subject"
        | "email.default.subject" => ("subject", Data),
        "__alertmanager" | "slack.default.username" | "pagerduty.default.client" => {
            ("client", Data)
        }
        "__alertmanagerURL" | "slack.default.titlelink" | "pagerduty.default.clientURL" => {
            ("link", Data)
        }
        "slack.default.fallback" => ("fallback", Data),
        "__text_alert_list" | "pagerduty.default.instances" => ("alert_list", Alerts),
        "sns.default.message" => ("message", Data),
        "__description"
        | "slack.default.callbackid"
        | "slack.default.footer"
        | "slack.default.iconemoji"
        | "slack.default.iconurl"
        | "slack.default.pretext"
        | "slack.default.text" => ("nothing", Data),
        _ => return None,
    })
}
