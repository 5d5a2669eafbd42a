//! What was the agent told to do? Flags, and the environment for those not given.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::quantity::{bytes, duration};
use crate::token::Token;

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

/// What the command line and the environment say; what they don't say is the configuration file's, or
/// the default.
pub struct Arguments {
    /// What to do.
    pub command: Command,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The service's address.
    pub url: Option<String>,
    /// Who the agent is to the service.
    pub token: Option<Token>,
    /// The certificates to trust.
    pub ca_file: Option<PathBuf>,
    /// The host's name, where it is not the kernel's.
    pub host: Option<String>,
    /// Between two samples.
    pub interval: Option<Duration>,
    /// Between two flushes.
    pub flush: Option<Duration>,
    /// What may wait in memory.
    pub queue_bytes: Option<u64>,
    /// Where what waits survives a restart.
    pub state_directory: Option<PathBuf>,
    /// What may wait on disk.
    pub spool_bytes: Option<u64>,
    /// Whether a token may travel unencrypted to another machine.
    pub plain_http: bool,
}

/// How to call the agent.
pub const HELP: &str = "\
toban-agent [run]         report until stopped
toban-agent once          send one look at this host, and say whether it was taken
toban-agent once --print  show what would be sent, in Prometheus' text format
toban-agent retire        tell the service that this host leaves on purpose

  --url URL              TOBAN_URL              the service, such as https://toban.example
  --token-file FILE      TOBAN_TOKEN_FILE       file with the token; read again for every flush
                         TOBAN_TOKEN            the token itself (no flag: others could read it in ps)
  --ca-file FILE         TOBAN_CA_FILE          trust these certificates (PEM) instead of Mozilla's list
  --host NAME            TOBAN_HOST             this host's name (default: the kernel's)
  --interval 15s         TOBAN_INTERVAL         between two samples of a series
  --flush 15s            TOBAN_FLUSH            between two requests (default: 15s; 60s once the service has
                                                said which thresholds can't wait)
  --queue-bytes N        TOBAN_QUEUE_BYTES      what may wait in memory for a service that is down (4194304)
  --state-directory DIR  TOBAN_STATE_DIRECTORY  keep what waits on disk, across restarts (default: systemd's
                                                STATE_DIRECTORY; without one nothing is written)
  --spool-bytes N        TOBAN_SPOOL_BYTES      what may wait on disk (67108864)
  --config FILE          TOBAN_CONFIG           destinations, processes and units; flags go before it
  --plain-http                                  allow http:// to another machine: the token can be read on the way
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
        /// Which flag, variable or entry of the file.
        name: String,
        /// What to change.
        problem: String,
    },
}

impl ArgumentError {
    /// A value that is out of place.
    pub fn value(name: &str, problem: impl Into<String>) -> Self {
        Self::Value {
            name: name.to_owned(),
            problem: problem.into(),
        }
    }
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
                Value(word) => words.push(word.string()?),
                Long(name) => {
                    let name = name.to_owned();
                    if !arguments.is_set(&name, &mut parser)? {
                        return Err(Long(&name).unexpected().into());
                    }
                }
                other => return Err(other.unexpected().into()),
            }
        }
        arguments.command = command(&words, print)?;
        Ok(arguments)
    }

    /// Takes a flag's value; no for a flag that there isn't.
    fn is_set(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<bool, ArgumentError> {
        let flag = format!("--{name}");
        let wrong = |problem| ArgumentError::Value {
            name: flag,
            problem,
        };
        let mut text = || parser.value()?.string();
        match name {
            "url" => self.url = Some(text()?),
            "host" => self.host = Some(text()?),
            "interval" => self.interval = Some(duration(&text()?).map_err(wrong)?),
            "flush" => self.flush = Some(duration(&text()?).map_err(wrong)?),
            "queue-bytes" => self.queue_bytes = Some(bytes(&text()?).map_err(wrong)?),
            "spool-bytes" => self.spool_bytes = Some(bytes(&text()?).map_err(wrong)?),
            "token-file" => self.token = Some(Token::File(parser.value()?.into())),
            "ca-file" => self.ca_file = Some(parser.value()?.into()),
            "state-directory" => self.state_directory = Some(parser.value()?.into()),
            "config" => self.config = Some(parser.value()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn from_environment(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ArgumentError> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = |name: &str| given(name).map(PathBuf::from);
        let time = |name: &str| {
            let value = given(name).map(|text| duration(&text)).transpose();
            value.map_err(|problem| ArgumentError::value(name, problem))
        };
        let size = |name: &str| {
            let value = given(name).map(|text| bytes(&text)).transpose();
            value.map_err(|problem| ArgumentError::value(name, problem))
        };
        let token_file = path("TOBAN_TOKEN_FILE").map(Token::File);
        // systemd's own, which names several with colons where a unit asks for several.
        let of_systemd =
            given("STATE_DIRECTORY").and_then(|list| Some(PathBuf::from(list.split(':').next()?)));
        Ok(Self {
            command: Command::Run,
            config: path("TOBAN_CONFIG"),
            url: given("TOBAN_URL"),
            token: token_file.or_else(|| given("TOBAN_TOKEN").map(Token::Text)),
            ca_file: path("TOBAN_CA_FILE"),
            host: given("TOBAN_HOST"),
            interval: time("TOBAN_INTERVAL")?,
            flush: time("TOBAN_FLUSH")?,
            queue_bytes: size("TOBAN_QUEUE_BYTES")?,
            state_directory: path("TOBAN_STATE_DIRECTORY").or(of_systemd),
            spool_bytes: size("TOBAN_SPOOL_BYTES")?,
            plain_http: false,
        })
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
    Err(ArgumentError::value("command", problem))
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
        assert_eq!(arguments.flush, Some(Duration::from_secs(60)));
        assert_eq!(arguments.interval, None);
        assert_eq!(arguments.command, Command::Run);
    }

    #[test]
    fn the_managers_state_directory_is_used_unless_another_is_named() {
        let state = |environment: &[(&str, &str)]| parse(&[], environment).unwrap().state_directory;
        assert_eq!(state(&[]), None);
        let systemd = ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b");
        assert_eq!(state(&[systemd]), Some("/var/lib/a".into()));
        let own = ("TOBAN_STATE_DIRECTORY", "/x");
        assert_eq!(state(&[systemd, own]), Some("/x".into()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_to_change() {
        let refusal = |line: &[&str]| parse(line, &[]).err().unwrap();
        assert!(refusal(&["--interval", "15"]).contains("such as 15s"));
        assert!(refusal(&["--interval", "0s"]).contains("100ms"));
        assert!(refusal(&["--interval", "99999999999999999999s"]).contains("60m"));
        assert!(refusal(&["--spool-bytes", "many"]).contains("--spool-bytes"));
        assert!(refusal(&["dance"]).contains("dance"));
        assert!(refusal(&["--print"]).contains("once"));
        assert!(refusal(&["--token", "x"]).contains("--token"));
        assert!(refusal(&["--url"]).contains("--url"));
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
