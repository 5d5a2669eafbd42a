//! Who went silent?

fn main() {}
