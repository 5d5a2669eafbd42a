//! What is this host doing? Reads /proc and /sys and names what it finds as node_exporter does.

mod cpu;
mod disk;
mod filesystem;
mod kernel;
mod memory;
mod network;
mod own;
mod process_group;
mod unit;

use std::io;
use std::path::{Path, PathBuf};

pub use filesystem::{FilesystemStat, StatFilesystem, stat_filesystem};
pub use process_group::ProcessGroup;

use crate::snapshot::{Recorder, Snapshot};
use cpu::CpuCounters;
use filesystem::FilesystemProbe;
use process_group::ProcessWatch;

/// Why one part of the host could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file says something else than the kernel documents.
    #[error("{path}: {reason}")]
    Content {
        /// Which file.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
}

/// Where the kernel's files are, and what one read needs from the one before.
pub struct Host {
    proc_root: PathBuf,
    sys_root: PathBuf,
    ticks_per_second: u64,
    cpu: CpuCounters,
    filesystems: FilesystemProbe,
    processes: ProcessWatch,
    units: Vec<String>,
}

type Collector = fn(&mut Host, &mut Recorder) -> Result<(), CollectError>;

/// In node_exporter's names, as its `collector` label has them.
const COLLECTORS: [(&str, Collector); 12] = [
    ("conntrack", kernel::collect_conntrack),
    ("cpu", cpu::collect),
    ("diskstats", disk::collect),
    ("filefd", kernel::collect_file_handles),
    ("filesystem", filesystem::collect),
    ("loadavg", kernel::collect_load),
    ("meminfo", memory::collect_meminfo),
    ("netdev", network::collect),
    ("pressure", kernel::collect_pressure),
    ("processes", kernel::collect_processes),
    ("uname", kernel::collect_uname),
    ("vmstat", memory::collect_vmstat),
];

impl Host {
    /// Reads below `proc_root` and `sys_root`, and asks `stat` about filesystems.
    #[must_use]
    pub fn new(
        proc_root: &Path,
        sys_root: &Path,
        ticks_per_second: u64,
        stat: StatFilesystem,
    ) -> Self {
        Self {
            proc_root: proc_root.to_owned(),
            sys_root: sys_root.to_owned(),
            ticks_per_second: ticks_per_second.max(1),
            cpu: CpuCounters::default(),
            filesystems: FilesystemProbe::new(stat),
            processes: ProcessWatch::default(),
            units: Vec::new(),
        }
    }

    /// Looks at these processes and systemd units as well.
    #[must_use]
    pub fn watching(mut self, processes: Vec<ProcessGroup>, units: Vec<String>) -> Self {
        self.processes = ProcessWatch::new(processes);
        self.units = units;
        self
    }

    /// This machine.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self::new(
            Path::new("/proc"),
            Path::new("/sys"),
            rustix::param::clock_ticks_per_second(),
            stat_filesystem,
        )
    }

    /// The name the kernel has for this host.
    pub fn name(&self) -> Result<String, CollectError> {
        Ok(self.text("sys/kernel/hostname")?.trim().to_owned())
    }

    /// One look at everything. What can't be read is missing, and
    /// `node_scrape_collector_success` of its collector is 0.
    pub fn collect(&mut self, host: &str, time_ms: i64) -> Snapshot {
        let mut recorder = Recorder::new(time_ms, &[("instance", host), ("job", "toban-agent")]);
        recorder.record("up", &[], 1.0);
        recorder.record("node_time_seconds", &[], seconds(time_ms));
        let named: [(&str, Collector); 2] = [
            ("namedprocess", process_group::collect),
            ("systemd", unit::collect),
        ];
        let is_asked = [!self.processes.is_empty(), !self.units.is_empty()];
        let named = named.into_iter().zip(is_asked).filter(|(_, asked)| *asked);
        for (name, collect) in COLLECTORS.into_iter().chain(named.map(|(one, _)| one)) {
            let success = match collect(self, &mut recorder) {
                Ok(()) => 1.0,
                // A kernel without the feature has no file: nothing to report, nothing wrong.
                Err(CollectError::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && is_optional(name) =>
                {
                    continue;
                }
                Err(_) => 0.0,
            };
            let labels = [("collector", name)];
            recorder.record("node_scrape_collector_success", &labels, success);
        }
        // About itself an agent says what it can; a host without these is no failure.
        let _ = own::collect(self, &mut recorder);
        recorder.finish()
    }

    fn text(&self, file: &str) -> Result<String, CollectError> {
        read(&self.proc_root.join(file))
    }

    fn number(&self, file: &str) -> Result<f64, CollectError> {
        let text = self.text(file)?;
        text.trim()
            .parse()
            .map_err(|_| self.unexpected(file, "not a number"))
    }

    fn unexpected(&self, file: &str, reason: impl ToString) -> CollectError {
        CollectError::Content {
            path: self.proc_root.join(file),
            reason: reason.to_string(),
        }
    }
}

fn is_optional(collector: &str) -> bool {
    matches!(collector, "conntrack" | "pressure")
}

/// Lossy, because a mount point or a device may have any bytes in its name.
fn read(path: &Path) -> Result<String, CollectError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(source) => Err(CollectError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus' values are doubles; node_exporter converts alike"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds fit 53 bits for 285,000 years"
)]
fn seconds(time_ms: i64) -> f64 {
    time_ms as f64 / 1000.0
}
