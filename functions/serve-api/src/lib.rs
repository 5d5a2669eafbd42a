//! Everything else people and the console read and change.
