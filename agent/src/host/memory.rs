use procfs_core::{FromBufRead, VmStat};

use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

/// What rules and dashboards ask for; the rest of /proc/meminfo would double a host's series.
const MEMINFO: [&str; 22] = [
    "Active",
    "AnonPages",
    "Buffers",
    "Cached",
    "CommitLimit",
    "Committed_AS",
    "Dirty",
    "Inactive",
    "KernelStack",
    "Mapped",
    "MemAvailable",
    "MemFree",
    "MemTotal",
    "PageTables",
    "SReclaimable",
    "SUnreclaim",
    "Shmem",
    "Slab",
    "SwapCached",
    "SwapFree",
    "SwapTotal",
    "Writeback",
];

/// node_exporter's default: `^(oom_kill|pgpg|pswp|pg.*fault).*`, without what no kernel rule asks for.
const VMSTAT: [&str; 7] = [
    "oom_kill",
    "pgfault",
    "pgmajfault",
    "pgpgin",
    "pgpgout",
    "pswpin",
    "pswpout",
];

/// Read by hand: the crate's type fails as a whole where a kernel leaves a field out.
pub(super) fn collect_meminfo(
    host: &mut Host,
    recorder: &mut Recorder,
) -> Result<(), CollectError> {
    let text = host.text("meminfo")?;
    for line in text.lines() {
        let Some((name, rest)) = line.split_once(':') else {
            return Err(host.unexpected("meminfo", "a line without ':'"));
        };
        if !MEMINFO.contains(&name) {
            continue;
        }
        let kibibytes = rest.trim().strip_suffix(" kB").map(str::parse::<u64>);
        let Some(Ok(kibibytes)) = kibibytes else {
            return Err(host.unexpected("meminfo", format!("{name} is not a number of kB")));
        };
        recorder.record(
            &format!("node_memory_{name}_bytes"),
            &[],
            float(kibibytes) * 1024.0,
        );
    }
    Ok(())
}

pub(super) fn collect_vmstat(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let text = host.text("vmstat")?;
    let vmstat =
        VmStat::from_buf_read(text.as_bytes()).map_err(|error| host.unexpected("vmstat", error))?;
    for name in VMSTAT {
        let value = vmstat
            .0
            .get(name)
            .and_then(|value| u64::try_from(*value).ok());
        if let Some(value) = value {
            recorder.record(&format!("node_vmstat_{name}"), &[], float(value));
        }
    }
    Ok(())
}
