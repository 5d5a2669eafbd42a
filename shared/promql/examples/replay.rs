//! Replays a corpus that `tests/promql/record.py` recorded: `cargo run -p promql --example replay -- FILE`.
//! Prints what differs and ends with 1 if anything does.

#[path = "../tests/replay/mod.rs"]
mod replay;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: replay FILE");
        return ExitCode::from(2);
    };
    let outcome = replay::replay(&path);
    for mismatch in &outcome.mismatches {
        println!("{mismatch}");
    }
    println!("{outcome}");
    ExitCode::from(u8::from(!outcome.mismatches.is_empty()))
}
