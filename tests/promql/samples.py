"""The series that the corpus asks about: the same on every run and every machine."""

import math

STALE = "stale"
START_MS = 1_700_000_000_000
MINUTE = 60_000


class Numbers:
    """A generator of numbers that no Python version changes (splitmix64)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def unit(self):
        return (self.next() >> 11) / (1 << 53)

    def below(self, most):
        return self.next() % most


def times(step_ms, minutes=60, jitter=0, numbers=None, offset=0):
    at = START_MS + offset
    while at < START_MS + minutes * MINUTE:
        yield at + (numbers.below(jitter) if jitter else 0)
        at += step_ms


class Store:
    def __init__(self):
        self.series = {}

    def add(self, name, labels, samples):
        pairs = {"__name__": name, **labels}
        key = tuple(sorted((k, v) for k, v in pairs.items() if v))
        assert key not in self.series, key
        self.series[key] = [(t, v) for t, v in samples]

    def sorted(self):
        """Prometheus adds in the order in which it first saw the series, this evaluator by labels."""
        return sorted(self.series.items())


def counter(numbers, at, growth, resets=(), start=0.0, whole=False):
    value = start
    for index, time in enumerate(at):
        if index in resets:
            value = 0.0
        step = numbers.unit() * growth
        value += math.floor(step) if whole else step
        yield time, value


def hosts_and_counters(store, numbers):
    for host in range(1, 5):
        for job in ("api", "node"):
            labels = {"instance": f"web-{host}:9100", "job": job}
            up = [(t, 0.0 if (i + host) % 17 == 0 else 1.0) for i, t in enumerate(times(15_000))]
            store.add("up", labels, up)
    for host in (1, 2, 3):
        for cpu in ("0", "1"):
            for mode in ("idle", "user", "system"):
                labels = {"instance": f"web-{host}:9100", "job": "node", "cpu": cpu, "mode": mode}
                at = times(15_000, offset=host * 1_000)
                resets = (77,) if host == 2 else ()
                store.add("node_cpu_seconds_total", labels, counter(numbers, at, 14.0, resets, host * 1000.0))
    for host in (1, 2):
        for code in ("200", "404", "500"):
            for job in ("api", ""):
                labels = {"instance": f"web-{host}:9100", "job": job, "code": code}
                at = times(10_000 if job else 30_000, jitter=900, numbers=numbers)
                resets = (40, 90, 91) if code == "500" else ()
                store.add("http_requests_total", labels, counter(numbers, at, 9.0, resets, whole=True))
    late = times(20_000, offset=25 * MINUTE)
    store.add("late_total", {"instance": "web-1:9100"}, counter(numbers, late, 3.0, start=0.0))
    negative = ((t, v - 50.0) for t, v in counter(numbers, times(30_000), 2.0))
    store.add("odd_total", {"instance": "web-1:9100"}, negative)


def gauges(store, numbers):
    for host in (1, 2, 3, 4):
        base = {"instance": f"web-{host}:9100"}
        free = [(t, math.floor(numbers.unit() * 8e9)) for t in times(15_000)]
        store.add("memory_free_bytes", base, free)
        if host != 4:
            store.add("memory_total_bytes", base, [(t, 8e9 + host) for t in times(15_000)])
        for device in ("sda", "sdb"):
            used = [(t, numbers.unit()) for t in times(30_000)]
            store.add("disk_used_ratio", {**base, "device": device}, used)
        store.add("build_info", {**base, "version": f"1.{host // 2}", "job": "node"}, [(t, 1.0) for t in times(60_000)])
    for room in ("attic", "cellar", "hall"):
        at = times(20_000, jitter=5_000, numbers=numbers)
        store.add("temperature", {"room": room, "instance": "web-1:9100"}, [(t, numbers.unit() * 40 - 10) for t in at])
    special = [math.nan, math.inf, -math.inf, 1.5, -0.0, 0.0, -2.5, 3.0]
    for index, first in enumerate(special):
        cycle = [(t, special[(i // 8 + index) % 8] if i % 3 else first) for i, t in enumerate(times(30_000))]
        store.add("special", {"case": str(index)}, cycle)
    store.add("huge", {"case": "sum"}, [(t, 1.7e308 if i % 2 else 1.6e308) for i, t in enumerate(times(30_000))])
    store.add("huge", {"case": "cancel"}, [(t, [1e100, 1.0, -1e100][i % 3]) for i, t in enumerate(times(30_000))])
    store.add("tiny", {}, [(t, 10.0 ** -(i % 12)) for i, t in enumerate(times(30_000))])
    store.add("constant", {"instance": "web-1:9100"}, [(t, 42.0) for t in times(15_000)])
    store.add("steps", {"instance": "web-1:9100"}, [(t, float(i // 7 % 5)) for i, t in enumerate(times(15_000))])
    for index, unit in enumerate((0.5, 0.25, 1.0, 1e-3, 1.0000001, -0.75)):
        store.add("angle", {"case": str(index)}, [(t, unit * (1 + i % 5)) for i, t in enumerate(times(60_000))])


def gaps_and_markers(store, numbers):
    sparse = [(t, numbers.unit()) for t in times(4 * MINUTE)]
    store.add("sparse", {"instance": "web-1:9100"}, sparse)
    gap = [(t, numbers.unit()) for t in times(15_000) if not 15 * MINUTE < t - START_MS < 35 * MINUTE]
    store.add("gap", {"instance": "web-1:9100"}, gap)
    for host, (ends, resumes) in enumerate([(20, 30), (29, 99), (30, 31)], 1):
        samples = []
        for t in times(15_000):
            minute = (t - START_MS) / MINUTE
            if minute < ends or minute >= resumes:
                samples.append((t, numbers.unit() * 10))
            elif minute < ends + 0.25:
                samples.append((t, STALE))
        store.add("flaky", {"instance": f"web-{host}:9100"}, samples)
    store.add("single", {"instance": "web-1:9100"}, [(START_MS + 30 * MINUTE, 7.0)])
    store.add("boundary", {"instance": "web-1:9100"}, [(START_MS + 20 * MINUTE, 1.0), (START_MS + 25 * MINUTE, 2.0)])


def histograms(store, numbers):
    bounds = ["0.005", "0.05", "0.1", "0.5", "1", "2.5", "+Inf"]
    for host in (1, 2):
        for job in ("api", "node"):
            labels = {"instance": f"web-{host}:9100", "job": job}
            at = list(times(15_000))
            total = [0.0] * len(bounds)
            rows = [[] for _ in bounds]
            for t in at:
                for index in range(len(bounds)):
                    total[index] += numbers.below(3 + index)
                for index in range(len(bounds)):
                    rows[index].append((t, sum(total[: index + 1])))
            for bound, row in zip(bounds, rows):
                store.add("latency_seconds_bucket", {**labels, "le": bound}, row)
            store.add("latency_seconds_count", labels, rows[-1])
            store.add("latency_seconds_sum", labels, [(t, v * 0.37) for t, v in rows[-1]])
    flat = [(t, 5.0) for t in times(60_000)]
    for bound, factor in (("1", 2.0), ("2", 1.0), ("3", 3.0), ("+Inf", 3.0)):
        store.add("falling_bucket", {"le": bound}, [(t, v * factor) for t, v in flat])
    for bound in ("1", "2"):
        store.add("endless_bucket", {"le": bound}, flat)
    for bound in ("1", "1.0", "+Inf", "Inf", "x"):
        store.add("double_bucket", {"le": bound}, flat)
    for bound in ("-1", "0", "+Inf"):
        store.add("negative_bucket", {"le": bound}, flat)
    for bound in ("1", "+Inf"):
        store.add("empty_bucket", {"le": bound}, [(t, 0.0) for t, _ in flat])
        store.add("nan_bucket", {"le": bound}, [(t, math.nan) for t, _ in flat])
    store.add("only_bucket", {"le": "+Inf"}, flat)


def labels_and_dates(store, numbers):
    for name in ("left", "right", "other"):
        for index, (a, b) in enumerate((("x", "1"), ("x", "2"), ("y", "1"), ("z", ""))):
            if name == "right" and a == "y" or name == "other" and b != "1":
                continue
            samples = [(t, numbers.below(20) - 5.0) for t in times(30_000)]
            store.add(name, {"a": a, "b": b, "only": name if index == 0 else ""}, samples)
    store.add("one", {"a": "x", "info": "blue", "kind": "k1"}, [(t, 2.0) for t in times(30_000)])
    store.add("one", {"a": "y", "info": "red"}, [(t, 3.0) for t in times(30_000)])
    odd = {"path": "a\"b\\c", "text": "é漢\U0001F600", "line": "one\ntwo", "dash": "web-12.eu"}
    store.add("labelled", odd, [(t, 1.0) for t in times(30_000)])
    store.add("labelled", {"dash": "db-7.us", "empty": ""}, [(t, 2.0) for t in times(30_000)])
    first_half = [(t, 1.0) for t in times(30_000, minutes=30)]
    second_half = [(t, 2.0) for t in times(30_000, offset=40 * MINUTE)]
    store.add("handover_old", {"instance": "web-1:9100"}, first_half)
    store.add("handover_new", {"instance": "web-1:9100"}, second_half)
    moments = [0, -1, 951_782_400, 1_709_210_096, 4_107_542_399, 1_735_603_200.5, -62_135_596_800, 1e12, 1e20, -1e20, math.nan, math.inf]
    for index, moment in enumerate(moments):
        store.add("moment", {"case": f"{index:02}"}, [(t, float(moment)) for t in times(60_000)])


def generate():
    store = Store()
    numbers = Numbers(2042)
    hosts_and_counters(store, numbers)
    gauges(store, numbers)
    gaps_and_markers(store, numbers)
    histograms(store, numbers)
    labels_and_dates(store, numbers)
    return store.sorted()
