"""The questions of the corpus: every supported construct in its variants, and what must be refused."""

from samples import MINUTE, START_MS

HALF_HOUR = START_MS + 30 * MINUTE
# On a sample, between samples, in a gap, at the edges of the lookback, before and after all data.
INSTANTS = [HALF_HOUR, START_MS + 22 * MINUTE + 7_123]
EDGES = [START_MS + (25 * MINUTE) + d for d in (-1, 0, 1)] + [START_MS + 30 * MINUTE + d for d in (-1, 0, 1)]
EDGES += [START_MS - 1, START_MS, START_MS + 66 * MINUTE]
RANGES = [
    (START_MS + 14 * MINUTE, START_MS + 38 * MINUTE, 180_000),
    (START_MS + 28 * MINUTE + 321, START_MS + 31 * MINUTE, 17_500),
]

RANGE_FUNCTIONS = (
    "rate increase delta irate idelta deriv changes resets avg_over_time min_over_time max_over_time "
    "sum_over_time count_over_time stddev_over_time stdvar_over_time last_over_time present_over_time "
    "absent_over_time"
).split()
MATH = (
    "abs ceil floor exp ln log2 log10 sqrt sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh "
    "atanh deg rad round"
).split()
DATES = "minute hour day_of_week day_of_month day_of_year days_in_month month year".split()
AGGREGATIONS = "sum avg min max count group stddev stdvar".split()
ARITHMETIC = "+ - * / % ^ atan2".split()
COMPARISONS = "== != > < >= <=".split()
SETS = "and or unless".split()


def selectors():
    yield from ["up", '{__name__="up"}', 'up{job="api"}', 'up{job!="api"}', 'up{job=~"a.*"}', 'up{job!~"a.*"}']
    yield from ['up{instance=~"web-[12].*", job="node"}', 'http_requests_total{job=""}', 'http_requests_total{job!=""}']
    yield from ['{__name__=~"memory_.*"}', '{instance="web-1:9100", __name__!~"node.*|http.*|latency.*|memory.*"}']
    yield from ['up{job=~""}', 'up{missing=""}', 'up{missing!=""}', "nothing", 'labelled{path="a\\"b\\\\c"}', "labelled{line='one\\ntwo'}"]
    yield from ['labelled{line=~"one.two"}', 'labelled{text=~"é.+"}', "labelled{text=`é漢😀`}", 'labelled{dash=~"\\\\w+-\\\\d+[.]eu"}', "single", "sparse", "gap", "flaky", "boundary", "special"]
    yield from ["up offset 5m", "up offset -3m", "gap offset 10m", "flaky offset 1m30s", "boundary offset 5m", "boundary offset -5m"]
    yield from ["up @ 1700000600", "flaky @ 1700001200.5", "flaky @ start()", "flaky @ end()", "flaky @ end() offset 2m", "flaky offset 2m @ 1700001500"]
    yield from ["((up))", "+up", "-up", "--up", "-(up)", "up{} # comment", "up{job='api',}"]


def range_calls():
    targets = ["http_requests_total", "node_cpu_seconds_total{mode='user'}", "flaky", "gap", "special", "late_total", "steps", "temperature"]
    for function in RANGE_FUNCTIONS:
        for target in targets:
            yield f"{function}({target}[5m])"
        for window in ("1m", "17s", "12m30s"):
            yield f"{function}(http_requests_total{{code='500'}}[{window}])"
        yield from (f"{function}({t}[5m])" for t in ("single", "sparse", "huge", "constant", "odd_total", "boundary", "nothing{job='x'}"))
        yield f"{function}(flaky[5m] offset 2m)"
        yield f"{function}(flaky[5m] offset -2m)"
        yield f"{function}(flaky[5m] @ 1700001500)"
        yield f"{function}(flaky[4m:1m])"
    for q in ("0.5", "0", "1", "0.95", "-1", "2", "NaN"):
        yield f"quantile_over_time({q}, temperature[5m])"
    yield from ["quantile_over_time(0.3, special[8m])", "quantile_over_time(scalar(constant) / 100, steps[5m])"]
    for target in ("temperature[10m]", "constant[5m]", "special[5m]", "single[5m]", "late_total[5m]"):
        yield f"predict_linear({target}, 3600)"
        yield f"holt_winters({target}, 0.3, 0.6)"
    yield from ["predict_linear(temperature[5m] offset 3m, -60)", "predict_linear(steps[5m], time() / 1e9)"]
    yield from ["holt_winters(steps[5m], 0, 0.5)", "holt_winters(steps[5m], 0.5, 1)", "holt_winters(nothing[5m], 7, 1)"]
    yield from ["rate({__name__=~'left|right'}[5m])", "rate({__name__=~'handover.*'}[5m])", "last_over_time({__name__=~'left|right'}[5m])"]
    yield from ["sum_over_time({__name__=~'handover.*'}[5m])", "deriv(temperature[5m:30s])", "rate(tiny[3m])"]


def subqueries():
    yield from ["max_over_time(rate(http_requests_total{code='500'}[1m])[10m:1m])", "avg_over_time(up[10m:])", "sum_over_time(temperature[5m:13s])"]
    yield from ["rate(sum(http_requests_total)[5m:30s])", "max_over_time(up[5m:1m] offset 3m)", "max_over_time(up[5m:1m] @ 1700001500)"]
    yield from ["count_over_time(flaky[10m:15s])", "absent_over_time(flaky[3m:1m])", "absent_over_time(nothing[3m:1m])", "last_over_time(up[3m:1m])"]
    yield from ["sum_over_time(max_over_time(up[2m:30s])[6m:2m])", "avg_over_time((temperature > 10)[10m:1m])", "max_over_time(time()[5m:1m])", "max_over_time(vector(time())[5m:1m])"]
    yield from ["min_over_time(up[5m:1m] offset -2m)", "sum_over_time(flaky[5m:1m] @ end())", "sum_over_time((flaky @ start())[5m:1m])", "quantile_over_time(0.5, temperature[5m:20s])", "deriv(rate(late_total[2m])[5m:1m])"]


def elementwise():
    for function in MATH:
        for target in ("special", "angle", "tiny", "temperature", "huge"):
            yield f"{function}({target})"
    yield from ["abs({__name__=~'left|right'})", "round(temperature, 5)", "round(temperature, 0.1)", "round(temperature, 0)", "round(special, -2)"]
    yield from ["clamp(temperature, 0, 10)", "clamp(temperature, 10, 0)", "clamp(special, -1, 1)", "clamp_min(special, 0)", "clamp_max(special, 0)", "clamp_min(temperature, NaN)", "clamp_max(temperature, scalar(constant) - 40)"]
    for function in DATES:
        yield f"{function}(moment)"
        yield f"{function}()"
    yield from ["timestamp(up)", "timestamp(flaky)", "timestamp(-up)", "timestamp((flaky))", "timestamp(flaky offset 1m)", "timestamp(flaky @ 1700001500)", "timestamp(timestamp(up))"]
    yield from ["time()", "pi()", "vector(1)", "vector(time())", "scalar(constant)", "scalar(up)", "scalar(nothing)", "scalar(flaky{instance='web-1:9100'})", "vector(scalar(up))", "1", "-1", "1 + 2 * 3 ^ 2", "2 ^ 3 ^ 2", "-2 ^ 2", "'text'", '"a\\tb"']
    yield from ["NaN", "Inf", "-Inf", "+inf", "1e3", "0x1F", ".5", "5.", "1e-7", "1e22", "017", "0.1 + 0.2", "1 / 0", "-1 / 0", "0 / 0", "7 % 0", "-7 % 3", "5.5 % 2", "1 == bool 1", "1 < bool 2", "NaN == bool NaN", "1 atan2 2", "2 ^ 0.5", "2 ^ -1074", "1 > bool NaN"]
    for number in ("1.0000001", "0.9999999", "1.001", "3", "10", "1e-9", "1e300", "0.1"):
        yield from (f"{function}(vector({number}))" for function in ("ln", "log2", "log10", "acosh", "asinh", "atanh", "sinh", "cosh", "tanh", "exp"))
        yield f"{number} ^ 3.7"
        yield f"{number} ^ -2"
    yield from ["absent(up)", "absent(nothing)", "absent(nothing{job='a', instance=~'b', x='y'})", "absent(nothing{job='a', job='b', c='d'})", "absent(flaky{instance='web-2:9100'})", "absent((nothing{job='a'}))", "absent(sum(nothing{job='a'}))", "absent(nothing{job='a'} offset 1m)", "absent({job='nothing'})", "absent(nothing{job!='a', job='b'})"]
    yield from ["sort(temperature)", "sort_desc(temperature)", "sort(special)", "sort_desc(special)", "sort(up == 5)"]


def label_functions():
    yield from [
        "label_replace(labelled, 'host', '$1', 'dash', '(.*)-.*')",
        "label_replace(labelled, 'host', '$1/$2', 'dash', '([a-z]+)-([0-9]+).*')",
        "label_replace(labelled, 'dash', '', 'dash', 'db.*')",
        "label_replace(labelled, 'x', '${name}y', 'dash', '(?P<name>[a-z]+).*')",
        "label_replace(labelled, 'x', '$namey', 'dash', '(?P<name>[a-z]+).*')",
        "label_replace(labelled, 'x', 'fix', 'missing', '')",
        "label_replace(labelled, 'x', '$5$$', 'dash', '(.*)')",
        "label_replace(labelled, '__name__', 'renamed_$1', 'dash', '(db).*')",
        "label_replace(up, 'instance', 'same', 'job', '.*')",
        "label_replace(up, 'job', 'same', 'job', '.*')",
        "label_replace(up, '0bad', 'x', 'job', '.*')",
        "label_replace(up, 'x', 'x', 'job', '(')",
        "label_replace(nothing, '', 'x', 'job', 'a')",
        "label_replace(rate(http_requests_total[5m]), 'status', '${1}xx', 'code', '(.)..')",
        "label_replace(labelled, 'x', '[$1]', 'line', 'one(.)two')",
        "label_join(up, 'both', '-', 'instance', 'job')",
        "label_join(up, 'both', '-')",
        "label_join(up, 'job', '', 'missing')",
        "label_join(up, 'both', ', ', 'missing', 'job')",
        "label_join(up, 'instance', '', 'missing')",
        "label_join(up, 'bad-name', '-', 'job')",
        "label_join(up, 'x', '-', 'bad-name')",
    ]


def aggregations():
    targets = ["temperature", "up", "special", "disk_used_ratio", "flaky", "nothing", "huge"]
    for operation in AGGREGATIONS:
        yield from (f"{operation}({t})" for t in targets)
        yield f"{operation} by (instance) (disk_used_ratio)"
        yield f"{operation} without (device) (disk_used_ratio)"
        yield f"{operation}(http_requests_total) by (job)"
        yield f"{operation} by (job, missing) (http_requests_total)"
        yield f"{operation} by () (up)"
        yield f"{operation} without () (up)"
        yield f"{operation} by (__name__) ({{__name__=~'memory.*'}})"
        yield f"{operation} without (instance) ({{__name__=~'memory.*'}})"
        yield f"{operation} by (job) (rate(http_requests_total[5m]))"
    for k in ("1", "2", "3", "100", "0", "-1", "2.9", "scalar(constant) / 20", "NaN", "Inf", "1e19"):
        yield f"topk({k}, temperature)"
        yield f"bottomk({k}, temperature)"
    for operation in ("topk", "bottomk"):
        yield from [f"{operation}(2, special)", f"{operation}(1, special)", f"{operation}(3, up)", f"{operation} by (instance) (1, disk_used_ratio)", f"{operation} without (instance) (1, disk_used_ratio)", f"{operation}(2, rate(http_requests_total[5m]))", f"{operation}(5, special)", f"{operation}(4, up)", f"{operation}(5, up)", f"{operation}(3, flaky)"]
    for q in ("0.5", "0", "1", "0.99", "-0.1", "1.1", "NaN"):
        yield f"quantile({q}, temperature)"
        yield f"quantile by (instance) ({q}, disk_used_ratio)"
    yield from ["quantile(0.4, special)", "quantile(scalar(constant) / 84, temperature)"]
    yield from ["count_values('value', up)", "count_values by (job) ('value', up)", "count_values without (instance) ('value', up)", "count_values('job', up)", "count_values without (job) ('job', up)", "count_values('v', special)", "count_values('v', tiny)", "count_values('bad-label', up)", "count_values('', up)", "count_values('v', huge)", "count_values by (v) ('v', up)"]
    yield from ["sum(sum by (instance) (up))", "sum(up) by (job) / count(up) by (job)", "avg(rate(node_cpu_seconds_total{mode='idle'}[5m])) by (instance)", "max(max_over_time(temperature[5m]))", "avg(huge{case='sum'} or label_replace(-huge{case='sum'}, 'case', 'minus', '', ''))", "count(count by (version) (build_info))"]


def binary_operations():
    for operator in ARITHMETIC + COMPARISONS:
        yield f"temperature {operator} 12"
        yield f"12 {operator} temperature"
        yield f"special {operator} special"
        yield f"special {operator} 0"
        yield f"left {operator} right"
        yield f"left {operator} on (a, b) right"
        yield f"left {operator} ignoring (only) right"
        yield f"left {operator} on (a) group_left one"
        yield f"left {operator} on (a) group_left (info) one"
        yield f"one {operator} on (a) group_right (info, kind) left"
        yield f"memory_free_bytes {operator} memory_total_bytes"
        yield f"left {operator} on (a) right"
    for operator in COMPARISONS:
        yield f"temperature {operator} bool 12"
        yield f"12 {operator} bool temperature"
        yield f"special {operator} bool special"
        yield f"left {operator} bool ignoring (only) right"
        yield f"left {operator} bool on (a) group_left (info) one"
        yield f"1 {operator} bool 2"
    for operator in SETS:
        yield f"left {operator} right"
        yield f"left {operator} ignoring (only) right"
        yield f"left {operator} on (a) right"
        yield f"left {operator} on () right"
        yield f"left {operator} nothing"
        yield f"nothing {operator} left"
        yield f"flaky {operator} gap"
        yield f"flaky {operator} on (instance) up{{job='api'}}"
        yield f"(temperature > 10) {operator} (temperature < 20)"
        yield f"handover_old {operator} handover_new"
    yield from [
        "left + on (b) right", "left * on (b) group_left right", "up * on (instance) group_left (version) build_info",
        "up * on (instance) group_left (__name__) build_info", "build_info * on (instance) group_right (version) up", "up * on (instance) build_info",
        "up == on (instance) group_left (version) build_info", "up * ignoring (job, version) group_left (version) build_info",
        "memory_free_bytes / memory_total_bytes < 0.5", "100 * (1 - memory_free_bytes / memory_total_bytes)", "left + left + left", "left + on (a, b) right + on (a, b) left",
        "({__name__=~'left|right'}) * 2", "{__name__=~'left|right'} > 2", "{__name__=~'handover.*'} * 2", "-{__name__=~'handover.*'}", "-{__name__=~'left|right'}",
        "one * on (a) group_right left", "left - on (a) group_left (only) right", "left > on (a) group_right one",
        "left * ignoring (b, only) group_left (b) other", "temperature > 5 and temperature < 25", "temperature > 5 or temperature < 0 or -temperature",
        "up unless on (instance) (flaky > 5)", "sum(up) > 3", "sum(up) > bool 3", "count(up == 1) / count(up)", "vector(1) or up", "up and on () vector(1)", "up and on () (vector(1) > 2)",
        "1 + up", "up / 0", "0 / up", "up % 2 == 1", "scalar(constant) * up", "2 * -up ^ 2", "-up ^ 2", "up == up", "up != up", "up + up{job='api'}", "left * on (a, b) group_left () right",
        "rate(http_requests_total{code='500'}[5m]) / ignoring (code) group_left sum without (code) (rate(http_requests_total[5m]))",
        "{__name__=~'left|other'} + on (a, b) right", "right + on (a, b) {__name__=~'left|other'}", "right + on (a, b) group_right {__name__=~'left|other'}",
        "handover_old + on (instance) handover_new", "(handover_old or handover_new) * 3", "time() - timestamp(up)", "up > time()", "huge * 10", "huge ^ 2", "tiny ^ 3",
    ]


def histogram_quantiles():
    for q in ("0.5", "0.9", "0", "1", "-1", "2", "NaN", "0.999", "scalar(constant) / 50"):
        yield f"histogram_quantile({q}, latency_seconds_bucket)"
        yield f"histogram_quantile({q}, rate(latency_seconds_bucket[5m]))"
    for name in ("falling", "endless", "double", "negative", "empty", "nan", "only"):
        for q in ("0.1", "0.5", "0.99"):
            yield f"histogram_quantile({q}, {name}_bucket)"
    yield from ["histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))", "histogram_quantile(0.9, sum by (le, job) (increase(latency_seconds_bucket[3m])))", "histogram_quantile(0.5, up)", "histogram_quantile(0.9, {__name__=~'falling_bucket|double_bucket'})", "rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])"]


def refused():
    """What Prometheus answers with an error; and what it knows but this evaluator refuses."""
    yield from ["", " ", "up +", "up{", "up}", "(up", "up)", "up[5m", "up[5x]", "up[]", "up[5m:", "rate(up)", "rate(up[5m]", "sum(up", "unknown_function(up)", "up{job=}", "up{=\"a\"}", "up{job}", "up{job=~\"(\"}"]
    yield from ["{}", "{job=~'.*'}", "up{__name__='x'}", "1 > 2", "1 and 2", "up and 1", "'a' + 1", "rate(5)", "abs(1)", "exp(NaN)", "ln(0)", "sum(1)", "scalar(1)", "vector(up)", "up offset", "up offset 5", "up @ x", "up offset 5m offset 5m", "up @ 1 @ 2", "1 offset 5m"]
    yield from ["topk(up)", "topk('a', up)", "quantile(up)", "count_values(1, up)", "sum by (a", "sum by a (up)", "up * on (a) group_left (a) up", "up and on (a) group_left up", "up + bool up", "1 + on (a) 2", "up[5m] + 1", "-up[5m]", "-'a'", "up[5m][5m]", "5m", "up[5]", "up[0s]", "up[1.5h]", "up[1h1h]", "up[5m:0s]", "up offset 0s", "up[99999999y]", "5 5", "up up", "up 'a'", "a b", "==", "up ==", "up =~ 'x'", "rate(up[5m],)", "time(1)", "absent()", "label_replace(up, 'a')", "label_join(up)", "round()", "hour(1, 2)", "foo.bar", "0x", "1e", "08e", "up{a='b' c='d'}", "up{a='b\\q'}", "'unterminated", "sum sum(up)", "up @ 1e400", "up @ NaN", "1 == 1"]
    yield from ["mad_over_time(up[5m])", "sort_by_label(up, 'job')", "limitk(1, up)", "first_over_time(up[5m])", "up{'quoted'='x'}", "sum by ('a') (up)", "start()", "up or{job='a' or job='b'}", "double_exponential_smoothing(up[5m], 0.5, 0.5)", "up + fill(0) up"]
    yield from ["histogram_count(up)", "histogram_sum(up)", "histogram_fraction(0, 1, up)", "up{job=~'\\\\Ba'}"]


def ties():
    """Over a range Prometheus itself picks at random among equal elements of a calculated vector."""
    for operation in ("topk", "bottomk"):
        for inner in ("special * NaN", "steps or special", "up * 2", "special * special"):
            yield from (f"{operation}({k}, {inner})" for k in (1, 2, 3))


def fixed_times():
    """`@` over a range whose end is no step, and what Prometheus gets wrong there."""
    yield from ["flaky @ end()", "rate(flaky[5m] @ end())", "sum(temperature @ end() offset 1m)", "max_over_time(temperature[5m:1m] @ end())", "min_over_time((idelta(right[1m] @ end()))[1m:25s] @ 1700001500)", "quantile_over_time(0.5, temperature[5m] @ end())", "topk(2, temperature @ start())"]
    yield from ["predict_linear(right[1m] @ end(), 0)", "quantile_over_time(scalar(steps) / 5, temperature[5m] @ end())", "quantile(scalar(steps) / 5, temperature @ end())", "timestamp(up @ end() offset 1m)", "predict_linear(temperature[5m:1m] @ start(), 60)"]


def powers():
    for base in ("0", "-0", "1", "-1", "2", "-2", "10", "1.1", "-0.5", "Inf", "-Inf", "NaN", "1e-300", "1e300"):
        for exponent in ("0", "1", "-1", "2", "3", "0.5", "-0.5", "13", "-13", "1000", "2.7", "-2.2", "Inf", "-Inf", "NaN", "1e19", "-1e19"):
            yield f"vector({base}) ^ {exponent}"
    for pair in (("Inf", "NaN"), ("-Inf", "NaN"), ("NaN", "Inf"), ("NaN", "-Inf"), ("-0", "0"), ("0", "-0")):
        yield from (f"clamp(special, {pair[0]}, {pair[1]})", f"clamp_min(vector({pair[0]}), {pair[1]})", f"clamp_max(vector({pair[0]}), {pair[1]})")


def matrices():
    yield from ["up[1m]", "flaky[5m]", "special[2m]", "up[2m] offset 1m", "flaky[3m] @ 1700001500", "temperature[1m:20s]", "(up[1m])", "boundary[5m]", "boundary[300001ms]", "flaky[3m:1m] offset 2m", "http_requests_total{code='500'}[1m]"]


def cases():
    """(expression, time) and (expression, (start, end, step)), all in milliseconds."""
    groups = [range_calls, subqueries, elementwise, label_functions, aggregations, binary_operations, histogram_quantiles]
    for index, expression in enumerate(e for group in groups for e in group()):
        yield expression, INSTANTS[index % 2]
        yield expression, RANGES[0 if index % 3 else 1]
    for expression in selectors():
        yield from ((expression, time) for time in INSTANTS)
        yield expression, RANGES[0]
    for expression in ("boundary", "flaky", "single", "up", "rate(boundary[5m])", "count_over_time(boundary[5m])", "count_over_time(flaky[1m])", "timestamp(boundary)"):
        yield from ((expression, time) for time in EDGES)
        yield expression, (EDGES[0], EDGES[0] + 6_000, 1)[0:2] + (500,)
    for expression in ties():
        yield from ((expression, time) for time in INSTANTS)
    for expression in fixed_times():
        yield expression, HALF_HOUR
        yield expression, (HALF_HOUR, HALF_HOUR + 10 * MINUTE, 97_000)
    for expression in powers():
        yield expression, HALF_HOUR
    for expression in matrices():
        yield from ((expression, time) for time in INSTANTS)
        yield expression, RANGES[0]
    for expression in refused():
        yield expression, HALF_HOUR
    yield "up", (HALF_HOUR, HALF_HOUR - 1, 1_000)
    yield "up", (HALF_HOUR, HALF_HOUR + 1_000, 0)
    yield "'text'", RANGES[0]
