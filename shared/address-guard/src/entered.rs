//! What can be said of an address when somebody enters it, before anything is sent to it.

use crate::{AllowList, Target, Verdict, judge};

/// Whether requests may be sent to a URL, as far as its text tells: a name is resolved and judged when it is sent to, an
/// address can be judged now.
///
/// # Errors
/// What to change.
pub fn check_url(url: &str, allow: &AllowList) -> Result<(), String> {
    let target = Target::parse(url).map_err(|error| error.to_string())?;
    let Some(address) = target.literal() else {
        return Ok(());
    };
    match judge(address, allow, &[]) {
        Verdict::Allowed => Ok(()),
        Verdict::Refused { address, reason } => Err(format!("{address}: {reason}")),
    }
}

/// This installation may publish to no topic but those named so (docs/decisions/0005).
const TOPIC_PREFIX: &str = "toban-receiver-";
const TOPIC_CHARS: std::ops::RangeInclusive<usize> = 1..=256;

/// Whether this installation may publish to a topic.
///
/// # Errors
/// What to change; the text goes on after the field's name.
pub fn check_topic(arn: &str) -> Result<(), String> {
    let Some(topic) = topic_name(arn) else {
        return Err(format!(
            "must be arn:<partition>:sns:<region>:<account>:<topic>, \
             such as arn:aws:sns:eu-central-1:123456789012:{TOPIC_PREFIX}on-call, and no FIFO topic"
        ));
    };
    if !topic.starts_with(TOPIC_PREFIX) {
        return Err(format!(
            "must be of a topic whose owner named it {TOPIC_PREFIX}..., because this installation publishes only to \
             such; make one that is called {TOPIC_PREFIX}{topic}"
        ));
    }
    Ok(())
}

/// The topic that an ARN names, where it can be one.
fn topic_name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, topic] = parts[..] else {
        return None;
    };
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_topic = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_right = (partition == "aws" || partition.starts_with("aws-"))
        && partition.chars().all(is_lower)
        && !region.is_empty()
        && region.chars().all(is_lower)
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && TOPIC_CHARS.contains(&topic.len())
        && topic.chars().all(is_topic);
    is_right.then_some(topic)
}
