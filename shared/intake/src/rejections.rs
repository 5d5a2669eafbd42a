use std::fmt;

/// Why something is rejected while the rest of its body is taken.
pub trait Why: Copy + Eq {
    /// What is counted, in the plural: `samples`, `data points`.
    const UNIT: &'static str;

    /// A stable word for ledgers and logs.
    fn code(self) -> &'static str;

    /// What the sender should change.
    fn advice(self) -> &'static str;
}

/// What was rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected<R> {
    /// Why.
    pub reason: R,
    /// Points that are not taken; 0 where only something beside them was left out.
    pub points: u64,
    /// The first one, cut to a readable length.
    pub example: String,
}

/// What was rejected of one body, by reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejections<R>(Vec<Rejected<R>>);

impl<R> Default for Rejections<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Why> Rejections<R> {
    /// Whether everything was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One entry per reason, in order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rejected<R>> {
        self.0.iter()
    }

    /// The entry for one reason.
    #[must_use]
    pub fn of(&self, reason: R) -> Option<&Rejected<R>> {
        self.0.iter().find(|rejected| rejected.reason == reason)
    }

    /// Points rejected for any reason.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.0.iter().map(|rejected| rejected.points).sum()
    }

    /// Adds to the count of a reason; `example` is asked for once.
    pub fn count(&mut self, reason: R, points: u64, example: impl FnOnce() -> String) {
        if let Some(rejected) = self.0.iter_mut().find(|r| r.reason == reason) {
            rejected.points += points;
        } else {
            self.0.push(Rejected {
                reason,
                points,
                example: example(),
            });
        }
    }
}

/// One line per reason: count, what to change, one example.
impl<R: Why> fmt::Display for Rejections<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rejected) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(
                f,
                "{}: {} {}; {}; for example {}",
                rejected.reason.code(),
                rejected.points,
                R::UNIT,
                rejected.reason.advice(),
                rejected.example
            )?;
        }
        Ok(())
    }
}
