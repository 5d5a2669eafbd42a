"""Asks `promtool test rules` what Prometheus makes of rules, by failing its expectations."""

import json
import re
import subprocess
import tempfile
from pathlib import Path


def run(promtool: str, rules: dict, test: dict) -> str:
    """The report of one test whose expectations are empty. JSON is YAML, so both files are JSON."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yml").write_text(json.dumps(rules))
        Path(folder, "test.yml").write_text(json.dumps(test))
        done = subprocess.run(
            [promtool, "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True
        )
        return done.stdout + done.stderr


def accepts(promtool: str, rules: str) -> bool:
    """Whether `promtool check rules` takes the file."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yml").write_text(rules)
        command = [promtool, "check", "rules", "rules.yml"]
        return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


def unquote(quoted: str) -> str:
    """A text as Go's %q writes it."""
    escapes = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

    def plain(match: re.Match) -> str:
        body = match.group(1)
        if body[0] in "xuU":
            return chr(int(body[1:], 16))
        return escapes.get(body, body)

    pattern = r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)'
    return re.sub(pattern, plain, quoted[1:-1], flags=re.S)


LABELS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)=("(?:\\.|[^"\\])*")')


def labels(text: str) -> dict:
    """The label set within `{...}`."""
    return {name: unquote(value) for name, value in LABELS.findall(text)}


def version(promtool: str) -> str:
    done = subprocess.run([promtool, "--version"], capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()[0]
