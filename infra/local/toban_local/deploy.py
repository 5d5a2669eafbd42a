"""Deploys template.yaml to the engine through CloudFormation, as `sam deploy` does to AWS."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

from . import packages, template
from .console import Problem, say
from .layout import REGION, REPOSITORY, Layout
from .template import Package

BUCKET = "toban-local-packages"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
TIMEOUT_SECS = 120.0
# What was deployed, kept in the engine itself, so that an engine with older data is brought up to date.
DIGEST_TAG = "toban-digest"
# What an account knows by itself and this machine has to be told.
MAIL_FROM = "toban@example.com"


def client(layout: Layout, service: str) -> Any:
    """A client of the engine that looks at nothing of the person's own AWS settings."""
    session: Any = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    )
    return session.client(
        service,
        endpoint_url=f"http://127.0.0.1:{layout.ports.engine}",
        config=Config(retries={"max_attempts": 2}, proxies={}, s3={"addressing_style": "path"}),
    )


def deploy(layout: Layout, source: Path = REPOSITORY / "template.yaml") -> dict[str, str]:
    """Brings the stack to what `source` and the built binaries say; returns its outputs."""
    if not source.exists():
        raise Problem(f"{source} is missing")
    declared = template.parse(source.read_text())
    zips = packages.pack(template.functions(declared).values())
    adapted = template.adapt(declared, upload(layout, zips))
    body = template.render(adapted)
    parameters = parameters_for(layout, declared)
    bring_to(layout, body, parameters)
    verify_mail_sender(layout)
    return outputs(layout)


def upload(layout: Layout, zips: Mapping[str, Path]) -> dict[str, Package]:
    s3 = client(layout, "s3")
    s3.create_bucket(Bucket=BUCKET)
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    present = {each["Key"] for each in listed}
    uploaded = {}
    for name, path in zips.items():
        key = f"{name}-{packages.digest(path)}.zip"
        if key not in present:
            s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        uploaded[name] = Package(BUCKET, key)
    for key in present - {each.key for each in uploaded.values()}:
        s3.delete_object(Bucket=BUCKET, Key=key)
    return uploaded


def parameters_for(layout: Layout, declared: template.Template) -> list[dict[str, str]]:
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    wanted = {
        "Stage": "local",
        "MailFrom": MAIL_FROM,
        "PublicUrl": layout.api_url,
        "Architecture": machine,
    }
    known = declared.get("Parameters", {})
    return [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in wanted.items()
        if key in known
    ]


def bring_to(layout: Layout, body: str, parameters: list[dict[str, str]]) -> None:
    cloudformation = client(layout, "cloudformation")
    digest = hashlib.sha256(json.dumps([body, parameters]).encode()).hexdigest()
    request = {
        "StackName": layout.stack_name,
        "TemplateURL": template_url(layout, body),
        "Parameters": parameters,
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": DIGEST_TAG, "Value": digest}],
    }
    status = stack_status(cloudformation, layout.stack_name)
    if status is not None and not usable(status):
        say(f"    the stack is {status}: it is made anew (tables and what they hold with it)")
        cloudformation.delete_stack(StackName=layout.stack_name)
        wait(cloudformation, layout.stack_name)
        status = stack_status(cloudformation, layout.stack_name)
    if status is None or status == "DELETE_COMPLETE":
        cloudformation.create_stack(**request)
    elif tags_of(cloudformation, layout.stack_name).get(DIGEST_TAG) == digest:
        return
    else:
        try:
            cloudformation.update_stack(**request)
        except botocore.exceptions.ClientError as error:
            if "No updates" not in str(error):
                raise
    final = wait(cloudformation, layout.stack_name)
    if final not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Problem(f"deploying ended in {final}:\n{failures(cloudformation, layout.stack_name)}")


def template_url(layout: Layout, body: str) -> str:
    """CloudFormation takes 51,200 bytes in a request, and a megabyte from a bucket."""
    key = "template.json"
    client(layout, "s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return f"http://127.0.0.1:{layout.ports.engine}/{BUCKET}/{key}"


def tags_of(cloudformation: Any, name: str) -> dict[str, str]:
    tags = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Tags", [])
    return {each["Key"]: each["Value"] for each in tags}


def usable(status: str) -> bool:
    return status in (
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE"
    )


def stack_status(cloudformation: Any, name: str) -> str | None:
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except botocore.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def wait(cloudformation: Any, name: str) -> str | None:
    deadline = time.monotonic() + TIMEOUT_SECS
    while time.monotonic() < deadline:
        status = stack_status(cloudformation, name)
        if status is None or not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.1)
    raise Problem(f"the stack did not settle within {TIMEOUT_SECS:.0f} s; try `make down`, then `make up`")


def failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    )


def verify_mail_sender(layout: Layout) -> None:
    ses = client(layout, "sesv2")
    known = ses.list_email_identities().get("EmailIdentities", [])
    if MAIL_FROM not in (each["IdentityName"] for each in known):
        ses.create_email_identity(EmailIdentity=MAIL_FROM)


def outputs(layout: Layout) -> dict[str, str]:
    stack = client(layout, "cloudformation").describe_stacks(StackName=layout.stack_name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
