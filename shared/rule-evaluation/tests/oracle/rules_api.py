#!/usr/bin/env python3
"""Records how Prometheus shows rules and alerts over HTTP: rules_api.py <prometheus> > rules_api.json"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PORT = 19490
RULES = """groups:
- name: first
  limit: 7
  rules:
  - alert: Fires
    expr: vector(1.2345675e+06)
    labels: {severity: critical, value: '{{ $value }}'}
    annotations: {summary: 'at {{ $value | humanize }}', empty: ''}
  - alert: Waits
    expr: vector(0.001) > 0
    for: 1h30m
    keep_firing_for: 90s
  - alert: Sleeps
    expr: vector(1) > 2
    for: 500ms
- name: second
  interval: 2s
  rules:
  - alert: NotANumber
    expr: vector(NaN)
  - alert: Endless
    expr: vector(-Inf)
"""


def fetch(path: str) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}") as answer:
        return json.load(answer)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yml").write_text(RULES)
        Path(folder, "prometheus.yml").write_text("global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n")
        options = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        server = subprocess.Popen(
            [sys.argv[1], *options, f"--web.listen-address=127.0.0.1:{PORT}"], stderr=subprocess.DEVNULL
        )
        try:
            time.sleep(6)
            answer = {
                "command": "rules_api.py prometheus > rules_api.json",
                "oracle": fetch("/api/v1/status/buildinfo")["data"]["version"],
                "file": RULES,
                "rules": fetch("/api/v1/rules"),
                "alerts": fetch("/api/v1/alerts"),
            }
        finally:
            server.terminate()
            server.wait()
    text = json.dumps(answer, indent=1, ensure_ascii=False)
    print(text.replace(folder + "/", ""))


main()
