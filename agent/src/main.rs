//! The light module that goes into a host and reports.

use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, SystemTime};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use toban_agent::arguments::{Arguments, Command, HELP};
use toban_agent::flush::{Flush, Gathering, farewell};
use toban_agent::host::Host;
use toban_agent::queue::Queue;
use toban_agent::reporting::{Reporter, Rhythm};
use toban_agent::sending::{Destination, Verdict};

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
    let mut arguments = Arguments::parse(std::env::args_os().skip(1), &variable)?;
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
    let mut host = Host::of_this_machine();
    let host_name = match arguments.host.take() {
        Some(name) => name,
        None => host.name()?,
    };
    let host_name = ids::HostId::new(host_name)?;
    let queue = Queue::new(arguments.queue_bytes);
    let reporter = Reporter {
        host_name: host_name.as_str(),
        rhythm: Rhythm {
            interval: arguments.interval,
            flush: arguments.flush,
        },
        queue: &queue,
        now_ms,
        log,
    };
    if arguments.command == (Command::Once { print: true }) {
        print!("{}", reporter.look(&mut host).exposition());
        return Ok(());
    }

    let url = arguments
        .url
        .ok_or("--url or TOBAN_URL must name the service")?;
    let token = arguments
        .token
        .ok_or("--token-file, TOBAN_TOKEN_FILE or TOBAN_TOKEN must give the token")?;
    let destination = Destination::new(&url, token, host_name.as_str());
    let snapshot = |host: &mut Host| reporter.look(host);
    match arguments.command {
        Command::Once { .. } => {
            let mut gathering = Gathering::default();
            gathering.add(snapshot(&mut host));
            let flush = gathering.take()?.ok_or("nothing could be read")?;
            send_once(&destination, &flush, "reported")
        }
        Command::Retire => send_once(&destination, &farewell(&snapshot(&mut host))?, "retired"),
        _ => report(&reporter, host, destination),
    }
}

fn send_once(destination: &Destination, flush: &Flush, done: &str) -> Result<(), Problem> {
    match destination.post(flush) {
        Verdict::Taken => {
            println!("{done}: {} samples taken", flush.samples);
            Ok(())
        }
        Verdict::Again { reason, .. } | Verdict::Refused { reason } => Err(reason.into()),
    }
}

fn report(
    reporter: &Reporter<'_>,
    mut host: Host,
    destination: Destination,
) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let (stop, stopped) = channel();
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = stop.send(());
        }
    });
    let (done, finished) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            reporter.send(&destination, &random);
            let _ = done.send(());
        });
        reporter.watch(&mut host, &stopped);
        reporter.queue.close();
        if finished.recv_timeout(LAST_FLUSH_PATIENCE).is_err() {
            log("stopping without an answer to the last flush");
            // The sending thread may wait for its answer for longer than anybody wants to.
            std::process::exit(0);
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
