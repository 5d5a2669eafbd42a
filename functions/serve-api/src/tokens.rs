use access::{Holder, Role, Token};
use http_access::{Answer, HttpError};
use ids::{TenantId, TokenId};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use state_table::tokens::{StoredToken, TokenChange};

use crate::{Deps, Request, Response, actor, lost_race, next_of};

const LONGEST_OVERLAP_SECS: u32 = 7 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    role: Role,
    holder: Holder,
    device: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Rotation {
    overlap_secs: u32,
}

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, after) = call.page::<TokenId>()?;
    let page = deps
        .state
        .tokens_page(call.tenant()?, limit, after.as_ref())
        .await?;
    let tokens: Vec<Value> = page.items.iter().map(shown).collect();
    Answer::json(200, &json!({"tokens": tokens, "next": next_of(&page)}))
}

pub async fn create(deps: &Deps, call: &Request) -> Response {
    let wanted: NewToken = call.json()?;
    check_device(wanted.role, wanted.device.as_deref())?;
    let tenant = call.tenant()?;
    let token = minted(tenant)?;
    let stored = StoredToken::new(&token, wanted.role, wanted.holder, wanted.device, call.now);
    let written = deps
        .state
        .create_token(tenant, &stored, &actor(call)?, call.now)
        .await?;
    if !written.is_stored() {
        return Err(lost_race());
    }
    Answer::json(201, &revealed(&token, &stored))
}

pub async fn rotate(deps: &Deps, call: &Request) -> Response {
    let wanted: Rotation = if call.body.is_empty() {
        Rotation::default()
    } else {
        call.json()?
    };
    if wanted.overlap_secs > LONGEST_OVERLAP_SECS {
        return Err(HttpError::unprocessable(format!(
            "overlap_secs may be {LONGEST_OVERLAP_SECS} at most"
        )));
    }
    let id: TokenId = call.param("id")?;
    let tenant = call.tenant()?;
    let token = Token {
        id: id.clone(),
        ..minted(tenant)?
    };
    let overlap = SignedDuration::from_secs(wanted.overlap_secs.into());
    let change = deps
        .state
        .rotate_token(tenant, &id, &token.secret, overlap, &actor(call)?, call.now)
        .await?;
    let stored = done(change)?;
    Answer::json(200, &revealed(&token, &stored))
}

pub async fn revoke(deps: &Deps, call: &Request) -> Response {
    let id: TokenId = call.param("id")?;
    let change = deps
        .state
        .revoke_token(call.tenant()?, &id, &actor(call)?, call.now)
        .await?;
    done(change)?;
    Ok(Answer::empty(204))
}

/// A token of fresh randomness.
pub fn minted(tenant: &TenantId) -> Result<Token, HttpError> {
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(|error| HttpError::internal(error.to_string()))?;
    Token::mint(tenant.clone(), &random).map_err(HttpError::internal)
}

fn check_device(role: Role, device: Option<&str>) -> Result<(), HttpError> {
    match (role, device) {
        (Role::Device, None) => Err(HttpError::unprocessable("the role device needs a `device`")),
        (Role::Device, Some(name)) => {
            let length = name.chars().count();
            if (1..=255).contains(&length) && !name.chars().any(char::is_control) {
                return Ok(());
            }
            Err(HttpError::unprocessable(
                "device must have 1 to 255 printable characters",
            ))
        }
        (_, Some(_)) => Err(HttpError::unprocessable(
            "only the role device has a `device`; leave it out",
        )),
        (_, None) => Ok(()),
    }
}

fn done(change: TokenChange) -> Result<StoredToken, HttpError> {
    match change {
        TokenChange::Done(stored) => Ok(*stored),
        TokenChange::NotActive => Err(HttpError::not_found("there is no active token of this id")),
        TokenChange::LastAdmin => Err(HttpError::conflict(
            "this is the last admin token of the tenant; create another one first",
        )),
        TokenChange::LostRace => Err(lost_race()),
    }
}

fn shown(token: &StoredToken) -> Value {
    json!({
        "id": token.id, "role": token.role, "holder": token.holder, "device": token.device,
        "created_at": token.created_at, "rotated_at": token.rotated_at,
        "revoked_at": token.revoked_at, "previous_valid_until": token.previous_valid_until(),
    })
}

/// As [`shown`], with the one showing of the secret.
fn revealed(token: &Token, stored: &StoredToken) -> Value {
    let mut value = shown(stored);
    value["token"] = Value::String(token.reveal());
    value
}
