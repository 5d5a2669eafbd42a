"""How fast is ingest beside its peers, how soon does it answer, and what does it cost? `docs/benchmarks.md`.

Everything in one run: release builds, both sides of a ratio in turn on the same bodies.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import alert_benchmark, benchmarks_page, packages
from .console import Problem, say, step
from .layout import REPOSITORY

PAGE = REPOSITORY / "docs" / "benchmarks.md"
CLIENTS = REPOSITORY / ".toban" / "clients"
# One command each: together they would share features, and the function would not be what is deployed.
RELEASE = (
    ("ingest-metrics", "--bin", "ingest-metrics"),
    ("lambda-support", "--example", "one_read"),
    ("remote-write", "--example", "decode_bench"),
    ("sample-codec", "--example", "chunk_sizes"),
    ("alert-routing", "--example", "decision_bench"),
)


DECISION_ROUNDS = 5


def refresh() -> None:
    """Measures, and writes the page."""
    programs = clients()
    build()
    release = packages.target_dir() / "release"
    function = str(release / "ingest-metrics")
    found: dict[str, Any] = {"environment": environment(programs)}
    with step("Decoding, beside prost"):
        lines = run([str(release / "examples" / "decode_bench")]).splitlines()
        found["decode"] = [json.loads(line) for line in lines]
    with step("Chunks"):
        found["chunk"] = chunk(run([str(release / "examples" / "chunk_sizes")]))
    with step("Taking samples, beside VictoriaMetrics and Prometheus (minutes)"):
        with tempfile.TemporaryDirectory(dir=REPOSITORY / ".toban") as folder:
            peers = [programs[name]["path"] for name in ("prometheus", "victoria-metrics")]
            found["taken"] = measured("taken", function, *peers, folder)
    with step("Starting"):
        found["started"] = measured("started", function, str(release / "examples" / "one_read"))
    with step("Deciding on alerts, beside Alertmanager"):
        found["decided"] = decided(release, Path(programs["prometheus-alertmanager"]["path"]))
    with step("Counting what requests cost"):
        each = [benchmarks_page.median(found["taken"][kind]["ingest-metrics"]) for kind in ("agent", "mixed")]
        found["spent"] = measured("spent", *(f"{us:.4f}" for us in each))
    found["zip_bytes"] = zip_bytes(Path(function))
    PAGE.write_text(benchmarks_page.page(found))
    say(f"    written to {PAGE.relative_to(REPOSITORY)}")


def clients() -> dict[str, dict[str, str]]:
    get = REPOSITORY / "infra" / "clients" / "get.py"
    with step("Real clients"):
        subprocess.run([sys.executable, str(get), str(CLIENTS)])
    manifest = json.loads((CLIENTS / "clients.json").read_text())
    programs: dict[str, dict[str, str]] = manifest["programs"]
    missing = {"prometheus", "prometheus-alertmanager", "victoria-metrics"} - programs.keys()
    if missing:
        raise Problem(f"nothing to compare with: {', '.join(sorted(missing))}: {manifest['missing']}")
    return programs


def build() -> None:
    with step("Building for release (the first time takes minutes)", ticks=not sys.stderr.isatty()):
        for package, kind, name in RELEASE:
            cargo("build", "--release", f"--package={package}", kind, name)
        cargo("build", "--package=ingest-metrics", "--example", "ingest_bench")


def cargo(*arguments: str) -> None:
    if subprocess.run(["cargo", *arguments], cwd=REPOSITORY).returncode:
        raise Problem("the build failed; put right what the compiler says above, then try again")


def measured(*arguments: str) -> Any:
    tool = packages.target_dir() / "debug" / "examples" / "ingest_bench"
    return json.loads(run([str(tool), *arguments]))


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem(f"{Path(command[0]).name} failed; what it says is above")
    return done.stdout


def decided(release: Path, alertmanager: Path) -> dict[str, list[float]]:
    """Processor time for an alert, in turn."""
    config = REPOSITORY / "shared" / "alert-routing" / "examples" / "decision_bench.yml"
    rounds: dict[str, list[float]] = {"decision": [], "alertmanager": []}
    for _ in range(DECISION_ROUNDS):
        own = json.loads(run([str(release / "examples" / "decision_bench")]))
        rounds["decision"].append(own["cpu_us_per_alert"])
        rounds["alertmanager"].append(alert_benchmark.cpu_us_per_alert(alertmanager, config))
    return rounds


def chunk(text: str) -> dict[str, float]:
    """The agent's flush of the synthetic hosts."""
    numbers = re.search(r"4 samples a series: .*? ([\d.]+) B/sample, mean (\d+) B, largest (\d+) B", text)
    if not numbers:
        raise Problem(f"chunk_sizes says nothing of 4 samples a series: {text}")
    return dict(zip(("sample_bytes", "mean_bytes", "largest_bytes"), map(float, numbers.groups())))


def zip_bytes(binary: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "function.zip"
        # As `sam build` packs it.
        packages.write_zip(binary, archive, level=6)
        return archive.stat().st_size


def environment(programs: dict[str, dict[str, str]]) -> dict[str, str]:
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory_kb = int(re.findall(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[0])
    git = shutil.which("git")
    commit = run([git, "rev-parse", "--short", "HEAD"]).strip() if git else "unknown"
    return {
        "machine": f"{models[0] if models else platform.machine()}, {os.cpu_count()} processors, "
        f"{memory_kb / 1e6:.0f} GB, Linux {platform.release().split('-')[0]}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "commit": commit,
        "rustc": run(["rustc", "--version"]).split()[1],
        "prometheus": programs["prometheus"]["version"],
        "victoria-metrics": programs["victoria-metrics"]["version"],
    }
