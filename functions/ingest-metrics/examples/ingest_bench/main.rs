//! What does the release build of this function need, beside what its peers need for the same bodies?
//!
//! `make bench` runs it, and says in `docs/benchmarks.md` what came out. Prints one JSON object.
//!
//! `ingest_bench taken FUNCTION PROMETHEUS VICTORIA-METRICS FOLDER`: processor time for each sample taken, in rounds that
//! alternate, and peak memory. `ingest_bench started FUNCTION EMPTY`: time from the start of the process to its first
//! answer. `ingest_bench fed FUNCTION SERIES BODIES`: nothing but mixed bodies taken, for a profiler that stands before the
//! function. `ingest_bench spent AGENT_US MIXED_US`: what requests cost, at so much processor time a sample.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for measuring, which fails by panics and reads the clock"
)]

mod bodies;
mod peer;
#[path = "../../tests/prices/mod.rs"]
mod prices;
mod process;
mod runtime_api;
mod spent;
mod started;
#[path = "../../tests/support/mod.rs"]
mod support;
mod taken;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = match arguments.as_slice() {
        ["taken", function, prometheus, victoria, folder] => {
            taken::measure(function, prometheus, victoria, folder.as_ref()).await
        }
        ["started", function, empty] => started::measure(function, empty).await,
        ["fed", function, series, bodies] => {
            taken::feed(function, series.parse().unwrap(), bodies.parse().unwrap()).await
        }
        ["spent", agent_us, mixed_us] => {
            spent::table(agent_us.parse().unwrap(), mixed_us.parse().unwrap()).await
        }
        _ => panic!("see the first lines of examples/ingest_bench/main.rs"),
    };
    println!("{found}");
}
