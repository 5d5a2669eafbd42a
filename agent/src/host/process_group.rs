use std::collections::HashMap;

use regex::Regex;

use super::{CollectError, Host, float, kernel};
use crate::snapshot::Recorder;

/// Processes that are reported together.
#[derive(Debug, Clone)]
pub struct ProcessGroup {
    /// The label `groupname`.
    pub name: String,
    /// Names as in `/proc/PID/comm`; any when empty.
    pub comm: Vec<String>,
    /// Found anywhere in the arguments, joined by blanks.
    pub cmdline: Option<Regex>,
}

/// Which processes to look at, and what they had used so far.
#[derive(Default)]
pub(super) struct ProcessWatch {
    groups: Vec<ProcessGroup>,
    /// In ticks, by mode: the sum of what was seen being used, so that it never falls when a process ends.
    used_ticks: Vec<[u64; 2]>,
    last_look: Option<HashMap<ProcessId, [u64; 2]>>,
}

/// A number is used again; with the time of its start it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ProcessId {
    pid: u32,
    start_ticks: u64,
}

/// What `/proc/PID/stat` says.
struct Process {
    id: ProcessId,
    comm: String,
    /// User, system.
    cpu_ticks: [u64; 2],
    threads: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

#[derive(Default, Clone)]
struct Sum {
    processes: u64,
    threads: u64,
    virtual_bytes: u64,
    resident_pages: u64,
    oldest_start_ticks: Option<u64>,
}

impl ProcessWatch {
    pub(super) fn new(groups: Vec<ProcessGroup>) -> Self {
        Self {
            used_ticks: vec![[0; 2]; groups.len()],
            groups,
            last_look: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The first group that a process belongs to; `cmdline` is read only where it decides.
    fn group_of(&self, process: &Process, cmdline: impl Fn() -> String) -> Option<usize> {
        self.groups.iter().position(|group| {
            (group.comm.is_empty() || group.comm.iter().any(|comm| is_named(process, comm)))
                && group
                    .cmdline
                    .as_ref()
                    .is_none_or(|regex| regex.is_match(&cmdline()))
        })
    }

    /// Counts what `processes` used since the last look: all of it for one that started since, nothing
    /// for what was there before the agent was.
    fn count_use(&mut self, processes: &[(usize, Process)]) {
        let last = self.last_look.take();
        for (group, process) in processes {
            let before = match &last {
                Some(last) => last.get(&process.id).copied().unwrap_or_default(),
                None => process.cpu_ticks,
            };
            let modes = self.used_ticks[*group].iter_mut().zip(process.cpu_ticks);
            for ((used, now), before) in modes.zip(before) {
                *used += now.saturating_sub(before);
            }
        }
        let now = processes
            .iter()
            .map(|(_, process)| (process.id, process.cpu_ticks));
        self.last_look = Some(now.collect());
    }
}

/// The kernel keeps 15 bytes of a name.
fn is_named(process: &Process, comm: &str) -> bool {
    process.comm.as_bytes() == &comm.as_bytes()[..comm.len().min(15)]
}

pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let boot_secs = kernel::boot_time_secs(host)?;
    let mut found = Vec::new();
    for pid in kernel::process_ids(host)? {
        // A process may end at any moment.
        let Some(process) = host
            .text(&format!("{pid}/stat"))
            .ok()
            .and_then(|stat| process(pid, &stat))
        else {
            continue;
        };
        let cmdline = || {
            let arguments = host.text(&format!("{pid}/cmdline")).unwrap_or_default();
            arguments.trim_end_matches('\0').replace('\0', " ")
        };
        if let Some(group) = host.processes.group_of(&process, cmdline) {
            found.push((group, process));
        }
    }
    host.processes.count_use(&found);
    let mut sums = vec![Sum::default(); host.processes.groups.len()];
    for (group, process) in &found {
        sums[*group].add(process);
    }
    for (group, sum) in sums.iter().enumerate() {
        record(host, group, sum, boot_secs, recorder);
    }
    Ok(())
}

impl Sum {
    fn add(&mut self, process: &Process) {
        self.processes += 1;
        self.threads += process.threads;
        self.virtual_bytes += process.virtual_bytes;
        self.resident_pages += process.resident_pages;
        let start = process.id.start_ticks;
        self.oldest_start_ticks = Some(self.oldest_start_ticks.map_or(start, |old| old.min(start)));
    }
}

/// In process-exporter's names and labels.
fn record(host: &Host, group: usize, sum: &Sum, boot_secs: f64, recorder: &mut Recorder) {
    let name = host.processes.groups[group].name.as_str();
    let mut value = |metric: &str, label: Option<(&str, &str)>, value: f64| {
        let labels: Vec<_> = [("groupname", name)].into_iter().chain(label).collect();
        recorder.record(&format!("namedprocess_namegroup_{metric}"), &labels, value);
    };
    let seconds = |ticks: u64| float(ticks) / float(host.ticks_per_second);
    value("num_procs", None, float(sum.processes));
    let [user, system] = host.processes.used_ticks[group];
    value("cpu_seconds_total", Some(("mode", "user")), seconds(user));
    value(
        "cpu_seconds_total",
        Some(("mode", "system")),
        seconds(system),
    );
    // Of no process there is nothing more to say; the count says that there is none.
    let Some(oldest) = sum.oldest_start_ticks else {
        return;
    };
    let resident = float(sum.resident_pages) * float(rustix::param::page_size() as u64);
    value("memory_bytes", Some(("memtype", "resident")), resident);
    value(
        "memory_bytes",
        Some(("memtype", "virtual")),
        float(sum.virtual_bytes),
    );
    value("num_threads", None, float(sum.threads));
    value(
        "oldest_start_time_seconds",
        None,
        boot_secs + seconds(oldest),
    );
}

/// The name, in brackets, may hold blanks and brackets itself; fields are numbered as in proc(5).
fn process(pid: u32, stat: &str) -> Option<Process> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, comm) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse().ok();
    Some(Process {
        id: ProcessId {
            pid,
            start_ticks: field(22)?,
        },
        comm: comm.to_owned(),
        cpu_ticks: [field(14)?, field(15)?],
        threads: field(20)?,
        virtual_bytes: field(23)?,
        resident_pages: field(24)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pid: u32, start: u64, comm: &str, cpu: [u64; 2]) -> Process {
        let [user, system] = cpu;
        let stat = format!(
            "{pid} ({comm}) S 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 3 0 {start} 4096 7 9 9"
        );
        process(pid, &stat).unwrap()
    }

    fn watch(groups: Vec<ProcessGroup>) -> ProcessWatch {
        ProcessWatch::new(groups)
    }

    fn group(comm: &[&str], cmdline: Option<&str>) -> ProcessGroup {
        ProcessGroup {
            name: "g".to_owned(),
            comm: comm.iter().map(|name| (*name).to_owned()).collect(),
            cmdline: cmdline.map(|text| Regex::new(text).unwrap()),
        }
    }

    #[test]
    fn fields_are_found_behind_any_name() {
        let process = at(7, 99, "a) (b", [3, 4]);
        assert_eq!(
            (process.comm.as_str(), process.cpu_ticks),
            ("a) (b", [3, 4])
        );
        assert_eq!(
            (
                process.threads,
                process.virtual_bytes,
                process.resident_pages
            ),
            (3, 4096, 7)
        );
        assert!(super::process(7, "7 (a").is_none());
        assert!(super::process(7, "7 (a) S 1").is_none());
    }

    #[test]
    fn the_first_group_that_fits_takes_a_process() {
        let watch = watch(vec![
            group(&["java"], Some("-jar /srv/shop")),
            group(&["java"], None),
            group(&[], Some("^nginx: ")),
            group(&["a-name-that-is-too-long"], None),
        ]);
        let of = |comm: &str, cmdline: &str| {
            watch.group_of(&at(1, 1, comm, [0; 2]), || cmdline.to_owned())
        };
        assert_eq!(of("java", "java -jar /srv/shop.jar"), Some(0));
        assert_eq!(of("java", "java -jar /srv/other.jar"), Some(1));
        assert_eq!(of("nginx", "nginx: worker process"), Some(2));
        assert_eq!(of("a-name-that-is-", ""), Some(3));
        assert_eq!(of("javac", ""), None);
    }

    #[test]
    fn use_never_falls_and_starts_when_the_agent_does() {
        let mut watch = watch(vec![group(&["a"], None)]);
        let mut look = |processes: &[(u32, u64, [u64; 2])]| {
            let processes: Vec<_> = processes
                .iter()
                .map(|(pid, start, cpu)| (0, at(*pid, *start, "a", *cpu)))
                .collect();
            watch.count_use(&processes);
            watch.used_ticks[0]
        };
        assert_eq!(
            look(&[(1, 10, [100, 50])]),
            [0, 0],
            "used before the agent was there"
        );
        assert_eq!(
            look(&[(1, 10, [103, 51]), (2, 20, [7, 0])]),
            [10, 1],
            "one that is new counts whole"
        );
        assert_eq!(
            look(&[(2, 20, [7, 0])]),
            [10, 1],
            "one that ended takes nothing with it"
        );
        assert_eq!(
            look(&[(2, 30, [4, 4])]),
            [14, 5],
            "the same number is another process"
        );
        assert_eq!(look(&[]), [14, 5]);
    }
}
