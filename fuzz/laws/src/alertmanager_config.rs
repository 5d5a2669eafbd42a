use alertmanager_config::{Config, MAX_BYTES};
use series::Labels;

use crate::memory::within;

/// A configuration has a megabyte at most; a tree has a million parts at most, of some hundred bytes each.
const MOST_BYTES: usize = 512 << 20;

/// An `alertmanager.yml`; what is shown of it reads as the same one without its secrets.
pub fn alertmanager_config(yaml: &[u8]) {
    let Ok(yaml) = std::str::from_utf8(yaml) else {
        return;
    };
    match within(MOST_BYTES, || Config::parse(yaml)) {
        Ok(mut config) => {
            assert!(yaml.len() <= MAX_BYTES);
            let labels = Labels::new([("alertname", "A"), ("severity", "page")]).unwrap();
            let tree = config.routing_tree();
            let nodes = tree.matches(&labels);
            assert!(!nodes.is_empty());
            for node in nodes {
                assert!(config.receiver(&node.options.receiver).is_some());
                assert!(node.group_key(&labels).starts_with("{}"));
            }
            let _ = config.time_intervals_at("2024-02-29T12:00:00Z".parse().unwrap());
            let shown = config.to_yaml().unwrap();
            let secrets = config.take_secrets();
            if shown.len() <= MAX_BYTES {
                assert_eq!(Config::parse(&shown).as_ref(), Ok(&config), "{shown}");
            }
            assert!(
                config
                    .put_secrets(&secrets)
                    .iter()
                    .all(|path| !secrets.contains_key(path))
            );
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            // In YAML a carriage return alone ends a line as well.
            let ends = yaml.bytes().filter(|byte| matches!(byte, b'\n' | b'\r'));
            let lines = ends.count() + 2;
            for problem in problems {
                let line = problem.line.unwrap();
                assert!((1..=lines).contains(&line), "{problem}");
                assert!(!problem.message.is_empty());
            }
        }
    }
}
