//! What reaches a service that answers well, badly or not at all: real sockets, no stand-in for our own code.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::service::{Answer, Service};
use toban_agent::encoding::Protocol;
use toban_agent::filter::Filter;
use toban_agent::flush::Flush;
use toban_agent::outlet::{Outlet, Rhythm, Surroundings};
use toban_agent::queue::{Counts, Queue};
use toban_agent::sending::{Authorities, Destination, Verdict};
use toban_agent::spool::Spool;
use toban_agent::token::Token;

pub fn flush(mark: u8) -> Flush {
    Flush {
        body: vec![mark; 100],
        samples: 100,
        protocol: Protocol::V1,
    }
}

fn destination(service: &Service) -> Destination {
    Destination::new(
        &service.url(),
        Token::Text("tbn_demo_agent001_s3cret".into()),
        "web-1",
        &Authorities::Mozilla,
    )
}

pub fn outlet(service: &Service, queue_bytes: usize, spool: Option<Spool>) -> Outlet {
    Outlet {
        name: "test".to_owned(),
        filter: Filter::default(),
        protocol: Protocol::V1,
        rhythm: Rhythm {
            interval: Duration::from_secs(15),
            flush: None,
        },
        queue: Queue::new(queue_bytes),
        spool: spool.map(Mutex::new),
        thresholds: None,
        destination: destination(service),
    }
}

/// Sends `marks` until all were taken, refused or lost, as the agent does, and returns what it logged.
pub fn deliver(outlet: &Outlet, marks: &[u8], settled: u64) -> Vec<String> {
    static LOG: Mutex<Vec<(thread::ThreadId, String)>> = Mutex::new(Vec::new());
    let surroundings = Surroundings {
        random: || 0,
        log: |line| {
            LOG.lock()
                .unwrap()
                .push((thread::current().id(), line.to_owned()));
        },
    };
    let queue = &outlet.queue;
    marks.iter().for_each(|mark| queue.push(flush(*mark)));
    let (done, finished) = channel();
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            outlet.send(surroundings);
            done.send(()).unwrap();
            thread::current().id()
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        let is_settled = |c: Counts| c.taken + c.refused + c.dropped + c.corrupt >= settled;
        while !is_settled(queue.counts()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        queue.close();
        finished.recv_timeout(Duration::from_secs(20)).unwrap();
        let id = sender.join().unwrap();
        let log = LOG.lock().unwrap();
        log.iter()
            .filter(|(of, _)| *of == id)
            .map(|(_, line)| line.clone())
            .collect()
    })
}

#[test]
fn a_flush_says_who_it_is_and_that_it_is_complete() {
    let service = Service::start(vec![Answer::status(204)]);
    assert_eq!(destination(&service).post(&flush(7)), Verdict::Taken);
    let request = &service.requests()[0];
    assert_eq!(request.line, "POST /api/v1/write HTTP/1.1");
    for (name, value) in [
        ("authorization", "Bearer tbn_demo_agent001_s3cret"),
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        (
            "user-agent",
            concat!("toban-agent/", env!("CARGO_PKG_VERSION")),
        ),
        ("x-toban-host", "web-1"),
        ("x-toban-flush", "complete"),
    ] {
        assert_eq!(
            request.headers.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    assert_eq!(request.body, vec![7; 100]);
}

#[test]
fn what_was_not_taken_is_sent_again_unchanged_and_in_order() {
    let service = Service::start(vec![
        Answer::status(503),
        Answer::status(429),
        Answer::Hangup,
        Answer::status(204),
    ]);
    let outlet = outlet(&service, 10_000, None);
    deliver(&outlet, &[1, 2, 3], 3);
    let marks: Vec<u8> = service
        .requests()
        .iter()
        .map(|request| request.body[0])
        .collect();
    assert_eq!(marks, [1, 1, 1, 1, 2, 3]);
    assert!(
        service
            .requests()
            .iter()
            .all(|request| request.body.len() == 100)
    );
    let expected = Counts {
        taken: 3,
        retries: 3,
        ..Counts::default()
    };
    assert_eq!(outlet.queue.counts(), expected);
}

#[test]
fn a_refusal_is_said_once_counted_and_never_repeated() {
    let service = Service::start(vec![
        Answer::partial(400, 30, "sample of series x: out of the window"),
        Answer::with_body(401, "tbn_demo_agent001_s3cret is no token of mine"),
        Answer::status(413),
        Answer::status(204),
    ]);
    let outlet = outlet(&service, 10_000, None);
    let log = deliver(&outlet, &[1, 2, 3, 4], 4);
    let marks: Vec<u8> = service
        .requests()
        .iter()
        .map(|request| request.body[0])
        .collect();
    assert_eq!(marks, [1, 2, 3, 4], "one attempt each");
    let expected = Counts {
        taken: 1,
        refused: 3,
        ..Counts::default()
    };
    assert_eq!(outlet.queue.counts(), expected);
    let partly = "refused for good, 70 of 100 samples: 400 sample of series x: out of the window";
    assert!(log[0].contains(partly), "{log:?}");
    assert!(
        log[1].contains("100 of 100 samples: 401 [token] is no token")
            && !log.concat().contains("s3cret"),
        "a log never shows the token, whatever the service says: {log:?}"
    );
}

#[test]
fn the_service_says_how_long_to_wait() {
    let service = Service::start(vec![Answer::retry_after(503, 2), Answer::status(204)]);
    let outlet = outlet(&service, 10_000, None);
    deliver(&outlet, &[1], 1);
    let at: Vec<Instant> = service
        .requests()
        .iter()
        .map(|request| request.at)
        .collect();
    assert!(
        at[1] - at[0] >= Duration::from_secs(2),
        "{:?}",
        at[1] - at[0]
    );
}

#[test]
fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = Service::start(vec![Answer::status(204)]);
    let service = Service::start(vec![Answer::redirect(&elsewhere.url())]);
    assert!(matches!(
        destination(&service).post(&flush(1)),
        Verdict::Refused { .. }
    ));
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_rotated_token_acts_at_the_next_flush() {
    let service = Service::start(vec![Answer::status(204)]);
    let file = std::env::temp_dir().join(format!("toban-agent-token-{}", std::process::id()));
    std::fs::write(&file, "first\n").unwrap();
    let destination = Destination::new(
        &service.url(),
        Token::File(file.clone()),
        "web-1",
        &Authorities::Mozilla,
    );
    destination.post(&flush(1));
    std::fs::write(&file, "second\n").unwrap();
    destination.post(&flush(2));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(destination.post(&flush(3)), Verdict::Again { .. }));
    let tokens: Vec<_> = service
        .requests()
        .iter()
        .map(|r| r.headers["authorization"].clone())
        .collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second"]);
}
