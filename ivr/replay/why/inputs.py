"""Group what came to a call into inputs that can be left out, one by one, to see what depends on them.

A voice is left out by silence in its place, and words by none: time passes as it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ivr.call import events
from ivr.call.events import Event
from ivr.media import g711
from ivr.replay.compare.words import happened
from ivr.replay.tape import Moment, Tape
from ivr.replay.terminal_text import clock

VOICED_SCORE: Final = 0.5
"""Score from which on a frame counts as voice here. The call decides by more than that."""
VOICE_GAP_S: Final = 0.3
"""Silence up to here is a pause within a voice, in seconds."""
LOOK_BACK_S: Final = 20.0
"""Seconds before an effect in which inputs are looked for."""
MOST_LEFT_OUT: Final = 24
"""Inputs that are left out, at most: those nearest to the effect."""


@dataclass(slots=True)
class LeftOut:
    """Hold an input that can be left out."""

    what: str
    first: int
    """Index of its first moment."""
    last: int
    indexes: list[int]


def inputs(tape: Tape, index: int) -> list[LeftOut]:
    """Return the inputs before a moment, itself included, in their order."""
    until = tape.moments[index].now
    found: dict[str, LeftOut] = {}
    voice: LeftOut | None = None
    voiced_at = 0.0
    for place, moment in enumerate(tape.moments):
        event = moment.event
        # A voice is left out to its end: what is left of it would do the same a little later.
        if place > index and (voice is None or moment.now > voiced_at + VOICE_GAP_S):
            break
        if isinstance(event, events.AudioIn):
            if event.speech < VOICED_SCORE:
                continue
            if voice is None or moment.now > voiced_at + VOICE_GAP_S:
                voice = found[f"voice {place}"] = LeftOut("", place, place, [])
            voiced_at = moment.now
            voice.indexes.append(place)
            voice.last = place
            continue
        key = input_of(event, place) if place <= index else ""
        if key:
            one = found.setdefault(key, LeftOut(_what(event, moment, tape), place, place, []))
            one.indexes.append(place)
            one.last = place
    for key, one in found.items():
        if key.startswith("voice"):
            start, end = (clock(tape.moments[at].now - tape.began_at) for at in (one.first, one.last))
            one.what = f"the caller's voice from {start} to {end}"
    near = [one for one in found.values() if tape.moments[one.last].now >= until - LOOK_BACK_S]
    return sorted(near, key=lambda one: one.first)[-MOST_LEFT_OUT:]


def input_of(event: Event, place: int) -> str:
    """Return what an event belongs to; empty: it is no input that is left out."""
    match event:
        case events.ReplyDelta() | events.ReplyPause():
            return f"reply {event.turn}"
        case events.TtsAudio() | events.TtsEnded():
            return f"sentence {event.turn} {event.sentence}"
        case events.MarkReached():
            return "marks"
        case events.Tick():
            return f"stood {place}" if event.stood_s else ""
        case events.CallStarted() | events.AudioIn():
            return ""
        case _:
            return f"event {place}"


def _what(event: Event, moment: Moment, tape: Tape) -> str:
    match event:
        case events.ReplyDelta() | events.ReplyPause():
            return f"the words of the reply of turn {event.turn}"
        case events.TtsAudio() | events.TtsEnded():
            return f"the audio of sentence {event.sentence} of turn {event.turn}"
        case events.MarkReached():
            return "the marks that the phone returned"
        case _:
            return f"{happened(event)} ({clock(moment.now - tape.began_at)})"


def without(tape: Tape, left_out: Sequence[LeftOut]) -> tuple[Tape, int]:
    """Return a tape without some inputs, and the index of its first moment that is not as it was."""
    gone = {place for one in left_out for place in one.indexes}
    moments: list[Moment] = []
    changed = len(tape.moments)
    for place, moment in enumerate(tape.moments):
        if place not in gone:
            moments.append(moment)
            continue
        changed = min(changed, len(moments))
        event = silenced(moment.event)
        if event is not None:
            moments.append(replace(moment, event=event, commands=()))
    return Tape(tape.header, moments, tape.phrase_audio), changed


def silenced(event: Event) -> Event | None:
    """Return what is left of an event that is left out; None: nothing."""
    match event:
        case events.AudioIn():
            return replace(event, payload=bytes([g711.SILENCE]) * len(event.payload), speech=0.0)
        case events.TranscriptArrived():
            return replace(event, text="")
        case events.ReplyEnded():
            # The reply still ends, but nothing more is wanted with it.
            return replace(event, hang_up=False, transfer_to=None, idle_s=None)
        case _:
            return None
