//! The light module that goes into a host and reports.

use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use toban_agent::arguments::{Arguments, Command, HELP};
use toban_agent::assembly::outlets;
use toban_agent::configuration::Configuration;
use toban_agent::configuration_file::ConfigurationFile;
use toban_agent::flush::{Flush, Gathering, farewell};
use toban_agent::host::Host;
use toban_agent::outlet::{Outlet, Surroundings};
use toban_agent::reporting::Reporter;
use toban_agent::sending::Verdict;

/// How long a stopping agent waits for its last flush.
const LAST_FLUSH_PATIENCE: Duration = Duration::from_secs(5);

type Problem = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            log(&problem.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Problem> {
    #[allow(
        clippy::disallowed_methods,
        reason = "main alone reads the environment"
    )]
    let variable = |name: &str| std::env::var(name).ok();
    let arguments = Arguments::parse(std::env::args_os().skip(1), &variable)?;
    match arguments.command {
        Command::Help => {
            print!("{HELP}");
            return Ok(());
        }
        Command::Version => {
            println!("toban-agent {}", env!("CARGO_PKG_VERSION"));
            return Ok(());
        }
        Command::Run | Command::Once { .. } | Command::Retire => {}
    }
    act(arguments)
}

fn act(arguments: Arguments) -> Result<(), Problem> {
    let command = arguments.command;
    let file = arguments
        .config
        .as_deref()
        .map(ConfigurationFile::read)
        .transpose()?;
    let mut configuration = Configuration::new(arguments, file.unwrap_or_default())?;
    for plan in &configuration.destinations {
        if let Some(warning) = plan.token.warning() {
            log(&format!("{}: {warning}", plan.name));
        }
    }
    let processes = std::mem::take(&mut configuration.processes);
    let units = std::mem::take(&mut configuration.units);
    let mut host = Host::of_this_machine().watching(processes, units);
    let host_name = match configuration.host.take() {
        Some(name) => name,
        None => host.name()?,
    };
    let host_name = ids::HostId::new(host_name)?;
    let reports = matches!(command, Command::Run);
    let outlets = outlets(&mut configuration, host_name.as_str(), reports, log)?;
    let reporter = Reporter {
        host_name: host_name.as_str(),
        interval: configuration.interval,
        outlets: &outlets,
        now_ms,
        log,
    };
    if command == (Command::Once { print: true }) {
        print!("{}", reporter.look(&mut host).exposition());
        return Ok(());
    }
    if outlets.is_empty() {
        return Err(
            "--url, TOBAN_URL or a [[destination]] of --config must name the service".into(),
        );
    }
    match command {
        Command::Once { .. } => {
            let snapshot = reporter.look(&mut host);
            send_once(&outlets, "reported", |outlet| {
                let mut gathering = Gathering::default();
                gathering.add(&outlet.filter.apply(&snapshot));
                Ok(gathering
                    .take(outlet.protocol)?
                    .ok_or("nothing could be read")?)
            })
        }
        Command::Retire => {
            let snapshot = reporter.look(&mut host);
            send_once(&outlets, "retired", |outlet| {
                Ok(farewell(&outlet.filter.apply(&snapshot), outlet.protocol)?)
            })
        }
        _ => report(&reporter, host),
    }
}

fn send_once(
    outlets: &[Outlet],
    done: &str,
    flush: impl Fn(&Outlet) -> Result<Flush, Problem>,
) -> Result<(), Problem> {
    let mut failures = Vec::new();
    for outlet in outlets {
        let flush = flush(outlet)?;
        match outlet.destination.post(&flush) {
            Verdict::Taken => println!("{done}: {} samples taken", flush.samples),
            Verdict::Again { reason, .. } | Verdict::Refused { reason, .. } => {
                failures.push(format!("{}: {reason}", outlet.name));
            }
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("; ").into())
    }
}

fn report(reporter: &Reporter<'_>, mut host: Host) -> Result<(), Problem> {
    let surroundings = Surroundings { random, log };
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let (stop, stopped) = channel();
    thread::Builder::new()
        .stack_size(64 * 1024)
        .spawn(move || {
            for _ in signals.forever() {
                let _ = stop.send(());
            }
        })?;
    let (done, finished) = channel();
    thread::scope(|scope| {
        for outlet in reporter.outlets {
            let done = done.clone();
            scope.spawn(move || {
                outlet.send(surroundings);
                let _ = done.send(());
            });
        }
        reporter.watch(&mut host, &stopped);
        let deadline = Instant::now() + LAST_FLUSH_PATIENCE;
        for _ in reporter.outlets {
            let left = deadline.saturating_duration_since(Instant::now());
            if finished.recv_timeout(left).is_err() {
                log("stopping without an answer to the last flush");
                reporter
                    .outlets
                    .iter()
                    .for_each(|outlet| outlet.save(surroundings));
                // A sending thread may wait for its answer for longer than anybody wants to.
                std::process::exit(0);
            }
        }
    });
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "main alone reads the clock")]
fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_epoch.map_or(0, |time| {
        i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Without randomness hosts would come back together, which is slow and not wrong.
fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

fn log(line: &str) {
    eprintln!("toban-agent: {line}");
}
