//! Which configurations are taken. The folders of `configs/` say what Alertmanager 0.25 and we make of each;
//! `tests/tests/alertmanager_config` asks a real `amtool` whether they say it rightly.

#![allow(clippy::unwrap_used, reason = "a test stops where its data are wrong")]

use std::path::Path;

use alertmanager_config::{Config, MAX_BYTES, NameSyntax, Problem};

fn configs(folder: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let files = std::fs::read_dir(path.join(folder)).unwrap();
    let mut found: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn said(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn what_alertmanager_takes_is_taken() {
    let accepted = configs("accepted");
    assert!(accepted.len() >= 40);
    for (name, text) in accepted {
        for syntax in [NameSyntax::Classic, NameSyntax::Utf8] {
            let parsed = Config::parse_as(&text, syntax);
            assert!(parsed.is_ok(), "{name}: {}", said(&parsed.unwrap_err()));
        }
    }
    for (name, text) in configs("newer") {
        let parsed = Config::parse(&text);
        assert!(parsed.is_ok(), "{name}: {}", said(&parsed.unwrap_err()));
    }
}

#[test]
fn what_alertmanager_refuses_is_refused_with_its_line() {
    let refused = configs("refused");
    assert!(refused.len() >= 100);
    for (name, text) in refused {
        let Err(problems) = Config::parse(&text) else {
            panic!("{name} is taken");
        };
        assert!(!problems.is_empty(), "{name}");
        let lines = 1..=text.lines().count().max(1) + 1;
        for problem in problems {
            assert!(
                problem.line.is_some_and(|line| lines.contains(&line)),
                "{name}: {problem}"
            );
            assert!(!problem.message.is_empty(), "{name}");
        }
    }
}

/// The first line of each names it.
#[test]
fn what_alertmanager_takes_and_we_do_not_is_refused_by_name() {
    let unsupported = configs("unsupported").into_iter();
    for (name, text) in unsupported.chain(configs("unsupported-newer")) {
        let construct = text.lines().next().unwrap().trim_start_matches("# ");
        let Err(problems) = Config::parse(&text) else {
            panic!("{name} is taken");
        };
        assert_eq!(problems.len(), 1, "{name}: {}", said(&problems));
        let message = problems[0].to_string();
        assert!(message.contains(construct), "{name}: {message}");
        assert!(problems[0].line > Some(1), "{name}: {message}");
    }
}

#[test]
fn what_is_shown_reads_as_the_same_configuration_without_its_secrets() {
    for (name, text) in configs("accepted").into_iter().chain(configs("newer")) {
        let mut config = Config::parse(&text).unwrap();
        let shown = config.to_yaml().unwrap();
        let secrets = config.take_secrets();
        for secret in secrets.values().filter(|secret| secret.len() > 8) {
            assert!(!shown.contains(secret.as_str()), "{name}: {shown}");
        }
        assert_eq!(config.to_yaml().unwrap(), shown, "{name}");
        let again = Config::parse(&shown);
        assert_eq!(again.as_ref(), Ok(&config), "{name}: {shown}");
    }
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_lines() {
    let text = "global:\n  resolve_timeout: soon\n  slack_api_url: hooks.slack.com/T/secret\nroute:\n  receiver: a\n  \
                group_by: [x, x]\n  routes:\n  - receiver: b\n    matchers: ['y']\n    mute_time_intervals: [nights]\n\
                receivers:\n- name: a\n  telegram_configs: [{}]\n- name: a\n";
    let problems = Config::parse(text).unwrap_err();
    let expected = [
        "line 2: global.resolve_timeout: not a valid duration string: \"soon\"; write it as 30s, 5m or 1h30m",
        "line 3: global.slack_api_url: must be an address that begins with http:// or https://",
        "line 6: route: duplicated label \"x\" in group_by",
        "line 8: route.routes[0]: undefined receiver \"b\" used in route; add it to `receivers`",
        "line 9: route.routes[0].matchers[0]: bad matcher format: y; write it as name=\"value\", with one of = != =~ !~",
        "line 10: route.routes[0]: undefined time interval \"nights\" used in route; add it to `time_intervals`",
        "line 13: receivers[0].telegram_configs: `telegram_configs` is not supported: receivers can be webhook, email, \
         slack, pagerduty and sns, not Telegram; use webhook_configs",
        "line 14: receivers: receiver name \"a\" is not unique; it is in line 12 already",
    ];
    assert_eq!(said(&problems).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_configuration_is_bounded() {
    let long = format!(
        "route: {{receiver: d}}\n# {}\nreceivers: [{{name: d}}]\n",
        "x".repeat(MAX_BYTES)
    );
    assert!(said(&Config::parse(&long).unwrap_err()).contains("longer than"));
    for (depth, why) in [(40, "nested too deeply"), (100_000, "recursion limit")] {
        let deep = format!("route: {}{}", "[".repeat(depth), "]".repeat(depth));
        let refusal = said(&Config::parse(&deep).unwrap_err());
        assert!(refusal.contains(why), "{refusal}");
    }
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(said(&Config::parse(&bomb).unwrap_err()).contains("too large"));
}

#[test]
fn what_a_configuration_may_become_in_memory_is_bounded() {
    let with = |routes: &str| {
        format!("route: {{receiver: d, routes: [{routes}]}}\nreceivers: [{{name: d}}]\n")
    };
    let expressions = "{match_re: {a: '.{200}'}},".repeat(4_000);
    let in_one_text = format!("{{matchers: ['{}']}}", "a=~b,".repeat(101));
    let key = format!(
        "{{match: {{a: {}}}, routes: [{}]}}",
        "x".repeat(400_000),
        "{},".repeat(1_000)
    );
    let labels: String = (0..20_000).map(|n| format!("a{n},")).collect();
    let labels = format!(
        "{{group_by: [{labels}], routes: [{}]}}",
        "{},".repeat(1_000)
    );
    for (routes, why) in [
        (expressions, "regular expressions are not supported"),
        (in_one_text, "more than 100 matchers"),
        (key, "which inherit so much"),
        (labels, "which inherit so much"),
        ("{},".repeat(100_000), "so many routes"),
    ] {
        let refusal = said(&Config::parse(&with(&routes)).unwrap_err());
        assert!(refusal.contains(why), "{refusal}");
    }
    let receivers = "- {name: d, slack_configs: [{api_url: 'http://x'}]}\n".repeat(6_000);
    let receivers = format!("route: {{receiver: d}}\nreceivers:\n{receivers}");
    let problems = Config::parse(&receivers).unwrap_err();
    assert!(said(&problems).contains("channels"));
    assert_eq!(problems.len(), 100);
    let global = format!(
        "global: {{smtp_from: {}}}\nroute: {{receiver: d}}\nreceivers: [{{name: d}}]",
        "x".repeat(20_000)
    );
    assert!(said(&Config::parse(&global).unwrap_err()).contains("16 KiB"));
    let key = format!("{}: 1\n", "k".repeat(10_000));
    assert!(
        Config::parse(&key)
            .unwrap_err()
            .iter()
            .all(|one| one.message.len() < 400)
    );
}
