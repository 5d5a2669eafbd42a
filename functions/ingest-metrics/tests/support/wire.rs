//! A wire between a client and its table: counts what calls cost, refuses them, or loses their answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the wire does to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Answered with 503; the table never sees it.
    Refused,
    /// Done by the table; the client never hears of it.
    AnswerLost,
}

/// One call that reached the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    pub action: String,
    pub table: String,
    pub units: f64,
}

type Decide = Box<dyn FnMut(&str) -> Fault + Send>;

#[derive(Clone)]
pub struct Wire {
    pub url: String,
    spent: Arc<Mutex<Vec<Spent>>>,
    decide: Arc<Mutex<Option<Decide>>>,
}

impl Wire {
    pub async fn to(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            spent: Arc::default(),
            decide: Arc::default(),
        };
        let own = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.carry(client, behind).await });
            }
        });
        wire
    }

    /// From now on `decide` says what happens to a call of an action such as `PutItem`.
    pub fn fail(&self, decide: impl FnMut(&str) -> Fault + Send + 'static) {
        *self.decide.lock().unwrap() = Some(Box::new(decide));
    }

    pub fn heal(&self) {
        *self.decide.lock().unwrap() = None;
    }

    /// What was spent since it was asked last.
    pub fn take_spent(&self) -> Vec<Spent> {
        std::mem::take(&mut self.spent.lock().unwrap())
    }

    async fn carry(&self, mut client: TcpStream, behind: SocketAddr) -> Option<()> {
        client.set_nodelay(true).ok()?;
        let mut server = TcpStream::connect(behind).await.ok()?;
        server.set_nodelay(true).ok()?;
        loop {
            let (head, body) = read_message(&mut client).await?;
            let action = action(&head);
            let fault = match self.decide.lock().unwrap().as_mut() {
                Some(decide) => decide(&action),
                None => Fault::None,
            };
            if fault == Fault::Refused {
                let refusal =
                    br#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#;
                write_message(&mut client, "HTTP/1.1 500 X", refusal).await?;
                continue;
            }
            let body = counted(&body);
            write_message(&mut server, &head, &body).await?;
            let (head, body) = read_message(&mut server).await?;
            self.note(&action, &body);
            if fault == Fault::AnswerLost {
                return None;
            }
            write_message(&mut client, &head, &body).await?;
        }
    }

    fn note(&self, action: &str, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let capacities = match &answer["ConsumedCapacity"] {
            Value::Array(all) => all.clone(),
            Value::Null => vec![json!({})],
            one => vec![one.clone()],
        };
        for capacity in capacities {
            self.spent.lock().unwrap().push(Spent {
                action: action.to_owned(),
                table: capacity["TableName"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                units: capacity["CapacityUnits"].as_f64().unwrap_or_default(),
            });
        }
    }
}

/// The same request, asking what it costs.
fn counted(body: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut request)) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    request.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
    serde_json::to_vec(&request).unwrap()
}

fn action(head: &str) -> String {
    let target = header(head, "x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Head without its blank line, and body.
pub async fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = header(&head, "content-length").map_or(0, |value| value.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, bytes[head_end + 4..][..length].to_vec()))
}

/// With the length that the body has now, and without a checksum of the one before.
pub async fn write_message(stream: &mut TcpStream, head: &str, body: &[u8]) -> Option<()> {
    let kept = head.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length") && !line.starts_with("x-amz-crc32")
    });
    let mut message = kept.collect::<Vec<_>>().join("\r\n");
    message.push_str(&format!("\r\ncontent-length: {}\r\n\r\n", body.len()));
    let mut message = message.into_bytes();
    message.extend_from_slice(body);
    stream.write_all(&message).await.ok()
}
