//! Debian's vmagent, which scrapes beats and sends them by remote write 1.0.

use std::collections::BTreeSet;

use serde_json::json;
use toban_tests::beats::{BeatTarget, Beats};
use toban_tests::{Client, Folder, Process, Stack, Tenant, free_address, now_ms};

use crate::{Outcome, Sender, wait_until};

struct Vmagent {
    tenant: Tenant,
    target: BeatTarget,
    process: Process,
    _folder: Folder,
}

pub fn start(stack: &Stack) -> Result<Box<dyn Sender>, String> {
    let client = Client::find("vmagent")?;
    let tenant = stack.new_tenant("vmagent");
    let target = BeatTarget::start();
    let folder = Folder::new("vmagent");
    let config = json!({
        "global": {"scrape_interval": "2s"},
        "scrape_configs": [{"job_name": "beats", "static_configs": [{"targets": [target.address]}]}],
    });
    let file = folder.join("scrape.yml");
    std::fs::write(&file, config.to_string()).map_err(|error| error.to_string())?;
    let arguments = [
        format!("-promscrape.config={}", file.display()),
        format!("-remoteWrite.url={}/api/v1/write", tenant.api_url()),
        format!("-remoteWrite.bearerToken={}", tenant.token("ingest")),
        format!(
            "-remoteWrite.tmpDataPath={}",
            folder.join("spool").display()
        ),
        format!("-httpListenAddr={}", free_address()),
    ];
    let process = Process::start(&client.path, &arguments, &folder.join("log"));
    Ok(Box::new(Vmagent {
        tenant,
        target,
        process,
        _folder: folder,
    }))
}

impl Sender for Vmagent {
    fn name(&self) -> &'static str {
        "vmagent"
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn end(&mut self) -> Outcome {
        // What it can't send before its end waits on disk for the next start, which there is none of. It
        // sends several bodies at a time, each with its own back-off, so the last one isn't stored last.
        let last = self.target.scrapes() - 1;
        wait_until(&self.tenant, || {
            self.missing(last) == self.failed_scrapes(last)
        });
        self.process.stop();
        Outcome {
            last,
            given_up: self.failed_scrapes(last),
        }
    }
}

impl Vmagent {
    fn missing(&self, last: u64) -> BTreeSet<u64> {
        Beats::stored(&self.tenant, self.metric(), now_ms()).missing(last)
    }

    /// Beats that the target gave and vmagent did not wait for: it says so itself, by `up` being 0 as often.
    fn failed_scrapes(&self, last: u64) -> BTreeSet<u64> {
        let missing = self.missing(last);
        let up = self.tenant.query("up{job=\"beats\"}[10m]", now_ms());
        let values = up[0]["values"].as_array().into_iter().flatten();
        let failed = values.filter(|pair| pair[1] == "0").count();
        if missing.len() == failed {
            missing
        } else {
            BTreeSet::new()
        }
    }
}
