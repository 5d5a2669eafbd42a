//! Who went silent?
