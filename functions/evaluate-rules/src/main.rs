//! Which rules that span hosts changed state?

fn main() {}
