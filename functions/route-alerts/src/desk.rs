//! Runs procedures of `alert_routing` against the table.

use alert_routing::{Ask, Desk, GroupId, Progress, Script, Written};
use anyhow::{Context, bail};
use ids::TenantId;
use jiff::Timestamp;
use messages::DeliveryOrder;
use state_table::TableError;

use crate::plans::Configured;
use crate::{Deps, notifications};

/// What one procedure leaves to do.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    /// Groups to be looked at then.
    pub wakes: Vec<(GroupId, Timestamp)>,
    /// Notifications to be delivered.
    pub orders: Vec<DeliveryOrder>,
}

/// Runs for one tenant at one time.
pub(crate) struct Runner<'a> {
    pub deps: &'a Deps,
    pub tenant: &'a TenantId,
    pub configured: &'a Configured,
    pub now: Timestamp,
}

impl Runner<'_> {
    /// Runs a procedure to its end. Where the table fails it is cut off, which every procedure stands.
    pub(crate) async fn run<T, F>(
        &self,
        leftover: &mut Leftover,
        procedure: impl FnOnce(Desk<Ask>) -> F,
    ) -> anyhow::Result<T>
    where
        F: Future<Output = T> + Send,
    {
        let mut script = Script::of(procedure);
        loop {
            match script.resume() {
                Progress::Asks(ask) => self.answer(ask, leftover).await?,
                Progress::Ended(outcome) => return Ok(outcome),
                Progress::Stuck => bail!("a procedure waits for nothing"),
            }
        }
    }

    async fn answer(&self, ask: Ask, leftover: &mut Leftover) -> anyhow::Result<()> {
        let (state, tenant, now) = (&self.deps.state, self.tenant, self.now);
        match ask {
            Ask::Alert(id, reply) => reply.give(state.alert(tenant, id).await?),
            Ask::PutAlert(next, reply) => {
                reply.give(written(state.put_alert(tenant, &next, now).await)?);
            }
            Ask::Enter(membership, reply) => {
                reply.give(state.enter_group(tenant, &membership).await?);
            }
            Ask::Leave(membership, next, reply) => {
                let left = state.leave_group(tenant, &membership, &next, now).await;
                reply.give(written(left)?);
            }
            Ask::Forget(membership, reply) => {
                reply.give(written(state.forget_member(tenant, &membership).await)?);
            }
            Ask::Group(id, reply) => reply.give(state.group(tenant, &id).await?),
            Ask::PutGroup(next, reply) => {
                reply.give(written(state.put_group(tenant, &next, now).await)?);
            }
            Ask::Members(id, reply) => reply.give(state.group_members(tenant, &id).await?),
            Ask::Silences(reply) => reply.give(state.silences(tenant).await?),
            Ask::Told(id, reply) => reply.give(state.told(tenant, &id).await?),
            Ask::Commit(commit, reply) => {
                let notifications = notifications::of(tenant, self.configured, &commit)
                    .context("making notifications")?;
                let committed = state.commit_group(tenant, &commit, &notifications, now);
                let committed = written(committed.await)?;
                if committed == Written::Yes {
                    leftover
                        .orders
                        .extend(notifications::orders(&notifications));
                }
                reply.give(committed);
            }
            Ask::Wake(id, at, reply) => {
                leftover.wakes.push((id, at));
                reply.give(());
            }
        }
        Ok(())
    }
}

fn written(result: Result<state_table::Written, TableError>) -> Result<Written, TableError> {
    Ok(match result? {
        state_table::Written::Yes => Written::Yes,
        state_table::Written::LostRace => Written::Lost,
    })
}
