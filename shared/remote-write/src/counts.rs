/// How many of one kind were taken of a body, and how many were not; together all that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Valid, and part of what is handed on.
    pub accepted: u64,
    /// Named in [`crate::Rejections`].
    pub rejected: u64,
}

/// What became of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Samples as sent; what histograms become is not among them.
    pub samples: Outcome,
    /// Native histograms; an accepted one is classic series now.
    pub histograms: Outcome,
    /// Exemplars. Nothing keeps them yet, so that an accepted one isn't [`Written`].
    pub exemplars: Outcome,
    /// Samples, histograms and series that said when they began to count, which is not used.
    pub start_times: u64,
}

/// What the answer's headers say (remote write 2.0, "Required `Written` Response Headers"): how much was
/// stored. [`Written::default`] is right for every body that is refused or could not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// `X-Prometheus-Remote-Write-Samples-Written`
    pub samples: u64,
    /// `X-Prometheus-Remote-Write-Histograms-Written`
    pub histograms: u64,
    /// `X-Prometheus-Remote-Write-Exemplars-Written`
    pub exemplars: u64,
}

impl Counts {
    /// What is written once the accepted part is stored: no exemplars, because nothing keeps them.
    #[must_use]
    pub fn written(&self) -> Written {
        Written {
            samples: self.samples.accepted,
            histograms: self.histograms.accepted,
            exemplars: 0,
        }
    }
}

impl Written {
    /// Names (lower case) and values of the three headers, to be sent with every answer to a body whose
    /// type was taken, also with 4xx and 5xx.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, u64); 3] {
        [
            ("x-prometheus-remote-write-samples-written", self.samples),
            (
                "x-prometheus-remote-write-histograms-written",
                self.histograms,
            ),
            (
                "x-prometheus-remote-write-exemplars-written",
                self.exemplars,
            ),
        ]
    }
}
