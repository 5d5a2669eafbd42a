"""What the person at the terminal reads."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TICK_SECS = 2.0


class Problem(Exception):
    """Something the person can put right. The text says what is wrong and what to do next."""


def say(text: str = "") -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(f"! {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step, shows every two seconds that it lives, and how long it took."""
    started = time.monotonic()
    done = threading.Event()
    print(f"==> {title}", flush=True)

    def tick() -> None:
        while not done.wait(TICK_SECS):
            print(f"    ... {time.monotonic() - started:.0f} s", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
    took = time.monotonic() - started
    if took >= 0.5:
        print(f"    {took:.1f} s", flush=True)
