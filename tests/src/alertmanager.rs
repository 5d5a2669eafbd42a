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

impl Alertmanager {
    /// Starts it, and waits until it answers.
    ///
    /// Debian's reads its default templates from `/usr/share`, where a package that was only unpacked has put nothing: it
    /// runs with a `/usr/share` of its own.
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
        let package = client.path.ancestors().nth(2).unwrap_or(Path::new("/"));
        let share = package.join("share");
        let mount =
            "mount -t overlay overlay -o lowerdir=\"$0\":/usr/share /usr/share && exec \"$@\"";
        let arguments = [
            "--user".to_owned(),
            "--map-root-user".to_owned(),
            "--mount".to_owned(),
            "sh".to_owned(),
            "-c".to_owned(),
            mount.to_owned(),
            share.display().to_string(),
            client.path.display().to_string(),
            format!("--config.file={}", file.display()),
            format!("--storage.path={}", folder.join("data").display()),
            format!("--web.listen-address={address}"),
            "--cluster.listen-address=".to_owned(),
        ];
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
