use std::sync::LazyLock;

use ids::RuleFileName;
use rule_evaluation::{External, RuleFile, TemplateData};
use series::Labels;

use crate::memory::within;

/// A file has 256 KiB at most; a tree has a million parts at most, of some hundred bytes each.
const MOST_BYTES: usize = 512 << 20;
/// The longest text that a template may become, and the words around a failure.
const LONGEST_TEXT: usize = (64 << 10) + 1024;

static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    Labels::new([
        ("__name__", "up"),
        ("instance", "web-1:9100"),
        ("job", "node"),
    ])
    .unwrap()
});

/// A file of alerting rules.
pub fn rule_file(yaml: &[u8]) {
    let Ok(yaml) = std::str::from_utf8(yaml) else {
        return;
    };
    let name = RuleFileName::new("fuzz").unwrap();
    match within(MOST_BYTES, || RuleFile::parse(&name, yaml)) {
        Ok(file) => file.rules().for_each(|rule| {
            assert!(!rule.name.is_empty());
            assert!(rule.max_active > 0);
            let external = External::default();
            for template in rule.labels.values().chain(rule.annotations.values()) {
                let data = TemplateData {
                    labels: &LABELS,
                    value: 0.25,
                    external: &external,
                };
                let text = within(MOST_BYTES, || template.expand_or_explain(&data));
                assert!(text.len() <= LONGEST_TEXT);
            }
        }),
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.is_sorted_by_key(|error| error.line));
            // In YAML a carriage return alone ends a line as well.
            let ends = yaml.bytes().filter(|byte| matches!(byte, b'\n' | b'\r'));
            let lines = ends.count() + 2;
            for error in errors {
                assert!((1..=lines).contains(&error.line), "{error}");
                assert!(!error.message.is_empty());
            }
        }
    }
}
