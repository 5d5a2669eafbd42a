use procfs_core::{CpuPressure, FromBufRead, IoPressure, MemoryPressure};

use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

/// Read by hand: the crate holds loads as `f32`, and 0.28 would arrive as 0.2800000011920929.
pub(super) fn collect_load(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let text = host.text("loadavg")?;
    let mut fields = text.split_whitespace();
    for name in ["node_load1", "node_load5", "node_load15"] {
        let Some(Ok(load)) = fields.next().map(str::parse) else {
            return Err(host.unexpected("loadavg", "not three numbers"));
        };
        recorder.record(name, &[], load);
    }
    Ok(())
}

pub(super) fn collect_file_handles(
    host: &mut Host,
    recorder: &mut Recorder,
) -> Result<(), CollectError> {
    let text = host.text("sys/fs/file-nr")?;
    let fields: Vec<f64> = text
        .split_whitespace()
        .filter_map(|f| f.parse().ok())
        .collect();
    let [allocated, _, maximum] = fields[..] else {
        return Err(host.unexpected("sys/fs/file-nr", "not three numbers"));
    };
    recorder.record("node_filefd_allocated", &[], allocated);
    recorder.record("node_filefd_maximum", &[], maximum);
    Ok(())
}

pub(super) fn collect_conntrack(
    host: &mut Host,
    recorder: &mut Recorder,
) -> Result<(), CollectError> {
    let entries = host.number("sys/net/netfilter/nf_conntrack_count")?;
    let limit = host.number("sys/net/netfilter/nf_conntrack_max")?;
    recorder.record("node_nf_conntrack_entries", &[], entries);
    recorder.record("node_nf_conntrack_entries_limit", &[], limit);
    Ok(())
}

pub(super) fn collect_pressure(
    host: &mut Host,
    recorder: &mut Recorder,
) -> Result<(), CollectError> {
    let mut record = |name: &str, microseconds: u64| {
        let name = format!("node_pressure_{name}_seconds_total");
        recorder.record(&name, &[], float(microseconds) / 1e6);
    };
    let memory = MemoryPressure::from_buf_read(host.text("pressure/memory")?.as_bytes())
        .map_err(|error| host.unexpected("pressure/memory", error))?;
    record("memory_waiting", memory.some.total);
    record("memory_stalled", memory.full.total);
    let io = IoPressure::from_buf_read(host.text("pressure/io")?.as_bytes())
        .map_err(|error| host.unexpected("pressure/io", error))?;
    record("io_waiting", io.some.total);
    record("io_stalled", io.full.total);
    // Kernels before 5.13 have no `full` line for the CPU, and the crate wants one.
    let cpu = CpuPressure::from_buf_read(host.text("pressure/cpu")?.as_bytes())
        .map_err(|error| host.unexpected("pressure/cpu", error))?;
    record("cpu_waiting", cpu.some.total);
    Ok(())
}

/// Counts without opening a file per process: directories in /proc, and the kernel's own number of
/// threads in /proc/loadavg (`running/existing`).
pub(super) fn collect_processes(
    host: &mut Host,
    recorder: &mut Recorder,
) -> Result<(), CollectError> {
    let processes = process_ids(host)?.len();
    recorder.record("node_processes_pids", &[], float(processes as u64));

    let load = host.text("loadavg")?;
    let threads = load
        .split_whitespace()
        .nth(3)
        .and_then(|field| field.split_once('/'))
        .and_then(|(_, existing)| existing.parse().ok())
        .ok_or_else(|| host.unexpected("loadavg", "no number of threads"))?;
    recorder.record("node_processes_threads", &[], threads);
    let max_processes = host.number("sys/kernel/pid_max")?;
    recorder.record("node_processes_max_processes", &[], max_processes);
    let max_threads = host.number("sys/kernel/threads-max")?;
    recorder.record("node_processes_max_threads", &[], max_threads);
    Ok(())
}

/// The directories in /proc that are processes.
pub(super) fn process_ids(host: &Host) -> Result<Vec<u32>, CollectError> {
    let entries = std::fs::read_dir(&host.proc_root).map_err(|source| CollectError::Read {
        path: host.proc_root.clone(),
        source,
    })?;
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    Ok(entries.flatten().filter_map(number).collect())
}

/// When this host was started, in seconds since the epoch.
pub(super) fn boot_time_secs(host: &Host) -> Result<f64, CollectError> {
    let stat = host.text("stat")?;
    stat.lines()
        .find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
        .ok_or_else(|| host.unexpected("stat", "no btime"))
}

pub(super) fn collect_uname(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let field = |name: &str| -> Result<String, CollectError> {
        Ok(host.text(&format!("sys/kernel/{name}"))?.trim().to_owned())
    };
    // Only newer kernels have sys/kernel/arch.
    let machine = field("arch").unwrap_or_else(|_| std::env::consts::ARCH.to_owned());
    let labels = [
        ("sysname", field("ostype")?),
        ("release", field("osrelease")?),
        ("version", field("version")?),
        ("machine", machine),
        ("nodename", field("hostname")?),
        ("domainname", field("domainname")?),
    ];
    let labels = labels
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    recorder.record("node_uname_info", &labels, 1.0);
    Ok(())
}
