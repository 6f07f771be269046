"""Watch whether the phone's side of a call is still there, and what it is when no audio comes.

A phone sends audio all the time; one that is muted, held or on a line that suppresses silence may send none. So
anything from the carrier is a sign of life. When nothing has come for half of the line's patience the carrier is asked
for one: a mark, which it returns at once. An utterance that was open when the audio stopped hears silence from then on,
in time with the clock, because its end is found in audio alone.
"""

from __future__ import annotations

from typing import Final

from ivr.call.deadlines import Awaited
from ivr.call.events import AudioIn, CallStarted, DigitPressed, Event, MarkReached
from ivr.media import g711
from ivr.media.jitter_buffer import Frame

PROBE: Final = "alive"
"""The mark that asks for a sign of life."""
GAP_S: Final = 2.0
"""Seconds without audio from which the line counts as silent: audio that is only late comes in a burst before."""
STEP_S: Final = 0.1
"""Seconds of silence that are heard at a time."""

_SILENT_FRAMES: Final[list[Frame]] = [(bytes([g711.SILENCE]) * g711.FRAME, 0.0)] * round(
    STEP_S * g711.RATE / g711.FRAME
)

_SIGNS: Final = (MarkReached, DigitPressed, CallStarted)
"""What comes from the phone beside audio."""


class LineWatch:
    """Watch one phone. `patience`: seconds of `now` without a sign of life; 0: no limit."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._sign_at: float | None = None
        self._audio_at = 0.0
        self._probed_at: float | None = None

    def change(self, patience: float) -> None:
        """Have another patience, from now on; seconds."""
        self._patience = patience

    def __repr__(self) -> str:
        return f"<LineWatch probed={self._probed_at is not None}>"

    def take(self, event: Event, now: float) -> None:
        """Note an event; those that come from the phone are signs of life."""
        if type(event) is AudioIn:
            self._sign_at = self._audio_at = now
            self._probed_at = None
        elif isinstance(event, _SIGNS):
            self._sign_at, self._probed_at = now, None

    def wake_at(self, *, speaking: bool) -> float | None:
        """Return when there is something to do, in seconds of `now`. `speaking`: an utterance is open."""
        # Asked after every event.
        if self._sign_at is None:
            return None
        silent_at = self._audio_at + GAP_S if speaking else None
        if not self._patience:
            return silent_at
        alive_at = (self._sign_at if self._probed_at is None else self._probed_at) + self._patience / 2
        return alive_at if silent_at is None or alive_at < silent_at else silent_at

    def due(self, now: float, stood: float) -> list[Awaited]:
        """Return `probe` when a sign of life is to be asked for, and `media` when none came.

        `stood`: seconds in which the process could not hear one; they do not count.
        """
        if self._sign_at is None or not self._patience:
            return []
        self._sign_at += stood
        self._audio_at += stood
        # No phone is given up unasked.
        if self._probed_at is not None:
            self._probed_at += stood
            return ["media"] if now >= self._probed_at + self._patience / 2 else []
        if now < self._sign_at + self._patience / 2:
            return []
        self._probed_at = now
        return ["probe"]

    def silence(self, now: float, *, speaking: bool) -> list[Frame]:
        """Return the silence that an open utterance hears now, `STEP_S` of it at a time."""
        if not speaking or now < self._audio_at + GAP_S:
            return []
        self._audio_at += STEP_S
        return _SILENT_FRAMES
