"""What the person at the terminal reads."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# When a long step says that it lives: soon first, then less often.
TICKS_SECS = (2, 4, 6, 8, 10)
LATER_TICK_SECS = 10


class Problem(Exception):
    """Something the person can put right. The text says what is wrong and what to do next."""


def say(text: str = "") -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(f"! {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str, ticks: bool = True) -> Iterator[None]:
    """Announces a step, shows now and then that it lives, and how long it took."""
    started = time.monotonic()
    done = threading.Event()
    print(f"==> {title}", flush=True)

    def tick() -> None:
        for at_secs in itertools.chain(TICKS_SECS, itertools.count(20, LATER_TICK_SECS)):
            if done.wait(max(0.0, started + at_secs - time.monotonic())):
                return
            print(f"    ... {at_secs} s", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    if ticks:
        ticker.start()
    try:
        yield
    finally:
        done.set()
        if ticks:
            ticker.join()
    took = time.monotonic() - started
    if took >= 0.5:
        print(f"    {took:.1f} s", flush=True)
