use series::METRIC_NAME;

use crate::Expr;
use crate::function::Function;
use crate::node::{Aggregation, Binary, Kind, Node};

/// The label that names a host.
const HOST: &str = "instance";

/// How little suffices to evaluate an expression: a rule on one series needs no other series, a rule
/// on one host only that host's. In doubt it is `Tenant`, which is always right.
///
/// **Series**: exactly one selector, instant, without `offset` and `@`; around it only arithmetic and
/// comparison with numbers (literals, `time()`, `pi()` and what is calculated from them), negation and
/// functions of one element (`abs`, `clamp`, `round`, `hour`, `timestamp`, ...). Where any of them
/// drops the metric's name, the selector must fix that name: otherwise two series may end with equal
/// labels, which is an error that one series alone would not show.
///
/// **Host**: every selector is instant, without `offset` and `@`, and every element of every vector on
/// the way carries the `instance` of everything that it was made of. So: operators between vectors
/// match on all labels, on a list with `instance`, or ignoring one without it; aggregations go `by` a
/// list with `instance` or `without` a list that lacks it; `histogram_quantile` may stand (it joins on
/// all labels but `le`); `label_replace`, `label_join` and `count_values` must not write `instance`.
/// An `unless` or a missing element is evidence only if the host's series are all there: see
/// "complete flush".
/// Where one host's labels clash, the whole is an error; host by host the others have their answers.
///
/// **Tenant**: the rest. Ranges, subqueries, `offset`, `@` (they look at the past); `absent`,
/// `absent_over_time` (they answer where there is no host); `scalar`, aggregations over hosts, `on()`
/// without `instance` (they mix hosts); vectors without a selector, such as `vector(1)` or `hour()`
/// (they belong to no host); `sort` (its order is across hosts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locality {
    /// Each series alone.
    Series,
    /// All series of one host.
    Host,
    /// All series of the tenant.
    Tenant,
}

pub(crate) fn of(expr: &Expr) -> Locality {
    let present_only = expr
        .selectors()
        .iter()
        .all(|s| s.range_ms == 0 && s.offset_ms == 0 && s.at.is_none());
    if expr.check().is_err() || !present_only || !keeps_host(&expr.root) {
        return Locality::Tenant;
    }
    let names_fixed = expr.selectors().iter().all(|s| s.metric_name().is_some());
    let alone = expr.selectors().len() == 1 && elementwise(&expr.root);
    if alone && (names_fixed || !expr.drops_metric_name()) {
        return Locality::Series;
    }
    Locality::Host
}

impl Expr {
    /// Whether the result's labels are those of the input without the metric's name; asked where the
    /// locality is [`Locality::Series`].
    #[must_use]
    pub fn drops_metric_name(&self) -> bool {
        drops_name(&self.root)
    }

    /// Whether the expression fixes the metric's name of everything it looks at.
    #[must_use]
    pub fn metric_names(&self) -> Option<Vec<&str>> {
        self.selectors().iter().map(|s| s.metric_name()).collect()
    }
}

/// A number that no series decides.
fn is_number(node: &Node) -> bool {
    match &node.kind {
        Kind::Number(_) => true,
        Kind::Negate(inner) => is_number(inner),
        Kind::Binary(binary) => is_number(&binary.left) && is_number(&binary.right),
        Kind::Call(call) => matches!(call.function, Function::Time | Function::Pi),
        _ => false,
    }
}

/// One vector among numbers and texts, on which the node works element by element.
fn elementwise(node: &Node) -> bool {
    match &node.kind {
        Kind::Instant(_) => true,
        Kind::Negate(inner) => elementwise(inner),
        Kind::Binary(binary) => {
            let numbers = (is_number(&binary.left), is_number(&binary.right));
            match numbers {
                (true, false) => elementwise(&binary.right),
                (false, true) => elementwise(&binary.left),
                _ => false,
            }
        }
        Kind::Call(call) => is_element_function(call.function) && elementwise_args(&call.args),
        _ => false,
    }
}

fn elementwise_args(args: &[Node]) -> bool {
    args.first().is_some_and(elementwise) && args[1..].iter().all(is_number)
}

fn is_element_function(function: Function) -> bool {
    matches!(
        function,
        Function::Math(_)
            | Function::Date(_)
            | Function::Clamp
            | Function::ClampMin
            | Function::ClampMax
            | Function::Round
            | Function::Timestamp
    )
}

fn drops_name(node: &Node) -> bool {
    match &node.kind {
        Kind::Negate(_) | Kind::Call(_) => true,
        Kind::Binary(binary) => {
            binary.drops_name() || drops_name(&binary.left) || drops_name(&binary.right)
        }
        _ => false,
    }
}

/// Whether every element carries the `instance` of all that it was made of.
fn keeps_host(node: &Node) -> bool {
    match &node.kind {
        Kind::Instant(_) => true,
        Kind::Negate(inner) => keeps_host(inner),
        Kind::Binary(binary) => match (is_number(&binary.left), is_number(&binary.right)) {
            (true, false) => keeps_host(&binary.right),
            (false, true) => keeps_host(&binary.left),
            (true, true) => false,
            (false, false) => {
                matches_host(binary) && keeps_host(&binary.left) && keeps_host(&binary.right)
            }
        },
        Kind::Aggregate(aggregate) => {
            let writes_host = aggregate.operation == Aggregation::CountValues
                && !matches!(&aggregate.parameter, Some(p) if writes_other_label(p));
            aggregate.groups_by(HOST)
                && !writes_host
                && aggregate
                    .parameter
                    .as_ref()
                    .is_none_or(|p| is_number(p) || matches!(p.kind, Kind::Text(_)))
                && keeps_host(&aggregate.inner)
        }
        Kind::Call(call) => match call.function {
            Function::LabelReplace | Function::LabelJoin => {
                call.args.first().is_some_and(keeps_host)
                    && call.args.get(1).is_some_and(writes_other_label)
            }
            Function::HistogramQuantile => is_number(&call.args[0]) && keeps_host(&call.args[1]),
            function if is_element_function(function) => {
                call.args.first().is_some_and(keeps_host) && call.args[1..].iter().all(is_number)
            }
            _ => false,
        },
        _ => false,
    }
}

fn writes_other_label(node: &Node) -> bool {
    matches!(&node.kind, Kind::Text(label) if label != HOST && label != METRIC_NAME)
}

fn matches_host(binary: &Binary) -> bool {
    let listed = binary.matching.labels.iter().any(|label| label == HOST);
    listed == binary.matching.on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_doubt_the_whole_tenant_is_needed() {
        let series = [
            "up == 0",
            "node_load1 > 0.9 * 4",
            "1 - cpu_idle_ratio > 0.95",
            "time() - node_boot_time_seconds < 600",
            "{__name__=~\"a|b\"} > 3",
            "abs(temperature) > 80",
            "clamp(-x, 0, 1) == bool 1",
            "hour(last_seen) > 8",
            "up",
        ];
        let host = [
            "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1",
            "a > 1 and b < 2",
            "a * on (instance, job) group_left (x) b",
            "a unless ignoring (mode) b",
            "sum by (instance) (a) > 5",
            "max without (cpu) (a)",
            "topk by (instance) (3, a)",
            "{__name__=~\"a|b\"} * 2",
            "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
            "histogram_quantile(0.9, sum by (instance, le) (a_bucket))",
            "count_values by (instance) (\"version\", build)",
        ];
        let tenant = [
            "sum(a)",
            "sum by (job) (a)",
            "avg without (instance) (a)",
            "a / on (job) b",
            "a / ignoring (instance) b",
            "rate(a[5m]) > 1",
            "up offset 5m",
            "up @ 100",
            "absent(up)",
            "a > scalar(b)",
            "vector(1)",
            "1",
            "hour() > 8",
            "up and on () hour() > 8",
            "label_replace(a, \"instance\", \"$1\", \"host\", \"(.*)\")",
            "count_values by (instance) (\"instance\", build)",
            "max_over_time(up[5m:1m]) == 0",
            "topk(3, a)",
            "sort(a)",
            "quantile by (instance) (scalar(b), a)",
        ];
        let tables: [(Locality, &[&str]); 3] = [
            (Locality::Series, &series),
            (Locality::Host, &host),
            (Locality::Tenant, &tenant),
        ];
        for (expected, texts) in tables {
            for text in texts {
                let expr = Expr::parse(text).unwrap();
                assert_eq!(expr.locality(), expected, "{text}");
            }
        }
    }
}
