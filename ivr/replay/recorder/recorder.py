"""Record live calls: see every event of every call, and hand them to the thread that writes tapes.

On the event loop an event costs one entry of a list. Before a second is over the list of a call goes to the writer:
some calls at a time, so that the thread never has a whole second of all calls before it, for which the loop would wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp
from ivr.call.events import CallStarted, Event, TtsAudio
from ivr.call.options import every_phrase
from ivr.call.timeline import Turn
from ivr.replay.recorder.folder import TapeFolder
from ivr.replay.recorder.header import tape_header
from ivr.replay.recorder.options import RecorderOptions, is_chosen
from ivr.replay.recorder.writer import CallEnd, Happening, TapeWriter

HOLD_S: Final = 0.8
"""Seconds of a call that are held. A crash may cost its tape a second: thread and disk take time as well."""
SHIFTS: Final = 5
"""Parts of that time; in each a part of the calls is handed over. In one go would cost the loop a long wait for the
interpreter, and each call by itself would wake the thread too often."""
MOST_HELD: Final = 1_000_000
"""Bytes of one call that wait for the second to be over."""
_EVENT_BYTES: Final = 400
"""What an event takes in memory, about, without audio of the agent."""


class RecordedCall:
    """Hold what happened on a call and is not with the writer yet."""

    __slots__ = ("acoustics", "audio", "hang_up", "happenings", "options", "ticket")

    def __init__(self, ticket: int, call: Call) -> None:
        self.ticket = ticket
        self.options = call.options
        self.acoustics = call.acoustics
        self.happenings: list[Happening] = []
        self.audio = 0
        """Bytes of the agent's audio among them."""
        self.hang_up: HangUp | None = None
        """How the call ended, once it has."""


class TapeRecorder:
    """Record the calls of one server. An observer of calls; belongs to the event loop."""

    def __init__(
        self,
        options: RecorderOptions,
        *,
        writer: TapeWriter | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        chance: random.Random | None = None,
    ) -> None:
        """Take `clock`, which gives the wall time, and `chance`, which chooses the calls of a sample."""
        self._options = options
        self.writer = writer or TapeWriter(
            TapeFolder(options.folder, days=options.days, megabytes=options.megabytes), options.keep
        )
        self._clock = clock
        self._chance = chance or random.SystemRandom()
        self._calls: dict[str, list[RecordedCall]] = {}
        """By the carrier's id; a call whose stream was superseded has two, the newest last."""
        self._tickets = 0
        self._due = 0.0
        """When the next calls are handed over, in seconds of the loop's clock."""
        self._shift = 0
        """Which they are: those whose ticket leaves this remainder."""

    @property
    def on_tape(self) -> Callable[[str, int], None]:
        """Told what became of each tape, and its bytes. Called from the writer's thread."""
        return self.writer.on_tape

    @on_tape.setter
    def on_tape(self, tell: Callable[[str, int], None]) -> None:
        self.writer.on_tape = tell

    @property
    def on_kept(self) -> Callable[[str, str], None]:
        """Told the call of a tape that was kept, and its file's name. Called from the writer's thread."""
        return self.writer.on_kept

    @on_kept.setter
    def on_kept(self, tell: Callable[[str, str], None]) -> None:
        self.writer.on_kept = tell

    def __repr__(self) -> str:
        return f"<TapeRecorder {len(self._calls)} calls, {self.writer!r}>"

    def start(self) -> None:
        """Begin to write; tapes that a crash has left are kept first."""
        self.writer.start()

    def close(self) -> None:
        """Write what is held, and end the thread. Blocks for a while when the disk is slow."""
        for call in [call for calls in self._calls.values() for call in calls]:
            self._hand_over(call)
        self._calls.clear()
        self.writer.close()

    # -- an observer of calls ------------------------------------------------------------------------------------

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Decide whether a call gets a tape."""
        if is_chosen(self._options, self._chance):
            self._tickets += 1
            # Where the audio is not on the tape, what the call measures of it is.
            call.acoustics.keep = not self._options.audio
            self._calls.setdefault(call_id, []).append(RecordedCall(self._tickets, call))

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Hold an event and its commands; hand what is held of some calls to the writer when it is their turn."""
        calls = self._calls.get(call_id)
        if calls is None:
            return
        call = calls[-1]
        call.happenings.append((now, event, commands, call.acoustics.taken))
        if type(event) is TtsAudio:
            call.audio += len(event.audio)
        elif type(event) is CallStarted:
            wall = self._clock().isoformat(timespec="milliseconds")
            header = tape_header(event, call.options, wall, audio=self._options.audio)
            self.writer.begin(call.ticket, header, every_phrase(call.options) if self._options.audio else {})
        if commands and type(last := commands[-1]) is HangUp:
            call.hang_up = last
        if now >= self._due:
            # On the same beat, however late an event is; a bridge without calls begins anew.
            self._due = max(self._due + HOLD_S / SHIFTS, now)
            self._shift = (self._shift + 1) % SHIFTS
            held = [(each_id, one) for each_id, some in self._calls.items() for one in some]
            for held_id, one in held:
                if one.ticket % SHIFTS == self._shift:
                    self._hand_over_or_forget(held_id, one)
        elif call.audio > MOST_HELD:
            self._hand_over_or_forget(call_id, call)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """End the tape of a call."""
        calls = self._calls.get(call_id, [])
        # A call with two streams: the first may end after the second has begun.
        call = next((call for call in calls if call.hang_up is hang_up), None)
        if call is None:
            return
        self._forget(call_id, call)
        if self._hand_over(call):
            self.writer.end(call.ticket, CallEnd(hang_up, list(turns)))

    def _hand_over(self, call: RecordedCall) -> bool:
        """Give the writer what is held of a call; return False when the tape is lost."""
        happenings, call.happenings = call.happenings, []
        size = len(happenings) * _EVENT_BYTES + call.audio
        call.audio = 0
        return not happenings or self.writer.add(call.ticket, happenings, size)

    def _hand_over_or_forget(self, call_id: str, call: RecordedCall) -> None:
        if not self._hand_over(call):
            self._forget(call_id, call)

    def _forget(self, call_id: str, call: RecordedCall) -> None:
        calls = self._calls[call_id]
        calls.remove(call)
        if not calls:
            del self._calls[call_id]
