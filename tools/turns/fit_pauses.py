"""Play recordings to the bridge's own voice detection, and take the voice at each pause as a call does.

A recording gets the level, the noise and the coding of some telephone line. Behind it there is nothing but that noise,
as there is behind a caller who waits for an answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.call.caller.speculation import VOICE_AT_MS
from ivr.media.endpointing import Endpointer, EndpointOptions
from ivr.media.g711 import FRAME, FRAME_MS, FRAME_PCM, RATE, audioop
from ivr.media.vad.detector import VoiceDetector
from ivr.media.vad.scorer import SpeechScorer, factory
from ivr.media.voice.prosody import HEARD_MS, measure
from tools.turns.fit_recordings import Recording, Wholeness
from tools.vad.sounds import Rng, Sound, active, amplitude

MODEL_AT_MS: Final = 200
"""Silence that a turn model hears, in milliseconds."""
_AROUND: Final = 40
"""Frames of noise before and behind a recording."""
_GOES_ON_MS: Final = 200
"""Voice behind a pause that shows it to be one, in milliseconds; less is a breath, a click or the line."""
_LONGEST_S, _ONE_UTTERANCE_MS = 20, 60_000
_LOUD_DBFS, _OVER_NOISE_DB = (-32.0, -14.0), (18.0, 45.0)
"""Of the voice on one line or another, and of the voice over the noise of the line."""
_IS_END: Final[dict[Wholeness, bool | None]] = {"whole": True, "part": False, "unknown": None}


@dataclass(frozen=True, slots=True)
class HeardPause:
    """Hold what was heard up to a pause, and what came of it."""

    speaker: str
    is_end: bool
    """The speaker had finished."""
    voice: list[int]
    """What `prosody.measure` makes of it, after 100 ms of silence."""
    said: bytes
    """PCM16 at 8 kHz: all that was heard, and 200 ms of silence; empty, where the pause is shorter."""


def pauses(recordings: Iterable[Recording], new: Callable[[], SpeechScorer] = factory) -> Iterator[HeardPause]:
    """Find the pauses of 100 ms or more of which it is known what they are. `new` makes a scorer of speech."""
    for recording in recordings:
        rng = np.random.default_rng(zlib.crc32(f"{recording.speaker}/{recording.path.name}".encode()))
        yield from _found(recording, line_frames(recording.sound()[: _LONGEST_S * RATE], rng), new())


def line_frames(sound: Sound, rng: Rng) -> list[bytes]:
    """Return a recording as some line brings it, PCM16 of 20 ms each."""
    loud = rng.uniform(*_LOUD_DBFS)
    noise_dbfs = loud - rng.uniform(*_OVER_NOISE_DB)
    line = rng.normal(0, amplitude(noise_dbfs), (-(-len(sound) // FRAME) + 2 * _AROUND) * FRAME)
    if len(sound):
        line[_AROUND * FRAME : _AROUND * FRAME + len(sound)] += sound * (amplitude(loud) / active(sound))
    pcm = audioop.ulaw2lin(audioop.lin2ulaw(np.clip(line, -32768, 32767).astype("<i2").tobytes(), 2), 2)
    return [pcm[at : at + FRAME_PCM] for at in range(0, len(pcm), FRAME_PCM)]


def _found(recording: Recording, frames: list[bytes], scorer: SpeechScorer) -> Iterator[HeardPause]:
    detector = VoiceDetector()
    endpointer = Endpointer(EndpointOptions(endpoint_ms=_ONE_UTTERANCE_MS, max_utterance_ms=_ONE_UTTERANCE_MS))
    # Of each pause: the frame at which it is 100 ms long, its voice, the voiced milliseconds before it, its length.
    at: list[int] = []
    voices: list[list[int]] = []
    before_ms: list[int] = []
    lengths_ms: list[int] = []
    for number, frame in enumerate(frames):
        endpointer.push(frame, detector.judge(audioop.rms(frame, 2), scorer.score(frame)))
        silence_ms = endpointer.silence_ms
        if silence_ms == VOICE_AT_MS:
            at.append(number)
            voices.append(measure(endpointer.latest(HEARD_MS)))
            before_ms.append(endpointer.speech_ms)
            lengths_ms.append(0)
        if silence_ms >= VOICE_AT_MS:
            lengths_ms[-1] = silence_ms
    for place, number in enumerate(at):
        is_last = endpointer.speech_ms - before_ms[place] < _GOES_ON_MS
        # A pause inside is no end where all of it is one sentence; what is inside of two is not known.
        is_end = _IS_END[recording.wholeness] if is_last else False if recording.is_one else None
        # A breath behind the last word is no second end.
        if is_end is None or (is_last and place and endpointer.speech_ms - before_ms[place - 1] < _GOES_ON_MS):
            continue
        more = (MODEL_AT_MS - VOICE_AT_MS) // FRAME_MS
        said = b"".join(frames[: number + more + 1]) if lengths_ms[place] >= MODEL_AT_MS else b""
        yield HeardPause(recording.speaker, is_end, voices[place], said)
