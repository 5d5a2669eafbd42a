"""Where a stack keeps its files, and at which ports it answers."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Ports:
    """Every port one stack listens at, on loopback. Zero: this stack has no such process."""

    engine: int
    gateway: int
    inbox: int = 0
    fault_proxy: int = 0
    fault_control: int = 0

    def used(self) -> dict[str, int]:
        return {name: port for name, port in asdict(self).items() if port}


def ports_for_people() -> Ports:
    """The fixed ports of `make up`; `TOBAN_<NAME>_PORT` moves one."""
    return Ports(
        engine=int(os.environ.get("TOBAN_ENGINE_PORT", "8466")),
        gateway=int(os.environ.get("TOBAN_GATEWAY_PORT", "8480")),
        inbox=int(os.environ.get("TOBAN_INBOX_PORT", "8481")),
    )


def free_ports(with_faults: bool) -> Ports:
    """Ports nobody listens at now; held open together so that they differ."""
    sockets = [socket.socket() for _ in range(4 if with_faults else 2)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        numbers = [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
    if not with_faults:
        return Ports(engine=numbers[0], gateway=numbers[1])
    return Ports(
        engine=numbers[0], gateway=numbers[1], fault_proxy=numbers[2], fault_control=numbers[3]
    )


@dataclass(frozen=True)
class Layout:
    """One stack: its folder, its ports, its name, and whether it outlives its engine."""

    home: Path
    ports: Ports
    stack_name: str
    persistent: bool

    @property
    def engine_dir(self) -> Path:
        return self.home / "engine"

    @property
    def run_dir(self) -> Path:
        return self.home / "run"

    @property
    def log_dir(self) -> Path:
        return self.home / "logs"

    @property
    def stack_file(self) -> Path:
        return self.home / "stack.json"

    @property
    def system_token_file(self) -> Path:
        return self.home / "system-token"

    @property
    def engine_url(self) -> str:
        return f"http://localhost:{self.ports.engine}"

    @property
    def api_url(self) -> str:
        return f"http://localhost:{self.ports.gateway}"

    @property
    def inbox_url(self) -> str:
        return f"http://localhost:{self.ports.inbox}"

    @property
    def fault_control_url(self) -> str:
        return f"http://localhost:{self.ports.fault_control}"

    def prepare(self) -> None:
        for folder in (self.engine_dir, self.run_dir, self.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)


def layout_for_people() -> Layout:
    return Layout(REPOSITORY / ".toban", ports_for_people(), "toban-local", persistent=True)
