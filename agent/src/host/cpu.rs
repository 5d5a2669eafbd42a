use std::collections::BTreeMap;

use procfs_core::{CpuTime, ExplicitSystemInfo, FromBufReadSI, KernelStats};

use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

const MODES: [&str; 8] = [
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal",
];

/// The last counters of each CPU. Linux lets idle and iowait run backwards by a little, which a
/// rate would take for a restart; so a counter that fell stays where it was.
#[derive(Default)]
pub(super) struct CpuCounters(BTreeMap<String, [f64; 8]>);

/// Idle time that fell by more than this is a CPU that was taken out and put back (node_exporter's bound).
const REPLUGGED_SECS: f64 = 3.0;

impl CpuCounters {
    fn advance(&mut self, cpu: &str, now: [f64; 8]) -> [f64; 8] {
        let Some(last) = self.0.get_mut(cpu) else {
            self.0.insert(cpu.to_owned(), now);
            return now;
        };
        let replugged = last[3] - now[3] > REPLUGGED_SECS;
        for (kept, new) in last.iter_mut().zip(now) {
            *kept = if replugged { new } else { kept.max(new) };
        }
        *last
    }
}

pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let text = host.text("stat")?;
    let info = ExplicitSystemInfo {
        boot_time_secs: 0,
        ticks_per_second: host.ticks_per_second,
        page_size: 0,
        is_little_endian: true,
    };
    let stats = KernelStats::from_buf_read(text.as_bytes(), &info)
        .map_err(|error| host.unexpected("stat", error))?;

    // The crate numbers CPUs by position; the kernel leaves out those that are offline.
    for (name, times) in cpu_names(&text).zip(&stats.cpu_time) {
        let now = modes(times).map(|ticks| float(ticks) / float(host.ticks_per_second));
        for (mode, value) in MODES.iter().zip(host.cpu.advance(name, now)) {
            let labels = [("cpu", name), ("mode", mode)];
            recorder.record("node_cpu_seconds_total", &labels, value);
        }
    }
    let mut whole = |name, value: u64| recorder.record(name, &[], float(value));
    whole("node_boot_time_seconds", stats.btime);
    whole("node_context_switches_total", stats.ctxt);
    whole("node_forks_total", stats.processes);
    if let Some(count) = interrupts(&text) {
        whole("node_intr_total", count);
    }
    if let Some(count) = stats.procs_running {
        whole("node_procs_running", count.into());
    }
    if let Some(count) = stats.procs_blocked {
        whole("node_procs_blocked", count.into());
    }
    Ok(())
}

fn cpu_names(stat: &str) -> impl Iterator<Item = &str> {
    stat.lines()
        .filter_map(|line| line.strip_prefix("cpu"))
        .filter(|rest| !rest.starts_with(' '))
        .map(|rest| rest.split_whitespace().next().unwrap_or_default())
}

fn interrupts(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("intr "))?;
    line.split_whitespace().next()?.parse().ok()
}

fn modes(times: &CpuTime) -> [u64; 8] {
    [
        times.user,
        times.nice,
        times.system,
        times.idle,
        times.iowait.unwrap_or(0),
        times.irq.unwrap_or(0),
        times.softirq.unwrap_or(0),
        times.steal.unwrap_or(0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_never_falls_until_the_cpu_is_replugged() {
        let at = |idle: f64, iowait: f64| [1.0, 0.0, 0.0, idle, iowait, 0.0, 0.0, 0.0];
        let mut counters = CpuCounters::default();
        assert_eq!(counters.advance("0", at(100.0, 5.0)), at(100.0, 5.0));
        assert_eq!(counters.advance("0", at(99.5, 4.0)), at(100.0, 5.0));
        assert_eq!(counters.advance("0", at(101.0, 5.5)), at(101.0, 5.5));
        assert_eq!(counters.advance("0", at(0.5, 0.0)), at(0.5, 0.0));
    }
}
