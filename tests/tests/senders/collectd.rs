//! Debian's collectd, which is given beats on its socket and posts them with `write_http`.
//!
//! It drops a buffer that was not taken, whatever the answer, and says of no value what became of it. So a
//! relay in between notes which posts were refused.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use toban_tests::beats::{Beats, SERIES};
use toban_tests::{Client, Folder, Process, Relay, Stack, Tenant, now_ms, wait_for};

use crate::{Outcome, Sender, wait_until};

struct Collectd {
    tenant: Tenant,
    relay: Relay,
    process: Process,
    next: Arc<AtomicU64>,
    is_ended: Arc<AtomicBool>,
    _folder: Folder,
}

pub fn start(stack: &Stack) -> Result<Box<dyn Sender>, String> {
    let client = Client::find("collectd")?;
    let tenant = stack.new_tenant("collectd");
    let relay = Relay::to(tenant.api_url());
    let folder = Folder::new("collectd");
    let (config, socket) = (folder.join("collectd.conf"), folder.join("socket"));
    std::fs::write(&config, configuration(&client, &tenant, &relay, &folder))
        .map_err(|error| error.to_string())?;
    let arguments = ["-f", "-C", &config.display().to_string()].map(str::to_owned);
    let variables = [("LD_LIBRARY_PATH", client.libraries.as_str())];
    let mut process =
        Process::start_with(&client.path, &arguments, &variables, &folder.join("log"));
    wait_for("collectd's socket", 30, || {
        process.must_live();
        socket.exists().then_some(())
    });
    let (next, is_ended) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    beat_into(&socket, &next, &is_ended);
    Ok(Box::new(Collectd {
        tenant,
        relay,
        process,
        next,
        is_ended,
        _folder: folder,
    }))
}

fn configuration(client: &Client, tenant: &Tenant, relay: &Relay, folder: &Folder) -> String {
    let root = client.path.ancestors().nth(3).unwrap_or(Path::new("/"));
    let (root, home) = (root.display(), folder.join("").display().to_string());
    let (url, token) = (relay.url(), tenant.token("ingest"));
    format!(
        r#"
Hostname "collectd-host"
FQDNLookup false
BaseDir "{home}"
PIDFile "{home}pid"
PluginDir "{root}/usr/lib/collectd"
TypesDB "{root}/usr/share/collectd/types.db"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "{home}socket"
  DeleteSocket true
</Plugin>
LoadPlugin write_http
<Plugin write_http>
  <Node "toban">
    URL "{url}/api/v1/collectd"
    Header "Authorization: Bearer {token}"
    Format "JSON"
    BufferSize 1024
    LogHttpError true
  </Node>
</Plugin>
"#
    )
}

fn beat_into(socket: &Path, next: &Arc<AtomicU64>, is_ended: &Arc<AtomicBool>) {
    let (socket, next, is_ended) = (socket.to_owned(), Arc::clone(next), Arc::clone(is_ended));
    std::thread::spawn(move || {
        while !is_ended.load(Ordering::SeqCst) {
            let beat = next.load(Ordering::SeqCst);
            let Ok(mut stream) = UnixStream::connect(&socket) else {
                return;
            };
            let (secs, ms) = (now_ms() / 1000, now_ms() % 1000);
            for n in 0..SERIES {
                let line = format!(
                    "PUTVAL collectd-host/beats/gauge-{n} interval=1 {secs}.{ms:03}:{beat}\n"
                );
                let _ = stream.write_all(line.as_bytes());
            }
            // It answers each line, and takes none whose answer nobody waits for.
            let answers = BufReader::new(&stream).lines();
            let taken = answers.take(SERIES).filter(Result::is_ok).count();
            assert_eq!(taken, SERIES, "collectd takes what it is given");
            next.store(beat + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_secs(1));
        }
    });
}

impl Sender for Collectd {
    fn name(&self) -> &'static str {
        "collectd"
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn metric(&self) -> &'static str {
        "collectd_beats_gauge"
    }

    fn end(&mut self) -> Outcome {
        self.is_ended.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(2));
        let last = self.next.load(Ordering::SeqCst).saturating_sub(1);
        // What its buffer holds is posted at the end, what its queue holds is not.
        let last_posted = last.saturating_sub(2);
        wait_until(&self.tenant, || {
            let stored = Beats::stored(&self.tenant, self.metric(), now_ms());
            stored.whole.last() >= Some(&last_posted)
        });
        self.process.stop();
        Outcome {
            last,
            given_up: self
                .relay
                .refused()
                .iter()
                .flat_map(|body| beats(body))
                .collect(),
        }
    }
}

fn beats(body: &[u8]) -> BTreeSet<u64> {
    let lists: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
    let values = lists.iter().filter_map(|list| list["values"][0].as_f64());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    values.map(|value| value as u64).collect()
}
