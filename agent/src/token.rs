//! Who is the agent to the service?

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The token, never shown by anything.
pub enum Token {
    /// As given.
    Text(String),
    /// Read for every flush, so that a rotated token acts at once.
    File(PathBuf),
}

impl Token {
    /// The token itself.
    pub(crate) fn read(&self) -> Result<String, String> {
        let token = match self {
            Self::Text(text) => text.clone(),
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("token file {}: {error}", path.display()))?,
        };
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token is empty or has characters a token never has".to_owned());
        }
        Ok(token.to_owned())
    }

    /// What is wrong with how the token is kept, if anything: every user of the host could report in its name.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let Self::File(path) = self else { return None };
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        let shown = path.display();
        (mode & 0o006 != 0).then(|| {
            format!("every user of this host can read or replace the token: chmod o= {shown}")
        })
    }
}
