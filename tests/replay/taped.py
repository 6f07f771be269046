"""Make tapes of whole calls in virtual time, for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ivr.call.call import Call
from ivr.call.events import CallStarted
from ivr.call.options import every_phrase
from ivr.replay.records import CommandDigest, command_record
from ivr.replay.tape import Leg, Moment, Tape, TapeEnd, TapeHeader, kept_phrases
from ivr.testbench.scenario import Scenario
from tests.whole import world

STEPS = (
    "say what are your opening hours",
    "over 2600 say how much does it cost",
    "wait",
    "say thank you goodbye",
    "wait",
)


def taped(folder: Path, steps: Sequence[str] | Scenario = STEPS, peers: world.Peers | None = None, **env: Any) -> Tape:
    """Return the tape of a call's last stream in `tests.whole.world`. `folder` keeps the phrases from call to call."""
    if not any(folder.iterdir()):
        world.render_phrases(folder)
    began: list[Call] = []
    make = Call.__init__

    def remember(self: Call, *given: Any, **more: Any) -> None:
        make(self, *given, **more)
        began.append(self)

    Call.__init__ = remember  # type: ignore[method-assign]
    try:
        done = world.call(folder, steps, peers, **env)
    finally:
        Call.__init__ = make  # type: ignore[method-assign]
    options, phrases = kept_phrases(began[-1].options)
    legs: dict[Leg, str] = {"caller": "audio", "stt": "words", "agent": "words", "tts": "audio"}
    header = TapeHeader("CA12", options=options, phrases=phrases, legs=legs)
    digest = CommandDigest()
    moments = []
    # A call that was resumed has a tape of each stream: this is the last one's.
    starts = [place for place, (_, event, _) in enumerate(done.happenings) if isinstance(event, CallStarted)]
    for now, event, commands in done.happenings[starts[-1] :]:
        records = [command_record(command) for command in commands]
        if records:
            digest.add(records)
        moments.append(Moment(now, event, records))
    hang_up = done.hang_up
    assert hang_up is not None
    seconds = moments[-1].now - moments[0].now
    end = TapeEnd(hang_up.result, hang_up.reason, seconds, len(moments), len(done.turns), str(digest))
    audio = {name: phrase.audio for name, phrase in every_phrase(began[-1].options).items() if phrase.audio}
    return Tape(header, moments, audio, end=end)
