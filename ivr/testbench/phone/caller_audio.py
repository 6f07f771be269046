"""Render what the caller will say as mu-law, before the call, so that nothing in the call waits for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ivr.media import g711, wav
from ivr.media.resample import resample
from ivr.testbench.scenario import PlayFile, Say, Scenario, ScenarioError

SILENCE_RMS = 100
"""RMS of 10 ms of PCM16 below which nothing is being said: about -50 dBFS."""
TRIM_SAMPLES = 80
"""Samples in 10 ms."""


def render(scenario: Scenario, voice: Callable[[str], bytes] | None) -> dict[int, bytes]:
    """Return the mu-law of every step that speaks, by its number from 0. Takes as long as `voice` takes.

    Raises `ScenarioError` when a text has no voice or a file cannot be used.
    """
    audio = {}
    for number, step in enumerate(scenario.steps):
        where = f"{scenario.name or 'scenario'}: step {number + 1}"
        match step.act:
            case Say(text):
                if voice is None:
                    raise ScenarioError(f"{where}: there is no voice to say {text!r} with")
                audio[number] = trimmed(voice(text))
            case PlayFile(path):
                audio[number] = read(path, where)
            case _:
                pass
        if number in audio and not audio[number]:
            raise ScenarioError(f"{where}: nothing to be heard in it")
    return audio


def read(path: Path, where: str) -> bytes:
    """Read a WAV file of any usual kind, or raw mu-law. Return it as mu-law at 8 kHz."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{where}: {path.name}: {error.strerror}") from error
    # A file without a RIFF header is taken for raw mu-law.
    if content[:4] != b"RIFF":
        return content
    try:
        sound = wav.decode(content)
        mono = sound.pcm if sound.channels == 1 else g711.audioop.tomono(sound.pcm, 2, 0.5, 0.5)
        return g711.encode(resample(mono, sound.rate, g711.RATE))
    except (ValueError, g711.audioop.error) as error:
        raise ScenarioError(f"{where}: {path.name}: {error}") from error


def trimmed(ulaw: bytes) -> bytes:
    """Return mu-law audio without the silence around it, to within 10 ms."""
    # Every latency counts from the end of the caller's speech, and synthesised text ends with much silence.
    pcm = g711.decode(ulaw)
    loud = [
        at
        for at in range(0, len(ulaw), TRIM_SAMPLES)
        if g711.audioop.rms(pcm[2 * at : 2 * (at + TRIM_SAMPLES)], 2) >= SILENCE_RMS
    ]
    return ulaw[loud[0] : loud[-1] + TRIM_SAMPLES] if loud else b""
