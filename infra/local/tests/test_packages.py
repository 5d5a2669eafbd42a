import os
import tempfile
import unittest
import zipfile
from pathlib import Path

from toban_local import gateway, packages, seed, sockets, tokens


class Packages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_the_same_binary_makes_the_same_zip_whenever_it_was_built(self):
        source = self.folder / "f"
        source.write_bytes(b"\x7fELF" + os.urandom(100) + bytes(100_000))
        first, second = self.folder / "1.zip", self.folder / "2.zip"
        packages.write_zip(source, first)
        os.utime(source, (1, 1))
        packages.write_zip(source, second)
        self.assertEqual(first.read_bytes(), second.read_bytes())
        with zipfile.ZipFile(first) as archive:
            (entry,) = archive.infolist()
            self.assertEqual((entry.filename, entry.external_attr >> 16), ("bootstrap", 0o100755))
            self.assertEqual(archive.read(entry), source.read_bytes())
        self.assertLess(first.stat().st_size, 2000)

    def test_only_packages_that_nobody_used_lately_are_forgotten(self):
        for name, mtime in (("old", 100), ("new", 200)):
            (self.folder / name).touch()
            os.utime(self.folder / name, (mtime, mtime))
        packages.forget_old(self.folder, before=150)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["new"])

    def test_a_large_log_is_cut_and_its_end_kept(self):
        log = self.folder / "engine.log"
        log.write_bytes(b"a" * gateway.LOG_LIMIT_BYTES + b"end")
        with log.open("ab") as writer:
            gateway.shorten(log)
            writer.write(b"next")
        self.assertEqual(log.read_bytes(), b"next")
        kept = (self.folder / "engine.log.1").read_bytes()
        self.assertEqual((len(kept), kept[-3:]), (gateway.LOG_KEPT_BYTES, b"end"))

    def test_tokens_are_readable_by_their_owner_only(self):
        path = self.folder / "secret"
        path.write_text("old")
        tokens.keep(path, "new")
        self.assertEqual((path.read_text(), path.stat().st_mode & 0o777), ("new", 0o600))

    def test_a_token_has_the_product_s_grammar_and_hash(self):
        self.assertRegex(tokens.mint("system").reveal(), r"\Atbn_system_[a-z0-9]{16}_[A-Za-z0-9_-]{43}\Z")
        # The same pair stands in shared/access.
        zero = tokens.Token("demo", "abcdefgh", "A" * 43)
        self.assertEqual(
            zero.secret_hash(), "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a"
        )

    def test_a_listening_port_is_traced_to_its_process(self):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertEqual(sockets.holder_of(sockets.listeners()[port]), os.getpid())
            self.assertTrue(sockets.listens(os.getpid(), port))
            self.assertFalse(sockets.listens(os.getppid(), port))

    def test_the_demo_s_settings_keep_what_else_was_set(self):
        from toban_local.layout import Layout, Ports

        layout = Layout(self.folder, Ports(1, 2, 3), "x", persistent=False)
        found = seed.demo_settings({"host_silence_grace_secs": 7, "default_receivers": []}, layout)
        self.assertEqual(found["host_silence_grace_secs"], 7)
        self.assertEqual([each["kind"] for each in found["default_receivers"]], ["webhook", "mail"])


if __name__ == "__main__":
    unittest.main()
