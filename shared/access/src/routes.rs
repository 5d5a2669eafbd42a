//! Every route of every function.

use crate::route::QueryParameter;
use crate::{Access, BodyLimit, CredentialPlace, ErrorForm, RouteSpec, RouteTable, Shape, routes};

/// What fits a Lambda invocation once the gateway has base64-encoded it.
const LARGEST_BODY_BYTES: usize = 4_500_000;

const PROMETHEUS_QUERY_BODY: BodyLimit = BodyLimit {
    max_bytes: 256 * 1024,
    excess_status: 413,
};

const fn optional(
    name: &'static str,
    kind: &'static str,
    description: &'static str,
) -> QueryParameter {
    QueryParameter {
        name,
        kind,
        required: false,
        description,
    }
}

const fn required(
    name: &'static str,
    kind: &'static str,
    description: &'static str,
) -> QueryParameter {
    QueryParameter {
        required: true,
        ..optional(name, kind, description)
    }
}

const PAGE: &[QueryParameter] = &[
    optional(
        "limit",
        "integer",
        "How many at most, 1 to 1000; 100 unless said.",
    ),
    optional(
        "next",
        "string",
        "Where to go on: `next` of the page before.",
    ),
];
const START: QueryParameter = optional("start", "string", "RFC 3339 or Unix seconds.");
const END: QueryParameter = optional("end", "string", "RFC 3339 or Unix seconds.");
const MATCH: QueryParameter = optional("match[]", "array", "A series selector; may be repeated.");
const EXPRESSION: QueryParameter = required("query", "string", "A PromQL expression.");
const INFLUX_PRECISION: QueryParameter = optional(
    "precision",
    "string",
    "The unit of times: `ns` unless said, `us`, `ms`, `s`; of InfluxDB 1 also `n`, `u`, `m`, `h`.",
);
const LABEL_FILTER: QueryParameter = optional(
    "filter",
    "array",
    "A matcher, such as `severity=\"page\"`; may be repeated.",
);
const RECEIVER_FILTER: QueryParameter = optional(
    "receiver",
    "string",
    "Only for receivers whose whole name matches this regular expression.",
);
const SHOW_ACTIVE: QueryParameter = optional(
    "active",
    "boolean",
    "Whether to show those that nothing keeps back.",
);
const SHOW_SILENCED: QueryParameter =
    optional("silenced", "boolean", "Whether to show silenced ones.");
const SHOW_INHIBITED: QueryParameter =
    optional("inhibited", "boolean", "Whether to show inhibited ones.");
const TIMEOUT: QueryParameter = optional("timeout", "string", "Accepted and ignored.");

routes! {
    /// What `ingest-metrics` answers.
    pub enum IngestRoute in "ingest-metrics" {
        /// Takes samples by Prometheus remote write 1.0 and 2.0.
        Write: [Post] "/api/v1/write", Access::Ingest, {
            tag: "metrics",
            request: Shape::Media("application/x-protobuf"),
            status: 204,
            // vmagent resends for ever what was refused with 413.
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 400 },
        },
        /// Takes metrics by OTLP/HTTP, in protobuf or JSON.
        OtlpMetrics: [Post] "/v1/metrics", Access::Ingest, {
            tag: "metrics", errors: ErrorForm::RpcStatus,
            request: Shape::Media("application/x-protobuf"),
            response: Shape::Media("application/x-protobuf"),
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// Takes metrics in InfluxDB's line protocol, as Telegraf and InfluxDB's clients send it.
        InfluxWrite: [Post] "/api/v2/write", Access::Ingest, {
            tag: "metrics", errors: ErrorForm::Influx,
            query: &[INFLUX_PRECISION, optional("bucket", "string", "Accepted and ignored."), optional("org", "string", "Accepted and ignored.")],
            request: Shape::Media("text/plain"), status: 204,
            // Telegraf halves a batch that is answered so, and sends both halves.
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// The same for clients of InfluxDB 1.
        InfluxWriteV1: [Post] "/write", Access::Ingest, {
            tag: "metrics", errors: ErrorForm::Influx,
            query: &[INFLUX_PRECISION, optional("db", "string", "Accepted and ignored.")],
            request: Shape::Media("text/plain"), status: 204,
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// Takes what collectd's plugin `write_http` posts with `Format "JSON"`.
        Collectd: [Post] "/api/v1/collectd", Access::Ingest, {
            tag: "metrics", request: Shape::Json("CollectdPost"), status: 204,
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// Takes CloudWatch metric streams, as Amazon Data Firehose delivers them.
        Firehose: [Post] "/api/v1/firehose", Access::Ingest, {
            tag: "metrics", errors: ErrorForm::Firehose,
            credential: CredentialPlace::Header("x-amz-firehose-access-key"),
            request: Shape::Json("FirehoseDelivery"), response: Shape::Json("FirehoseAnswer"),
            // Firehose drops for good what is answered with 413, and keeps a copy of what fails otherwise.
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 400 },
        },
    }
}

routes! {
    /// What `query-metrics` answers.
    pub enum QueryRoute in "query-metrics" {
        /// Evaluates an expression at one time.
        Query: [Get, Post] "/api/v1/query", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus, body: PROMETHEUS_QUERY_BODY,
            response: Shape::Json("PrometheusAnswer"),
            query: &[EXPRESSION, optional("time", "string", "RFC 3339 or Unix seconds; now unless said."), TIMEOUT],
        },
        /// Evaluates an expression over a range of time.
        QueryRange: [Get, Post] "/api/v1/query_range", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus, body: PROMETHEUS_QUERY_BODY,
            response: Shape::Json("PrometheusAnswer"),
            query: &[
                EXPRESSION,
                QueryParameter { required: true, ..START },
                QueryParameter { required: true, ..END },
                required("step", "string", "A duration or seconds."),
                TIMEOUT,
            ],
        },
        /// Finds series by label matchers.
        Series: [Get, Post] "/api/v1/series", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus, body: PROMETHEUS_QUERY_BODY,
            response: Shape::Json("PrometheusAnswer"),
            query: &[QueryParameter { required: true, ..MATCH }, START, END],
        },
        /// Lists label names.
        Labels: [Get, Post] "/api/v1/labels", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus, body: PROMETHEUS_QUERY_BODY,
            response: Shape::Json("PrometheusAnswer"),
            query: &[MATCH, START, END],
        },
        /// Lists the values of one label.
        LabelValues: [Get] "/api/v1/label/{name}/values", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus,
            response: Shape::Json("PrometheusAnswer"),
            query: &[MATCH, START, END],
        },
        /// Says how much of what each sender sent was taken, and what was refused and why.
        Rejections: [Get] "/api/v1/rejections", Access::Viewer, {
            tag: "metrics", response: Shape::Json("LedgerPage"),
            query: &[
                optional("start", "string", "RFC 3339 or Unix seconds; an hour before `end` unless said. The ledger goes back 7 days."),
                optional("end", "string", "RFC 3339 or Unix seconds; now unless said."),
                optional("sender", "string", "Only this one: `token.<id>` or `host.<name>`."),
                PAGE[0],
                PAGE[1],
            ],
        },
        /// Tells kind, help and unit of metrics, as their senders said last.
        Metadata: [Get] "/api/v1/metadata", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus,
            response: Shape::Json("MetadataAnswer"),
            query: &[
                optional("metric", "string", "Only this metric family."),
                optional("limit", "integer", "How many metrics at most."),
                optional("limit_per_metric", "integer", "Accepted; of each metric one text is kept."),
            ],
        },
        /// Counts the series of an hour by name, label and pair, and those that came and went.
        TsdbStatus: [Get] "/api/v1/status/tsdb", Access::Viewer, {
            tag: "queries", errors: ErrorForm::Prometheus,
            response: Shape::Json("TsdbStatusAnswer"),
            query: &[
                optional("limit", "integer", "How long each list is at most; 10 unless said."),
                optional("start", "string", "RFC 3339 or Unix seconds; an hour before `end` unless said, at most 24 h."),
                optional("end", "string", "RFC 3339 or Unix seconds; now unless said."),
            ],
        },
    }
}

routes! {
    /// What `serve-api` answers.
    pub enum ApiRoute in "serve-api" {
        /// Says who the token's holder is and what they may do.
        Whoami: [Get] "/api/v1/whoami", Access::AnyRole, {
            tag: "access", response: Shape::Json("Whoami"),
        },
        /// Lists the tenant's tokens, without their secrets.
        ListTokens: [Get] "/api/v1/tokens", Access::Admin, {
            tag: "access", query: PAGE, response: Shape::Json("TokenPage"),
        },
        /// Creates a token; its secret is in this answer and nowhere else.
        CreateToken: [Post] "/api/v1/tokens", Access::Admin, {
            tag: "access", status: 201,
            request: Shape::Json("NewToken"), response: Shape::Json("MintedToken"),
        },
        /// Gives a token a new secret; the old one may stay valid for a while.
        RotateToken: [Post] "/api/v1/tokens/{id}/rotate", Access::Admin, {
            tag: "access",
            request: Shape::Json("Rotation"), response: Shape::Json("MintedToken"),
        },
        /// Revokes a token; within 60 s it opens nothing any more.
        RevokeToken: [Delete] "/api/v1/tokens/{id}", Access::Admin, {
            tag: "access", status: 204,
        },
        /// Lists all tenants.
        ListTenants: [Get] "/api/v1/tenants", Access::SystemOperator, {
            tag: "tenants", query: PAGE, response: Shape::Json("TenantPage"),
        },
        /// Creates a tenant with settings and a first admin token, which is in this answer and nowhere else.
        CreateTenant: [Post] "/api/v1/tenants", Access::SystemOperator, {
            tag: "tenants", status: 201,
            request: Shape::Json("NewTenant"), response: Shape::Json("MintedTenant"),
        },
        /// Replaces what a tenant may send; what is left out has its default. Holds within 15 s.
        PutQuotas: [Put] "/api/v1/tenants/{tenant}/quotas", Access::SystemOperator, {
            tag: "tenants",
            request: Shape::Json("QuotasUpdate"), response: Shape::Json("VersionedQuotas"),
        },
        /// Shows what the tenant may send, and what it was found to send when that was measured last.
        Quotas: [Get] "/api/v1/quotas", Access::Viewer, {
            tag: "metrics", response: Shape::Json("QuotaReport"),
        },
        /// Shows the tenant's settings.
        Settings: [Get] "/api/v1/settings", Access::Admin, {
            tag: "settings", response: Shape::Json("VersionedSettings"),
        },
        /// Replaces the tenant's settings.
        PutSettings: [Put] "/api/v1/settings", Access::Admin, {
            tag: "settings",
            request: Shape::Json("SettingsUpdate"), response: Shape::Json("VersionedSettings"),
        },
        /// Lists who changed what, newest first.
        Audit: [Get] "/api/v1/audit", Access::Admin, {
            tag: "access", query: PAGE, response: Shape::Json("AuditPage"),
        },
        /// Lists alerting rules with their state, as Prometheus does.
        Rules: [Get] "/api/v1/rules", Access::Viewer, {
            tag: "rules", errors: ErrorForm::Prometheus, response: Shape::Json("PrometheusAnswer"),
            query: &[optional("type", "string", "`alert` or `record`; there are no recording rules.")],
        },
        /// Shows a rule file as it was put.
        RuleFile: [Get] "/api/v1/rules/{name}", Access::Viewer, {
            tag: "rules", response: Shape::Media("application/yaml"),
        },
        /// Creates or replaces a rule file; what can't be evaluated is refused with line and reason.
        PutRuleFile: [Put] "/api/v1/rules/{name}", Access::Operator, {
            tag: "rules",
            body: BodyLimit { max_bytes: 256 * 1024, excess_status: 413 },
            request: Shape::Media("application/yaml"), response: Shape::Json("RuleFileSummary"),
        },
        /// Removes a rule file; its alerts resolve.
        DeleteRuleFile: [Delete] "/api/v1/rules/{name}", Access::Operator, {
            tag: "rules", status: 204,
        },
        /// Lists pending and firing alerts, as Prometheus does.
        Alerts: [Get] "/api/v1/alerts", Access::Viewer, {
            tag: "rules", errors: ErrorForm::Prometheus, response: Shape::Json("PrometheusAnswer"),
        },
        /// Lists the simple thresholds of the tenant's rules, so that an agent can send at once when one is crossed.
        AgentThresholds: [Get] "/api/v1/agent/thresholds", Access::Ingest, {
            tag: "rules", response: Shape::Json("Thresholds"),
        },
        /// Lists the hosts that have reported.
        Hosts: [Get] "/api/v1/hosts", Access::Viewer, {
            tag: "hosts", query: PAGE, response: Shape::Json("HostPage"),
        },
        /// Retires a host: its silence is no alert any more, until it reports again.
        RetireHost: [Delete] "/api/v1/hosts/{host}", Access::Operator, {
            tag: "hosts", status: 204,
        },
        /// Lists notifications with reason and attempts, newest first.
        Notifications: [Get] "/api/v1/notifications", Access::Viewer, {
            tag: "notifications", response: Shape::Json("NotificationPage"),
            query: &[
                PAGE[0],
                PAGE[1],
                optional("receiver", "string", "Only those to the receiver of this name."),
                optional(
                    "status",
                    "string",
                    "Only those of this state: `pending`, `delivering`, `delivered`, `retrying`, `failed` or `not_sent`.",
                ),
                optional(
                    "label",
                    "array",
                    "`name=value`: only those with an alert of this label; may be repeated. \
                     A page may have fewer than `limit` while `next` leads on.",
                ),
            ],
        },
        /// This document.
        OpenApi: [Get] "/api/openapi.json", Access::Public, {
            tag: "toban", response: Shape::Json("OpenApi"),
        },
        /// The page.
        Page: [Get] "/", Access::Public, {
            tag: "page", response: Shape::Media("text/html"),
        },
        /// A style sheet, script or picture of the page.
        Asset: [Get] "/assets/{file}", Access::Public, {
            tag: "page", response: Shape::Media("*/*"),
        },
        /// Takes a token and keeps it in a cookie that scripts can't read.
        StartSession: [Post] "/session", Access::Public, {
            tag: "page", status: 204, request: Shape::Json("SessionStart"),
        },
        /// Forgets the cookie.
        EndSession: [Delete] "/session", Access::Public, {
            tag: "page", status: 204,
        },
    }
}

routes! {
    /// What `serve-alertmanager` answers.
    pub enum AlertmanagerRoute in "serve-alertmanager" {
        /// Shows how alerts are routed, as an `alertmanager.yml` whose secrets are hidden.
        Config: [Get] "/api/v1/alertmanager/config", Access::Admin, {
            tag: "alertmanager", response: Shape::Media("application/yaml"),
        },
        /// Replaces the `alertmanager.yml`; `<secret>` keeps what is stored at its place. What can't be read is refused, and the one before stays in force.
        PutConfig: [Put] "/api/v1/alertmanager/config", Access::Admin, {
            tag: "alertmanager",
            body: BodyLimit { max_bytes: 1_000_000, excess_status: 413 },
            request: Shape::Media("application/yaml"), response: Shape::Json("AlertmanagerConfig"),
        },
        /// Removes the `alertmanager.yml`: the settings' receivers are told of everything again.
        DeleteConfig: [Delete] "/api/v1/alertmanager/config", Access::Admin, {
            tag: "alertmanager", status: 204,
        },
        /// Says who would get an alert with these labels now, and why.
        TestRoutes: [Post] "/api/v1/alertmanager/routes/test", Access::Viewer, {
            tag: "alertmanager", request: Shape::Json("RouteTest"), response: Shape::Json("RouteTestAnswer"),
        },
        /// Says that somebody works on an alert: it is not told again until then, or until it ends.
        Acknowledge: [Post] "/api/v1/alerts/{fingerprint}/acknowledgement", Access::Operator, {
            tag: "alertmanager",
            request: Shape::Json("AcknowledgementUpdate"), response: Shape::Json("AcknowledgedAlert"),
        },
        /// Takes what an Alertmanager's webhook says; what it groups by and whom it tells says nothing here.
        AlertmanagerWebhook: [Post] "/api/v1/inputs/alertmanager", Access::Operator, {
            tag: "alerts", request: Shape::Json("AlertmanagerWebhook"), status: 204,
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// Takes an event of any shape, by the mapping of this name in the settings.
        Event: [Post] "/api/v1/inputs/events/{name}", Access::Operator, {
            tag: "alerts", request: Shape::Json("Event"), status: 204,
            body: BodyLimit { max_bytes: 256 * 1024, excess_status: 413 },
        },
        /// Says that nobody works on an alert any more.
        Unacknowledge: [Delete] "/api/v1/alerts/{fingerprint}/acknowledgement", Access::Operator, {
            tag: "alertmanager", status: 204,
        },
        /// Shows version and configuration, as Alertmanager does.
        Status: [Get] "/alertmanager/api/v2/status", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("AlertmanagerStatus"),
        },
        /// Lists receivers, as Alertmanager does.
        Receivers: [Get] "/alertmanager/api/v2/receivers", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("ReceiverNames"),
        },
        /// Lists alerts that fire, as Alertmanager does.
        FiringAlerts: [Get] "/alertmanager/api/v2/alerts", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("GettableAlerts"),
            query: &[
                SHOW_ACTIVE, SHOW_SILENCED, SHOW_INHIBITED,
                optional("unprocessed", "boolean", "Accepted; every alert that is listed was processed."),
                LABEL_FILTER, RECEIVER_FILTER,
            ],
        },
        /// Takes alerts, as Alertmanager does.
        PostAlerts: [Post] "/alertmanager/api/v2/alerts", Access::Operator, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, request: Shape::Json("PostableAlerts"),
            body: BodyLimit { max_bytes: LARGEST_BODY_BYTES, excess_status: 413 },
        },
        /// Lists alerts that fire by their groups, as Alertmanager does.
        AlertGroups: [Get] "/alertmanager/api/v2/alerts/groups", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("AlertGroups"),
            query: &[SHOW_ACTIVE, SHOW_SILENCED, SHOW_INHIBITED, LABEL_FILTER, RECEIVER_FILTER],
        },
        /// Lists silences, as Alertmanager does; those that are over stay for five days.
        Silences: [Get] "/alertmanager/api/v2/silences", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("GettableSilences"),
            query: &[optional("filter", "array", "A matcher that the silence must have; may be repeated.")],
        },
        /// Makes a silence, or changes one, as Alertmanager does.
        PostSilence: [Post] "/alertmanager/api/v2/silences", Access::Operator, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager,
            request: Shape::Json("PostableSilence"), response: Shape::Json("SilenceId"),
        },
        /// Shows a silence, as Alertmanager does.
        Silence: [Get] "/alertmanager/api/v2/silence/{id}", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Json("GettableSilence"),
        },
        /// Ends a silence, as Alertmanager does.
        ExpireSilence: [Delete] "/alertmanager/api/v2/silence/{id}", Access::Operator, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager,
        },
        /// Says that it is there, as Alertmanager does.
        Healthy: [Get] "/alertmanager/-/healthy", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Media("text/plain"),
        },
        /// Says that it is there, as Alertmanager does.
        Ready: [Get] "/alertmanager/-/ready", Access::Viewer, {
            tag: "alertmanager", errors: ErrorForm::Alertmanager, response: Shape::Media("text/plain"),
        },
    }
}

/// Every route of every function.
pub fn all() -> impl Iterator<Item = &'static RouteSpec> {
    fn of<R: RouteTable>() -> impl Iterator<Item = &'static RouteSpec> {
        R::ALL.iter().map(|route| route.spec())
    }
    of::<IngestRoute>()
        .chain(of::<QueryRoute>())
        .chain(of::<ApiRoute>())
        .chain(of::<AlertmanagerRoute>())
}
