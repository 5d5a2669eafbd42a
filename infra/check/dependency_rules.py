"""Who may use whom? Reads `cargo metadata` from standard input; says every breach and ends with 1.

The rules are those of CONTRIBUTING.md ("Layout and dependencies"). A crate under shared/ is pure unless it is
named here, so that a new one that reaches the network has to be argued for in this file.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Crates of shared/ that do IO, and the crates of ours that each may use directly (None: any of shared/).
IO_CRATES: dict[str, frozenset[str] | None] = {
    "dynamo-table": frozenset(),
    "http-access": None,
    "lambda-support": frozenset(),
    "receiver-secrets": frozenset({"ids"}),
    "rule-transitions": None,
    "samples-table": None,
    "state-table": None,
}
# An IO crate of the tables speaks to its tables and to nothing else.
TABLE_CRATES = ("dynamo-table", "samples-table", "state-table")
# Only these make AWS clients: one place decides on TLS, retries and time limits.
CLIENT_MAKERS = ("lambda-support",)
CLIENT_PARTS = ("aws-config", "aws-smithy-http-client")

# What a pure crate must not reach, however deep: processes, sockets, runtimes, clouds.
IO = re.compile(
    r"^(async-std|aws-.+|aws_.+|curl|curl-sys|hyper|hyper-.+|lambda-extension|lambda_.+|mio|native-tls|openssl"
    r"|openssl-sys|reqwest|rustix|rustls|rustls-.+|smol|socket2|surf|tempfile|tokio|tokio-.+|tungstenite|ureq)$"
)
# What it must not use directly: clocks and chance. (promql-parser brings chrono for its types, and calls no clock.)
CLOCK_OR_CHANCE = frozenset({"chrono", "getrandom", "rand", "time", "uuid"})
# What its own code must not name.
IMPURE_CODE = re.compile(r"\bstd::(fs|process|env)\b|\b(TcpStream|TcpListener|UdpSocket|ToSocketAddrs)\b")

VAGUE = frozenset({"common", "commons", "helper", "helpers", "misc", "util", "utils"})
VAGUE_MODULE = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)", re.MULTILINE)
TEST_CODE = re.compile(r"^#\[cfg\(test\)\]", re.MULTILINE)


@dataclass
class Package:
    """One crate of the dependency graph."""

    name: str
    folder: Path
    member: bool
    # Name of each crate used when it is built or run; tests may use more.
    uses: set[str] = field(default_factory=set)
    # The same and those of its tests.
    uses_in_tests: set[str] = field(default_factory=set)
    binaries: list[str] = field(default_factory=list)


class Workspace:
    """The graph, by package id, with our own packages by folder."""

    def __init__(self, metadata: dict) -> None:
        self.root = Path(metadata["workspace_root"])
        members = set(metadata["workspace_members"])
        self.packages = {
            package["id"]: Package(
                name=package["name"],
                folder=Path(package["manifest_path"]).parent,
                member=package["id"] in members,
                binaries=[each["name"] for each in package["targets"] if "bin" in each["kind"]],
            )
            for package in metadata["packages"]
        }
        for node in metadata["resolve"]["nodes"]:
            package = self.packages[node["id"]]
            for used in node["deps"]:
                kinds = {each["kind"] for each in used["dep_kinds"]}
                package.uses_in_tests.add(used["pkg"])
                if kinds & {None, "build"}:
                    package.uses.add(used["pkg"])

    def under(self, folder: str) -> list[Package]:
        """Our packages below a folder of the repository."""
        wanted = self.root / folder
        found = (each for each in self.packages.values() if each.member and wanted in (each.folder, each.folder.parent))
        return sorted(found, key=lambda each: each.name)

    def direct(self, package: Package) -> list[Package]:
        return [self.packages[each] for each in package.uses]

    def path_to(self, package: Package, forbidden: re.Pattern[str]) -> list[str] | None:
        """The shortest way from a package to one whose name is forbidden."""
        queue = [[package]]
        seen = {id(package)}
        for path in queue:
            for used in sorted(self.direct(path[-1]), key=lambda each: each.name):
                if id(used) in seen:
                    continue
                seen.add(id(used))
                if not used.member and forbidden.match(used.name):
                    return [each.name for each in [*path, used]]
                queue.append([*path, used])
        return None


def breaches(workspace: Workspace) -> Iterator[str]:
    """Every rule that does not hold, in words."""
    shared = workspace.under("shared")
    yield from missing(shared)
    for package in shared:
        yield from breaches_of_shared(workspace, package)
        if package.name not in IO_CRATES:
            yield from breaches_of_pure(workspace, package)
    for package in workspace.under("functions"):
        yield from breaches_of_function(workspace, package)
    for package in [*shared, *workspace.under("functions"), *workspace.under("agent"), *workspace.under("tests")]:
        yield from vague_names(workspace.root, package)


def missing(shared: Iterable[Package]) -> Iterator[str]:
    for name in sorted(set(IO_CRATES) - {each.name for each in shared}):
        yield f"IO_CRATES names {name}, which shared/ does not have"


def breaches_of_shared(workspace: Workspace, package: Package) -> Iterator[str]:
    allowed = IO_CRATES.get(package.name)
    for used in workspace.direct(package):
        if used.member and used.folder.parent != workspace.root / "shared":
            yield f"shared/{package.name} uses {used.name}: shared crates use only shared crates"
        elif used.member and allowed is not None and used.name not in allowed:
            yield f"{package.name} uses {used.name}: it must know nothing of ours"
        if used.name in CLIENT_PARTS and package.name not in CLIENT_MAKERS:
            yield f"{package.name} uses {used.name}: AWS clients are made in {', '.join(CLIENT_MAKERS)} only"
        if package.name in TABLE_CRATES and re.match(r"lambda_|aws-sdk-(?!dynamodb$)", used.name):
            yield f"{package.name} uses {used.name}: a table crate speaks to DynamoDB only"


def breaches_of_pure(workspace: Workspace, package: Package) -> Iterator[str]:
    way = workspace.path_to(package, IO)
    if way:
        yield f"{package.name} is pure and reaches IO: {' -> '.join(way)}"
    for used in workspace.direct(package):
        if used.name in CLOCK_OR_CHANCE:
            yield f"{package.name} is pure and uses {used.name}: time and chance are arguments"
    for file, text in sources(package):
        for line, words in impure_lines(text):
            yield f"{file.relative_to(workspace.root)}:{line}: {package.name} is pure and names {words}"


def breaches_of_function(workspace: Workspace, package: Package) -> Iterator[str]:
    functions = workspace.root / "functions"
    for used in sorted(package.uses_in_tests):
        if workspace.packages[used].folder.parent == functions:
            yield f"{package.name} uses {workspace.packages[used].name}: functions talk through queues and tables"
    for used in workspace.direct(package):
        if used.name in CLIENT_PARTS:
            yield f"{package.name} uses {used.name}: AWS clients are made in {', '.join(CLIENT_MAKERS)} only"
    if package.binaries != [package.name] or package.folder.name != package.name:
        yield f"functions/{package.folder.name}: folder, package and its one binary must have one name"
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+", package.name):
        yield f"functions/{package.name}: a function is called verb-noun"


def vague_names(root: Path, package: Package) -> Iterator[str]:
    if package.name in VAGUE:
        yield f"package {package.name}: name the question it answers"
    for file, text in sources(package, tests=True):
        for module in {*VAGUE_MODULE.findall(text)} & VAGUE:
            yield f"{file.relative_to(root)}: module {module}: name what it is about"


def sources(package: Package, *, tests: bool = False) -> Iterator[tuple[Path, str]]:
    """The package's own source files; those of its tests only when asked."""
    folders = ["src", "tests", "benches", "examples"] if tests else ["src"]
    for file in sorted(file for folder in folders for file in (package.folder / folder).rglob("*.rs")):
        is_test = file.stem in ("tests", "proptests") or "tests" in file.relative_to(package.folder).parts
        if tests or not is_test:
            yield file, file.read_text(encoding="utf-8")


def before_tests(text: str) -> str:
    """A file without its unit tests, which stand at its end."""
    test_code = TEST_CODE.search(text)
    return text[: test_code.start()] if test_code else text


def impure_lines(text: str) -> Iterator[tuple[int, str]]:
    # Unit tests may read recorded answers from files.
    for number, line in enumerate(before_tests(text).splitlines(), start=1):
        found = None if line.lstrip().startswith("//") else IMPURE_CODE.search(line)
        if found:
            yield number, found.group()


def long_files(workspace: Workspace, limit: int = 300) -> list[str]:
    """Advice, not a rule: files longer, without their tests, than people read at once."""
    found = []
    for package in workspace.packages.values():
        if package.member:
            for file, text in sources(package):
                lines = len(before_tests(text).splitlines())
                if lines > limit:
                    found.append(f"{file.relative_to(workspace.root)} ({lines} lines)")
    return sorted(found)


def main() -> int:
    workspace = Workspace(json.load(sys.stdin))
    found = list(breaches(workspace))
    for each in found:
        print(f"    {each}")
    long = long_files(workspace)
    if long:
        print(f"    advice: over 300 lines: {', '.join(long)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
