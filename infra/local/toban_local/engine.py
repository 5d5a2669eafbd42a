"""Starts and stops the local engine that answers as AWS does."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from . import processes, sockets
from .console import Problem
from .layout import REGION, Layout
from .processes import PidFile

START_SECS = 60.0
# Its state is written on the way out, and only then: patience is what keeps the data.
STOP_SECS = 60.0
PACKAGE_DIR = Path(__file__).resolve().parent


def pid_file(layout: Layout) -> PidFile:
    return PidFile(layout.home, "engine")


def environment(layout: Layout) -> dict[str, str]:
    """All the engine sees. Functions inherit it, so nothing of the person's shell gets in."""
    folder = layout.engine_dir
    endpoint = f"http://127.0.0.1:{layout.ports.engine}"
    variables = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PACKAGE_DIR.parent),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(layout.ports.engine),
        "BIND_HOST": "127.0.0.1",
        # The engine's word for IAM: functions have their roles only, "test" may do everything.
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    if layout.persistent:
        variables |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
        }
    if layout.ports.fault_proxy:
        for service in ("DYNAMODB", "SQS"):
            variables[f"AWS_ENDPOINT_URL_{service}"] = f"http://127.0.0.1:{layout.ports.fault_proxy}"
    return variables


def fingerprint(layout: Layout) -> str:
    """Changes with whatever makes another engine: its packages, its corrections, its settings."""
    found = hashlib.sha256(repr(sorted(environment(layout).items())).encode())
    corrections = sorted(PACKAGE_DIR.glob("engine_*.py"))
    for source in (*corrections, PACKAGE_DIR.parent / "requirements.txt"):
        found.update(source.read_bytes())
    return found.hexdigest()


def is_ready(layout: Layout) -> bool:
    try:
        with urllib.request.urlopen(f"{layout.engine_url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def ensure(layout: Layout) -> bool:
    """Makes sure the engine answers. True where it had to be started."""
    pids, wanted = pid_file(layout), fingerprint(layout)
    running = pids.running()
    if running and running.fingerprint == wanted and is_ready(layout):
        return False
    stop(layout)
    (layout.engine_dir / "tmp").mkdir(parents=True, exist_ok=True)
    log = layout.log_dir / "engine.log"
    command = [sys.executable, "-m", "toban_local.engine_main"]
    process = processes.start(pids, command, environment(layout), log, wanted)
    processes.wait_until(lambda: is_ready(layout) or process.poll() is not None, START_SECS, 0.1)
    if not sockets.listens(process.pid, layout.ports.engine):
        stop(layout)
        raise Problem(f"the local engine did not start; its last words are in {log}")
    return True


def checkpoint(layout: Layout) -> None:
    """Has the engine write its data now, so that a kill or a power cut does not undo all of it."""
    record = pid_file(layout).running()
    if record and layout.persistent:
        processes.send(record, signal.SIGUSR1)


def stop(layout: Layout) -> bool:
    return processes.stop(pid_file(layout), STOP_SECS)
