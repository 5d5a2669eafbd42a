#!/usr/bin/env python3
"""Records what Alertmanager sends to the receivers of receivers.yml: sent.json.

    record.py ALERTMANAGER

ALERTMANAGER is a program or a script that runs Alertmanager 0.25 where its default templates can be found.
"""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ALERTS = [
    {
        "labels": {"alertname": "HighLoad", "instance": f"web-{at}", "job": "node", "severity": "critical"},
        "annotations": {"summary": f"hot <{at}>"},
        "startsAt": "2024-01-02T03:04:05Z", "endsAt": "2099-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/g?x=1&y=2",
    }
    for at in (1, 2)
]
SENT = {}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        SENT[self.path.strip("/")] = json.loads(body)
        self.send_response(202 if "pagerduty" in self.path else 200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 9911), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        alertmanager = subprocess.Popen(
            [sys.argv[1], f"--config.file={HERE / 'receivers.yml'}", f"--storage.path={folder}", "--cluster.listen-address=",
             "--web.listen-address=127.0.0.1:9912", "--web.external-url=http://am.example"],
        )
        try:
            for _ in range(100):
                time.sleep(0.2)
                try:
                    request = urllib.request.Request(
                        "http://127.0.0.1:9912/api/v2/alerts", json.dumps(ALERTS).encode(),
                        {"content-type": "application/json"},
                    )
                    urllib.request.urlopen(request)
                    break
                except OSError:
                    continue
            for _ in range(50):
                time.sleep(0.2)
                if len(SENT) == 4:
                    break
        finally:
            alertmanager.terminate()
            alertmanager.wait()
    text = json.dumps({"alerts": ALERTS, "sent": SENT}, indent=1, sort_keys=True, ensure_ascii=False)
    (HERE / "sent.json").write_text(text + "\n", encoding="utf-8")


main()
