"""Calls the HTTP API as any client does."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

TIMEOUT_SECS = 35.0


class Reply(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")[:500]


class Refused(Exception):
    """The API did not do what was asked; the text holds its own words."""

    def __init__(self, call: str, reply: Reply) -> None:
        super().__init__(f"{call} answered {reply.status}: {reply.text()}")
        self.status = reply.status


class Api:
    """The API at one address, with one token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        # The person's proxy settings have no say in calls to this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_SECS) as answer:
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read())
        except OSError as error:
            return Reply(0, str(error).encode())

    def get(self, path: str, **query: str) -> Any:
        full = path + ("?" + urllib.parse.urlencode(query) if query else "")
        return self._expect("GET", full, self.call("GET", full)).json()

    def send(self, method: str, path: str, value: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        reply = self._expect(method, path, self.call(method, path, json.dumps(value).encode(), headers))
        return reply.json() if reply.body else None

    def put_text(self, path: str, text: bytes, content_type: str) -> Reply:
        return self._expect("PUT", path, self.call("PUT", path, text, {"Content-Type": content_type}))

    def write(self, body: bytes, headers: dict[str, str] | None = None) -> Reply:
        """One remote write request; the caller looks at the status."""
        fixed = {
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        return self.call("POST", "/api/v1/write", body, fixed | (headers or {}))

    def accepts_token(self, role: str) -> bool:
        reply = self.call("GET", "/api/v1/whoami")
        return reply.status == 200 and reply.json().get("role") == role

    @staticmethod
    def _expect(method: str, path: str, reply: Reply) -> Reply:
        if not 200 <= reply.status < 300:
            raise Refused(f"{method} {path}", reply)
        return reply
