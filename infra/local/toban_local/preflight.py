"""Can this machine run the stack? Each answer that is no says what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

from . import processes, sockets
from .console import Problem
from .layout import REPOSITORY, Layout
from .processes import PROC

NEEDED_BYTES = 6 * 1024**3
# Later runs build a few crates, not all.
NEEDED_AGAIN_BYTES = 1024**3


def check(layout: Layout, needed_bytes: int = NEEDED_BYTES) -> None:
    """Raises one Problem that lists everything there is to put right."""
    problems = [*tools(), *disk(needed_bytes), *busy_ports(layout)]
    if problems:
        raise Problem("\n".join(problems))


def tools() -> Iterator[str]:
    if not PROC.joinpath("self/stat").exists():
        yield "this needs Linux (or WSL 2): /proc is missing"
    if sys.version_info < (3, 10):
        yield f"Python {sys.version.split()[0]} is too old: install 3.10 or later, then PYTHON=python3.x make up"
    yield from rust()
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        yield "a C compiler is missing: install gcc or clang (Debian: build-essential)"


def rust() -> Iterator[str]:
    if not shutil.which("cargo"):
        yield "cargo is missing: install Rust from https://rustup.rs (no root needed), open a new shell, try again"
        return
    # rustup fetches what rust-toolchain.toml names at the first call, and says so itself.
    answer = subprocess.run(["cargo", "--version"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    found, needed = version(answer.stdout), version((REPOSITORY / "rust-toolchain.toml").read_text())
    if answer.returncode or not found:
        yield "cargo does not work here (its own words are above): `rustup toolchain install` may put it right"
    elif needed and found < needed:
        yield f"{answer.stdout.strip()} is too old: `rustup update`, or install Rust from https://rustup.rs"


def version(text: str) -> tuple[int, ...]:
    """The first version number in `text`."""
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def disk(needed_bytes: int) -> Iterator[str]:
    free = shutil.disk_usage(REPOSITORY).free
    if (REPOSITORY / "target" / "debug").exists():
        needed_bytes = min(needed_bytes, NEEDED_AGAIN_BYTES)
    if free < needed_bytes:
        yield (
            f"{REPOSITORY} has {free / 1e9:.1f} GB free, {needed_bytes / 1e9:.1f} GB are needed:"
            " free some, or move the clone; `cargo clean` empties target/"
        )


def busy_ports(layout: Layout) -> Iterator[str]:
    mine = {record.pid for record in processes.marked(layout.home)}
    holders = sockets.listeners()
    for name, port in layout.ports.used().items():
        inode = holders.get(port)
        if inode is None:
            continue
        pid = sockets.holder_of(inode)
        if pid in mine:
            continue
        who = f"process {pid} ({command_of(pid)})" if pid else "a process of somebody else"
        yield (
            f"port {port} is taken by {who}: end that, or choose another,"
            f" e.g. TOBAN_{name.upper()}_PORT={port + 100} make up"
        )


def command_of(pid: int) -> str:
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "?"
    text = " ".join(word.decode("utf-8", "replace") for word in words if word)
    return text if len(text) <= 80 else text[:77] + "..."


def require_repository() -> None:
    if not (REPOSITORY / "Cargo.toml").exists():
        raise Problem(f"{REPOSITORY} is not a clone of the project")
