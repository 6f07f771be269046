"""Bugs of this project's history, each a tape of the call that showed it.

The events are those of the code that had the bug, the decisions are those of the code without it: on the code before
the commit that is named, the last decision differs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.commands import CancelSpeech, CloseReply, HangUp, RequestReply, SendAudio, Transcribe
from ivr.call.events import DigitPressed, TranscriptArrived
from ivr.replay.golden.replayed import ReplayedCall

CALLS = Path(__file__).parents[2] / "calls"


def replayed(name: str) -> ReplayedCall:
    call = ReplayedCall.of(CALLS / f"{name}.tape")
    assert call.same, call.difference
    return call


def test_music_over_the_agent_is_no_question() -> None:
    """STT wrote a note in brackets for music. The agent was cut off and asked it (cbe694d)."""
    call = replayed("music_over_the_agent")
    (at, event) = [(m.now, m.event) for m in call.tape.moments if isinstance(m.event, TranscriptArrived)][-1]
    assert event.text == "[موسيقى]"
    assert [command.request.text for _, command in call.commands if isinstance(command, RequestReply)] == [
        "where is my parcel"
    ]
    # The agent goes on where it was.
    assert [type(command) for when, command in call.commands if when == at - call.tape.began_at].count(SendAudio) == 5


def test_thanks_in_a_gap_cost_the_rest_of_an_answer() -> None:
    """A slow agent paused between two sentences, the caller said thank you, and the rest was thrown away (d974a32)."""
    call = replayed("thanks_in_a_gap")
    assert [command.request.text for _, command in call.commands if isinstance(command, RequestReply)] == [
        "where is my parcel"
    ]
    assert not [command for _, command in call.commands if isinstance(command, CloseReply | CancelSpeech)]
    assert [overlap.verdict for overlap in call.turns[0].overlaps] == ["resume"]


def test_a_key_in_a_voice_failed_the_call() -> None:
    """A key ended an utterance whose beginning had said nothing, and the call ended with a KeyError (5f08a60)."""
    call = replayed("key_in_a_voice")
    assert isinstance(call.tape.moments[-1].event, DigitPressed)
    early, whole = [command for _, command in call.commands if isinstance(command, Transcribe)][-2:]
    assert len(whole.pcm) > len(early.pcm)
    assert not [command for _, command in call.commands if isinstance(command, HangUp)]


@pytest.mark.parametrize("name", ["music_over_the_agent", "thanks_in_a_gap", "key_in_a_voice"])
def test_a_tape_of_a_bug_is_small(name: str) -> None:
    assert (CALLS / f"{name}.tape").stat().st_size < 3000
