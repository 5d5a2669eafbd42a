use std::borrow::Cow;

use crate::model::{Attribute, Attributes};

/// Where a sender's attributes become other labels than Prometheus makes of them by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conventions {
    /// Attributes of resources that become labels of each series: Prometheus' `promote_resource_attributes`.
    pub promoted: &'static [&'static str],
    /// An attribute that holds a map, and the prefix under which each member becomes a label.
    pub spread: Option<(&'static str, &'static str)>,
}

impl Conventions {
    /// Puts the members of the map in its place. What is no map stays as it is.
    pub(crate) fn spread(self, attributes: &mut Attributes<'_>) {
        let Some((key, prefix)) = self.spread else {
            return;
        };
        let Some(at) = attributes.items.iter().position(|a| a.key == key) else {
            return;
        };
        let members = attributes.items.get(at).map(|map| members(&map.value));
        if let Some(Some(members)) = members {
            attributes.items.remove(at);
            for (name, value) in members {
                attributes.push(Attribute {
                    key: Cow::Owned(format!("{prefix}{name}")),
                    value: Cow::Owned(value),
                });
            }
        }
    }
}

/// A map is JSON by now; members that are no text stay as JSON writes them.
fn members(json: &str) -> Option<Vec<(String, String)>> {
    let map: serde_json::Map<_, _> = serde_json::from_str(json).ok()?;
    let text = |value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Some(
        map.into_iter()
            .map(|(name, value)| (name, text(value)))
            .collect(),
    )
}
