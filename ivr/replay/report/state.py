"""Look into a call that is run again: what it is in the middle of, as plain values for people.

The one place that reads the private fields of a call's machines. It changes nothing, and nothing is decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from ivr.call.agent.output import SpeechOutput
from ivr.call.call import Call
from ivr.media.endpointing import Edge, Endpointer
from ivr.media.g711 import RATE

StateValue: TypeAlias = "str | int | float | None"
_FILLER: Final = -1
"""Turn that a filler's sentence belongs to: none of the call's."""


class SoundingPiece(NamedTuple):
    """Hold one sentence whose audio is on the playout's own tape. Samples of that tape."""

    turn: int
    """-1: a filler."""
    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OutputPosition:
    """Hold how far speech output has come. Samples of the playout's own tape."""

    sent: int
    pieces: tuple[SoundingPiece, ...]


class WatchedEndpointer(Endpointer):
    """Remember what was believed of the last frame: the score, less what is echo, crowd or a voice far away."""

    believed = 0.0

    def push(self, frame_pcm: bytes, probability: float, rms: int = 0) -> list[Edge]:
        """Take one frame, as the endpointer does."""
        self.believed = probability
        return super().push(frame_pcm, probability, rms)


def watch(call: Call) -> WatchedEndpointer:
    """Watch what a new call believes of its caller's frames."""
    watched = WatchedEndpointer(call._input._endpointer.options)
    call._input._endpointer = watched
    return watched


def output_position(call: Call) -> OutputPosition:
    """Return how far speech output has come."""
    output, playout = call._output, call._output.playout
    pieces = []
    for queued in output._on_tape:
        piece = playout._pieces[queued.key]
        end = playout.written if piece.end is None else piece.end
        pieces.append(SoundingPiece(queued.turn.number, queued.sentence.number, piece.start, end))
    return OutputPosition(playout._sent, tuple(pieces))


def state_of(call: Call, now: float, zero: float) -> dict[str, StateValue]:
    """Return what a call is in the middle of, by name. Times are seconds since `zero`; audio is in milliseconds."""
    caller, output, utterances = call._input, call._output, call._speculation.utterances
    playout = output.playout
    turn = call.turns[-1] if call.turns else None
    found: dict[str, StateValue] = {
        "floor": call.floor.state.value,
        "ending": call.ending.state.value,
        "turn": None if turn is None else f"{turn.number}, {turn.kind}, {turn.outcome}",
        "protected": "yes" if call._words.protected else None,
        "caller: voice, ms": caller.speech_ms or None,
        "caller: silence, ms": caller.silence_ms if caller.speaking else None,
        "caller: endpoint after, ms": caller.endpoint_ms,
        "early question": call._speculation.early,
        "words awaited of": ", ".join(map(str, utterances.open)) or None,
        "words that wait": utterances.text() or None,
        "keys": "typing" if utterances.keypad.typing else None,
        "sentences in the queue": _queued(output),
        "with TTS": None if output._with_tts is None else output._with_tts.sentence.number,
        "agent: sent, unheard, ms": max(0, playout._sent - playout.ear(now)) * 1000 // RATE,
        "agent: not sent, ms": (playout.written - playout._sent) * 1000 // RATE,
        "agent: confirmed, ms": playout.heard(now) * 1000 // RATE,
        "agent: muted": "yes" if playout.held else None,
        "marks awaited": ", ".join(name for name, _, _ in playout._marks) or None,
    }
    for name, at in sorted(call._deadlines._at.items()):
        found[f"deadline: {name}"] = round(at - zero, 3)
    wake_at = call.wake_at()
    found["wakes at"] = None if wake_at is None else round(wake_at - zero, 3)
    return {name: value for name, value in found.items() if value is not None}


def _queued(output: SpeechOutput) -> str | None:
    """Return the sentences that TTS was not asked for yet."""
    return ", ".join(f"{one.turn.number}.{one.sentence.number}" for one in output._queue) or None
