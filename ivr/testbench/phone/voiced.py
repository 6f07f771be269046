"""Find where in a caller's audio something is said: every figure counts from there."""

from __future__ import annotations

from ivr.media import g711

SILENCE_RMS = 100
"""RMS of 10 ms of PCM16 below which nothing is being said: about -50 dBFS."""
NOISE_SHARE = 10 ** (-30 / 20)
"""Share of the loudest RMS below which a recording is silent: 30 dB."""
TRIM_SAMPLES = 80
"""Samples in 10 ms."""


def trimmed(ulaw: bytes) -> bytes:
    """Return mu-law audio without the silence around it, to within 10 ms."""
    # Every latency counts from the end of the caller's speech, and synthesised text ends with much silence.
    begin, end = voiced(ulaw)
    return ulaw[begin:end]


def voiced(ulaw: bytes) -> tuple[int, int]:
    """Return where in mu-law audio something is said, from and to a sample, to within 10 ms; (0, 0): nowhere.

    A recording has a noise of its own: what is 30 dB under its loudest 10 ms is silence as well.
    """
    pcm = g711.decode(ulaw)
    levels = [g711.audioop.rms(pcm[2 * at : 2 * (at + TRIM_SAMPLES)], 2) for at in range(0, len(ulaw), TRIM_SAMPLES)]
    least = max(SILENCE_RMS, max(levels, default=0) * NOISE_SHARE)
    loud = [place for place, rms in enumerate(levels) if rms >= least]
    return (loud[0] * TRIM_SAMPLES, min(len(ulaw), (loud[-1] + 1) * TRIM_SAMPLES)) if loud else (0, 0)
