//! Debian's vmagent, which scrapes beats and sends them by remote write 1.0.

use serde_json::json;
use toban_tests::beats::BeatTarget;
use toban_tests::{Client, Folder, Process, Stack, Tenant, free_address};

use crate::{Outcome, Sender, wait_until_stored};

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
        "global": {"scrape_interval": "1s"},
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
        // What it can't send before its end waits on disk for the next start, which there is none of.
        let last = self.target.scrapes() - 1;
        wait_until_stored(&self.tenant, self.metric(), last);
        self.process.stop();
        Outcome {
            last,
            given_up: [].into(),
        }
    }
}
