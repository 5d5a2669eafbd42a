//! What a look at a known /proc says, name by name.

use std::io;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use toban_agent::host::{FilesystemStat, Host};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The server of the network mount is gone.
fn stat(place: &Path) -> io::Result<FilesystemStat> {
    if place == Path::new("/mnt/nas") {
        return Err(io::Error::other("stale file handle"));
    }
    Ok(FilesystemStat {
        size_bytes: 1000,
        free_bytes: 300,
        available_bytes: 200,
        files: 50,
        files_free: 40,
    })
}

fn host(proc_root: &Path) -> Host {
    Host::new(proc_root, &fixtures().join("sys"), 100, stat)
}

#[test]
fn every_series_of_the_fixture_is_as_recorded() {
    let mut host = host(&fixtures().join("proc"));
    assert_eq!(host.name().unwrap(), "web-1");
    let text = host.collect("web-1", 1_795_168_100_500).exposition();
    let recorded = fixtures().join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&recorded, &text).unwrap();
    }
    let expected = std::fs::read_to_string(recorded).unwrap();
    for (line, (found, wanted)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, wanted, "line {}", line + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}

#[test]
fn a_host_without_proc_says_which_collectors_failed() {
    let snapshot = host(Path::new("/nonexistent")).collect("h", 1);
    let text = snapshot.exposition();
    for collector in ["cpu", "meminfo", "filesystem", "netdev", "loadavg"] {
        let line = format!(
            "node_scrape_collector_success{{collector=\"{collector}\",instance=\"h\",job=\"toban-agent\"}} 0 1\n"
        );
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("up{instance=\"h\",job=\"toban-agent\"} 1 1\n"));
    assert!(
        !text.contains("conntrack"),
        "a kernel without it is no failure"
    );
}

const FILES: [&str; 11] = [
    "stat",
    "meminfo",
    "vmstat",
    "loadavg",
    "diskstats",
    "net/dev",
    "self/mounts",
    "pressure/cpu",
    "sys/fs/file-nr",
    "self/stat",
    "self/status",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Kernels differ, and files are read while they change.
    #[test]
    fn no_content_of_any_file_stops_the_others(
        which in 0..FILES.len(),
        cut in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let root = std::env::temp_dir().join(format!("toban-agent-fixture-{}", std::process::id()));
        copy(&fixtures().join("proc"), &root);
        let file = root.join(FILES[which]);
        let mut bytes = std::fs::read(&file).unwrap();
        let at = cut.index(bytes.len());
        bytes.splice(at.., junk);
        std::fs::write(&file, bytes).unwrap();
        let snapshot = host(&root).collect("h", 1);
        // Each file feeds at most two collectors of fifteen lines or more in all.
        prop_assert!(snapshot.values.len() > 60, "{} series", snapshot.values.len());
        std::fs::remove_dir_all(&root).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
