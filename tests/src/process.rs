use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait_for;

/// A folder of one test's client; it stays when the test fails.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new one.
    ///
    /// # Panics
    /// When there is no place for it.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn new(purpose: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("toban-{purpose}-{}-{nth}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder can be made for the client");
        Self(path)
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what the client left is in {}", self.0.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A client's process; it ends with its test.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it says goes to `log`.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start(program: &Path, arguments: &[String], log: &Path) -> Self {
        Self::start_with(program, arguments, &[], log)
    }

    /// The same with variables in its environment, which is empty otherwise.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn start_with(
        program: &Path,
        arguments: &[String],
        variables: &[(&str, &str)],
        log: &Path,
    ) -> Self {
        let output = std::fs::File::create(log).expect("a log can be written");
        let errors = output.try_clone().expect("a log can be written");
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("the client starts");
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Fails the test where the process has ended.
    ///
    /// # Panics
    /// When it has; with its last words.
    pub fn must_live(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            panic!("the client ended ({status}): {said}");
        }
    }

    /// What it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end and waits until it did.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&mut self) {
        // Not waited for yet, so that its number can be no other's.
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        wait_for("the client's end", 150, || {
            self.child.try_wait().ok().flatten()
        });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback that nobody listens at now.
///
/// # Panics
/// When there is none.
#[must_use]
#[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    address.to_string()
}
