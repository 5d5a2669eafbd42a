import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from toban_local import processes
from toban_local.processes import PidFile, Record

ENVIRONMENT = {"PATH": os.defpath}
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "run").mkdir()
        self.pids = PidFile(self.folder, "sleeper")
        self.log = self.folder / "log"

    def start(self, command=SLEEPER, environment=ENVIRONMENT):
        process = processes.start(self.pids, command, environment, self.log, "print")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_what_was_started_is_known_and_stopped(self):
        process = self.start()
        self.assertEqual(self.pids.running().pid, process.pid)
        self.assertTrue(processes.stop(self.pids, 5))
        self.assertIsNone(self.pids.running())
        self.assertFalse(self.pids.path.exists())
        self.assertFalse(processes.stop(self.pids, 5))

    def test_a_process_that_got_the_number_later_is_left_alone(self):
        process = subprocess.Popen(SLEEPER, env=ENVIRONMENT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        ticks = processes.start_ticks(process.pid)
        record = Record(process.pid, ticks, processes.boot_id(), "print")
        for other in (
            replace(record, start_ticks=record.start_ticks - 1),
            replace(record, boot="another boot"),
        ):
            self.pids.write(other)
            self.assertFalse(processes.stop(self.pids, 1))
            self.assertIsNone(process.poll())

    def test_one_that_ignores_the_request_is_ended_all_the_same(self):
        self.start(STUBBORN)
        processes.wait_until(lambda: self.log.read_bytes() == b"deaf\n", 10)
        self.assertTrue(processes.stop(self.pids, 0.2))

    def test_a_zombie_does_not_run(self):
        process = subprocess.Popen([sys.executable, "-c", ""])
        self.assertTrue(processes.wait_until(lambda: processes.start_ticks(process.pid) is None, 10))
        process.wait()

    def test_a_broken_pid_file_means_that_nothing_runs(self):
        for text in ("", "{}", "[]", "7", '{"pid": 1}'):
            self.pids.path.write_text(text)
            self.assertIsNone(self.pids.running(), text)

    def test_one_whose_record_was_lost_is_found_by_its_mark(self):
        lost = self.start()
        self.pids.forget()
        near = [
            PidFile(self.folder, "sleeper2"),
            PidFile(self.folder / "deeper", "sleeper"),
        ]
        others = []
        for pids in near:
            pids.path.parent.mkdir(parents=True, exist_ok=True)
            others.append(processes.start(pids, SLEEPER, ENVIRONMENT, self.log, ""))
            self.addCleanup(others[-1].wait)
            self.addCleanup(others[-1].kill)
        self.assertFalse(processes.stop(self.pids, 5))
        self.assertIsNone(processes.start_ticks(lost.pid))
        self.assertEqual([other.poll() for other in others], [None, None])
        self.assertEqual([each.pid for each in processes.marked(self.folder)], [others[0].pid])

    def test_a_command_with_brackets_and_blanks_hides_no_start_time(self):
        fields = ["S"] + [str(number) for number in range(4, 53)]
        stat = f"42 (a) b (c)) {' '.join(fields)}"
        self.assertEqual(processes.parse_start_ticks(stat), 22)
        self.assertIsNone(processes.parse_start_ticks(stat.replace(" S ", " Z ")))


if __name__ == "__main__":
    unittest.main()
