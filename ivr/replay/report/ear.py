"""Rebuild both tracks of a call as the phone had them: what the caller said, and what the caller heard, when.

A tape knows when a frame came and when audio left, and a recording knows neither. Media time is the link: a frame of
the caller's audio cannot come before it was spoken, so the frames that came soonest say where media time stands on the
driver's clock. From there on audio plays when it arrives, or behind what is still playing, until a `clear`.

A track is mu-law at 8 kHz; its sample 0 is `zero` on the driver's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.call.events import AudioIn
from ivr.media import g711
from ivr.media.g711 import FRAME, RATE
from ivr.replay.tape import Moment
from ivr.testbench.phone.figures import AUDIBLE_FRAME_RMS
from ivr.testbench.phone.voiced import NOISE_SHARE, SILENCE_RMS

LONGEST_TRACK: Final = 6 * 3600 * RATE
"""Samples of the longest track."""
_ROUNDING: Final = RATE * 1e-6
"""Samples by which a time may be short of the sample that it means."""
_FAR: Final = 5.0
"""Seconds that a timestamp may lie from where its frame came, before it is not believed."""
_VOICED_SAMPLES: Final = RATE // 100
"""Samples over which a voice is measured: 10 ms."""
_NOISE_SPAN: Final = 3 * RATE
"""Samples before and behind a span in which the line's noise is looked for."""
_NOISE_PERCENTILE: Final = 25
"""Per cent of the 10 ms that are taken for noise: a caller pauses for as much of the time."""
_OVER_NOISE: Final = 3.0
"""Times the noise that a voice is at least."""
_AT_MOST: Final = 10 ** (-10 / 20)
"""Share of the loudest 10 ms that is a voice whatever the noise."""
_LASTING_SAMPLES: Final = RATE * 60 // 1000
_LASTING_SHARE: Final = 0.9
"""Share of the 60 ms before that must be loud as well."""


@dataclass(frozen=True, slots=True)
class MediaClock:
    """Tell where media time stands on the driver's clock."""

    zero: float
    """Driver's seconds at sample 0 of the tracks."""
    media_zero: float
    """Driver's seconds at which the first frame of the caller's audio began to be spoken."""
    first_ms: int = 0
    """Timestamp of that frame."""

    def sample(self, at: float) -> int:
        """Return the sample at a time of the driver's clock, as the phone counts them."""
        return max(0, min(LONGEST_TRACK, int((at - self.zero) * RATE + _ROUNDING)))

    def spoken(self, timestamp_ms: int) -> float:
        """Return when the audio with this timestamp was spoken, in the driver's seconds."""
        return self.media_zero + (timestamp_ms - self.first_ms) / 1000


def media_clock(moments: Iterable[Moment]) -> MediaClock:
    """Return the clock of a call, from the frames that came soonest after they were spoken."""
    began: float | None = None
    first_ms: int | None = None
    soonest = float("inf")
    for moment in moments:
        if began is None:
            began = moment.now
        event = moment.event
        if isinstance(event, AudioIn):
            if first_ms is None:
                first_ms = event.timestamp_ms
            # A frame leaves when its last sample was spoken.
            behind = moment.now - (event.timestamp_ms - first_ms) / 1000 - len(event.payload) / RATE
            # A timestamp that jumps ahead is no sign of a quick line.
            if behind >= began - _FAR:
                soonest = min(soonest, behind)
    start = began or 0.0
    if first_ms is None or soonest == float("inf"):
        return MediaClock(start, start, first_ms or 0)
    return MediaClock(min(start, soonest), soonest, first_ms)


class CallerTrack:
    """Put the caller's frames at their place in time; what never came is silence."""

    def __init__(self, clock: MediaClock) -> None:
        self._clock = clock
        self.audio = bytearray()

    def add(self, event: AudioIn, now: float) -> int:
        """Put a frame at its place; return its first sample."""
        at = self._clock.spoken(event.timestamp_ms)
        # A timestamp from nowhere: the frame was spoken just before it came.
        if abs(at + len(event.payload) / RATE - now) > _FAR:
            at = now - len(event.payload) / RATE
        # To the nearest sample: a frame's place is a sum of whole milliseconds and the clock's own rounding.
        start = max(0, round((at - self._clock.zero) * RATE))
        end = start + len(event.payload)
        if end > LONGEST_TRACK:
            return len(self.audio)
        if end > len(self.audio):
            self.audio += bytes([g711.SILENCE]) * (end - len(self.audio))
        self.audio[start:end] = event.payload
        return start


@dataclass(frozen=True, slots=True)
class PlayedAudio:
    """Hold one message of audio as it was played. Samples of the track."""

    start: int
    end: int
    sent: int
    """Where the track was when it was sent."""


class PlayClock:
    """Play the agent's audio as the phone does: at once, or behind what is still playing."""

    def __init__(self, clock: MediaClock) -> None:
        self._clock = clock
        self.audio = bytearray()
        self.cleared_ms = 0.0
        """Audio that was sent and thrown away, in milliseconds."""

    def send(self, payload: bytes, now: float, held: float = 0.0) -> PlayedAudio:
        """Queue audio; return when it is played. `held`: seconds by which that was later than it could have been."""
        sent = self._clock.sample(now)
        start = max(sent, len(self.audio)) + round(held * RATE)
        if start + len(payload) > LONGEST_TRACK:
            return PlayedAudio(start, start, sent)
        self.audio += bytes([g711.SILENCE]) * (start - len(self.audio))
        self.audio += payload
        return PlayedAudio(start, len(self.audio), sent)

    def clear(self, now: float) -> int:
        """Throw away what was not played yet, also at the end of the call; return the sample."""
        at = self._clock.sample(now)
        self.cleared_ms += max(0, len(self.audio) - at) * 1000 / RATE
        del self.audio[at:]
        return at


def first_audible(track: bytes | bytearray, start: int, end: int) -> int | None:
    """Return the first sample from which the next 20 ms of a span are audible; None: it is silent throughout."""
    samples = _samples(track[start:end])
    if not len(samples):
        return None
    power = _power(samples)
    # The last window is cut short by the end of the span.
    ends = np.minimum(np.arange(len(samples)) + FRAME, len(samples))
    energy = power[ends] - power[: len(samples)]
    loud = (energy >= AUDIBLE_FRAME_RMS**2 * (ends - np.arange(len(samples)))) & (
        np.abs(samples) >= AUDIBLE_FRAME_RMS / 2
    )
    found = np.flatnonzero(loud)
    return start + int(found[0]) if len(found) else None


def last_voiced(track: bytes | bytearray, start: int, end: int) -> int | None:
    """Return the sample after the last one at which something is said in a span; None: nothing is.

    Said is what is louder than the line's noise, no more than 30 dB under the loudest 10 ms of the span, and goes on:
    a crackle behind the last word is no voice.
    """
    first, last = max(0, start), min(len(track), max(0, end))
    around = max(0, first - _NOISE_SPAN)
    samples = _samples(track[around : last + _NOISE_SPAN])
    power = _power(samples)
    span = slice(first - around, last - around)
    if last - first < _VOICED_SAMPLES:
        return None
    noise = np.percentile(np.sqrt(np.diff(power[::_VOICED_SAMPLES]) / _VOICED_SAMPLES), _NOISE_PERCENTILE)
    energy = power[span.start + _VOICED_SAMPLES : span.stop + 1] - power[span.start : span.stop + 1 - _VOICED_SAMPLES]
    rms = np.sqrt(np.maximum(energy, 0.0) / _VOICED_SAMPLES)
    loudest = float(rms.max())
    # In a long speech without a pause there is no noise to be seen.
    least = max(float(SILENCE_RMS), loudest * NOISE_SHARE, min(float(noise) * _OVER_NOISE, loudest * _AT_MOST))
    above = rms >= least
    loud = above & (np.abs(samples[span][_VOICED_SAMPLES - 1 :]) >= least / 2)
    lasting = np.concatenate(([0], np.cumsum(above)))
    ends = np.arange(1, len(above) + 1)
    begins = np.maximum(0, ends - _LASTING_SAMPLES)
    kept = loud & (lasting[ends] - lasting[begins] >= _LASTING_SHARE * (ends - begins))
    found = np.flatnonzero(kept) if kept.any() else np.flatnonzero(loud)
    return first + int(found[-1]) + _VOICED_SAMPLES if len(found) else None


def levels(track: bytes | bytearray, step: int) -> list[int]:
    """Return the loudest sample of each `step` samples, as PCM16."""
    samples = np.abs(_samples(track))
    padded = np.pad(samples, (0, -len(samples) % step)).reshape(-1, step)
    return [int(top) for top in padded.max(axis=1)] if len(samples) else []


def _samples(ulaw: bytes | bytearray) -> NDArray[np.float64]:
    return np.frombuffer(g711.decode(bytes(ulaw)), dtype="<i2").astype(np.float64)


def _power(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the energy up to each sample, one more than there are samples."""
    return np.concatenate(([0.0], np.cumsum(samples**2)))
