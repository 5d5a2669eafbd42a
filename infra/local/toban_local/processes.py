"""Which processes did we start, and is the one with this number still it?

A process number is used again sooner or later. So a record keeps the start time and the boot beside it,
and nothing is signalled that does not match all three. Each also carries a mark in its environment, by
which one is found again whose record was lost.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .console import Problem

PROC = Path("/proc")
MARKER = "TOBAN_PROCESS"


@dataclass(frozen=True)
class Record:
    """A process we started, as its pid file keeps it."""

    pid: int
    start_ticks: int
    boot: str
    fingerprint: str


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def start_ticks(pid: int) -> int | None:
    """Clock ticks from boot to the process' start, or None where it is gone or a zombie."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return parse_start_ticks(stat)


def parse_start_ticks(stat: str) -> int | None:
    # The command's name may hold blanks and brackets; what follows the last bracket has fixed places.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return None
    return int(fields[19])


def is_running(record: Record) -> bool:
    return record.boot == boot_id() and start_ticks(record.pid) == record.start_ticks


class PidFile:
    """The pid file of one named process of the stack in `home`."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home
        self.name = name
        self.path = home / "run" / f"{name}.json"

    def read(self) -> Record | None:
        try:
            return Record(**json.loads(self.path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def running(self) -> Record | None:
        record = self.read()
        return record if record and is_running(record) else None

    def write(self, record: Record) -> None:
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record)))
        draft.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def start(
    pid_file: PidFile,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    fingerprint: str,
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own; its output goes to the end of `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            env={**environment, MARKER: mark(pid_file.home, pid_file.name)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    ticks = start_ticks(process.pid)
    pid_file.write(Record(process.pid, ticks or 0, boot_id(), fingerprint))
    return process


def mark(home: Path, name: str) -> str:
    return f"{home}#{name}"


def wait_until(ready: Callable[[], bool], timeout_secs: float, pause_secs: float = 0.05) -> bool:
    deadline = time.monotonic() + timeout_secs
    while not ready():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause_secs)
    return True


def stop(pid_file: PidFile, grace_secs: float) -> bool:
    """Asks the process to end, waits, and only then insists. False where it did not run.

    What it left behind goes too: functions of a killed engine, or a process whose record was lost.
    """
    record = pid_file.running()
    if record:
        _end([record], grace_secs)
    _end(marked(pid_file.home, pid_file.name), grace_secs)
    pid_file.forget()
    return record is not None


def _end(records: Sequence[Record], grace_secs: float) -> None:
    for number, patience in ((signal.SIGTERM, grace_secs), (signal.SIGKILL, 5.0)):
        for record in records:
            send(record, number)
        if wait_until(lambda: all(_gone(record) for record in records), patience):
            return
    left = ",".join(str(record.pid) for record in records if not _gone(record))
    raise Problem(f"processes do not end: look at them with `ps -fp {left}`")


def marked(home: Path, name: str | None = None) -> list[Record]:
    """Every process of this stack, or of one of its services, with those that inherited its mark."""
    if name:
        entry = f"{MARKER}={mark(home, name)}".encode()
        return [each for each in _own_processes() if entry in environment_of(each.pid)]
    start = f"{MARKER}={mark(home, '')}".encode()
    return [
        each
        for each in _own_processes()
        if any(entry.startswith(start) for entry in environment_of(each.pid))
    ]


def environment_of(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _own_processes() -> list[Record]:
    boot = boot_id()
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            mine = entry.stat().st_uid == os.getuid()
        except FileNotFoundError:
            continue
        ticks = start_ticks(int(entry.name)) if mine else None
        if ticks is not None:
            found.append(Record(int(entry.name), ticks, boot, ""))
    return found


def _gone(record: Record) -> bool:
    # A child of this very run stays a zombie until it is waited for.
    try:
        os.waitpid(record.pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return not is_running(record)


def send(record: Record, number: signal.Signals) -> None:
    """Signals this process, and never one that has its number now."""
    try:
        handle = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return
    try:
        # The handle keeps naming this process, so what is checked now is what gets the signal.
        if is_running(record):
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)
