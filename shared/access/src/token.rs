use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ids::{TenantId, TokenId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const PREFIX: &str = "tbn";
const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;
const ID_CHARS: std::ops::RangeInclusive<usize> = 8..=32;

/// What somebody shows to be let in: `tbn_<tenant>_<id>_<secret>`.
///
/// Tenant and id contain no `_`, the secret may: the text is split at its first three.
#[derive(Clone)]
pub struct Token {
    /// Whose data it opens.
    pub tenant: TenantId,
    /// Its public part, by which it is listed and revoked.
    pub id: TokenId,
    /// The part that only its holder knows.
    pub secret: TokenSecret,
}

/// 32 random bytes as 43 characters of base64url. Has neither `Debug` nor `Serialize`.
#[derive(Clone)]
pub struct TokenSecret(String);

/// What is kept of a secret: SHA-256 of its 43 characters, as hexadecimal text where stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash([u8; 32]);

/// A text that is no token. Says nothing of the text itself, so that it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token has the form tbn_<tenant>_<id>_<secret>")]
pub struct InvalidToken;

impl Token {
    /// Reads a token; every deviation from the grammar is the same error.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let mut parts = text.splitn(4, '_');
        let mut part = || parts.next().ok_or(InvalidToken);
        let (prefix, tenant, id, secret) = (part()?, part()?, part()?, part()?);
        if prefix != PREFIX || !ID_CHARS.contains(&id.len()) {
            return Err(InvalidToken);
        }
        Ok(Self {
            tenant: TenantId::new(tenant).map_err(|_| InvalidToken)?,
            id: TokenId::new(id).map_err(|_| InvalidToken)?,
            secret: TokenSecret::parse(secret)?,
        })
    }

    /// A new token from randomness: the id is the first 8 bytes in hexadecimal, the secret the other 32.
    pub fn mint(tenant: TenantId, random: &[u8; 40]) -> Result<Self, InvalidToken> {
        let (id, secret) = random.split_at(8);
        Ok(Self {
            tenant,
            id: TokenId::new(hex::encode(id)).map_err(|_| InvalidToken)?,
            secret: TokenSecret(URL_SAFE_NO_PAD.encode(secret)),
        })
    }

    /// The same id with a new secret.
    #[must_use]
    pub fn with_new_secret(&self, random: &[u8; SECRET_BYTES]) -> Self {
        Self {
            secret: TokenSecret(URL_SAFE_NO_PAD.encode(random)),
            ..self.clone()
        }
    }

    /// The whole text, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}_{}", self.tenant, self.id, self.secret.0)
    }
}

/// Shows everything but the secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({PREFIX}_{}_{}_…)", self.tenant, self.id)
    }
}

impl TokenSecret {
    /// Only what 32 bytes encode to: 43 characters, the last one canonical.
    fn parse(text: &str) -> Result<Self, InvalidToken> {
        let well_formed = text.len() == SECRET_CHARS
            && URL_SAFE_NO_PAD
                .decode(text)
                .is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
        well_formed
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidToken)
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl SecretHash {
    /// As it is stored: 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Whether `secret` is the one that was hashed; takes the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, secret: &TokenSecret) -> bool {
        self.0.ct_eq(&secret.hash().0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes)
            .map_err(|_| serde::de::Error::custom("a secret's hash has 64 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `hashlib.sha256(secret.encode()).hexdigest()` in Python, for 32 zero bytes.
    const ZERO_SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const ZERO_HASH: &str = "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a";

    #[test]
    fn only_the_exact_grammar_is_a_token() {
        let secret = ZERO_SECRET;
        assert!(Token::parse(&format!("tbn_demo_abcdefgh_{secret}")).is_ok());
        for bad in [
            String::new(),
            "tbn".to_owned(),
            "tbn_demo_abcdefgh".to_owned(),
            "tbn_demo_abcdefgh_".to_owned(),
            format!("TBN_demo_abcdefgh_{secret}"),
            format!("tbn_Demo_abcdefgh_{secret}"),
            format!("tbn__abcdefgh_{secret}"),
            format!("tbn_demo_abcdefg_{secret}"),
            format!("tbn_demo_{}_{secret}", "a".repeat(33)),
            format!("tbn_demo_abc#efgh_{secret}"),
            format!("tbn_demo_abcdefgh_{secret}A"),
            format!("tbn_demo_abcdefgh_{}", &secret[1..]),
            format!("tbn_demo_abcdefgh_{}=", &secret[1..]),
            format!("tbn_demo_abcdefgh_{}+", &secret[1..]),
            format!("tbn_demo_abcdefgh_{}B", &secret[1..]),
            format!("tbn_demo_abcdefgh_{secret} "),
            format!(" tbn_demo_abcdefgh_{secret}"),
            format!("tbn_{}_abcdefgh_{secret}", "a".repeat(33)),
        ] {
            assert!(Token::parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_hash_is_the_one_other_languages_compute() {
        let token = Token::parse(&format!("tbn_demo_abcdefgh_{ZERO_SECRET}")).unwrap();
        let json = serde_json::to_string(&token.secret.hash()).unwrap();
        assert_eq!(json, format!("\"{ZERO_HASH}\""));
        let stored: SecretHash = serde_json::from_str(&json).unwrap();
        assert!(stored.matches(&token.secret));
    }

    #[test]
    fn neither_token_nor_hash_shows_itself() {
        let token = Token::parse(&format!("tbn_demo_abcdefgh_{ZERO_SECRET}")).unwrap();
        let shown = format!("{token:?} {:?}", token.secret.hash());
        assert!(!shown.contains("AAAA") && !shown.contains(&ZERO_HASH[..8]));
    }

    proptest! {
        #[test]
        fn what_is_minted_parses_to_itself(tenant in "[a-z0-9-]{1,32}", low: [u8; 20], high: [u8; 20]) {
            let mut random = [0; 40];
            random[..20].copy_from_slice(&low);
            random[20..].copy_from_slice(&high);
            let minted = Token::mint(TenantId::new(tenant).unwrap(), &random).unwrap();
            let parsed = Token::parse(&minted.reveal()).unwrap();
            prop_assert_eq!(parsed.reveal(), minted.reveal());
            prop_assert_eq!(parsed.tenant, minted.tenant);
            prop_assert_eq!(parsed.id, minted.id.clone());
            prop_assert!(minted.secret.hash().matches(&parsed.secret));
        }

        #[test]
        fn no_other_secret_matches(a: [u8; 32], b: [u8; 32]) {
            let token = Token::mint(TenantId::system(), &[0; 40]).unwrap();
            let (a_token, b_token) = (token.with_new_secret(&a), token.with_new_secret(&b));
            prop_assert_eq!(a_token.secret.hash().matches(&b_token.secret), a == b);
        }

        #[test]
        fn no_text_panics_and_what_parses_is_exact(text in "\\PC{0,120}|tbn_[a-z_]{0,20}_[a-z0-9]{6,34}_[A-Za-z0-9_-]{40,45}") {
            if let Ok(token) = Token::parse(&text) {
                prop_assert_eq!(token.reveal(), text);
            }
        }
    }
}
