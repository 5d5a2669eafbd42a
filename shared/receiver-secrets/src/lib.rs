//! What does a configuration of receivers hide? One secret per tenant in Secrets Manager, `<prefix>/<tenant>/alertmanager`,
//! one version of it for each configuration: a JSON object of secrets by their place, as
//! `alertmanager_config::Config::take_secrets` names them.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata};
use ids::TenantId;

/// The secrets of all tenants.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
    prefix: String,
}

/// Why secrets could not be read. The texts name no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no such secret, or not of this version.
    #[error("there is no such version of the secrets")]
    Missing,
    /// Secrets Manager gave no answer, or a refusal.
    #[error("{0}")]
    Call(String),
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

    /// What one version hides, by its place in the configuration.
    ///
    /// # Errors
    /// They are not there, can't be had at the moment, or can't be read.
    pub async fn read(
        &self,
        tenant: &TenantId,
        version: &str,
    ) -> Result<BTreeMap<String, String>, SecretsError> {
        let name = format!("{}/{tenant}/alertmanager", self.prefix);
        let request = self.client.get_secret_value().secret_id(name);
        let found = request.version_id(version).send().await.map_err(|error| {
            if error.code() == Some("ResourceNotFoundException") {
                SecretsError::Missing
            } else {
                SecretsError::Call(DisplayErrorContext(error).to_string())
            }
        })?;
        let text = found.secret_string().unwrap_or_default();
        serde_json::from_str(text).map_err(|_| SecretsError::Malformed)
    }
}
