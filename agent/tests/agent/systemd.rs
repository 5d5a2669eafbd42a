//! systemd units, as a manager says them; and a manager that says nothing.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::directory::Directory;
use crate::program::text;

/// One look, with this script in systemctl's place.
fn look(directory: &Directory, script: &str) -> Output {
    let program = directory.file("systemctl", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = directory.file("agent.toml", "units = ['nginx.service', 'data-*.mount']\n");
    Command::new(env!("CARGO_BIN_EXE_toban-agent"))
        .env_clear()
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", directory.path().display()),
        )
        .args([
            "once",
            "--print",
            "--host",
            "h",
            "--config",
            config.to_str().unwrap(),
        ])
        .output()
        .unwrap()
}

const SUCCESS: &str =
    r#"node_scrape_collector_success{collector="systemd",instance="h",job="toban-agent"}"#;

#[test]
fn a_unit_is_in_one_of_five_states() {
    let directory = Directory::new();
    let answer = "[ \"$1 $5 $6\" = 'show nginx.service data-*.mount' ] || exit 1\n\
        printf 'Type=notify\\nId=nginx.service\\nActiveState=active\\n\\nId=data-a.mount\\nActiveState=failed\\n'";
    let output = look(&directory, answer);
    let shown = text(&output.stdout);
    let value = |unit: &str, kind: &str, state: &str| {
        let line = format!(
            "node_systemd_unit_state{{instance=\"h\",job=\"toban-agent\",name=\"{unit}\",state=\"{state}\"{kind}}} "
        );
        shown
            .lines()
            .find_map(|one| one.strip_prefix(&line)?.split(' ').next())
            .unwrap_or("none")
    };
    let states = ["activating", "active", "deactivating", "failed", "inactive"];
    let nginx = states.map(|state| value("nginx.service", ",type=\"notify\"", state));
    assert_eq!(nginx, ["0", "1", "0", "0", "0"], "{shown}");
    let mount = states.map(|state| value("data-a.mount", "", state));
    assert_eq!(mount, ["0", "0", "0", "1", "0"]);
    assert!(shown.contains(&format!("{SUCCESS} 1 ")));
}

#[test]
fn a_manager_that_fails_or_hangs_hides_nothing_else() {
    for script in ["exit 1", "exec sleep 60"] {
        let directory = Directory::new();
        let before = Instant::now();
        let output = look(&directory, script);
        assert!(before.elapsed() < Duration::from_secs(10), "{script}");
        let shown = text(&output.stdout);
        assert!(shown.contains(&format!("{SUCCESS} 0 ")), "{shown}");
        assert!(shown.contains("node_load1{") && !shown.contains("node_systemd"));
    }
}

#[test]
fn the_unit_is_one_that_systemd_understands() {
    let unit = include_str!("../../toban-agent.service");
    let unit = unit.replace("/usr/bin/toban-agent", env!("CARGO_BIN_EXE_toban-agent"));
    let directory = Directory::new();
    let verify = |unit: &str| {
        let file = directory.file("toban-agent.service", unit);
        let verified = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(file)
            .output();
        verified.ok().map(|output| text(&output.stderr))
    };
    let Some(said) = verify(&unit) else {
        eprintln!("SKIPPED: the unit. There is no systemd-analyze here.");
        return;
    };
    assert_eq!(said, "");
    let misspelt = unit.replace("NoNewPrivileges", "NoNewPriviliges");
    assert!(verify(&misspelt).is_some_and(|said| said.contains("NoNewPriviliges")));
}
