//! What a configuration hides: one secret per tenant in Secrets Manager, one version of it for each configuration.
//!
//! A version is written before the configuration that names it, so that a crash in between leaves the old configuration
//! with its old secrets. Secrets Manager keeps the last hundred versions.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use http_access::HttpError;
use ids::TenantId;

use crate::fresh_id;

/// The longest value that Secrets Manager takes, in bytes.
pub(crate) const MOST_BYTES: usize = 65_536;
/// The same call may pass later.
const PASSING: [&str; 3] = [
    "InternalServiceError",
    "ThrottlingException",
    "LimitExceededException",
];

/// Secrets by their place in the configuration.
pub(crate) type Values = BTreeMap<String, String>;

/// The secrets of all tenants.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
    prefix: String,
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

    /// One version.
    pub(crate) async fn read(&self, tenant: &TenantId, version: &str) -> Result<Values, HttpError> {
        let request = self.client.get_secret_value().secret_id(self.name(tenant));
        let found = request.version_id(version).send().await.map_err(failed)?;
        serde_json::from_str(found.secret_string().unwrap_or_default()).map_err(HttpError::internal)
    }

    /// Writes a version, and says how it is called. The secret is made where there is no version `before`: who may not
    /// know what is not there must not ask for it.
    pub(crate) async fn write(
        &self,
        tenant: &TenantId,
        text: &str,
        before: Option<&str>,
    ) -> Result<String, HttpError> {
        let token = fresh_id()?;
        if before.is_none() {
            let request = self.client.create_secret().name(self.name(tenant));
            let request = request.secret_string(text).client_request_token(&token);
            match request.send().await {
                Ok(made) => return Ok(made.version_id.unwrap_or(token)),
                // Somebody made it, and got no further or removed the configuration since.
                Err(error) if error.code() == Some("ResourceExistsException") => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let request = self.client.put_secret_value().secret_id(self.name(tenant));
        let request = request.secret_string(text).client_request_token(&token);
        let written = request.send().await.map_err(failed)?;
        Ok(written.version_id.unwrap_or(token))
    }
}

fn failed<E, R>(error: SdkError<E, R>) -> HttpError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let is_lasting = matches!(error, SdkError::ServiceError(_))
        && !error.code().is_some_and(|code| PASSING.contains(&code));
    if is_lasting {
        HttpError::internal(DisplayErrorContext(error).to_string())
    } else {
        HttpError::Unavailable(Box::new(error))
    }
}
