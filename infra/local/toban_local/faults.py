"""Which calls were made, and which of them shall fail? The fault proxy's memory, without any network."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

ACTIONS = ("throttle", "unavailable", "refuse", "delay", "drop_answer")
_APPLICATION = re.compile(r"\bapp/([A-Za-z0-9_-]+)")
# Every key begins with its tenant; a message names it.
_TENANT = re.compile(rb'"S": ?"([a-z0-9-]{1,32})#|\\"tenant\\": ?\\"([a-z0-9-]{1,32})\\"')


class InvalidFault(ValueError):
    """A fault that can't be set; the text says why."""


@dataclass(frozen=True)
class Call:
    """One call of a function to DynamoDB or SQS."""

    function: str
    operation: str
    tables: tuple[str, ...]
    tenants: tuple[str, ...]
    items: int


@dataclass
class Fault:
    """What happens to the next `remaining` calls that match."""

    action: str
    operation: str = ".*"
    function: str = ".*"
    table: str = ".*"
    tenant: str = ".*"
    remaining: int = 1
    delay_ms: int = 0

    def matches(self, call: Call) -> bool:
        return (
            self.remaining > 0
            and re.fullmatch(self.operation, call.operation) is not None
            and re.fullmatch(self.function, call.function) is not None
            and any(re.fullmatch(self.table, table) for table in call.tables or ("",))
            and any(re.fullmatch(self.tenant, tenant) for tenant in call.tenants or ("",))
        )


def parse_fault(wanted: dict[str, Any]) -> Fault:
    try:
        fault = Fault(**wanted)
        for pattern in (fault.operation, fault.function, fault.table, fault.tenant):
            re.compile(pattern)
    except (TypeError, re.error) as error:
        raise InvalidFault(str(error)) from error
    if fault.action not in ACTIONS:
        raise InvalidFault(f"action is one of {', '.join(ACTIONS)}")
    if fault.action == "delay" and fault.delay_ms <= 0:
        raise InvalidFault("a delay needs delay_ms")
    return fault


def read_call(target: str, user_agent: str, body: bytes) -> Call:
    """Reads a call from the JSON protocols' headers and body."""
    operation = target.rpartition(".")[2] or "unknown"
    application = _APPLICATION.search(user_agent)
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = {}
    tables = sorted(set(_tables(request))) if isinstance(request, dict) else []
    items = _items(request) if isinstance(request, dict) else 1
    tenants = sorted({(of_key or of_message).decode() for of_key, of_message in _TENANT.findall(body)})
    function = application[1] if application else "unknown"
    return Call(function, operation, tuple(tables), tuple(tenants), items)


def _tables(request: dict[str, Any]) -> list[str]:
    named = [request["TableName"]] if "TableName" in request else []
    named += list(request.get("RequestItems", {}))
    for each in request.get("TransactItems", []):
        named += [action["TableName"] for action in each.values()]
    return named


def _items(request: dict[str, Any]) -> int:
    """How many items (or messages) one call carries."""
    if "TransactItems" in request:
        return len(request["TransactItems"])
    if "RequestItems" in request:
        parts = request["RequestItems"].values()
        return sum(len(part.get("Keys", [])) if isinstance(part, dict) else len(part) for part in parts)
    if "Entries" in request:
        return len(request["Entries"])
    return 1


class Ledger:
    """Counts calls and hands out faults; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Call, int] = defaultdict(int)
        self._faults: list[Fault] = []

    def enter(self, call: Call) -> Fault | None:
        """Counts the call; returns a copy of the first fault that matches, used up by one."""
        with self._lock:
            self._counts[call] += 1
            for fault in self._faults:
                if fault.matches(call):
                    fault.remaining -= 1
                    return Fault(**asdict(fault))
        return None

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self, tenant: str) -> None:
        """Takes back the faults of one tenant that have not happened."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.tenant != tenant]

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()
            self._faults.clear()

    def report(self) -> dict[str, Any]:
        with self._lock:
            calls = [
                {**asdict(call), "items": call.items * count, "calls": count}
                for call, count in self._counts.items()
            ]
            return {"calls": calls, "faults": [asdict(fault) for fault in self._faults]}
