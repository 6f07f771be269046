"""Fork a call: the same up to a turn, and then with other options.

A call reads most of its options when it needs them; some it has copied when it began, or they have had their effect.
What is changed in the middle counts from then on: audio that was sent stays sent, a deadline that runs keeps its end,
and a silence that the words of the open utterance have set stays until it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.call.call import Call
from ivr.call.options import CallOptions
from ivr.call.timeline import numbers_of, place_of
from ivr.replay.what_if.changes import ChangeError
from ivr.replay.what_if.taped_call import TapedCall

BEFORE_SPEECH_S: Final = 0.5
"""Seconds before the caller's first word of a turn at which it begins."""
AT_THE_START: Final[Mapping[str, str]] = {
    "greeting_after_ms": "the greeting is over",
    "interruptible_greeting": "the greeting is over",
    "say_first": "the call has begun",
    "message_first": "the call has begun",
    "max_call": "the time of a call runs from its start",
    "max_call_warning": "the time of a call runs from its start",
}
"""Options that have their effect when a call begins, and why they have none later."""


class ForkedCall(Call):
    """Decide a call whose line changes its mind in the middle."""

    def change_options(self, options: CallOptions) -> None:
        """Go on with other choices of the line, from the next event on. The language stays."""
        self.options = options
        options = self.language.use(options)
        self.ending.change(options)
        self._input.change(options)
        self._output.change(options)
        self._agent_turns.change(options)
        self._speculation.change(options)
        self._overlaps.change(options)
        self._fillers.change(options)
        self._words.change(options)
        self._deadlines.change(options)
        self._line_watch.change(options.media_timeout)
        self._prompts.change(options.silence_prompts)
        self._opening.change(options)
        self._telling.change(options)
        self._taking.change(options)
        self._keys.change(options)


def fork_place(taped: TapedCall, number: int) -> int:
    """Return the place on the tape at which a turn begins: before the caller speaks, once the turn before was asked.

    Raises ChangeError.
    """
    place = place_of(taped.turns, number)
    if place is None:
        raise ChangeError(f"there is no turn {number}: the call has {numbers_of(taped.turns)}, the greeting is turn 0")
    if not place:
        return 0
    turn, before = taped.turns[place], taped.turns[place - 1]
    begun = turn.speech_started_at or turn.asked_at or (turn.sentences[0].ready_at if turn.sentences else 0.0)
    at = max(begun - BEFORE_SPEECH_S, before.asked_at or 0.0)
    return next((place for place, one in enumerate(taped.tape.moments) if one.now > at), len(taped.tape.moments))
