//! Lambda's Runtime API, as far as a function needs it: one event after the other.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::process::Process;
use crate::support::wire::{read_message, write_message};
use crate::support::{PUBLIC_URL, World};

const EVENT: &str = include_str!("../../../../events/http-api/remote-write.json");

/// A function that runs, and the events it works on.
pub struct Function {
    pub process: Process,
    events: UnboundedSender<Vec<u8>>,
    answers: UnboundedReceiver<Value>,
}

impl Function {
    /// Starts a bootstrap on the tables of `world`.
    pub async fn start(bootstrap: &str, world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, waiting) = unbounded_channel();
        let (sender, answers) = unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&waiting), sender.clone()));
            }
        });
        Self {
            process: Process::start(bootstrap, &[], &variables(address, world)),
            events,
            answers,
        }
    }

    /// What the function answers to an event.
    pub async fn invoke(&mut self, event: Vec<u8>) -> Value {
        self.events.send(event).unwrap();
        self.answers.recv().await.unwrap()
    }

    /// Has a body taken, whole.
    pub async fn take(&mut self, body: &[u8], is_of_agent: bool) {
        let answer = self.invoke(event(body, is_of_agent)).await;
        assert_eq!(answer["statusCode"], 204, "{answer}");
    }
}

fn variables(address: String, world: &World) -> Vec<(&'static str, String)> {
    let fixed = [
        ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("STATE_TABLE", "state"),
        ("SAMPLES_TABLE", "samples"),
        ("PUBLIC_URL", PUBLIC_URL),
    ];
    let mut variables: Vec<(&str, String)> =
        fixed.map(|(name, value)| (name, value.to_owned())).into();
    variables.push(("AWS_LAMBDA_RUNTIME_API", address));
    variables.push(("AWS_ENDPOINT_URL", world.engine_url.clone()));
    variables.push(("ALERTS_QUEUE_URL", world.queue.url.clone()));
    variables
}

/// The recorded event with this body; of an agent, with its two headers.
pub fn event(body: &[u8], is_of_agent: bool) -> Vec<u8> {
    use base64::Engine as _;
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["body"] = json!(base64::engine::general_purpose::STANDARD.encode(body));
    event["headers"]["content-length"] = json!(body.len().to_string());
    if is_of_agent {
        event["headers"]["x-toban-host"] = json!("web-1.example.com");
        event["headers"]["x-toban-flush"] = json!("complete");
    }
    serde_json::to_vec(&event).unwrap()
}

/// The token that the recorded event shows.
pub fn token() -> String {
    let event: Value = serde_json::from_str(EVENT).unwrap();
    let header = event["headers"]["authorization"].as_str().unwrap();
    header.trim_start_matches("Bearer ").to_owned()
}

async fn serve(
    mut client: TcpStream,
    waiting: Arc<Mutex<UnboundedReceiver<Vec<u8>>>>,
    answers: UnboundedSender<Value>,
) -> Option<()> {
    client.set_nodelay(true).ok()?;
    loop {
        let (head, body) = read_message(&mut client).await?;
        let path = head.split(' ').nth(1)?;
        if path.ends_with("/invocation/next") {
            let event = waiting.lock().await.recv().await?;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                lambda-runtime-deadline-ms: 4000000000000\r\n\
                lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:measured";
            write_message(&mut client, head, &event).await?;
            continue;
        }
        write_message(&mut client, "HTTP/1.1 202 Accepted", b"").await?;
        if path.ends_with("/response") || path.ends_with("/error") {
            let answer = serde_json::from_slice(&body).unwrap_or_default();
            answers.send(answer).ok()?;
        }
    }
}
