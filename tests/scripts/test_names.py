"""Names of tests are the same in every process: bytes name nothing, and the check says where two lists part."""

from __future__ import annotations

import gzip

import pytest

from scripts import names
from tests.conftest import NAMED, pytest_make_parametrize_id


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (gzip.compress(b"hello"), "body"),
        (b"\x00", "body"),
        ("سلام".encode(), "body"),
        (b"a" * (NAMED + 1), "body"),
        (b"a" * NAMED, None),
        (b"", None),
        (b"GET / HTTP/1.1", None),
        ("\x00", None),
        (7, None),
    ],
)
def test_bytes_that_cannot_be_read_name_no_test(value: object, name: str | None) -> None:
    assert pytest_make_parametrize_id(value, "body") == name


def test_only_names_are_compared() -> None:
    assert names.names("a.py::test_x[1]\n\n7 tests collected in 0.3s\nb.py::test_y") == [
        "a.py::test_x[1]",
        "b.py::test_y",
    ]


def test_where_two_lists_part_is_said() -> None:
    assert names.differences(["a", "b"], ["a", "b"]) == []
    assert names.differences(["a", "b"], ["b", "a"]) == ["a | b", "b | a"]
    assert names.differences(["a"], ["a", "b"]) == ["nothing | b"]
    assert len(names.differences(["a"] * 50, [])) == names.SHOWN
