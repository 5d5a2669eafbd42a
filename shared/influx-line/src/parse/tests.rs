use super::*;

fn read(text: &str) -> Result<Line<'_>, &'static str> {
    line(text, &Limits::default())
}

#[test]
fn names_keep_what_is_escaped_and_backslashes_that_escape_nothing() {
    for (text, measurement, key, value, field) in [
        (r"m,k=v f=1", "m", "k", "v", "f"),
        (
            r"fo\,o\ bar,k\ \=\,=v\ \,\= f\ \=\,=1",
            "fo,o bar",
            "k =,",
            "v ,=",
            "f =,",
        ),
        (r"m\=x,k=C:\dir\\x f=1", r"m\=x", "k", r"C:\dir\\x", "f"),
        (r#"m"x",k"=v" f"=1"#, r#"m"x""#, r#"k""#, r#"v""#, r#"f""#),
        // The character before the comma is a backslash, whatever stands before that.
        (r"m\\,x,k=v f=1", r"m\,x", "k", "v", "f"),
        (r"m,k=v   f=1", "m", "k", "v", "f"),
        ("当番,ホスト=東京 温度=1", "当番", "ホスト", "東京", "温度"),
    ] {
        let line = read(text).unwrap();
        assert_eq!(line.measurement, measurement, "{text}");
        assert_eq!(line.tags, [(key.into(), value.into())], "{text}");
        assert_eq!(line.fields, [(field.into(), Value::Number(1.0))], "{text}");
    }
}

#[test]
fn each_type_of_value_is_read() {
    for (text, value) in [
        ("1", Value::Number(1.0)),
        ("-1.5", Value::Number(-1.5)),
        (".5", Value::Number(0.5)),
        ("1.", Value::Number(1.0)),
        ("1.2e-7", Value::Number(1.2e-7)),
        ("-1E+3", Value::Number(-1000.0)),
        ("12i", Value::Number(12.0)),
        (
            "-9223372036854775808i",
            Value::Number(-9_223_372_036_854_775_808.0),
        ),
        (
            "18446744073709551615u",
            Value::Number(18_446_744_073_709_551_615.0),
        ),
        ("t", Value::Number(1.0)),
        ("True", Value::Number(1.0)),
        ("FALSE", Value::Number(0.0)),
        (r#""""#, Value::Text),
        (r#""1""#, Value::Text),
        (r#""a, b=\"c\" \\""#, Value::Text),
        ("\"two\nlines\"", Value::Text),
    ] {
        let text = format!("m f={text},g=2 7");
        let line = read(&text).unwrap();
        assert_eq!(line.fields[0].1, value, "{text}");
        assert_eq!((line.fields.len(), line.time), (2, Some(7)), "{text}");
    }
}

#[test]
fn a_time_is_optional_and_whole() {
    for (text, time) in [
        ("m f=1", None),
        ("m f=1 ", None),
        ("m f=1 -345", Some(-345)),
        (
            "m f=1   1795176000000000000 ",
            Some(1_795_176_000_000_000_000),
        ),
        ("m f=\"x\"\t5", Some(5)),
    ] {
        assert_eq!(read(text).unwrap().time, time, "{text:?}");
    }
}

/// The cases are those of InfluxDB's `models/points_test.go` and VictoriaMetrics' parser of the same format.
#[test]
fn what_does_not_follow_the_grammar_says_why() {
    for (text, why) in [
        ("m", "there are no fields"),
        ("m,k=v", "there are no fields"),
        ("m,k=v ", "there are no fields"),
        (",k=v f=1", "there is no measurement"),
        ("m,", "a tag has no name"),
        ("m, f=1", "a tag has no name"),
        ("m,=v f=1", "a tag has no name"),
        ("m,k f=1", "a tag has no value"),
        ("m,k= f=1", "a tag has no value"),
        ("m,k=,l=w f=1", "a tag has no value"),
        ("m,k=v=w f=1", "a tag's value has a = that is not escaped"),
        ("m f", "a field has no value"),
        ("m =1", "a field has no name"),
        ("m f=1,", "a field has no name"),
        ("m f=1,=2", "a field has no name"),
        ("m f=1,g", "a field has no value"),
        (r#"m f="x"#, "quotes are not closed"),
        (r#"m f="x"y"#, "something follows closed quotes"),
        ("m f=1 x", "the time is not a whole number"),
        ("m f=1 1.5", "the time is not a whole number"),
        ("m f=1 2 3", "the time is not a whole number"),
        ("m f=1 9223372036854775808", "the time does not fit 64 bits"),
        ("GET /foo HTTP/1.1", "a field has no value"),
    ] {
        assert_eq!(read(text).unwrap_err(), why, "{text}");
    }
}

#[test]
fn what_is_no_value_is_none() {
    for value in [
        "",
        "x",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "infinity",
        "1e400",
        "+1",
        "1i2",
        "1.5i",
        "i",
        "-",
        "-1u",
        "1e1i",
        "9223372036854775808i",
        "18446744073709551616u",
        "1abci",
        "tru",
        "'x'",
        "1,,g=2",
        "0x10",
        "1_000",
    ] {
        assert!(read(&format!("m f={value} 7")).is_err(), "{value}");
    }
}
