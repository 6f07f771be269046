"""Divide each wait of the caller into its parts, from the last sound of the caller's voice to the first of the answer.

The parts of a turn's own record (`ivr.call.timeline.stages`) begin with the detector's last voiced frame and end when
audio leaves. The caller's wait begins with the voice and ends at the ear. So the voice's real end, the phone's queue
and the silence at the beginning of the speech are parts as well, and together the parts are the wait on the recording.

    voice | endpoint | stt | own | agent | own | tts | filler | own | queue | silence | first sound of the answer
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.call.timeline import Turn, stages

PartOwner: TypeAlias = Literal["voice", "endpoint", "stt", "agent", "tts", "own", "filler", "lead"]
"""Whose time it was. `voice`: the detector's; `filler`: a filler that was heard to its end; `lead`: the phone's."""
Beginning: TypeAlias = Literal["voice", "detector", "key", "call"]
"""Where a wait begins: the last sound of the caller's voice, the detector's last voiced frame where no sound is on the
tape, the last key, or the beginning of the call."""

PART_NAMES: Final[dict[PartOwner, str]] = {
    "voice": "voice detection", "endpoint": "end of speech", "stt": "STT", "agent": "agent", "tts": "TTS",
    "own": "bridge", "filler": "filler", "lead": "phone's queue",
}  # fmt: skip
_DUST_S: Final = 1e-4


@dataclass(frozen=True, slots=True)
class WaitPart:
    """Hold one part of a wait. Driver's seconds."""

    name: str
    owner: PartOwner
    start: float
    end: float

    @property
    def ms(self) -> float:
        """Return its length in milliseconds."""
        return (self.end - self.start) * 1000


@dataclass(frozen=True, slots=True)
class TurnWait:
    """Hold how long the caller waited for the answer of one turn. Driver's seconds."""

    turn: int
    begins: Beginning
    start: float
    end: float
    """First sound of the answer at the caller's ear."""
    parts: Sequence[WaitPart]
    first_sound: float
    """First sound of anything: a filler, or the answer."""
    measured: bool = True
    """Both ends were measured on sound. False: the tape has none, so they are what the bridge knew."""

    @property
    def ms(self) -> float:
        """Return the whole wait in milliseconds."""
        return (self.end - self.start) * 1000

    def spent(self) -> dict[PartOwner, float]:
        """Return the milliseconds of each party that took any."""
        found: dict[PartOwner, float] = {}
        for part in self.parts:
            found[part.owner] = found.get(part.owner, 0.0) + part.ms
        return found


@dataclass(frozen=True, slots=True)
class AnswerAtEar:
    """Hold when an answer began at the caller's ear. Driver's seconds."""

    played_at: float
    """Its first sample."""
    audible_at: float
    """Its first sound."""
    measured: bool = True


def turn_wait(
    turn: Turn,
    begins: Beginning,
    start: float,
    answer: AnswerAtEar,
    first_sound: float | None = None,
) -> TurnWait:
    """Return the wait of a turn in its parts, which lie end to end.

    `first_sound`: of a filler; None: there was none.
    """
    steps: list[tuple[str, PartOwner, float]] = []
    found = stages(turn)
    if begins in ("voice", "detector") and turn.speech_ended_at is not None:
        steps.append(("voice to the detector's last frame", "voice", turn.speech_ended_at))
    elif begins == "key" and turn.asked_at is not None:
        steps.append(("waiting for more keys", "endpoint", turn.asked_at))
    for stage in found:
        owner: PartOwner = "filler" if stage.name == "the filler to its end" else stage.owner
        steps.append((stage.name, owner, stage.end))
    steps.append(("behind what was playing", "lead", answer.played_at))
    steps.append(("silence before the first sound", "tts", answer.audible_at))
    parts: list[WaitPart] = []
    before = start
    for name, owner, at in steps:
        # What was done before the stage before it was over took no time; nothing lies behind the first sound.
        end = min(max(at, before), answer.audible_at)
        # What is left below a tenth of a millisecond is the clock's own rounding, and goes to the next part.
        if end - before > _DUST_S:
            parts.append(WaitPart(name, owner, before, end))
            before = end
    sound = answer.audible_at if first_sound is None else min(first_sound, answer.audible_at)
    return TurnWait(
        turn.number, begins, start, answer.audible_at, parts, sound, answer.measured and begins != "detector"
    )
