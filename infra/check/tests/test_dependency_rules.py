"""Each rule of dependency_rules.py can fail, and holds its tongue where nothing is wrong."""

from __future__ import annotations

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import dependency_rules
from dependency_rules import Workspace, before_tests, breaches, impure_lines

IO_CRATES = {name: [] for name in dependency_rules.IO_CRATES}
SOUND = {
    "shared": {**IO_CRATES, "ids": ["serde"], "messages": ["ids"], "state-table": ["ids", "dynamo-table"]},
    "functions": {"route-alerts": ["messages", "state-table", "lambda-support"], "serve-api": ["ids"]},
    "outside": {"serde": [], "tokio": ["mio"], "mio": [], "innocent": ["tokio"], "jiff": [], "chrono": []},
}


class DependencyRules(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)

    def found(
        self, *, source: tuple[str, str] | None = None, test_uses: dict[str, str] | None = None, **changed
    ) -> str:
        """What is said of the sound workspace after a change: `shared={"ids": ["tokio"]}`."""
        layout = {folder: {**crates, **changed.get(folder, {})} for folder, crates in SOUND.items()}
        if source:
            file = self.root / source[0]
            file.parent.mkdir(parents=True)
            file.write_text(source[1], encoding="utf-8")
        return "\n".join(breaches(Workspace(metadata(self.root, layout, test_uses or {}))))

    def test_a_sound_workspace_is_not_blamed(self):
        self.assertEqual(self.found(), "")

    def test_a_pure_crate_that_reaches_io_through_another_is_named_with_the_way(self):
        self.assertIn("ids is pure and reaches IO: ids -> innocent -> tokio", self.found(shared={"ids": ["innocent"]}))

    def test_a_crate_that_nobody_named_is_pure(self):
        self.assertIn("new-thing is pure and reaches IO", self.found(shared={"new-thing": ["tokio"]}))

    def test_io_in_the_tests_of_a_pure_crate_is_nobodys_business(self):
        self.assertEqual(self.found(test_uses={"ids": "tokio"}), "")

    def test_a_pure_crate_takes_no_clock_of_its_own(self):
        self.assertIn("ids is pure and uses chrono", self.found(shared={"ids": ["chrono"]}))

    def test_a_pure_crate_that_opens_a_file_is_found_by_its_source(self):
        said = self.found(source=("shared/ids/src/deep/lib.rs", "fn f() {\n    std::fs::read(p);\n}\n"))
        self.assertIn("shared/ids/src/deep/lib.rs:2: ids is pure and names std::fs", said)

    def test_a_function_may_not_use_another_not_even_in_tests(self):
        self.assertIn("serve-api uses route-alerts", self.found(functions={"serve-api": ["route-alerts"]}))
        self.assertIn("serve-api uses route-alerts", self.found(test_uses={"serve-api": "route-alerts"}))

    def test_shared_may_not_use_a_function(self):
        self.assertIn("shared/ids uses serve-api", self.found(shared={"ids": ["serve-api"]}))

    def test_lambda_support_knows_nothing_of_ours(self):
        self.assertIn("lambda-support uses ids", self.found(shared={"lambda-support": ["ids"]}))

    def test_only_lambda_support_makes_clients(self):
        outside = {"outside": {"aws-config": []}}
        self.assertIn("http-access uses aws-config", self.found(shared={"http-access": ["aws-config"]}, **outside))
        self.assertIn("serve-api uses aws-config", self.found(functions={"serve-api": ["aws-config"]}, **outside))

    def test_a_table_crate_speaks_to_dynamodb_only(self):
        outside = {"outside": {"aws-sdk-sqs": [], "aws-sdk-dynamodb": []}}
        said = self.found(shared={"state-table": ["aws-sdk-sqs", "aws-sdk-dynamodb"]}, **outside)
        self.assertIn("state-table uses aws-sdk-sqs", said)
        self.assertNotIn("aws-sdk-dynamodb", said)

    def test_a_function_is_called_verb_noun(self):
        self.assertIn("a function is called verb-noun", self.found(functions={"router": []}))

    def test_a_vague_module_is_named(self):
        self.assertIn("module helpers", self.found(source=("shared/ids/src/lib.rs", "pub(crate) mod helpers;\n")))
        self.assertIn("package utils", self.found(shared={"utils": []}))

    def test_a_forgotten_exception_is_named(self):
        with unittest.mock.patch.dict(dependency_rules.IO_CRATES, {"gone": None}):
            self.assertIn("IO_CRATES names gone", self.found())

    def test_unit_tests_and_comments_are_not_code(self):
        text = "// std::fs\nuse a;\n#[cfg(test)]\nmod tests { std::fs }\n"
        self.assertEqual(list(impure_lines(text)), [])
        self.assertEqual(before_tests(text), "// std::fs\nuse a;\n")


def metadata(root: Path, layout: dict[str, dict[str, list[str]]], test_uses: dict[str, str]) -> dict:
    """What `cargo metadata` says of a workspace, as far as the rules read it."""
    crates = {name: (folder, uses) for folder, names in layout.items() for name, uses in names.items()}

    def dependency(name: str, kind: str | None) -> dict:
        return {"pkg": name, "dep_kinds": [{"kind": kind}]}

    return {
        "workspace_root": str(root),
        "workspace_members": [name for name, (folder, _) in crates.items() if folder != "outside"],
        "packages": [
            {
                "id": name,
                "name": name,
                "manifest_path": str(root / folder / name / "Cargo.toml"),
                "targets": [{"kind": ["bin"], "name": name}] if folder == "functions" else [],
            }
            for name, (folder, _) in crates.items()
        ],
        "resolve": {
            "nodes": [
                {
                    "id": name,
                    "deps": [dependency(used, None) for used in uses]
                    + [dependency(test_uses[name], "dev") for _ in range(name in test_uses)],
                }
                for name, (_, uses) in crates.items()
            ]
        },
    }


if __name__ == "__main__":
    unittest.main()
