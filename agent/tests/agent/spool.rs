//! What survives on disk, and what a damaged disk can do.

use proptest::prelude::*;
use toban_agent::encoding::Protocol;
use toban_agent::flush::Flush;
use toban_agent::queue::Counts;
use toban_agent::spool::{Spool, SpoolError};

use crate::delivery::{deliver, flush, outlet};
use crate::directory::{Directory, flush_files};
use crate::service::{Answer, Service};

const LIMIT: u64 = 1 << 20;

fn drained(spool: &mut Spool) -> (Vec<u8>, u64) {
    let (mut marks, mut corrupt) = (Vec::new(), 0);
    loop {
        let (flush, skipped) = spool.oldest();
        corrupt += skipped;
        let Some(flush) = flush else {
            return (marks, corrupt);
        };
        assert_eq!(
            flush,
            crate::delivery::flush(flush.body[0]),
            "whole or not at all"
        );
        marks.push(flush.body[0]);
        spool.remove_oldest();
    }
}

fn filled(directory: &Directory, marks: impl IntoIterator<Item = u8>, limit: u64) -> Spool {
    let mut spool = Spool::open(directory.path(), limit).unwrap();
    for mark in marks {
        spool.append(&flush(mark)).kept.unwrap();
    }
    spool
}

#[test]
fn what_was_kept_comes_back_in_order_after_a_restart() {
    let directory = Directory::new();
    drop(filled(&directory, 1..=12, LIMIT));
    let mut again = Spool::open(directory.path(), LIMIT).unwrap();
    again.append(&flush(13)).kept.unwrap();
    assert_eq!(drained(&mut again), ((1..=13).collect(), 0));
    assert_eq!((again.bytes(), flush_files(directory.path()).len()), (0, 0));
}

#[test]
fn the_oldest_goes_when_the_bound_is_reached_and_is_counted() {
    let directory = Directory::new();
    let one = 28 + 100;
    let mut spool = filled(&directory, 1..=3, 3 * one);
    assert_eq!(spool.append(&flush(4)).dropped, 1);
    assert_eq!(spool.bytes(), 3 * one);
    let large = Flush {
        body: vec![5; 10_000],
        samples: 1,
        protocol: Protocol::V2,
    };
    assert_eq!(spool.append(&large).dropped, 3);
    assert_eq!(spool.len(), 1, "the newest stays, whatever its size");
    assert_eq!(spool.append(&flush(6)).dropped, 1);
    assert_eq!(drained(&mut spool), (vec![6], 0));
}

#[test]
fn what_had_to_go_is_counted_also_where_the_disk_then_takes_nothing() {
    let directory = Directory::new();
    let mut spool = filled(&directory, 1..=3, 3 * (28 + 100));
    std::fs::remove_dir_all(directory.path()).unwrap();
    let append = spool.append(&flush(4));
    assert_eq!((append.dropped, append.kept.is_ok()), (1, false));
    assert_eq!(spool.len(), 2);
}

#[test]
fn a_body_comes_back_in_the_protocol_it_was_written_in() {
    let directory = Directory::new();
    let second = Flush {
        protocol: Protocol::V2,
        ..flush(2)
    };
    let kept = filled(&directory, [1], LIMIT).append(&second).kept;
    kept.unwrap();
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    assert_eq!(spool.oldest().0, Some(flush(1)));
    spool.remove_oldest();
    assert_eq!(spool.oldest().0, Some(second));
}

#[test]
fn a_spool_has_one_agent() {
    let directory = Directory::new();
    let first = Spool::open(directory.path(), LIMIT).unwrap();
    assert!(matches!(
        Spool::open(directory.path(), LIMIT),
        Err(SpoolError::InUse(_))
    ));
    drop(first);
    assert!(Spool::open(directory.path(), LIMIT).is_ok());
}

#[test]
fn a_half_written_file_is_swept_and_a_stranger_is_left_alone() {
    let directory = Directory::new();
    drop(filled(&directory, [1], LIMIT));
    let half = directory.file("incoming.tmp", "TBF1 half");
    let strangers = ["notes.txt", "7.flush", "-0000000000000000001.flush"];
    let strangers = strangers.map(|name| directory.file(name, "mine"));
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    assert_eq!(drained(&mut spool), (vec![1], 0));
    assert!(!half.exists());
    assert!(strangers.iter().all(|path| path.exists()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// A power cut may leave any prefix, zeroes or old blocks under a name.
    #[test]
    fn a_damaged_file_is_skipped_and_counted_and_hides_no_other(
        which in 0..3_usize,
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<bool>(),
    ) {
        let directory = Directory::new();
        drop(filled(&directory, 1..=3, LIMIT));
        let file = &flush_files(directory.path())[which];
        let mut content = std::fs::read(file).unwrap();
        let at = at.index(content.len());
        if cut { content.truncate(at) } else { content[at] ^= 1 << bit }
        std::fs::write(file, content).unwrap();
        let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
        let expected: Vec<u8> = [1, 2, 3].into_iter().filter(|mark| usize::from(*mark) != which + 1).collect();
        prop_assert_eq!(drained(&mut spool), (expected, 1));
    }
}

#[test]
fn a_backlog_goes_first_and_each_refusal_is_said_once() {
    let directory = Directory::new();
    let service = Service::start(vec![
        Answer::status(204),
        Answer::status(503),
        Answer::with_body(400, "too old"),
        Answer::status(413),
        Answer::status(204),
    ]);
    let outlet = outlet(&service, 10_000, Some(filled(&directory, 1..=4, LIMIT)));
    let log = deliver(&outlet, &[5], 5);
    let marks: Vec<u8> = service
        .requests()
        .iter()
        .map(|request| request.body[0])
        .collect();
    assert_eq!(marks, [1, 2, 2, 3, 4, 5]);
    let expected = Counts {
        taken: 3,
        refused: 2,
        retries: 1,
        ..Counts::default()
    };
    assert_eq!(outlet.queue.counts(), expected);
    assert!(
        log.iter().any(|line| line.contains("400 too old")),
        "{log:?}"
    );
    assert!(flush_files(directory.path()).is_empty());
}

#[test]
fn while_the_service_takes_everything_nothing_is_written() {
    let directory = Directory::new();
    let service = Service::start(vec![Answer::status(204)]);
    let outlet = outlet(&service, 10_000, Some(filled(&directory, [], LIMIT)));
    deliver(&outlet, &[1, 2, 3], 3);
    // The first file of a spool has the number 0; one that was ever written would have moved it on.
    outlet
        .spool
        .as_ref()
        .unwrap()
        .lock()
        .unwrap()
        .append(&flush(9))
        .kept
        .unwrap();
    let file = &flush_files(directory.path())[0];
    assert_eq!(file.file_stem().unwrap(), "00000000000000000000");
}
