"""Are there bytes that break a decoder's law? Each fuzz target for a short time; `fuzz/run.sh` looks longer."""

from __future__ import annotations

import shutil
import subprocess

from .console import say, warn
from .layout import REPOSITORY

FUZZ = REPOSITORY / "fuzz"
SECS_EACH = 30


def targets() -> list[str]:
    return sorted(file.stem for file in (FUZZ / "fuzz_targets").glob("*.rs"))


def run() -> int:
    """0 where no law was broken, and where there is no engine to look with."""
    if not shutil.which("cargo-fuzz"):
        warn("SKIPPED: fuzzing the decoders: cargo install cargo-fuzz --locked (it needs a C++ compiler)")
        return 0
    broken = []
    for target in targets():
        say(f"==> Fuzzing {target} for {SECS_EACH} s")
        if subprocess.run([FUZZ / "run.sh", target, str(SECS_EACH)]).returncode:
            broken.append(target)
    if broken:
        warn(f"a law was broken (what broke it is in fuzz/artifacts): {', '.join(broken)}")
    return 1 if broken else 0
