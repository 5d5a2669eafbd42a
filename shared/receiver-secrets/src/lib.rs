//! What does a configuration of receivers hide? One secret per tenant in Secrets Manager, `<prefix>/<tenant>/alertmanager`,
//! one version of it for each configuration: a JSON object of secrets by their place, as
//! `alertmanager_config::Config::take_secrets` names them.
//!
//! A version is written before the configuration that names it, so that a crash in between leaves the old configuration
//! with its old secrets. Secrets Manager keeps the last hundred versions.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use ids::TenantId;

/// The longest value that Secrets Manager takes, in bytes.
pub const MOST_BYTES: usize = 65_536;
/// The same call may pass later.
const PASSING: [&str; 3] = [
    "InternalServiceError",
    "ThrottlingException",
    "LimitExceededException",
];

/// Secrets by their place in the configuration.
pub type Values = BTreeMap<String, String>;

/// The secrets of all tenants.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
    prefix: String,
}

/// Why secrets could not be read or written. The texts name no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no such secret, or not of this version.
    #[error("there is no such version of the secrets")]
    Missing,
    /// Secrets Manager gave no answer, or asks to come later.
    #[error("{0}")]
    Unavailable(String),
    /// Secrets Manager will not.
    #[error("{0}")]
    Refused(String),
    /// It is not what was written.
    #[error("the secrets can't be read")]
    Malformed,
}

impl Secrets {
    /// Those whose names begin with `prefix`.
    #[must_use]
    pub fn new(client: Client, prefix: impl Into<String>) -> Self {
        Self {
            client,
            prefix: prefix.into(),
        }
    }

    fn name(&self, tenant: &TenantId) -> String {
        format!("{}/{tenant}/alertmanager", self.prefix)
    }

    /// What one version hides.
    ///
    /// # Errors
    /// They are not there, can't be had at the moment, or can't be read.
    pub async fn read(&self, tenant: &TenantId, version: &str) -> Result<Values, SecretsError> {
        let request = self.client.get_secret_value().secret_id(self.name(tenant));
        let found = request.version_id(version).send().await.map_err(failed)?;
        let text = found.secret_string().unwrap_or_default();
        serde_json::from_str(text).map_err(|_| SecretsError::Malformed)
    }

    /// Writes a version with an id that nobody used, and says how it is called. The secret is made where there is no
    /// version `before`: who may not know what is not there must not ask for it.
    ///
    /// # Errors
    /// Secrets Manager refuses it, or can't be reached.
    pub async fn write(
        &self,
        tenant: &TenantId,
        values: &Values,
        (id, before): (&str, Option<&str>),
    ) -> Result<String, SecretsError> {
        let text = serde_json::to_string(values).map_err(|_| SecretsError::Malformed)?;
        let made = |version: Option<String>| version.unwrap_or_else(|| id.to_owned());
        if before.is_none() {
            let request = self.client.create_secret().name(self.name(tenant));
            let request = request.secret_string(&text).client_request_token(id);
            match request.send().await {
                Ok(created) => return Ok(made(created.version_id)),
                // Somebody made it, and got no further or removed the configuration since.
                Err(error) if error.code() == Some("ResourceExistsException") => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let request = self.client.put_secret_value().secret_id(self.name(tenant));
        let request = request.secret_string(text).client_request_token(id);
        let written = request.send().await.map_err(failed)?;
        Ok(made(written.version_id))
    }
}

fn failed<E, R>(error: SdkError<E, R>) -> SecretsError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.code().map(str::to_owned);
    let is_answer = matches!(error, SdkError::ServiceError(_));
    let text = DisplayErrorContext(error).to_string();
    match code.as_deref() {
        Some("ResourceNotFoundException") => SecretsError::Missing,
        Some(code) if is_answer && !PASSING.contains(&code) => SecretsError::Refused(text),
        None if is_answer => SecretsError::Refused(text),
        _ => SecretsError::Unavailable(text),
    }
}
