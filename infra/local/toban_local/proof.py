"""Shows that the whole way works: a sample of this machine, an alert, the notification it caused."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import remote_write
from .api import Api
from .console import Problem, say
from .remote_write import Series

HOST = "demo-host"
ALERT = "HostDiskFull"
GIB = float(1 << 30)
SIZE_GIB = 100.0
SAMPLE_SECS = 60.0
NOTIFICATION_SECS = 60.0
RESEND_SECS = 5.0
MAIL_SECS = 15.0
PAUSE_SECS = 0.05


@dataclass(frozen=True)
class Arrival:
    """A notification as the receiver saw it, and the sample that caused it."""

    receiver: str
    sample_ms: int
    received_at_ms: int
    latency_ms: int


class DemoHost:
    """A host that exists only as what it reports."""

    def __init__(self, ingest: Api) -> None:
        self.ingest = ingest

    def report(self, avail_gib: float | None) -> int:
        """One complete flush; None says that the host leaves. Returns the samples' time."""
        time_ms = time.time_ns() // 1_000_000
        disk = {"instance": HOST, "job": "demo", "device": "/dev/demo", "fstype": "ext4", "mountpoint": "/"}
        size, avail = (None, None) if avail_gib is None else (SIZE_GIB * GIB, avail_gib * GIB)
        flush = [
            Series(disk | {"__name__": "node_filesystem_size_bytes"}, size),
            Series(disk | {"__name__": "node_filesystem_avail_bytes"}, avail),
        ]
        headers = {"X-Toban-Host": HOST, "X-Toban-Flush": "complete"}
        reply = self.ingest.write(remote_write.flush_body(flush, time_ms), headers)
        if not 200 <= reply.status < 300:
            raise Problem(f"the demo host's samples were refused: {reply.status} {reply.text()}")
        return time_ms


def wait_for(what: Callable[[], Any], timeout_secs: float) -> Any:
    """The first true answer of `what`, or None when time is up."""
    deadline = time.monotonic() + timeout_secs
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(PAUSE_SECS)
    return None


def own_host() -> str:
    return socket.gethostname()


def queried_sample(viewer: Api, host: str) -> tuple[str, float]:
    """One sample of this machine, as PromQL finds it."""
    expression = f'node_load1{{instance="{host}"}}'

    def ask() -> Any:
        return viewer.get("/api/v1/query", query=expression)["data"]["result"]

    result = wait_for(ask, SAMPLE_SECS)
    if not result:
        raise Problem(
            f"no sample of {host} arrived within {SAMPLE_SECS:.0f} s;"
            " the agent's own words are in .toban/logs/agent.log"
        )
    return expression, float(result[0]["value"][1])


def inbox_messages(inbox_url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{inbox_url}/messages", timeout=10) as answer:
        messages: list[dict[str, Any]] = json.load(answer)
    return messages


def arrivals(messages: list[dict[str, Any]], status: str, since_ms: int) -> list[Arrival]:
    """The messages about the demo host's disk that samples since `since_ms` caused."""
    found = []
    for message in messages:
        body = message["body"] if isinstance(message["body"], dict) else {}
        for alert in body.get("alerts", []):
            labels = alert.get("labels", {})
            if (labels.get("instance"), labels.get("alertname")) != (HOST, ALERT):
                continue
            if alert.get("status") != status:
                continue
            cause_ms = to_ms(alert["startsAt" if status == "firing" else "endsAt"])
            if cause_ms >= since_ms:
                received = message["received_at_ms"]
                receiver = str(body.get("receiver"))
                found.append(Arrival(receiver, cause_ms, received, received - cause_ms))
    return found


def to_ms(text: str) -> int:
    # Python 3.10 reads neither `Z` nor more than six digits of a second.
    head, _, fraction = text.rstrip("Z").partition(".")
    whole = datetime.fromisoformat(head + "+00:00")
    return int(whole.timestamp()) * 1000 + int((fraction + "000")[:3])


def raise_alert(demo: DemoHost, inbox_url: str) -> Arrival:
    """Fills the demo host's disk and waits for what its receiver gets."""
    demo.report(avail_gib=50.0)
    time.sleep(0.01)
    first_ms = demo.report(avail_gib=1.0)
    deadline = time.monotonic() + NOTIFICATION_SECS
    while time.monotonic() < deadline:
        found: list[Arrival] | None = wait_for(
            lambda: arrivals(inbox_messages(inbox_url), "firing", first_ms), RESEND_SECS
        )
        if found:
            return found[0]
        # Functions may know the rules of a minute ago; the next flush meets the new ones.
        demo.report(avail_gib=1.0)
    raise Problem(
        f"no notification about {HOST} arrived within {NOTIFICATION_SECS:.0f} s;"
        " `make logs` shows what the functions said"
    )


def settle(demo: DemoHost, inbox_url: str) -> bool:
    """Frees the disk, then lets the demo host leave. True where the recovery was told too."""
    recovered_ms = demo.report(avail_gib=50.0)
    told = wait_for(lambda: arrivals(inbox_messages(inbox_url), "resolved", recovered_ms), 15.0)
    demo.report(avail_gib=None)
    return bool(told)


def firing_alerts(viewer: Api) -> list[dict[str, Any]]:
    alerts = viewer.get("/api/v1/alerts")["data"]["alerts"]
    return [
        alert
        for alert in alerts
        if alert["labels"].get("instance") == HOST and alert["state"] == "firing"
    ]


def sent_mails(engine_url: str) -> list[dict[str, Any]]:
    """Every mail that was sent, as the engine keeps them."""
    with urllib.request.urlopen(f"{engine_url}/_ministack/ses/messages", timeout=10) as answer:
        by_account: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    return [mail for mails in by_account.values() for mail in mails]


def mail_about(engine_url: str, already_sent: int) -> dict[str, Any] | None:
    """The first mail about the demo host after those that had been sent before."""

    def look() -> list[dict[str, Any]]:
        new = sent_mails(engine_url)[already_sent:]
        return [mail for mail in new if HOST in mail["Subject"] and ALERT in mail["Subject"]]

    found: list[dict[str, Any]] | None = wait_for(look, MAIL_SECS)
    return found[0] if found else None


def prove(stack: dict[str, Any], inbox_url: str) -> None:
    viewer = Api(stack["api_url"], stack["tokens"]["viewer"])
    demo = DemoHost(Api(stack["api_url"], stack["tokens"]["ingest"]))
    expression, value = queried_sample(viewer, own_host())
    say(f"    sample        {expression} = {value:g}")
    already_sent = len(sent_mails(stack["aws_endpoint_url"]))
    arrival = raise_alert(demo, inbox_url)
    alert = firing_alerts(viewer)
    say(f"    alert         {ALERT} on {HOST}, {alert[0]['state'] if alert else 'not listed'}")
    say(f"    notification  to {arrival.receiver!r}: {arrival.latency_ms} ms from sample to arrival")
    mail = mail_about(stack["aws_endpoint_url"], already_sent)
    say(f"    mail          to {', '.join(mail['To'])}: {mail['Subject']}" if mail else "    mail          none came")
    say("    recovery      " + ("told" if settle(demo, inbox_url) else "not told within 15 s"))
