//! What answers is no service, or one that means harm: the agent goes on, in bounded time and memory.

use std::thread;
use std::time::{Duration, Instant};

use toban_agent::sending::Verdict;
use toban_agent::threshold_feed::ThresholdFeed;

use crate::delivery::{flush, outlet};
use crate::service::{Answer, Service};

const NO_PAUSE: Duration = Duration::ZERO;
const DRIP: Duration = Duration::from_millis(200);
/// The whole call gets 20 s.
const PATIENCE: Duration = Duration::from_secs(22);

fn verdict_on(answer: Answer) -> (Verdict, Duration) {
    let service = Service::start(vec![answer]);
    let outlet = outlet(&service, 10_000, None);
    let begun = Instant::now();
    (outlet.destination.post(&flush(1)), begun.elapsed())
}

#[test]
fn garbage_is_no_answer_and_the_flush_is_kept() {
    for garbage in [
        "",
        "\r\n\r\n",
        "\u{16}\u{3}\u{1} no HTTP at all \r\n\r\n",
        "HTTP/1.1 abc X\r\n\r\n",
        "HTTP/1.1 2\r\n\r\n",
        "HTTP/9.9 204 X\r\n\r\n",
        "HTTP/1.1 204 X\r\nno colon\r\n\r\n",
        "HTTP/1.1 204 X\r\nhalf: a head",
        "220 mail.example ESMTP\r\n",
    ] {
        let (verdict, elapsed) = verdict_on(Answer::Raw(garbage));
        assert!(
            matches!(verdict, Verdict::Again { .. }),
            "{garbage:?} {verdict:?}"
        );
        assert!(elapsed < Duration::from_secs(5), "{garbage:?} {elapsed:?}");
    }
}

#[test]
fn of_an_answer_without_end_no_more_is_read_than_a_log_line_has() {
    let chunked = "HTTP/1.1 400 X\r\ntransfer-encoding: chunked\r\n\r\n";
    let until_the_end = "HTTP/1.1 400 X\r\n\r\n";
    for (head, more) in [(chunked, "5\r\nagain\r\n"), (until_the_end, "again")] {
        let (verdict, elapsed) = verdict_on(Answer::Endless(head, more, NO_PAUSE));
        let Verdict::Refused { reason, .. } = verdict else {
            panic!("400 is a refusal: {verdict:?}");
        };
        assert!(
            reason.starts_with("400 again") && reason.len() < 700,
            "{reason}"
        );
        assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    }
    let (verdict, elapsed) =
        verdict_on(Answer::Endless("HTTP/1.1 204 X\r\n", "a: b\r\n", NO_PAUSE));
    assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
    assert!(elapsed < PATIENCE, "{elapsed:?}");
}

#[test]
fn an_answer_that_drips_is_given_up() {
    let dripping = [
        ("HTTP/1.1 204 ", "X"),
        ("HTTP/1.1 204 X\r\na: ", "b"),
        ("HTTP/1.1 503 X\r\ncontent-length: 100000\r\n\r\n", "x"),
    ];
    let all: Vec<_> = dripping
        .map(|(head, more)| thread::spawn(move || verdict_on(Answer::Endless(head, more, DRIP))))
        .into_iter()
        .map(|one| one.join().unwrap())
        .collect();
    for (verdict, elapsed) in all {
        assert!(matches!(verdict, Verdict::Again { .. }), "{verdict:?}");
        assert!(elapsed < PATIENCE, "{elapsed:?}");
    }
}

#[test]
fn a_list_of_thresholds_without_end_is_no_list() {
    let head =
        "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n16\r\n{\"thresholds\":[],\"a\":[1\r\n";
    let endless = Answer::Endless(head, "a\r\n,1,1,1,1,1\r\n", NO_PAUSE);
    let service = Service::start_with(vec![Answer::status(204)], endless, None);
    let outlet = outlet(&service, 10_000, None);
    let feed = ThresholdFeed::new(None);
    let begun = Instant::now();
    feed.refresh(&outlet.destination, begun);
    assert!(feed.known().is_none());
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}
