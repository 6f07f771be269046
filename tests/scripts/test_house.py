"""The measure of the house: each bound is broken by a small tree made for it, and kept by another."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import house

GOOD = '''"""Hold one number."""


# A rule.
def double(number: int) -> int:
    """Return twice the number."""
    return _same(number) + _same(number)


def _same(number: int) -> int:
    """Return the number."""
    return number
'''


def read(tree: Path, **files: str) -> list[house.Source]:
    for name, text in files.items():
        path = tree / "ivr" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return house.read(tree)


def test_a_good_file_breaks_no_bound(tmp_path: Path) -> None:
    assert house.faults(read(tmp_path, media__good=GOOD)) == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"a__x": GOOD.replace(" + _same(number)", "")}, "called once %: 50.0, bound 12"),
        ({"a__x": GOOD.replace("Return twice", "Twice")}, "verbs %: 66.7, bound 90"),
        ({"a__x": GOOD.replace("# A rule.\n", "")}, "comments %: 0.0, bound 2"),
        ({"a__x": GOOD.replace("A rule", "He hears")}, "ivr/a/x.py:4: 'He' is no plain English"),
        (
            {"a__x": GOOD + "\nclass X: ...\n", "b__x": GOOD + "\nclass X: ...\n"},
            "class X stands in ivr/a/x.py, ivr/b/x.py",
        ),
        (
            {"a__x": GOOD + "\nTOP = 1\n", "b__x": GOOD + "\nTOP = 2\n"},
            "constant TOP differs in ivr/a/x.py, ivr/b/x.py",
        ),
        ({"a__x": GOOD + "\nimport ivr.b.x\n", "b__x": GOOD + "\nimport ivr.a.x\n"}, "a imports itself through others"),
        (
            {"a__x": GOOD + "\nfrom ivr.a import y\n", "a__y": GOOD + "\nfrom ivr.a.x import double\n"},
            "ivr.a.x imports itself through others",
        ),
    ],
    ids=["once", "verb", "comment", "banned", "class", "constant", "rooms in a circle", "files in a circle"],
)
def test_a_broken_bound_is_named(tmp_path: Path, files: dict[str, str], fault: str) -> None:
    assert fault in house.faults(read(tmp_path, **files))


def test_equal_constants_and_quoted_words_are_no_fault(tmp_path: Path) -> None:
    quoted = GOOD.replace("A rule", "Say `him` for «him»")
    assert house.faults(read(tmp_path, a__x=quoted + "\nTOP = 1\n", b__x=GOOD + "\nTOP = 1\n")) == []


def test_the_table_has_a_row_for_each_room(tmp_path: Path) -> None:
    files = read(tmp_path, media__good=GOOD, text__bad=GOOD.replace("Return twice", "Twice"))
    lines = list(house.table(files, [], everything=True))
    assert [line.split()[0] for line in lines[1:3]] == ["media", "text"]
    assert "ivr/text/bad.py:5: double: Twice the number." in lines
    assert [line.split()[0] for line in house.table(files, ["text"], everything=False)][1] == "text"


def test_documents_are_held_to_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("A page.\n\n    his = code\n", encoding="utf-8")
    (tmp_path / "docs" / "x.md").write_text("He said `him`.\n```\nhis\n```\n", encoding="utf-8")
    assert house.document_faults(tmp_path) == ["docs/x.md:1: 'He' is no plain English"]
