#!/usr/bin/env python3
"""What the agent costs a host, beside node_exporter + vmagent doing the same: whole processes, at once.

    agent/measure/beside_peers.py AGENT PEERS [SECONDS]

AGENT is the release binary, PEERS the directory that Debian's packages prometheus-node-exporter and
victoria-metrics were unpacked into (apt-get download, dpkg -x). All look every 15 s, and send to a sink of their own
that takes everything: every 15 s, and the last agent every 60 s, which knows 500 thresholds, 100 of them with a regular
expression. Resident memory and CPU time (in steps of 10 ms) are read from /proc; bytes are those of requests and answers,
without what TLS and TCP add.
"""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time

WARM_UP_SECS = 40


THRESHOLDS = {
    "thresholds": [
        {
            "metric": "node_filesystem_avail_bytes",
            "matchers": [{"name": "mountpoint", "op": "=~", "value": f"/|/data{number}.*"}] if number % 5 == 0 else [],
            "divided_by": {"metric": "node_filesystem_size_bytes", "matchers": []},
            "op": "<",
            "value": -number,
        }
        for number in range(500)
    ],
    "left_out": 0,
}


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.count(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.answer(204, b"")

    def do_GET(self) -> None:
        self.count(b"")
        if not self.server.thresholds:
            self.answer(404, b"")
        elif self.headers.get("if-none-match"):
            self.answer(304, b"")
        else:
            self.answer(200, json.dumps(self.server.thresholds).encode(), ("etag", '"1"'))

    def count(self, body: bytes) -> None:
        self.server.received += len(self.raw_requestline) + len(bytes(self.headers)) + len(body)

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("cache-control", "max-age=900")):
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("content-length", str(len(body)))
        self.server.received += sum(map(len, self._headers_buffer)) + 2 + len(body)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    received = 0
    thresholds: dict[str, object] | None = None


def sink(context: ssl.SSLContext | None = None, thresholds: dict[str, object] | None = None) -> Server:
    server = Server(("127.0.0.1", 0), Sink)
    server.thresholds = thresholds
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def certificate(directory: pathlib.Path) -> tuple[pathlib.Path, ssl.SSLContext]:
    key, cert = directory / "key.pem", directory / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    # An end entity: rustls takes no authority for one.
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def cpu_secs(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, field: str) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no {field} of {pid}")


class Subject:
    """One process, and the sink that it sends to."""

    def __init__(self, command: list[str], server: Server | None = None, **environment: str) -> None:
        self.server = server
        environment = {"PATH": os.defpath, **environment}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        self.mark()

    def mark(self) -> None:
        """What is used from now on counts."""
        self.cpu_before = cpu_secs(self.process.pid)
        self.bytes_before = self.server.received if self.server else 0

    def row(self, seconds: int) -> str:
        pid = self.process.pid
        cpu = cpu_secs(pid) - self.cpu_before
        resident, peak = memory_mb(pid, "VmRSS"), memory_mb(pid, "VmHWM")
        sent = (self.server.received - self.bytes_before) * 3600 / seconds / 1000 if self.server else None
        shown = f"{sent:.0f}" if sent is not None else ""
        return f"{resident:.1f} | {peak:.1f} | {cpu:.2f} | {cpu / seconds * 100:.3f} | {shown} |"


def subjects(agent: str, peers: pathlib.Path, directory: pathlib.Path) -> dict[str, Subject]:
    cert, context = certificate(directory)
    scrape = directory / "scrape.yml"
    scrape.write_text(
        "global: {scrape_interval: 15s}\n"
        "scrape_configs: [{job_name: node, static_configs: [{targets: ['127.0.0.1:19100']}]}]\n"
    )
    watched = directory / "agent.toml"
    watched.write_text("[[process]]\nname = 'sshd'\n[[process]]\nname = 'web'\ncmdline = 'nginx|apache2'\n")
    exporter = [str(peers / "usr/bin/prometheus-node-exporter"), "--web.listen-address=127.0.0.1:19100"]
    vmagent = [str(peers / "usr/bin/vmagent"), f"-promscrape.config={scrape}", "-httpListenAddr=127.0.0.1:18429"]
    vmagent += [f"-remoteWrite.tmpDataPath={directory / 'vmagent'}"]

    def agent_at(server: Server, scheme: str, flush: str, *more: str) -> Subject:
        run = [agent, "--interval", "15s", "--flush", flush, "--url", f"{scheme}://localhost:{server.server_port}"]
        return Subject([*run, *more], server, TOBAN_TOKEN="tbn_demo_agent001_s3cret")

    def full(name: str) -> list[str]:
        state = str(directory / name)
        return ["--ca-file", str(cert), "--state-directory", state, "--config", str(watched)]

    of_vmagent = sink()
    return {
        "toban-agent, HTTP": agent_at(sink(), "http", "15s"),
        "toban-agent, TLS, spool, two process groups": agent_at(sink(context), "https", "15s", *full("a")),
        "the same every 60 s, with 500 thresholds": agent_at(sink(context, THRESHOLDS), "https", "60s", *full("b")),
        "node_exporter": Subject(exporter),
        "vmagent": Subject([*vmagent, f"-remoteWrite.url=http://127.0.0.1:{of_vmagent.server_port}/w"], of_vmagent),
    }


def main() -> None:
    agent, peers = sys.argv[1], pathlib.Path(sys.argv[2])
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    with tempfile.TemporaryDirectory() as name:
        started = subjects(agent, peers, pathlib.Path(name))
        try:
            time.sleep(WARM_UP_SECS)
            for subject in started.values():
                subject.mark()
            time.sleep(seconds)
            print(f"| {seconds} s | resident MB | peak MB | CPU s | % of a core | kB/h |\n|---|---|---|---|---|---|")
            for label, subject in started.items():
                print(f"| {label} | {subject.row(seconds)}")
        finally:
            for subject in started.values():
                subject.process.kill()
                subject.process.wait()


if __name__ == "__main__":
    main()
