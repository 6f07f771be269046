"""What is said of files that are no turn model."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.media.voice.turn_model_file import WHICH, check_turn_model
from tests.support.onnx_model import FLOAT, GIVES, INT64, TAKES, described, model, tiny_model


def said(path: Path) -> str:
    """Return the fault without what is the same of all."""
    found = check_turn_model(path)
    assert found.endswith(f": {WHICH}")
    assert found.startswith(f"{path} ")
    return found[len(f"{path} ") : -len(f": {WHICH}")]


def test_a_turn_model_is_good(tmp_path: Path) -> None:
    assert check_turn_model(tiny_model(tmp_path / "tiny.onnx")) == ""


@pytest.mark.parametrize(
    ("takes", "gives"),
    [
        (described("x", (1, 80, 800)), described("p", (1, 1))),
        (described("x", ("n", "bands", "frames")), described("p", ("n",))),
        (TAKES, described("p", ())),
        (TAKES, described("p", None)),
    ],
)
def test_sizes_that_are_not_fixed_may_be_any(tmp_path: Path, takes: bytes, gives: bytes) -> None:
    path = tmp_path / "any.onnx"
    path.write_bytes(model([], [], [takes], [gives]))
    assert check_turn_model(path) == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert said(tmp_path / "none.onnx") == "cannot be read (No such file or directory)"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert said(tmp_path) == "cannot be read (Is a directory)"


@pytest.mark.parametrize(
    "data",
    [b"", b"version https://git-lfs.github.com/spec/v1\noid", b"<!doctype html><title>Sign in", bytes(100), b"\x80"],
    ids=["empty", "a pointer of git", "a page", "zeros", "cut"],
)
def test_what_is_no_onnx_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    assert said(tmp_path / "model.onnx") == "is no ONNX model"


def test_a_model_that_was_cut_is_no_onnx(tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "tiny.onnx")
    path.write_bytes(path.read_bytes()[:-20])
    assert said(path) == "is no ONNX model"


@pytest.mark.parametrize(
    ("takes", "told"),
    [
        ([described("audio", (1, 128_000))], "takes 'audio', 32-bit floats (1, 128000)"),
        ([described("x", ("n", 128, 800))], "takes 'x', 32-bit floats (n, 128, 800)"),
        ([described("x", (4, 80, 800))], "takes 'x', 32-bit floats (4, 80, 800)"),
        ([described("x", (1, 80, 800), INT64)], "takes 'x', type 7 (1, 80, 800)"),
        ([described("x", None)], "takes 'x', 32-bit floats"),
        ([TAKES, described("sr", (), INT64)], "takes 'input_features', 32-bit floats (n, 80, 800) and 'sr', type 7 ()"),
    ],
)
def test_another_input_is_told(tmp_path: Path, takes: list[bytes], told: str) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(model([], [], takes, [GIVES]))
    assert said(path) == f"{told}, and not 32-bit floats (1, 80, 800)"


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (described("logits", ("n", 2)), "gives 'logits', 32-bit floats (n, 2)"),
        (described("label", ("n",), INT64), "gives 'label', type 7 (n)"),
    ],
)
def test_another_output_is_told(tmp_path: Path, gives: bytes, told: str) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(model([], [], [TAKES], [gives]))
    assert said(path) == f"{told}, and not one 32-bit float"


def test_the_type_of_floats_is_that_of_onnx() -> None:
    assert FLOAT == 1
