use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

use crate::Refusal;

/// Text that is borrowed where nothing in it is escaped; `null` is empty.
#[derive(Default)]
pub(super) struct Text<'b>(pub(super) Cow<'b, str>);

/// A boolean; `null` is false.
#[derive(Default)]
pub(super) struct Flag(pub(super) bool);

/// A number that is written as one or as text (protobuf's JSON mapping); `null` is 0.
#[derive(Default, Clone, Copy)]
pub(super) struct Lenient<T>(pub(super) T);

/// A type of number that JSON can carry both ways.
pub(super) trait Number: Default + Sized {
    const WHAT: &'static str;
    fn of_unsigned(number: u64) -> Option<Self>;
    fn of_signed(number: i64) -> Option<Self>;
    fn of_double(number: f64) -> Option<Self>;
    fn of_text(text: &str) -> Option<Self>;

    fn read(raw: &RawValue) -> Result<Self, Refusal> {
        serde_json::from_str::<Lenient<Self>>(raw.get())
            .map(|lenient| lenient.0)
            .map_err(super::malformed)
    }
}

/// Beyond this, a double does not tell whole numbers apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

macro_rules! whole_number {
    ($type:ty, $what:literal) => {
        impl Number for $type {
            const WHAT: &'static str = $what;
            fn of_unsigned(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
            fn of_signed(number: i64) -> Option<Self> {
                Self::try_from(number).ok()
            }
            fn of_double(number: f64) -> Option<Self> {
                whole(number).and_then(Self::of_signed)
            }
            fn of_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}

whole_number!(u64, "a whole number from 0 up to 64 bits");
whole_number!(i64, "a whole number of 64 bits");
whole_number!(u32, "a whole number from 0 up to 32 bits");
whole_number!(i32, "a whole number of 32 bits");

impl Number for f64 {
    const WHAT: &'static str = "a number, \"NaN\", \"Infinity\" or \"-Infinity\"";
    fn of_unsigned(number: u64) -> Option<Self> {
        Some(number as Self)
    }
    fn of_signed(number: i64) -> Option<Self> {
        Some(number as Self)
    }
    fn of_double(number: f64) -> Option<Self> {
        Some(number)
    }
    fn of_text(text: &str) -> Option<Self> {
        match text {
            "NaN" => Some(Self::NAN),
            "Infinity" => Some(Self::INFINITY),
            "-Infinity" => Some(Self::NEG_INFINITY),
            // Rust also reads "inf" and "nan", which are no numbers in JSON.
            _ => text.parse().ok().filter(|number: &Self| number.is_finite()),
        }
    }
}

struct NumberVisitor<T>(PhantomData<T>);

impl<T: Number> Visitor<'_> for NumberVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Lenient<T>, E> {
        T::of_unsigned(number)
            .map(Lenient)
            .ok_or_else(|| E::custom(format_args!("{number} is not {}", T::WHAT)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Lenient<T>, E> {
        T::of_signed(number)
            .map(Lenient)
            .ok_or_else(|| E::custom(format_args!("{number} is not {}", T::WHAT)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Lenient<T>, E> {
        T::of_double(number)
            .map(Lenient)
            .ok_or_else(|| E::custom(format_args!("{number} is not {}", T::WHAT)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lenient<T>, E> {
        T::of_text(text)
            .map(Lenient)
            .ok_or_else(|| E::custom(format_args!("a text is not {}", T::WHAT)))
    }

    fn visit_unit<E: Error>(self) -> Result<Lenient<T>, E> {
        Ok(Lenient::<T>(T::default()))
    }
}

impl<'b, T: Number> Deserialize<'b> for Lenient<T> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

struct TextVisitor;

impl<'b> Visitor<'b> for TextVisitor {
    type Value = Text<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'b str) -> Result<Text<'b>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'b>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Text<'b>, E> {
        Ok(Text::default())
    }
}

impl<'b: 'a, 'a> Deserialize<'b> for Text<'a> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'b> Deserialize<'b> for Flag {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<bool>::deserialize(deserializer).map(|flag| Self(flag.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Number>(json: &str) -> Option<T> {
        serde_json::from_str::<Lenient<T>>(json).ok().map(|l| l.0)
    }

    #[test]
    fn a_whole_number_may_be_a_number_or_a_text() {
        for (json, number) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("7.0", Some(7)),
            ("\"18446744073709551615\"", Some(u64::MAX)),
            ("18446744073709551615", Some(u64::MAX)),
            ("null", Some(0)),
            ("-1", None),
            ("7.5", None),
            ("\"seven\"", None),
            ("true", None),
        ] {
            assert_eq!(read::<u64>(json), number, "{json}");
        }
        assert_eq!(read::<i32>("2147483648"), None);
        assert_eq!(read::<i64>("\"-9223372036854775808\""), Some(i64::MIN));
    }

    #[test]
    fn a_double_may_be_a_word() {
        assert!(read::<f64>("\"NaN\"").unwrap().is_nan());
        for (json, number) in [
            ("\"Infinity\"", Some(f64::INFINITY)),
            ("\"-Infinity\"", Some(f64::NEG_INFINITY)),
            ("\"1.5\"", Some(1.5)),
            ("5", Some(5.0)),
            ("-0.0", Some(-0.0)),
            ("\"inf\"", None),
            ("\"nan\"", None),
        ] {
            assert_eq!(read::<f64>(json), number, "{json}");
        }
    }
}
