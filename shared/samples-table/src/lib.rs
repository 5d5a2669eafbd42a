//! Where do chunks live?
