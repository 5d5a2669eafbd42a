"""What does a unit of work cost? Counts, which hold on AWS too, unlike this engine's times.

Then the crates' own benchmarks, where they have any.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from . import remote_write
from .api import Api
from .console import Problem, say
from .layout import REPOSITORY
from .remote_write import Series

FLUSHES = 20
INTERVAL_MS = 15_000
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")
READS = ("GetItem", "Query", "BatchGetItem", "Scan", "TransactGetItems")


@dataclass(frozen=True)
class Case:
    """One kind of request, sent several times."""

    name: str
    series: int
    hosts: int
    complete: bool


CASES = (
    Case("one host's flush, 100 samples (agent)", 100, 1, complete=True),
    Case("one host's flush, 2,000 samples (agent)", 2000, 1, complete=True),
    Case("20 hosts, 2,000 samples (Prometheus)", 2000, 20, complete=False),
)


def body(case: Case, time_ms: int, turn: int) -> bytes:
    flush = [
        Series(
            {
                "__name__": f"bench_metric_{number // case.hosts % 50}",
                "instance": f"bench-{case.series}-{number % case.hosts}",
                "job": "bench",
                "part": str(number // case.hosts // 50),
            },
            float(number * 1000 + turn * (number % 7)),
        )
        for number in range(case.series)
    ]
    return remote_write.flush_body(flush, time_ms)


def measure(case: Case, stack: dict[str, Any]) -> None:
    ingest = Api(stack["api_url"], stack["tokens"]["ingest"])
    headers = {}
    if case.complete:
        headers = {"X-Toban-Host": f"bench-{case.series}-0", "X-Toban-Flush": "complete"}
    start_ms = time.time_ns() // 1_000_000 - (FLUSHES + 2) * INTERVAL_MS
    bytes_sent = 0
    for turn in range(FLUSHES + 1):
        content = body(case, start_ms + turn * INTERVAL_MS, turn)
        if turn == 1:
            # The first one meets a cold function and makes what the others build on.
            control(stack, "POST", "/reset")
        reply = ingest.write(content, headers)
        if not 200 <= reply.status < 300:
            raise Problem(f"{case.name}: {reply.status} {reply.text()}")
        bytes_sent += len(content) if turn else 0
    calls = [call for call in control(stack, "GET", "/counts")["calls"] if call["function"] == "ingest-metrics"]

    def each(operations: tuple[str, ...], what: str) -> float:
        return float(sum(call[what] for call in calls if call["operation"] in operations)) / FLUSHES

    sends = sum(call["calls"] for call in calls if call["operation"].startswith("SendMessage"))
    say(
        f"    {case.name:42} {bytes_sent // FLUSHES:>9} {each(WRITES, 'calls'):>11.2f}"
        f" {each(WRITES, 'items'):>13.2f} {each(READS, 'calls'):>10.2f} {sends / FLUSHES:>9.2f}"
    )


def control(stack: dict[str, Any], method: str, path: str) -> Any:
    request = urllib.request.Request(stack["fault_control_url"] + path, method=method, data=None)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def counts(stack: dict[str, Any]) -> None:
    say("==> Per request of ingest-metrics, warm")
    say(f"    {'':42} {'bytes in':>9} {'write calls':>11} {'items written':>13} {'read calls':>10} {'messages':>9}")
    for case in CASES:
        measure(case, stack)


def crates() -> int:
    """Runs the benchmarks of every package that has some."""
    packages = sorted(path.parent.name for path in REPOSITORY.glob("*/*/benches"))
    if not packages:
        return 0
    command = ["cargo", "bench", *(f"--package={name}" for name in packages)]
    return subprocess.run(command, cwd=REPOSITORY).returncode
