"""Show the inputs of the seconds before an event: the VAD scores as a small curve, words, pieces, marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.call import events
from ivr.replay.compare.words import happened
from ivr.replay.tape import Moment, Tape
from ivr.replay.terminal_text import clock, quote

BEFORE_S: Final = 3.0
"""Seconds before an event whose inputs are shown."""
MOST_INPUTS: Final = 14
"""Lines of inputs, at most: those next to the event."""
_BARS: Final = "▁▂▃▄▅▆▇█"
_SLOTS: Final = 50


def inputs_before(tape: Tape, index: int) -> list[str]:
    """Return the inputs of the seconds before a moment, and of the moment itself, in order."""
    since = tape.moments[index].now - BEFORE_S
    first = index
    while first and tape.moments[first - 1].now >= since:
        first -= 1
    window = tape.moments[first : index + 1]
    frames = [moment for moment in window if isinstance(moment.event, events.AudioIn)]
    shown = [f"{clock(at - tape.began_at)}  {what}" for at, what in _told(window)]
    left_out = len(shown) - MOST_INPUTS
    if left_out > 0:
        shown = [f"({left_out} earlier ones are left out)", *shown[left_out:]]
    if frames:
        start, end = (clock(one.now - tape.began_at) for one in (frames[0], frames[-1]))
        return [f"score {start} {curve(frames)} {end}", *shown]
    return shown


def curve(frames: Sequence[Moment]) -> str:
    """Return the scores of frames as a line of bars, the highest of each slot."""
    slots = min(_SLOTS, len(frames))
    scores = [moment.event.speech for moment in frames if isinstance(moment.event, events.AudioIn)]
    peaks = [max(scores[at * len(scores) // slots : (at + 1) * len(scores) // slots]) for at in range(slots)]
    return "".join(_BARS[min(len(_BARS) - 1, max(0, int(peak * len(_BARS))))] for peak in peaks)


@dataclass(slots=True)
class InputRun:
    """Hold inputs that are told as one: the audio of a sentence, the words of a reply, marks."""

    at: float
    """When the first came; seconds of the driver's clock."""
    of: str
    """What they belong to; empty: they are marks."""
    words: list[str] = field(default_factory=list)
    ms: int = 0
    """Length of the audio."""

    def __str__(self) -> str:
        many = f", in {len(self.words)} pieces" if len(self.words) > 1 else ""
        if self.ms:
            return f"{self.ms} ms of {self.of} from TTS{many}"
        if self.of:
            return f"{quote(''.join(self.words))} of {self.of}{many}"
        names = self.words[0] if len(self.words) == 1 else f"{self.words[0]} to {self.words[-1]}"
        return f"the phone returned the mark{'s' if len(self.words) > 1 else ''} {names}"


def _told(window: Sequence[Moment]) -> Iterator[tuple[float, str]]:
    """Yield the inputs other than frames and plain ticks, each run of them at its beginning."""
    runs: dict[str, InputRun] = {}
    shown: list[InputRun | tuple[float, str]] = []
    for moment in window:
        of, word, ms = "", "", 0
        match moment.event:
            case events.AudioIn() | events.Tick(stood_s=0.0):
                continue
            case events.TtsAudio() as event:
                of = f"sentence {event.sentence} of turn {event.turn}"
                ms = len(event.audio) * 1000 // max(1, event.rate * (1 if event.encoding == "mulaw" else 2))
            case events.ReplyDelta() as event:
                of, word = f"the reply of turn {event.turn}", event.text
            case events.MarkReached() as event:
                word = event.name
            case event:
                shown.append((moment.now, happened(event)))
                # Marks before an input and behind it are two things.
                runs.pop("", None)
                continue
        if of not in runs:
            runs[of] = InputRun(moment.now, of)
            shown.append(runs[of])
        runs[of].words.append(word)
        runs[of].ms += ms
    for one in shown:
        yield (one.at, str(one)) if isinstance(one, InputRun) else one
