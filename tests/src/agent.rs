use std::path::{Path, PathBuf};

use crate::Tenant;
use crate::process::{Folder, Process};

/// The real agent, reporting this machine; it ends with its test.
#[derive(Debug)]
pub struct Agent {
    process: Process,
    folder: Folder,
}

impl Agent {
    /// Reports to a tenant, with `configuration` and the destination's `more` in TOML.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start(tenant: &Tenant, configuration: &str, more: &str) -> Self {
        let folder = Folder::new("agent");
        let token = folder.join("token");
        std::fs::write(&token, tenant.token("ingest")).expect("a token can be written");
        let (url, state) = (tenant.api_url(), folder.join("state"));
        let text = format!(
            "host = 'h'\nstate_directory = {state:?}\n{configuration}\n\
             [[destination]]\nname = 'toban'\nurl = '{url}'\ntoken_file = {token:?}\n{more}\n"
        );
        let file = folder.join("agent.toml");
        std::fs::write(&file, text).expect("a configuration can be written");
        let arguments = ["--config".to_owned(), file.display().to_string()];
        let process = Process::start(&program(), &arguments, &folder.join("log"));
        Self { process, folder }
    }

    /// Whether it has been told the tenant's thresholds.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn knows_thresholds(&mut self) -> bool {
        self.process.must_live();
        self.folder.join("state/toban/thresholds.json").exists()
    }

    /// Asks it to end and waits until it did.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}

/// Beside the tests: whoever builds the stack builds every binary of the workspace.
#[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its path");
    let folder = test.parent().and_then(Path::parent);
    folder
        .expect("tests are in target/debug/deps")
        .join("toban-agent")
}
