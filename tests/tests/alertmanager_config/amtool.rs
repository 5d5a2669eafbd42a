use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use toban_tests::{Client, Folder};

/// A real `amtool`, and a folder for what it reads.
pub struct Amtool {
    program: PathBuf,
    folder: Folder,
    next: AtomicUsize,
}

/// What it makes of a configuration.
#[derive(Debug)]
pub struct Verdict {
    pub taken: bool,
    pub said: String,
}

impl Amtool {
    pub fn new(client: &Client, purpose: &str) -> Self {
        Self {
            program: client.path.clone(),
            folder: Folder::new(&format!("amtool-{purpose}")),
            next: AtomicUsize::new(0),
        }
    }

    pub fn file(&self, text: &str) -> PathBuf {
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.join(&format!("{nth}.yml"));
        std::fs::write(&file, text).unwrap();
        file
    }

    fn run(&self, arguments: &[&str], file: Option<&Path>) -> (bool, String, String) {
        let mut command = Command::new(&self.program);
        let done = command.args(arguments).args(file).output().unwrap();
        let [said, complained] =
            [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (done.status.success(), said, complained)
    }

    /// A crash of it is a refusal, too.
    pub fn check(&self, text: &str) -> Verdict {
        let file = self.file(text);
        let (taken, said, complained) = self.run(&["check-config"], Some(&file));
        std::fs::remove_file(&file).unwrap();
        let said = format!("{said}{complained}");
        Verdict { taken, said }
    }

    /// As it prints them, with commas between.
    pub fn receivers(&self, file: &Path, labels: &[(String, String)]) -> String {
        let file = format!("--config.file={}", file.display());
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                format!("{name}=\"{}\"", value.replace('\n', "\\n"))
            })
            .collect();
        let mut arguments = vec!["config", "routes", "test", &file];
        arguments.extend(labels.iter().map(String::as_str));
        let (succeeded, said, complained) = self.run(&arguments, None);
        assert!(succeeded, "{arguments:?}: {complained}");
        said.trim_end_matches('\n').to_owned()
    }
}

/// What `work` makes of each, in their order, on all cores.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let result = work(item);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
