use std::fs;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Kills the processes of one function of one stack, as a crash would; says how many.
///
/// `home` is the stack's folder: its processes carry it in their environment, and no others do.
#[must_use]
pub fn kill_function(home: &Path, stack_name: &str, function: &str) -> usize {
    let marks = [
        format!("TOBAN_PROCESS={}#engine", home.display()),
        format!("AWS_LAMBDA_FUNCTION_NAME={stack_name}-{function}"),
    ];
    let Ok(processes) = fs::read_dir("/proc") else {
        return 0;
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| kill_if_marked(*pid, &marks))
        .count()
}

fn kill_if_marked(pid: i32, marks: &[String]) -> bool {
    // The handle keeps naming this process, so what is read after is what is killed.
    let Some(handle) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
    else {
        return false;
    };
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let entries: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
    let is_marked = marks.iter().all(|mark| entries.contains(&mark.as_bytes()));
    is_marked && pidfd_send_signal(&handle, Signal::KILL).is_ok()
}
