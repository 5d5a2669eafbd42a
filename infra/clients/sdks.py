"""SDKs of two languages whose exporters the tests drive, each from its own registry, pinned beside this file."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from running import Unavailable, run

PYTHON_PACKAGES = Path(__file__).parent / "requirements.txt"
NODE_PACKAGES = Path(__file__).parent / "package.json"


def python_sdk(folder: Path, anew: bool) -> dict[str, str]:
    """An interpreter that has OpenTelemetry's and InfluxDB's Python SDK."""
    target = folder / "python-sdk"
    interpreter = target / "bin" / "python"
    wanted = PYTHON_PACKAGES.read_text()
    if anew or not is_installed(target, wanted):
        print("    the Python SDKs of OpenTelemetry and InfluxDB", flush=True)
        shutil.rmtree(target, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(target)], folder, 120)
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--requirement", str(PYTHON_PACKAGES)], folder, 300)
        mark_installed(target, wanted)
    return sdk(interpreter, wanted.split("opentelemetry-sdk==")[1].split()[0])


def node_sdk(folder: Path, anew: bool) -> dict[str, str]:
    """The npm SDK of OpenTelemetry, beside which the tests' scripts are run by Node.js."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise Unavailable("node and npm are missing: install Node.js 20 or newer")
    target = folder / "node-sdk"
    lock = NODE_PACKAGES.with_name("package-lock.json")
    wanted = lock.read_text()
    if anew or not is_installed(target, wanted):
        print("    the npm SDK of OpenTelemetry", flush=True)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for file in (NODE_PACKAGES, lock):
            shutil.copy(file, target / file.name)
        run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], target, 300)
        mark_installed(target, wanted)
    version = json.loads(NODE_PACKAGES.read_text())["dependencies"]["@opentelemetry/sdk-metrics"]
    return {**sdk(Path(node), version), "libraries": str(target / "node_modules")}


def sdk(program: Path, version: str) -> dict[str, str]:
    return {"path": str(program), "version": version, "libraries": "", "package": ""}


def is_installed(target: Path, wanted: str) -> bool:
    try:
        return (target / "installed").read_text() == wanted
    except FileNotFoundError:
        return False


def mark_installed(target: Path, wanted: str) -> None:
    (target / "installed").write_text(wanted)


ALL = {"python-sdk": python_sdk, "node-sdk": node_sdk}
