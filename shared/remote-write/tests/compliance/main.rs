//! The specifications of remote write 1.0 and 2.0, and the cases of Prometheus' compliance suite by their names.
//!
//! `suite.txt` lists the receiver's cases of github.com/prometheus/compliance, and a test holds that each is here,
//! written anew. Each has the suite's expectation of the three counts; the suite writes labels in any order, so
//! each runs with both. Two columns differ from the suite's by decision: exemplars are accepted as the suite
//! wants it, while the header says 0 because nothing keeps them; and what the suite wants of a status, here is
//! whether anything was rejected (204 or 400).
//!
//! # What the specifications demand (MUST, MUST NOT), and what holds it
//!
//! Names without a path are tests of this folder; the others stand in the file named.
//!
//! | a receiver | held by |
//! |---|---|
//! | reads both messages in a snappy block, not the framed format | every case; `bad_input.rs: what_is_no_snappy_block_is_refused` |
//! | goes by the content type to tell the message | `protocol.rs: each_declaration_means_what_the_specifications_say`, `bad_input_v2.rs: a_body_under_the_wrong_name_is_refused_and_not_taken_for_empty` |
//! | answers 415 to what it does not support | `an_unknown_type_or_encoding_is_not_supported`, `tests/tests/ingest.rs: remote_write_2_says_the_same_and_an_unknown_message_is_415` |
//! | answers 2xx when all is written | cases that succeed; `tests/tests/ingest.rs: what_was_sent_is_read_back_to_the_bit` |
//! | answers no 2xx where anything is not written, and says why | `tests/tests/ingest.rs: the_valid_part_is_stored_and_the_rest_named`; **not for exemplars**, by decision: `remote_write`, "Exemplars" |
//! | answers 400 to invalid samples, 4xx to what can never succeed | cases that fail; `tests/tests/ingest.rs: nonsense_is_answered_with_400_and_nothing_else` |
//! | answers 5xx where a write fails and is to be tried again | `tests/tests/ingest.rs: what_a_throttled_table_refuses_comes_back_whole` |
//! | takes the same request twice, where it answered 5xx to a part | `tests/tests/ingest.rs: a_flush_whose_answer_was_lost_is_stored_once`, `tests/tests/crash.rs` |
//! | sends the three `Written` headers, precise, with failures too | `written` of every case; `tests/tests/ingest.rs: the_valid_part_is_stored_and_the_rest_named`, `nonsense_is_answered_with_400_and_nothing_else` |
//! | reads every sender of its major version, fields that it does not know included | `oracle_agreement.rs: unknown_fields_change_nothing`, `oracle_agreement_v2.rs: any_request_reads_as_prost_reads_it` |
//! | takes a start time of 0 for none | `bad_input_v2.rs: start_times_are_counted_wherever_they_stand` |
//!
//! What the specifications forbid a sender, a receiver has to bear:
//!
//! | a sender's breach | becomes | held by |
//! |---|---|---|
//! | a label name twice, an empty one | rejected | `bad_input.rs`, `bad_input_v2.rs: each_bad_series_is_rejected_for_its_reason_and_the_others_are_taken` |
//! | labels out of order, empty values | put right | every case; `bad_input_v2.rs: labels_out_of_order_are_sorted_and_empty_values_are_absent` |
//! | names outside the pattern (1.0) | rejected | `bad_input.rs: each_bad_series_...` |
//! | samples and histograms in one series (2.0) | rejected | `bad_input_v2.rs: each_bad_series_...` |
//! | a series of neither (2.0) | left out | `EdgeCaseCombinations/metadata_without_data` |
//! | a table without the empty string in its place | refused | `bad_input_v2.rs: a_table_that_does_not_begin_with_the_empty_string_is_refused` |
//! | references that lead nowhere, an odd number of them | rejected | `bad_input_v2.rs: each_bad_series_...` |
//! | an exemplar without a time | rejected | `bad_input_v2.rs: an_exemplar_is_accepted_but_not_written_and_a_bad_one_is_rejected` |
//! | samples out of order of time | kept | `bad_input.rs: bits_orders_and_repetitions_are_kept_as_sent` |
//!
//! | a sender (the agent, and `encode`, `encode_v2`) | held by |
//! |---|---|
//! | sends one of the two messages in a snappy block | `a_body_of_the_first_version_is_as_the_suite_wants_it`, `a_body_of_the_second_version_...` |
//! | sends the complete labels: sorted, unique, none empty; valid references, a table that begins with the empty string and has each text once | the same two; of the agent `agent/src/encoding.rs: prost_reads_what_was_written_to_the_bit` |
//! | sends milliseconds and doubles, the stale marker's bits | the same two |
//! | sends a series' samples in order of time | the same two; `agent/src/flush.rs: a_clock_that_was_set_back_breaks_no_body` |
//! | marks a series that ended as stale, and nothing else | `agent/src/flush.rs: a_series_that_ended_gets_one_stale_marker` |
//! | posts it with `Content-Encoding`, `Content-Type`, `User-Agent` and the version, 0.1.0 to a receiver of 1.x | `agent/tests/agent/delivery.rs: a_flush_says_who_it_is_and_that_it_is_complete`, `destinations.rs: a_destination_may_be_written_to_in_the_second_version` |
//! | lets nobody set those headers | the agent has no setting for headers: `agent/tests/agent/destinations.rs: a_word_that_is_not_known_is_named_with_its_line` |
//! | goes by the status alone, whatever the body says | `agent/src/sending.rs: only_what_may_pass_the_next_time_is_sent_again` |
//! | sends again after 5xx, with growing waits | `agent/tests/agent/delivery.rs: what_was_not_taken_is_sent_again_unchanged_and_in_order`, `agent/src/backoff.rs` |
//! | never sends again after 2xx, nor after 4xx but 429 | `agent/tests/agent/delivery.rs: a_refusal_is_said_once_counted_and_never_repeated` |

#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(clippy::too_many_lines, reason = "tables")]

use std::collections::BTreeSet;

use prost::Message;
use remote_write::{Buffer, Limits, MetricKind, Protocol};

#[path = "../oracle/mod.rs"]
mod oracle;

mod combined;
mod exemplars;
mod histograms;
mod metadata;
mod metric;
mod requests;
mod senders;
mod suite;

use oracle::NOW_MS;
use suite::{Body, Case};

fn cases() -> Vec<Case> {
    let mut cases = metric::cases();
    cases.extend(histograms::cases());
    cases.extend(exemplars::cases());
    cases.extend(metadata::cases());
    cases.extend(combined::cases());
    cases
}

#[test]
fn every_case_of_the_suite_has_the_outcome_that_the_suite_wants() {
    suite::run(cases());
}

#[test]
fn no_case_of_the_suite_is_left_out() {
    let mut names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    names.extend(requests::BAD_TYPES.map(|(name, ..)| name.to_owned()));
    names.extend(requests::CORRUPT.map(|(name, ..)| name.to_owned()));
    names.push(requests::COMPATIBLE.to_owned());
    let count = names.len();
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(names.len(), count, "a name comes twice");
    let listed = include_str!("suite.txt").lines();
    let listed: BTreeSet<&str> = listed.filter(|line| !line.starts_with('#')).collect();
    assert_eq!(names, listed);
}

#[test]
fn metadata_is_handed_on_once_per_run_of_series_and_by_family() {
    let mut body = Body::default();
    for ending in ["_bucket", "_count", "_sum"] {
        let name = format!("latency_seconds{ending}");
        body.sample(&[("__name__", name.as_str())], 1.0);
        body.metadata(3, "How long", "seconds");
    }
    body.sample(&[("__name__", "up")], 1.0);
    body.sample(&[("__name__", "jobs_total")], 1.0);
    body.metadata(1, "", "");
    let v2 = body.compressed();
    let v1 = oracle::WriteRequest {
        timeseries: Vec::new(),
        metadata: [
            (3, "latency_seconds", "How long", "seconds"),
            (1, "jobs_total", "", ""),
        ]
        .map(|(kind, metric, help, unit)| oracle::MetricMetadata {
            kind,
            metric: metric.into(),
            help: help.into(),
            unit: unit.into(),
        })
        .into(),
    };
    let v1 = snap::raw::Encoder::new()
        .compress_vec(&v1.encode_to_vec())
        .unwrap();
    for (protocol, body) in [(Protocol::V2, v2), (Protocol::V1, v1)] {
        let mut buffer = Buffer::default();
        let decoded = protocol
            .decode(&body, &Limits::default(), NOW_MS, &mut buffer)
            .unwrap();
        let said: Vec<_> = decoded
            .metadata()
            .iter()
            .map(|m| (m.metric, m.kind, m.help, m.unit))
            .collect();
        let expected = [
            (
                "latency_seconds",
                MetricKind::Histogram,
                "How long",
                "seconds",
            ),
            ("jobs_total", MetricKind::Counter, "", ""),
        ];
        assert_eq!(said, expected, "{protocol:?}");
    }
}
