//! What does the configuration file say? TOML; a word that is not known is an error, not a setting that
//! silently does nothing.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::filter::Selector;

/// The file as it is written; times and sizes are checked where they are used.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationFile {
    /// This host's name.
    pub host: Option<String>,
    /// Between two looks.
    pub interval: Option<String>,
    /// Between two flushes, of every destination that says nothing else.
    pub flush: Option<String>,
    /// What may wait in memory, for each destination.
    pub queue_bytes: Option<u64>,
    /// Where what waits survives a restart.
    pub state_directory: Option<PathBuf>,
    /// What may wait on disk, for each destination.
    pub spool_bytes: Option<u64>,
    /// Names or patterns of systemd units.
    #[serde(default)]
    pub units: Vec<String>,
    /// Groups of processes.
    #[serde(default)]
    pub process: Vec<ProcessEntry>,
    /// Where to report.
    #[serde(default)]
    pub destination: Vec<DestinationEntry>,
}

/// `[[process]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessEntry {
    /// The label `groupname`.
    pub name: String,
    /// Exact names; the group's own name when neither this nor `cmdline` is given.
    #[serde(default)]
    pub comm: Vec<String>,
    /// A regular expression, found anywhere in the command line.
    pub cmdline: Option<String>,
}

/// `[[destination]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationEntry {
    /// Names the spool and the label `destination`.
    pub name: String,
    /// The service's address.
    pub url: String,
    /// A file with the token.
    pub token_file: PathBuf,
    /// PEM certificates to trust instead of Mozilla's list.
    pub ca_file: Option<PathBuf>,
    /// Whether the token may travel unencrypted.
    #[serde(default)]
    pub plain_http: bool,
    /// Between two samples.
    pub interval: Option<String>,
    /// Between two flushes.
    pub flush: Option<String>,
    /// What goes there; everything when empty.
    #[serde(default)]
    pub keep: Vec<Selector>,
    /// What does not.
    #[serde(default)]
    pub drop: Vec<Selector>,
    /// Remote write `1.0` or `2.0`.
    pub protocol: Option<String>,
    /// Whether to ask for thresholds; no where it is not a Toban.
    pub thresholds: Option<bool>,
}

impl ConfigurationFile {
    /// Reads the file; the error names the line.
    pub fn read(path: &Path) -> Result<Self, String> {
        let said = |problem: String| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| said(error.to_string()))?;
        toml::from_str(&text).map_err(|error| said(error.to_string()))
    }
}
