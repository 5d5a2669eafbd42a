//! What holds for any text.

#![allow(clippy::unwrap_used, reason = "a law that does not hold panics")]

use alertmanager_config::matcher::{MatchOp, parse_matchers};
use alertmanager_config::{Config, Duration, Matcher, NameSyntax};
use proptest::prelude::*;

const WHOLE: &str = include_str!("configs/accepted/every-option-of-a-route.yml");

fn op() -> impl Strategy<Value = MatchOp> {
    prop_oneof![
        Just(MatchOp::Equal),
        Just(MatchOp::NotEqual),
        Just(MatchOp::Matches),
        Just(MatchOp::NotMatches)
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_lines(text in "\\PC*") {
        if let Err(problems) = Config::parse(&text) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|problem| problem.line.is_some()));
        }
    }

    #[test]
    fn a_configuration_with_anything_in_it_is_read_or_refused(
        at in 0..WHOLE.len(), cut in 0..40_usize, put in "[-\\[\\]{}:,&*!|>'\"%@` \\n\\ta-z0-9~?<.]{0,12}",
    ) {
        let end = (at + cut).min(WHOLE.len());
        let text = format!("{}{put}{}", &WHOLE[..at], &WHOLE[end..]);
        match Config::parse(&text) {
            Ok(config) => {
                let shown = config.to_yaml().unwrap();
                prop_assert_eq!(Config::parse(&shown), Ok(config), "{}", shown);
            }
            Err(problems) => {
                let last = text.lines().count() + 1;
                for problem in problems {
                    prop_assert!(problem.line.is_some_and(|line| (1..=last).contains(&line)), "{}", problem);
                }
            }
        }
    }

    #[test]
    fn any_text_of_a_configuration_survives_being_shown(name in "\\PC{1,60}", value in "(?s).{0,200}") {
        let quoted = serde_json::to_string(&[&name, &value]).unwrap();
        let [name_json, value_json]: [Box<serde_json::value::RawValue>; 2] = serde_json::from_str(&quoted).unwrap();
        let (name_json, value_json) = (name_json.get(), value_json.get());
        let text = format!(
            "route: {{receiver: {name_json}}}\nreceivers: [{{name: {name_json}, webhook_configs: [{{url: 'http://x'}}],\n  \
             sns_configs: [{{topic_arn: x, subject: {value_json}, attributes: {{{name_json}: {value_json}}}}}]}}]\n"
        );
        if let Ok(mut config) = Config::parse(&text) {
            let shown = config.to_yaml().unwrap();
            let _ = config.take_secrets();
            prop_assert_eq!(Config::parse(&shown), Ok(config), "{}", shown);
        }
    }

    #[test]
    fn a_matcher_reads_as_it_is_printed(name in "\\PC{1,20}", op in op(), value in "(?s).{0,30}") {
        if let Ok(matcher) = Matcher::new(&name, op, &value) {
            let printed = matcher.to_string();
            let read = parse_matchers(&printed, NameSyntax::Utf8);
            prop_assert_eq!(read, Ok(vec![matcher]), "{}", printed);
        }
    }

    #[test]
    fn any_text_is_a_matcher_or_not(text in "[ab\"\\\\=~!{},' \\n東é]{0,24}") {
        for syntax in [NameSyntax::Classic, NameSyntax::Utf8] {
            if let Ok(matchers) = parse_matchers(&text, syntax) {
                for matcher in matchers {
                    let _ = matcher.accepts("a");
                }
            }
        }
    }

    #[test]
    fn a_duration_reads_as_it_is_printed(ms in 0..9_000_000_000_000_u64) {
        let duration = Duration::from_ms(ms);
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
    }
}
