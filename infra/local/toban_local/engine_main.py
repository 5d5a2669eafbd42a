"""The engine, with three corrections that local-stack's measurements asked for.

Run as a process of its own inside the stack's virtual environment; `engine.py` starts it.
"""

from __future__ import annotations

import socketserver
from typing import Any

LOG_LINE_WAIT_SECS = 0.003


def answer_without_delay() -> None:
    """The Runtime API answers in two segments; with Nagle's algorithm each call waits 40 ms."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def wait_less_for_log_lines() -> None:
    """After each call the engine waits 50 ms for a first log line; most calls write none."""
    from ministack.core.lambda_runtime import Worker

    drain = Worker._drain_stderr_bounded
    drain.__defaults__ = (LOG_LINE_WAIT_SECS, *drain.__defaults__[1:])


def read_cors_as_cloudformation_writes_it() -> None:
    """CloudFormation stores `AllowOrigins`, the gateway reads `allowOrigins`."""
    from ministack.services import apigateway

    def camel_keys(settings: dict[str, Any] | None) -> dict[str, Any]:
        return {key[:1].lower() + key[1:]: value for key, value in (settings or {}).items()}

    answer, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response
    apigateway._cors_response_headers = lambda cors, origin: answer(camel_keys(cors), origin)
    apigateway._cors_preflight_response = lambda cors, origin: preflight(camel_keys(cors), origin)


def main() -> None:
    answer_without_delay()
    wait_less_for_log_lines()
    read_cors_as_cloudformation_writes_it()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
