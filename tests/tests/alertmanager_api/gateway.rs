//! Our functions behind a socket, for clients that are programs.

use std::net::SocketAddr;
use std::sync::mpsc;

use access::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::clients::Api;
use crate::ours::Ours;

/// Starts them on a thread of their own, which ends with the test.
pub fn start(config: &'static str) -> Api {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async move {
            let ours = Ours::start(config).await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(api(&ours, listener.local_addr().unwrap()))
                .unwrap();
            while let Ok((tcp, _)) = listener.accept().await {
                let _ = converse(tcp, &ours).await;
            }
        });
    });
    told.recv().unwrap()
}

fn api(ours: &Ours, address: SocketAddr) -> Api {
    Api {
        address: address.to_string(),
        tenant: "demo".to_owned(),
        operator: ours.token("demo", Role::Operator),
        viewer: ours.token("demo", Role::Viewer),
        others_viewer: ours.token("other", Role::Viewer),
    }
}

/// One request, after which the connection is closed.
async fn converse(mut tcp: TcpStream, ours: &Ours) -> Option<()> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let headers: Vec<(String, String)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    while bytes.len() < head_end + 4 + length {
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_end + 4..].to_vec()).ok()?;
    let mut words = head.split(' ');
    let answer = ours
        .serve(words.next()?, words.next()?, &headers, &body)
        .await;
    let mut text = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", answer.status_code);
    for (name, value) in &answer.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!(
        "content-length: {}\r\n\r\n{}",
        answer.body.len(),
        answer.body
    );
    tcp.write_all(text.as_bytes()).await.ok()
}
