"""Measure the house: folders, arrows, names, sizes, docstrings, comments. `python -m scripts.house` prints the table.

    python -m scripts.house            the table, for ivr/ and for each room
    python -m scripts.house --list     every private function that is called once, every docstring without a verb, ...
    python -m scripts.house --check    only what breaks a bound; exit code 1 where something does

The bounds stand in `BOUNDS`, the verbs and the banned words in `scripts/words.txt`. Docstrings of public and private
functions, classes and modules count alike.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.rooms import ROOT, imports, sources

WORDS = Path(__file__).with_name("words.txt")
BOUNDS = {"called once %": 12.0, "comments %": 2.0, "verbs %": 90.0}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class House:
    """What was found under one folder. Places are `path:line: name`."""

    files: int = 0
    lines: int = 0
    comments: int = 0
    functions: int = 0
    private: int = 0
    docstrings: int = 0
    called_once: list[str] = field(default_factory=list)
    no_verb: list[str] = field(default_factory=list)
    banned: list[str] = field(default_factory=list)
    longest_function: tuple[int, str] = (0, "")
    longest_file: tuple[int, str] = (0, "")

    def figures(self) -> dict[str, float]:
        """Return the shares, in percent."""
        return {
            "called once %": 100 * len(self.called_once) / max(1, self.functions),
            "comments %": 100 * self.comments / max(1, self.lines),
            "verbs %": 100 - 100 * len(self.no_verb) / max(1, self.docstrings),
        }


@dataclass
class Source:
    """One file, read once."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Return the path from the root, such as `ivr/media/wav.py`."""
        return self.path.as_posix()

    @property
    def room(self) -> str:
        """Return the folder below ivr/, or the file's own name."""
        return self.path.parts[1]


def read(root: Path = ROOT) -> list[Source]:
    """Read every file of ivr/. Paths are relative to the root."""
    paths = sources("ivr", root=root)
    return [Source(path.relative_to(root), text := path.read_text("utf-8"), ast.parse(text)) for path in paths]


def words() -> tuple[frozenset[str], list[re.Pattern[str]]]:
    """Return the verbs that may begin a docstring, and the patterns that no prose may hold."""
    verbs: set[str] = set()
    banned: list[re.Pattern[str]] = []
    section = ""
    for line in WORDS.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.strip() and not line.startswith("#"):
            if section == "verbs":
                verbs.update(line.split())
            else:
                banned.append(re.compile(rf"(?<![\w`'-])(?:{line.strip()})(?![\w`-])", re.IGNORECASE))
    return frozenset(verbs), banned


def uses(tree: ast.AST) -> Counter[str]:
    """Count how often each name is used in a file, as a name or an attribute."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found[name] += 1
    return found


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method."""
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are comments and nothing else, without `# fmt:` and its like."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        alone = token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip()
        if alone and not re.match(r"#\s*(fmt|type|noqa|ruff|pragma)\b", token.string):
            yield token.start[0], token.string


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield line, owner and text of every docstring of a module, class or function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), getattr(node, "name", "module"), text


def prose(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    """Yield every docstring, field docstring and comment, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    yield from comments(text)


def measure(files: Sequence[Source]) -> House:
    """Measure these files. A private function belongs to its file: only uses in there count."""
    verbs, banned = words()
    house = House()
    for source in files:
        used = uses(source.tree)
        lines = source.text.count("\n")
        house.files += 1
        house.lines += lines
        house.longest_file = max(house.longest_file, (lines, source.name))
        house.comments += sum(1 for _ in comments(source.text))
        for node in functions(source.tree):
            house.functions += 1
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            house.longest_function = max(house.longest_function, (length, f"{source.name}:{node.name}"))
            if node.name.startswith("_") and not node.name.startswith("__"):
                house.private += 1
                if used[node.name] == 1:
                    house.called_once.append(f"{source.name}:{node.lineno}: {node.name}")
        for line, owner, text in docstrings(source.tree):
            house.docstrings += 1
            first = re.match(r"[A-Za-z]+", text)
            if not first or first[0].lower() not in verbs or not first[0][0].isupper():
                house.no_verb.append(f"{source.name}:{line}: {owner}: {text.splitlines()[0][:80]}")
        for line, text in prose(source.tree, source.text):
            house.banned += [f"{source.name}:{line}: {word!r}" for word in refused(text, banned)]
    return house


def rooms(files: Iterable[Source]) -> dict[str, list[Source]]:
    """Return the files of each room, by name."""
    found: dict[str, list[Source]] = defaultdict(list)
    for source in files:
        found[source.room].append(source)
    return dict(sorted(found.items()))


def arrows(files: Iterable[Source]) -> set[tuple[str, str]]:
    """Return which room imports which other."""
    found = set()
    for source in files:
        package = ".".join(source.path.parent.parts)
        for _, name in imports(source.tree, package):
            parts = name.split(".")
            if parts[0] == "ivr" and len(parts) > 1 and parts[1] != source.room:
                found.add((source.room, parts[1]))
    return found


def circles(edges: set[tuple[str, str]]) -> set[str]:
    """Return the rooms, or files, from which one comes back to where one began."""
    onward: dict[str, set[str]] = defaultdict(set)
    for here, there in edges:
        onward[here].add(there)
    found = set()
    for start in list(onward):
        seen, ahead = set(), [start]
        while ahead:
            for there in onward.get(ahead.pop(), ()):
                if there == start:
                    found.add(start)
                if there not in seen:
                    seen.add(there)
                    ahead.append(there)
    return found


def file_arrows(files: Sequence[Source]) -> set[tuple[str, str]]:
    """Return which file imports which other, at any depth of the code, types included."""
    modules = {".".join(source.path.with_suffix("").parts) for source in files}
    found = set()
    for source in files:
        own = ".".join(source.path.with_suffix("").parts)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = {f"{node.module}.{alias.name}" for alias in node.names} & modules
                found |= {(own, name) for name in names or {node.module} & modules}
    return found


def twice(files: Iterable[Source]) -> dict[str, list[str]]:
    """Return the class names that stand in more than one place."""
    places: dict[str, list[str]] = defaultdict(list)
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(source.name)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def constants(files: Iterable[Source]) -> dict[str, list[str]]:
    """Return the module constants and type names that have different values in different files."""
    values: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for source in files:
        for node in source.tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    pass
                case _:
                    continue
            # Every file may have a logger, and every command its Typer application.
            if name not in ("log", "app", "__all__"):
                values[name][ast.unparse(value)].append(source.name)
    return {
        name: sorted(place for places in found.values() for place in places)
        for name, found in sorted(values.items())
        if len(found) > 1
    }


def document_faults(root: Path = ROOT) -> list[str]:
    """Return the banned words of the documents, outside code, one line each."""
    _, banned = words()
    found = []
    for path in [*root.glob("*.md"), *sorted(root.glob("docs/*.md"))]:
        code = False
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            code ^= line.lstrip().startswith("```")
            if not code and not line.startswith("    "):
                found += [
                    f"{path.relative_to(root)}:{number}: {word!r} is no plain English" for word in refused(line, banned)
                ]
    return found


def refused(text: str, banned: Iterable[re.Pattern[str]]) -> list[str]:
    """Return the banned words of a text. What stands in quotes or as code is not the product's own word."""
    bare = re.sub(r"`[^`]*`|«[^»]*»|\"[^\"]*\"", "", text)
    return [hit[0] for pattern in banned if (hit := pattern.search(bare))]


def faults(files: Sequence[Source]) -> list[str]:
    """Return what breaks a bound, one line each."""
    whole = measure(files)
    figures = whole.figures()
    found = [
        f"{name}: {figures[name]:.1f}, bound {bound:g}"
        for name, bound in BOUNDS.items()
        if (figures[name] > bound if name == "called once %" else figures[name] < bound)
    ]
    found += [f"{place} is no plain English" for place in whole.banned]
    found += [f"class {name} stands in {', '.join(places)}" for name, places in twice(files).items()]
    found += [f"constant {name} differs in {', '.join(places)}" for name, places in constants(files).items()]
    found += [f"{name} imports itself through others" for name in sorted(round_trips(files))]
    return found


def round_trips(files: Sequence[Source]) -> set[str]:
    """Return the rooms and files that import themselves through others."""
    return circles(arrows(files)) | circles(file_arrows(files))


def table(files: Sequence[Source], chosen: Sequence[str], everything: bool) -> Iterator[str]:
    """Yield the lines of the table. `chosen`: only these rooms. `everything`: each place as well."""
    heads = ("files", "lines", "once %", "verbs %", "comm. %", "banned")
    yield f"{'room':10} {' '.join(f'{head:>8}' for head in heads)}  longest function"
    for name, found in [*rooms(files).items(), ("ivr", files)]:
        if chosen and name not in chosen:
            continue
        house = measure(found)
        once, comment, verb = (f"{share:.1f}" for share in house.figures().values())
        row = (house.files, house.lines, once, verb, comment, len(house.banned))
        cells = " ".join(f"{cell:>8}" for cell in row)
        yield f"{name:10} {cells}  {house.longest_function[0]} {house.longest_function[1]}"
        if everything and name != "ivr":
            yield from [*house.called_once, *house.no_verb, *house.banned]
    whole, same, differing = measure(files), twice(files), constants(files)
    yield f"rooms {len(rooms(files))}, arrows {len(arrows(files))}, in circles {len(round_trips(files))}"
    yield f"functions {whole.functions}, private {whole.private}, private and called once {len(whole.called_once)}"
    yield f"longest file {whole.longest_file[0]} {whole.longest_file[1]}"
    yield f"class names twice {len(same)}, constants with two values {len(differing)}"
    if everything:
        yield from (f"class {name}: {', '.join(found)}" for name, found in same.items())
        yield from (f"constant {name}: {', '.join(found)}" for name, found in differing.items())


def main(arguments: Sequence[str]) -> int:
    """Print the table, or with `--check` the faults. Returns the exit code."""
    files = read()
    if "--check" in arguments:
        found = [*faults(files), *document_faults()]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    chosen = [name for name in arguments if not name.startswith("-")]
    print("\n".join(table(files, chosen, "--list" in arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
