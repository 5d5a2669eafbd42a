//! What does a sample cost in bytes, and in time to encode?
//!
//! `cargo run --release -p sample-codec --example chunk_sizes [directory]`: a synthetic host; or, where a
//! directory is named, scrapes recorded there (one text exposition per file, named by its time in
//! milliseconds), all series and those that a light agent sends.

use std::time::Instant;

use sample_codec::{Chunk, CompleteFlush, Keyframe, encode_self_contained, split_by_hour};
use series::{Labels, Sample, Series, SeriesView};

#[path = "../tests/host/mod.rs"]
mod host;

use host::{Host, viewed};

#[derive(Default)]
struct Tally {
    flushes: usize,
    samples: usize,
    bytes: usize,
    largest: usize,
    keyframes: usize,
    keyframe_bytes: usize,
    self_contained: usize,
    encode_us: f64,
}

impl Tally {
    fn add(&mut self, keyframe: &mut Option<Keyframe>, flush: &[Series]) {
        viewed(flush, |views| {
            for hour in split_by_hour(views) {
                self.add_hour(keyframe, &hour.series);
            }
        });
    }

    fn add_hour(&mut self, keyframe: &mut Option<Keyframe>, views: &[SeriesView<'_>]) {
        let started = Instant::now();
        let chunks = match CompleteFlush::of(keyframe.as_ref(), views) {
            CompleteFlush::Delta(delta) => vec![delta],
            CompleteFlush::Rekeyed(fresh, delta) => {
                self.keyframes += 1;
                self.keyframe_bytes += fresh.bytes().len();
                *keyframe = Some(fresh);
                vec![delta]
            }
            CompleteFlush::SelfContained(chunks) => {
                self.self_contained += 1;
                chunks
            }
        };
        self.encode_us += started.elapsed().as_secs_f64() * 1e6;
        self.flushes += 1;
        for chunk in chunks {
            self.samples += Chunk::sample_count(&chunk).unwrap_or(0);
            self.bytes += chunk.len();
            self.largest = self.largest.max(chunk.len());
        }
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} flushes of {} samples, {:.3} B/sample, mean {} B, largest {} B, {} keyframes of {} B, {} self-contained, {:.0} us a flush",
            self.flushes,
            self.samples / self.flushes.max(1),
            self.bytes as f64 / self.samples as f64,
            self.bytes / self.flushes.max(1),
            self.largest,
            self.keyframes,
            self.keyframe_bytes / self.keyframes.max(1),
            self.self_contained,
            self.encode_us / self.flushes.max(1) as f64,
        );
    }
}

fn synthetic(scrapes_per_flush: usize, flushes: usize) {
    let mut tally = Tally::default();
    let mut hosts = 0;
    for seed in 1..=8 {
        let mut host = Host::new(seed);
        hosts += 1;
        let mut keyframe = None;
        for _ in 0..flushes {
            tally.add(&mut keyframe, &host.flush(scrapes_per_flush));
        }
        if seed == 1 {
            println!("a host has {} series", host.series_count());
        }
    }
    tally.print(&format!(
        "{hosts} hosts, {scrapes_per_flush} samples a series"
    ));
}

/// Like a Prometheus: one scrape each of many hosts.
fn mixed(hosts: u64) {
    let mut all: Vec<Host> = (1..=hosts).map(Host::new).collect();
    for _ in 0..3 {
        let flush: Vec<Series> = all.iter_mut().flat_map(|host| host.flush(1)).collect();
        mixed_body(&flush, "synthetic");
    }
}

/// The least of several runs: other work on the machine only ever adds.
fn least_us(mut run: impl FnMut()) -> f64 {
    let times = (0..20).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed().as_secs_f64() * 1e6
    });
    times.fold(f64::INFINITY, f64::min)
}

fn mixed_body(flush: &[Series], what: &str) {
    viewed(flush, |views| {
        let chunks = encode_self_contained(views);
        let encode_us = least_us(|| drop(encode_self_contained(views)));
        let decode_us = least_us(|| {
            for chunk in &chunks {
                assert!(Chunk::decode(chunk, None).is_ok());
            }
        });
        let bytes: usize = chunks.iter().map(Vec::len).sum();
        let samples: usize = flush.iter().map(|s| s.samples.len()).sum();
        println!(
            "mixed body ({what}): {} series, {samples} samples, {bytes} B, {:.2} B/sample, encode {encode_us:.0} us, decode {decode_us:.0} us",
            views.len(),
            bytes as f64 / samples as f64,
        );
    });
}

/// Name and labels of one line of the text exposition, and its value.
fn parse(line: &str) -> Option<(Labels, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let mut pairs = vec![
        ("__name__", name),
        ("instance", "web-1.example.com:9100"),
        ("job", "node"),
    ];
    let labels = labels.trim_end_matches('}');
    for label in labels.split("\",").filter(|l| !l.is_empty()) {
        let (name, value) = label.split_once("=\"")?;
        pairs.push((name, value.trim_end_matches('"')));
    }
    Some((Labels::new(pairs).ok()?, value.parse().ok()?))
}

fn recorded(directory: &str, scrapes_per_flush: usize, agent_only: bool) {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut tally = Tally::default();
    let mut keyframe = None;
    for files in files.chunks_exact(scrapes_per_flush) {
        let mut flush = std::collections::BTreeMap::<Labels, Vec<Sample>>::new();
        for file in files {
            let time = file
                .file_stem()
                .and_then(|s| s.to_str())
                .and_then(|s| s.parse().ok());
            let text = std::fs::read_to_string(file).unwrap_or_default();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let Some((labels, value)) = parse(line) else {
                    continue;
                };
                if !agent_only || is_agents(labels.metric_name()) {
                    let sample = Sample {
                        time_ms: time.unwrap_or(0),
                        value,
                    };
                    flush.entry(labels).or_default().push(sample);
                }
            }
        }
        let flush: Vec<Series> = flush
            .into_iter()
            .map(|(labels, samples)| Series { labels, samples })
            .collect();
        tally.add(&mut keyframe, &flush);
        if tally.flushes == 1 {
            mixed_body(&flush, "recorded");
        }
    }
    tally.print(&format!("recorded, {scrapes_per_flush} samples a series"));
}

fn is_agents(metric: &str) -> bool {
    let memory = [
        "MemTotal",
        "MemFree",
        "MemAvailable",
        "Cached",
        "Buffers",
        "Active",
        "Dirty",
        "SwapFree",
        "Slab",
        "Mapped",
    ];
    [
        "node_cpu_seconds",
        "node_load",
        "node_filesystem_avail",
        "node_filesystem_size",
        "node_context",
        "node_intr",
        "node_forks",
        "node_procs",
        "node_boot",
        "node_disk_read",
        "node_disk_writ",
        "node_disk_io_time_s",
    ]
    .iter()
    .any(|start| metric.starts_with(start))
        || memory
            .iter()
            .any(|m| metric == format!("node_memory_{m}_bytes"))
        || (metric.starts_with("node_network_")
            && ["bytes_total", "packets_total", "errs_total", "drop_total"]
                .iter()
                .any(|e| metric.ends_with(e)))
}

fn main() {
    if let Some(directory) = std::env::args().nth(1) {
        for agent_only in [true, false] {
            recorded(&directory, 4, agent_only);
            recorded(&directory, 1, agent_only);
        }
        return;
    }
    synthetic(4, 60);
    synthetic(1, 240);
    synthetic(4, 60 * 24);
    mixed(20);
}
