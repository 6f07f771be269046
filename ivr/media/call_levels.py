"""Measure what one call sounded like, for its record: the caller, the line's noise, the agent's echo.

Three figures tell most complaints apart: a caller who is far from the microphone, a room that is loud, a phone whose
loudspeaker feeds its microphone.

- **caller**: active level of the frames that were speech, pauses not counted (those within 20 dB of the loud ones).
- **noise**: the level that frames exceed four times out of five while neither end speaks.
- **echo**: what comes back while the agent speaks and the caller does not, against what was played: the median of the
  half seconds, noise taken off. Where the echo is not above the noise it is at most this.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from operator import mul

from ivr.media.loudness import decibels

_HALF_SECOND = 25
"""Frames looked at together: as long as an echo takes."""
_LOWEST = -91
_DBS = 1 - _LOWEST
_AGENT = -45.0
"""dBFS over half a second from which the agent speaks."""
_AGENT_SILENT = -70.0
_VOICE_SPREAD = 20
"""dB between the loud frames of a voice and the softest that are still counted as voice."""
_BURIED = 1.26
"""Power over the noise's under which there is nothing but noise (1 dB)."""
_ENOUGH_VOICE = 10
"""Voiced frames before the caller's level is worth telling."""


class CallLevelCounts:
    """Count levels, in whole dB: a call of any length takes the same room."""

    def __init__(self) -> None:
        self.of = [0] * _DBS
        """Counts, softest (-91 dB) first."""
        self.total = 0

    def add(self, level: float) -> None:
        """Count one level, dB."""
        self.of[_place(level)] += 1
        self.total += 1

    def add_frames(self, loud: Iterable[int]) -> None:
        """Count the levels of frames by their RMS."""
        for rms in loud:
            self.of[_frame_place(rms)] += 1
            self.total += 1

    def quantile(self, share: float) -> float:
        """Return the level that `share` of what was counted does not exceed, dB."""
        wanted = max(1.0, share * self.total)
        return _LOWEST + next(at for at, count in enumerate(accumulate(self.of)) if count >= wanted)

    def power_above(self, level: float) -> float:
        """Return the mean level by power of all counts from `level` up, dB."""
        some = [(count, 10 ** ((_LOWEST + at) / 10)) for at, count in enumerate(self.of) if _LOWEST + at >= level]
        return power_decibels(sum(count * power for count, power in some) / sum(count for count, _ in some))


def _place(level: float) -> int:
    return min(_DBS - 1, max(0, round(level) - _LOWEST))


@lru_cache(maxsize=2048)
def _frame_place(rms: int) -> int:
    """Return the place of a frame's level; kept, because the noise of a line is much the same all the time."""
    return _place(decibels(rms))


class CallLevels:
    """Measure one call's levels. Feed every frame; ask at any time."""

    def __init__(self) -> None:
        self._voice, self._noise, self._echo = CallLevelCounts(), CallLevelCounts(), CallLevelCounts()
        self._heard: list[int] = []
        self._played: list[int] = []
        self._voiced = False
        self._block: _Block | None = None
        self._before: _Block | None = None

    def __repr__(self) -> str:
        return f"<CallLevels caller={self.caller} noise={self.noise} echo={self.echo}>"

    @property
    def caller(self) -> float | None:
        """Return the active level of the caller's voice, dBFS; None before a fifth of a second of it."""
        if self._voice.total < _ENOUGH_VOICE:
            return None
        return round(self._voice.power_above(self._voice.quantile(0.9) - _VOICE_SPREAD), 1)

    @property
    def noise(self) -> float | None:
        """Return the line's noise floor, dBFS; None while there was no half second without voices."""
        return self._noise.quantile(0.2) if self._noise.total else None

    @property
    def echo(self) -> float | None:
        """Return the agent's echo against what was played, dB (negative); None before the agent spoke alone."""
        return self._echo.quantile(0.5) if self._echo.total else None

    def report(self) -> dict[str, float | None]:
        """Return the fields of the call's record: `caller_dbfs`, `noise_dbfs`, `echo_db`; None is unknown."""
        return {"caller_dbfs": self.caller, "noise_dbfs": self.noise, "echo_db": self.echo}

    def push(self, rms: int, played: int | None, voiced: bool) -> None:
        """Take one frame's RMS, that of what was played meanwhile (None: nothing), and whether it is speech."""
        # A frame is only put down, which costs less than a microsecond; half a second of them is looked at in one go.
        self._heard.append(rms)
        self._played.append(played or 0)
        if voiced:
            self._voiced = True
            self._voice.add_frames((rms,))
        if len(self._heard) < _HALF_SECOND:
            return
        # Half a second is full: the one before it is judged, whose neighbours are now known.
        now = _Block(self._heard, self._played, self._voiced)
        before, block = self._before, self._block
        self._heard, self._played, self._voiced = [], [], False
        self._before, self._block = block, now
        # A voice begins before it is called speech and ends after: the half seconds beside one do not count.
        if before is None or block is None or before.voiced or block.voiced or now.voiced:
            return
        agent = max(before.agent, block.agent)
        if agent < _AGENT_SILENT:
            self._noise.add_frames(block.heard)
        elif min(before.agent, block.agent) > _AGENT:
            noise = 0.0 if self.noise is None else 32768**2 * 10 ** (self.noise / 10)
            heard = block.power - (noise if block.power > noise * _BURIED else 0.0)
            self._echo.add(power_decibels(max(heard, 1.0) / ((before.played + block.played) / 2)))


class _Block:
    """Hold half a second: RMS of its frames, mean powers, the agent's level."""

    __slots__ = ("agent", "heard", "played", "power", "voiced")

    def __init__(self, heard: list[int], played: list[int], voiced: bool) -> None:
        self.heard = heard
        self.power = _mean_square(heard)
        self.played = _mean_square(played)
        self.agent = decibels(self.played**0.5)
        self.voiced = voiced


def _mean_square(values: list[int]) -> float:
    total: float = sum(map(mul, values, values))
    return total / len(values)


def power_decibels(ratio: float) -> float:
    """Return a ratio of powers in dB."""
    return decibels(32768 * ratio**0.5)
