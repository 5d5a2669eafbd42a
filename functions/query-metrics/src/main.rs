//! What were the values?

fn main() {}
