//! Did it reach the receiver?

fn main() {}
