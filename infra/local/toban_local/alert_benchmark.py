"""What one alert costs Alertmanager, from the request that brings it to the notification that tells of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .console import Problem

ALERTS = 10_000
# So many Prometheus sends at once.
BATCH = 64
# Debian's reads its default templates from /usr/share, where a package that was only unpacked has put nothing.
MOUNTED = 'mount -t overlay overlay -o lowerdir="$0":/usr/share /usr/share && exec "$@"'


def cpu_us_per_alert(program: Path, config: Path) -> float:
    """User and system time of the process, divided by alerts; what it took to start is not counted."""
    with tempfile.TemporaryDirectory() as folder, receiver() as heard:
        port = free_port()
        text = config.read_text().replace("127.0.0.1:9/", f"127.0.0.1:{heard.server_port}/")
        (Path(folder) / "alertmanager.yml").write_text(text)
        share = program.parents[1] / "share"
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNTED, str(share), str(program)]
        command += [f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            api = f"http://127.0.0.1:{port}/api/v2"
            wait_for(api)
            before = cpu_seconds(process.pid)
            for first in range(0, ALERTS, BATCH):
                post(f"{api}/alerts", [alert(number) for number in range(first, min(first + BATCH, ALERTS))])
            heard.wait_for(ALERTS)
            return (cpu_seconds(process.pid) - before) * 1e6 / ALERTS
        finally:
            process.terminate()
            process.wait()


class Receiver(ThreadingHTTPServer):
    """Counts the alerts that it is told of."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.count = 0
        self.changed = threading.Condition()

    def add(self, alerts: int) -> None:
        with self.changed:
            self.count += alerts
            self.changed.notify_all()

    def wait_for(self, alerts: int) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.count >= alerts, timeout=120):
                raise Problem(f"Alertmanager told of {self.count} alerts of {alerts} within two minutes")

    def __enter__(self) -> Receiver:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


class Told(BaseHTTPRequestHandler):
    """One notification."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.server.add(len(json.loads(body)["alerts"]))

    def log_message(self, format: str, *args: object) -> None:
        pass


def receiver() -> Receiver:
    return Receiver()


def alert(number: int) -> dict[str, object]:
    """The same that `decision_bench` decides."""
    instance = f"host-{number}:9100"
    labels = {"alertname": "HostDown", "cluster": f"c{number % 100}", "instance": instance}
    labels |= {"job": "node", "severity": "critical"}
    annotations = {"summary": f"{instance} is down"}
    return {"labels": labels, "annotations": annotations, "generatorURL": "http://prometheus.example/graph"}


def post(url: str, body: object) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).read()


def wait_for(api: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{api}/status", timeout=1).read()
            return
        except OSError:
            time.sleep(0.1)
    raise Problem("Alertmanager does not answer")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
