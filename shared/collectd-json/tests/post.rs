//! What value lists become, and an account that adds up.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use collectd_json::{Post, Reason, Refusal, decode};
use intake::{Excess, Limits, PointIssue};
use proptest::prelude::*;

/// 2026-11-20T12:00:00Z
const NOW_MS: i64 = 1_795_176_000_000;
const NOW: &str = "1795176000.000";

fn read(body: &str) -> Post {
    decode(body.as_bytes(), &Limits::default(), NOW_MS).unwrap()
}

/// `names` are plugin, plugin instance, type and type instance.
fn list(values: &str, sources: &[(&str, &str)], time: &str, names: [&str; 4]) -> String {
    let all =
        |pick: fn(&(&str, &str)) -> String| sources.iter().map(pick).collect::<Vec<_>>().join(",");
    let (kinds, dsnames) = (all(|s| format!("{:?}", s.0)), all(|s| format!("{:?}", s.1)));
    let [plugin, plugin_instance, kind, type_instance] = names;
    format!(
        r#"{{"values":[{values}],"dstypes":[{kinds}],"dsnames":[{dsnames}],"time":{time},"interval":10.000,"host":"web-1",
        "plugin":"{plugin}","plugin_instance":"{plugin_instance}","type":"{kind}","type_instance":"{type_instance}"}}"#
    )
}

fn gauge(value: &str, time: &str) -> String {
    list(value, &[("gauge", "value")], time, ["load", "", "load", ""])
}

fn samples(post: &Post) -> Vec<String> {
    let labels = post.series.labels();
    let series = post.series.series(&labels);
    let shown = series.map(|series| {
        let labels: Vec<_> = series
            .labels
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        format!("{} {}", labels.join(","), series.samples[0].value)
    });
    shown.collect()
}

/// The cases are those of `metric_family_name` and `METRIC_ADD_LABELS`.
#[test]
fn names_and_labels_are_those_of_write_prometheus() {
    for (sources, names, expected) in [
        (
            &[("gauge", "value")][..],
            ["load", "", "load", ""],
            "__name__=collectd_load,instance=web-1 1",
        ),
        (
            &[("derive", "value")],
            ["cpu", "0", "cpu", "idle"],
            "__name__=collectd_cpu_total,cpu=0,instance=web-1,type=idle 1",
        ),
        (
            &[("derive", "rx")],
            ["interface", "eth0", "if_octets", ""],
            "__name__=collectd_interface_if_octets_rx_total,instance=web-1,interface=eth0 1",
        ),
        (
            &[("gauge", "value")],
            ["df", "root", "df_complex", "free"],
            "__name__=collectd_df_df_complex,df=root,instance=web-1,type=free 1",
        ),
        (
            &[("gauge", "value")],
            ["memory", "", "memory", "used"],
            "__name__=collectd_memory,instance=web-1,memory=used 1",
        ),
        (
            &[("counter", "value")],
            ["snmp", "", "if-x", ""],
            "__name__=collectd_snmp_if_x_total,instance=web-1 1",
        ),
        (
            &[("absolute", "value")],
            ["a.b", "c", "d", ""],
            "__name__=collectd_a_b_d,a_b=c,instance=web-1 1",
        ),
    ] {
        let post = read(&format!("[{}]", list("1", sources, NOW, names)));
        assert_eq!(samples(&post), [expected]);
    }
}

#[test]
fn each_value_of_a_list_is_a_series_at_its_time() {
    let sources = [
        ("gauge", "shortterm"),
        ("gauge", "midterm"),
        ("gauge", "longterm"),
    ];
    let post = read(&format!(
        "[{}]",
        list(
            "0.25,null,1e3",
            &sources,
            "1795175999.1234",
            ["load", "", "load", ""]
        )
    ));
    assert_eq!(
        samples(&post),
        [
            "__name__=collectd_load_shortterm,instance=web-1 0.25",
            "__name__=collectd_load_longterm,instance=web-1 1000",
        ]
    );
    let labels = post.series.labels();
    assert!(
        post.series
            .series(&labels)
            .all(|s| s.samples[0].time_ms == NOW_MS - 877)
    );
    let rejected = post.rejected.of(Reason::NoValue).unwrap();
    assert_eq!(
        (rejected.points, rejected.example.as_str()),
        (1, "web-1/load/load midterm")
    );
    assert!(!rejected.reason.is_error());
    assert_eq!(post.hosts.into_iter().collect::<Vec<_>>(), ["web-1"]);
}

#[test]
fn what_is_no_value_list_is_rejected_alone() {
    let good = gauge("1", NOW);
    let names = ["load", "", "load", ""];
    for bad in [
        "1",
        "null",
        "[]",
        "{}",
        &list("1,2", &[("gauge", "value")], NOW, names),
        &list("", &[], NOW, names),
        &list("true", &[("gauge", "value")], NOW, names),
        &list(
            &vec!["1"; 65].join(","),
            &[("gauge", "value"); 65],
            NOW,
            names,
        ),
        &list("1", &[("gauge", "value")], NOW, ["", "", "load", ""]),
        &list("1", &[("gauge", "value")], "\"now\"", names),
        r#"{"name":"collectd.load","timestamp":1,"value":1,"tags":{}}"#,
        r#"{"labels":{"alertname":"collectd_load"},"startsAt":"2026-11-20T12:00:00Z"}"#,
    ] {
        let post = read(&format!("[{good},{bad}]"));
        assert_eq!((post.values, post.rejected.points()), (1, 1), "{bad}");
        assert!(
            post.rejected
                .of(Reason::InvalidValueList)
                .unwrap()
                .reason
                .is_error()
        );
    }
}

#[test]
fn a_time_outside_of_the_window_is_rejected() {
    for (time, issue) in [
        ("1795089600.000", None),
        ("1795089599.999", Some(PointIssue::TooOld)),
        ("1795176600.000", None),
        ("1795176600.001", Some(PointIssue::TooFarInFuture)),
        ("1e300", Some(PointIssue::TooFarInFuture)),
        ("-1e300", Some(PointIssue::TooOld)),
    ] {
        let post = read(&format!("[{}]", gauge("1", time)));
        let reasons: Vec<_> = post
            .rejected
            .iter()
            .map(|rejected| rejected.reason)
            .collect();
        assert_eq!(
            reasons,
            issue.map(Reason::Point).into_iter().collect::<Vec<_>>(),
            "{time}"
        );
        assert_eq!(post.hosts.len(), usize::from(issue.is_none()));
    }
}

#[test]
fn what_is_no_list_or_too_much_is_refused_whole() {
    let limits = Limits {
        samples: 2,
        ..Limits::default()
    };
    let good = gauge("1", NOW);
    for body in [
        "",
        "{}",
        "1",
        "PUTVAL web-1/load/load interval=10 N:1",
        &good,
        &format!("[{good}"),
        &format!("[{good}]x"),
    ] {
        assert!(
            matches!(
                decode(body.as_bytes(), &limits, NOW_MS),
                Err(Refusal::Malformed(_))
            ),
            "{body}"
        );
    }
    assert!(matches!(
        decode(b"[\"\xff\"]", &limits, NOW_MS),
        Err(Refusal::Malformed(_))
    ));
    assert_eq!(
        decode(format!("[{good},{good}]").as_bytes(), &limits, NOW_MS)
            .unwrap()
            .values,
        2
    );
    let excess = decode(format!("[{good},{good},1]").as_bytes(), &limits, NOW_MS);
    assert_eq!(excess.unwrap_err(), Excess::Samples { limit: 2 }.into());
    assert_eq!(decode(b"[]", &limits, NOW_MS).unwrap().values, 0);
}

/// A list in one state, and how many of its values are good and bad.
fn element() -> impl Strategy<Value = (String, u64, u64)> {
    prop_oneof![
        Just((gauge("1", NOW), 1, 0)),
        Just((gauge("null", NOW), 0, 1)),
        Just((gauge("1", "5"), 0, 1)),
        Just(("{}".to_owned(), 0, 1)),
        Just((
            list(
                "1,null",
                &[("gauge", "a"), ("derive", "b")],
                NOW,
                ["p", "", "t", ""]
            ),
            1,
            1
        )),
    ]
}

proptest! {
    #[test]
    fn what_is_taken_and_rejected_is_what_was_sent(elements in prop::collection::vec(element(), 0..30)) {
        let texts: Vec<_> = elements.iter().map(|(text, ..)| text.as_str()).collect();
        let post = read(&format!("[{}]", texts.join(",")));
        prop_assert_eq!(post.values, elements.iter().map(|(_, good, _)| good).sum::<u64>());
        prop_assert_eq!(post.rejected.points(), elements.iter().map(|(_, _, bad)| bad).sum::<u64>());
        prop_assert_eq!(post.series.sample_count() as u64, post.values);
    }

    #[test]
    fn no_input_makes_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&body, &Limits::default(), NOW_MS);
    }

    #[test]
    fn no_change_to_a_post_makes_a_panic(at in 0_usize..400, byte in any::<u8>()) {
        let mut body = format!("[{0},{0}]", gauge("1", NOW)).into_bytes();
        let at = at % body.len();
        body[at] = byte;
        let _ = decode(&body, &Limits::default(), NOW_MS);
    }
}
