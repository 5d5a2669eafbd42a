//! What do these samples say, and did a rule change state?

fn main() {}
