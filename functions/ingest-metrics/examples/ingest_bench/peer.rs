//! Another receiver of remote write, run as its package has it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::process::{Process, free_port};
use crate::support::wire::{read_message, write_message};

const START: Duration = Duration::from_secs(30);

pub struct Peer {
    pub process: Process,
    port: u16,
    connection: TcpStream,
}

impl Peer {
    pub async fn prometheus(program: &str, folder: &Path) -> Self {
        let config = folder.join("prometheus.yml");
        fs::create_dir_all(folder).unwrap();
        fs::write(&config, "").unwrap();
        let port = free_port();
        let arguments = [
            format!("--config.file={}", config.display()),
            format!(
                "--storage.tsdb.path={}",
                folder.join("prometheus").display()
            ),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--web.enable-remote-write-receiver".to_owned(),
            "--log.level=error".to_owned(),
        ];
        Self::start(program, &arguments, port).await
    }

    pub async fn victoria_metrics(program: &str, folder: &Path) -> Self {
        let port = free_port();
        let arguments = [
            format!(
                "-storageDataPath={}",
                folder.join("victoria-metrics").display()
            ),
            format!("-httpListenAddr=127.0.0.1:{port}"),
            "-loggerLevel=ERROR".to_owned(),
        ];
        Self::start(program, &arguments, port).await
    }

    async fn start(program: &str, arguments: &[String], port: u16) -> Self {
        let process = Process::start(program, arguments, &[]);
        let connected = tokio::time::timeout(START, async {
            loop {
                match connect(port).await {
                    Some(connection) => break connection,
                    None => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        let connection = connected
            .await
            .unwrap_or_else(|_| panic!("{program} does not answer"));
        let mut peer = Self {
            process,
            port,
            connection,
        };
        peer.is_ready().await;
        peer
    }

    async fn is_ready(&mut self) {
        for _ in 0..300 {
            let head = "GET /-/ready HTTP/1.1\r\nhost: peer";
            let (head, _) = self.ask(head, b"").await;
            if head.starts_with("HTTP/1.1 200") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("a peer is not ready");
    }

    /// Asks once more where the peer ended a connection that it found idle, or too old.
    async fn ask(&mut self, head: &str, body: &[u8]) -> (String, Vec<u8>) {
        if let Some(answer) = exchange(&mut self.connection, head, body).await {
            return answer;
        }
        self.connection = connect(self.port).await.unwrap();
        exchange(&mut self.connection, head, body).await.unwrap()
    }

    /// Has a body taken, whole.
    pub async fn take(&mut self, body: &[u8]) {
        let head = "POST /api/v1/write HTTP/1.1\r\nhost: peer\r\nuser-agent: Prometheus/2.42.0\r\n\
            content-type: application/x-protobuf\r\ncontent-encoding: snappy\r\n\
            x-prometheus-remote-write-version: 0.1.0";
        let (head, answer) = self.ask(head, body).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(head.starts_with("HTTP/1.1 204"), "{head} {answer}");
    }
}

async fn connect(port: u16) -> Option<TcpStream> {
    let connection = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    connection.set_nodelay(true).ok()?;
    Some(connection)
}

async fn exchange(
    connection: &mut TcpStream,
    head: &str,
    body: &[u8],
) -> Option<(String, Vec<u8>)> {
    write_message(connection, head, body).await?;
    read_message(connection).await
}
