"""The call of a tape, run again for a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.events import AudioIn
from ivr.replay.golden.marked import difference
from ivr.replay.golden.replayed import OtherwiseCall, ReplayedCall
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.what_if.changes import ChangeError
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def test_a_replayed_call_can_be_asserted_on(tape: Tape) -> None:
    call = ReplayedCall(tape)
    assert call.same
    assert call.difference == ""
    assert tape.end is not None
    assert (call.digest, call.result, call.reason) == (tape.end.digest, tape.end.result, tape.end.reason)
    assert [turn.text for turn in call.turns] == ["", "what are your opening hours", "how much does it cost"]
    assert call.heard[0].startswith("Hello, and welcome")
    assert call.first_audio_ms(0) == 0.0, "the greeting is rendered before the call"
    assert 500 < (call.first_audio_ms(1) or 0) < 3000
    assert "overlap" in call.notes
    assert repr(call).endswith("same>")
    with pytest.raises(LookupError, match="no turn 9: it has 0, 1, 2"):
        call.first_audio_ms(9)


def test_a_difference_is_told_at_its_event(tape: Tape) -> None:
    moments = list(tape.moments)
    index = next(place for place, one in enumerate(moments) if len(one.commands) > 2)
    was = moments[index]
    moments[index] = Moment(was.now, was.event, [*list(was.commands)[:-1], ["SendMark", {"name": "x" * 200}]])
    moments[index + 30] = Moment(moments[index + 30].now, moments[index + 30].event, [["SendClear", {}]])
    text = ReplayedCall(replace_moments(tape, moments)).difference
    assert text.startswith("the tape: different. The first of 39 differences is in")
    assert f"event {index + 1} of {len(moments)}" in text


def test_a_tape_that_breaks_off_has_no_result(tape: Tape) -> None:
    half = replace_moments(tape, [one for one in tape.moments[:400] if isinstance(one.event, AudioIn) or one.commands])
    assert (ReplayedCall(half).result, ReplayedCall(half).reason) == ("", "")


def test_the_tape_of_a_phone_cannot_be_run_again(tape: Tape) -> None:
    with pytest.raises(TapeError, match="a phone's"):
        ReplayedCall(Tape(replace(tape.header, side="phone")))


def replace_moments(tape: Tape, moments: list[Moment]) -> Tape:
    return Tape(tape.header, moments, tape.phrase_audio, end=tape.end)


def test_a_call_as_it_would_have_been(tape: Tape) -> None:
    # Work that begins before the end of an utterance hides a shorter wait than that.
    call = OtherwiseCall(tape, {"endpoint_ms": 3000, "endpoint_least_ms": 3000})
    then = ReplayedCall(tape)
    assert (call.first_audio_ms(1) or 0) > (then.first_audio_ms(1) or 0) + 100
    assert call.heard[0] == then.heard[0]
    assert "turn" in call.notes
    assert repr(call).startswith("<OtherwiseCall <Tape CA12")
    assert call.result in ("", "success")
    with pytest.raises(ChangeError, match="no option is called 'endpont'"):
        OtherwiseCall(tape, {"endpont": 900})
    assert "assert on it by the fixture" in difference(Path("a.tape"), {"set": {"endpoint_ms": 900}}, Path())
