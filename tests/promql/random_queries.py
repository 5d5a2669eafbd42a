"""Random expressions from PromQL's grammar, the same for one seed."""

import queries
from samples import MINUTE, START_MS, Numbers

VECTORS = ["up", "temperature", "special", "flaky", "gap", "left", "right", "other", "one", "disk_used_ratio", "http_requests_total",
           "node_cpu_seconds_total", "memory_free_bytes", "memory_total_bytes", "latency_seconds_bucket", "build_info", "steps", "sparse", "handover_old", "handover_new",
           "{__name__=~'left|right|one'}", "up{job='api'}", "flaky{instance!~'web-2.*'}", "{__name__=~'handover.*'}", "http_requests_total{job!=''}"]
LABELS = ["instance", "job", "a", "b", "only", "info", "code", "device", "le", "case", "mode", "cpu", "__name__", "version"]
WINDOWS = ["30s", "1m", "5m", "7m13s", "20m"]
# Differences of the last digit in the others grow without bound where values cancel.
EXACT = ["abs", "ceil", "floor", "sqrt", "sgn", "deg", "rad", "round"]
SCALARS = ["0", "1", "2", "0.5", "-3", "10", "NaN", "Inf", "time()", "scalar(steps)", "pi()", "scalar(sum(up))"]


class Grammar:
    def __init__(self, seed):
        self.numbers = Numbers(seed)

    def one(self, choices):
        return choices[self.numbers.below(len(choices))]

    def labels(self):
        return ", ".join(self.one(LABELS) for _ in range(self.numbers.below(4)))

    def modifier(self):
        at = self.one(["", "", "", "", " @ 1700001500", " @ start()", " @ end()"])
        return at + self.one(["", "", "", " offset 3m", " offset -90s", " offset 11m"])

    def scalar(self, depth):
        if depth <= 0 or self.numbers.below(3):
            return self.one(SCALARS)
        return f"({self.scalar(depth - 1)} {self.one(queries.ARITHMETIC)} {self.scalar(depth - 1)})"

    def matrix(self, depth):
        if depth <= 0 or self.numbers.below(3):
            return f"{self.one(VECTORS)}[{self.one(WINDOWS)}]{self.modifier()}"
        step = self.one(["", "1m", "25s"])
        return f"({self.vector(depth - 2)})[{self.one(WINDOWS)}:{step}]{self.modifier()}"

    def vector(self, depth):
        if depth <= 0:
            return self.one(VECTORS) + self.modifier()
        kinds = [self.selected, self.ranged, self.ranged, self.aggregated, self.aggregated, self.binary, self.binary, self.binary, self.mathematical, self.relabelled, self.special]
        return self.one(kinds)(depth)

    def selected(self, depth):
        return self.one(VECTORS) + self.modifier()

    def ranged(self, depth):
        function = self.one(queries.RANGE_FUNCTIONS + ["quantile_over_time", "predict_linear", "holt_winters"])
        matrix = self.matrix(depth - 1)
        if function == "quantile_over_time":
            return f"quantile_over_time({self.scalar(1)}, {matrix})"
        if function == "predict_linear":
            return f"predict_linear({matrix}, {self.scalar(1)})"
        if function == "holt_winters":
            return f"holt_winters({matrix}, 0.4, 0.7)"
        return f"{function}({matrix})"

    def aggregated(self, depth):
        operation = self.one(queries.AGGREGATIONS + ["quantile", "count_values"])
        parameter = {"quantile": "0.4, ", "count_values": "'zone', "}.get(operation, "")
        grouping = self.one(["", f" by ({self.labels()}) ", f" without ({self.labels()}) "])
        # A calculated value may differ in its last digit, and would differ as a label. A label that
        # sorts before one of the grouping's makes Prometheus 2.42 mix up groups.
        inner = self.one(VECTORS) if operation == "count_values" else self.vector(depth - 1)
        return f"{operation}{grouping}({parameter}{inner})"

    def binary(self, depth):
        kind = self.numbers.below(4)
        if kind == 0:
            operator = self.one(queries.SETS)
            matching = self.one(["", "", f" on ({self.labels()})", f" ignoring ({self.labels()})"])
            return f"({self.vector(depth - 1)} {operator}{matching} {self.vector(depth - 1)})"
        operator = self.one(queries.ARITHMETIC + queries.COMPARISONS)
        maybe_bool = self.one(["", " bool"]) if operator in queries.COMPARISONS else ""
        if kind == 1:
            sides = [self.vector(depth - 1), self.scalar(1)]
            if self.numbers.below(2):
                sides.reverse()
            return f"({sides[0]} {operator}{maybe_bool} {sides[1]})"
        matching = self.one(["", f" on ({self.labels()})", f" ignoring ({self.labels()})"])
        if matching and self.numbers.below(2):
            matching += self.one([" group_left", " group_right"]) + f" ({self.labels()})"
        return f"({self.vector(depth - 1)} {operator}{maybe_bool}{matching} {self.vector(depth - 1)})"

    def mathematical(self, depth):
        function = self.one(EXACT + queries.DATES + ["timestamp", "-"])
        return f"{function}({self.vector(depth - 1)})"

    def relabelled(self, depth):
        inner = self.vector(depth - 1)
        target, source = self.one(LABELS), self.one(LABELS)
        if self.numbers.below(2):
            return f"label_replace({inner}, '{target}', '{self.one(['$1', 'x', '', '$1-$2'])}', '{source}', '{self.one(['(.*)', '(.).*', 'web-(.):(9.*)', ''])}')"
        return f"label_join({inner}, '{target}', '-', '{source}', '{self.one(LABELS)}')"

    def special(self, depth):
        inner = self.vector(depth - 1)
        return self.one([f"absent({inner})", f"vector({self.scalar(2)})", f"sort({inner})", f"clamp({inner}, {self.scalar(1)}, {self.scalar(1)})", f"histogram_quantile(0.7, {inner})", f"vector(scalar({inner}))"])


def cases(seed, count):
    grammar = Grammar(seed)
    for _ in range(count):
        expression = grammar.vector(1 + grammar.numbers.below(4))
        start = START_MS + grammar.numbers.below(50 * MINUTE)
        if grammar.numbers.below(2):
            yield expression, start
        else:
            yield expression, (start, start + 10 * MINUTE, grammar.one([15_000, 60_000, 97_000]))
