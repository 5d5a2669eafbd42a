"""Gives a stack what a person would set up first: tenants, tokens, rules, a receiver.

All through the HTTP API, but for the first token (see `tokens.py`). What is there already is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from . import deploy, tokens
from .api import Api, Refused
from .console import Problem
from .layout import REGION, REPOSITORY, Layout

ROLES = ("ingest", "device", "viewer", "operator", "admin")
DEMO, OTHER = "demo", "other"
DEMO_DEVICE = "demo-device"
RULE_FILE = "default"
DEFAULT_RULES = REPOSITORY / "infra" / "default-rules.yml"
MAIL_TO = "on-call@example.com"
CONFLICT = 409


def seed(layout: Layout, outputs: dict[str, str], kept: dict[str, Any] | None) -> dict[str, Any]:
    """Returns what goes to stack.json. `kept` is what an earlier run left there."""
    kept = kept or {}
    state_table = outputs["StateTableName"]
    system = system_api(layout, state_table)
    tenants = {
        DEMO: (kept.get("tokens") or {}),
        OTHER: ((kept.get("other") or {}).get("tokens") or {}),
    }
    for tenant, have in tenants.items():
        tenants[tenant] = tenant_tokens(layout, state_table, system, tenant, have)
        seed_rules(Api(layout.api_url, tenants[tenant]["operator"]))
    seed_settings(Api(layout.api_url, tenants[DEMO]["admin"]), layout)
    return {
        "api_url": layout.api_url,
        "aws_endpoint_url": layout.engine_url,
        "region": REGION,
        "tenant": DEMO,
        "tokens": tenants[DEMO],
        "other": {"tenant": OTHER, "tokens": tenants[OTHER]},
    }


def read_stack(layout: Layout) -> dict[str, Any] | None:
    try:
        found = json.loads(layout.stack_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_stack(layout: Layout, stack: dict[str, Any]) -> None:
    tokens.keep(layout.stack_file, json.dumps(stack, indent=2) + "\n")


def system_api(layout: Layout, state_table: str) -> Api:
    """The API with the token of the operator of operators; makes that token where there is none."""
    try:
        api = Api(layout.api_url, layout.system_token_file.read_text().strip())
        if api.accepts_token("admin"):
            return api
    except FileNotFoundError:
        pass
    text = write_token(layout, state_table, tokens.SYSTEM_TENANT, "admin", "make up")
    tokens.keep(layout.system_token_file, text + "\n")
    return Api(layout.api_url, text)


def write_token(layout: Layout, state_table: str, tenant: str, role: str, holder: str) -> str:
    token = tokens.mint(tenant)
    created_at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    deploy.client(layout, "dynamodb").put_item(
        TableName=state_table, Item=tokens.item(token, role, holder, created_at)
    )
    text = token.reveal()
    if not Api(layout.api_url, text).accepts_token(role):
        reply = Api(layout.api_url, text).call("GET", "/api/v1/whoami")
        raise Problem(
            f"a new token is not accepted: /api/v1/whoami answered {reply.status} {reply.text()}\n"
            f"  look into {layout.log_dir / 'engine.log'} and `make logs`"
        )
    return text


def tenant_tokens(
    layout: Layout, state_table: str, system: Api, tenant: str, have: dict[str, str]
) -> dict[str, str]:
    """A working token for each role; those of `have` that still work are kept."""
    admin = have.get("admin")
    if not admin or not Api(layout.api_url, admin).accepts_token("admin"):
        admin = first_admin(layout, state_table, system, tenant)
    return ensure_roles(layout, admin, have)


def ensure_roles(layout: Layout, admin: str, have: dict[str, str]) -> dict[str, str]:
    working = {"admin": admin}
    for role in ROLES:
        if role in working:
            continue
        text = have.get(role)
        if not text or not Api(layout.api_url, text).accepts_token(role):
            wanted = {"role": role, "holder": {"name": f"demo {role}", "kind": "machine"}}
            if role == "device":
                wanted["device"] = DEMO_DEVICE
            text = Api(layout.api_url, admin).send("POST", "/api/v1/tokens", wanted)["token"]
        working[role] = text
    return {role: working[role] for role in ROLES}


def first_admin(layout: Layout, state_table: str, system: Api, tenant: str) -> str:
    wanted = {"tenant": tenant, "holder": {"name": f"{tenant} admin", "kind": "person"}}
    try:
        return str(system.send("POST", "/api/v1/tenants", wanted)["token"])
    except Refused as refusal:
        if refusal.status != CONFLICT:
            raise
    # The tenant is there, its tokens are lost: a new way in, as for the first token.
    return write_token(layout, state_table, tenant, "admin", f"{tenant} admin")


def seed_rules(operator: Api) -> None:
    text = DEFAULT_RULES.read_bytes()
    path = f"/api/v1/rules/{RULE_FILE}"
    present = operator.call("GET", path)
    if present.status == 200 and present.body == text:
        return
    operator.put_text(path, text, "application/yaml")


def seed_settings(admin: Api, layout: Layout) -> None:
    update_settings(admin, lambda settings: demo_settings(settings, layout))


def update_settings(admin: Api, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Reads, changes, writes back if anything differs."""
    found = admin.get("/api/v1/settings")
    wanted = change(found["settings"])
    if wanted != found["settings"]:
        admin.send("PUT", "/api/v1/settings", {"version": found["version"], "settings": wanted})


def demo_settings(settings: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """Webhook to the inbox and mail by default; the demo may post to this machine."""
    receivers = [{"name": "on-call mail", "kind": "mail", "to": MAIL_TO, "language": "en"}]
    if layout.ports.inbox:
        webhook = {"name": "demo inbox", "kind": "webhook", "url": f"http://127.0.0.1:{layout.ports.inbox}/webhook"}
        receivers.insert(0, webhook)
    return {
        **settings,
        "default_receivers": receivers,
        "outbound_allow_list": ["127.0.0.0/8", "::1/128"],
    }
