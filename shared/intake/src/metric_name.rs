/// Appends `text` to a metric's name: what can't stand in one becomes `_`. Colons stay.
///
/// Source: Prometheus' data model, "Metric names": `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn push_metric_name(text: &str, name: &mut String) {
    if name.is_empty() && text.starts_with(|c: char| c.is_ascii_digit()) {
        name.push('_');
    }
    name.extend(text.chars().map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ':' => c,
        _ => '_',
    }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_can_t_stand_in_a_name_becomes_an_underscore() {
        for (parts, expected) in [
            (&["cpu", "_", "usage_idle"][..], "cpu_usage_idle"),
            (&["win-disk", "_", "% free"], "win_disk___free"),
            (&["job:rate"], "job:rate"),
            (&["7z", "_", "9"], "_7z_9"),
            (&["", "9"], "_9"),
            (&["温度"], "__"),
        ] {
            let mut name = String::new();
            for part in parts {
                super::push_metric_name(part, &mut name);
            }
            assert_eq!(name, expected);
        }
    }
}
