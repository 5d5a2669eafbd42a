#!/usr/bin/env python3
"""What the agent costs a host, beside node_exporter + vmagent doing the same: whole processes, at once.

    agent/measure/beside_peers.py AGENT PEERS [SECONDS]

AGENT is the release binary, PEERS the directory that Debian's packages prometheus-node-exporter and
victoria-metrics were unpacked into (apt-get download, dpkg -x). All look and send every 15 s, to a sink that takes
everything, over HTTP and (a second agent) TLS. Resident memory and CPU time are read from /proc.
"""

from __future__ import annotations

import http.server
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time

WARM_UP_SECS = 40


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def sink(context: ssl.SSLContext | None = None) -> int:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


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


def commands(agent: str, peers: pathlib.Path, directory: pathlib.Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    plain = f"http://127.0.0.1:{sink()}"
    cert, context = certificate(directory)
    encrypted = f"https://localhost:{sink(context)}"
    scrape = directory / "scrape.yml"
    scrape.write_text(
        "global: {scrape_interval: 15s}\n"
        "scrape_configs: [{job_name: node, static_configs: [{targets: ['127.0.0.1:19100']}]}]\n"
    )
    watched = directory / "agent.toml"
    watched.write_text("[[process]]\nname = 'sshd'\n[[process]]\nname = 'web'\ncmdline = 'nginx|apache2'\n")
    token = {"TOBAN_TOKEN": "tbn_demo_agent001_s3cret"}
    run = [agent, "--interval", "15s", "--flush", "15s"]
    state = ["--state-directory", str(directory / "state")]
    tls = ["--url", encrypted, "--ca-file", str(cert), *state, "--config", str(watched)]
    exporter = [str(peers / "usr/bin/prometheus-node-exporter"), "--web.listen-address=127.0.0.1:19100"]
    vmagent = [str(peers / "usr/bin/vmagent"), f"-promscrape.config={scrape}", "-httpListenAddr=127.0.0.1:18429"]
    vmagent += [f"-remoteWrite.url={plain}/api/v1/write", f"-remoteWrite.tmpDataPath={directory / 'vmagent'}"]
    return {
        "toban-agent, HTTP": ([*run, "--url", plain], token),
        "toban-agent, TLS, spool, two process groups": ([*run, *tls], token),
        "node_exporter": (exporter, {}),
        "vmagent": (vmagent, {}),
    }


def main() -> None:
    agent, peers = sys.argv[1], pathlib.Path(sys.argv[2])
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    with tempfile.TemporaryDirectory() as name:
        started = {
            label: subprocess.Popen(command, env={"PATH": os.defpath, **more}, stderr=subprocess.DEVNULL)
            for label, (command, more) in commands(agent, peers, pathlib.Path(name)).items()
        }
        try:
            time.sleep(WARM_UP_SECS)
            before = {label: cpu_secs(process.pid) for label, process in started.items()}
            time.sleep(seconds)
            print(f"| {seconds} s | resident MB | peak MB | CPU s | % of a core |\n|---|---|---|---|---|")
            for label, process in started.items():
                used = cpu_secs(process.pid) - before[label]
                resident, peak = memory_mb(process.pid, "VmRSS"), memory_mb(process.pid, "VmHWM")
                print(f"| {label} | {resident:.1f} | {peak:.1f} | {used:.2f} | {used / seconds * 100:.3f} |")
        finally:
            for process in started.values():
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
