"""The engine, with three corrections that measurements asked for, and a way to write its data at once.

Run as a process of its own inside the stack's virtual environment; `engine.py` starts it.
"""

from __future__ import annotations

import signal
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


def write_data_on_request() -> None:
    """The engine writes its data when it ends; SIGUSR1 has it done at once too."""
    from ministack import app
    from ministack.core.persistence import save_all

    def save() -> None:
        save_all(app._build_persistence_save_dict())

    signal.signal(signal.SIGUSR1, lambda *_: app._MAIN_LOOP.call_soon_threadsafe(save))


def main() -> None:
    answer_without_delay()
    wait_less_for_log_lines()
    read_cors_as_cloudformation_writes_it()
    write_data_on_request()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
