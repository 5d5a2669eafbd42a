/// How a request and its answer are written. The answer always takes the request's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

impl Encoding {
    /// By the media type of a `Content-Type` header, whatever its parameters; `None`: answer 415.
    #[must_use]
    pub fn of_content_type(header: &str) -> Option<Self> {
        let media_type = header.split(';').next().unwrap_or_default().trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|encoding| media_type.eq_ignore_ascii_case(encoding.content_type()))
    }

    /// The `Content-Type` of the answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_known_whatever_its_case_and_parameters() {
        for (header, encoding) in [
            ("application/x-protobuf", Some(Encoding::Protobuf)),
            ("Application/JSON; charset=utf-8", Some(Encoding::Json)),
            ("application/json+otlp", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(Encoding::of_content_type(header), encoding, "{header}");
        }
    }
}
