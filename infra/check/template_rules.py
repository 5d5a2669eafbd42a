"""Does template.yaml keep what it promises: least privilege, nothing unwatched, nothing lost, nothing stale?

cfn-lint judges whether a template is well formed; this judges whether it is ours.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]
FUNCTION = "AWS::Serverless::Function"

# Statements that may name more than one thing, and why.
WIDE_RESOURCES = {
    # Tenants name their topics, in any account: docs/decisions/0005.
    "PublishToReceivers": "arn:${AWS::Partition}:sns:*:*:toban-receiver-*",
    # One for each tenant; Secrets Manager ends the ARN of one that is there with letters of its own.
    "KeepSecrets": (
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
        ":secret:${AWS::StackName}/*/alertmanager*"
    ),
    # One for each tenant; Secrets Manager ends its ARN with letters of its own.
    "ReadSecrets": (
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
        ":secret:${AWS::StackName}/*/alertmanager*"
    ),
}
# The engine of the local stack rejects a whole stack for one of these, or deploys it and routes nothing.
NOT_HERE = re.compile(r"^AWS::(Serverless::(HttpApi|Api|SimpleTable)|Budgets::.+|CodeDeploy::.+|XRay::.+)$")
RUNS = "Invocations"


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": "x"} and `!Sub x` as {"Fn::Sub": "x"}."""


def _long_form(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def parse(text: str) -> Template:
    # _Loader is a SafeLoader.
    return yaml.load(text, _Loader)


def breaches(template: Template, function_folders: set[str]) -> Iterator[str]:
    """Every promise that is not kept, in words."""
    yield from unknown_types(template)
    yield from functions_built(template, function_folders)
    yield from roles(template)
    yield from statements(template)
    yield from queues(template)
    yield from tables(template)
    yield from logs(template)
    yield from schedules(template)
    yield from alarms(template)


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical name."""
    return {name: each.get("Properties", {}) for name, each in template["Resources"].items() if each["Type"] == kind}


def target(value: Any) -> str:
    """The logical name that a Ref or GetAtt points at; empty for anything else."""
    if isinstance(value, dict) and len(value) == 1:
        ((how, what),) = value.items()
        if how == "Ref":
            return what
        if how == "Fn::GetAtt":
            return what.split(".")[0] if isinstance(what, str) else what[0]
    return ""


def events(function: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in function.get("Events", {}).values() if each["Type"] == kind]


def unknown_types(template: Template) -> Iterator[str]:
    for name, each in template["Resources"].items():
        if NOT_HERE.match(each["Type"]):
            yield f"{name}: {each['Type']} does not run on the local engine (docs/decisions/0001)"


def functions_built(template: Template, folders: set[str]) -> Iterator[str]:
    built = set()
    for name, each in template["Resources"].items():
        if each["Type"] != FUNCTION:
            continue
        binary = each.get("Metadata", {}).get("BuildProperties", {}).get("Binary")
        built.add(binary)
        if each["Properties"].get("CodeUri") != f"functions/{binary}/":
            yield f"{name}: CodeUri must be functions/{binary}/"
        if each["Properties"].get("FunctionName") != {"Fn::Sub": f"${{AWS::StackName}}-{binary}"}:
            yield f"{name}: FunctionName must be the stack's name and {binary}"
    for folder in sorted(folders - built):
        yield f"functions/{folder} is not deployed"
    for binary in sorted(built - folders, key=str):
        yield f"{binary} is deployed and has no folder under functions/"


def roles(template: Template) -> Iterator[str]:
    used: dict[str, str] = {}
    for name, function in of_type(template, FUNCTION).items():
        role = target(function.get("Role"))
        if not role or "Policies" in function:
            yield f"{name}: needs a Role of its own; SAM's reaches every queue and log group of the account"
        elif role in used:
            yield f"{name}: shares {role} with {used[role]}"
        used[role] = name
    for name, role in of_type(template, "AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield f"{name}: managed policies allow more than one function does"
        trusted = [each.get("Principal") for each in role["AssumeRolePolicyDocument"]["Statement"]]
        if trusted != [{"Service": "lambda.amazonaws.com"}]:
            yield f"{name}: only Lambda may take a function's role"


def statements(template: Template) -> Iterator[str]:
    for role, properties in of_type(template, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield from wide_statement(role, statement)


def wide_statement(role: str, statement: dict[str, Any]) -> Iterator[str]:
    if "Fn::If" in statement:
        for branch in statement["Fn::If"][1:]:
            if branch != {"Ref": "AWS::NoValue"}:
                yield from wide_statement(role, branch)
        return
    where = f"{role}, {statement.get('Sid', 'a statement without Sid')}"
    if statement.get("Effect") != "Allow" or {"NotAction", "NotResource"} & set(statement):
        yield f"{where}: say what is allowed, by name"
    for action in as_list(statement.get("Action", [])):
        if "*" in action:
            yield f"{where}: {action}: name each action"
    for resource in as_list(statement.get("Resource", ["*"])):
        text = json.dumps(resource)
        allowed = WIDE_RESOURCES.get(statement.get("Sid", ""))
        if "*" in text and resource != {"Fn::Sub": allowed}:
            yield f"{where}: {text}: name each resource, or give the reason in WIDE_RESOURCES"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queues(template: Template) -> Iterator[str]:
    all_queues = of_type(template, "AWS::SQS::Queue")
    default_timeout = template["Globals"]["Function"]["Timeout"]
    for name, queue in all_queues.items():
        if queue.get("SqsManagedSseEnabled") is not True and "KmsMasterKeyId" not in queue:
            yield f"{name}: not encrypted at rest"
    for function_name, function in of_type(template, FUNCTION).items():
        for source in events(function, "SQS"):
            queue_name = target(source["Queue"])
            queue = all_queues[queue_name]
            timeout = function.get("Timeout", default_timeout)
            if queue.get("VisibilityTimeout", 30) < 6 * timeout:
                yield f"{queue_name}: visibility must be six times the {timeout} s of {function_name}"
            if "ReportBatchItemFailures" not in source.get("FunctionResponseTypes", []):
                yield f"{function_name}: one bad message of {queue_name} would fail its whole batch"
            dead = target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
            if not dead:
                yield f"{queue_name}: what fails for good must go to a dead-letter queue"
            elif all_queues[dead].get("MessageRetentionPeriod") != 1209600:
                yield f"{dead}: dead letters must be kept 14 days"


def tables(template: Template) -> Iterator[str]:
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        if table.get("TimeToLiveSpecification", {}).get("Enabled") is not True:
            yield f"{name}: nothing would ever expire"
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["IsProd", True, False]}:
            yield f"{name}: must be protected from deletion in prod"


def logs(template: Template) -> Iterator[str]:
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        if "RetentionInDays" not in group:
            yield f"{name}: logs would be kept for ever"
    for name, function in of_type(template, FUNCTION).items():
        if target(function.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{name}: needs a log group of this template"


def schedules(template: Template) -> Iterator[str]:
    for name, function in of_type(template, FUNCTION).items():
        for schedule in events(function, "ScheduleV2"):
            if "${AWS::StackName}" not in json.dumps(schedule.get("Name", "")):
                yield f"{name}: its schedule's Name must carry the stack's name"


def alarms(template: Template) -> Iterator[str]:
    watched = {
        (each["MetricName"], dimension["Name"], target(dimension["Value"]))
        for each in of_type(template, "AWS::CloudWatch::Alarm").values()
        for dimension in each["Dimensions"]
        # An alarm on an index says nothing of its table.
        if all(other["Name"] != "GlobalSecondaryIndexName" for other in each["Dimensions"])
    }
    for name, each in of_type(template, "AWS::CloudWatch::Alarm").items():
        if not each.get("AlarmActions"):
            yield f"{name}: tells nobody"
        if each["MetricName"] == RUNS and each.get("TreatMissingData") != "breaching":
            yield f"{name}: a function that never ran has no data; treat that as breaching"
    for metric, dimension, name in wanted_alarms(template):
        if (metric, dimension, name) not in watched:
            yield f"{name}: no alarm on {metric}"


def wanted_alarms(template: Template) -> Iterator[tuple[str, str, str]]:
    for name, function in of_type(template, FUNCTION).items():
        yield "Errors", "FunctionName", name
        yield "Throttles", "FunctionName", name
        if events(function, "ScheduleV2"):
            yield RUNS, "FunctionName", name
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        if "RedrivePolicy" in queue:
            yield "ApproximateAgeOfOldestMessage", "QueueName", name
        else:
            yield "ApproximateNumberOfMessagesVisible", "QueueName", name
    for name in of_type(template, "AWS::DynamoDB::Table"):
        yield "ReadThrottleEvents", "TableName", name
        yield "WriteThrottleEvents", "TableName", name
        yield "SystemErrors", "TableName", name
    for name in of_type(template, "AWS::ApiGatewayV2::Api"):
        yield "5xx", "ApiId", name


def main() -> int:
    file = Path(sys.argv[1])
    folders = {each.name for each in (file.parent / "functions").iterdir() if (each / "Cargo.toml").is_file()}
    found = list(breaches(parse(file.read_text(encoding="utf-8")), folders))
    for each in found:
        print(f"    {each}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
