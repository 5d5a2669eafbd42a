use toban_tests::Chance;

/// One change of a configuration.
#[derive(Debug, Clone, Copy)]
pub enum Mutation {
    DropLine,
    DoubleLine,
    SwapLines,
    Indent,
    Outdent,
    DropCharacter,
    PutCharacter,
    ChangeValue,
    RenameKey,
    AddField,
}

/// Those that leave more of it whole come more often.
const ALL: [Mutation; 14] = [
    Mutation::DropLine,
    Mutation::DoubleLine,
    Mutation::SwapLines,
    Mutation::Indent,
    Mutation::Outdent,
    Mutation::DropCharacter,
    Mutation::PutCharacter,
    Mutation::ChangeValue,
    Mutation::RenameKey,
    Mutation::AddField,
    Mutation::DropLine,
    Mutation::ChangeValue,
    Mutation::AddField,
    Mutation::AddField,
];
const VALUES: [&str; 34] = [
    "",
    "~",
    "null",
    "''",
    "d",
    "5",
    "-1",
    "0",
    "1.5",
    "true",
    "yes",
    "'true'",
    "[]",
    "{}",
    "[a]",
    "{a: b}",
    "[~]",
    "5m",
    "0s",
    "1h30m",
    "30",
    "...",
    "['...', a]",
    "[a, a]",
    "http://x",
    "ftp://x",
    "localhost:25",
    "['a=b']",
    "['a=~\"[\"']",
    "['1:5']",
    "[monday]",
    "'24:00'",
    "Asia/Tokyo",
    "\"\\u3042\"",
];
const FIELDS: [&str; 24] = [
    "receiver: d",
    "name: x",
    "continue: true",
    "group_by: [a]",
    "group_wait: 1s",
    "group_interval: 0s",
    "matchers: [a=b]",
    "match: {a: b}",
    "match_re: {a: '['}",
    "routes: []",
    "url: http://x",
    "send_resolved: false",
    "to: x",
    "channel: x",
    "unknown: 1",
    "webhook_configs: []",
    "mute_time_intervals: []",
    "times: []",
    "location: UTC",
    "equal: [x]",
    "html: x",
    "http_config: {}",
    "templates: []",
    "inhibit_rules: [{}]",
];

impl Mutation {
    pub fn random(chance: &mut Chance) -> Self {
        *chance.one_of(&ALL)
    }

    pub fn of(self, text: &str, chance: &mut Chance) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = chance.below(lines.len());
        match self {
            Self::DropLine => drop(lines.remove(at)),
            Self::DoubleLine => lines.insert(at, lines[at].clone()),
            Self::SwapLines => {
                let other = chance.below(lines.len());
                lines.swap(at, other);
            }
            Self::Indent => lines[at].insert_str(0, ["  ", " ", "    "][chance.below(3)]),
            Self::Outdent => {
                lines[at] = lines[at]
                    .strip_prefix("  ")
                    .unwrap_or(&lines[at])
                    .to_owned()
            }
            Self::DropCharacter => {
                let (place, c) = character(&lines[at], chance);
                lines[at].replace_range(place..place + c, "");
            }
            Self::PutCharacter => {
                let (place, _) = character(&lines[at], chance);
                let put = *chance.one_of(&[
                    "x", " ", ":", "-", "'", "\"", "[", "}", ",", "#", "&", "*", "0", "\\",
                ]);
                lines[at].insert_str(place, put);
            }
            Self::ChangeValue => change_value(&mut lines[at], chance),
            Self::RenameKey => rename_key(&mut lines[at], chance),
            Self::AddField => {
                let line = &lines[at];
                let indent = line.len() - line.trim_start_matches([' ', '-']).len();
                lines.insert(
                    at + 1,
                    format!("{}{}", " ".repeat(indent), chance.one_of(&FIELDS)),
                );
            }
        }
        lines.join("\n") + "\n"
    }
}

/// Where a character of the line begins, and how long it is.
fn character(line: &str, chance: &mut Chance) -> (usize, usize) {
    let places: Vec<(usize, usize)> = line
        .char_indices()
        .map(|(at, c)| (at, c.len_utf8()))
        .collect();
    if places.is_empty() {
        (0, 0)
    } else {
        *chance.one_of(&places)
    }
}

/// The places after `: `, of which one's value is put anew.
fn change_value(line: &mut String, chance: &mut Chance) {
    let places: Vec<usize> = line.match_indices(": ").map(|(at, _)| at + 2).collect();
    if places.is_empty() {
        let value = *chance.one_of(&VALUES);
        line.push_str(value);
        return;
    }
    let start = *chance.one_of(&places);
    let rest = &line[start..];
    let end = match rest.chars().next() {
        Some('[') => rest.find(']').map_or(rest.len(), |at| at + 1),
        _ => rest.find([',', '}', ']']).unwrap_or(rest.len()),
    };
    let value = *chance.one_of(&VALUES);
    line.replace_range(start..start + end, value);
}

fn rename_key(line: &mut String, chance: &mut Chance) {
    let places: Vec<usize> = line.match_indices(':').map(|(at, _)| at).collect();
    if !places.is_empty() {
        line.insert(*chance.one_of(&places), 's');
    }
}
