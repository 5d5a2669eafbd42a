#!/usr/bin/env python3
"""Gets the real clients that the tests drive: Debian's packages, unpacked into a folder, and SDKs, without root.

    get.py DIR [--anew] [--without-sdks]

Writes DIR/clients.json: `programs` (name, path, version) and `missing` (package, and why). What is there and
starts is not fetched again; `--anew` does. Ends with 1 where something is missing. Needs Python 3.10, and
`apt-get` and `dpkg`; of the system it reads the configured sources and writes nothing.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import sdks
from running import Unavailable, run


@dataclass(frozen=True)
class Package:
    """What is wanted of one package."""

    programs: tuple[str, ...]
    # Packages of shared libraries that a bare system lacks.
    libraries: tuple[str, ...] = ()
    # With this it says something and ends well.
    probe: str = "--version"


PACKAGES = {
    "prometheus": Package(("usr/bin/prometheus", "usr/bin/promtool")),
    "prometheus-alertmanager": Package(("usr/bin/prometheus-alertmanager", "usr/bin/amtool")),
    "prometheus-node-exporter": Package(("usr/bin/prometheus-node-exporter",)),
    "victoria-metrics": Package(("usr/bin/vmagent", "usr/bin/victoria-metrics")),
    "collectd-core": Package(("usr/sbin/collectd",), ("libyajl2",), "-h"),
}
# Without the hooks of the system's configuration: they would empty the system's own caches.
APT_CONFIG = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "{folder}/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "{folder}/cache";
Dir::Log "{folder}/log";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
"""


class Apt:
    """apt-get with lists and caches of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for needed in ("state/lists/partial", "cache/archives/partial", "log", "packages"):
            (folder / needed).mkdir(parents=True, exist_ok=True)
        self.config = folder / "apt.conf"
        self.config.write_text(APT_CONFIG.format(folder=folder))
        self.complaints: list[str] = []

    def update(self) -> None:
        # A source that is out of reach is only a warning; it matters if the package is then not found.
        self.complaints = run(["apt-get", "-q", "-c", str(self.config), "update"], self.folder, 180)

    def download(self, package: str) -> Path:
        packages = self.folder / "packages"
        try:
            run(["apt-get", "-q", "-c", str(self.config), "download", package], packages, 300)
        except Unavailable as reason:
            raise Unavailable("; ".join([str(reason), *self.complaints[:1]])) from reason
        found = sorted(packages.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise Unavailable("apt-get left no package")
        return found[-1]


def started(program: Path, probe: str, libraries: str) -> list[str]:
    """The words it says of itself: proof that its libraries are there."""
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    try:
        done = subprocess.run([str(program), probe], capture_output=True, text=True, timeout=20, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{program} does not start: {error}") from error
    words = (done.stdout + done.stderr).split()
    if done.returncode:
        raise Unavailable(f"{program} does not start: {' '.join(words[-12:])}")
    return words


def described(folder: Path, program: Path, package: str) -> dict[str, str]:
    """Where it is, which version, and where its libraries are; `folder` is its package's."""
    libraries = ":".join(str(path) for path in sorted(folder.glob("usr/lib/*-linux-gnu")))
    words = started(program, PACKAGES[package].probe, libraries)
    own = words[words.index("version") + 1] if "version" in words else folder.name.split("_")[1]
    return {"path": str(program), "version": own, "libraries": libraries, "package": package}


def unpack(package: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    run(["dpkg", "-x", str(package), str(draft)], package.parent, 120)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def known(manifest: Path) -> dict[str, dict[str, str]]:
    """The programs of an earlier run that still start."""
    try:
        programs: dict[str, dict[str, str]] = json.loads(manifest.read_text())["programs"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    found = {}
    for name, program in programs.items():
        try:
            started(Path(program["path"]), PACKAGES[program["package"]].probe, program["libraries"])
        except (Unavailable, KeyError):
            continue
        found[name] = program
    return found


def fetch(folder: Path, packages: list[str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    programs: dict[str, dict[str, str]] = {}
    try:
        apt = Apt(folder / "apt")
        print(f"    package lists, then {', '.join(packages)}", flush=True)
        apt.update()
    except (Unavailable, OSError) as reason:
        return {}, {package: str(reason) for package in packages}
    missing = {}
    for package in packages:
        try:
            archive = apt.download(package)
            target = folder / archive.stem
            unpack(archive, target)
            for library in PACKAGES[package].libraries:
                run(["dpkg", "-x", str(apt.download(library)), str(target)], folder, 120)
            wanted = [target / path for path in PACKAGES[package].programs]
            found = {path.name: described(target, path, package) for path in wanted}
        except (Unavailable, OSError) as reason:
            missing[package] = str(reason)
            continue
        programs |= found
        print(f"    {archive.stem}: {archive.stat().st_size / 1e6:.0f} MB", flush=True)
    # Lists and archives are large, and of no use any more.
    shutil.rmtree(apt.folder, ignore_errors=True)
    return programs, missing


def get(folder: Path, anew: bool, with_sdks: bool) -> dict[str, dict[str, object]]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = folder / "clients.json"
        programs = {} if anew else known(manifest)
        wanted = [
            name
            for name, package in PACKAGES.items()
            if not all(Path(path).name in programs for path in package.programs)
        ]
        missing: dict[str, str] = {}
        if wanted:
            fetched, missing = fetch(folder, wanted)
            programs |= fetched
        if with_sdks:
            for name, install in sdks.ALL.items():
                try:
                    programs[name] = install(folder, anew)
                except (Unavailable, OSError) as reason:
                    missing[name] = str(reason)
        result = {"programs": programs, "missing": missing}
        draft = manifest.with_suffix(".draft")
        draft.write_text(json.dumps(result, indent=2) + "\n")
        draft.replace(manifest)
        return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--anew", action="store_true", help="fetch what is there already too")
    parser.add_argument("--without-sdks", action="store_true", help="only Debian's packages")
    options = parser.parse_args()
    result = get(options.folder.resolve(), options.anew, not options.without_sdks)
    for name, program in sorted(result["programs"].items()):
        print(f"    {name} {program['version']}")
    for package, reason in result["missing"].items():
        print(f"!!! NOT AVAILABLE: {package}: {reason}", file=sys.stderr)
        print(f"!!! The tests that drive {package} will be SKIPPED.", file=sys.stderr)
    return 1 if result["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
