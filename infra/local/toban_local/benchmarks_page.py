"""What was measured, as `docs/benchmarks.md` says it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

MB = 1_000_000

HEAD = """\
# Benchmarks

`make bench` measures all of this anew and writes this page: {date}, commit {commit}, {machine} (load {load} when it began);
Rust {rustc}, release profile; VictoriaMetrics {victoria-metrics} and Prometheus {prometheus} from Debian. Both sides of a
ratio run in turn, on the same bodies, in the same run: other work on the machine touches both. A figure is the median of
its rounds, behind it the 10th and the 90th percentile of them.

## Bars
"""

NOTES = """
**Bodies.** Hosts as node_exporter describes them, with a load that wanders and bursts
(`shared/sample-codec/tests/host`); time moves on with each body. 2,000 samples: one scrape each of 23 hosts, as a
Prometheus sends; 400: four scrapes of one host, as the agent sends. Decoding has a generator of its own
(`shared/remote-write/tests/oracle`), with 7 or 8 labels a series.

**Counted** is processor time (`utime + stime`) of the receiving process alone, after a round of warming up and only while
it is fed: what VictoriaMetrics and Prometheus do afterwards in the background is not held against them. They take samples
over HTTP and keep them; the function gets them as events of Lambda's runtime, authenticates, decodes, encodes a chunk,
and calls DynamoDB, here without TLS. **Not counted**: DynamoDB's own work, the gateway's, and rules, of which this tenant
has none.

**Start** is from the start of the process to its first answer, on an engine on the same machine, for a sender that is
known. "Empty" is `shared/lambda-support/examples/one_read.rs`: the runtime, the SDK, and one `GetItem`.
"""


def median(numbers: Sequence[float]) -> float:
    return statistics.median(numbers)


def spread(numbers: Sequence[float], digits: int) -> str:
    tenths = statistics.quantiles(numbers, n=10)
    return f"{median(numbers):.{digits}f} ({tenths[0]:.{digits}f} to {tenths[-1]:.{digits}f})"


def ratios(numbers: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round, so that what disturbed one round disturbs both sides."""
    return [number / other for number, other in zip(numbers, others)]


def part(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def bar(what: str, figure: str, value: float, limit: float, words: str, at_least: bool = False) -> list[str]:
    is_met = value >= limit if at_least else value <= limit
    return [what, figure, words, "met" if is_met else "**not met**"]


def page(found: dict[str, Any]) -> str:
    parts = [
        HEAD.format(**found["environment"]),
        table(["", "measured", "bar", ""], bars(found)),
        NOTES,
        "## Decoding\n",
        decode(found["decode"]),
        "## Processor time for a sample\n",
        taken(found["taken"]),
        "## Alerts\n",
        decided(found["decided"]),
        "## Cost\n",
        cost(found["spent"]),
    ]
    return "\n".join(parts)


def bars(found: dict[str, Any]) -> Iterable[list[str]]:
    for case in found["decode"]:
        if case["protocol"] == 1:
            what = f"remote write 1.0 of {case['samples']:,} samples decoded, identity and checks included, beside plain prost"
            figure = spread(case["ratios"], 1) + " times faster"
            yield bar(what, figure, median(case["ratios"]), 8, "at least 8", at_least=True)
    mixed = found["taken"]["mixed"]
    for peer, name, share in (("victoria-metrics", "VictoriaMetrics'", 4), ("prometheus", "Prometheus'", 10)):
        each = ratios(mixed["ingest-metrics"], mixed[peer])
        what = f"the whole function at {mixed['samples']:,} samples a body, processor time beside {name}"
        yield bar(what, part(median(each)), median(each), 1 / share, f"at most 1/{share}")
    chunk = found["chunk"]
    what = "hot chunk of a 100-series host, 4 samples a series"
    yield bar(what, f"{chunk['sample_bytes']:.2f} bytes a sample", chunk["sample_bytes"], 1.5, "at most 1.5")
    agent = found["spent"]["rows"][0]
    yield bar("its write units", f"{agent['write_units']:.1f}", agent["write_units"], 1, "1")
    starts = ratios(found["started"]["ingest-metrics"], found["started"]["empty"])
    milliseconds = [f"{median(found['started'][name]):.0f} ms" for name in ("ingest-metrics", "empty")]
    figure = f"{spread(starts, 2)} times: {milliseconds[0]} beside {milliseconds[1]}"
    yield bar("start to first answer, beside an empty function", figure, median(starts), 1.5, "at most 1.5")
    yield bar("zip of the function", f"{found['zip_bytes'] / MB:.1f} MB", found["zip_bytes"], 5 * MB, "at most 5 MB")
    peak_mb = found["taken"]["agent"]["peak_rss_kb"]["ingest-metrics"] * 1024 / MB
    bodies = found["taken"]["mixed"]["bodies"] + found["taken"]["agent"]["bodies"]
    yield bar(f"peak memory after {bodies:,} bodies", f"{peak_mb:.1f} MB", peak_mb, 25, "at most 25 MB")
    figure = f"{agent['usd']:.5f} USD"
    each = ratios(found["decided"]["decision"], found["decided"]["alertmanager"])
    what = "a decision about an alert, processor time beside all that Alertmanager does for it"
    yield bar(what, part(median(each)), median(each), 1 / 10, "at most 1/10")
    yield bar("a million samples of the agent, behind API Gateway", figure, agent["usd"], 0.005, "at most 0.005")


def decode(cases: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            f"{case['protocol']}.0, {case['series']:,} series of {case['each']}",
            f"{case['body_bytes']:,}",
            *(f"{case[name]:.0f}" for name in ("snappy", "own", "prost", "labels")),
            spread(case["ratios"], 1),
            f"{case['labels'] / case['own']:.1f}",
        ]
        for case in cases
    ]
    head = ["body", "bytes", "snappy alone", "own", "prost", "prost and identities", "prost / own", "with identities"]
    return (
        "Nanoseconds a series, the least of all rounds. All but the first hold snappy, which costs both sides the same.\n\n"
        + table(head, rows)
        + "\nprost leaves the references of remote write 2.0 as they are: it neither looks up names nor makes a label set,"
        "\nso that there its column is not the same work; the one with identities is.\n"
    )


def taken(found: dict[str, Any]) -> str:
    names = ("ingest-metrics", "victoria-metrics", "prometheus")
    rows = []
    for kind in ("mixed", "agent"):
        case = found[kind]
        own = case["ingest-metrics"]
        rows.append(
            [
                f"{case['samples']:,} samples, {case['body_bytes']:,} bytes, {case['bodies']:,} bodies",
                *(spread(case[name], 3) for name in names),
                *(part(median(ratios(own, case[name]))) for name in names[1:]),
            ]
        )
    peak_kb = found["mixed"]["peak_rss_kb"]
    peaks = ", ".join(f"{name} {peak_kb[name] * 1024 / MB:.0f} MB" for name in names)
    head = ["body", "ingest-metrics, us", "VictoriaMetrics, us", "Prometheus, us", "of VictoriaMetrics", "of Prometheus"]
    return table(head, rows) + f"\nPeak memory after the larger bodies: {peaks}.\n"


def decided(found: dict[str, list[float]]) -> str:
    rows = [[f"{median(found['decision']):.1f}", f"{median(found['alertmanager']):.1f}"]]
    return (
        table(["decision, us an alert", "Alertmanager, us an alert"], rows)
        + """
10,000 alerts in 100 groups, each heard of once and told once. Ours is the decision alone (`decision_bench`): both procedures
with a map for a table, one thread. Alertmanager's is the whole process, HTTP and the notifications included, because it can't
be had without.
"""
    )


def cost(spent: dict[str, Any]) -> str:
    rows = []
    for row in spent["rows"]:
        who = "agent, 4 samples a series" if row["is_of_agent"] else "Prometheus, vmagent"
        parts = [f"{row[name]:.5f}" for name in ("http_api", "function", "writes", "reads", "logs")]
        counts = [f"{row['samples']:,.0f}", f"{row['body_bytes']:,.0f}", f"{row['write_units']:.1f}", f"{row['read_units']:.1f}"]
        rows.append([who, *counts, *parts, f"**{row['usd']:.5f}**"])
    head = ["sender", "samples a body", "bytes", "write units", "read units", "API", "function", "writes", "reads", "log", "USD a million"]
    others = spent["others"]
    return (
        table(head, rows)
        + f"""
USD for a million samples, at the list prices of `infra/prices.toml`. Units are those the table counted for each request;
the function is billed for what it computes (measured above, and slower by its share of a processor at {spent["memory_mb"]:.0f} MB) and
waits (one round trip to DynamoDB: all calls of a flush run at the same time), in whole milliseconds; the log line is the
gateway's. An instance that does not know the sender yet reads some items more, once in ten minutes; storage of a week's
chunks adds 0.00012.

For comparison, {others["hosts"]:,.0f} hosts of 100 series at 15 s, {others["million_samples_a_month"]:,.0f} million samples a month: Amazon Managed Prometheus
**{others["managed_prometheus"]:.3f}** for ingestion alone, CloudWatch custom metrics **{others["cloudwatch"]:.2f}** with one request a host and minute.
"""
    )
