use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

/// What the agent itself costs the host.
pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    recorder.record("toban_agent_info", &version, 1.0);

    let status = host.text("self/status")?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| host.unexpected("self/status", "no VmRSS"))?;
    let bytes = float(resident) * 1024.0;
    recorder.record("toban_agent_resident_memory_bytes", &[], bytes);

    let stat = host.text("self/stat")?;
    let ticks = cpu_ticks(&stat).ok_or_else(|| host.unexpected("self/stat", "no times"))?;
    let secs = float(ticks) / float(host.ticks_per_second);
    recorder.record("toban_agent_cpu_seconds_total", &[], secs);
    Ok(())
}

/// utime + stime, the 14th and 15th field; the second, the name, may hold blanks and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "42 (a) b ) S 1 42 42 0 -1 4194560 155 0 0 0 7 5 0 0 20 0 3 0";
        assert_eq!(cpu_ticks(stat), Some(12));
        assert_eq!(cpu_ticks("42 (a"), None);
    }
}
