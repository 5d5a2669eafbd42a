//! Who sends a webhook? Pure.

use hyper::header::HeaderName;
use jiff::Timestamp;
use ring::hmac;
use state_table::settings::SigningSecret;

/// `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`: a receiver that checks both knows that the body is ours and
/// new.
pub(crate) fn signature(
    secret: &SigningSecret,
    body: &[u8],
    now: Timestamp,
) -> (HeaderName, String) {
    let seconds = now.as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let mut signed = hmac::Context::with_key(&key);
    signed.update(format!("{seconds}.").as_bytes());
    signed.update(body);
    let mut value = format!("t={seconds},v1=");
    for byte in signed.sign().as_ref() {
        value.push_str(&format!("{byte:02x}"));
    }
    (HeaderName::from_static("x-toban-signature"), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer is that of `openssl dgst -sha256 -hmac 0123456789abcdef` for `1700000000.{"a":1}`.
    #[test]
    fn the_signature_is_the_one_that_openssl_makes() {
        let secret: SigningSecret = serde_json::from_str("\"0123456789abcdef\"").unwrap();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let (name, value) = signature(&secret, b"{\"a\":1}", now);
        assert_eq!(name, "x-toban-signature");
        let wanted = "9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23";
        assert_eq!(value, format!("t=1700000000,v1={wanted}"));
    }
}
