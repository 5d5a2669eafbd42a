use procfs_core::FromBufRead;
use procfs_core::net::{DeviceStatus, InterfaceDeviceStatus};

use super::{CollectError, Host, float, read};
use crate::snapshot::Recorder;

pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    // Of the first process, as everything here is about the host and not about a namespace.
    let file = if host.proc_root.join("1/net/dev").exists() {
        "1/net/dev"
    } else {
        "net/dev"
    };
    let text = host.text(file)?;
    let devices = InterfaceDeviceStatus::from_buf_read(text.as_bytes())
        .map_err(|error| host.unexpected(file, error))?;
    for device in devices
        .0
        .values()
        .filter(|device| !is_ignored(&device.name))
    {
        record(device, recorder);
        let state = host
            .sys_root
            .join("class/net")
            .join(&device.name)
            .join("operstate");
        if let Ok(state) = read(&state) {
            let up = if state.trim() == "up" { 1.0 } else { 0.0 };
            recorder.record("node_network_up", &[("device", &device.name)], up);
        }
    }
    Ok(())
}

fn record(device: &DeviceStatus, recorder: &mut Recorder) {
    let values = [
        ("receive_bytes_total", device.recv_bytes),
        ("receive_packets_total", device.recv_packets),
        ("receive_errs_total", device.recv_errs),
        ("receive_drop_total", device.recv_drop),
        ("transmit_bytes_total", device.sent_bytes),
        ("transmit_packets_total", device.sent_packets),
        ("transmit_errs_total", device.sent_errs),
        ("transmit_drop_total", device.sent_drop),
    ];
    for (name, value) in values {
        let labels = [("device", device.name.as_str())];
        recorder.record(&format!("node_network_{name}"), &labels, float(value));
    }
}

/// The loopback says nothing of the network; one end of a container's pair lives as long as it does,
/// and each would start new series for good.
fn is_ignored(device: &str) -> bool {
    device == "lo" || device.starts_with("veth")
}
