//! A synthetic host of about 100 series as node_exporter names them, with a load that wanders and bursts.

#![allow(
    dead_code,
    missing_docs,
    clippy::too_many_lines,
    reason = "each user needs a part of a long list"
)]

use series::{Labels, Sample, Series, SeriesView};

pub const INTERVAL_MS: i64 = 15_000;
pub const START_MS: i64 = 1_795_000_000_000 - 1_795_000_000_000 % 3_600_000;

/// Xorshift64*: the same host in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// How a series moves from one scrape to the next.
enum Motion {
    Constant,
    /// Grows by `rate` a second, varied by load; rounded to `unit`.
    Counter {
        rate: f64,
        unit: f64,
    },
    /// The rest of one CPU second per second, in hundredths.
    Idle,
    /// Wanders by `step`, rounded to `unit`.
    Walk {
        step: f64,
        unit: f64,
    },
    /// An average of the load with this memory.
    Load {
        decay: f64,
    },
    /// A counter of events that rarely occur.
    Rare {
        chance: f64,
    },
}

struct Metric {
    labels: Labels,
    motion: Motion,
    value: f64,
}

pub struct Host {
    metrics: Vec<Metric>,
    dice: Dice,
    load: f64,
    burst: f64,
    time_ms: i64,
}

impl Host {
    /// A machine of four CPUs, two disks, two network interfaces and three file systems.
    pub fn new(seed: u64) -> Self {
        let mut host = Self {
            metrics: Vec::new(),
            dice: Dice::new(seed),
            load: 0.3,
            burst: 1.0,
            time_ms: START_MS,
        };
        let instance = format!("web-{seed}.example.com:9100");
        host.processor(&instance);
        host.devices(&instance);
        host.memory(&instance);
        host.metrics.sort_by(|a, b| a.labels.cmp(&b.labels));
        host
    }

    fn add(
        &mut self,
        instance: &str,
        name: &str,
        extra: &[(&str, &str)],
        value: f64,
        motion: Motion,
    ) {
        let base = [("__name__", name), ("instance", instance), ("job", "node")];
        let labels = Labels::new(base.into_iter().chain(extra.iter().copied())).unwrap_or_default();
        self.metrics.push(Metric {
            labels,
            motion,
            value,
        });
    }

    fn processor(&mut self, instance: &str) {
        let modes = [
            ("user", 0.6),
            ("system", 0.25),
            ("iowait", 0.02),
            ("softirq", 0.01),
            ("steal", 0.002),
            ("nice", 0.0),
            ("irq", 0.0),
        ];
        for cpu in ["0", "1", "2", "3"] {
            let start = 100_000.0 * self.dice.unit();
            for (mode, share) in modes {
                let motion = match share > 0.0 {
                    true => Motion::Counter {
                        rate: share,
                        unit: 0.01,
                    },
                    false => Motion::Constant,
                };
                let labels = [("cpu", cpu), ("mode", mode)];
                let value = round(start * share, 0.01);
                self.add(instance, "node_cpu_seconds_total", &labels, value, motion);
            }
            let labels = [("cpu", cpu), ("mode", "idle")];
            let value = round(start * 3.0, 0.01);
            self.add(
                instance,
                "node_cpu_seconds_total",
                &labels,
                value,
                Motion::Idle,
            );
        }
        for (name, decay) in [
            ("node_load1", 0.78),
            ("node_load5", 0.951),
            ("node_load15", 0.983),
        ] {
            self.add(instance, name, &[], 1.2, Motion::Load { decay });
        }
        for (name, rate) in [
            ("node_context_switches_total", 9000.0),
            ("node_intr_total", 5000.0),
            ("node_forks_total", 4.0),
        ] {
            let value = (1e5 * rate * self.dice.unit()).round();
            self.add(
                instance,
                name,
                &[],
                value,
                Motion::Counter { rate, unit: 1.0 },
            );
        }
        let walk = Motion::Walk {
            step: 1.5,
            unit: 1.0,
        };
        self.add(instance, "node_procs_running", &[], 3.0, walk);
        let rare = Motion::Rare { chance: 0.05 };
        self.add(instance, "node_procs_blocked", &[], 0.0, rare);
        self.add(
            instance,
            "node_boot_time_seconds",
            &[],
            1_794_000_123.0,
            Motion::Constant,
        );
        self.add(instance, "up", &[], 1.0, Motion::Constant);
        let uname = [
            ("machine", "x86_64"),
            ("release", "6.1.0-28-amd64"),
            ("sysname", "Linux"),
        ];
        self.add(instance, "node_uname_info", &uname, 1.0, Motion::Constant);
    }

    fn devices(&mut self, instance: &str) {
        for (device, busy) in [("eth0", 1.0), ("eth1", 0.02)] {
            for (name, rate) in [
                ("node_network_receive_bytes_total", 250_000.0),
                ("node_network_transmit_bytes_total", 800_000.0),
                ("node_network_receive_packets_total", 900.0),
                ("node_network_transmit_packets_total", 1100.0),
            ] {
                let rate = rate * busy;
                let value = (3e5 * rate * self.dice.unit()).round();
                let motion = Motion::Counter { rate, unit: 1.0 };
                self.add(instance, name, &[("device", device)], value, motion);
            }
            for name in [
                "node_network_receive_errs_total",
                "node_network_transmit_errs_total",
                "node_network_receive_drop_total",
                "node_network_transmit_drop_total",
            ] {
                let motion = Motion::Rare { chance: 0.01 };
                self.add(instance, name, &[("device", device)], 0.0, motion);
            }
        }
        for (device, busy) in [("nvme0n1", 1.0), ("sda", 0.05)] {
            for (name, rate, unit) in [
                ("node_disk_read_bytes_total", 40_000.0, 512.0),
                ("node_disk_written_bytes_total", 600_000.0, 512.0),
                ("node_disk_reads_completed_total", 3.0, 1.0),
                ("node_disk_writes_completed_total", 25.0, 1.0),
                ("node_disk_io_time_seconds_total", 0.02, 0.001),
            ] {
                let rate = rate * busy;
                let value = round(2e5 * rate * self.dice.unit(), unit);
                let motion = Motion::Counter { rate, unit };
                self.add(instance, name, &[("device", device)], value, motion);
            }
        }
    }

    fn memory(&mut self, instance: &str) {
        for (mount, device, size) in [
            ("/", "/dev/nvme0n1p1", 2e11),
            ("/data", "/dev/sda1", 1e12),
            ("/run", "tmpfs", 8e8),
        ] {
            let labels = [
                ("device", device),
                ("fstype", "ext4"),
                ("mountpoint", mount),
            ];
            let size = round(size, 4096.0);
            let step = if mount == "/run" { 0.0 } else { 300_000.0 };
            for (name, share, step) in [
                ("node_filesystem_size_bytes", 1.0, 0.0),
                ("node_filesystem_avail_bytes", 0.4, step),
                ("node_filesystem_free_bytes", 0.45, step),
            ] {
                let value = round(size * share, 4096.0);
                let motion = match step > 0.0 {
                    true => Motion::Walk { step, unit: 4096.0 },
                    false => Motion::Constant,
                };
                self.add(instance, name, &labels, value, motion);
            }
        }
        for (name, value, step) in [
            ("node_memory_MemTotal_bytes", 1.6e10, 0.0),
            ("node_memory_MemFree_bytes", 2.1e9, 4e6),
            ("node_memory_MemAvailable_bytes", 9e9, 4e6),
            ("node_memory_Cached_bytes", 6e9, 5e5),
            ("node_memory_Buffers_bytes", 3e8, 2e4),
            ("node_memory_Active_bytes", 5e9, 2e6),
            ("node_memory_Inactive_bytes", 4e9, 1e6),
            ("node_memory_Dirty_bytes", 1e6, 2e5),
            ("node_memory_SwapTotal_bytes", 2e9, 0.0),
            ("node_memory_SwapFree_bytes", 2e9, 0.0),
        ] {
            let value = round(value, 1024.0);
            let motion = match step > 0.0 {
                true => Motion::Walk { step, unit: 1024.0 },
                false => Motion::Constant,
            };
            self.add(instance, name, &[], value, motion);
        }
    }

    pub fn series_count(&self) -> usize {
        self.metrics.len()
    }

    /// The next `scrapes` scrapes as one flush, sorted by labels.
    pub fn flush(&mut self, scrapes: usize) -> Vec<Series> {
        let mut flush: Vec<Series> = self
            .metrics
            .iter()
            .map(|metric| Series {
                labels: metric.labels.clone(),
                samples: Vec::new(),
            })
            .collect();
        for _ in 0..scrapes {
            self.scrape();
            for (series, metric) in flush.iter_mut().zip(&self.metrics) {
                series.samples.push(Sample {
                    time_ms: self.time_ms,
                    value: metric.value,
                });
            }
        }
        flush
    }

    fn scrape(&mut self) {
        self.time_ms += INTERVAL_MS + (self.dice.normal() * 1.5) as i64;
        self.load = (self.load + 0.04 * self.dice.normal()).clamp(0.05, 1.0);
        self.burst = match self.dice.unit() < 0.05 {
            true => 1.0 + 8.0 * self.dice.unit(),
            false => 1.0 + (self.burst - 1.0) * 0.5,
        };
        let mut used = 0.0;
        for metric in &mut self.metrics {
            let dice = &mut self.dice;
            let old = metric.value;
            metric.value = match metric.motion {
                Motion::Constant => old,
                Motion::Counter { rate, unit } => {
                    let burst = if unit == 0.01 { 1.0 } else { self.burst };
                    let grown = rate * self.load * burst * 15.0 * (0.3 * dice.normal()).exp();
                    if unit == 0.01 {
                        used += grown;
                    }
                    round(old + grown, unit)
                }
                // Sorted by mode, idle comes first: it is what the CPU before left over.
                Motion::Idle => {
                    let left = (15.0 - used - dice.unit()).max(0.0);
                    used = 0.0;
                    round(old + left, 0.01)
                }
                Motion::Walk { step, unit } => round((old + step * dice.normal()).max(unit), unit),
                Motion::Load { decay } => {
                    let goal = 4.0 * self.load + 0.5 * dice.normal();
                    round((old * decay + goal * (1.0 - decay)).max(0.0), 0.01)
                }
                Motion::Rare { chance } => old + f64::from(u8::from(dice.unit() < chance)),
            };
        }
    }
}

/// The double closest to a multiple of `unit`, as an exporter prints it.
fn round(value: f64, unit: f64) -> f64 {
    if unit < 1.0 {
        (value / unit).round() / (1.0 / unit).round()
    } else {
        (value / unit).round() * unit
    }
}

/// Calls `with` with the views of `series`.
pub fn viewed<R>(series: &[Series], with: impl FnOnce(&[SeriesView<'_>]) -> R) -> R {
    let labels: Vec<Vec<(&str, &str)>> = series.iter().map(|s| s.labels.iter().collect()).collect();
    let views: Vec<SeriesView<'_>> = series
        .iter()
        .zip(&labels)
        .map(|(series, labels)| SeriesView {
            id: series.id(),
            labels,
            samples: &series.samples,
        })
        .collect();
    with(&views)
}
