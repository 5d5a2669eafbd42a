"""A receiver for the demo: takes webhooks and shows what arrived, and when.

A process of its own. `GET /` is a page, `GET /messages` the same as JSON; anything posted is kept.
"""

from __future__ import annotations

import argparse
import html
import json
import threading
import time
from collections import deque
from datetime import datetime, timezone
from typing import Any

from .relay import Answer, BadBody, BodyTooLarge, Relay, Server

KEPT = 200
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Toban: demo inbox</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #ccc;padding:.5rem 0}}pre{{overflow:auto;background:#f4f4f4;padding:.5rem}}</style>
<h1>Demo inbox</h1><p>What the demo tenant's webhook receiver was sent; the latest first.</p>{articles}</html>
"""
ARTICLE = """<article><h2>{subject}</h2><p>{time}</p>
<details><summary>Body</summary><pre>{body}</pre></details></article>"""


class Box:
    """The last messages."""

    def __init__(self) -> None:
        self._messages: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def put(self, path: str, body: Any) -> None:
        message = {"received_at_ms": time.time_ns() // 1_000_000, "path": path, "body": body}
        with self._lock:
            self._messages.append(message)

    def messages(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._messages)


def subject(body: Any) -> str:
    """One line for a message in Alertmanager's webhook format, or for any other."""
    if not isinstance(body, dict) or not isinstance(body.get("alerts"), list):
        return "A message"
    status = str(body.get("status", "?"))
    names = []
    for alert in body["alerts"]:
        labels = alert.get("labels", {}) if isinstance(alert, dict) else {}
        name = labels.get("alertname", "?")
        names.append(f"{name} ({labels['instance']})" if "instance" in labels else str(name))
    return f"[{status}] {', '.join(names)}"


def page(messages: list[dict[str, Any]]) -> str:
    articles = [
        ARTICLE.format(
            subject=html.escape(subject(message["body"])),
            time=datetime.fromtimestamp(message["received_at_ms"] / 1000, timezone.utc).isoformat(),
            body=html.escape(json.dumps(message["body"], indent=2, ensure_ascii=False)),
        )
        for message in reversed(messages)
    ]
    return PAGE.format(articles="".join(articles) or "<p>Nothing yet.</p>")


class InboxServer(Server):
    box: Box


class Inbox(Relay):
    server: InboxServer

    def do_GET(self) -> None:
        if self.path == "/messages":
            self.reply("application/json", json.dumps(self.server.box.messages()))
        elif self.path == "/":
            self.reply("text/html; charset=utf-8", page(self.server.box.messages()))
        else:
            self.refuse(404, "{}")

    def do_POST(self) -> None:
        try:
            body = self.read_body()
        except (BadBody, BodyTooLarge):
            return self.refuse(400, "{}")
        try:
            content = json.loads(body)
        except ValueError:
            content = body.decode("utf-8", "replace")
        self.server.box.put(self.path, content)
        self.reply("application/json", "{}")

    def reply(self, content_type: str, body: str) -> None:
        self.answer(Answer(200, "OK", [("Content-Type", content_type)], body.encode()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    server = InboxServer(parser.parse_args().port, Inbox)
    server.box = Box()
    server.serve_forever()


if __name__ == "__main__":
    main()
