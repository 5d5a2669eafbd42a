"""Stacks for tests: ports of their own, a folder of their own, gone when the tests are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from . import bench, benchmarks, fuzzing, logs, packages, preflight, seed, up
from .console import Problem, say, step, warn
from .layout import REPOSITORY, Layout, free_ports

TESTS_DIR = REPOSITORY / ".toban" / "test"
LAST_LOGS = TESTS_DIR / "last-logs"
UNIT_TESTS = REPOSITORY / "infra" / "local" / "tests"
GET_CLIENTS = REPOSITORY / "infra" / "clients" / "get.py"
CLIENTS_DIR = REPOSITORY / ".toban" / "clients"


def layout_for(home: Path, name: str, with_faults: bool) -> Layout:
    return Layout(home.resolve(), free_ports(with_faults), name, persistent=False)


def start(home: Path, name: str, with_faults: bool) -> Layout:
    layout = layout_for(home, name, with_faults)
    layout.prepare()
    try:
        up.bring_up(layout)
    except BaseException:
        up.take_down(layout)
        raise
    return layout


def test(variables: Mapping[str, str]) -> int:
    """Everything that `make test` does; returns the tests' exit code."""
    say("==> Tests of the local stack itself")
    unit = [sys.executable, "-m", "unittest", "discover", "-q", "-s", str(UNIT_TESTS)]
    unit_code = subprocess.run(unit, env={**os.environ, "PYTHONPATH": str(UNIT_TESTS.parent)}).returncode
    missing = get_clients()

    def against(layout: Layout) -> int:
        say(f"==> Tests (against {layout.stack_file})")
        return run_cargo({**variables, "TOBAN_TEST_STACK": str(layout.stack_file)})

    code = with_stack(against) or unit_code
    if "TOBAN_PROVE" in variables:
        code = fuzzing.run() or code
    for package, reason in missing.items():
        warn(f"SKIPPED: every test that drives {package}: {reason}")
    return code


def get_clients() -> dict[str, str]:
    """Gets the real clients that tests drive; returns those that can't be had, and why."""
    with step("Real clients for the tests"):
        subprocess.run([sys.executable, str(GET_CLIENTS), str(CLIENTS_DIR)])
    try:
        missing: dict[str, str] = json.loads((CLIENTS_DIR / "clients.json").read_text())["missing"]
    except (OSError, ValueError, KeyError) as error:
        return {"real clients": f"{GET_CLIENTS} failed: {error}"}
    return missing


def measure() -> int:
    """Everything that `make bench` does."""

    def against(layout: Layout) -> int:
        bench.counts(seed.read_stack(layout) or {})
        return 0

    code = with_stack(against) or bench.crates()
    benchmarks.refresh()
    return code


def with_stack(use: Callable[[Layout], int]) -> int:
    """Builds, starts a stack, has it used, and takes it down whatever happened."""
    with step("Looking at this machine"):
        preflight.require_repository()
        problems = [*preflight.tools(), *preflight.disk(preflight.NEEDED_BYTES)]
        if problems:
            raise Problem("\n".join(problems))
    packages.build()
    remove_abandoned()
    home = TESTS_DIR / str(os.getpid())
    layout = layout_for(home, f"toban-test-{os.getpid()}", with_faults=True)
    layout.prepare()
    code = 1
    try:
        up.bring_up(layout)
        code = use(layout)
    finally:
        if code:
            keep_logs(layout)
        up.take_down(layout)
        shutil.rmtree(home, ignore_errors=True)
    return code


def run_cargo(variables: Mapping[str, str]) -> int:
    environment = {**os.environ, **variables}
    if shutil.which("cargo-nextest"):
        # nextest runs no documentation tests; cargo does. They come first, so that nextest's own summary ends the run.
        documented = ["cargo", "test", "--workspace", "--doc", "--quiet", "--no-fail-fast"]
        code = subprocess.run(documented, cwd=REPOSITORY, env=environment).returncode
        command = ["cargo", "nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass"]
        return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode or code
    command = ["cargo", "test", "--workspace", "--no-fail-fast"]
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode


def keep_logs(layout: Layout) -> None:
    shutil.rmtree(LAST_LOGS, ignore_errors=True)
    LAST_LOGS.mkdir(parents=True)
    try:
        logs.save_functions(layout, LAST_LOGS)
    except Exception as error:  # The engine may be what failed.
        warn(f"the functions' logs could not be read: {error}")
    for log in layout.log_dir.glob("*.log*"):
        shutil.copy(log, LAST_LOGS / log.name)
    warn(f"what the stack said is in {LAST_LOGS}")


def remove_abandoned() -> None:
    """Takes down what a killed test run left: its folder is named for a process that is gone."""
    if not TESTS_DIR.is_dir():
        return
    for folder in TESTS_DIR.iterdir():
        if not folder.name.isdigit() or Path("/proc", folder.name).exists():
            continue
        layout = Layout(folder, free_ports(with_faults=False), "", persistent=False)
        up.take_down(layout)
        shutil.rmtree(folder, ignore_errors=True)
