//! An HTTP service that answers from a list; the last answer stays.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

#[derive(Clone)]
pub enum Answer {
    Status {
        code: u16,
        headers: String,
        body: String,
    },
    /// Closes the connection without a word.
    Hangup,
}

impl Answer {
    pub fn status(code: u16) -> Self {
        Self::with_body(code, "")
    }
    pub fn with_body(code: u16, body: &str) -> Self {
        Self::Status {
            code,
            headers: String::new(),
            body: body.to_owned(),
        }
    }
    pub fn retry_after(code: u16, secs: u64) -> Self {
        let headers = format!("retry-after: {secs}\r\n");
        Self::Status {
            code,
            headers,
            body: String::new(),
        }
    }
    pub fn redirect(to: &str) -> Self {
        let headers = format!("location: {to}\r\n");
        Self::Status {
            code: 307,
            headers,
            body: String::new(),
        }
    }
}

#[derive(Clone)]
pub struct Request {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub at: Instant,
}

pub struct Service {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Service {
    pub fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answers) = (Arc::clone(&seen), answers.clone());
                thread::spawn(move || serve(stream, &seen, &answers));
            }
        });
        Self { port, requests }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Request>>, answers: &[Answer]) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let answer = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            answers[(seen.len() - 1).min(answers.len() - 1)].clone()
        };
        let Answer::Status {
            code,
            headers,
            body,
        } = answer
        else {
            return;
        };
        // 204 has no body and no length.
        let length = if code == 204 {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        let text = format!("HTTP/1.1 {code} X\r\n{headers}{length}\r\n{body}");
        if reader.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let length: usize = headers
        .get("content-length")
        .and_then(|l| l.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        line: line.trim_end().to_owned(),
        headers,
        body,
        at: Instant::now(),
    })
}
