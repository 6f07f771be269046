"""The folder in which a call is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import artifacts


def test_the_files_are_written(tmp_path: Path) -> None:
    out = tmp_path / "some" / "where"
    artifacts.prepare(out)
    assert list(out.iterdir()) == []
    told = artifacts.write(
        out, PhoneRecord(), [], title="T", language="en", scripted=False, more={"a": "b"}, result={"x": "مرحبا"}
    )
    assert {path.name for path in out.iterdir()} == set(artifacts.FILES)
    assert told == ", ".join(str(out / name) for name in artifacts.FILES)
    assert (out / "call.json").read_text("utf-8") == '{\n "x": "مرحبا"\n}\n'
    before = (out / "call.wav").read_bytes()
    artifacts.prepare(out)
    assert (out / "call.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("path", "words"), [("file", "a folder is needed"), ("file/below", "Not a directory"), ("taken", "Is a directory")]
)
def test_what_cannot_be_written_is_said_before_the_call(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "call.html").mkdir(parents=True)
    with pytest.raises(OSError, match=words) as raised:
        artifacts.prepare(tmp_path / path)
    assert str(tmp_path / path) in str(raised.value)
