"""Is each function allowed what the crates it uses will call, and nothing beside?

Reads `cargo metadata` from standard input and the template named as argument. The local engine enforces the roles
too, but only on calls that a test makes, and not on those that Lambda makes as the function.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dependency_rules import Workspace
from template_rules import FUNCTION, Template, as_list, events, of_type, parse, target

# A function that uses one of the crates directly needs the action on the resource, and only such a one may have it.
# An empty resource: any.
NEEDS: list[tuple[frozenset[str], str, str]] = [
    (frozenset({"state-table", "http-access"}), "dynamodb:GetItem", "StateTable"),
    (frozenset({"samples-table"}), "dynamodb:Query", "SamplesTable"),
    (frozenset({"rule-transitions"}), "sqs:SendMessage", "AlertsQueue"),
    (frozenset({"aws-sdk-secretsmanager"}), "secretsmanager:GetSecretValue", ""),
    (frozenset({"aws-sdk-sesv2"}), "ses:SendEmail", ""),
    (frozenset({"aws-sdk-sns"}), "sns:Publish", ""),
]
# A function that needs such an action without one of these crates.
MAY = frozenset(
    {
        # Its own timers.
        ("route-alerts", "sqs:SendMessage", "AlertsQueue"),
        # What clients say of alerts, and that a silence or the configuration changed.
        ("serve-alertmanager", "sqs:SendMessage", "AlertsQueue"),
    }
)
# What Lambda itself calls, as the function, to read a queue for it.
READS_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def breaches(template: Template, uses: dict[str, set[str]]) -> Iterator[str]:
    """`uses`: the names of the crates that each function uses directly, by function."""
    roles = of_type(template, "AWS::IAM::Role")
    for each in template["Resources"].values():
        if each["Type"] != FUNCTION:
            continue
        binary = each["Metadata"]["BuildProperties"]["Binary"]
        role = roles.get(target(each["Properties"].get("Role")), {})
        allowed = set(permissions(role))
        yield from needs(binary, allowed, uses.get(binary, set()))
        sources = {target(source["Queue"]) for source in events(each["Properties"], "SQS")}
        yield from queue_readers(binary, allowed, sources)
        log = target(each["Properties"].get("LoggingConfig", {}).get("LogGroup"))
        if ("logs:PutLogEvents", log) not in allowed:
            yield f"{binary}: may not write to its log group {log}"


def needs(binary: str, allowed: set[tuple[str, str]], used: set[str]) -> Iterator[str]:
    for crates, action, resource in NEEDS:
        has = any(each == action and resource in ("", on) for each, on in allowed)
        where = f"{action} on {resource}" if resource else action
        if used & crates and not has:
            yield f"{binary}: uses {', '.join(sorted(used & crates))} and may not {where}"
        if has and not used & crates and (binary, action, resource) not in MAY:
            yield f"{binary}: may {where} and uses none of {', '.join(sorted(crates))}"


def queue_readers(binary: str, allowed: set[tuple[str, str]], sources: set[str]) -> Iterator[str]:
    for action in READS_QUEUE:
        may = {on for each, on in allowed if each == action}
        if may != sources:
            yield f"{binary}: reads {sorted(sources)} and may {action} on {sorted(may)}"


def permissions(role: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action with the logical name of what it is allowed on; an empty name where that is no resource of ours."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            # The branch of a condition that allows something.
            each = statement["Fn::If"][1] if "Fn::If" in statement else statement
            for action in as_list(each["Action"]):
                for resource in as_list(each["Resource"]):
                    yield action, target(resource)


def main() -> int:
    workspace = Workspace(json.load(sys.stdin))
    uses = {each.name: {used.name for used in workspace.direct(each)} for each in workspace.under("functions")}
    found = list(breaches(parse(Path(sys.argv[1]).read_text(encoding="utf-8")), uses))
    for each in found:
        print(f"    {each}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
