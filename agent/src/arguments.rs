//! What was the agent told to do? Flags, and the environment for those not given.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::sending::Token;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Report until stopped.
    Run,
    /// Look once, and send it or print it.
    Once {
        /// Print instead of sending.
        print: bool,
    },
    /// Say that this host leaves on purpose.
    Retire,
    /// Show how to call the agent.
    Help,
    /// Show the version.
    Version,
}

/// Everything the agent can be told.
pub struct Arguments {
    /// What to do.
    pub command: Command,
    /// The service's address.
    pub url: Option<String>,
    /// Who the agent is to the service.
    pub token: Option<Token>,
    /// The host's name, where it is not the kernel's.
    pub host: Option<String>,
    /// Between two samples.
    pub interval: Duration,
    /// Between two flushes.
    pub flush: Duration,
    /// What the queue may hold.
    pub queue_bytes: usize,
    /// Whether a token may travel unencrypted to another machine.
    pub plain_http: bool,
}

/// How to call the agent.
pub const HELP: &str = "\
toban-agent [run]         report until stopped
toban-agent once          send one look at this host, and say whether it was taken
toban-agent once --print  show what would be sent, in Prometheus' text format
toban-agent retire        tell the service that this host leaves on purpose

  --url URL            TOBAN_URL         the service, such as https://toban.example
  --token-file FILE    TOBAN_TOKEN_FILE  file with the token; read again for every flush
                       TOBAN_TOKEN       the token itself (no flag: others could read it in ps)
  --host NAME          TOBAN_HOST        this host's name (default: the kernel's)
  --interval 15s       TOBAN_INTERVAL    between two samples of a series
  --flush 15s          TOBAN_FLUSH       between two requests
  --queue-bytes N      TOBAN_QUEUE_BYTES what may wait for a service that is down (4194304)
  --plain-http                           allow http:// to another machine: the token can be read on the way
";

/// Why the agent could not be told.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    /// The command line is not one of those in [`HELP`].
    #[error("{0} (see --help)")]
    CommandLine(#[from] lexopt::Error),
    /// A value is out of place.
    #[error("{name}: {problem} (see --help)")]
    Value {
        /// Which flag or variable.
        name: &'static str,
        /// What to change.
        problem: String,
    },
}

impl Arguments {
    /// Reads the command line; `variable` answers for the environment.
    pub fn parse(
        line: impl IntoIterator<Item = OsString>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ArgumentError> {
        let mut parser = lexopt::Parser::from_args(line);
        let mut arguments = Self::from_environment(variable)?;
        let mut words: Vec<String> = Vec::new();
        let mut print = false;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => words = vec!["help".to_owned()],
                Long("version") | Short('V') => words = vec!["version".to_owned()],
                Long("print") => print = true,
                Long("plain-http") => arguments.plain_http = true,
                Long("url") => arguments.url = Some(parser.value()?.string()?),
                Long("token-file") => {
                    arguments.token = Some(Token::File(PathBuf::from(parser.value()?)));
                }
                Long("host") => arguments.host = Some(parser.value()?.string()?),
                Long("interval") => {
                    arguments.interval = duration("--interval", &parser.value()?.string()?)?;
                }
                Long("flush") => {
                    arguments.flush = duration("--flush", &parser.value()?.string()?)?;
                }
                Long("queue-bytes") => {
                    arguments.queue_bytes = bytes("--queue-bytes", &parser.value()?.string()?)?;
                }
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        arguments.command = command(&words, print)?;
        arguments.checked()
    }

    fn from_environment(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ArgumentError> {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let token_file = given("TOBAN_TOKEN_FILE").map(|path| Token::File(PathBuf::from(path)));
        Ok(Self {
            command: Command::Run,
            url: given("TOBAN_URL"),
            token: token_file.or_else(|| given("TOBAN_TOKEN").map(Token::Text)),
            host: given("TOBAN_HOST"),
            interval: duration(
                "TOBAN_INTERVAL",
                &given("TOBAN_INTERVAL").unwrap_or("15s".into()),
            )?,
            flush: duration("TOBAN_FLUSH", &given("TOBAN_FLUSH").unwrap_or("15s".into()))?,
            queue_bytes: bytes(
                "TOBAN_QUEUE_BYTES",
                &given("TOBAN_QUEUE_BYTES").unwrap_or("4194304".into()),
            )?,
            plain_http: false,
        })
    }

    fn checked(self) -> Result<Self, ArgumentError> {
        let wrong = |name, problem: &str| {
            let problem = problem.to_owned();
            Err(ArgumentError::Value { name, problem })
        };
        if self.flush < self.interval {
            return wrong("--flush", "must not be shorter than --interval");
        }
        let Some(url) = &self.url else {
            return Ok(self);
        };
        let plain = url.starts_with("http://");
        if !plain && !url.starts_with("https://") {
            return wrong("--url", "must start with https:// or http://");
        }
        if plain && !self.plain_http && !is_this_machine(url) {
            return wrong(
                "--url",
                "http:// would show the token on the way; use https://, or --plain-http where the \
                 way is safe",
            );
        }
        Ok(self)
    }
}

fn command(words: &[String], print: bool) -> Result<Command, ArgumentError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let problem = match (words.as_slice(), print) {
        ([] | ["run"], false) => return Ok(Command::Run),
        (["once"], print) => return Ok(Command::Once { print }),
        (["retire"], false) => return Ok(Command::Retire),
        (["help"], _) => return Ok(Command::Help),
        (["version"], _) => return Ok(Command::Version),
        (_, true) => "--print goes with `once` only".to_owned(),
        _ => format!("there is no command {:?}", words.join(" ")),
    };
    let name = "command";
    Err(ArgumentError::Value { name, problem })
}

fn is_this_machine(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
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

/// `15s`, `500ms`, `1m`; between a tenth of a second and an hour.
fn duration(name: &'static str, text: &str) -> Result<Duration, ArgumentError> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => 0,
    };
    let ms = number
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(unit_ms));
    match ms {
        Some(ms @ 100..=3_600_000) => Ok(Duration::from_millis(ms)),
        _ => Err(ArgumentError::Value {
            name,
            problem: format!("{text:?} is not a time such as 15s, from 100ms to 60m"),
        }),
    }
}

fn bytes(name: &'static str, text: &str) -> Result<usize, ArgumentError> {
    text.parse().map_err(|_| ArgumentError::Value {
        name,
        problem: format!("{text:?} is not a number of bytes"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &[&str], environment: &[(&str, &str)]) -> Result<Arguments, String> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Arguments::parse(line.iter().map(OsString::from), &variable).map_err(|e| e.to_string())
    }

    #[test]
    fn a_flag_goes_before_the_environment() {
        let environment = [("TOBAN_URL", "https://env"), ("TOBAN_FLUSH", "1m")];
        let arguments = parse(&["--url", "https://flag"], &environment).unwrap();
        assert_eq!(arguments.url.as_deref(), Some("https://flag"));
        assert_eq!(arguments.flush, Duration::from_secs(60));
        assert_eq!(arguments.interval, Duration::from_secs(15));
        assert_eq!(arguments.command, Command::Run);
    }

    #[test]
    fn a_token_does_not_travel_in_the_open_to_another_machine() {
        for url in [
            "https://a.example",
            "http://localhost:8480",
            "http://127.0.0.1:1/",
            "http://[::1]:8480",
        ] {
            assert!(parse(&["--url", url], &[]).is_ok(), "{url}");
        }
        for url in [
            "http://a.example",
            "http://localhost.a.example",
            "http://127.0.0.1.a.example",
            "a.example",
        ] {
            assert!(parse(&["--url", url], &[]).is_err(), "{url}");
        }
        assert!(parse(&["--plain-http", "--url", "http://a.example"], &[]).is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_to_change() {
        let refusal = |line: &[&str]| parse(line, &[]).err().unwrap();
        assert!(refusal(&["--interval", "15"]).contains("such as 15s"));
        assert!(refusal(&["--interval", "0s"]).contains("100ms"));
        assert!(refusal(&["--interval", "99999999999999999999s"]).contains("60m"));
        assert!(refusal(&["--interval", "60s"]).contains("shorter"));
        assert!(refusal(&["dance"]).contains("dance"));
        assert!(refusal(&["--print"]).contains("once"));
        assert!(refusal(&["--token", "x"]).contains("--token"));
    }

    #[test]
    fn commands_are_recognised() {
        let command = |line: &[&str]| parse(line, &[]).unwrap().command;
        assert_eq!(command(&["once", "--print"]), Command::Once { print: true });
        assert_eq!(command(&["retire"]), Command::Retire);
        assert_eq!(command(&["once", "--help"]), Command::Help);
        assert_eq!(command(&["-V"]), Command::Version);
    }
}
