"""Follow how long one caller pauses before going on, and add as much to the wait at the next pause.

Two things tell that a caller needs longer than others: pauses within a turn, and a voice that goes on soon after the
turn was called over (a cut-off). Each turn without either takes some of the addition back.
"""

from __future__ import annotations

from typing import Final

PAUSE_LEAST_MS: Final = 200
"""Silence that is a pause of the speaker's, in milliseconds: less is within a word or between two."""
GOES_ON_MS: Final = 1000
"""Silence behind a turn's end within which a voice is the same turn going on."""
PAUSE_MOST_MS: Final = 3500
"""Silence that may be one: a longer one is between two turns."""
MORE_MOST_MS: Final = 800
"""What is added to the wait at most."""
_WORD_MS: Final = 100
"""Voice behind a pause from which on the caller has gone on: less is a breath or a click."""
_CUT_OFF_MS: Final = 250
"""Added for each cut-off that was seen."""
_MARGIN: Final = 1.2
"""The next pause may be so much longer than those before."""
_LEARN: Final = 0.5
"""Share of a longer pause that is believed at once."""
_KEPT: Final = 0.6
"""Share that is left of what was learned after a turn without a pause or a cut-off."""


class CallerPace:
    """Hold what is known of one caller's pauses. Silences in milliseconds of media time."""

    def __init__(self) -> None:
        self._longest = 0.0
        """A pause of this caller's, long for this caller."""
        self._cut_off_ms = 0.0
        self._paused = (0, 0)
        """A pause that was no more than that so far, and the voice before it."""
        self._calm = True
        """Nothing was learned in this turn."""

    def __repr__(self) -> str:
        return f"<CallerPace pauses={round(self._longest)} ms cut_off={round(self._cut_off_ms)} ms>"

    def more_ms(self, wait_ms: int) -> int:
        """Return what to add to a wait that is enough for other callers."""
        wanted = self._cut_off_ms + max(0.0, _MARGIN * self._longest - wait_ms)
        return max(0, min(MORE_MOST_MS, wait_ms, round(wanted)))

    def speaks(self, pause_ms: int, voiced_ms: int) -> None:
        """Take a voice that begins again after a pause. `voiced_ms`: of the utterance it belongs to, so far."""
        if PAUSE_LEAST_MS <= pause_ms <= PAUSE_MOST_MS:
            self._paused = pause_ms, voiced_ms

    def falls_silent(self, voiced_ms: int) -> None:
        """Learn the last pause, unless what followed it was too short to be speech. `voiced_ms`: of the utterance."""
        (pause_ms, before), self._paused = self._paused, (0, 0)
        if pause_ms and voiced_ms - before >= _WORD_MS:
            self._learn(pause_ms)

    def cut_off(self, pause_ms: int, wait_ms: int) -> None:
        """Take a voice behind a turn that was called over after `wait_ms`, so long after it had fallen silent."""
        if not 0 <= pause_ms <= wait_ms + GOES_ON_MS:
            return
        self._cut_off_ms = min(MORE_MOST_MS, self._cut_off_ms + _CUT_OFF_MS)
        self._learn(pause_ms)

    def turn_over(self) -> None:
        """Forget a part of what was learned, unless there was more to learn in this turn."""
        if self._calm:
            self._longest *= _KEPT
            self._cut_off_ms *= _KEPT
        self._calm, self._paused = True, (0, 0)

    def _learn(self, pause_ms: int) -> None:
        self._calm = False
        if pause_ms > self._longest:
            self._longest += (pause_ms - self._longest) * _LEARN
