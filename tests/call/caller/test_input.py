"""The caller's voice, and one behind it."""

from __future__ import annotations

import pytest

from ivr.call.caller.input import CallerInput
from ivr.call.options import CallOptions
from ivr.media.endpointing import SpeechEnded
from tests.call.stage import LOUD, QUIET
from tests.call.world import SOFT


def heard(*parts: tuple[bytes, int]) -> tuple[CallerInput, list[tuple[int, SpeechEnded]]]:
    """The utterances found in runs of (frame, ms), each with the time of its end; all but silence is a voice."""
    caller, found, at = CallerInput(CallOptions()), [], 0
    for frame, ms in parts:
        for _ in range(ms // 20):
            at += 20
            if (ended := caller.hear(frame, float(frame is not QUIET), b"")) is not None:
                found.append((at, ended))
    return caller, found


def test_a_voice_behind_the_caller_does_not_keep_the_turn_open() -> None:
    _, found = heard((LOUD, 1000), (SOFT, 4000))
    at, utterance = found[0]
    assert 1500 <= at <= 1800
    assert 1000 <= utterance.voiced_ms <= 1200


@pytest.mark.parametrize("frame", [LOUD, SOFT])
def test_an_even_voice_is_heard_to_its_end(frame: bytes) -> None:
    _, found = heard((frame, 3000), (QUIET, 600))
    assert [(at, utterance.voiced_ms) for at, utterance in found] == [(3500, 3000)]


def test_a_caller_who_goes_on_behind_a_television_is_heard_at_once() -> None:
    caller, found = heard((LOUD, 600), (SOFT, 400), (LOUD, 20))
    assert (found, caller.silence_ms) == ([], 0)


def test_the_level_is_that_of_the_open_utterance() -> None:
    caller, _ = heard((QUIET, 100))
    assert (caller.level, caller.onset) == (-90.0, -8000 // 50)
    caller, _ = heard((QUIET, 100), (SOFT, 200))
    assert caller.level == pytest.approx(-38.4, abs=0.2)
    assert caller.onset == 800
    caller, _ = heard((QUIET, 100), (SOFT, 200), (LOUD, 200))
    assert caller.level == pytest.approx(-6.2, abs=0.2)
    caller, _ = heard((LOUD, 200), (QUIET, 600))
    assert caller.level == -90.0
