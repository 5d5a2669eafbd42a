use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{CollectError, Host, float};
use crate::snapshot::Recorder;

/// What a filesystem says of itself.
#[derive(Debug, Clone, Copy)]
pub struct FilesystemStat {
    /// All of it.
    pub size_bytes: u64,
    /// Free, with what is kept for root.
    pub free_bytes: u64,
    /// Free for anybody.
    pub available_bytes: u64,
    /// Inodes.
    pub files: u64,
    /// Free inodes.
    pub files_free: u64,
}

/// Asks the filesystem mounted at a path.
pub type StatFilesystem = fn(&Path) -> io::Result<FilesystemStat>;

/// [`StatFilesystem`] of the running kernel.
pub fn stat_filesystem(mount_point: &Path) -> io::Result<FilesystemStat> {
    let stat = rustix::fs::statvfs(mount_point)?;
    Ok(FilesystemStat {
        size_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        free_bytes: stat.f_bfree.saturating_mul(stat.f_frsize),
        available_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        files: stat.f_files,
        files_free: stat.f_ffree,
    })
}

struct Mount {
    device: String,
    mount_point: String,
    fstype: String,
    read_only: bool,
}

pub(super) fn collect(host: &mut Host, recorder: &mut Recorder) -> Result<(), CollectError> {
    // The first process sees the host's mounts; whoever may not look there sees its own.
    let text = host
        .text("1/mounts")
        .or_else(|_| host.text("self/mounts"))?;
    let mounts: Vec<Mount> = text
        .lines()
        .filter_map(mount)
        .filter(|mount| !is_ignored_type(&mount.fstype) && !is_ignored_place(&mount.mount_point))
        .collect();
    let places: Vec<String> = mounts.iter().map(|m| m.mount_point.clone()).collect();
    let stats = host.filesystems.probe(&places);
    for mount in &mounts {
        record(mount, stats.get(&mount.mount_point), recorder);
    }
    Ok(())
}

fn record(mount: &Mount, stat: Option<&FilesystemStat>, recorder: &mut Recorder) {
    let labels = [
        ("device", mount.device.as_str()),
        ("fstype", mount.fstype.as_str()),
        ("mountpoint", mount.mount_point.as_str()),
    ];
    let mut value = |name: &str, value: f64| {
        recorder.record(&format!("node_filesystem_{name}"), &labels, value);
    };
    let flag = |on| if on { 1.0 } else { 0.0 };
    value("readonly", flag(mount.read_only));
    value("device_error", flag(stat.is_none()));
    if let Some(stat) = stat {
        value("size_bytes", float(stat.size_bytes));
        value("free_bytes", float(stat.free_bytes));
        value("avail_bytes", float(stat.available_bytes));
        value("files", float(stat.files));
        value("files_free", float(stat.files_free));
    }
}

/// Asks filesystems without ever waiting for one that does not answer: a network mount whose server
/// is gone blocks whoever asks, and a host that stopped reporting would look dead.
pub(super) struct FilesystemProbe {
    stat: StatFilesystem,
    stuck: Arc<Mutex<HashSet<String>>>,
    patience: Duration,
}

impl FilesystemProbe {
    pub(super) fn new(stat: StatFilesystem) -> Self {
        Self {
            stat,
            stuck: Arc::default(),
            patience: Duration::from_secs(5),
        }
    }

    /// Answers by mount point; one that failed or is stuck is missing.
    fn probe(&self, places: &[String]) -> HashMap<String, FilesystemStat> {
        let stuck = self
            .stuck
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let asked: Vec<String> = places
            .iter()
            .filter(|p| !stuck.contains(*p))
            .cloned()
            .collect();
        let answers = self.ask(asked.clone());

        let deadline = Instant::now() + self.patience;
        let mut found = HashMap::new();
        for place in asked {
            let left = deadline.saturating_duration_since(Instant::now());
            match answers.recv_timeout(left) {
                Ok(Some(stat)) => {
                    found.insert(place, stat);
                }
                Ok(None) => {}
                // The ones behind it are asked again next time, by a thread of their own.
                Err(RecvTimeoutError::Timeout) => {
                    self.stuck
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(place);
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        found
    }

    /// Asks in order, on a thread that goes away when nobody listens any more.
    fn ask(&self, places: Vec<String>) -> Receiver<Option<FilesystemStat>> {
        let (answer, answers) = channel();
        let stat = self.stat;
        let stuck = Arc::clone(&self.stuck);
        // Where no thread can be had the channel closes, and every place counts as failed.
        let _ = std::thread::Builder::new()
            .name("statfs".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || {
                for place in places {
                    let result = stat(Path::new(&place)).ok();
                    if answer.send(result).is_err() {
                        stuck
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .remove(&place);
                        return;
                    }
                }
            });
        answers
    }
}

/// A line of /proc/mounts. Read by hand: the crate leaves `\040` in a path with a blank, and gives up
/// on all mounts when one line is odd.
fn mount(line: &str) -> Option<Mount> {
    let mut fields = line.split(' ');
    Some(Mount {
        device: unescaped(fields.next()?),
        mount_point: unescaped(fields.next()?),
        fstype: unescaped(fields.next()?),
        read_only: fields.next()?.split(',').any(|option| option == "ro"),
    })
}

fn unescaped(field: &str) -> String {
    let mut parts = field.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..3)
            .and_then(|octal| u8::from_str_radix(octal, 8).ok());
        match code {
            Some(code) if code.is_ascii() => {
                text.push(char::from(code));
                text.push_str(&part[3..]);
            }
            _ => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    text
}

/// node_exporter's default list.
fn is_ignored_type(fstype: &str) -> bool {
    const IGNORED: [&str; 26] = [
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devpts",
        "devtmpfs",
        "fusectl",
        "hugetlbfs",
        "iso9660",
        "mqueue",
        "nsfs",
        "overlay",
        "proc",
        "procfs",
        "pstore",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "squashfs",
        "erofs",
        "sysfs",
        "tracefs",
        "fuse.lxcfs",
    ];
    IGNORED.contains(&fstype)
}

/// node_exporter's default without its `run/credentials`, and with all of /run: each login would
/// start new series there. /mnt and /media stay, unlike in Debian's package: data disks live there.
fn is_ignored_place(mount_point: &str) -> bool {
    let is_below = |root: &str| {
        let rest = mount_point.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_inside = |root: &str| {
        let rest = mount_point.strip_prefix(root);
        rest.is_some_and(|rest| rest.len() > 1)
    };
    ["/dev", "/proc", "/run", "/sys"].into_iter().any(is_below)
        || ["/var/lib/docker/", "/var/lib/containers/storage/"]
            .into_iter()
            .any(is_inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: FilesystemStat = FilesystemStat {
        size_bytes: 9,
        free_bytes: 8,
        available_bytes: 7,
        files: 6,
        files_free: 5,
    };

    #[test]
    fn a_mount_that_hangs_costs_one_wait_and_hides_no_other() {
        let mut probe = FilesystemProbe::new(|path| {
            if path == Path::new("/hung") {
                std::thread::sleep(Duration::from_millis(700));
            }
            Ok(STAT)
        });
        probe.patience = Duration::from_millis(100);
        let places = ["/a", "/hung", "/b"].map(str::to_owned);

        let mut first: Vec<_> = probe.probe(&places).into_keys().collect();
        first.sort();
        assert_eq!(first, ["/a"]);

        let before = Instant::now();
        let mut second: Vec<_> = probe.probe(&places).into_keys().collect();
        second.sort();
        assert_eq!(second, ["/a", "/b"], "the hung one is not asked again");
        assert!(before.elapsed() < Duration::from_millis(90));

        std::thread::sleep(Duration::from_millis(800));
        probe.patience = Duration::from_secs(5);
        assert_eq!(
            probe.probe(&places).len(),
            3,
            "and is asked again when it answered"
        );
    }

    #[test]
    fn a_mount_point_is_read_as_the_kernel_escapes_it() {
        let mount = mount(r"/dev/sdb1 /mnt/My\040Disk\134040 ext4 rw,noatime 0 0").unwrap();
        assert_eq!(mount.mount_point, r"/mnt/My Disk\040");
        assert!(!mount.read_only);
        assert!(super::mount("x /y ext4 ro,relatime 0 0").unwrap().read_only);
        assert_eq!(unescaped(r"a\9zü\"), r"a\9zü\");
        assert!(super::mount("/dev/sda1 /").is_none());
    }

    #[test]
    fn data_disks_are_reported_and_the_kernels_own_mounts_are_not() {
        for place in [
            "/",
            "/mnt/data",
            "/media/x",
            "/devices",
            "/var/lib/docker",
            "/home",
        ] {
            assert!(!is_ignored_place(place), "{place}");
        }
        for place in [
            "/dev",
            "/dev/shm",
            "/proc/x",
            "/sys",
            "/run/user/0",
            "/var/lib/docker/overlay2/1",
        ] {
            assert!(is_ignored_place(place), "{place}");
        }
    }
}
