"""Decode recordings (WAV and mp3) to what the telephone plays: mu-law at 8 kHz, one channel, the agent's loudness.

The bytes come from somewhere else: they are looked at before a decoder sees them, and what comes out is bounded.
libsndfile reads them a second at a time. It is loaded only where recordings are played.
"""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ivr.media import g711
from ivr.media.agc import normalise
from ivr.media.resample import RATES, Resampler
from ivr.play.places import PlayRefused

LONGEST_RECORDING_S: Final = 600
"""Seconds of the longest recording."""
SLOWEST, FASTEST = 6_000, 192_000
"""Samples a second that a recording may have."""
MOST_CHANNELS: Final = 8
_TALLEST: Final = 48_000
"""Rate to which a rate is brought that the resampler does not know."""

_Samples = NDArray[np.float64]


def load_decoder() -> Any:
    """Return the library, loading it where that has not been done. A second of work: not while calls wait."""
    import soundfile

    return soundfile


def looks_like(data: bytes) -> str:
    """Return `WAV` or `MP3` by how the bytes begin. Raises PlayRefused for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "WAV"
    # A frame of layer III, or the tags that players write before the first.
    if data[:3] == b"ID3" or (len(data) > 3 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2):
        return "MP3"
    raise PlayRefused("play_content")


def decode(data: bytes) -> bytes:
    """Return a recording as mu-law. Raises PlayRefused: it is none, is damaged, or is too long."""
    kind = looks_like(data)
    soundfile = load_decoder()
    pcm = bytearray()
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, channels = file.samplerate, file.channels
            known = file.format in ("MP3", "MPEG") if kind == "MP3" else file.format in ("WAV", "WAVEX")
            if not known or not SLOWEST <= rate <= FASTEST or not 1 <= channels <= MOST_CHANNELS:
                raise PlayRefused("play_content")
            bridge = _RateBridge(rate)
            # The library would seek behind each piece, and an mp3 decoder begins anew after that: with a hole.
            file.seekable = lambda: False
            while len(block := file.read(rate, dtype="float32", always_2d=True)):
                pcm += bridge.feed(block.astype(np.float64).mean(axis=1))
                if len(pcm) > LONGEST_RECORDING_S * g711.RATE * 2:
                    raise PlayRefused("play_length")
            pcm += bridge.flush()
    # A decoder that meets what it does not know says so in many ways.
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError, OverflowError, MemoryError):
        raise PlayRefused("play_content") from None
    if not pcm:
        raise PlayRefused("play_content")
    return g711.encode(normalise(bytes(pcm)))


class _RateBridge:
    """Bring samples of any rate, from -1 to 1, to PCM16 at 8 kHz, a piece at a time."""

    def __init__(self, rate: int) -> None:
        # Of a rate above the tallest, several samples become one first.
        self._several = -(-rate // _TALLEST)
        self._rate = rate / self._several
        self._known = self._rate in RATES
        self._resampler = Resampler(int(self._rate) if self._known else _TALLEST, g711.RATE)
        self._rest = np.zeros(0)
        self._last = np.zeros(0)
        self._fed = self._made = 0

    def feed(self, samples: _Samples) -> bytes:
        """Return what can be said so far."""
        samples = np.concatenate((self._rest, np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)))
        whole = len(samples) - len(samples) % self._several
        self._rest = samples[whole:]
        own = samples[:whole].reshape(-1, self._several).mean(axis=1)
        if not self._known:
            own = self._stretched(own)
        return self._resampler.feed(np.rint(np.clip(own, -1, 1) * 32767).astype("<i2").tobytes())

    def flush(self) -> bytes:
        """Return the rest."""
        return self._resampler.flush()

    def _stretched(self, own: _Samples) -> _Samples:
        """Return samples at the tallest rate, on straight lines between those that there are."""
        own = np.concatenate((self._last, own))
        begins = self._fed - len(self._last)
        self._fed = begins + len(own)
        count = int((self._fed - 1) * _TALLEST / self._rate) + 1 - self._made
        places = (self._made + np.arange(count)) * (self._rate / _TALLEST)
        self._made += count
        self._last = own[-1:]
        between: _Samples = np.interp(places - begins, np.arange(len(own)), own)
        return between
