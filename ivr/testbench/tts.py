"""Speak with espeak-ng, without a key and without a network.

It speaks for the callers of the demo and the tests, and for the mock TTS: robotic, but real speech in Arabic and
English, in a few milliseconds a sentence. It comes from the wheel `espeakng-loader` (extra `demo`) or from a program
`espeak-ng` on the PATH. Neither is loaded before the first word. The same words always give the same bytes.
"""

from __future__ import annotations

import ctypes
import importlib
import re
import shutil
import subprocess
import sys
import threading
from functools import lru_cache

from ivr.media import wav
from ivr.media.resample import resample

SPEED = 160
"""Words a minute."""
DEFAULT_PITCH = 50
"""0 to 99."""
NO_VOICE = "no espeak-ng voice: install the extra `demo` (espeakng-loader), or the program espeak-ng"

_VOICES = {"ar": "ar", "en": "en-us"}
_TIME_LIMIT = 30.0
"""Seconds the program may take for one text."""

# espeak-ng's speak_lib.h
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PARAMETER_RATE, _PARAMETER_PITCH = 1, 3
_OnAudio = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

_LOCK = threading.Lock()
_ARABIC_BLOCK = re.compile(r"[\u0600-\u06ff]")
_LONG_NUMBER = re.compile(r"[0-9\u0660-\u0669]{5,}")


class VoiceError(RuntimeError):
    """Report that espeak-ng is missing, or refused a text."""


@lru_cache(maxsize=1)
def available() -> bool:
    """Return whether `say` works here. The first call speaks one short word."""
    try:
        return bool(say("yes", "en"))
    except VoiceError:
        return False


def language_of(text: str) -> str:
    """Return `ar` for a text with an Arabic letter, else `en`."""
    return "ar" if _ARABIC_BLOCK.search(text) else "en"


def say(
    text: str, language: str = "en", *, rate: int = 16_000, speed: int = SPEED, pitch: int = DEFAULT_PITCH
) -> bytes:
    """Return `text` as PCM16 mono at `rate` Hz. An empty text gives no audio.

    `language`: `ar` or `en`. Raises VoiceError without a voice, ValueError for another language.
    """
    voice = _VOICES.get(language)
    if voice is None:
        raise ValueError(f"no voice for language {language!r}: ar, en")
    # A caller reads a long number digit by digit; espeak would say "seven trillion".
    words = _LONG_NUMBER.sub(lambda number: " ".join(number[0]), text).replace("\0", " ").strip()
    if not words:
        return b""
    pcm, spoken_rate = _spoken(words, voice, speed, pitch)
    return resample(pcm, spoken_rate, rate)


@lru_cache(maxsize=32)
def _spoken(words: str, voice: str, speed: int, pitch: int) -> tuple[bytes, int]:
    """Return PCM16 and its rate, from the wheel, else from the program."""
    try:
        loader = importlib.import_module("espeakng_loader")
        library, voices = str(loader.get_library_path()), str(loader.get_data_path())
    except (ImportError, RuntimeError, OSError):
        return _by_program(words, voice, speed, pitch)
    # The library has one voice for the whole process.
    with _LOCK:
        return _by_library(library, voices, words, voice, speed, pitch)


def _by_library(library: str, voices: str, words: str, voice: str, speed: int, pitch: int) -> tuple[bytes, int]:
    """Speak with the library of the wheel. Raises VoiceError."""
    heard = bytearray()

    def on_audio(samples: object, count: int, events: object) -> int:
        if count > 0:
            heard.extend(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    callback = _OnAudio(on_audio)
    try:
        espeak = ctypes.CDLL(library)
    except OSError as problem:
        raise VoiceError(f"{NO_VOICE}: {problem}") from problem
    try:
        rate = int(espeak.espeak_Initialize(_SYNCHRONOUS, 0, voices.encode(), _DONT_EXIT))
        if rate <= 0 or espeak.espeak_SetVoiceByName(voice.encode()):
            raise VoiceError(f"espeak-ng cannot read its voices, or has no {voice!r}")
        espeak.espeak_SetSynthCallback(callback)
        espeak.espeak_SetParameter(_PARAMETER_RATE, speed, 0)
        espeak.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
        spoken = words.encode() + b"\0"
        if espeak.espeak_Synth(spoken, len(spoken), 0, 0, 0, _CHARS_UTF8, None, None) or espeak.espeak_Synchronize():
            raise VoiceError("espeak-ng refused a text")
    finally:
        espeak.espeak_Terminate()
        # The oscillators go on from where the last sentence left them; only a fresh load (3 ms) resets them.
        _unload(espeak)
    return bytes(heard), rate


def _unload(library: ctypes.CDLL) -> None:
    """Unload a library. On Windows it stays."""
    if sys.platform != "win32":
        importlib.import_module("_ctypes").dlclose(library._handle)


def _by_program(words: str, voice: str, speed: int, pitch: int) -> tuple[bytes, int]:
    """Speak with the program on the PATH. Raises VoiceError."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise VoiceError(NO_VOICE)
    command = [program, "-v", voice, "-s", str(speed), "-p", str(pitch), "-b", "1", "--stdin", "--stdout"]
    try:
        run = subprocess.run(command, input=words.encode(), capture_output=True, check=True, timeout=_TIME_LIMIT)  # noqa: S603 (a fixed program; the text goes in by stdin)
        spoken = wav.decode(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        raise VoiceError(f"espeak-ng failed: {type(problem).__name__}") from problem
    return spoken.pcm, spoken.rate
