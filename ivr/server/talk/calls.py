"""Keep the calls of the softphone: how many there may be at once, and what their pages are told.

An observer of calls; of calls that are not the softphone's it takes next to no time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, Literal, TypeAlias

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Transfer
from ivr.call.events import Event
from ivr.call.timeline import Turn
from ivr.observe.redact import number_hidden
from ivr.server.talk.told import Tell, ToldCall

TALK: Final = "talk"
"""The direction of a call of the softphone, in records and in the agent's request."""
TALK_CALLER: Final = "client:talk"
"""Who calls. Never a number, so that a line's rules for numbers do not take it for one."""
LONGEST_CALL_S: Final = 900.0
"""Seconds after which such a call is ended with a goodbye."""
AWAITED_S: Final = 10.0
"""Seconds for which a place is kept for the page's socket, which comes at once or not at all."""
MOST_A_MINUTE: Final = 20
"""Calls that one process gives in a minute, to all pages together."""
MINUTE_S: Final = 60.0

TooMany: TypeAlias = Literal["too_many", "too_often"]


class TalkCalls:
    """Hold the calls of the softphone at one server."""

    wants_still_frames: Final = False

    def __init__(self, most: int) -> None:
        """Take `most`, how many there may be at once; 0: none."""
        self.most = most
        self._awaited: dict[str, float] = {}
        """Until when a place is kept, of calls whose socket is to come, here or at another process."""
        self._begun: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self._pages: dict[str, Tell] = {}
        self._told: dict[str, ToldCall] = {}

    def __repr__(self) -> str:
        return f"<TalkCalls {len(self._pages)} of {self.most}>"

    # -- places --------------------------------------------------------------------------------------------------

    def refusal(self, live: Collection[str], now: float) -> TooMany | None:
        """Return why there may be no call at `now`, in seconds of the loop's clock. None: there may be one.

        `live`: ids of the softphone's calls that are on the line anywhere.
        """
        self._awaited = {call: until for call, until in self._awaited.items() if now < until}
        if len({*live, *self._pages, *self._awaited}) >= self.most:
            return "too_many"
        full = len(self._begun) == MOST_A_MINUTE
        return "too_often" if full and now - self._begun[0] < MINUTE_S else None

    def expect(self, call_id: str, now: float) -> None:
        """Keep a place for a call whose socket is to come."""
        self._awaited[call_id] = now + AWAITED_S
        self._begun.append(now)

    def forget(self, call_id: str) -> None:
        """Keep no place for a call that was carried elsewhere and is over, as its page says."""
        self._awaited.pop(call_id, None)

    def begin(self, call_id: str, tell: Tell) -> None:
        """Note that the socket of a call is open. `tell` takes what its page is told."""
        self._awaited.pop(call_id, None)
        self._pages[call_id] = tell

    def leave(self, call_id: str) -> None:
        """Free the place of a call whose socket is over."""
        self._awaited.pop(call_id, None)
        self._pages.pop(call_id, None)
        self._told.pop(call_id, None)

    # -- what the pages are told ---------------------------------------------------------------------------------

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Begin to tell the page of this call."""
        if (tell := self._pages.get(call_id)) is not None:
            self._told[call_id] = ToldCall(tell, call)

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Tell the page what is new."""
        if (told := self._told.get(call_id)) is not None:
            told.happened(commands)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Need nothing of a call that is over: its page was told before its socket was closed."""

    def hand_over(self, call_id: str) -> Callable[[Transfer], Awaitable[str]]:
        """Return what stands in for the carrier at a transfer: the page says who would be dialled, and none is."""

        async def show(order: Transfer) -> str:
            if (tell := self._pages.get(call_id)) is not None:
                tell({"event": "talk", "what": "transfer", "number": number_hidden(order.number)})
            return "done"

        return show
