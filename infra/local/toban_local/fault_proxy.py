"""Stands between functions and DynamoDB or SQS, counts their calls, and breaks those it is told to.

A process of its own, for tests only. On its control port:
`GET /counts` what was called, and which faults wait; `POST /reset` forgets both;
`POST /clear` with `{"tenant": ...}` takes back the faults of one tenant;
`POST /fault` with `{"action": ..., "operation": regex, "function": regex, "table": regex, "remaining": n}`.
Actions: `throttle` (DynamoDB's own words), `unavailable` (503), `refuse` (closed before it is forwarded),
`delay` (`delay_ms`, then forwarded), `drop_answer` (forwarded, closed before it is answered).
"""

from __future__ import annotations

import argparse
import http.client
import json
import threading
import time

from .faults import Fault, InvalidFault, Ledger, parse_fault, read_call
from .relay import Answer, BadBody, BodyTooLarge, Relay, Server

THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded.",
}


class LedgerServer(Server):
    ledger: Ledger


class FaultProxy(Relay):
    """One call of a function."""

    server: LedgerServer

    def relay(self) -> None:
        body = self.read_body()
        call = read_call(self.headers.get("X-Amz-Target", ""), self.headers.get("User-Agent", ""), body)
        fault = self.server.ledger.enter(call)
        if fault and self.stopped_by(fault):
            return
        try:
            answer = self.forward(self.path, self.end_to_end_headers(), body)
        except (OSError, http.client.HTTPException):
            return self.refuse(503, "{}")
        if fault and fault.action == "drop_answer":
            self.close_connection = True
            return
        self.answer(answer)

    def stopped_by(self, fault: Fault) -> bool:
        """Applies what comes before forwarding. True where nothing is to be forwarded."""
        if fault.action == "delay":
            time.sleep(fault.delay_ms / 1000)
        elif fault.action == "throttle":
            headers = [("Content-Type", "application/x-amz-json-1.0")]
            self.answer(Answer(400, "Bad Request", headers, json.dumps(THROTTLED).encode()))
            return True
        elif fault.action == "unavailable":
            self.answer(Answer(503, "Service Unavailable", [("Content-Type", "application/json")], b"{}"))
            return True
        elif fault.action == "refuse":
            self.close_connection = True
            return True
        return False

    do_GET = do_POST = do_PUT = do_DELETE = relay


class Control(Relay):
    """What tests ask and order."""

    server: LedgerServer

    def do_GET(self) -> None:
        if self.path != "/counts":
            return self.refuse(404, "{}")
        self.reply(self.server.ledger.report())

    def do_POST(self) -> None:
        try:
            body = self.read_body()
        except (BadBody, BodyTooLarge):
            return self.refuse(400, "{}")
        if self.path == "/reset":
            self.server.ledger.reset()
        elif self.path == "/clear":
            self.server.ledger.clear(json.loads(body)["tenant"])
        elif self.path == "/fault":
            try:
                self.server.ledger.add(parse_fault(json.loads(body)))
            except (InvalidFault, ValueError, TypeError) as error:
                return self.refuse(400, json.dumps({"error": str(error)}))
        else:
            return self.refuse(404, "{}")
        self.reply({})

    def reply(self, value: object) -> None:
        self.answer(Answer(200, "OK", [("Content-Type", "application/json")], json.dumps(value).encode()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--engine-port", type=int, required=True)
    options = parser.parse_args()
    ledger = Ledger()
    proxy = LedgerServer(options.port, FaultProxy, options.engine_port)
    control = LedgerServer(options.control_port, Control)
    proxy.ledger = control.ledger = ledger
    threading.Thread(target=control.serve_forever, daemon=True).start()
    proxy.serve_forever()


if __name__ == "__main__":
    main()
