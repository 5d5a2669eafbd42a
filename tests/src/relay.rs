use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http;

/// Stands between a client and the API, and notes which bodies were not taken.
#[derive(Debug)]
pub struct Relay {
    url: String,
    refused: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Relay {
    /// One that passes all on to `api_url`; it ends with the test's process.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a broken set-up must fail the test")]
    pub fn to(api_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let relay = Self {
            url: format!("http://{}", listener.local_addr().expect("it is bound")),
            refused: Arc::default(),
        };
        let (api_url, refused) = (api_url.to_owned(), Arc::clone(&relay.refused));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (api_url, refused) = (api_url.clone(), Arc::clone(&refused));
                std::thread::spawn(move || pass_on(&client, &api_url, &refused));
            }
        });
        relay
    }

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bodies that were answered with anything but 2xx, or not at all.
    #[must_use]
    pub fn refused(&self) -> Vec<Vec<u8>> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// One request a connection.
fn pass_on(client: &TcpStream, api_url: &str, refused: &Mutex<Vec<Vec<u8>>>) {
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    let _ = reader.read_line(&mut line);
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let headers: Vec<(String, String)> = reader
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    if headers.iter().any(|(name, _)| name == "expect") {
        let mut writer = client;
        let _ = writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let kept: Vec<(&str, &str)> = headers
        .iter()
        .filter(|(name, _)| {
            ["authorization", "content-type", "content-encoding"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let status = http::send("POST", &format!("{api_url}{path}"), &kept, &body)
        .map_or(502, |answer| answer.status);
    if !(200..300).contains(&status) {
        let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.push(body);
    }
    let mut writer = client;
    let answer = format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = writer.write_all(answer.as_bytes());
}
