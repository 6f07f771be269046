"""A tape that is written is read as it was, and decides the same again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.replay import exact, tape_file
from ivr.replay.records import CommandDigest
from ivr.replay.tape import Tape, TapeError
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def test_a_tape_is_read_as_written(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    read = tape_file.read(path)
    assert read.faults == []
    assert (read.header, read.phrase_audio, read.end) == (tape.header, tape.phrase_audio, tape.end)
    assert [(m.now, m.event, list(m.commands)) for m in read.moments] == [
        (m.now, m.event, list(m.commands)) for m in tape.moments
    ]
    assert tape_file.summary(path)[1:] == (tape.header, tape.end)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_tape_decides_the_same_again(tape: Tape) -> None:
    digest = CommandDigest()
    for step in exact.steps(tape):
        assert step.same, step
        if step.records:
            digest.add(step.records)
    assert tape.end is not None
    assert str(digest) == tape.end.digest


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x28\xb5\x2f\xfd", bytes(1000)])
def test_what_is_no_tape_is_named(junk: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    path.write_bytes(junk)
    with pytest.raises(TapeError, match=r"a\.tape"):
        tape_file.read(path)


def test_tapes_of_one_thread_share_a_compressor(tape: Tape, tmp_path: Path) -> None:
    shared = tape_file.frame_compressor()
    both = [tape_file.TapeEncoder(tape.header, shared) for _ in range(2)]
    alone = tape_file.TapeEncoder(tape.header)
    heads = [encoder.head() for encoder in (*both, alone)]
    frames = [encoder.moments(tape.moments[at : at + 50]) for at in (0, 50) for encoder in (*both, alone)]
    assert heads[0] == heads[1] == heads[2]
    assert frames[0] == frames[1] == frames[2]
    assert frames[3] == frames[4] == frames[5]


def test_a_number_of_an_array_library_is_a_number() -> None:
    digests = [CommandDigest(), CommandDigest()]
    digests[0].add([["Note", {"name": "levels", "fields": {"caller_dbfs": np.float64(-20.5)}}]])
    digests[1].add([["Note", {"name": "levels", "fields": {"caller_dbfs": -20.5}}]])
    assert str(digests[0]) == str(digests[1])
    with pytest.raises(NotImplementedError, match="no object"):
        CommandDigest().add([["Note", object()]])
