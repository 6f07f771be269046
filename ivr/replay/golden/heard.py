"""Say what a phone heard, for a test to assert on. Times are milliseconds since the stream's first sample. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.media import g711
from ivr.testbench.phone.figures import answered
from ivr.testbench.recording import PhoneRecord

_ALIKE: Final = 0.9
"""How alike two pieces of audio must be: the cosine of the angle between them. Mu-law and a gain change less."""
_SHORTEST_MS: Final = 100
"""Of a piece of audio that is looked for: less is found everywhere."""


@dataclass(frozen=True, slots=True)
class HeardReply:
    """Hold what the caller heard of the agent between two acts."""

    number: int
    """0 is the greeting, k what the agent began to say after the caller's k-th act."""
    start_ms: float
    end_ms: float
    ms: float
    """Audio in it, without its gaps."""
    audio: bytes
    """Mu-law at 8 kHz, gaps as silence."""


def heard_replies(record: PhoneRecord) -> list[HeardReply]:
    """Return the agent's replies in the order of the caller's acts; one that was not heard is not there."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for run in record.runs:
        spans.setdefault(run.reply, []).append((run.start, run.end))
    return [
        HeardReply(
            number,
            runs[0][0] / 8,
            runs[-1][1] / 8,
            sum(end - start for start, end in runs) / 8,
            bytes(record.heard[runs[0][0] : runs[-1][1]]),
        )
        for number, runs in spans.items()
    ]


def answer_times(record: PhoneRecord) -> list[float | None]:
    """Return, for each thing that the caller said, the wait for the answer's first audible sound, in ms.

    Negative where the agent did not wait. None: it said nothing.
    """
    nexts = [*(speech.start for speech in record.speech[1:]), len(record.heard)]
    spoken = zip(record.speech, nexts, strict=False)
    return [answered(record, one.label, one.start, one.end, until).audible_ms for one, until in spoken]


def stop_time(record: PhoneRecord) -> float | None:
    """Return how long the agent went on after the caller last spoke over it, in ms. None: the caller never did."""
    over = [speech for speech in record.speech if speech.over]
    if not over:
        return None
    at = over[-1].start
    return next(((run.end - at) / 8 for run in record.runs if run.start <= at < run.end), 0.0)


def place_of(sound: bytes, heard: bytes | bytearray, after_ms: float = 0.0) -> float | None:
    """Return when a sound was first heard, in ms since sample 0. None: it was not. Both are mu-law at 8 kHz.

    It may be louder or softer than it was, and coded once more. Raises ValueError for less than 100 ms of sound.
    """
    wanted = _samples(sound)
    power = float(np.dot(wanted, wanted))
    if len(wanted) < _SHORTEST_MS * 8 or not power:
        raise ValueError(f"at least {_SHORTEST_MS} ms of sound are needed, and no silence")
    begin = int(after_ms * 8)
    track = _samples(bytes(heard[begin:]))
    if len(track) < len(wanted):
        return None
    size = 1 << (len(track) + len(wanted)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(track, size) * np.conj(np.fft.rfft(wanted, size)), size)
    places = len(track) - len(wanted) + 1
    total = np.concatenate(([0.0], np.cumsum(track * track)))
    norms = np.sqrt(np.maximum(total[len(wanted) :][:places] - total[:places], 1.0) * power)
    alike = cross[:places] / norms
    found = np.flatnonzero(alike >= _ALIKE)
    if not len(found):
        return None
    # A sound that is alike at one place is alike around it: within its own length, the best place counts.
    first = found[0]
    best = first + int(np.argmax(alike[first : first + len(wanted)]))
    return float((begin + best) / 8)


def _samples(ulaw: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(g711.decode(ulaw), "<i2").astype(np.float64)


def timeline(record: PhoneRecord, last: int = 12) -> list[str]:
    """Return the last things that happened on a call, one line each, for the message of a failed test."""
    began = record.t0 if record.t0 is not None else (record.entries[0].t if record.entries else 0.0)
    quiet: Sequence[str] = ("mark_back",)
    entries = [entry for entry in record.entries if entry.kind not in quiet]
    lines = [f"{entry.t - began:8.2f} s  {entry.kind.replace('_', ' ')}  {entry.detail}".rstrip() for entry in entries]
    return lines[-last:]
