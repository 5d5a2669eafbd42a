use std::path::Path;

use crate::{Client, Folder, Process, free_address, http, wait_for};

/// A real Alertmanager with a configuration of the test's.
#[derive(Debug)]
pub struct Alertmanager {
    /// Where its API is, `/api/v2` included.
    pub api: String,
    process: Process,
    _folder: Folder,
}

/// Arguments of `unshare` that run a client with a `/usr/share` of its own: Debian's reads its default templates from
/// there, where a package that was only unpacked has put nothing.
#[must_use]
pub fn with_share_of(client: &Client) -> Vec<String> {
    let package = client.path.ancestors().nth(2).unwrap_or(Path::new("/"));
    let mount = "mount -t overlay overlay -o lowerdir=\"$0\":/usr/share /usr/share && exec \"$@\"";
    let share = package.join("share").display().to_string();
    let program = client.path.display().to_string();
    let fixed = ["--user", "--map-root-user", "--mount", "sh", "-c", mount];
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed.chain([share, program]).collect()
}

impl Alertmanager {
    /// Starts it, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start(client: &Client, config: &str) -> Self {
        let folder = Folder::new("alertmanager");
        let file = folder.join("alertmanager.yml");
        std::fs::write(&file, config).expect("a configuration can be written");
        let address = free_address();
        let mut arguments = with_share_of(client);
        arguments.extend([
            format!("--config.file={}", file.display()),
            format!("--storage.path={}", folder.join("data").display()),
            format!("--web.listen-address={address}"),
            "--cluster.listen-address=".to_owned(),
        ]);
        let path = [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")];
        let log = folder.join("log");
        let mut process =
            Process::start_with(Path::new("/usr/bin/unshare"), &arguments, &path, &log);
        let api = format!("http://{address}/api/v2");
        wait_for("Alertmanager", 30, || {
            process.must_live();
            http::send("GET", &format!("{api}/status"), &[], b"").ok()
        });
        Self {
            api,
            process,
            _folder: folder,
        }
    }

    /// Fails the test where it has ended.
    ///
    /// # Panics
    /// When it has; with its last words.
    pub fn must_live(&mut self) {
        self.process.must_live();
    }
}
