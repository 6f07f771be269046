"""Make the audio of the mock service, in frames and at times as they were observed.

Each request has a tone of its own (`tone_of`), louder towards its end. So the audio at the other end shows which
request it came from, how much of it, in which order, and whether a byte was lost on the way (`runs`). Spoken audio
takes the place of the tone when a human or a recogniser listens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations, pairwise
from random import Random
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.media import g711
from ivr.media.resample import resample

AudioFormat: TypeAlias = Literal["pcm16k", "pcm8k", "mulaw"]
FORMAT_RATES: Final[dict[AudioFormat, int]] = {"pcm16k": 16_000, "pcm8k": 8_000, "mulaw": 8_000}
BYTES_PER_SECOND: Final[dict[AudioFormat, int]] = {"pcm16k": 32_000, "pcm8k": 16_000, "mulaw": 8_000}
"""Bytes of one second of audio."""

OBSERVED: Final = {
    32: (83_270, 0.970),
    43: (110_958, 1.137),
    51: (133_222, 1.446),
    53: (134_632, 1.380),
    57: (181_120, 1.530),
    65: (210_560, 1.550),
    89: (273_718, 1.820),
    111: (395_322, 2.880),
}
"""Characters of a text: bytes at 16 kHz, seconds from the request to `end`. From published logs of the service."""
FRAMES: Final = {
    51: (7_398, 32_000, 42_624, 40_698, 10_502),
    89: (16_018, 32_000, 48_000, 61_472, 64_000, 52_228),
}
"""Characters of a text: bytes of each frame, where a published log has all of them."""
END_AFTER: Final = 0.007
"""Seconds from the last frame to `end`, at least."""
SLOWEST_DELIVERY: Final = 0.2
"""Seconds that a second of audio takes at most, once the first frame is out."""
DEGENERATE_AT: Final = 0.29
"""Seconds from a request to the one frame of a degenerate reply, from a published log."""

TONES: Final = 76
"""Tones before they repeat."""
_LOWEST, _STEP = 320.0, 40.0
_PERIOD: Final = 400
"""Samples at 16 kHz after which every tone repeats: all frequencies are multiples of `_STEP`."""
_NO_TONE_RMS: Final = 150.0
"""RMS of PCM16 below which there is no tone."""
_QUIET, _LOUD = 0.08, 0.24
"""Level of a tone at its beginning and at its end, of full scale; -20 dBFS on average."""

_WHISTLES: Final = 16
_MARKERS: Final = tuple((one,) for one in range(_WHISTLES)) + tuple(combinations(range(_WHISTLES), 2))
"""Which whistles, from 0, make a marker: one, or two at once."""
MARKERS: Final = len(_MARKERS)
"""Markers that can be told apart."""
_MARKER_LOWEST, _MARKER_STEP = 3_000.0, 20.0
_MARKER_LEVEL = 400.0
_PAIR = 0.25
"""Power of the softer whistle of a pair, as a share of the louder, at least."""
_MARKER_ABOVE = 60.0
"""How many times louder than its surroundings a marker must be, in power."""

_Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ToneRun:
    """Represent a stretch of one request's tone."""

    request: int
    """Number of the request, modulo `TONES`, from 1."""
    start_ms: int
    ms: int


def length(chars: int, ms_per_char: float) -> int:
    """Return the bytes at 16 kHz of a text of `chars` characters."""
    observed = OBSERVED.get(chars)
    return observed[0] if observed else 2 * round(chars * ms_per_char * 16)


def synthesis_time(chars: int, audio_seconds: float, *, spoken: bool) -> float:
    """Return the seconds from the request to `end`."""
    # The formula fits the published logs of the service, without the time to connect.
    observed = OBSERVED.get(chars)
    return observed[1] if observed and not spoken else 0.54 + 0.176 * audio_seconds


def tone_of(request: int) -> float:
    """Return the frequency of a request's tone in Hz."""
    return _LOWEST + _STEP * ((request - 1) % TONES)


def tone(request: int, size: int) -> bytes:
    """Return `size` bytes of PCM16 at 16 kHz: the request's tone, getting louder."""
    samples = np.resize(_period(request), size // 2)
    samples *= _louder(size // 2)
    return np.rint(samples, out=samples).astype("<i2").tobytes()


@lru_cache(TONES)
def _period(request: int) -> _Floats:
    """Return a whole number of the tone's waves, at full scale."""
    return np.asarray(32767 * np.sin(2 * np.pi * tone_of(request) * np.arange(_PERIOD) / 16_000))


@lru_cache(8)
def _louder(samples: int) -> _Floats:
    """Return levels that rise from `_QUIET` to `_LOUD`."""
    return np.linspace(_QUIET, _LOUD, samples, endpoint=False)


def encoded(pcm: bytes, rate: int, form: AudioFormat) -> bytes:
    """Return PCM16 mono at `rate` in the format that the client asked for."""
    pcm = resample(pcm, rate, FORMAT_RATES[form])
    return g711.encode(pcm) if form == "mulaw" else pcm


def frames(audio: bytes, form: AudioFormat, chars: int, seed: str, *, spoken: bool) -> list[bytes]:
    """Cut audio as the service does: a small frame, large ones, the rest. Samples stay whole."""
    ratio = BYTES_PER_SECOND["pcm16k"] // BYTES_PER_SECOND[form]
    if chars in FRAMES and not spoken:
        sizes = list(FRAMES[chars])
    else:
        # The ranges are those of the frames in the published logs: 7 to 16 kB first, then 32 to 64 kB.
        chance = Random(seed)
        sizes = [2 * chance.randint(3_700, 8_000), 32_000]
        while sum(sizes) < len(audio) * ratio:
            sizes.append(2 * chance.randint(16_000, 32_000))
    places = [0, *accumulate(size // ratio // 2 * 2 for size in sizes), len(audio)]
    return [audio[begin:end] for begin, end in pairwise(places) if begin < min(end, len(audio))]


def times(cut: list[bytes], form: AudioFormat, first: float, total: float) -> list[float]:
    """Return the seconds from the request to each frame, when `end` comes at `total`."""
    rest = sum(map(len, cut[1:]))
    pace = min(SLOWEST_DELIVERY, max(0.0, total - END_AFTER - first) * BYTES_PER_SECOND[form] / (rest or 1))
    done, at = 0, [first]
    for frame in cut[1:]:
        done += len(frame)
        at.append(first + pace * done / BYTES_PER_SECOND[form])
    return at[: len(cut)]


def identify(pcm: bytes, rate: int) -> int | None:
    """Return which request's tone this is (1 to `TONES`); None for silence, noise, two tones. Needs at least 50 ms."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float64)
    if len(samples) < rate // 20 or _level(pcm) < _NO_TONE_RMS:
        return None
    power = _spectrum(samples, rate)
    # One tone alone has nearly all of the power around one peak.
    peak = int(np.argmax(power))
    width = max(2, round(2.5 * len(power) / len(samples)))
    if power[max(0, peak - 2 * width) : peak + 2 * width + 1].sum() < 0.7 * power.sum():
        return None
    number = round((peak * rate / (2 * (len(power) - 1)) - _LOWEST) / _STEP)
    return number + 1 if 0 <= number < TONES else None


def runs(pcm: bytes, rate: int) -> list[ToneRun]:
    """Return which requests' tones the audio consists of, by 20 ms; gaps are left out. An edge may be 40 ms off."""
    hop = rate // 50 * 2
    around = bytes(2 * hop)
    padded = around + pcm[: len(pcm) // hop * hop] + around
    found: list[ToneRun] = []
    # 100 ms around each 20 ms: enough to tell two tones that are 40 Hz apart.
    for ms, place in enumerate(range(0, len(padded) - 4 * hop, hop)):
        silent = _level(padded[place + 2 * hop : place + 3 * hop]) < _NO_TONE_RMS
        request = None if silent else identify(padded[place : place + 5 * hop], rate)
        if request is None:
            continue
        if found and found[-1].request == request and found[-1].start_ms + found[-1].ms == 20 * ms:
            found[-1] = ToneRun(request, found[-1].start_ms, found[-1].ms + 20)
        else:
            found.append(ToneRun(request, 20 * ms, 20))
    return found


def marked(pcm: bytes, number: int, rate: int) -> bytes:
    """Return the audio with faint high whistles that tell its number, 1 to `MARKERS`. They survive the telephone."""
    if not 1 <= number <= MARKERS:
        raise ValueError(f"markers are 1 to {MARKERS}, not {number}")
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2)
    at = np.arange(len(samples)) / rate
    whistled = samples.astype(np.float64)
    for whistle in _MARKERS[number - 1]:
        whistled += _MARKER_LEVEL * np.sin(2 * np.pi * _whistle_hz(whistle) * at)
    return np.clip(np.rint(whistled), -32768, 32767).astype("<i2").tobytes()


def marker(pcm: bytes, rate: int) -> int | None:
    """Return the marker's number that is whistled in the audio, if one is. Needs at least 250 ms."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float64)
    if len(samples) < rate // 4:
        return None
    size = 1 << (len(samples) - 1).bit_length()
    power = _spectrum(samples, size)

    def near(hertz: float, away: float) -> _Floats:
        low, high = (round((hertz + side * away) * size / rate) for side in (-1, 1))
        return power[low : high + 1]

    # A whistle counts when it is louder than speech around it, and loud enough to be a whistle at all.
    heights = [float(near(_whistle_hz(whistle), 4).max()) for whistle in range(_WHISTLES)]
    faintest = (_MARKER_LEVEL / 3 * np.hanning(len(samples)).sum() / 2) ** 2
    around = float(np.median(near(_MARKER_LOWEST + _MARKER_STEP * _WHISTLES / 2, 300)))
    above = max(faintest, _MARKER_ABOVE * around)
    loudest = sorted(range(_WHISTLES), key=lambda whistle: -heights[whistle])[:2]
    # The second of a pair is as loud as the first; what leaks from one whistle to its neighbours is not.
    found = tuple(sorted(one for one in loudest if heights[one] > max(above, _PAIR * heights[loudest[0]])))
    return _MARKERS.index(found) + 1 if found else None


def _whistle_hz(whistle: int) -> float:
    return _MARKER_LOWEST + _MARKER_STEP * (whistle + 1)


def _level(pcm: bytes) -> float:
    """Return the RMS of PCM16."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float64)
    return float(np.sqrt(np.mean(samples**2)))


def _spectrum(samples: _Floats, size: int) -> _Floats:
    """Return the power of each frequency, from a transform over at least `size` samples."""
    power: _Floats = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), max(size, len(samples)))) ** 2
    return power
