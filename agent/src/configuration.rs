//! What shall the agent do, in the end? Flags and environment before the file before the defaults.

use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use crate::arguments::{ArgumentError, Arguments};
use crate::configuration_file::{ConfigurationFile, DestinationEntry, ProcessEntry};
use crate::encoding::Protocol;
use crate::filter::Filter;
use crate::host::ProcessGroup;
use crate::outlet::Rhythm;
use crate::quantity::duration;
use crate::sending::Authorities;
use crate::token::Token;

const INTERVAL: Duration = Duration::from_secs(15);
const QUEUE_BYTES: usize = 4 << 20;
const SPOOL_BYTES: u64 = 64 << 20;

/// Everything that was decided.
pub struct Configuration {
    /// The host's name, where it is not the kernel's.
    pub host: Option<String>,
    /// Between two looks.
    pub interval: Duration,
    /// What each destination may hold in memory.
    pub queue_bytes: usize,
    /// Where what waits survives a restart.
    pub state_directory: Option<PathBuf>,
    /// What each destination may hold on disk.
    pub spool_bytes: u64,
    /// systemd units to look at.
    pub units: Vec<String>,
    /// Processes to look at.
    pub processes: Vec<ProcessGroup>,
    /// Where to report.
    pub destinations: Vec<DestinationPlan>,
}

/// One destination.
pub struct DestinationPlan {
    /// Names its spool.
    pub name: String,
    /// The service's address.
    pub url: String,
    /// Who the agent is there.
    pub token: Token,
    /// Who vouches for the service.
    pub authorities: Authorities,
    /// When to report.
    pub rhythm: Rhythm,
    /// What to report.
    pub filter: Filter,
    /// What to write it in.
    pub protocol: Protocol,
    /// Whether to ask for thresholds.
    pub thresholds: bool,
}

impl Configuration {
    /// Puts both together, and checks the whole.
    pub fn new(arguments: Arguments, file: ConfigurationFile) -> Result<Self, ArgumentError> {
        let interval = choice(arguments.interval, "interval", file.interval.as_deref())?;
        let interval = interval.unwrap_or(INTERVAL);
        let flush = choice(arguments.flush, "flush", file.flush.as_deref())?;
        let queue_bytes = arguments.queue_bytes.or(file.queue_bytes);
        let usual = Rhythm { interval, flush };
        let mut destinations = Vec::new();
        if let Some(plan) = of_flags(
            arguments.url,
            arguments.token,
            arguments.ca_file,
            usual,
            arguments.plain_http,
        )? {
            destinations.push(plan);
        }
        for entry in file.destination {
            let plan = of_entry(entry, usual)?;
            if destinations.iter().any(|other| other.name == plan.name) {
                return Err(ArgumentError::value(
                    &plan.name,
                    "two destinations have this name",
                ));
            }
            destinations.push(plan);
        }
        if flush.is_some_and(|flush| flush < interval) {
            return Err(ArgumentError::value(
                "--flush",
                "must not be shorter than --interval",
            ));
        }
        let processes = file.process.into_iter().map(process_group);
        Ok(Self {
            host: arguments.host.or(file.host),
            interval,
            queue_bytes: queue_bytes
                .map_or(QUEUE_BYTES, |n| usize::try_from(n).unwrap_or(usize::MAX)),
            state_directory: arguments.state_directory.or(file.state_directory),
            spool_bytes: arguments
                .spool_bytes
                .or(file.spool_bytes)
                .unwrap_or(SPOOL_BYTES),
            units: file.units,
            processes: processes.collect::<Result<_, _>>()?,
            destinations,
        })
    }
}

fn choice(
    flag: Option<Duration>,
    name: &str,
    text: Option<&str>,
) -> Result<Option<Duration>, ArgumentError> {
    match (flag, text) {
        (Some(flag), _) => Ok(Some(flag)),
        (None, Some(text)) => duration(text)
            .map(Some)
            .map_err(|problem| ArgumentError::value(name, problem)),
        (None, None) => Ok(None),
    }
}

/// `--url` is a destination of its own, beside those of the file.
fn of_flags(
    url: Option<String>,
    token: Option<Token>,
    ca_file: Option<PathBuf>,
    rhythm: Rhythm,
    plain_http: bool,
) -> Result<Option<DestinationPlan>, ArgumentError> {
    let Some(url) = url else { return Ok(None) };
    check_url("--url", &url, plain_http, "--plain-http")?;
    let token = token.ok_or_else(|| {
        let problem = "--token-file, TOBAN_TOKEN_FILE or TOBAN_TOKEN must give the token";
        ArgumentError::value("--url", problem)
    })?;
    Ok(Some(DestinationPlan {
        name: "default".to_owned(),
        url,
        token,
        authorities: authorities("--ca-file", ca_file)?,
        rhythm,
        filter: Filter::default(),
        protocol: Protocol::V1,
        thresholds: true,
    }))
}

fn of_entry(entry: DestinationEntry, usual: Rhythm) -> Result<DestinationPlan, ArgumentError> {
    let name = entry.name;
    let wrong = |problem: String| ArgumentError::value(&format!("destination {name:?}"), problem);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        return Err(wrong(
            "a name has letters, digits, - and _ only: it names a directory".into(),
        ));
    }
    let place = format!("destination {name:?}");
    check_url(&place, &entry.url, entry.plain_http, "plain_http = true")?;
    let interval = choice(None, &place, entry.interval.as_deref())?.unwrap_or(usual.interval);
    let flush = choice(None, &place, entry.flush.as_deref())?.or(usual.flush);
    if interval < usual.interval || interval.as_millis() % usual.interval.as_millis() != 0 {
        return Err(wrong(
            "its interval must be a multiple of the agent's".to_owned(),
        ));
    }
    if flush.is_some_and(|flush| flush < interval) {
        return Err(wrong("flush must not be shorter than interval".to_owned()));
    }
    let protocol = match entry.protocol.as_deref() {
        None | Some("1.0") => Protocol::V1,
        Some("2.0") => Protocol::V2,
        Some(_) => return Err(wrong("protocol is \"1.0\" or \"2.0\"".to_owned())),
    };
    Ok(DestinationPlan {
        protocol,
        filter: Filter::new(&entry.keep, &entry.drop).map_err(wrong)?,
        authorities: authorities(&place, entry.ca_file)?,
        url: entry.url,
        token: Token::File(entry.token_file),
        rhythm: Rhythm { interval, flush },
        thresholds: entry.thresholds.unwrap_or(true),
        name,
    })
}

fn authorities(place: &str, ca_file: Option<PathBuf>) -> Result<Authorities, ArgumentError> {
    let read = ca_file.map(|path| Authorities::of_file(&path)).transpose();
    Ok(read
        .map_err(|problem| ArgumentError::value(place, problem))?
        .unwrap_or_default())
}

fn process_group(entry: ProcessEntry) -> Result<ProcessGroup, ArgumentError> {
    let place = format!("process {:?}", entry.name);
    let regex = entry.cmdline.map(|text| Regex::new(&text)).transpose();
    let cmdline = regex.map_err(|error| ArgumentError::value(&place, error.to_string()))?;
    let mut comm = entry.comm;
    if comm.is_empty() && cmdline.is_none() {
        comm.push(entry.name.clone());
    }
    Ok(ProcessGroup {
        name: entry.name,
        comm,
        cmdline,
    })
}

fn check_url(place: &str, url: &str, plain_http: bool, consent: &str) -> Result<(), ArgumentError> {
    let plain = url.starts_with("http://");
    if !plain && !url.starts_with("https://") {
        return Err(ArgumentError::value(
            place,
            "must start with https:// or http://",
        ));
    }
    if authority(url).contains('@') {
        let problem = "must not carry a name or password, which logs would show: the token's place is its file";
        return Err(ArgumentError::value(place, problem));
    }
    if plain && !plain_http && !is_this_machine(url) {
        let problem = format!(
            "http:// would show the token on the way; use https://, or {consent} where the way is safe"
        );
        return Err(ArgumentError::value(place, problem));
    }
    Ok(())
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_this_machine(url: &str) -> bool {
    let authority = authority(url);
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(line: &[&str], toml: &str) -> Result<Configuration, String> {
        let token = ["--token-file", "/t"];
        let line = token.iter().chain(line).map(std::ffi::OsString::from);
        let arguments = Arguments::parse(line, &|_| None).map_err(|e| e.to_string())?;
        let file = toml::from_str(toml).map_err(|e| e.to_string())?;
        Configuration::new(arguments, file).map_err(|e| e.to_string())
    }

    #[test]
    fn a_token_does_not_travel_in_the_open_to_another_machine() {
        for url in [
            "https://a.example",
            "http://localhost:8480",
            "http://127.0.0.1:1/",
            "http://[::1]:8480",
        ] {
            assert!(configuration(&["--url", url], "").is_ok(), "{url}");
        }
        for url in [
            "http://a.example",
            "http://localhost.a.example",
            "http://127.0.0.1.a.example",
            "https://agent:s3cret@a.example",
            "http://agent@localhost",
            "a.example",
        ] {
            assert!(configuration(&["--url", url], "").is_err(), "{url}");
            let toml = format!("[[destination]]\nname='a'\nurl='{url}'\ntoken_file='/t'\n");
            assert!(configuration(&[], &toml).is_err(), "{url}");
        }
        assert!(configuration(&["--plain-http", "--url", "http://a.example"], "").is_ok());
    }

    #[test]
    fn flags_go_before_the_file_and_the_file_before_the_defaults() {
        let file = "interval = '5s'\nhost = 'file'\nspool_bytes = 9\nunits = ['a.service']";
        let flagged = configuration(&["--interval", "1s", "--host", "flag"], file).unwrap();
        assert_eq!(
            (flagged.interval.as_secs(), flagged.host.as_deref()),
            (1, Some("flag"))
        );
        let unflagged = configuration(&[], file).unwrap();
        assert_eq!(
            (unflagged.interval.as_secs(), unflagged.host.as_deref()),
            (5, Some("file"))
        );
        assert_eq!((unflagged.spool_bytes, unflagged.queue_bytes), (9, 4 << 20));
        assert_eq!(configuration(&[], "").unwrap().interval, INTERVAL);
        assert_eq!(unflagged.units, ["a.service"]);
    }

    const TWO: &str = "[[destination]]\nname='a'\nurl='https://a'\ntoken_file='/a'\ninterval='60s'\n\
        [[destination]]\nname='b'\nurl='https://b'\ntoken_file='/b'\nflush='30s'\nthresholds=false\n";

    #[test]
    fn every_destination_has_its_own_rhythm() {
        let plans = configuration(&["--url", "https://c"], TWO)
            .unwrap()
            .destinations;
        let of = |plan: &DestinationPlan| {
            (
                plan.name.clone(),
                plan.rhythm.interval.as_secs(),
                plan.thresholds,
            )
        };
        let of: Vec<_> = plans.iter().map(of).collect();
        let expected = [("default", 15, true), ("a", 60, true), ("b", 15, false)];
        assert_eq!(
            of,
            expected.map(|(name, secs, asks)| (name.to_owned(), secs, asks))
        );
        assert_eq!(plans[2].rhythm.flush, Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_example_file_is_one_that_works() {
        let example = configuration(&[], include_str!("../agent.example.toml")).unwrap();
        let names = example.destinations.iter().map(|plan| plan.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["toban", "prometheus"]);
        assert_eq!((example.processes.len(), example.units.len()), (2, 2));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let refusal = |line: &[&str], toml: &str| configuration(line, toml).err().unwrap();
        let one = |more: &str| {
            format!("[[destination]]\nname='a'\nurl='https://a'\ntoken_file='/a'\n{more}")
        };
        assert!(refusal(&["--interval", "60s", "--flush", "15s"], "").contains("shorter"));
        assert!(refusal(&[], &one("interval='20s'")).contains("multiple"));
        assert!(refusal(&[], &one("flush='1s'")).contains("shorter"));
        assert!(refusal(&[], &one("protocol='3.0'")).contains("2.0"));
        assert!(refusal(&[], &one("keep=[{__name__='('}]")).contains("destination \"a\""));
        assert!(refusal(&[], &one("ca_file='/nonexistent'")).contains("/nonexistent"));
        assert!(refusal(&[], &one("tokenfile='/x'")).contains("tokenfile"));
        assert!(refusal(&[], &format!("{0}{0}", one(""))).contains("two destinations"));
        assert!(refusal(&[], &one("").replace("'a'", "'../a'")).contains("directory"));
        assert!(refusal(&[], "[[process]]\nname='x'\ncmdline='('").contains("process \"x\""));
    }
}
