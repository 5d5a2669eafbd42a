mod filter;

use http_access::Answer;
use ids::NotificationId;
use serde_json::json;

use crate::{Deps, Request, Response, next_of};
use filter::Filter;

/// So many pages of the table one answer looks through for what fits.
const MOST_PAGES: usize = 10;

pub async fn list(deps: &Deps, call: &Request) -> Response {
    let (limit, mut after) = call.page::<NotificationId>()?;
    let filter = Filter::of(&call.query())?;
    let tenant = call.tenant()?;
    let mut found = Vec::new();
    let mut pages = 0;
    let next = loop {
        let left = limit - found.len();
        let page = deps
            .state
            .notifications_page(tenant, left, after.as_ref())
            .await?;
        let next = next_of(&page);
        pages += 1;
        after = page.items.last().map(|last| last.id.clone());
        let fitting = page.items.into_iter().filter(|one| filter.fits(one));
        found.extend(fitting);
        if next.is_null() || found.len() >= limit || pages == MOST_PAGES {
            break next;
        }
    };
    Answer::json(200, &json!({"notifications": found, "next": next}))
}
