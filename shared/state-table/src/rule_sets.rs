//! Which rules does a tenant have now?

use dynamo_table::TableError;
use ids::TenantId;
use rule_evaluation::{External, RuleFile, RuleSet};

use crate::StateTable;

impl StateTable {
    /// Every rule of a tenant, compiled. A file that was taken once and can't be read by this version is
    /// logged; the others count.
    pub async fn rule_set(
        &self,
        tenant: &TenantId,
        public_url: &str,
    ) -> Result<RuleSet, TableError> {
        let files = self.rule_files(tenant).await?;
        let parsed = files.iter().filter_map(|file| {
            RuleFile::parse(&file.name, file.yaml.as_deref()?)
                .map_err(|errors| {
                    tracing::error!(%tenant, file = %file.name, ?errors, "a stored rule file can't be read");
                })
                .ok()
        });
        let external = External {
            url: public_url.to_owned(),
            ..External::default()
        };
        Ok(RuleSet::new(parsed, external))
    }
}
