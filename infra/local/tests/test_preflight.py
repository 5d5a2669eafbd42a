import os
import shutil
import socket
import tempfile
import unittest
from collections import namedtuple
from pathlib import Path
from unittest import mock

from toban_local import preflight, processes
from toban_local.console import Problem
from toban_local.layout import Layout, Ports
from toban_local.processes import PidFile

Usage = namedtuple("Usage", "total used free")


class Preflight(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)

    def layout(self, port):
        return Layout(self.home, Ports(engine=port, gateway=0), "x", persistent=False)

    def test_a_taken_port_names_its_holder_and_the_way_out(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            (problem,) = preflight.busy_ports(self.layout(port))
            self.assertIn(f"port {port} is taken by process {os.getpid()}", problem)
            self.assertIn(f"TOBAN_ENGINE_PORT={port + 100} make up", problem)
        self.assertEqual(list(preflight.busy_ports(self.layout(port))), [])

    def test_a_port_that_our_own_process_holds_is_no_problem(self):
        script = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(60)"
        (self.home / "run").mkdir()
        log = self.home / "log"
        pids = PidFile(self.home, "engine")
        process = processes.start(pids, [shutil.which("python3"), "-c", script], {}, log, "")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        processes.wait_until(lambda: log.read_text().endswith("\n"), 10)
        port = int(log.read_text())
        self.assertEqual(list(preflight.busy_ports(self.layout(port))), [])
        self.assertTrue(list(preflight.busy_ports(Layout(self.home / "other", Ports(port, 0), "x", False))))

    def test_missing_tools_are_named_with_where_to_get_them(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.home)}):
            problems = "\n".join(preflight.tools())
        self.assertIn("https://rustup.rs", problems)
        self.assertIn("C compiler is missing", problems)

    def test_an_old_cargo_is_told_to_be_updated(self):
        old = self.home / "cargo"
        old.write_text("#!/bin/sh\necho 'cargo 1.63.0 (fd9c4297c 2022-07-01)'\n")
        old.chmod(0o755)
        with mock.patch.dict(os.environ, {"PATH": f"{self.home}:{os.defpath}"}):
            (problem,) = preflight.rust()
        self.assertIn("cargo 1.63.0 (fd9c4297c 2022-07-01) is too old", problem)

    def test_a_full_disk_says_how_much_is_missing(self):
        with mock.patch("shutil.disk_usage", return_value=Usage(10, 9, 500_000_000)):
            (problem,) = preflight.disk(preflight.NEEDED_BYTES)
        self.assertIn("0.5 GB free", problem)

    def test_all_problems_are_told_at_once(self):
        with mock.patch("shutil.disk_usage", return_value=Usage(10, 9, 1)):
            with mock.patch.dict(os.environ, {"PATH": str(self.home)}):
                with self.assertRaises(Problem) as raised:
                    preflight.check(self.layout(0))
        self.assertEqual(len(str(raised.exception).splitlines()), 3)


if __name__ == "__main__":
    unittest.main()
