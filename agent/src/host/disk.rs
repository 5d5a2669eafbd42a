use procfs_core::DiskStat;

use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

/// /proc/diskstats counts in sectors of this size whatever the device's own is.
const SECTOR_BYTES: f64 = 512.0;

pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    for line in host.text("diskstats")?.lines() {
        let disk =
            DiskStat::from_line(line).map_err(|error| host.unexpected("diskstats", error))?;
        if !is_ignored(&disk.name) {
            record(&disk, recorder);
        }
    }
    Ok(())
}

fn record(disk: &DiskStat, recorder: &mut Recorder) {
    let secs = |milliseconds| float(milliseconds) / 1000.0;
    let values = [
        ("reads_completed_total", float(disk.reads)),
        ("reads_merged_total", float(disk.merged)),
        ("read_bytes_total", float(disk.sectors_read) * SECTOR_BYTES),
        ("read_time_seconds_total", secs(disk.time_reading)),
        ("writes_completed_total", float(disk.writes)),
        ("writes_merged_total", float(disk.writes_merged)),
        (
            "written_bytes_total",
            float(disk.sectors_written) * SECTOR_BYTES,
        ),
        ("write_time_seconds_total", secs(disk.time_writing)),
        ("io_now", float(disk.in_progress)),
        ("io_time_seconds_total", secs(disk.time_in_progress)),
        (
            "io_time_weighted_seconds_total",
            secs(disk.weighted_time_in_progress),
        ),
    ];
    for (name, value) in values {
        recorder.record(
            &format!("node_disk_{name}"),
            &[("device", &disk.name)],
            value,
        );
    }
}

/// node_exporter's default: `^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`, so no partitions.
fn is_ignored(device: &str) -> bool {
    let stem = device.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == device.len() {
        return false;
    }
    if matches!(stem, "ram" | "zram" | "loop" | "fd") || is_nvme_partition(stem) {
        return true;
    }
    ["hd", "sd", "vd", "xvd"].iter().any(|kind| {
        let letter = stem.strip_prefix(kind).unwrap_or_default().as_bytes();
        letter.len() == 1 && letter[0].is_ascii_lowercase()
    })
}

fn is_nvme_partition(stem: &str) -> bool {
    let numbers = stem
        .strip_prefix("nvme")
        .and_then(|rest| rest.strip_suffix('p'))
        .and_then(|rest| rest.split_once('n'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers.is_some_and(|(controller, namespace)| is_number(controller) && is_number(namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_disks_are_reported_and_partitions_are_not() {
        for whole in [
            "sda", "vda", "xvda", "nvme0n1", "md0", "dm-3", "sdaa1", "mmcblk0", "sr0",
        ] {
            assert!(!is_ignored(whole), "{whole}");
        }
        for ignored in [
            "sda1",
            "vdb12",
            "xvda1",
            "hda2",
            "nvme0n1p3",
            "loop7",
            "ram0",
            "zram0",
            "fd0",
        ] {
            assert!(is_ignored(ignored), "{ignored}");
        }
    }
}
