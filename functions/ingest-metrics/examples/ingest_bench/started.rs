//! How long does a process take from its start to its first answer?

use std::time::Instant;

use serde_json::{Value, json};

use crate::bodies::{Bodies, Shape};
use crate::runtime_api::{Function, event};
use crate::taken::world;

const STARTS: usize = 40;

/// Milliseconds of each start, of the function and of one that only reads one item, in turn. The sender is
/// known already, as it mostly is when another instance begins.
pub async fn measure(function: &str, empty: &str) -> Value {
    let world = world().await;
    let mut bodies = Bodies::until_now(Shape::AGENT, STARTS + 1);
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for start in 0..=STARTS {
        let event = event(&bodies.next().unwrap().bytes, true);
        for (program, times) in [(function, &mut own), (empty, &mut others)] {
            let started = Instant::now();
            let mut process = Function::start(program, &world).await;
            let answer = process.invoke(event.clone()).await;
            let took_ms = started.elapsed().as_secs_f64() * 1e3;
            assert_eq!(answer["statusCode"], 204, "{program}: {answer}");
            // The first one fills the file cache, and makes what the others find.
            if start > 0 {
                times.push(took_ms);
            }
        }
    }
    json!({ "ingest-metrics": own, "empty": others })
}
