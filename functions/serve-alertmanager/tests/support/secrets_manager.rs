//! As much of Secrets Manager and SQS as is called, behind one socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct Kept {
    /// Versions by the secret's name, then by their id.
    secrets: BTreeMap<String, BTreeMap<String, String>>,
    messages: Vec<Value>,
    refuses_messages: bool,
}

pub struct SecretsManager {
    url: String,
    kept: Arc<Mutex<Kept>>,
}

impl SecretsManager {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let kept = shared.clone();
                tokio::spawn(async move { converse(tcp, &kept).await });
            }
        });
        Self { url, kept }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The versions of one secret.
    pub fn versions(&self, name: &str) -> BTreeMap<String, Value> {
        let kept = self.kept.lock().unwrap();
        let versions = kept.secrets.get(name).cloned().unwrap_or_default();
        let read = |(id, text): (String, String)| (id, serde_json::from_str(&text).unwrap());
        versions.into_iter().map(read).collect()
    }

    /// What the queue got since it was asked last.
    pub fn messages(&self) -> Vec<Value> {
        std::mem::take(&mut self.kept.lock().unwrap().messages)
    }

    pub fn refuse_messages(&self, refuses: bool) {
        self.kept.lock().unwrap().refuses_messages = refuses;
    }
}

fn answer(kept: &mut Kept, action: &str, asked: &Value) -> (u16, Value) {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let none = (400, json!({"__type": "ResourceNotFoundException"}));
    match action {
        "secretsmanager.CreateSecret" => {
            if kept.secrets.contains_key(&text("Name")) {
                return (400, json!({"__type": "ResourceExistsException"}));
            }
            let version = (text("ClientRequestToken"), text("SecretString"));
            kept.secrets.insert(text("Name"), [version].into());
            (
                200,
                json!({"Name": text("Name"), "VersionId": text("ClientRequestToken")}),
            )
        }
        "secretsmanager.PutSecretValue" => match kept.secrets.get_mut(&text("SecretId")) {
            Some(versions) => {
                versions.insert(text("ClientRequestToken"), text("SecretString"));
                (200, json!({"VersionId": text("ClientRequestToken")}))
            }
            None => none,
        },
        "secretsmanager.GetSecretValue" => {
            let versions = kept.secrets.get(&text("SecretId"));
            match versions.and_then(|versions| versions.get(&text("VersionId"))) {
                Some(value) => (200, json!({"SecretString": value})),
                None => none,
            }
        }
        "AmazonSQS.SendMessage" if kept.refuses_messages => {
            (500, json!({"__type": "InternalError"}))
        }
        "AmazonSQS.SendMessage" => {
            let body = text("MessageBody");
            assert!(body.len() <= 262_144, "{} bytes", body.len());
            kept.messages.push(serde_json::from_str(&body).unwrap());
            (200, json!({"MessageId": "m"}))
        }
        // Timers, and what comes again: nobody waits for them here.
        "AmazonSQS.ChangeMessageVisibility" => (200, json!({})),
        "AmazonSQS.SendMessageBatch" => (200, json!({"Successful": [], "Failed": []})),
        other => panic!("nobody calls {other}"),
    }
}

async fn converse(mut tcp: TcpStream, kept: &Mutex<Kept>) -> Option<()> {
    loop {
        let (head, body) = read_request(&mut tcp).await?;
        let action = header(&head, "x-amz-target").unwrap_or_default();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (status, value) = answer(&mut kept.lock().unwrap(), action, &asked);
        let body = value.to_string();
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        tcp.write_all(answer.as_bytes()).await.ok()?;
    }
}

fn header<'h>(head: &'h str, wanted: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(value)
}

async fn read_request(tcp: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length: usize = header(&head, "content-length").map_or(0, |text| text.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, bytes[head_end + 4..][..length].to_vec()))
}
