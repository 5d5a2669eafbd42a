"""How is the cloud's template made to fit the local engine?

Everything the engine can't take is in this one file; the template itself follows AWS.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

Template = dict[str, Any]

# The engine rejects the whole stack for a type it does not know.
UNKNOWN_TYPES = ("AWS::Budgets::", "AWS::CodeDeploy::", "AWS::XRay::")
FUNCTION = "AWS::Serverless::Function"


@dataclass(frozen=True)
class Package:
    """An uploaded function."""

    bucket: str
    key: str


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (`!Sub`) as their long ones (`Fn::Sub`)."""


def _long_form(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)
# A date in a template is text: `Version: 2012-10-17`.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> Template:
    parsed: Template = yaml.load(text, _Loader)
    return parsed


def functions(template: Template) -> dict[str, str]:
    """Logical name to binary name of every function."""
    return {
        name: binary_name(resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
    }


def binary_name(resource: Mapping[str, Any]) -> str:
    build = resource.get("Metadata", {}).get("BuildProperties", {})
    return build.get("Binary") or PurePosixPath(resource["Properties"]["CodeUri"]).name


def adapt(template: Template, packages: Mapping[str, Package]) -> Template:
    """The template with uploaded code, and without what the engine does not know."""
    adapted = copy.deepcopy(template)
    resources = adapted["Resources"]
    for name in [name for name, each in resources.items() if each["Type"].startswith(UNKNOWN_TYPES)]:
        del resources[name]
    for resource in resources.values():
        if resource["Type"] == FUNCTION:
            _adapt_function(resource, packages[binary_name(resource)])
    return adapted


def _adapt_function(resource: dict[str, Any], package: Package) -> None:
    properties = resource["Properties"]
    name = binary_name(resource)
    resource.pop("Metadata", None)
    properties["CodeUri"] = {"Bucket": package.bucket, "Key": package.key}
    variables = properties.setdefault("Environment", {}).setdefault("Variables", {})
    # The SDK puts it into its User-Agent, so that a test can tell which function called.
    variables.setdefault("AWS_SDK_UA_APP_ID", name)


def render(template: Template) -> str:
    return json.dumps(template, sort_keys=True)
