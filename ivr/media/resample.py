"""Resample PCM16 without aliases and without seams.

A windowed-sinc low-pass of 7 ms, evaluated at the output's own instants (polyphase): 80 dB down from 4.15 kHz when
going to the telephone, flat within 0.01 dB to 3.3 kHz. Output sample `k` belongs to input time `k / rate_out`: the
filter's delay shows only as the last 3.5 ms, which wait inside until more audio or `flush` comes. `n` samples in are
`ceil(n * rate_out / rate_in)` samples out, so no sentence loses its end.

Chunked equals one-shot to the bit, on every machine. The sums run as small matrix products: a group of outputs that
starts on a whole input sample shares one stretch of input.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
"""Rates in Hz that any TTS, STT or recording here uses."""

_REACH = 0.0035
"""Seconds of input on each side of an output sample."""
_CUTOFF = 0.47
"""Of the lower rate: where the low-pass is 6 dB down."""
_BETA = 8.0
_SCALE = 2.0**24
_GROUP = 16
"""Outputs that share a stretch of input, at least."""
_PRODUCTS = 260_000
"""Multiplications of one matrix product, at most: OpenBLAS wakes its threads from 262,144 on; on a busy machine they
take longer to come than the work does. It also keeps a long recording from filling the memory."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Hold everything that depends on the two rates alone. Shared by all streams."""

    reach: int
    """Input samples on each side of an output."""
    hop: int
    """Input samples from one group to the next."""
    group: int
    """Output samples of a group."""
    kernel: _Floats
    """Input samples that a group sees x output samples of the group."""
    block: int
    """Groups of one matrix product."""


class Resampler:
    """Resample one stream of PCM16 mono from `rate_in` to `rate_out` Hz.

    `feed` chunks of any length, then `flush`; after that another stream may begin. To drop a stream halfway (barge-in),
    drop the resampler.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        if rate_in not in RATES or rate_out not in RATES:
            raise ValueError(f"cannot resample {rate_in} to {rate_out} Hz: rates are {', '.join(map(str, RATES))}")
        self.rate_in = rate_in
        self.rate_out = rate_out
        self._plan = None if rate_in == rate_out else _plan(rate_in, rate_out)
        self._odd = b""
        self._fed = 0
        self._made = 0
        self._seen = self._silence()

    def __repr__(self) -> str:
        return f"<Resampler {self.rate_in}->{self.rate_out} Hz fed={self._fed} made={self._made}>"

    def feed(self, pcm: bytes) -> bytes:
        """Return what can be said so far. A half sample waits for its other half."""
        if self._odd:
            pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % 2
        self._odd = pcm[whole:]
        if self._plan is None or not whole:
            return pcm[:whole]
        kept, count = len(self._seen), whole // 2
        seen = np.empty(kept + count)
        seen[:kept] = self._seen
        seen[kept:] = np.frombuffer(pcm, "<i2", count)
        self._fed += count
        self._seen = seen
        return self._make(self._plan, ceil((self._fed - self._plan.reach) * self._plan.group / self._plan.hop))

    def flush(self) -> bytes:
        """Return the rest of the stream, as if silence followed. A half sample that was left is dropped."""
        tail = b""
        if self._plan is not None and self._fed:
            tail = self._make(self._plan, ceil(self._fed * self._plan.group / self._plan.hop))
        self._odd, self._fed, self._made, self._seen = b"", 0, 0, self._silence()
        return tail

    def _silence(self) -> _Floats:
        return np.zeros(self._plan.reach if self._plan else 0)

    def _make(self, plan: _Plan, until: int) -> bytes:
        """Return the outputs from where the stream is up to `until`; input no longer needed is let go.

        `_seen` begins `reach` samples before the group that the next output belongs to.
        """
        count = until - self._made
        if count <= 0:
            return b""
        skip, width = self._made % plan.group, len(plan.kernel)
        groups = -(-(skip + count) // plan.group)
        seen, wanted = self._seen, (groups - 1) * plan.hop + width
        if len(seen) < wanted:
            seen = np.concatenate((seen, np.zeros(wanted - len(seen))))
        # The stretches of input that the groups see, laid out as rows.
        rows = np.ndarray((groups, width), np.float64, seen, strides=(plan.hop * seen.itemsize, seen.itemsize))
        made = np.empty((groups, plan.group))
        for at in range(0, groups, plan.block):
            np.matmul(rows[at : at + plan.block].copy(), plan.kernel, out=made[at : at + plan.block])
        self._made = until
        self._seen = self._seen[(skip + count) // plan.group * plan.hop :]
        out = made.reshape(-1)[skip : skip + count]
        np.rint(out, out)
        return np.clip(out, -32768, 32767, out).astype("<i2").tobytes()


def resample(pcm: bytes, rate_in: int, rate_out: int) -> bytes:
    """Return a whole recording: nothing delayed, nothing lost. Odd last byte dropped."""
    stream = Resampler(rate_in, rate_out)
    return stream.feed(pcm) + stream.flush()


@lru_cache(maxsize=16)
def _plan(rate_in: int, rate_out: int) -> _Plan:
    """Return the coefficients for two rates."""
    common = gcd(rate_in, rate_out)
    up, down = rate_out // common, rate_in // common
    times = -(-_GROUP // up)
    group, hop = up * times, down * times
    reach = int(_REACH * rate_in)
    kernel = np.zeros((2 * reach + 1 + (group - 1) * down // up, group))
    for k in range(group):
        # Output k lies `part / up` of an input sample after sample `whole`; its coefficients add up to one.
        whole, part = divmod(k * down, up)
        away = (np.arange(-reach, reach + 1) - part / up) / rate_in
        inside = 1 - (away / _REACH) ** 2
        window = np.where(inside < 0, 0, np.i0(_BETA * np.sqrt(np.maximum(inside, 0))))
        taps = np.sinc(2 * _CUTOFF * min(rate_in, rate_out) * away) * window
        # Multiples of 2**-24 times whole samples: every product and sum is exact in a double, in any order.
        kernel[whole : whole + 2 * reach + 1, k] = np.rint(taps / taps.sum() * _SCALE) / _SCALE
    return _Plan(reach, hop, group, kernel, max(1, _PRODUCTS // kernel.size))
