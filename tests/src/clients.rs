use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A real client that `infra/clients/get.py` got.
#[derive(Debug, Clone, Deserialize)]
pub struct Client {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself.
    pub version: String,
    /// Where its shared libraries are, or its modules; empty where it needs none.
    #[serde(default)]
    pub libraries: String,
}

#[derive(Deserialize)]
struct Manifest {
    programs: BTreeMap<String, Client>,
    missing: BTreeMap<String, String>,
}

impl Client {
    /// The client of this name, or why there is none.
    ///
    /// # Errors
    /// A text for the person who runs the tests.
    pub fn find(name: &str) -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = root.join("../.toban/clients/clients.json");
        let text = std::fs::read_to_string(manifest).map_err(|_| {
            format!("no {name}; `make test` or infra/clients/get.py .toban/clients gets it")
        })?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| format!("clients.json: {error}"))?;
        let found = manifest.programs.get(name).cloned();
        found.ok_or_else(|| format!("no {name}: {:?}", manifest.missing))
    }
}

/// A real client, or an early return that says why nothing was tested.
#[macro_export]
macro_rules! client_or_skip {
    ($name:literal) => {
        match $crate::Client::find($name) {
            Ok(client) => client,
            Err(reason) => {
                eprintln!("SKIPPED: {reason}");
                return;
            }
        }
    };
}
