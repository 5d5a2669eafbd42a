//! What is said, in each language; how it is put together is said once, in `text` and `html`.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::language::Language;
use alert_routing::NotifyReason;

use crate::notice::AlertStatus;

/// The fixed parts of a message.
pub(crate) struct Words {
    pub html_lang: &'static str,
    pub firing: &'static str,
    pub resolved: &'static str,
    pub since: &'static str,
    pub ended: &'static str,
    pub value: &'static str,
    pub severity: &'static str,
    pub next_heading: &'static str,
    pub look: &'static str,
    pub runbook: &'static str,
    pub no_runbook: &'static str,
    pub will_tell: &'static str,
    pub nothing_to_do: &'static str,
    pub labels_heading: &'static str,
    pub notes_heading: &'static str,
    pub reason_heading: &'static str,
    pub number: &'static str,
    utc_offset_hours: i8,
}

const ENGLISH: Words = Words {
    html_lang: "en",
    firing: "FIRING",
    resolved: "RESOLVED",
    since: "Since",
    ended: "Until",
    value: "Value",
    severity: "Severity",
    next_heading: "What to do next",
    look: "See the host and its other alerts",
    runbook: "Follow the runbook",
    no_runbook: "This rule names no runbook; the annotation runbook_url would appear here.",
    will_tell: "You will be told when it has ended.",
    nothing_to_do: "Nothing is left to do. If you want to know why it happened, look here",
    labels_heading: "Labels",
    notes_heading: "Notes",
    reason_heading: "Why you are told",
    number: "Notification",
    utc_offset_hours: 0,
};

const JAPANESE: Words = Words {
    html_lang: "ja",
    firing: "発生",
    resolved: "復旧",
    since: "発生時刻",
    ended: "復旧時刻",
    value: "値",
    severity: "重大度",
    next_heading: "次にすること",
    look: "ホストの状態と、ほかのアラートを確認する",
    runbook: "手順書にそって対応する",
    no_runbook: "このルールには手順書がありません。注釈 runbook_url を付けると、ここに表示されます。",
    will_tell: "復旧したら、あらためてお知らせします。",
    nothing_to_do: "対応は不要です。原因を調べるときは、こちらをご覧ください",
    labels_heading: "ラベル",
    notes_heading: "注釈",
    reason_heading: "この通知の理由",
    number: "通知番号",
    utc_offset_hours: 9,
};

impl Words {
    pub(crate) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Japanese => &JAPANESE,
        }
    }

    pub(crate) const fn status(&self, status: AlertStatus) -> &'static str {
        match status {
            AlertStatus::Firing => self.firing,
            AlertStatus::Resolved => self.resolved,
        }
    }

    /// ISO 8601 with offset, to the second.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
        if self.utc_offset_hours == 0 {
            return whole.to_string();
        }
        let offset = Offset::constant(self.utc_offset_hours);
        whole.display_with_offset(offset).to_string()
    }
}

/// One sentence that says what happened; `place` is the instance, where there is one.
pub(crate) fn headline(
    language: Language,
    status: AlertStatus,
    name: &str,
    place: Option<&str>,
) -> String {
    match (language, status, place) {
        (Language::English, AlertStatus::Firing, Some(place)) => {
            format!("{name} is firing on {place}.")
        }
        (Language::English, AlertStatus::Firing, None) => format!("{name} is firing."),
        (Language::English, AlertStatus::Resolved, Some(place)) => {
            format!("{name} has ended on {place}.")
        }
        (Language::English, AlertStatus::Resolved, None) => format!("{name} has ended."),
        (Language::Japanese, AlertStatus::Firing, Some(place)) => {
            format!("{place} で {name} が発生しています。")
        }
        (Language::Japanese, AlertStatus::Firing, None) => format!("{name} が発生しています。"),
        (Language::Japanese, AlertStatus::Resolved, Some(place)) => {
            format!("{place} の {name} は復旧しました。")
        }
        (Language::Japanese, AlertStatus::Resolved, None) => format!("{name} は復旧しました。"),
    }
}

/// Why the receiver is told now.
pub(crate) const fn reason(language: Language, reason: NotifyReason) -> &'static str {
    match (language, reason) {
        (Language::English, NotifyReason::FirstNotification) => {
            "This is the first notification of this alert."
        }
        (Language::English, NotifyReason::NewAlerts) => {
            "Alerts fire that you were not told of yet."
        }
        (Language::English, NotifyReason::NewResolved) => "Alerts have ended; others go on.",
        (Language::English, NotifyReason::Repeat) => {
            "Nothing has changed; you are reminded because it still fires."
        }
        (Language::English, NotifyReason::AllResolved) => {
            "Everything that you were told of has ended."
        }
        (Language::English, NotifyReason::SilenceEnds) => {
            "The silence of these alerts ends soon, and they still fire."
        }
        (Language::Japanese, NotifyReason::SilenceEnds) => {
            "サイレンスがまもなく終了しますが、発生が続いています。"
        }
        (Language::Japanese, NotifyReason::FirstNotification) => "このアラートの最初の通知です。",
        (Language::Japanese, NotifyReason::NewAlerts) => {
            "まだお知らせしていないアラートが発生しています。"
        }
        (Language::Japanese, NotifyReason::NewResolved) => {
            "一部のアラートが復旧しました。ほかは続いています。"
        }
        (Language::Japanese, NotifyReason::Repeat) => {
            "状況は変わっていません。発生が続いているため、あらためてお知らせします。"
        }
        (Language::Japanese, NotifyReason::AllResolved) => {
            "お知らせしたアラートがすべて復旧しました。"
        }
    }
}

/// How many alerts are not shown.
pub(crate) fn and_more(language: Language, count: usize) -> String {
    match language {
        Language::English => format!("And {count} more, not shown here."),
        Language::Japanese => format!("ほかに {count} 件あります (ここには表示していません)。"),
    }
}
