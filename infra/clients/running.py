"""Runs the tools by which clients are got."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Unavailable(Exception):
    """A package can't be had; the text says why."""


def run(command: list[str], cwd: Path, timeout_secs: float) -> list[str]:
    """Runs it; returns what it complained of."""
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_secs
        )
    except FileNotFoundError as error:
        raise Unavailable(f"{command[0]} is missing") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"`{command[0]}` took more than {timeout_secs:.0f} s") from error
    complaints = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode:
        raise Unavailable(f"`{command[0]}` failed: {(complaints or ['no reason given'])[-1]}")
    return complaints
