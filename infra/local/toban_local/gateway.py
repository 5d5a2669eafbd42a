"""Gives people and clients the cloud's paths at one local address, as API Gateway does.

A process of its own; `services.py` starts it. It also keeps the stack's logs small.
"""

from __future__ import annotations

import argparse
import http.client
import threading
import time
from pathlib import Path

from .relay import BadBody, BodyTooLarge, Headers, Relay, Server

LOG_LIMIT_BYTES = 8 * 1024 * 1024
LOG_KEPT_BYTES = 4 * 1024 * 1024
LOG_CHECK_SECS = 30.0


class GatewayServer(Server):
    api_id: str


class Gateway(Relay):
    """One request: the cloud's path in, the engine's path out."""

    server: GatewayServer

    def relay(self) -> None:
        try:
            body = self.read_body()
        except BodyTooLarge:
            return self.refuse(413, '{"message":"Request Entity Too Large"}')
        except BadBody:
            return self.refuse(400, '{"message":"Bad Request"}')
        # A request line may hold a whole address (`GET http://host/path`); the path is what counts.
        path = self.path if self.path.startswith("/") else "/" + self.path.partition("://")[2].partition("/")[2]
        target = f"/_aws/execute-api/{self.server.api_id}/$default{path}"
        try:
            answer = self.forward(target, self.forwarded_headers(), body)
        except (OSError, http.client.HTTPException):
            return self.refuse(503, '{"message":"Service Unavailable"}')
        self.answer(answer)

    def forwarded_headers(self) -> Headers:
        headers = self.end_to_end_headers()
        before = [value for name, value in headers if name.lower() == "x-forwarded-for"]
        headers = [each for each in headers if not each[0].lower().startswith("x-forwarded-")]
        chain = ", ".join([*before, self.client_address[0]])
        port = self.server.server_address[1]
        return [
            *headers,
            ("X-Forwarded-For", chain),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", str(port)),
        ]

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = relay


def keep_logs_small(folder: Path) -> None:
    while True:
        for log in folder.glob("*.log"):
            shorten(log)
        time.sleep(LOG_CHECK_SECS)


def shorten(log: Path) -> None:
    """Moves a large log's end aside and empties it; its writers append, so they go on at the start."""
    try:
        size = log.stat().st_size
        if size <= LOG_LIMIT_BYTES:
            return
        with log.open("rb") as content:
            content.seek(size - LOG_KEPT_BYTES)
            log.with_suffix(".log.1").write_bytes(content.read())
        with log.open("r+b") as content:
            content.truncate(0)
    except OSError:
        return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine-port", type=int, required=True)
    parser.add_argument("--api-id", required=True)
    parser.add_argument("--log-dir", type=Path, required=True)
    options = parser.parse_args()
    server = GatewayServer(options.port, Gateway, options.engine_port)
    server.api_id = options.api_id
    threading.Thread(target=keep_logs_small, args=(options.log_dir,), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
