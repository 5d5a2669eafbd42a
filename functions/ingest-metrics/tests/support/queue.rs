//! A queue that keeps what it was sent, and may refuse it.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use super::wire::{read_message, write_message};

type Refuse = Box<dyn FnMut() -> bool + Send>;

#[derive(Clone)]
pub struct Queue {
    pub url: String,
    sent: Arc<Mutex<Vec<Value>>>,
    refuse: Arc<Mutex<Option<Refuse>>>,
}

impl Queue {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let queue = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            sent: Arc::default(),
            refuse: Arc::default(),
        };
        let own = queue.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.take(client).await });
            }
        });
        queue
    }

    pub fn fail(&self, refuse: impl FnMut() -> bool + Send + 'static) {
        *self.refuse.lock().unwrap() = Some(Box::new(refuse));
    }

    pub fn heal(&self) {
        *self.refuse.lock().unwrap() = None;
    }

    /// The bodies of all messages, in the order of their arrival.
    pub fn sent(&self) -> Vec<Value> {
        self.sent.lock().unwrap().clone()
    }

    async fn take(&self, mut client: TcpStream) -> Option<()> {
        client.set_nodelay(true).ok()?;
        loop {
            let (_, body) = read_message(&mut client).await?;
            let refused = self.refuse.lock().unwrap().as_mut().is_some_and(|r| r());
            if refused {
                write_message(&mut client, "HTTP/1.1 500 X", b"{}").await?;
                continue;
            }
            let request: Value = serde_json::from_slice(&body).unwrap();
            let message = request["MessageBody"].as_str().unwrap();
            let message = serde_json::from_str(message).unwrap();
            self.sent.lock().unwrap().push(message);
            let answer = br#"{"MessageId":"m","MD5OfMessageBody":"x"}"#;
            write_message(&mut client, "HTTP/1.1 200 X", answer).await?;
        }
    }
}
