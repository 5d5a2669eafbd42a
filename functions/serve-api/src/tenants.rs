use access::{Holder, Role};
use http_access::{Answer, HttpError};
use ids::TenantId;
use serde::Deserialize;
use serde_json::json;
use state_table::Written;
use state_table::settings::Settings;
use state_table::tenants::{NewTenant, Tenant};
use state_table::tokens::StoredToken;

use crate::{Deps, Request, Response, actor, next_of, settings, tokens};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    tenant: TenantId,
    display_name: Option<String>,
    /// Whose the first admin token is: the caller's, who gets to see it, unless said.
    holder: Option<Holder>,
    #[serde(default)]
    settings: Settings,
}

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, after) = call.page::<TenantId>()?;
    let page = deps.state.tenants_page(limit, after.as_ref()).await?;
    Answer::json(200, &json!({"tenants": page.items, "next": next_of(&page)}))
}

pub async fn create(deps: &Deps, call: &Request) -> Response {
    let wanted: Wanted = call.json()?;
    if wanted.tenant.is_system() {
        return Err(taken(&wanted.tenant));
    }
    let display_name = wanted
        .display_name
        .unwrap_or_else(|| wanted.tenant.to_string());
    if !(1..=100).contains(&display_name.chars().count())
        || display_name.chars().any(char::is_control)
    {
        let detail = "display_name must have 1 to 100 printable characters";
        return Err(HttpError::unprocessable(detail));
    }
    settings::check(&wanted.settings)?;
    let token = tokens::minted(&wanted.tenant)?;
    let caller = &call.principal()?.holder;
    let holder = wanted.holder.unwrap_or_else(|| caller.clone());
    let new = NewTenant {
        tenant: Tenant {
            tenant: wanted.tenant,
            display_name,
            created_at: call.now,
        },
        settings: wanted.settings,
        first_admin: StoredToken::new(&token, Role::Admin, holder, None, call.now),
    };
    match deps
        .state
        .create_tenant(&new, &actor(call)?, call.now)
        .await?
    {
        Written::LostRace => Err(taken(&new.tenant.tenant)),
        Written::Yes => Answer::json(
            201,
            &json!({
                "tenant": new.tenant.tenant, "display_name": new.tenant.display_name,
                "created_at": new.tenant.created_at, "token": token.reveal(),
            }),
        ),
    }
}

fn taken(tenant: &TenantId) -> HttpError {
    HttpError::conflict(format!(
        "there is a tenant {tenant:?} already; choose another name",
        tenant = tenant.as_str()
    ))
}
