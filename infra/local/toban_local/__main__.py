"""`python -m toban_local <command>`; the Makefile calls it inside the virtual environment."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .console import Problem


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="toban_local", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything on this machine, and prove that it works")
    commands.add_parser("down", help="stop what `up` started; the data stays")
    commands.add_parser("status", help="what runs")
    logs = commands.add_parser("logs", help="the last lines of all logs, or all of one function's")
    logs.add_argument("of", nargs="?", help="a function or a process, e.g. ingest-metrics or engine")
    test = commands.add_parser("test", help="all tests against a stack of their own")
    test.add_argument("--prove", action="store_true", help="full counts, and the long ones")
    commands.add_parser("bench", help="what a unit of work costs")
    stack = commands.add_parser("stack", help="start a stack for tests; writes DIR/stack.json")
    stack.add_argument("--dir", type=Path, required=True)
    stack.add_argument("--name", default="toban-test")
    stack.add_argument("--fault-proxy", action="store_true", help="count and break DynamoDB and SQS calls")
    stop = commands.add_parser("stop-stack", help="stop the stack of DIR")
    stop.add_argument("--dir", type=Path, required=True)
    return top


def run(options: argparse.Namespace) -> int:
    from . import logs, test_stack, up
    from .layout import layout_for_people

    if options.command == "up":
        up.up()
    elif options.command == "down":
        up.down()
    elif options.command == "status":
        up.status()
    elif options.command == "logs":
        logs.show(layout_for_people(), options.of)
    elif options.command == "test":
        return test_stack.test({"TOBAN_PROVE": "1"} if options.prove else {})
    elif options.command == "bench":
        return test_stack.measure()
    elif options.command == "stack":
        layout = test_stack.start(options.dir, options.name, options.fault_proxy)
        print(layout.stack_file)
    elif options.command == "stop-stack":
        up.take_down(test_stack.layout_for(options.dir, "", with_faults=False))
    return 0


def main() -> int:
    try:
        return run(parser().parse_args())
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; run it again to go on, or `make down` to stop what runs", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
