"""What did the functions and the stack's processes say?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from . import deploy
from .console import say
from .layout import Layout

LINES = 20
EVENTS = 10_000


def function_groups(layout: Layout) -> list[str]:
    client = deploy.client(layout, "logs")
    prefix = f"/aws/lambda/{layout.stack_name}-"
    groups = client.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return sorted(group["logGroupName"] for group in groups)


def lines_of(layout: Layout, group: str) -> Iterator[str]:
    client = deploy.client(layout, "logs")
    for event in client.filter_log_events(logGroupName=group, limit=EVENTS)["events"]:
        at = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
        yield f"{at.isoformat(timespec='milliseconds')} {event['message'].rstrip()}"


def save_functions(layout: Layout, folder: Path) -> None:
    for group in function_groups(layout):
        text = "\n".join(lines_of(layout, group))
        (folder / f"{group.rpartition('/')[2]}.log").write_text(text + "\n")


def show(layout: Layout, wanted: str | None) -> None:
    """The last lines of each log, or all of one function's or process'."""
    for path in sorted(layout.log_dir.glob("*.log")):
        if wanted in (None, path.stem):
            _show(str(path), path.read_text(errors="replace").splitlines(), wanted is None)
    for group in function_groups(layout):
        if wanted is None or group.endswith(f"-{wanted}"):
            _show(group, list(lines_of(layout, group)), wanted is None)


def _show(title: str, lines: list[str], only_last: bool) -> None:
    say(f"--- {title}")
    for line in lines[-LINES:] if only_last else lines:
        say(line)
