import contextlib
import io
import os
import unittest
from unittest import mock

from toban_local import fuzzing


class Fuzzing(unittest.TestCase):
    def test_every_target_is_found(self):
        self.assertIn("remote_write_v2", fuzzing.targets())

    def test_without_the_engine_it_says_what_to_install(self):
        said = io.StringIO()
        with mock.patch.dict(os.environ, {"PATH": ""}), contextlib.redirect_stderr(said):
            self.assertEqual(fuzzing.run(), 0)
        self.assertIn("SKIPPED", said.getvalue())
        self.assertIn("cargo install cargo-fuzz", said.getvalue())


if __name__ == "__main__":
    unittest.main()
