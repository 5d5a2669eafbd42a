use std::borrow::Cow;

use intake::{Rejections, Why};
use serde::{Deserialize, Serialize};

/// How a body was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Prometheus remote write 1.0 or 2.0.
    RemoteWrite,
    /// OTLP/HTTP metrics.
    Otlp,
    /// Influx line protocol.
    Influx,
    /// collectd's plugin `write_http`.
    Collectd,
    /// CloudWatch metric streams through Firehose.
    MetricStream,
}

/// What is counted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Samples and native histograms of remote write, data points of OTLP, values of the others.
    #[default]
    Points,
    /// Exemplars, which come beside points.
    Exemplars,
    /// Whole bodies whose points can't be counted, because they can't be read.
    Bodies,
}

/// What was refused of one body for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// A stable word.
    pub reason: Cow<'static, str>,
    /// What `count` counts.
    #[serde(default)]
    pub unit: Unit,
    /// How many.
    pub count: u64,
    /// What the sender should change.
    pub advice: Cow<'static, str>,
    /// The first one, cut to a readable length.
    pub example: String,
}

/// One body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// How it came.
    pub protocol: Protocol,
    /// Points that are taken.
    pub taken: u64,
    /// What is not, by reason.
    pub refused: Vec<Refused>,
}

/// A text is cut to as many characters.
const LONGEST_TEXT: usize = 300;

impl Account {
    /// A body that could be read: what was taken, and what was rejected of it.
    #[must_use]
    pub fn new<R: Why>(protocol: Protocol, taken: u64, rejected: &Rejections<R>) -> Self {
        let refused = rejected.iter().map(|rejected| Refused {
            reason: rejected.reason.code().into(),
            unit: Unit::Points,
            count: rejected.points,
            advice: rejected.reason.advice().into(),
            example: cut(&rejected.example),
        });
        Self {
            protocol,
            taken,
            refused: refused.collect(),
        }
    }

    /// A body that was refused as a whole; `problem` says what to change.
    #[must_use]
    pub fn of_unread(protocol: Protocol, reason: &'static str, problem: &str) -> Self {
        Self {
            protocol,
            taken: 0,
            refused: vec![Refused {
                reason: reason.into(),
                unit: Unit::Bodies,
                count: 1,
                advice: "see the example: the answer to the body".into(),
                example: cut(problem),
            }],
        }
    }

    /// Points that are not taken.
    #[must_use]
    pub fn refused_points(&self) -> u64 {
        let points = self.refused.iter().filter(|r| r.unit == Unit::Points);
        points.map(|refused| refused.count).sum()
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
