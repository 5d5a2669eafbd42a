"""Passes HTTP/1.1 requests on to the engine: what the gateway and the fault proxy share."""

from __future__ import annotations

import http.client
import select
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

# What HTTP API takes at most.
MAX_BODY_BYTES = 10 * 1024 * 1024
UPSTREAM_TIMEOUT_SECS = 35.0
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade", "content-length", "expect", "proxy-connection")
)
Headers = list[tuple[str, str]]


class BodyTooLarge(Exception):
    """More than the cloud's gateway would take."""


class BadBody(Exception):
    """A chunked body that does not follow the protocol, or one that ends early."""


class Answer(NamedTuple):
    status: int
    reason: str
    headers: Headers
    body: bytes


class Server(ThreadingHTTPServer):
    """A loopback server; one thread for each connection, which it may keep."""

    daemon_threads = True
    request_queue_size = 256
    upstream_port: int

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], upstream_port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.upstream_port = upstream_port

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is its own business."""


class Relay(BaseHTTPRequestHandler):
    """Reads whole requests, forwards them over one kept connection, answers byte for byte."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server
    upstream: http.client.HTTPConnection | None = None

    def log_message(self, format: str, *args: object) -> None:
        """One line per request would drown what matters."""

    def finish(self) -> None:
        super().finish()
        if self.upstream:
            self.upstream.close()

    def read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError as error:
            raise BadBody from error
        if length > MAX_BODY_BYTES:
            raise BodyTooLarge
        body = self.rfile.read(length) if length > 0 else b""
        if length < 0 or len(body) < length:
            raise BadBody
        return body

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        total = 0
        while True:
            try:
                size = int(self.rfile.readline(1024).split(b";")[0], 16)
            except ValueError as error:
                raise BadBody from error
            total += size
            if total > MAX_BODY_BYTES:
                raise BodyTooLarge
            chunks.append(self.rfile.read(size))
            if size == 0:
                while self.rfile.readline(8192) not in (b"\r\n", b"\n", b""):
                    pass
                return b"".join(chunks)
            self.rfile.readline(8)

    def forward(self, path: str, headers: Headers, body: bytes) -> Answer:
        connection = self._connection()
        try:
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1"))
            if body or self.command in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        return Answer(response.status, response.reason, response.getheaders(), content)

    def _connection(self) -> http.client.HTTPConnection:
        kept = self.upstream
        # An idle connection that has something to read was closed by the other side.
        if kept and kept.sock and not select.select([kept.sock], [], [], 0)[0]:
            return kept
        if kept:
            kept.close()
        fresh = http.client.HTTPConnection(
            "127.0.0.1", self.server.upstream_port, timeout=UPSTREAM_TIMEOUT_SECS
        )
        fresh.connect()
        fresh.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.upstream = fresh
        return fresh

    def end_to_end_headers(self) -> Headers:
        return [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]

    def answer(self, answer: Answer) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if answer.status >= 200 and answer.status not in (204, 304):
            length = str(len(answer.body))
            if self.command == "HEAD":
                length = {name.lower(): value for name, value in answer.headers}.get("content-length", length)
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def refuse(self, status: int, body: str, content_type: str = "application/json") -> None:
        """An answer of our own, after which the connection ends: the body may not have been read."""
        self.close_connection = True
        headers = [("Content-Type", content_type), ("Connection", "close")]
        self.answer(Answer(status, http.client.responses.get(status, ""), headers, body.encode()))
