//! An HTTP service that answers from a list; the last answer stays.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone)]
pub enum Answer {
    Status {
        code: u16,
        headers: String,
        body: String,
    },
    /// Closes the connection without a word.
    Hangup,
    /// Never answers.
    Silence,
    /// These bytes, and nothing after them.
    Raw(&'static str),
    /// The first, and then the second without end, a pause before each.
    Endless(&'static str, &'static str, Duration),
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
    pub fn with_etag(etag: &str, body: &str) -> Self {
        let headers = format!("etag: {etag}\r\n");
        Self::Status {
            code: 200,
            headers,
            body: body.to_owned(),
        }
    }
    /// What was refused of a body of which some samples were stored.
    pub fn partial(code: u16, written: usize, body: &str) -> Self {
        let headers = format!("x-prometheus-remote-write-samples-written: {written}\r\n");
        Self::Status {
            code,
            headers,
            body: body.to_owned(),
        }
    }
    pub fn with_max_age(secs: u64, body: &str) -> Self {
        let headers = format!("cache-control: private, max-age={secs}\r\n");
        Self::Status {
            code: 200,
            headers,
            body: body.to_owned(),
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
    script: Arc<Script>,
}

/// What was asked and what is answered: flushes from a list, whose last one stays; everything else alike.
struct Script {
    answers: Mutex<Vec<Answer>>,
    fetch: Answer,
    requests: Mutex<Vec<Request>>,
    fetches: Mutex<Vec<Request>>,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Service {
    pub fn start(answers: Vec<Answer>) -> Self {
        Self::start_with(answers, Answer::status(404), None)
    }

    /// `fetch` answers what is no flush.
    pub fn start_with(
        answers: Vec<Answer>,
        fetch: Answer,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Script {
            answers: Mutex::new(answers),
            fetch,
            requests: Mutex::default(),
            fetches: Mutex::default(),
            tls,
        });
        let shared = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = Arc::clone(&shared);
                thread::spawn(move || match script.tls.clone() {
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), &script);
                    }
                    None => serve(stream, &script),
                });
            }
        });
        Self { port, script }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers so from now on.
    pub fn answer(&self, answers: Vec<Answer>) {
        let seen = self.requests().len();
        let before = std::iter::repeat_n(Answer::Hangup, seen);
        *self.script.answers.lock().unwrap() = before.chain(answers).collect();
    }

    /// Every flush that came.
    pub fn requests(&self) -> Vec<Request> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Everything else that came.
    pub fn fetches(&self) -> Vec<Request> {
        self.script.fetches.lock().unwrap().clone()
    }
}

impl Script {
    fn answer_to(&self, request: Request) -> Answer {
        if !request.line.starts_with("POST /api/v1/write ") {
            self.fetches.lock().unwrap().push(request);
            return self.fetch.clone();
        }
        let mut seen = self.requests.lock().unwrap();
        seen.push(request);
        let answers = self.answers.lock().unwrap();
        answers[(seen.len() - 1).min(answers.len() - 1)].clone()
    }
}

fn serve(stream: impl Read + Write, script: &Script) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let (code, headers, body) = match script.answer_to(request) {
            Answer::Status {
                code,
                headers,
                body,
            } => (code, headers, body),
            Answer::Hangup => return,
            Answer::Silence => loop {
                thread::park();
            },
            Answer::Raw(bytes) => {
                let _ = reader.get_mut().write_all(bytes.as_bytes());
                return;
            }
            Answer::Endless(first, again, pause) => {
                let _ = reader.get_mut().write_all(first.as_bytes());
                while reader.get_mut().write_all(again.as_bytes()).is_ok() {
                    thread::sleep(pause);
                }
                return;
            }
        };
        // 204 and 304 have no body and no length.
        let length = if matches!(code, 204 | 304) {
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

fn read_request(reader: &mut BufReader<impl Read>) -> Option<Request> {
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
