//! Who must be told what, now or later, and why?

fn main() {}
