"""Measure a call from its record: latencies, barge-ins, underruns, silences.

Everything is measured where the caller hears it: audio counts from the moment it is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.media import g711
from ivr.testbench.recording import PhoneRecord

JOIN_MS = 60.0
"""Longest gap that the ear does not notice. It counts as an underrun all the same."""
UNDERRUN_MS = 1000.0
"""Longest silence inside a reply that counts as an underrun. In a longer one the agent was not speaking: dead air."""
AUDIBLE_FRAME_RMS = 60
"""RMS of a 20 ms frame of PCM16 from which it is audible: about -55 dBFS."""
CLOCK_SLACK: Final = g711.FRAME
"""Samples by which the phone's clock and the bridge's may differ."""
MAX_TRANSIT: Final = g711.RATE // 2
"""Samples after which audio that left the bridge has arrived at the phone."""
MAX_FADE: Final = g711.RATE * 3 // 10
"""Samples after a `clear` in which agent audio is the fade of what was cleared."""


@dataclass(frozen=True, slots=True)
class BridgeTimes:
    """Hold what the bridge tells of a call and a phone cannot hear. Driver's seconds."""

    begun: Sequence[float] = ()
    """When an answer, a phrase, or the rest after a filler left for the phone."""
    answers: Sequence[float] = ()
    """When the agent's answers did: no apology, no reprompt."""
    held: Sequence[tuple[float, float]] = ()
    """From when to when the agent yielded to a voice."""
    stopped: Sequence[float] = ()
    """When the voices began that ended a turn of the agent."""


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Hold the delay of the answer to one thing that the caller said."""

    label: str
    ended: int
    """Sample at which the caller stopped speaking."""
    reply_ms: float | None
    """Time from there to the first sample played. Negative when the agent did not wait. None: no answer."""
    audible_ms: float | None
    """Time from there to the first audible frame."""


@dataclass(frozen=True, slots=True)
class BargeInFigures:
    """Hold how fast the agent stopped when the caller spoke over it."""

    label: str
    onset: int
    """Sample at which the caller began."""
    stop_ms: float
    """Time from there to the agent's last sample."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Hold one silence inside a reply: its first sample and its length."""

    start: int
    ms: float


@dataclass(slots=True)
class CallFigures:
    """Hold the figures of one call as the caller heard it, in ms."""

    twiml_ms: float | None = None
    """Time from the voice request to its answer."""
    connect_ms: float | None = None
    """Time from the socket's first byte to its acceptance."""
    first_audio_ms: float | None = None
    """Time from the stream's `start` to the first sample of the agent."""
    first_audible: int | None = None
    """First sample of the agent's first audible frame. None: it was silent throughout, whatever it sent."""
    answers: list[AnswerFigures] = field(default_factory=list)
    barge_ins: list[BargeInFigures] = field(default_factory=list)
    underruns: list[Gap] = field(default_factory=list)
    overlap_ms: float = 0.0
    """Time in which both spoke."""
    dead_air_ms: float = 0.0
    """Time in which neither spoke, from the first word to the end of the stream."""
    longest_dead_air_ms: float = 0.0
    discarded_ms: float = 0.0
    leaked_ms: float = 0.0
    leaked_until_ms: float = 0.0
    """Time from the hang-up to the last agent audio that arrived. Audio on its way at the hang-up is no fault."""
    cut_ms: float = 0.0
    lateness_p99_ms: float = 0.0
    certified: bool = True
    """Whether the phone itself kept time."""


def figures(record: PhoneRecord, told: BridgeTimes | None = None) -> CallFigures:
    """Measure a finished call. `told`: what the bridge tells (`latency.times`); None: nothing."""
    opened, ends, leaks = record.of("stream"), record.of("hang_up"), record.of("leak")
    first_audio = None
    if record.t0 is not None and opened and record.runs:
        first_audio = (record.t0 + record.runs[0].start / g711.RATE - opened[0].t) * 1000
    nexts = [*(speech.start for speech in record.speech[1:]), len(record.heard)]
    overlaps = (
        max(0, min(speech.end, run.end) - max(speech.start, run.start))
        for speech in record.speech
        for run in record.runs
    )
    silences = _silences(record)
    return CallFigures(
        twiml_ms=_ms(record.twiml_s),
        connect_ms=_ms(record.connect_s),
        first_audio_ms=first_audio,
        first_audible=next(
            (at for run in record.runs if (at := _audible_from(record.heard, run.start, run.end)) is not None), None
        ),
        answers=[
            answered(record, speech.label, speech.start, speech.end, until, None if told is None else told.answers)
            for speech, until in zip(record.speech, nexts, strict=False)
        ],
        barge_ins=_barge_ins(record, told),
        underruns=_underruns(record, told or BridgeTimes()),
        overlap_ms=sum(overlaps) / 8,
        dead_air_ms=sum(silences) / 8,
        longest_dead_air_ms=max(silences, default=0) / 8,
        discarded_ms=record.discarded_ms,
        leaked_ms=record.leaked_ms,
        leaked_until_ms=(leaks[-1].t - ends[0].t) * 1000 if ends and leaks else 0.0,
        cut_ms=record.cut_ms,
        lateness_p99_ms=record.lateness_p99_ms,
        certified=record.certified,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def answered(
    record: PhoneRecord, label: str, start: int, end: int, until: int, answers: Sequence[float] | None = None
) -> AnswerFigures:
    """Measure the answer to what the caller did from sample `start` to `end`, as far as it began before `until`.

    `answers`: when the agent's answers left the bridge. None: not known, so the first sound counts.
    """
    runs = [(run.start, run.end) for run in record.runs if start <= run.start < until and run.end > end]
    # A phone cannot tell a filler or an apology from an answer. Where the bridge told when answers began, the first of
    # them counts that was heard after the caller fell silent.
    if answers is not None:
        news = [at for at in _samples(record, answers) if start <= at < until and _heard_until(record, at) > end]
        runs = [(max(first, news[0]), last) for first, last in runs if last > news[0]] if news else []
    if not runs:
        return AnswerFigures(label, end, None, None)
    loud = next((at for first, last in runs if (at := _audible_from(record.heard, first, last)) is not None), None)
    return AnswerFigures(label, end, (runs[0][0] - end) / 8, None if loud is None else (loud - end) / 8)


def _heard_until(record: PhoneRecord, at: int) -> int:
    """Return the end of the run in which audio that left at sample `at` was heard; 0 when it was not heard."""
    return next((run.end for run in record.runs if run.end > at and run.start <= at + MAX_TRANSIT), 0)


def _samples(record: PhoneRecord, times: Sequence[float]) -> list[int]:
    """Return the driver's seconds as samples of the tracks."""
    return [] if record.t0 is None else [round((at - record.t0) * g711.RATE) for at in times]


def _audible_from(heard: bytearray, start: int, end: int) -> int | None:
    """Return the sample at which the first audible frame begins; None when all of them are silent."""
    for at in range(start, end, g711.FRAME):
        frame = g711.decode(bytes(heard[at : min(at + g711.FRAME, end)]))
        if g711.audioop.rms(frame, 2) >= AUDIBLE_FRAME_RMS:
            return at
    return None


def _barge_ins(record: PhoneRecord, told: BridgeTimes | None) -> list[BargeInFigures]:
    """Return how long the agent went on after the caller interrupted, for each interruption that stopped it."""
    # A stretch is speech with the gaps closed that the ear does not notice. The fade of a barge-in is part of it, so
    # `stop_ms` is the time until the agent is really silent.
    stretches: list[tuple[int, int]] = []
    for run in record.runs:
        if stretches and (run.start - stretches[-1][1]) / 8 <= JOIN_MS:
            stretches[-1] = (stretches[-1][0], run.end)
        else:
            stretches.append((run.start, run.end))
    found = []
    nexts = [*(speech.start for speech in record.speech[1:]), len(record.heard) + 1]
    for speech, until in zip(record.speech, nexts, strict=False):
        end = next((end for start, end in stretches if start <= speech.start < end), None)
        if speech.over and end is not None and _stopped(record, told, speech.start, end, until):
            found.append(BargeInFigures(speech.label, speech.start, (end - speech.start) / 8))
    return found


def _stopped(record: PhoneRecord, told: BridgeTimes | None, start: int, end: int, until: int) -> bool:
    """Return whether a voice from sample `start` on made the agent stop, which fell silent at `end`.

    An agent that said its sentence to the end, or went on after a cough, was not stopped.
    """
    if told is not None:
        return any(start - MAX_TRANSIT <= at < until for at in _samples(record, told.stopped))
    return any(start <= cleared.sample <= end <= cleared.sample + MAX_FADE for cleared in record.cleared)


def _underruns(record: PhoneRecord, told: BridgeTimes) -> list[Gap]:
    """Return the silences inside a reply in which playback starved."""
    gaps, news = [], _samples(record, told.begun)
    held = [_samples(record, span) for span in told.held]
    for before, after in zip(record.runs, record.runs[1:], strict=False):
        # A silence after a `clear` or a yield is wanted, and one in front of something new is not inside a reply.
        cut = any(before.end - MAX_FADE <= cleared.sample <= after.start for cleared in record.cleared)
        cut = cut or any(first - CLOCK_SLACK <= before.end <= last + MAX_TRANSIT for first, last in held)
        new = any(before.end - CLOCK_SLACK <= at <= after.start + CLOCK_SLACK for at in news)
        length = (after.start - before.end) / 8
        if before.reply == after.reply and 0 < length <= UNDERRUN_MS and not (cut or new):
            gaps.append(Gap(before.end, length))
    return gaps


def _silences(record: PhoneRecord) -> list[int]:
    """Return the lengths, in samples, of the silences between two sounds and after the last sound."""
    sounds = sorted([(s.start, s.end) for s in record.speech] + [(r.start, r.end) for r in record.runs])
    if not sounds:
        return []
    # The silence before the first sound is not dead air: the bridge is still answering.
    lengths, quiet_from = [], sounds[0][1]
    for start, end in [*sounds[1:], (len(record.heard), len(record.heard))]:
        if start > quiet_from:
            lengths.append(start - quiet_from)
        quiet_from = max(quiet_from, end)
    return lengths
