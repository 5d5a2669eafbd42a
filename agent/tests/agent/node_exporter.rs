//! Does the agent say what node_exporter says? Both look at this machine, and at the fixtures, at once.
//!
//! The real program is Debian's package, unpacked without root. Where it can't be had the tests say so.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use toban_agent::host::{Host, stat_filesystem};

/// The agent's own choice of places, in node_exporter's words (see the decision record).
const PLACES: &str = "^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";

fn program() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.toban/tools");
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node-exporter");
    let name = "usr/bin/prometheus-node-exporter";
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&on_path)
        .map(|directory| directory.join("prometheus-node-exporter"))
        .collect();
    places.push(tools.join(name));
    places.push(tools.join("prometheus-node-exporter").join(name));
    places.push(fetched.join(name));
    if let Some(place) = places.iter().find(|place| place.exists()) {
        return Some(place.clone());
    }
    std::fs::create_dir_all(&fetched).unwrap();
    let fetch =
        "apt-get download -qq prometheus-node-exporter && dpkg -x prometheus-node-exporter_*.deb .";
    let fetch = Command::new("sh")
        .args(["-c", fetch])
        .current_dir(&fetched)
        .output();
    let done = fetch.is_ok_and(|output| output.status.success());
    done.then(|| fetched.join(name))
        .filter(|place| place.exists())
}

struct Exporter {
    process: Child,
    port: u16,
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Exporter {
    /// None, said loudly, where the program can't be had.
    fn start(proc_root: &str, sys_root: &str) -> Option<Self> {
        let Some(program) = program() else {
            // Straight to stderr: what the macros print is shown for failures only.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: comparing with node_exporter. It is not on PATH, not in .toban/tools, and apt-get can't fetch it."
            );
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program)
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--collector.processes")
            .arg(format!("--path.procfs={proc_root}"))
            .arg(format!("--path.sysfs={sys_root}"))
            .arg(format!("--collector.filesystem.mount-points-exclude={PLACES}"))
            .arg("--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$")
            .arg("--collector.netdev.device-exclude=^(lo|veth.*)$")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { process, port })
    }

    fn values(&self) -> BTreeMap<String, f64> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(text) = self.scrape() {
                return parsed(&text);
            }
            assert!(Instant::now() < deadline, "node_exporter did not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn scrape(&self) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream
            .write_all(b"GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n")
            .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        text.starts_with("HTTP/1.0 200").then_some(text)
    }
}

/// `name{labels}` to value, whatever comes after the value.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let end = line
            .rfind('}')
            .map_or_else(|| line.find(' '), |at| Some(at + 1))?;
        let value = line[end..].split_whitespace().next()?.parse().ok()?;
        Some((line[..end].to_owned(), value))
    };
    text.lines()
        .filter(|l| l.starts_with("node_"))
        .filter_map(line)
        .collect()
}

/// What the agent says, with its own two labels taken off.
fn agent_values(host: &mut Host) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for (labels, value) in host.collect("h", 1_000).values {
        let plain = labels.filtered(|name| !matches!(name, "instance" | "job"));
        if plain.metric_name().starts_with("node_") {
            let pairs: Vec<String> = plain
                .iter()
                .filter(|(name, _)| *name != "__name__")
                .map(|(name, value)| format!("{name}=\"{}\"", value.replace('\\', "\\\\")))
                .collect();
            let labels = if pairs.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", pairs.join(","))
            };
            values.insert(format!("{}{labels}", plain.metric_name()), value);
        }
    }
    values
}

#[test]
fn every_series_of_this_machine_is_one_of_node_exporters_with_its_value() {
    let Some(exporter) = Exporter::start("/proc", "/sys") else {
        return;
    };
    exporter.values();
    // The machine goes on meanwhile: what the agent sees lies between what was before and after.
    let mut host = Host::of_this_machine();
    let before = exporter.values();
    let agent = agent_values(&mut host);
    let after = exporter.values();

    let mut wrong = Vec::new();
    for (series, value) in &agent {
        let (Some(low), Some(high)) = (before.get(series), after.get(series)) else {
            // One that came or went in between is in neither or one; all others are in both.
            wrong.push(format!("{series} is not node_exporter's"));
            continue;
        };
        let moving =
            series.starts_with("node_time_") || series.starts_with("node_processes_threads");
        let (low, high) = (low.min(*high), low.max(*high));
        let slack = slack(series, high);
        if !moving && !(low - slack..=high + slack).contains(value) {
            wrong.push(format!("{series} is {value}, not from {low} to {high}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agent.len() > 70, "{} series", agent.len());
    assert_nothing_is_missing(&agent, &before);
}

/// What may differ although both are right: gauges move, and the two read /proc at other moments.
fn slack(series: &str, value: f64) -> f64 {
    let moves = [
        "node_memory_",
        "node_filesystem_",
        "node_load",
        "node_filefd_",
        "node_procs",
        "node_processes_",
        "node_disk_io_now",
    ];
    let is_gauge = moves.iter().any(|prefix| series.starts_with(prefix));
    match series {
        _ if series.starts_with("node_memory_") => 512e6,
        _ if series.starts_with("node_filesystem_") => value * 0.02,
        _ if is_gauge => value * 0.3 + 20.0,
        // Thousandths are divided here and multiplied there: the last bit differs.
        _ => value * 1e-12,
    }
}

/// Whatever family the agent reports it reports whole: each device, CPU, mode and mount of node_exporter's.
fn assert_nothing_is_missing(agent: &BTreeMap<String, f64>, exporter: &BTreeMap<String, f64>) {
    let family = |series: &str| series.split('{').next().unwrap_or_default().to_owned();
    let families: std::collections::BTreeSet<String> = agent.keys().map(|s| family(s)).collect();
    let missing: Vec<&String> = exporter
        .keys()
        .filter(|series| families.contains(&family(series)) && !agent.contains_key(*series))
        .filter(|series| {
            !series.starts_with("node_scrape_") && *series != "node_network_up{device=\"lo\"}"
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_fixtures_mean_to_node_exporter_what_they_mean_to_the_agent() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (proc_root, sys_root) = (fixtures.join("proc"), fixtures.join("sys"));
    let Some(exporter) = Exporter::start(proc_root.to_str().unwrap(), sys_root.to_str().unwrap())
    else {
        return;
    };
    let theirs = exporter.values();
    let ours = agent_values(&mut Host::new(&proc_root, &sys_root, 100, stat_filesystem));

    // These node_exporter asks the running kernel for, whatever files it is pointed at.
    let from_the_kernel = [
        "node_network_",
        "node_filesystem_",
        "node_uname_",
        "node_time_",
        "node_processes_",
        "node_scrape_",
    ];
    let mut compared = 0;
    for (series, value) in &ours {
        if from_the_kernel
            .iter()
            .any(|prefix| series.starts_with(prefix))
        {
            continue;
        }
        assert_eq!(theirs.get(series), Some(value), "{series}");
        compared += 1;
    }
    assert!(compared > 60, "{compared}");
}
