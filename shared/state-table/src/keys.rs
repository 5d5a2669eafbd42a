//! Every key of the table `state`, in one place. Keys are built, never parsed.
//!
//! | item | pk | sk | index `due` | who reads it |
//! |---|---|---|---|---|
//! | tenant | `system#tenants` | `<tenant>` | | schedules, serve-api |
//! | settings | `<tenant>#settings` | `settings` | | all functions |
//! | quotas | `<tenant>#quotas` | `quotas` | | ingest, measure-usage, serve-api |
//! | usage | `<tenant>#quotas` | `usage` | | ingest, measure-usage, serve-api |
//! | points leased in a window | `<tenant>#leases` | `points#<window>` | | ingest |
//! | new series leased since use was measured | `<tenant>#leases` | `series#<measurement>` | | ingest |
//! | which series are established | `<tenant>#established` | `<slot>#<part>` | | ingest |
//! | token | `<tenant>#token` | `<token id>` | | every HTTP function |
//! | audit head | `<tenant>#audit` | `head` | | whoever changes something |
//! | audit entry | `<tenant>#audit` | `entry#<number>` | | serve-api |
//! | rule file | `<tenant>#rule-file` | `<name>` | | ingest, evaluate-rules, serve-api |
//! | rule file's past | `<tenant>#rule-file-past` | `<name>#<version>` | | people who look back |
//! | rule state | `<tenant>#rule-state` | `<sender>#<rule id>` | | ingest, evaluate-rules, sweep-absence, serve-api |
//! | transition | `<tenant>#transition` | `<source>#<sequence>#<part>` | `outbox#transitions`, decided at | evaluate-rules |
//! | sender | `<tenant>#sender` | `<sender>` | | query, evaluate-rules, sweep-absence |
//! | host | `<tenant>#host` | `<host>` | | sweep-absence, serve-api |
//! | how many hosts | `<tenant>#host-count` | `count` | | ingest |
//! | metric family | `<tenant>#metadata` | `<its name>` | | ingest, query |
//! | alert | `<tenant>#alert` | `<fingerprint>` | `<tenant>#firing`, fingerprint | route-alerts, serve-alertmanager |
//! | group of alerts | `<tenant>#group` | `<group>` | `timers#groups`, due at | route-alerts, serve-alertmanager |
//! | an alert's membership | `<tenant>#member#<group>` | `<fingerprint>` | | route-alerts |
//! | what a receiver was told | `<tenant>#told#<group>` | `<integration>` | | route-alerts |
//! | alertmanager.yml | `<tenant>#alertmanager` | `config` | | route-alerts, deliver-notifications, serve-alertmanager |
//! | silence | `<tenant>#silence` | `<id>` | | route-alerts, serve-alertmanager |
//! | notification | `<tenant>#notification` | `<notification id>` | `outbox#notifications`, due at | route-alerts, deliver-notifications, serve-api |
//!
//! A tenant's name has no `#`, so a prefix can't reach into another tenant's partitions.

use alert_routing::GroupId;
use dynamo_table::Key;
use ids::{HostId, NotificationId, RuleFileName, SenderId, TenantId, TokenId};
use jiff::Timestamp;
use series::SeriesId;

/// Partition of the index `due` that holds transitions not handed over yet.
pub const TRANSITION_OUTBOX: &str = "outbox#transitions";
/// Partition of the index `due` that holds notifications not settled yet.
pub const NOTIFICATION_OUTBOX: &str = "outbox#notifications";
/// Sort key of the last entry's number and hash in an audit trail.
pub const AUDIT_HEAD: &str = "head";
/// Prefix of the entries of an audit trail.
pub const AUDIT_ENTRY_PREFIX: &str = "entry#";

pub(crate) fn tenants() -> String {
    format!("{}#tenants", TenantId::system())
}

pub(crate) fn tenant(tenant: &TenantId) -> Key {
    Key::new(tenants(), tenant.as_str())
}

pub(crate) fn settings(tenant: &TenantId) -> Key {
    Key::new(format!("{tenant}#settings"), "settings")
}

/// Sort key of what a tenant may send.
pub(crate) const QUOTAS: &str = "quotas";
/// Sort key of what a tenant was found to send.
pub(crate) const USAGE: &str = "usage";

pub(crate) fn quotas(tenant: &TenantId) -> String {
    format!("{tenant}#quotas")
}

pub(crate) fn quota(tenant: &TenantId) -> Key {
    Key::new(quotas(tenant), QUOTAS)
}

pub(crate) fn usage(tenant: &TenantId) -> Key {
    Key::new(quotas(tenant), USAGE)
}

pub(crate) fn leased_points(tenant: &TenantId, window: i64) -> Key {
    Key::new(format!("{tenant}#leases"), format!("points#{window}"))
}

pub(crate) fn leased_series(tenant: &TenantId, measurement: i64) -> Key {
    Key::new(format!("{tenant}#leases"), format!("series#{measurement}"))
}

/// Each minute takes another of two slots, so that nothing is overwritten that somebody still reads.
fn established_slot(measurement: i64) -> i64 {
    measurement.div_euclid(60).rem_euclid(2)
}

pub(crate) fn established(tenant: &TenantId) -> String {
    format!("{tenant}#established")
}

pub(crate) fn established_prefix(measurement: i64) -> String {
    format!("{}#", established_slot(measurement))
}

pub(crate) fn established_part(tenant: &TenantId, measurement: i64, part: u32) -> Key {
    let sk = format!("{}{part:03}", established_prefix(measurement));
    Key::new(established(tenant), sk)
}

pub(crate) fn tokens(tenant: &TenantId) -> String {
    format!("{tenant}#token")
}

pub(crate) fn token(tenant: &TenantId, id: &TokenId) -> Key {
    Key::new(tokens(tenant), id.as_str())
}

pub(crate) fn audit(tenant: &TenantId) -> String {
    format!("{tenant}#audit")
}

pub(crate) fn audit_head(tenant: &TenantId) -> Key {
    Key::new(audit(tenant), AUDIT_HEAD)
}

pub(crate) fn audit_entry(tenant: &TenantId, number: u64) -> Key {
    Key::new(audit(tenant), format!("{AUDIT_ENTRY_PREFIX}{number:012}"))
}

pub(crate) fn rule_files(tenant: &TenantId) -> String {
    format!("{tenant}#rule-file")
}

pub(crate) fn rule_file(tenant: &TenantId, name: &RuleFileName) -> Key {
    Key::new(rule_files(tenant), name.as_str())
}

pub(crate) fn rule_file_past(tenant: &TenantId, name: &RuleFileName, version: u64) -> Key {
    Key::new(
        format!("{tenant}#rule-file-past"),
        format!("{name}#{version:012}"),
    )
}

pub(crate) fn rule_states(tenant: &TenantId) -> String {
    format!("{tenant}#rule-state")
}

pub(crate) fn rule_states_of(sender: &SenderId) -> String {
    format!("{sender}#")
}

pub(crate) fn rule_state(tenant: &TenantId, source: &str) -> Key {
    Key::new(rule_states(tenant), source)
}

/// Where one rule's state about one sender lives; the `source` of its transitions.
#[must_use]
pub fn source(sender: &SenderId, rule_id: &str) -> String {
    format!("{sender}#{rule_id}")
}

pub(crate) fn transition(tenant: &TenantId, source: &str, sequence: u64, part: u16) -> Key {
    Key::new(
        format!("{tenant}#transition"),
        format!("{source}#{sequence:020}#{part:05}"),
    )
}

pub(crate) fn senders(tenant: &TenantId) -> String {
    format!("{tenant}#sender")
}

pub(crate) fn sender(tenant: &TenantId, sender: &SenderId) -> Key {
    Key::new(senders(tenant), sender.as_str())
}

pub(crate) fn hosts(tenant: &TenantId) -> String {
    format!("{tenant}#host")
}

pub(crate) fn host(tenant: &TenantId, host: &HostId) -> Key {
    Key::new(hosts(tenant), host.as_str())
}

pub(crate) fn host_count(tenant: &TenantId) -> Key {
    Key::new(format!("{tenant}#host-count"), "count")
}

pub(crate) fn families(tenant: &TenantId) -> String {
    format!("{tenant}#metadata")
}

pub(crate) fn family(tenant: &TenantId, metric: &str) -> Key {
    Key::new(families(tenant), metric)
}

pub(crate) fn alerts(tenant: &TenantId) -> String {
    format!("{tenant}#alert")
}

pub(crate) fn alert(tenant: &TenantId, fingerprint: SeriesId) -> Key {
    Key::new(alerts(tenant), fingerprint.to_string())
}

/// Partition of the index `due` that holds a tenant's alerts that fire, as far as is known.
pub(crate) fn firing(tenant: &TenantId) -> String {
    format!("{tenant}#firing")
}

/// Partition of the index `due` that holds groups that somebody must look at.
pub const GROUP_TIMERS: &str = "timers#groups";

pub(crate) fn groups(tenant: &TenantId) -> String {
    format!("{tenant}#group")
}

pub(crate) fn group(tenant: &TenantId, group: &GroupId) -> Key {
    Key::new(groups(tenant), group.0.as_str())
}

pub(crate) fn members(tenant: &TenantId, group: &GroupId) -> String {
    format!("{tenant}#member#{}", group.0)
}

pub(crate) fn member(tenant: &TenantId, group: &GroupId, fingerprint: SeriesId) -> Key {
    Key::new(members(tenant, group), fingerprint.to_string())
}

pub(crate) fn told(tenant: &TenantId, group: &GroupId) -> String {
    format!("{tenant}#told#{}", group.0)
}

pub(crate) fn alertmanager_config(tenant: &TenantId) -> Key {
    Key::new(format!("{tenant}#alertmanager"), "config")
}

pub(crate) fn silences(tenant: &TenantId) -> String {
    format!("{tenant}#silence")
}

pub(crate) fn silence(tenant: &TenantId, id: &str) -> Key {
    Key::new(silences(tenant), id)
}

pub(crate) fn notifications(tenant: &TenantId) -> String {
    format!("{tenant}#notification")
}

pub(crate) fn notification(tenant: &TenantId, id: &NotificationId) -> Key {
    Key::new(notifications(tenant), id.as_str())
}

/// Sorts by time as text: milliseconds since the epoch, 15 digits.
#[must_use]
pub fn sortable(at: Timestamp) -> String {
    format!("{:015}", at.as_millisecond().max(0))
}
