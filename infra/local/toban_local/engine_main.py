"""The engine, with the corrections that measurements asked for, and a way to write its data at once.

Run as a process of its own inside the stack's virtual environment; `engine.py` starts it.
"""

from __future__ import annotations

import signal
import socketserver
import time
from typing import Any

from . import engine_iam

LOG_LINE_WAIT_SECS = 0.003
LOG_STREAM = "functions"
# Of each function, at least; at most twice as many.
LOG_LINES = 5000


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


def keep_only_what_functions_say() -> None:
    """Three lines and a log stream for each call would fill memory and disk within days.

    On AWS the template asks for none of them (`SystemLogLevel: WARN`).
    """
    from ministack.services import cloudwatch_logs, lambda_svc

    emit_as_it_was = lambda_svc._emit_lambda_logs

    def emit(
        function: dict[str, Any], request_id: str, text: str, error: bool, took_ms: int, **more: Any
    ) -> None:
        config = function.get("config") or function
        group = cloudwatch_logs._log_groups.get((config.get("LoggingConfig") or {}).get("LogGroup"))
        if group is None:
            emit_as_it_was(function, request_id, text, error, took_ms, **more)
            return
        lines = (text or "").splitlines()
        if error:
            lines.append(f"the call {request_id} failed after {took_ms} ms")
        if lines:
            append_lines(group["streams"].setdefault(LOG_STREAM, new_stream()), lines)

    def append_lines(stream: dict[str, Any], lines: list[str]) -> None:
        now_ms = int(time.time() * 1000)
        events = [{"timestamp": now_ms, "message": line, "ingestionTime": now_ms} for line in lines]
        cloudwatch_logs._append_log_events(stream, events)
        if len(stream["events"]) > 2 * LOG_LINES:
            stream["events"] = stream["events"][-LOG_LINES:]

    lambda_svc._emit_lambda_logs = emit


def new_stream() -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": int(time.time() * 1000),
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }


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
    keep_only_what_functions_say()
    engine_iam.enforce_as_aws_does()
    write_data_on_request()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
