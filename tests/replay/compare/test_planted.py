"""A change that is planted in today's code is found and named at the right event."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.call.call import Call
from ivr.call.caller import barge_in
from ivr.media.playout import Playout
from ivr.replay import tape_file
from ivr.replay.compare.difference import compare
from ivr.replay.compare.show import lines
from ivr.replay.tape import Tape
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def shown(tape: Tape) -> str:
    return "\n".join(lines(compare(tape), "a.tape", 0.05))


def test_today_decides_the_same(tape: Tape) -> None:
    found = compare(tape)
    assert found.same
    assert found.compared == len(tape.moments)
    assert tape.end is not None
    assert shown(tape).startswith(f"a.tape: same. {tape.end.events} events, 42.9 s of a call, in 50 ms, digest ")


def test_a_tape_is_compared_up_to_its_gap(tape: Tape) -> None:
    damaged = Tape(tape.header, tape.moments[:900] + tape.moments[1200:], tape.phrase_audio, gaps=[900])
    found = compare(damaged)
    assert (found.same, found.compared) == (True, 900)
    assert "compared up to the gap before event 901" in shown(damaged)


def test_a_threshold_is_found_at_its_event(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barge_in, "PAUSE_MS", 300)
    found = compare(tape)
    assert found.parted is not None
    assert (found.parted.kind, found.parted.turn) == ("endpoint", 1)
    told = shown(tape)
    assert "then      sent utterance 2 to STT (1.72 s)" in told
    assert "turn 1, asked “what are your opening hours”" in told
    assert "the phone returned the mark" in told


def test_a_failure_of_today_is_a_finding(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    decide: Callable[..., None] = Call._transcript

    def broken(self: Call, number: int, text: str | None, now: float) -> None:
        if number == 2:
            raise KeyError("utterance")
        decide(self, number, text, now)

    monkeypatch.setattr(Call, "_transcript", broken)
    found = compare(tape)
    assert found.parted is not None
    assert (found.parted.kind, found.parted.failure) == ("failure", "KeyError: 'utterance'")
    assert "now       today's code fails: KeyError: 'utterance'" in shown(tape)


def test_other_samples_are_named_as_such(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    fade: Callable[..., bytes] = Playout._fade
    monkeypatch.setattr(Playout, "_fade", lambda self, position: fade(self, position)[::-1])
    found = compare(tape)
    assert found.parted is None
    assert found.kinds == {"audio"}
    assert "the same words, other samples" in shown(tape)


def test_a_tape_of_a_file_is_compared(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    assert compare(tape_file.read(path)).same
