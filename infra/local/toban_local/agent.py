"""The agent that reports this machine to its own stack."""

from __future__ import annotations

import os
import subprocess

from . import packages
from .console import warn
from .layout import Layout
from .services import Service

BINARY = "toban-agent"


# What saying goodbye may take; without it the host is only reported as silent later.
RETIRE_SECS = 10.0


def service(layout: Layout, ingest_token: str) -> Service:
    binary = packages.binary(BINARY)
    return Service("agent", [str(binary)], environment(layout, ingest_token), 0, [binary])


def environment(layout: Layout, ingest_token: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(layout.home),
        "LANG": "C.UTF-8",
        "TOBAN_URL": layout.api_url,
        "TOBAN_TOKEN": ingest_token,
    }


def retire(layout: Layout, ingest_token: str) -> None:
    """Says that this machine stops reporting on purpose, so that its silence is no alert later."""
    command = [str(packages.binary(BINARY)), "retire"]
    try:
        done = subprocess.run(
            command,
            env=environment(layout, ingest_token),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RETIRE_SECS,
        )
    except subprocess.TimeoutExpired:
        return warn("the agent could not say goodbye in time")
    if done.returncode:
        warn(f"the agent could not say goodbye: {done.stderr.decode(errors='replace').strip()}")
