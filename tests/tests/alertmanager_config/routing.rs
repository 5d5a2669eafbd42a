use serde_json::{Map, Value, json};
use toban_tests::Chance;

const NAMES: [&str; 6] = ["alertname", "severity", "team", "env", "_x", "host"];
const VALUES: [&str; 16] = [
    "page", "ticket", "db", "web", "prod", "1.5", "a b", "x\"y", "c,d", "a\\b", "東京", "{b}", "",
    "A", "b\nc", "~=!",
];
const EXPRESSIONS: [&str; 24] = [
    "page|ticket",
    ".*",
    ".+",
    "",
    "[a-c]+.*",
    "(?i)PAGE",
    "p.ge",
    "\\d+\\.\\d",
    "d{1}b",
    "^page$",
    "db|web|",
    "東.*",
    "[^a]+",
    "\\w+",
    "a\\\\b",
    "x\"y",
    "(?s)b.c",
    "b.c",
    "(p|t)[a-z]+?",
    "[[:upper:]]",
    "\\{b\\}",
    "c,d",
    "pag",
    "age",
];

/// A random configuration, most of it a routing tree.
pub struct Routing(Value);

impl Routing {
    pub fn random(chance: &mut Chance) -> Self {
        let mut root = route(chance, 0);
        for name in ["match", "match_re", "matchers", "continue"] {
            root.as_object_mut().unwrap().remove(name);
        }
        root["receiver"] = json!("r0");
        let receivers: Vec<Value> = (0..8).map(|n| json!({"name": format!("r{n}")})).collect();
        Self(json!({"route": root, "receivers": receivers}))
    }

    /// JSON is YAML.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap()
    }

    /// Labels of which some match.
    pub fn labels(&self, chance: &mut Chance) -> Vec<(String, String)> {
        let mut labels: Vec<(String, String)> = Vec::new();
        for name in NAMES {
            if !chance.once_in(3) {
                labels.push((name.to_owned(), (*chance.one_of(&VALUES)).to_owned()));
            }
        }
        labels
    }
}

fn route(chance: &mut Chance, depth: usize) -> Value {
    let mut route = Map::new();
    if chance.once_in(2) {
        route.insert(
            "receiver".to_owned(),
            json!(format!("r{}", chance.below(8))),
        );
    }
    if chance.once_in(2) {
        route.insert("continue".to_owned(), json!(!chance.once_in(4)));
    }
    match chance.below(10) {
        0 => drop(route.insert("match".to_owned(), map(chance, &VALUES))),
        1 => drop(route.insert("match_re".to_owned(), map(chance, &EXPRESSIONS))),
        2 => {
            route.insert("match".to_owned(), map(chance, &VALUES));
            route.insert("matchers".to_owned(), matchers(chance));
        }
        3..6 => {}
        _ => drop(route.insert("matchers".to_owned(), matchers(chance))),
    }
    if depth < 4 {
        let most = if depth == 0 { 7 } else { 4 };
        let children: Vec<Value> = (0..chance.below(most))
            .map(|_| self::route(chance, depth + 1))
            .collect();
        route.insert("routes".to_owned(), json!(children));
    }
    Value::Object(route)
}

fn map(chance: &mut Chance, values: &[&str]) -> Value {
    let count = 1 + chance.below(2);
    let pairs = (0..count).map(|_| {
        let name = (*chance.one_of(&NAMES)).to_owned();
        (name, json!(chance.one_of(values)))
    });
    Value::Object(pairs.collect())
}

/// Texts of one or more matchers each, with and without quotes and braces.
fn matchers(chance: &mut Chance) -> Value {
    let texts: Vec<String> = (0..1 + chance.below(2))
        .map(|_| {
            let some: Vec<String> = (0..1 + chance.below(2)).map(|_| matcher(chance)).collect();
            let text = some.join(*chance.one_of(&[",", ", ", " , "]));
            if chance.once_in(4) {
                format!("{{{text}}}")
            } else {
                text
            }
        })
        .collect();
    json!(texts)
}

fn matcher(chance: &mut Chance) -> String {
    let op = *chance.one_of(&["=", "=", "!=", "=~", "=~", "!~"]);
    let values: &[&str] = if op.ends_with('~') {
        &EXPRESSIONS
    } else {
        &VALUES
    };
    let value = *chance.one_of(values);
    let plain = value
        .chars()
        .all(|c| c.is_alphanumeric() || c == '.' || c == '*' || c == '|');
    let name = *chance.one_of(&NAMES);
    let space = *chance.one_of(&["", "", " "]);
    if plain && chance.once_in(2) {
        return format!("{name}{space}{op}{space}{value}");
    }
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{name}{space}{op}{space}\"{escaped}\"")
}
