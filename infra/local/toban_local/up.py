"""`make up` and `make down`: everything on this machine, and its proof."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import agent, deploy, engine, packages, preflight, proof, seed, services
from .console import Problem, say, step
from .layout import Layout, layout_for_people
from .processes import PidFile


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Two runs at a time would start everything twice."""
    layout.prepare()
    with (layout.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem("another `make up` or `make down` is at work here; wait for it") from error
        yield


def up() -> None:
    layout = layout_for_people()
    with alone(layout):
        with step("Looking at this machine"):
            preflight.require_repository()
            preflight.check(layout)
        packages.build()
        stack = bring_up(layout)
        with step("Starting the agent for this machine"):
            services.ensure(layout, agent.service(layout, stack["tokens"]["ingest"]))
        with step("Proof"):
            proof.prove(stack, layout.inbox_url)
        engine.checkpoint(layout)
    show_addresses(layout)


def bring_up(layout: Layout) -> dict[str, Any]:
    """Engine, functions, gateway, tenants: what `make up` and test stacks share."""
    with step("Starting the local engine"):
        if layout.ports.fault_proxy:
            services.ensure(layout, services.fault_proxy(layout))
        started = engine.ensure(layout)
        say("    started" if started else "    already running")
    with step("Deploying template.yaml"):
        outputs = deploy.deploy(layout)
        services.ensure(layout, services.gateway(layout, outputs["ApiId"]))
        if layout.ports.inbox:
            services.ensure(layout, services.inbox(layout))
    with step("Tenants, tokens, rules, receivers"):
        stack = seed.seed(layout, outputs, seed.read_stack(layout))
        stack |= {"outputs": outputs, "stack_name": layout.stack_name}
        stack["system_token_file"] = str(layout.system_token_file)
        if layout.ports.fault_control:
            stack["fault_control_url"] = layout.fault_control_url
        seed.write_stack(layout, stack)
    return stack


def down() -> None:
    layout = layout_for_people()
    with alone(layout):
        take_down(layout)


def take_down(layout: Layout) -> None:
    with step("Stopping; the engine writes its data"):
        stopped = []
        if services.stop(layout, "agent"):
            stopped.append("agent")
            agent.retire(layout, (seed.read_stack(layout) or {}).get("tokens", {}).get("ingest", ""))
        stopped += [name for name in services.NAMES if services.stop(layout, name)]
        if engine.stop(layout):
            stopped.append("engine")
    say(f"    stopped: {', '.join(stopped)}" if stopped else "    nothing was running")
    if layout.persistent:
        say(f"    the data stays in {layout.engine_dir}; the next `make up` finds it")


def status() -> None:
    layout = layout_for_people()
    for name in ("engine", *reversed(services.NAMES)):
        record = PidFile(layout.home, name).running()
        if record or name != "fault-proxy":
            say(f"{name:10} {f'running, process {record.pid}' if record else 'not running'}")


def show_addresses(layout: Layout) -> None:
    addresses = {
        f"{layout.api_url}/": "the page; it asks for a token",
        f"{layout.inbox_url}/": "what the demo's webhook receiver got",
        f"{layout.engine_url}/_ministack/ses/messages": "mail that was sent",
        str(layout.stack_file): "addresses and tokens (viewer, operator, ...)",
        str(layout.log_dir): "logs; `make logs` shows the functions' too",
    }
    width = max(map(len, addresses))
    say("\nToban runs. Look at:")
    for address, what in addresses.items():
        say(f"  {address:{width}}  {what}")
    say("Then: `make down` stops it and keeps the data; `make test` runs the tests beside it.")
