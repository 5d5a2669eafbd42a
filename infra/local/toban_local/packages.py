"""Builds the functions and packs each as Lambda wants it: a zip that holds `bootstrap`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .console import Problem, step
from .layout import REPOSITORY

# The smallest time a zip can hold: the same binary always makes the same zip.
EPOCH = (1980, 1, 1, 0, 0, 0)
CACHE = REPOSITORY / ".toban" / "packages"
# Longer than a deployment takes; what runs has its own copy.
CACHE_SECS = 1800.0


def build() -> None:
    """Builds every binary of the workspace; on a terminal cargo shows its own progress."""
    ticks = not sys.stderr.isatty()
    with step("Building (the first time takes minutes, later ones seconds)", ticks):
        answer = subprocess.run(["cargo", "build", "--workspace", "--bins"], cwd=REPOSITORY)
    if answer.returncode:
        raise Problem("the build failed; put right what the compiler says above, then try again")


def binary(name: str) -> Path:
    path = target_dir() / "debug" / name
    if not path.is_file():
        raise Problem(f"{path} is missing; template.yaml names a function that cargo does not build")
    return path


def target_dir() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()


def pack(names: Iterable[str], cache: Path = CACHE) -> dict[str, Path]:
    """Zips by binary name. One is packed only when its binary changed."""
    cache.mkdir(parents=True, exist_ok=True)

    def packed(name: str) -> Path:
        source = binary(name)
        path = cache / f"{name}-{digest(source)}.zip"
        if not path.exists():
            write_zip(source, path)
        os.utime(path)
        return path

    wanted = sorted(set(names))
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        found = dict(zip(wanted, workers.map(packed, wanted)))
    forget_old(cache, time.time() - CACHE_SECS)
    return found


def forget_old(cache: Path, before: float) -> None:
    """Removes what no stack used since; several stacks share the cache, one may be at work now."""
    for path in cache.iterdir():
        try:
            if path.stat().st_mtime < before:
                path.unlink()
        except FileNotFoundError:
            continue


def write_zip(source: Path, destination: Path, level: int = 1) -> None:
    entry = zipfile.ZipInfo("bootstrap", EPOCH)
    entry.external_attr = 0o100755 << 16
    entry.create_system = 3
    draft = destination.with_suffix(f".{os.getpid()}.draft")
    with zipfile.ZipFile(draft, "w") as archive:
        # What is named in the entry counts, not the archive's defaults; so it is said here.
        archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=level)
    draft.replace(destination)


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as content:
        for block in iter(lambda: content.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()
