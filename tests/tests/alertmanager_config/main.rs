//! Do we take and refuse the configurations that Alertmanager takes and refuses, and choose the receivers that
//! it chooses? Debian's `amtool` says what Alertmanager does.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod amtool;
mod mutation;
mod routing;

use std::path::Path;

use alertmanager_config::{Config, NameSyntax, Problem};
use amtool::{Amtool, side_by_side};
use mutation::Mutation;
use routing::Routing;
use series::Labels;
use toban_tests::{Chance, client_or_skip, is_thorough};

fn configs(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root
        .join("../shared/alertmanager-config/tests/configs")
        .join(folder);
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    found.sort();
    found
}

/// How Alertmanager reads names before 0.27 and since.
fn syntax_of(version: &str) -> NameSyntax {
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(..27) => NameSyntax::Classic,
        _ => NameSyntax::Utf8,
    }
}

#[test]
fn the_folders_of_configurations_say_rightly_what_alertmanager_takes() {
    let client = client_or_skip!("amtool");
    let amtool = Amtool::new(&client, "folders");
    let taken = ["accepted", "unsupported"].map(|folder| (folder, true));
    let wrong: Vec<String> = taken
        .into_iter()
        .chain([("refused", false)])
        .flat_map(|(folder, taken)| {
            side_by_side(&configs(folder), |(name, text)| {
                let verdict = amtool.check(text);
                (verdict.taken != taken).then(|| format!("{name}: {}", verdict.said))
            })
        })
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_shown_of_a_configuration_is_one_to_alertmanager_too() {
    let client = client_or_skip!("amtool");
    let amtool = Amtool::new(&client, "shown");
    let wrong = side_by_side(&configs("accepted"), |(name, text)| {
        let shown = Config::parse(text).unwrap().to_yaml().unwrap();
        // A webhook's address is a secret to us, but to Alertmanager only since 0.26.
        let shown = shown.replace("    url: <secret>", "    url: http://x/");
        let verdict = amtool.check(&shown);
        (!verdict.taken).then(|| format!("{name}: {}\n{shown}", verdict.said))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_receivers_of_2000_pairs_of_configuration_and_labels_are_amtools() {
    let client = client_or_skip!("amtool");
    let amtool = Amtool::new(&client, "receivers");
    let syntax = syntax_of(&client.version);
    let seeds: Vec<u64> = (0..if is_thorough() { 2_500 } else { 250 }).collect();
    let per_seed = side_by_side(&seeds, |seed| {
        let mut chance = Chance::of(*seed);
        let routing = Routing::random(&mut chance);
        let text = routing.text();
        let config =
            Config::parse_as(&text, syntax).unwrap_or_else(|why| panic!("{why:?}: {text}"));
        let tree = config.routing_tree();
        // What we show means the same to Alertmanager as what we were given.
        let asked = if seed % 2 == 0 {
            text
        } else {
            config.to_yaml().unwrap()
        };
        let file = amtool.file(&asked);
        let pairs: Vec<_> = (0..8).map(|_| routing.labels(&mut chance)).collect();
        pairs
            .iter()
            .map(|labels| {
                let ours =
                    Labels::new(labels.iter().map(|(n, v)| (n.as_str(), v.as_str()))).unwrap();
                let ours: Vec<&str> = tree
                    .matches(&ours)
                    .into_iter()
                    .map(|node| node.options.receiver.as_str())
                    .collect();
                let theirs = amtool.receivers(&file, labels);
                assert_eq!(theirs, ours.join(","), "seed {seed}, {labels:?}: {asked}");
                ours.len()
            })
            .collect::<Vec<_>>()
    });
    let chosen: Vec<usize> = per_seed.into_iter().flatten().collect();
    let several = chosen.iter().filter(|count| **count > 1).count();
    println!(
        "{} pairs, {several} of them with several receivers",
        chosen.len()
    );
    assert!(chosen.len() >= 2_000 && several >= chosen.len() / 10);
}

/// Words in which we say that Alertmanager may take it and we don't.
const NAMED: [&str; 6] = [
    "is not supported",
    "more than one YAML document",
    "nested too deeply",
    "whole number",
    "a mapping, not nothing",
    "either a Target ARN, Topic ARN, or Phone Number",
];

/// What Alertmanager 0.25 says about fields that newer ones and we know.
const NEWER: [&str; 2] = [
    "field name not found in type config.plain",
    "field timeout not found in type config.plain",
];

fn is_named(problem: &Problem) -> bool {
    NAMED.iter().any(|words| problem.message.contains(words))
}

#[test]
fn a_thousand_configurations_with_one_thing_changed_are_taken_or_refused_as_by_amtool() {
    let client = client_or_skip!("amtool");
    let amtool = Amtool::new(&client, "mutations");
    let syntax = syntax_of(&client.version);
    let bases = configs("accepted");
    let seeds: Vec<u64> = (0..if is_thorough() { 10_000 } else { 1_000 }).collect();
    let verdicts = side_by_side(&seeds, |seed| {
        let mut chance = Chance::of(*seed);
        let (_, base) = chance.one_of(&bases);
        let text = Mutation::random(&mut chance).of(base, &mut chance);
        let ours = Config::parse_as(&text, syntax);
        let theirs = amtool.check(&text);
        let agreed = match &ours {
            Ok(_) => theirs.taken || NEWER.iter().any(|words| theirs.said.contains(words)),
            Err(problems) => !theirs.taken || problems.iter().any(is_named),
        };
        let ours = ours.err().unwrap_or_default();
        let different = format!("seed {seed}: theirs {theirs:?}, ours {ours:?}\n{text}");
        (theirs.taken, (!agreed).then_some(different))
    });
    let taken = verdicts.iter().filter(|(taken, _)| *taken).count();
    println!("{} mutations, {taken} of them taken", verdicts.len());
    let different: Vec<String> = verdicts.into_iter().filter_map(|(_, said)| said).collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!((seeds.len() / 8..seeds.len() * 4 / 5).contains(&taken));
}
