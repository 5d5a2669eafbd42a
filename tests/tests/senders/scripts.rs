//! Senders that are libraries, each in a script that says what became of each beat.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toban_tests::{Client, Folder, Process, Stack, Tenant};

use crate::{Outcome, Sender};

struct Script {
    name: &'static str,
    tenant: Tenant,
    process: Process,
    _folder: Folder,
}

pub fn otlp_python(stack: &Stack) -> Result<Box<dyn Sender>, String> {
    let client = Client::find("python-sdk")?;
    Ok(start(
        stack,
        "otlp-python",
        &client,
        "otlp_python.py",
        "/v1/metrics",
    ))
}

pub fn otlp_node(stack: &Stack) -> Result<Box<dyn Sender>, String> {
    let client = Client::find("node-sdk")?;
    Ok(start(
        stack,
        "otlp-node",
        &client,
        "otlp_node.js",
        "/v1/metrics",
    ))
}

pub fn influx_python(stack: &Stack) -> Result<Box<dyn Sender>, String> {
    let client = Client::find("python-sdk")?;
    Ok(start(
        stack,
        "influx-python",
        &client,
        "influx_python.py",
        "",
    ))
}

fn start(
    stack: &Stack,
    name: &'static str,
    client: &Client,
    file: &str,
    path: &str,
) -> Box<dyn Sender> {
    let tenant = stack.new_tenant(name);
    let folder = Folder::new(name);
    let arguments = [
        script(file).display().to_string(),
        format!("{}{path}", tenant.api_url()),
        tenant.token("ingest").to_owned(),
    ];
    let variables = [("NODE_PATH", client.libraries.as_str())];
    let log = folder.join("log");
    let process = Process::start_with(&client.path, &arguments, &variables, &log);
    Box::new(Script {
        name,
        tenant,
        process,
        _folder: folder,
    })
}

fn script(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/senders")
        .join(file)
}

impl Sender for Script {
    fn name(&self) -> &'static str {
        self.name
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn end(&mut self) -> Outcome {
        self.process.must_live();
        self.process.stop();
        let said = self.process.said();
        let beats = |word: &str| -> BTreeSet<u64> {
            let lines = said.lines().filter_map(|line| line.strip_prefix(word));
            lines.filter_map(|beat| beat.trim().parse().ok()).collect()
        };
        let (taken, mut given_up) = (beats("taken"), beats("given-up"));
        let last = taken
            .iter()
            .chain(&given_up)
            .max()
            .copied()
            .unwrap_or_default();
        // What it never said anything of was still on its way when it ended.
        given_up.extend((0..=last).filter(|beat| !taken.contains(beat)));
        Outcome { last, given_up }
    }
}
