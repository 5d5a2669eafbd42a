/// The language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English; times in UTC.
    English,
    /// Japanese; times in Japan Standard Time.
    Japanese,
}
