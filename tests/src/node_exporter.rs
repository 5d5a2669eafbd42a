use crate::process::{Folder, Process, free_address};
use crate::{Client, http, wait_for};

/// An unmodified node_exporter.
#[derive(Debug)]
pub struct NodeExporter {
    process: Process,
    arguments: Vec<String>,
    client: Client,
    folder: Folder,
    /// Where it is scraped.
    pub address: String,
}

impl NodeExporter {
    /// With all that it looks at unasked.
    #[must_use]
    pub fn whole(client: &Client) -> Self {
        Self::start(client, &[])
    }

    /// With what has the same series in every scrape, whatever else the machine does.
    #[must_use]
    pub fn steady(client: &Client) -> Self {
        let steady = [
            "cpu", "loadavg", "meminfo", "stat", "time", "uname", "vmstat",
        ];
        let flags = steady.map(|name| format!("--collector.{name}"));
        let mut all = vec!["--collector.disable-defaults".to_owned()];
        all.extend(flags);
        Self::start(client, &all)
    }

    fn start(client: &Client, flags: &[String]) -> Self {
        let folder = Folder::new("node-exporter");
        let address = free_address();
        let mut arguments = vec![format!("--web.listen-address={address}")];
        arguments.extend(flags.iter().cloned());
        let mut process = Process::start(&client.path, &arguments, &folder.join("log"));
        await_scrape(&mut process, &address);
        Self {
            process,
            arguments,
            client: client.clone(),
            folder,
            address,
        }
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again at the same address.
    pub fn start_again(&mut self) {
        let log = self.folder.join("log-again");
        self.process = Process::start(&self.client.path, &self.arguments, &log);
        await_scrape(&mut self.process, &self.address);
    }
}

fn await_scrape(process: &mut Process, address: &str) {
    wait_for("node_exporter answering", 30, || {
        process.must_live();
        let answer = http::send("GET", &format!("http://{address}/metrics"), &[], b"").ok()?;
        (answer.status == 200).then_some(())
    });
}
