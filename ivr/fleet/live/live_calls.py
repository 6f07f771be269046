"""Follow the calls of this process, and put what an operator may see of them into the directory.

An observer: an event costs it a look at its commands. What the calls look like is read from them at a beat, at most
`SHOWN_A_SECOND` times a second a call; a call that begins or is gone is told at once. Words are kept only where the
line keeps text, and never keys that were pressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.ending import EndingState
from ivr.call.events import SUPERSEDED, CallStarted, Event
from ivr.call.timeline import Turn, wait
from ivr.fleet.directory import WORDS_KEPT, LiveCall

SHOWN_A_SECOND: Final = 5
FAULT_NOTES: Final = frozenset({"reply_failed", "speech_failed", "transcript_failed", "peer_fault", "upstream_failed"})
"""Notes that count as a fault."""
MOST_OF_A_PIECE: Final = 1000
"""Characters of a piece of the conversation that are shown; of all pieces together `MOST_OF_ALL`."""
MOST_OF_ALL: Final = 5000
_MOST_OF_AN_ADDRESS: Final = 200
"""Characters of a number or an address that are shown."""
_PRESSED: Final = re.compile(r"[0-9A-D*#\u0660-\u0669]")


class Shown(Protocol):
    """Take what is known of the live calls: a directory."""

    @property
    def node(self) -> str:
        """Return the name of this process's node."""

    def put(self, call: LiveCall) -> None:
        """Show a call."""

    def gone(self, call_id: str) -> None:
        """Show a call no more."""

    def listeners(self, call_id: str) -> int:
        """Return how many listen to a call."""


@dataclass(slots=True)
class _Followed:
    """Hold what is known of one call."""

    call: Call
    started: CallStarted | None = None
    since: float = 0.0
    keep: str = "metrics"
    faults: int = 0
    recorded: bool = False
    resumed: int = 0
    streams: int = 1
    """Streams of the call that are not over: an older one ends while the newer carries the call."""
    touched: bool = True
    """Something has happened since it was shown."""
    shown: LiveCall | None = None
    look_at: float = 0.0
    """When it may be shown again, in seconds of `now`."""
    first_turn: int = 0
    """The first turn whose wait may still change."""
    asked: int = 0
    """Questions before that turn."""
    wait_s: float | None = None
    longest_s: float | None = None


class LiveCalls:
    """Follow the calls of a process. An observer of calls; `beat` shows what has changed."""

    wants_still_frames: Final = False

    def __init__(self, directory: Shown, clock: Callable[[], float], keep: Callable[[str], str]) -> None:
        """Take the directory, what reads the wall clock in Unix seconds, and what a line keeps, by its name."""
        self._directory = directory
        self._clock = clock
        self._keep = keep
        self._calls: dict[str, _Followed] = {}

    def __repr__(self) -> str:
        return f"<LiveCalls {len(self._calls)} calls>"

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Follow a call, or the newer stream of one."""
        older = self._calls.get(call_id)
        followed = _Followed(call)
        if older is not None:
            followed.since, followed.streams = older.since, older.streams + 1
            followed.recorded, followed.resumed = older.recorded, older.resumed
        self._calls[call_id] = followed

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Count faults; show a call that begins."""
        followed = self._calls.get(call_id)
        if followed is None:
            return
        followed.touched = True
        for command in commands:
            if type(command) is Note and command.name in FAULT_NOTES:
                followed.faults += 1
        # An older stream of the call goes on for a moment beside the newer one: it cannot begin again.
        if type(event) is CallStarted and followed.started is None:
            followed.started = event
            if event.resumption is not None:
                followed.since, followed.resumed = event.resumption.since, event.resumption.count
            followed.since = followed.since or self._clock()
            followed.keep = self._keep(event.line)
            self._show(followed, event, now)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Show a call no more, unless it goes on in another stream of this process."""
        followed = self._calls.get(call_id)
        if followed is None:
            return
        if hang_up.reason == SUPERSEDED and followed.streams > 1:
            followed.streams -= 1
            return
        self.left(call_id)

    def left(self, call_id: str) -> None:
        """Forget a call that this process does not carry any more."""
        if self._calls.pop(call_id, None) is not None:
            self._directory.gone(call_id)

    def record(self, call_id: str, recorded: bool) -> None:
        """Note whether a call is being recorded."""
        if (followed := self._calls.get(call_id)) is not None:
            followed.recorded, followed.touched = recorded, True

    def beat(self, now: float) -> None:
        """Show what has changed and was not shown just now."""
        for call_id, followed in self._calls.items():
            shown, started = followed.shown, followed.started
            if shown is None or started is None or now < followed.look_at:
                continue
            # A voice that begins gives the caller the floor without a command, and so without an event here.
            changed = followed.touched or state_of(followed.call) != shown.state
            if changed or self._directory.listeners(call_id) != shown.listeners:
                self._show(followed, started, now)

    def show_again(self) -> list[LiveCall]:
        """Return all that is shown: what kept it before may have lost it."""
        return [followed.shown for followed in self._calls.values() if followed.shown is not None]

    def _show(self, followed: _Followed, started: CallStarted, now: float) -> None:
        """Put a call into the directory as it is now, if it has changed."""
        followed.touched = False
        turns = followed.call.turns
        asked = self._measure(followed, turns)
        call = LiveCall(
            started.call_id,
            self._directory.node,
            started.line,
            started.direction,
            started.caller[:_MOST_OF_AN_ADDRESS],
            started.called[:_MOST_OF_AN_ADDRESS],
            followed.since,
            state_of(followed.call),
            asked,
            _ms(followed.wait_s),
            _ms(followed.longest_s),
            followed.faults,
            self._directory.listeners(started.call_id),
            followed.recorded,
            followed.resumed,
            followed.keep,
            last_words(turns) if followed.keep == "text" else (),
        )
        if call != followed.shown:
            followed.shown, followed.look_at = call, now + 1 / SHOWN_A_SECOND
            self._directory.put(call)

    def _measure(self, followed: _Followed, turns: Sequence[Turn]) -> int:
        """Take the waits of the turns that are there now. Return how many questions there were."""
        asked = followed.asked
        longest = followed.longest_s
        for place in range(followed.first_turn, len(turns)):
            turn = turns[place]
            # A question that is asked ahead may be dropped without a trace.
            if turn.kind != "phrase" and not turn.ahead:
                asked += 1
                if (seconds := wait(turn)) is not None:
                    followed.wait_s = seconds
                    longest = seconds if longest is None else max(longest, seconds)
            # A wait is what it is from the first audio on: those before need no look any more.
            if turn.ended_at is not None and place == followed.first_turn:
                followed.first_turn, followed.asked, followed.longest_s = place + 1, asked, longest
        followed.longest_s = longest
        return asked


def state_of(call: Call) -> str:
    """Return whose turn it is, or `ending`."""
    return call.floor.state.value if call.ending.state is EndingState.TALKING else "ending"


def last_words(turns: Sequence[Turn]) -> tuple[tuple[str, str], ...]:
    """Return the last pieces of a conversation, the newest last: who said it, and what."""
    found: list[tuple[str, str]] = []
    left = MOST_OF_ALL
    for turn in reversed(turns):
        for who, text in (("agent", agent_words(turn)), ("caller", caller_words(turn))):
            piece = text.strip()[: min(MOST_OF_A_PIECE, left)]
            if piece and len(found) < WORDS_KEPT:
                found.append((who, piece))
                left -= len(piece)
        if left <= 0 or len(found) >= WORDS_KEPT:
            break
    return tuple(reversed(found))


def caller_words(turn: Turn) -> str:
    """Return what the caller said, with a dot for every key in it: a key may be of a card's number."""
    return _PRESSED.sub("\u2022", turn.text) if turn.digits or turn.kind == "dtmf" else turn.text


def agent_words(turn: Turn) -> str:
    """Return what the caller has heard of an answer that is over, or else what is being said."""
    if turn.ended_at is not None and turn.outcome != "open":
        return turn.heard
    return " ".join(sentence.text.strip() for sentence in turn.sentences if sentence.sent_at is not None)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
