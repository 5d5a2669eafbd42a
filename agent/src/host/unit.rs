use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{CollectError, Host};
use crate::snapshot::Recorder;

/// A manager that does not answer costs one look's time, never the reporting.
const PATIENCE: Duration = Duration::from_secs(3);

/// As node_exporter has them.
const STATES: [&str; 5] = ["activating", "active", "deactivating", "failed", "inactive"];

/// Asks the manager itself: a unit without processes (a mount, a timer, a failed service) has no cgroup
/// to look at, and failed is what people want to know.
pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    let text = show(&host.units).map_err(|source| CollectError::Read {
        path: "systemctl show".into(),
        source,
    })?;
    for unit in units(&text) {
        for state in STATES {
            let labels = [
                ("name", unit.name),
                ("state", state),
                ("type", unit.service_type),
            ];
            let is_in_it = if unit.state == state { 1.0 } else { 0.0 };
            recorder.record("node_systemd_unit_state", &labels, is_in_it);
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Unit<'a> {
    name: &'a str,
    state: &'a str,
    service_type: &'a str,
}

/// Blocks of `Name=value` lines with an empty line between them.
fn units(text: &str) -> impl Iterator<Item = Unit<'_>> {
    text.split("\n\n").filter_map(|block| {
        let property = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Unit {
            name: property("Id")?,
            state: property("ActiveState")?,
            service_type: property("Type").unwrap_or_default(),
        })
    })
}

fn show(units: &[String]) -> io::Result<String> {
    let mut child = Command::new("systemctl")
        .args(["show", "--no-pager", "--property=Id,ActiveState,Type", "--"])
        .args(units)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(2);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    let mut text = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut text)?;
    }
    if status.success() {
        Ok(text)
    } else {
        Err(io::Error::other("systemctl failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_is_a_unit_and_only_services_have_a_type() {
        let text = "Type=notify\nId=nginx.service\nActiveState=active\n\nId=data.mount\nActiveState=failed\n\n\n";
        let unit = |name, state, service_type| Unit {
            name,
            state,
            service_type,
        };
        let expected = [
            unit("nginx.service", "active", "notify"),
            unit("data.mount", "failed", ""),
        ];
        assert_eq!(units(text).collect::<Vec<_>>(), expected);
        assert_eq!(units("").count(), 0);
        assert_eq!(units("Failed to connect\n").count(), 0);
    }
}
