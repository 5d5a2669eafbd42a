//! Prints the OpenAPI document, for validators that are no Rust:
//! `cargo run -q -p serve-api --example openapi | python -m openapi_spec_validator -`

fn main() {
    println!(
        "{:#}",
        serve_api::openapi::document("https://toban.example")
    );
}
