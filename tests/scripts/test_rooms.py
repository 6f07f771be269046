"""The rooms import in one direction only, and the checker would say so if they did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import rooms


def test_no_room_is_broken() -> None:
    assert [str(fault) for fault in rooms.faults()] == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ruff.lint.per-file-ignores]\n"ivr/{cli,server/app}.py" = ["TID251"]\n'
        '"ivr/hamsa/rest.py" = ["TID251", "S101"]\n'
        '"ivr/testbench/*.py" = ["S311"]\n',
        encoding="utf-8",
    )
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "code", "rule"),
    [
        ("ivr/media/wav.py", "import ivr.call.events", "media must not import call"),
        ("ivr/media/wav.py", "from ivr import text", "media must not import text"),
        ("ivr/media/wav.py", "from ..call import events", "media must not import call"),
        ("ivr/media/wav.py", "def f() -> None:\n    from ivr.server.app import x", "media must not import server"),
        ("ivr/media/wav.py", "import pydantic", "media must not import pydantic"),
        ("ivr/text/words.py", "import numpy", "text must not import numpy"),
        ("ivr/call/core.py", "from ivr.twilio.messages import parse", "call must not import twilio"),
        ("ivr/hamsa/pool/link.py", "from ivr.webhook import stream", "hamsa must not import webhook"),
        ("ivr/session/session.py", "from ivr.server.app import create_app", "session must not import server"),
        ("ivr/server/app.py", "from ivr.testbench.phone import phone", "server must not import testbench"),
        ("ivr/testbench/phone/phone.py", "import ivr.cli", "testbench must not import cli"),
        ("ivr/server/app.py", "from tests.x import y", "server must not import tests"),
        ("ivr/attic/x.py", "import json", "no room is called 'attic'"),
        ("ivr/call/core.py", "# what Twilio does", "the core must not know twilio"),
        ("ivr/server/app.py", "X = 1\n" * 601, "601 lines, at most 600"),
        ("tests/test_x.py", "X = 1\n" * 601, "601 lines, at most 600"),
        ("ivr/server/app.py", "def f() -> None:\n" + "    print()\n" * 60, "f has 61 lines, at most 59"),
    ],
)
def test_a_broken_rule_is_named(tree: Path, name: str, code: str, rule: str) -> None:
    docstring = '"""Note."""\n' if not code.startswith("X") else ""
    write(tree, name, docstring + code)
    assert any(rule in str(fault) for fault in rooms.faults(tree)), rooms.faults(tree)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ivr/call/core.py", '"""Note."""\nimport json\nfrom ivr.media.wav import decode\nfrom . import events\n'),
        ("ivr/media/vad/detector.py", '"""Note."""\nimport numpy as np\nimport audioop\n'),
        ("ivr/cli.py", '"""Note."""\nimport typer\nfrom ivr.testbench import demo\nfrom ivr import __version__\n'),
        ("ivr/testbench/demo.py", '"""Note."""\nfrom ivr.server.app import create_app\n'),
        ("tests/media/test_wav.py", "import ivr.server.app\n"),
    ],
)
def test_a_kept_rule_is_silent(tree: Path, name: str, code: str) -> None:
    write(tree, name, code)
    assert rooms.faults(tree) == []


def test_a_folder_with_too_many_files_is_named(tree: Path) -> None:
    for number in range(15):
        write(tree, f"ivr/call/file{number}.py", '"""Note."""\n')
    assert rooms.faults(tree) == []
    write(tree, "ivr/call/file15.py", '"""Note."""\n')
    assert [str(fault) for fault in rooms.faults(tree)] == ["ivr/call:1: 16 files, at most 15: find the second subject"]


def test_a_module_without_its_note_is_named(tree: Path) -> None:
    write(tree, "ivr/server/app.py", "X = 1\n")
    write(tree, "ivr/media/__init__.py", "")
    assert [str(fault) for fault in rooms.faults(tree)] == [
        "ivr/server/app.py:1: no module docstring: it is the design note",
    ]


def test_the_pure_files_are_those_without_an_allowance(tree: Path) -> None:
    for name in (
        "ivr/server/app.py",
        "ivr/server/admission.py",
        "ivr/hamsa/rest.py",
        "ivr/hamsa/pool/link.py",
        "ivr/testbench/phone/phone.py",
    ):
        write(tree, name, '"""Note."""\n')
    assert rooms.pure_files(tree) == [
        "ivr/hamsa/pool/link.py",
        "ivr/server/admission.py",
        "ivr/testbench/phone/phone.py",
    ]


def test_the_share_of_a_room_is_that_of_its_files(tree: Path) -> None:
    def file(lines: int, statements: int, branches: int, of: int) -> dict[str, dict[str, int]]:
        names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
        return {"summary": dict(zip(names, (lines, statements, branches, of), strict=True))}

    files = {
        "ivr/media/wav.py": file(8, 10, 3, 4),
        "ivr/media/vad/detector.py": file(5, 5, 0, 0),
        "ivr/server/app.py": file(1, 1, 1, 2),
    }
    assert rooms.covered({"files": files}, tree) == {"media": (16, 19), "server": (2, 3)}


def test_braces_expand() -> None:
    assert rooms.expand("a/{b,c}.py") == ["a/b.py", "a/c.py"]
    assert rooms.expand("a/*.py") == ["a/*.py"]
    assert rooms.expand("{a,b}/{c,d}") == ["a/c", "a/d", "b/c", "b/d"]


def test_the_core_is_pure() -> None:
    pure = set(rooms.pure_files())
    core = {path.relative_to(rooms.ROOT).as_posix() for path in rooms.sources("ivr/call", "ivr/text")}
    assert core <= pure
