"""Render what the caller will say as mu-law, before the call, so that nothing in the call waits for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ivr.media import g711, wav
from ivr.media.resample import resample
from ivr.testbench.phone.voiced import trimmed
from ivr.testbench.scenario import PlayFile, Say, Scenario, ScenarioError


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
    """Read a WAV file of any usual kind, or raw mu-law. Return it as mu-law at 8 kHz.

    Of several channels the first is taken: recordings of calls have the caller there.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{where}: {path.name}: {error.strerror}") from error
    # A file without a RIFF header is taken for raw mu-law.
    if content[:4] != b"RIFF":
        return content
    try:
        sound = wav.decode(content)
        first = np.frombuffer(sound.pcm, "<i2")[:: sound.channels].tobytes()
        return g711.encode(resample(first, sound.rate, g711.RATE))
    except (ValueError, g711.audioop.error) as error:
        raise ScenarioError(f"{where}: {path.name}: {error}") from error
