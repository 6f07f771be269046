"""Show the inputs of the seconds before an event: the VAD scores as a small curve, words, pieces, marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ivr.call import events
from ivr.replay.compare.words import clock, happened
from ivr.replay.tape import Moment, Tape

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


def _told(window: Sequence[Moment]) -> Iterator[tuple[float, str]]:
    """Yield the inputs other than frames; audio of one sentence and plain ticks are told as one."""
    run: tuple[str, float, int, int] | None = None
    for moment in window:
        event = moment.event
        if isinstance(event, events.AudioIn) or (isinstance(event, events.Tick) and not event.stood_s):
            continue
        if isinstance(event, events.TtsAudio):
            sentence = f"sentence {event.sentence} of turn {event.turn}"
            size = len(event.audio) * 1000 // max(1, event.rate * (1 if event.encoding == "mulaw" else 2))
            if run is not None and run[0] == sentence:
                run = (sentence, run[1], run[2] + size, run[3] + 1)
                continue
            if run is not None:
                yield _audio(run)
            run = (sentence, moment.now, size, 1)
            continue
        if run is not None:
            yield _audio(run)
            run = None
        yield moment.now, happened(event)
    if run is not None:
        yield _audio(run)


def _audio(run: tuple[str, float, int, int]) -> tuple[float, str]:
    sentence, at, ms, many = run
    return at, f"{ms} ms of {sentence} from TTS" + (f", in {many} pieces" if many > 1 else "")
