"""What a call was like, in numbers, measured from its record.

Everything is taken at the caller's ear: audio counts from the moment it is played, and an answer is as late as its
first played sample. Runs that follow each other within `JOIN_MS` are one stretch of speech; a longer silence of up to
`UNDERRUN_MS` inside the same reply is an underrun; beyond that the agent was simply not speaking, which is dead air.

A phone cannot tell a filler from an answer. Where the bridge told when something new began (`begun`), no filler counts
as an answer, and no silence in front of what is new as an underrun.

The fade of a barge-in is part of the stretch it ends, so `BargeInFigures.stop_ms` is the time until the agent is really
silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.media import g711
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import PhoneRecord, RecordEntry, Speech

JOIN_MS = 60.0
"""A gap the ear does not take for a pause; counted as an underrun all the same."""
UNDERRUN_MS = 1000.0
"""The longest silence inside a reply that still counts as starved playback."""
AUDIBLE_FRAME_RMS = 60
"""RMS of a 20 ms frame of PCM16 from which it is heard: about -55 dBFS."""
CLOCK_SLACK: Final = g711.FRAME
"""Samples by which the phone's time and the bridge's may differ."""
MAX_TRANSIT: Final = g711.RATE // 2
"""Samples after which what left the bridge is not on its way any more."""


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """What came of one thing the caller said."""

    label: str
    ended: int
    """Sample at which the caller fell silent."""
    reply_ms: float | None
    """From there to the first sample played; negative when the agent did not wait; None: no answer."""
    audible_ms: float | None
    """The same to the first frame that is not silence."""


@dataclass(frozen=True, slots=True)
class BargeInFigures:
    """The caller spoke while the agent did."""

    label: str
    onset: int
    """Sample at which the caller began."""
    stop_ms: float
    """From there to the agent's last sample."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence inside a reply."""

    start: int
    ms: float


@dataclass(slots=True)
class CallFigures:
    """One call at the caller's ear. Times in ms unless the name says otherwise."""

    twiml_ms: float | None = None
    """From the voice request to its answer."""
    connect_ms: float | None = None
    """From the socket's first byte to its acceptance."""
    first_audio_ms: float | None = None
    """From the stream's `start` to the first sample of the agent."""
    answers: list[AnswerFigures] = field(default_factory=list)
    barge_ins: list[BargeInFigures] = field(default_factory=list)
    underruns: list[Gap] = field(default_factory=list)
    overlap_ms: float = 0.0
    """Both were to be heard."""
    dead_air_ms: float = 0.0
    """Neither was, from the first word to the end of the stream."""
    longest_dead_air_ms: float = 0.0
    discarded_ms: float = 0.0
    leaked_ms: float = 0.0
    leaked_until_ms: float = 0.0
    """From the hang-up to the last agent audio that still arrived; what was under way then is nobody's fault."""
    cut_ms: float = 0.0
    lateness_p99_ms: float = 0.0
    certified: bool = True
    """The phone itself kept time."""


def figures(record: PhoneRecord, begun: Sequence[float] | None = None) -> CallFigures:
    """Measure a finished call. `begun`: when something new left the bridge (`stages.beginnings`); None: not known."""
    stretches = _stretches(record.runs)
    silences = _silences(record)
    return CallFigures(
        twiml_ms=_ms(record.twiml_s),
        connect_ms=_ms(record.connect_s),
        first_audio_ms=_first_audio(record),
        answers=[_answer(record, number, begun) for number in range(len(record.speech))],
        barge_ins=[b for b in (_barge_in(speech, stretches) for speech in record.speech if speech.over) if b],
        underruns=_underruns(record, begun or ()),
        overlap_ms=sum(_overlap(speech, run) for speech in record.speech for run in record.runs) / 8,
        dead_air_ms=sum(silences) / 8,
        longest_dead_air_ms=max(silences, default=0) / 8,
        discarded_ms=record.discarded_ms,
        leaked_ms=record.leaked_ms,
        leaked_until_ms=_leaked_until(record),
        cut_ms=record.cut_ms,
        lateness_p99_ms=record.lateness_p99_ms,
        certified=record.certified,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _first_audio(record: PhoneRecord) -> float | None:
    begun: list[RecordEntry] = record.of("stream")
    if record.t0 is None or not begun or not record.runs:
        return None
    return (record.t0 + record.runs[0].start / g711.RATE - begun[0].t) * 1000


def _leaked_until(record: PhoneRecord) -> float:
    ends, leaks = record.of("hang_up"), record.of("leak")
    return (leaks[-1].t - ends[0].t) * 1000 if ends and leaks else 0.0


def _stretches(runs: list[PlayedRun]) -> list[tuple[int, int]]:
    """Runs with the gaps an ear does not notice closed."""
    joined: list[tuple[int, int]] = []
    for run in runs:
        if joined and (run.start - joined[-1][1]) / 8 <= JOIN_MS:
            joined[-1] = (joined[-1][0], run.end)
        else:
            joined.append((run.start, run.end))
    return joined


def _answer(record: PhoneRecord, number: int, begun: Sequence[float] | None) -> AnswerFigures:
    speech = record.speech[number]
    until = record.speech[number + 1].start if number + 1 < len(record.speech) else len(record.heard)
    return answered(record, speech.label, speech.start, speech.end, until, begun)


def answered(
    record: PhoneRecord, label: str, start: int, end: int, until: int, begun: Sequence[float] | None = None
) -> AnswerFigures:
    """What came of something the caller did from sample `start` to `end`, before sample `until`."""
    runs = [(run.start, run.end) for run in record.runs if start <= run.start < until and run.end > end]
    if begun is not None:
        news = [at for at in _samples(record, begun) if start <= at < until and _heard_until(record, at) > end]
        runs = [(max(first, news[0]), last) for first, last in runs if last > news[0]] if news else []
    if not runs:
        return AnswerFigures(label, end, None, None)
    loud = next((at for first, last in runs if (at := _audible_from(record.heard, first, last)) is not None), None)
    return AnswerFigures(label, end, (runs[0][0] - end) / 8, None if loud is None else (loud - end) / 8)


def _heard_until(record: PhoneRecord, at: int) -> int:
    """The end of the run in which what left at this sample was heard; 0: in none."""
    return next((run.end for run in record.runs if run.end > at and run.start <= at + MAX_TRANSIT), 0)


def _samples(record: PhoneRecord, times: Sequence[float]) -> list[int]:
    """Driver's seconds as samples of the tracks."""
    return [] if record.t0 is None else [round((at - record.t0) * g711.RATE) for at in times]


def _audible_from(heard: bytearray, start: int, end: int) -> int | None:
    for at in range(start, end, g711.FRAME):
        frame = g711.decode(bytes(heard[at : min(at + g711.FRAME, end)]))
        if g711.audioop.rms(frame, 2) >= AUDIBLE_FRAME_RMS:
            return at
    return None


def _barge_in(speech: Speech, stretches: list[tuple[int, int]]) -> BargeInFigures | None:
    for start, end in stretches:
        if start <= speech.start < end:
            return BargeInFigures(speech.label, speech.start, (end - speech.start) / 8)
    return None


def _underruns(record: PhoneRecord, begun: Sequence[float]) -> list[Gap]:
    gaps, news = [], _samples(record, begun)
    for before, after in zip(record.runs, record.runs[1:], strict=False):
        cut = any(before.end - 1 <= cleared.sample <= after.start for cleared in record.cleared)
        new = any(before.end - CLOCK_SLACK <= at <= after.start + CLOCK_SLACK for at in news)
        length = (after.start - before.end) / 8
        if before.reply == after.reply and 0 < length <= UNDERRUN_MS and not (cut or new):
            gaps.append(Gap(before.end, length))
    return gaps


def _overlap(speech: Speech, run: PlayedRun) -> int:
    return max(0, min(speech.end, run.end) - max(speech.start, run.start))


def _silences(record: PhoneRecord) -> list[int]:
    """Lengths, in samples, of what lies between any two sounds, and of what comes after the last."""
    sounds = sorted([(s.start, s.end) for s in record.speech] + [(r.start, r.end) for r in record.runs])
    if not sounds:
        return []
    lengths, quiet_from = [], sounds[0][1]
    for start, end in [*sounds[1:], (len(record.heard), len(record.heard))]:
        if start > quiet_from:
            lengths.append(start - quiet_from)
        quiet_from = max(quiet_from, end)
    return lengths
