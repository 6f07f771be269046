"""Walk back from an effect to what led to it: each step is a fact of the call, not a guess.

An answer of a peer follows from the request, a deadline from the moment that began it, a pause from the voice before
it, the end of an answer from its last audio. The first step is what came from the outside by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.call import events
from ivr.replay.compare.words import decided, fields_of, happened
from ivr.replay.tape import CommandRecord
from ivr.replay.terminal_text import clock, span
from ivr.replay.why.inputs import VOICE_GAP_S, VOICED_SCORE
from ivr.replay.why.trace import TracedMoment, backwards

MOST_STEPS: Final = 12
"""Steps back, at most."""
DEADLINES: Final = {
    "transcript": "the words of the caller",
    "reply": "the agent's next words",
    "silence": "the caller to say something",
    "probe": "a sign of life of the phone",
    "media": "the phone's audio",
    "length": "the longest that a call may last",
    "filler": "words of the agent, while the caller heard nothing",
    "transfer": "the carrier to take the caller over",
    "withdrawal": "the last words to be heard",
}
"""What a call waits for, by the name of the deadline."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Hold one step back."""

    moment: TracedMoment
    event: str
    """What happened, in words."""
    decided: tuple[str, ...]
    """What the call did about it, in words."""


def causes(moments: list[TracedMoment], index: int, began_at: float) -> list[Cause]:
    """Return the steps back from a moment, itself first."""
    found: list[Cause] = []
    place: int | None = index
    while place is not None and len(found) < MOST_STEPS:
        moment = moments[place]
        found.append(Cause(moment, event_in_context(moments, moment, began_at), tuple(_decided(moment))))
        place = cause_of(moments, moment)
    return found


def event_in_context(moments: list[TracedMoment], moment: TracedMoment, began_at: float) -> str:
    event = moment.event
    if isinstance(event, events.AudioIn):
        start, end = _voice(moments, moment)
        if start is None or end is None:
            return "a frame of the caller's audio, no voice before it"
        voice = f"the caller's voice from {clock(start.now - began_at)}"
        if end.index == moment.index:
            return f"{voice} on, {span(moment.now - start.now)} of it so far"
        return f"{voice} to {clock(end.now - began_at)}, then {span(moment.now - end.now)} of silence"
    if isinstance(event, events.Tick) and moment.due:
        return f"waited in vain for {' and '.join(DEADLINES.get(name, name) for name in moment.due)}"
    return happened(event)


def _decided(moment: TracedMoment) -> Iterator[str]:
    if moment.before is not moment.after:
        yield f"the floor: {moment.before} to {moment.after}"
    yield from decided([record for record in moment.records if record[0] not in ("SendAudio", "SendMark")])


def cause_of(moments: list[TracedMoment], moment: TracedMoment) -> int | None:
    """Return the index of the moment that led to one; None: it came by itself."""
    match moment.event:
        case events.AudioIn():
            return _voiced(moments, moment)
        case events.Tick():
            return _waited(moments, moment)
        case events.MarkReached(name=name):
            return _marked(moments, moment, name)
        case events.TranscriptArrived() | events.TranscriptFailed():
            return _asked(moments, moment.index, "Transcribe", {"utterance": moment.event.utterance})
        case events.ReplyDelta() | events.ReplyPause() | events.ReplyEnded() | events.ReplyFailed():
            return _asked(moments, moment.index, "RequestReply", {"turn": moment.event.turn})
        case events.TtsAudio() | events.TtsEnded() | events.TtsFailed():
            numbers = {"turn": moment.event.turn, "sentence": moment.event.sentence}
            return _asked(moments, moment.index, "Speak", numbers)
        case events.Transferred() | events.TransferFailed():
            return _asked(moments, moment.index, "Transfer", {})
        case _:
            return None


def _asked(moments: list[TracedMoment], index: int, name: str, numbers: dict[str, int]) -> int | None:
    """Return the moment of a request to a peer."""

    def is_it(record: CommandRecord) -> bool:
        said = fields_of(record)
        # A number that is 0 is a default, and not written.
        return record[0] == name and all(said.get(key, 0) == number for key, number in numbers.items())

    return next((one.index for one in backwards(moments, index) if any(map(is_it, one.records))), None)


def _waited(moments: list[TracedMoment], moment: TracedMoment) -> int | None:
    """Return the moment that began the wait which is over; without one, the last piece of the reply."""
    for one in backwards(moments, moment.index):
        if any(name in one.begun for name in moment.due):
            return one.index
        if not moment.due and isinstance(one.event, events.ReplyDelta | events.DigitPressed):
            return one.index
    return None


def _marked(moments: list[TracedMoment], moment: TracedMoment, name: str) -> int | None:
    """Return the moment that brought the audio before a mark."""
    sent = next(
        (one.index for one in backwards(moments, moment.index) if ["SendMark", {"name": name}] in one.records), None
    )
    if sent is None:
        return None
    for one in backwards(moments, sent + 1):
        if isinstance(one.event, events.TtsAudio | events.TtsEnded | events.CallStarted):
            return one.index if one.index < moment.index else None
    return None


def _voiced(moments: list[TracedMoment], moment: TracedMoment) -> int | None:
    """Return the moment at which the voice before a frame took the floor, or made the agent yield."""
    start, _ = _voice(moments, moment)
    if start is None:
        return None
    for one in backwards(moments, moment.index):
        if one.index < start.index:
            return None
        if isinstance(one.event, events.AudioIn) and one.before is not one.after:
            return one.index
    return None


def _voice(moments: Sequence[TracedMoment], moment: TracedMoment) -> tuple[TracedMoment | None, TracedMoment | None]:
    """Return the first and the last voiced frame of the voice up to a frame."""
    start = end = None
    for place in range(moment.index, -1, -1):
        one = moments[place]
        if not isinstance(one.event, events.AudioIn):
            continue
        if one.event.speech >= VOICED_SCORE:
            start, end = one, end or one
        elif start is not None and start.now - one.now > VOICE_GAP_S:
            break
    return start, end
