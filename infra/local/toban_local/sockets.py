"""Who listens at which port of this machine?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .processes import PROC

LISTENING = "0A"


def listeners() -> dict[int, str]:
    """Port to socket inode, of everything that listens for TCP on this machine."""
    found = {}
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTENING:
                found[int(fields[1].rpartition(":")[2], 16)] = fields[9]
    return found


def holder_of(inode: str) -> int | None:
    """The process that has this socket open, as far as this user may see."""
    return _holder(PROC.glob("[0-9]*/fd/*"), inode)


def listens(pid: int, port: int) -> bool:
    """Whether it is this very process that answers at `port`."""
    inode = listeners().get(port)
    return inode is not None and _holder(PROC.glob(f"{pid}/fd/*"), inode) == pid


def _holder(links: Iterable[Path], inode: str) -> int | None:
    for link in links:
        try:
            if os.readlink(link) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue
    return None
