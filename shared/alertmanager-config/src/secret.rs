use std::fmt;

use serde::{Serialize, Serializer};

const HIDDEN: &str = "<secret>";

/// A text that nobody must read by accident: `Debug`, `Display` and `Serialize` say `<secret>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Stands for a secret that is kept elsewhere.
    #[must_use]
    pub fn hidden() -> Self {
        Self(HIDDEN.to_owned())
    }

    /// Whether this only stands for a secret: it was taken out, or what is shown was given back.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.0 == HIDDEN
    }

    /// The secret itself. Only for the one who needs it, and never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

/// A part of a configuration that has secrets.
pub(crate) trait HasSecrets {
    /// Shows each secret with its path below `path`.
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret));
}

impl<T: HasSecrets> HasSecrets for Option<T> {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        if let Some(part) = self {
            part.visit_secrets(path, visit);
        }
    }
}

impl<T: HasSecrets> HasSecrets for Vec<T> {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        for (at, part) in self.iter_mut().enumerate() {
            part.visit_secrets(&format!("{path}[{at}]"), visit);
        }
    }
}

impl HasSecrets for Secret {
    fn visit_secrets(&mut self, path: &str, visit: &mut dyn FnMut(String, &mut Secret)) {
        visit(path.to_owned(), self);
    }
}
