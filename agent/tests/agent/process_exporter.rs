//! Does the agent say of named processes what process-exporter says?

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::directory::Directory;
use crate::program::{text, wait_for};

fn program() -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process-exporter");
    let program = fetched.join("usr/bin/prometheus-process-exporter");
    if !program.exists() {
        std::fs::create_dir_all(&fetched).unwrap();
        let fetch = "apt-get download -qq prometheus-process-exporter && dpkg -x prometheus-process-exporter_*.deb .";
        let _ = Command::new("sh")
            .args(["-c", fetch])
            .current_dir(&fetched)
            .output();
    }
    let found = program.exists();
    if !found {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: comparing with process-exporter. apt-get can't fetch it."
        );
    }
    found.then_some(program)
}

fn scrape(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.contains("namedprocess_namegroup_num_procs{")
        .then_some(text)
}

/// By metric and labels, without the agent's own two labels and times.
fn values(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let (series, rest) = line.split_once("} ")?;
        let series = series.replace(",instance=\"h\",job=\"toban-agent\"", "");
        Some((series, rest.split(' ').next()?.parse().ok()?))
    };
    let ours = |line: &&str| line.starts_with("namedprocess_namegroup_");
    text.lines().filter(ours).filter_map(line).collect()
}

#[test]
fn named_processes_have_process_exporters_names_and_values() {
    let Some(program) = program() else { return };
    let directory = Directory::new();
    let sleeper = directory.path().join("toban-sleeper");
    std::fs::copy("/bin/sleep", &sleeper).unwrap();
    let mut sleepers: Vec<_> = (0..3)
        .map(|n| Command::new(&sleeper).arg(format!("6{n}")).spawn().unwrap())
        .collect();
    let yaml = "process_names:\n  - name: last\n    comm: [toban-sleeper]\n    cmdline: ['sleeper 62']\n  - name: toban-sleeper\n    comm: [toban-sleeper]\n";
    let yaml = directory.file("names.yml", yaml);
    let toml = "[[process]]\nname = 'last'\ncomm = ['toban-sleeper']\ncmdline = 'sleeper 62'\n[[process]]\nname = 'toban-sleeper'\n";
    let toml = directory.file("agent.toml", toml);

    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut exporter = Command::new(program)
        .arg(format!("-web.listen-address=127.0.0.1:{port}"))
        .args(["-config.path", yaml.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    wait_for("process-exporter", || scrape(port).is_some());
    let theirs = values(&scrape(port).unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_toban-agent"))
        .env_clear()
        .args([
            "once",
            "--print",
            "--host",
            "h",
            "--config",
            toml.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    let ours = values(&text(&output.stdout));
    for child in sleepers.iter_mut().chain([&mut exporter]) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    assert_eq!(ours.len(), 14, "{ours:?}");
    assert_eq!(
        ours["namedprocess_namegroup_num_procs{groupname=\"toban-sleeper\""],
        2.0
    );
    for (series, value) in &ours {
        let their_value = theirs.get(series).copied();
        // What each saw being used since it was started: nothing.
        let close = their_value.is_some_and(|theirs| (theirs - value).abs() <= 1.0);
        assert!(
            close,
            "{series} is {value}, process-exporter says {their_value:?}\n{theirs:?}"
        );
    }
}
