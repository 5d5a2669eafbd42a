use std::sync::{Mutex, PoisonError};

use access::{
    BrowserHints, CredentialPlace, Method, Presented, Principal, Source, Token, Unauthenticated,
    cookie_may_act, presented, presented_alone,
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use state_table::{StateTable, TableError};

use crate::token_memory::TokenMemory;

/// The door: verifies tokens against the state table.
#[derive(Debug)]
pub struct Entry {
    state: StateTable,
    public_url: String,
    memory: Mutex<TokenMemory>,
}

impl Entry {
    /// `public_url` is the address that people's browsers use.
    #[must_use]
    pub fn new(state: StateTable, public_url: impl Into<String>) -> Self {
        Self {
            state,
            public_url: public_url.into(),
            memory: Mutex::default(),
        }
    }

    /// The address that people's browsers use.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    pub(crate) fn is_over_tls(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Who calls, by what the request carries.
    pub(crate) async fn caller(
        &self,
        place: CredentialPlace,
        method: Method,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Result<Principal, Unauthenticated>, TableError> {
        match self.shown(place, method, headers) {
            Ok(token) => Ok(self
                .verify(&token, now)
                .await?
                .ok_or(Unauthenticated::InvalidToken)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn shown(
        &self,
        place: CredentialPlace,
        method: Method,
        headers: &HeaderMap,
    ) -> Result<Token, Unauthenticated> {
        let text = |name| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap_or_default())
        };
        if let CredentialPlace::Header(name) = place {
            return Ok(presented_alone(text(name))?.token);
        }
        let cookies: Vec<&str> = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let Presented { token, source } = presented(text("authorization"), &cookies)?;
        let hints = BrowserHints {
            origin: text("origin"),
            fetch_site: text("sec-fetch-site"),
        };
        if source == Source::Cookie && !cookie_may_act(method, hints, &self.public_url) {
            return Err(Unauthenticated::CrossSite);
        }
        Ok(token)
    }

    /// Whose token this is; none where it is unknown, wrong or revoked.
    pub async fn verify(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<Principal>, TableError> {
        let name = (token.tenant.clone(), token.id.clone());
        let opens = |stored: &state_table::tokens::StoredToken| {
            stored
                .opens_with(&token.secret, now)
                .then(|| stored.principal(&token.tenant))
        };
        let remembered = self.memory().recall(&name);
        if let Some(known) = remembered {
            let principal = known.token.as_ref().and_then(opens);
            if known.counts(principal.is_some(), now) {
                return Ok(principal);
            }
        }
        let stored = self.state.token(&token.tenant, &token.id).await?;
        let principal = stored.as_ref().and_then(opens);
        self.memory().remember(name, stored, now);
        Ok(principal)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, TokenMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
