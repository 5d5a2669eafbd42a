//! Alerts, the groups they are in, and what receivers were told: what `alert_routing`'s procedures ask for.

use std::collections::BTreeMap;

use alert_routing::{
    Commit, GroupId, Integration, Membership, NO_END, StoredAlert, StoredGroup, Told,
};
use dynamo_table::{Condition, Item, ItemBuilder, Key, TableError, Write, Written};
use ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use series::SeriesId;

use crate::notifications::Notification;
use crate::{StateTable, keys};

/// An alert that ended is forgotten after this: before its sources' states, whose sequences would begin again
/// (30 days, see `rule_states`).
const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 15);
/// What a receiver was told of a group that is at rest is forgotten after this; longer than anything repeats.
const TOLD_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A group that is due, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueGroup {
    /// Whose.
    pub tenant: TenantId,
    /// Which one.
    pub group: GroupId,
    /// Since when, or when it will be.
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct GroupItem {
    tenant: TenantId,
    #[serde(flatten)]
    group: StoredGroup,
}

#[derive(Serialize, Deserialize)]
struct ToldItem {
    integration: Integration,
    told: Told,
}

impl StateTable {
    /// One alert.
    pub async fn alert(
        &self,
        tenant: &TenantId,
        alert: SeriesId,
    ) -> Result<Option<StoredAlert>, TableError> {
        self.table.get(&keys::alert(tenant, alert), true).await
    }

    /// Stores an alert in the place of the revision before.
    pub async fn put_alert(
        &self,
        tenant: &TenantId,
        next: &StoredAlert,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let follows = follows("revision", next.revision);
        self.table
            .put(alert_item(tenant, next, now)?, Some(follows))
            .await
    }

    /// Alerts that fire, as far as is known; some may have ended by their time-out.
    pub async fn firing_alerts(&self, tenant: &TenantId) -> Result<Vec<StoredAlert>, TableError> {
        self.table.query(keys::firing(tenant)).due().all().await
    }

    /// Stores that an alert is in a group.
    pub async fn enter_group(
        &self,
        tenant: &TenantId,
        membership: &Membership,
    ) -> Result<(), TableError> {
        let key = keys::member(tenant, &membership.group, membership.alert);
        let item = ItemBuilder::new(&key, "member", 1, membership)?.build();
        self.table.put(item, None).await.map(|_| ())
    }

    /// Removes a membership that is the same still, and stores its alert in the place of the revision before.
    pub async fn leave_group(
        &self,
        tenant: &TenantId,
        membership: &Membership,
        next: &StoredAlert,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let alert = alert_item(tenant, next, now)?;
        let writes = vec![
            Write::Put(alert, Some(follows("revision", next.revision))),
            Write::Delete(member_key(tenant, membership), Some(is_same(membership))),
        ];
        self.table.transact(writes).await
    }

    /// Removes a membership that is the same still.
    pub async fn forget_member(
        &self,
        tenant: &TenantId,
        membership: &Membership,
    ) -> Result<Written, TableError> {
        let key = member_key(tenant, membership);
        self.table.delete(&key, Some(is_same(membership))).await
    }

    /// One group.
    pub async fn group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
    ) -> Result<Option<StoredGroup>, TableError> {
        let found: Option<GroupItem> = self.table.get(&keys::group(tenant, group), true).await?;
        Ok(found.map(|item| item.group))
    }

    /// Every group of a tenant, at rest or not.
    pub async fn groups(&self, tenant: &TenantId) -> Result<Vec<StoredGroup>, TableError> {
        let items: Vec<GroupItem> = self.table.query(keys::groups(tenant)).all().await?;
        Ok(items.into_iter().map(|item| item.group).collect())
    }

    /// Stores a group in the place of the version before.
    pub async fn put_group(
        &self,
        tenant: &TenantId,
        next: &StoredGroup,
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let follows = follows("version", next.version);
        let item = group_item(tenant, next, now)?;
        self.table.put(item, Some(follows)).await
    }

    /// Who is in a group, each with its alert.
    pub async fn group_members(
        &self,
        tenant: &TenantId,
        group: &GroupId,
    ) -> Result<Vec<(Membership, Option<StoredAlert>)>, TableError> {
        let members = self.table.query(keys::members(tenant, group)).consistent();
        let members: Vec<Membership> = members.all().await?;
        let keys = members.iter().map(|one| keys::alert(tenant, one.alert));
        let alerts: Vec<StoredAlert> = self.table.get_many(keys.collect()).await?;
        let mut alerts: BTreeMap<SeriesId, StoredAlert> = alerts
            .into_iter()
            .map(|stored| (stored.alert.labels.series_id(), stored))
            .collect();
        let with_alert = |one: Membership| {
            let alert = alerts.remove(&one.alert);
            (one, alert)
        };
        Ok(members.into_iter().map(with_alert).collect())
    }

    /// What a group's receivers were told.
    pub async fn told(
        &self,
        tenant: &TenantId,
        group: &GroupId,
    ) -> Result<BTreeMap<Integration, Told>, TableError> {
        let items = self.table.query(keys::told(tenant, group)).consistent();
        let items: Vec<ToldItem> = items.all().await?;
        let pair = |item: ToldItem| (item.integration, item.told);
        Ok(items.into_iter().map(pair).collect())
    }

    /// Stores what was decided of a group with the notifications that follow, all or nothing.
    pub async fn commit_group(
        &self,
        tenant: &TenantId,
        commit: &Commit,
        notifications: &[Notification],
        now: Timestamp,
    ) -> Result<Written, TableError> {
        let group = &commit.group;
        let follows = follows("version", group.version);
        let mut writes = vec![Write::Put(group_item(tenant, group, now)?, Some(follows))];
        for (integration, told) in &commit.told {
            writes.push(told_write(tenant, &group.id, integration, told)?);
        }
        for notification in notifications {
            writes.push(notification.write()?);
        }
        self.table.transact(writes).await
    }

    /// Groups of all tenants that are due by now.
    pub async fn due_groups(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueGroup>, TableError> {
        let until = keys::sortable(now);
        let due = self.table.query(keys::GROUP_TIMERS).due();
        let items: Vec<GroupItem> = due.between("0", until).limit(limit).all().await?;
        let due = |item: GroupItem| DueGroup {
            at: item.group.phase.due().unwrap_or(now),
            tenant: item.tenant,
            group: item.group.id,
        };
        Ok(items.into_iter().map(due).collect())
    }
}

pub(crate) fn alert_item(
    tenant: &TenantId,
    next: &StoredAlert,
    now: Timestamp,
) -> Result<Item, TableError> {
    let id = next.alert.labels.series_id();
    let item = ItemBuilder::new(&keys::alert(tenant, id), "alert", 2, next)?;
    let item = if next.alert.is_resolved(now) {
        item
    } else {
        item.due(&keys::firing(tenant), &id.to_string())
    };
    let has_left = next.groups.is_empty() && next.alert.ends_at != NO_END;
    let forgotten_at = next.alert.ends_at.checked_add(ENDED_KEPT).ok();
    Ok(match forgotten_at.filter(|_| has_left) {
        Some(at) => item.expires_at(at.as_second()).build(),
        None => item.build(),
    })
}

fn group_item(tenant: &TenantId, group: &StoredGroup, now: Timestamp) -> Result<Item, TableError> {
    let body = GroupItem {
        tenant: tenant.clone(),
        group: group.clone(),
    };
    let item = ItemBuilder::new(&keys::group(tenant, &group.id), "group", 1, &body)?;
    Ok(match group.phase.due() {
        Some(due) => item.due(keys::GROUP_TIMERS, &keys::sortable(due)).build(),
        None => item.expires_at((now + TOLD_KEPT).as_second()).build(),
    })
}

fn told_write(
    tenant: &TenantId,
    group: &GroupId,
    integration: &str,
    told: &Told,
) -> Result<Write, TableError> {
    let key = Key::new(keys::told(tenant, group), integration);
    let body = ToldItem {
        integration: integration.to_owned(),
        told: told.clone(),
    };
    let item = ItemBuilder::new(&key, "told", 1, &body)?;
    let item = item.expires_at((told.at + TOLD_KEPT).as_second());
    Ok(Write::Put(item.build(), None))
}

fn member_key(tenant: &TenantId, membership: &Membership) -> Key {
    keys::member(tenant, &membership.group, membership.alert)
}

fn is_same(membership: &Membership) -> Condition {
    Condition::new("expects = :expects AND entered_at = :entered_at")
        .number(":expects", membership.expects)
        .text(":entered_at", membership.entered_at.to_string())
}

/// The stored item is the one before `number`.
pub(crate) fn follows(attribute: &str, number: u64) -> Condition {
    match number {
        0 | 1 => Condition::absent(),
        _ => Condition::new("#number = :previous")
            .name("#number", attribute)
            .number(":previous", number - 1),
    }
}
