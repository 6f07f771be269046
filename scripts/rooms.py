"""The rooms of the code and what each may touch, read from the syntax trees.

Ruff's TID251 bans clocks, sockets and tasks from pure files; this states the direction between the rooms, the
libraries of the innermost ones, and the sizes. `python -m scripts.rooms` prints what is broken, with file and line;
`--pure` prints the pure files, one a line; `--covered` reads coverage's JSON and prints the share of each room.
"""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES = 600
FUNCTION_LINES = 59
FOLDER_FILES = 15

_CORE = {"media", "text", "call"}
_WIRES = {"twilio", "hamsa", "webhook", "upstream", "play"}
_EDGE = {"config", "observe", "server"}
_FLEET = {"fleet", "records", "recording", "keeper", "outbound"}

# room -> the rooms it may import; itself is always allowed. A room is a folder of ivr/; cli.py is a room of its own.
DIRECTION: dict[str, set[str]] = {
    "media": set(),
    "text": set(),
    "call": {"media", "text"},
    "upstream": set(),
    "twilio": _CORE,
    "hamsa": _CORE | {"upstream"},
    "webhook": _CORE | {"upstream"},
    "play": _CORE | {"upstream"},
    "session": _CORE | _WIRES,
    "config": _CORE | _WIRES | {"observe"},
    "observe": _CORE | _WIRES,
    "fleet": _CORE | {"upstream", "config", "observe"},
    "records": _CORE | {"upstream", "config", "observe"},
    "recording": _CORE | {"upstream", "config", "observe"},
    "outbound": _CORE | {"upstream", "config", "observe"},
    "keeper": _CORE | {"upstream", "config", "observe", "records", "recording"},
    "server": _CORE | _WIRES | _EDGE | _FLEET | {"session"},
    "testbench": _CORE | _WIRES | _EDGE | _FLEET | {"session"},
    "replay": _CORE | _WIRES | _EDGE | _FLEET | {"session", "testbench"},
    "commands": _CORE | _WIRES | _EDGE | _FLEET | {"session", "testbench", "replay"},
    "cli": _CORE | _WIRES | _EDGE | _FLEET | {"session", "testbench", "replay", "commands"},
}
_ALONE = {"cli": "cli", "__main__": "cli", "__init__": "cli"}

# room -> the libraries beside the standard one that it may import. Rooms not named here are free.
LIBRARIES: dict[str, set[str]] = {
    "media": {"audioop", "numpy"},
    "text": set(),
    "call": set(),
}

# Words of one peer that the core must not know.
VENDORS = ("twilio", "hamsa")


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule."""

    path: Path
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


def sources(*folders: str, root: Path = ROOT) -> list[Path]:
    """The Python files under these folders, sorted."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def room_of(path: Path, root: Path = ROOT) -> str:
    """`ivr/media/vad/silero.py` is in `media`, `ivr/cli.py` in `cli`."""
    parts = path.relative_to(root / "ivr").parts
    return parts[0] if len(parts) > 1 else _ALONE.get(path.stem, path.stem)


def room_named(module: str, root: Path = ROOT) -> str:
    """The room of an imported module: `ivr.media.wav`, `ivr.server.app`; empty for the package itself."""
    name = module.removeprefix("ivr").removeprefix(".").partition(".")[0]
    if not name or name.startswith("__"):
        return ""
    return _ALONE.get(name, name)


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Every module a file imports, at any depth of the code: line and absolute dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]).rstrip(".")
            if base == "ivr":
                names = (alias.name for alias in node.names)
                yield from ((node.lineno, "ivr" if name.startswith("__") else f"ivr.{name}") for name in names)
            else:
                yield node.lineno, base


def direction_faults(path: Path, tree: ast.AST, root: Path = ROOT) -> Iterator[Fault]:
    """Imports of a room that this one must not know."""
    room = room_of(path, root)
    relative = path.relative_to(root)
    if room not in DIRECTION:
        yield Fault(relative, 1, f"no room is called {room!r}: give it a line in scripts/rooms.py")
        return
    allowed = DIRECTION[room] | {room}
    libraries = LIBRARIES[room] | sys.stdlib_module_names if room in LIBRARIES else None
    for line, name in imports(tree, ".".join(relative.parent.parts)):
        top = name.partition(".")[0]
        if top == "ivr":
            other = room_named(name, root)
            if other and other not in allowed:
                yield Fault(relative, line, f"{room} must not import {other}")
        elif top in {"tests", "scripts"} or (libraries is not None and top not in libraries):
            yield Fault(relative, line, f"{room} must not import {top}")


def size_faults(path: Path, text: str, tree: ast.Module, root: Path = ROOT) -> Iterator[Fault]:
    """Files and functions that want a second noun, modules without their design note."""
    relative = path.relative_to(root)
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield Fault(relative, lines, f"{lines} lines, at most {FILE_LINES}: find the second noun")
    if relative.parts[0] != "ivr":
        return
    if tree.body and not ast.get_docstring(tree):
        yield Fault(relative, 1, "no module docstring: it is the design note")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield Fault(relative, node.lineno, f"{node.name} has {length} lines, at most {FUNCTION_LINES}")


def vendor_faults(path: Path, text: str, root: Path = ROOT) -> Iterator[Fault]:
    """A vendor's name in the core."""
    if room_of(path, root) not in _CORE:
        return
    for number, line in enumerate(text.splitlines(), 1):
        yield from (
            Fault(path.relative_to(root), number, f"the core must not know {name}")
            for name in VENDORS
            if name in line.lower()
        )


def folder_faults(root: Path = ROOT) -> Iterator[Fault]:
    """Yield each folder of ivr/ that holds more files than one looks through."""
    counts = Counter(path.parent.relative_to(root) for path in sources("ivr", root=root))
    for folder, count in sorted(counts.items()):
        if count > FOLDER_FILES:
            yield Fault(folder, 1, f"{count} files, at most {FOLDER_FILES}: find the second subject")


def faults(root: Path = ROOT) -> list[Fault]:
    """Everything that is broken."""
    found: list[Fault] = list(folder_faults(root))
    for path in sources("ivr", "tests", "scripts", root=root):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, filename=str(path))
        found += size_faults(path, text, tree, root)
        if path.is_relative_to(root / "ivr"):
            found += direction_faults(path, tree, root)
            found += vendor_faults(path, text, root)
    return found


def expand(pattern: str) -> list[str]:
    """`a/{b,c}.py` is `a/b.py` and `a/c.py`: fnmatch knows no braces."""
    pieces = [piece.split("}") for piece in pattern.split("{")]
    choices = [[pieces[0][0]], *([f"{word}{rest}" for word in words.split(",")] for words, rest in pieces[1:])]
    return ["".join(words) for words in product(*choices)]


def impure_patterns(root: Path = ROOT) -> list[str]:
    """The files that pyproject.toml allows a clock or a socket."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    ignores: dict[str, list[str]] = settings["tool"]["ruff"]["lint"]["per-file-ignores"]
    return [word for pattern, rules in ignores.items() if "TID251" in rules for word in expand(pattern)]


def pure_files(root: Path = ROOT) -> list[str]:
    """The files of ivr/ that may not touch a clock or a socket, relative to the root."""
    patterns = impure_patterns(root)
    names = (path.relative_to(root).as_posix() for path in sources("ivr", root=root))
    return [name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)]


def covered(report: dict[str, Any], root: Path = ROOT) -> dict[str, tuple[int, int]]:
    """Of each room the statements and branches that were run, and all of them."""
    sums: dict[str, tuple[int, int]] = {}
    for name, file in sorted(report["files"].items()):
        room, figures = room_of(root / name, root), file["summary"]
        run, all_of_them = sums.get(room, (0, 0))
        sums[room] = (
            run + figures["covered_lines"] + figures["covered_branches"],
            all_of_them + figures["num_statements"] + figures["num_branches"],
        )
    return sums


def main(arguments: Iterable[str]) -> int:
    if "--pure" in arguments:
        print("\n".join(pure_files()))
        return 0
    if "--covered" in arguments:
        for room, (run, all_of_them) in covered(json.load(sys.stdin)).items():
            print(f"{room:10} {100 * run / max(1, all_of_them):6.2f} %  {all_of_them - run} of {all_of_them} not run")
        return 0
    found = faults()
    print("\n".join(map(str, found)), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
