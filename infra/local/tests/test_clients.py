"""How the tests' real clients are got: infra/clients/get.py with stand-ins for apt-get and dpkg."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

GET = Path(__file__).resolve().parents[2] / "clients" / "get.py"
APT_GET = """\
echo "$@" >>"$CALLS"
for package; do :; done
[ "$package" != update ] || exit 0
[ "$package" != "$UNKNOWN" ] || { echo "E: Unable to locate package $package" >&2; exit 100; }
: >"${package}_1.0_all.deb"
"""
# Unpacks programs that say a version, or of which one does not start.
DPKG = """\
mkdir -p "$3/usr/bin"
mkdir -p "$3/usr/sbin"
for name in bin/prometheus bin/promtool bin/prometheus-node-exporter bin/prometheus-alertmanager bin/amtool bin/vmagent bin/victoria-metrics sbin/collectd; do
    printf '#!/bin/sh\\n[ %s != "$BROKEN" ] && echo %s, version 1.0\\n' "${name#*/}" "$name" >"$3/usr/$name"
    chmod +x "$3/usr/$name"
done
printf '#!/bin/sh\\necho\\n' >"$3/usr/bin/victoria-metrics"
"""


ALL = [
    "amtool",
    "collectd",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "promtool",
    "victoria-metrics",
    "vmagent",
]


class Clients(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.calls = self.home / "calls"
        self.bin = self.home / "bin"
        self.bin.mkdir()
        for name, script in (("apt-get", APT_GET), ("dpkg", DPKG)):
            self.bin.joinpath(name).write_text(f"#!/bin/sh\n{script}")
            self.bin.joinpath(name).chmod(0o755)

    def get(self, path: str | None = None, **variables: str) -> tuple[int, dict[str, Any]]:
        environment = {"PATH": path or f"{self.bin}:{os.defpath}", "CALLS": str(self.calls), **variables}
        command = [sys.executable, str(GET), str(self.home / "clients"), "--without-sdks"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, json.loads((self.home / "clients" / "clients.json").read_text())

    def test_what_is_there_and_starts_is_not_fetched_again(self) -> None:
        first, again = self.get(), self.get()
        self.assertEqual((first[0], sorted(first[1]["programs"])), (0, ALL))
        self.assertEqual(again, first)
        self.assertEqual(len(self.calls.read_text().splitlines()), 7)

    def test_a_program_that_does_not_say_its_version_has_its_package_s(self) -> None:
        _, found = self.get()
        self.assertEqual(found["programs"]["victoria-metrics"]["version"], "1.0")

    def test_without_apt_get_everything_is_missing_for_that_reason(self) -> None:
        self.bin.joinpath("apt-get").unlink()
        code, found = self.get(path=str(self.bin))
        self.assertEqual((code, found["programs"]), (1, {}))
        self.assertEqual(set(found["missing"].values()), {"apt-get is missing"})

    def test_a_package_that_is_not_there_leaves_the_others(self) -> None:
        code, found = self.get(UNKNOWN="prometheus")
        self.assertEqual((code, sorted(found["programs"])), (1, [name for name in ALL if name not in ("prometheus", "promtool")]))
        self.assertIn("Unable to locate", found["missing"]["prometheus"])

    def test_a_program_that_does_not_start_is_missing(self) -> None:
        code, found = self.get(BROKEN="promtool")
        self.assertEqual((code, sorted(found["programs"])), (1, [name for name in ALL if name not in ("prometheus", "promtool")]))
        self.assertIn("does not start", found["missing"]["prometheus"])


if __name__ == "__main__":
    unittest.main()
