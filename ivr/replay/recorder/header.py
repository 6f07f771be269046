"""Say at the beginning of a tape what the call was made with."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from typing import Final

from ivr import __version__
from ivr.call.events import CallStarted
from ivr.call.options import CallOptions
from ivr.media.vad.scorer import default_identity
from ivr.replay.tape import Leg, TapeHeader, kept_phrases

_PACKAGES: Final = ("numpy", "audioop-lts")
"""What computes with a call's audio, besides Python itself."""
AUDIBLE: Final[dict[Leg, str]] = {"caller": "audio", "stt": "words", "agent": "words", "tts": "audio"}
INAUDIBLE: Final[dict[Leg, str]] = {"caller": "scores", "stt": "words", "agent": "words", "tts": "lengths"}


def tape_header(started: CallStarted, options: CallOptions, wall: str, *, audio: bool) -> TapeHeader:
    """Return the header of a live call's tape. `wall`: the time of its start, for people."""
    own, phrases = kept_phrases(options)
    return TapeHeader(
        started.call_id,
        line=started.line,
        started_on=wall,
        versions=versions(),
        model=default_identity(),
        legs=AUDIBLE if audio else INAUDIBLE,
        options=own,
        phrases=phrases,
    )


@cache
def versions() -> dict[str, str]:
    """Return the versions of what a decision may rest on, by names."""
    found = {"ivr": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            # Python before 3.13 has audioop itself.
            continue
    return found
