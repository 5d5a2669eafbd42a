#!/usr/bin/env python3
"""Asks a real Prometheus the corpus' questions and records its answers.

    record.py [--prometheus PATH] [--out corpus.json.gz] [--random COUNT [--seed SEED]]

Starts Prometheus on a free port with an empty store, writes the series of samples.py to it by remote
write, asks what queries.py asks, and writes series, questions and answers to --out. With --random it asks
that many random expressions instead. README.md describes the format. Needs nothing but Python 3.10 and the binary (Debian: `apt-get download
prometheus && dpkg -x prometheus_*.deb DIR`, then DIR/usr/bin/prometheus).
"""

import argparse
import gzip
import itertools
import json
import math
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import queries
import random_queries
from samples import STALE, generate

STALE_BITS = 0x7FF0000000000002
SERIES_PER_REQUEST = 50


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def write_request(series):
    """remote write 1.0: WriteRequest > TimeSeries > Label, Sample."""
    body = bytearray()
    for labels, samples in series:
        one = bytearray()
        for name, value in labels:
            one += field(1, field(1, name.encode()) + field(2, value.encode()))
        for time_ms, value in samples:
            bits = struct.pack("<Q", STALE_BITS) if value is STALE else struct.pack("<d", value)
            one += field(2, b"\x09" + bits + b"\x10" + varint(time_ms))
        body += field(1, bytes(one))
    return bytes(body)


def snappy(body):
    """The block format, of literals only."""
    out = bytearray(varint(len(body)))
    for at in range(0, len(body), 65536):
        part = body[at : at + 65536]
        out += b"\xf4" + struct.pack("<H", len(part) - 1) + part
    return bytes(out)


class Prometheus:
    def __init__(self, binary, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text("global: {}\n")
        self.address = f"http://127.0.0.1:{port}"
        self.log = open(pathlib.Path(folder, "log"), "wb")
        # One block long enough for all samples: the order of arrival then refuses none.
        self.process = subprocess.Popen(
            [binary, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
             "--storage.tsdb.retention.time=100y", "--storage.tsdb.min-block-duration=30d",
             "--storage.tsdb.max-block-duration=30d", "--log.level=warn"],
            stdout=self.log, stderr=self.log,
        )

    def wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                sys.exit("Prometheus ended: " + pathlib.Path(self.log.name).read_text())
            try:
                urllib.request.urlopen(self.address + "/-/ready", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("Prometheus did not become ready in 30 s")

    def version(self):
        with urllib.request.urlopen(self.address + "/api/v1/status/buildinfo") as answer:
            return json.load(answer)["data"]["version"]

    def write(self, series):
        request = urllib.request.Request(
            self.address + "/api/v1/write", snappy(write_request(series)),
            {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"},
        )
        urllib.request.urlopen(request).read()

    def ask(self, expression, when):
        if isinstance(when, tuple):
            path, names = "query_range", ("start", "end", "step")
        else:
            path, names, when = "query", ("time",), (when,)
        parameters = {"query": expression, **{n: f"{ms / 1000:.3f}" for n, ms in zip(names, when)}}
        url = f"{self.address}/api/v1/{path}"
        try:
            with urllib.request.urlopen(url, urllib.parse.urlencode(parameters).encode()) as answer:
                return {"status": answer.status, "data": json.load(answer)["data"]}
        except urllib.error.HTTPError as refused:
            body = json.load(refused)
            return {"status": refused.code, "errorType": body["errorType"], "error": body["error"]}

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def text(value):
    if value is STALE:
        return STALE
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))


def in_order(expression, answer):
    """Vectors come in a random order, except where the expression sorts."""
    result = answer.get("data", {}).get("result")
    if answer["status"] == 200 and answer["data"]["resultType"] == "vector" and not expression.startswith(("sort", "topk", "bottomk")):
        result.sort(key=lambda element: sorted(element["metric"].items()))
    return answer


def record(binary, folder, questions):
    prometheus = Prometheus(binary, folder)
    try:
        prometheus.wait()
        series = generate()
        for at in range(0, len(series), SERIES_PER_REQUEST):
            prometheus.write(series[at : at + SERIES_PER_REQUEST])
        asked = []
        for expression, when in questions:
            question = {"expr": expression}
            if isinstance(when, tuple):
                question["start"], question["end"], question["step"] = when
            else:
                question["time"] = when
            asked.append({**question, "answer": in_order(expression, prometheus.ask(expression, when))})
        return {
            "prometheus": prometheus.version(),
            "command": "tests/promql/record.py",
            "series": [{"labels": dict(l), "samples": [[t, text(v)] for t, v in s]} for l, s in series],
            "cases": asked,
        }
    finally:
        prometheus.stop()


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", default=shutil.which("prometheus"), help="the binary; default: from PATH")
    parser.add_argument("--out", type=pathlib.Path, default=here / "corpus.json.gz")
    parser.add_argument("--random", type=int, metavar="COUNT", help="ask random expressions instead")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not arguments.prometheus:
        sys.exit("no prometheus in PATH; name one with --prometheus")
    questions = itertools.chain(queries.cases(), random_queries.cases(2042, 1_500))
    if arguments.random:
        questions = random_queries.cases(arguments.seed, arguments.random)
    with tempfile.TemporaryDirectory() as folder:
        corpus = record(arguments.prometheus, folder, questions)
    packed = json.dumps(corpus, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    arguments.out.write_bytes(gzip.compress(packed, 9, mtime=0))
    failed = sum(case["answer"]["status"] != 200 for case in corpus["cases"])
    print(f"Prometheus {corpus['prometheus']}: {len(corpus['series'])} series, {len(corpus['cases'])} answers, {failed} of them errors, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
