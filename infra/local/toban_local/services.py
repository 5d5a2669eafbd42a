"""The stack's small processes beside the engine: gateway, inbox, fault proxy, agent.

Each is started when it does not run, and started anew when what it runs on changed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import packages, processes, sockets
from .console import Problem
from .layout import Layout
from .processes import PidFile

START_SECS = 15.0
STOP_SECS = 10.0
SETTLE_SECS = 0.5
HERE = Path(__file__).resolve().parent
# In the order in which they are stopped: who sends goes before who answers.
NAMES = ("agent", "inbox", "gateway", "fault-proxy")


@dataclass(frozen=True)
class Service:
    """One process: what runs, with what, and the port by which it can be seen to live (0: none)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    sources: Iterable[Path]

    def fingerprint(self) -> str:
        found = hashlib.sha256(repr((list(self.command), sorted(self.environment.items()))).encode())
        for source in self.sources:
            found.update(packages.digest(source).encode())
        return found.hexdigest()


def gateway(layout: Layout, api_id: str) -> Service:
    arguments = [
        f"--port={layout.ports.gateway}",
        f"--engine-port={layout.ports.engine}",
        f"--api-id={api_id}",
        f"--log-dir={layout.log_dir}",
    ]
    return _python("gateway", "gateway", arguments, layout.ports.gateway)


def inbox(layout: Layout) -> Service:
    return _python("inbox", "inbox", [f"--port={layout.ports.inbox}"], layout.ports.inbox)


def fault_proxy(layout: Layout) -> Service:
    arguments = [
        f"--port={layout.ports.fault_proxy}",
        f"--control-port={layout.ports.fault_control}",
        f"--engine-port={layout.ports.engine}",
    ]
    return _python("fault-proxy", "fault_proxy", arguments, layout.ports.fault_proxy)


def _python(name: str, module: str, arguments: list[str], port: int) -> Service:
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(HERE.parent)}
    command = [sys.executable, "-m", f"toban_local.{module}", *arguments]
    return Service(name, command, environment, port, sorted(HERE.glob("*.py")))


def ensure(layout: Layout, service: Service) -> None:
    pids = PidFile(layout.home, service.name)
    fingerprint = service.fingerprint()
    running = pids.running()
    if running and running.fingerprint == fingerprint and lives(running.pid, service):
        return
    processes.stop(pids, STOP_SECS)
    log = layout.log_dir / f"{service.name}.log"
    process = processes.start(pids, service.command, service.environment, log, fingerprint)
    if service.port:
        processes.wait_until(
            lambda: process.poll() is not None or lives(process.pid, service), START_SECS
        )
    else:
        # Nothing to ask it by: one that can't work ends at once.
        processes.wait_until(lambda: process.poll() is not None, SETTLE_SECS)
    if process.poll() is not None or not lives(process.pid, service):
        processes.stop(pids, STOP_SECS)
        raise Problem(f"{service.name} did not start; its last words are in {log}")


def lives(pid: int, service: Service) -> bool:
    return not service.port or sockets.listens(pid, service.port)


def stop(layout: Layout, name: str) -> bool:
    return processes.stop(PidFile(layout.home, name), STOP_SECS)
