//! Processor time for each sample taken, of three receivers that are fed with the same bodies in turn.

use std::path::Path;

use access::{Holder, HolderKind, Role, Token};
use jiff::Timestamp;
use serde_json::{Value, json};
use state_table::tokens::StoredToken;

use crate::bodies::{Bodies, Body, Shape};
use crate::peer::Peer;
use crate::process::Process;
use crate::runtime_api::{self, Function};
use crate::support::World;

/// The first round warms up and is not counted.
const ROUNDS: usize = 1 + 11;

struct Receivers<'f> {
    function: &'f mut Function,
    victoria: Peer,
    prometheus: Peer,
}

/// Tables in which the sender of the recorded event is known.
pub async fn world() -> World {
    let world = World::new().await;
    let token = Token::parse(&runtime_api::token()).unwrap();
    let holder = Holder::new("prometheus", HolderKind::Machine).unwrap();
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let stored = StoredToken::new(&token, Role::Ingest, holder, None, now);
    let mut item = serde_json::to_value(stored).unwrap();
    item["pk"] = json!(format!("{}#token", token.tenant));
    item["sk"] = json!(token.id.as_str());
    item["kind"] = json!("token");
    item["v"] = json!(1);
    world.put("state", item).await;
    // As fast as it can, which is more than a tenant may send unless somebody lets it.
    let quotas = json!({
        "pk": format!("{}#quotas", token.tenant), "sk": "quotas", "version": 1,
        "quotas": { "samples_per_sec": 100_000_000 },
    });
    world.put("state", quotas).await;
    world
}

pub async fn measure(function: &str, prometheus: &str, victoria: &str, folder: &Path) -> Value {
    let world = world().await;
    let mut function = Function::start(function, &world).await;
    let mut found = json!({});
    for (name, shape, bodies_per_round) in [
        ("mixed", Shape::mixed(2_000), 200),
        ("agent", Shape::AGENT, 100),
    ] {
        // A Prometheus takes nothing that is long before what it has: each shape needs fresh ones.
        let folder = folder.join(name);
        let mut receivers = Receivers {
            function: &mut function,
            victoria: Peer::victoria_metrics(victoria, &folder).await,
            prometheus: Peer::prometheus(prometheus, &folder).await,
        };
        found[name] = rounds(&mut receivers, shape, bodies_per_round).await;
        found[name]["peak_rss_kb"] = json!({
            "ingest-metrics": receivers.function.process.peak_rss_kb(),
            "victoria-metrics": receivers.victoria.process.peak_rss_kb(),
            "prometheus": receivers.prometheus.process.peak_rss_kb(),
        });
    }
    found
}

/// Has so many mixed bodies taken by the function alone.
pub async fn feed(function: &str, series: usize, bodies: usize) -> Value {
    let world = world().await;
    let mut function = Function::start(function, &world).await;
    let mut samples = 0;
    for body in Bodies::until_now(Shape::mixed(series), bodies).take(bodies) {
        samples += body.samples;
        function.take(&body.bytes, false).await;
    }
    json!({ "samples": samples })
}

/// Microseconds a sample, a number for each round.
async fn rounds(receivers: &mut Receivers<'_>, shape: Shape, bodies_per_round: usize) -> Value {
    let mut bodies = Bodies::until_now(shape, ROUNDS * bodies_per_round);
    let (mut own, mut victoria, mut prometheus) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bytes, mut samples) = (0, 0);
    for _ in 0..ROUNDS {
        let round: Vec<Body> = bodies.by_ref().take(bodies_per_round).collect();
        bytes = round.iter().map(|body| body.bytes.len()).sum::<usize>() / round.len();
        samples = round.iter().map(|body| body.samples).sum::<usize>() / round.len();
        let spent = |process: &Process, before: std::time::Duration| {
            (process.processor_time() - before).as_secs_f64() * 1e6 / (samples * round.len()) as f64
        };
        let before = receivers.function.process.processor_time();
        for body in &round {
            receivers
                .function
                .take(&body.bytes, shape.is_of_agent())
                .await;
        }
        own.push(spent(&receivers.function.process, before));
        let before = receivers.victoria.process.processor_time();
        for body in &round {
            receivers.victoria.take(&body.bytes).await;
        }
        victoria.push(spent(&receivers.victoria.process, before));
        let before = receivers.prometheus.process.processor_time();
        for body in &round {
            receivers.prometheus.take(&body.bytes).await;
        }
        prometheus.push(spent(&receivers.prometheus.process, before));
    }
    json!({
        "bodies": (ROUNDS - 1) * bodies_per_round,
        "body_bytes": bytes,
        "samples": samples,
        "ingest-metrics": &own[1..],
        "victoria-metrics": &victoria[1..],
        "prometheus": &prometheus[1..],
    })
}
