"""Decide what one socket to the speech service may do now, how old it is, and whether it lives. Pure.

`now` is seconds of the driver's clock. The API has no request id and no cancel, so a link carries one request at a
time, and a cancelled request keeps the link until the service has said the last of it:

    DISCONNECTED --connect--> CONNECTING --opened--> IDLE --request--> BUSY --end--> IDLE
    BUSY --cancel--> DRAINING --end--> IDLE
    CONNECTING, IDLE, BUSY, DRAINING --retire--> RETIRING --lost--> CLOSED
    every state but CLOSED --lost--> CLOSED

RETIRING: the bridge closes the socket; nothing that arrives counts any more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

from ivr.hamsa.messages import SpeechKind

Verb: TypeAlias = Literal["connect", "opened", "request", "end", "cancel", "retire", "lost"]
LinkDue: TypeAlias = Literal["", "dead", "stuck", "ping", "age"]
"""`dead`: a ping went unanswered. `stuck`: a drain does not end. `ping`: quiet for long. `age`: to be replaced."""

FIRST_AUDIO_LEAST: Final = 0.1
"""Seconds after a request in which no synthesis can have begun."""
TIMER_SLACK: Final = 1e-6
"""Seconds a loop's timer may fire before its time."""
TRAIL: Final = 0.2
"""Seconds after the end of a reply in which no other can have begun: the soonest ever seen was 0.29."""
SCRAP: Final = 6400
"""Bytes of the longest frame that may trail a reply: 200 ms. A reply's first frame is longer (7 kB and more)."""
QUICKER: Final = 0.6
"""The share of the link's quickest answer in which no other can have begun, if that is less."""
NEW: Final = 1.0
"""Seconds in which a link that has just opened is believed to live."""
RECHECK: Final = 30.0
"""Seconds until an aged link that could not be replaced is due again."""
SPREAD: Final = 0.1
"""Share of the greatest age by which chance may shorten it."""


class LinkState(Enum):
    """Name the states of a link."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    IDLE = "idle"
    BUSY = "busy"
    DRAINING = "draining"
    RETIRING = "retiring"
    CLOSED = "closed"


LINK_TABLE: Final[dict[tuple[LinkState, Verb], LinkState]] = {
    (LinkState.DISCONNECTED, "connect"): LinkState.CONNECTING,
    (LinkState.DISCONNECTED, "lost"): LinkState.CLOSED,
    (LinkState.CONNECTING, "opened"): LinkState.IDLE,
    (LinkState.CONNECTING, "retire"): LinkState.RETIRING,
    (LinkState.CONNECTING, "lost"): LinkState.CLOSED,
    (LinkState.IDLE, "request"): LinkState.BUSY,
    (LinkState.IDLE, "retire"): LinkState.RETIRING,
    (LinkState.IDLE, "lost"): LinkState.CLOSED,
    (LinkState.BUSY, "end"): LinkState.IDLE,
    (LinkState.BUSY, "cancel"): LinkState.DRAINING,
    (LinkState.BUSY, "retire"): LinkState.RETIRING,
    (LinkState.BUSY, "lost"): LinkState.CLOSED,
    (LinkState.DRAINING, "end"): LinkState.IDLE,
    (LinkState.DRAINING, "retire"): LinkState.RETIRING,
    (LinkState.DRAINING, "lost"): LinkState.CLOSED,
    (LinkState.RETIRING, "lost"): LinkState.CLOSED,
}


class IllegalLinkUse(RuntimeError):
    """Report that the driver asked a link for what its state does not allow: a fault of the bridge."""


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """Limit how long a link may stay as it is, in seconds."""

    max_age: float = 3000.0
    ping_interval: float = 20.0
    ping_verdict: float = 2.0
    asked_verdict: float = 0.8
    drain_stall: float = 3.0
    drain_limit: float = 10.0


class Link:
    """Hold the state of one socket and the times that matter to it."""

    def __init__(
        self,
        number: int,
        limits: LinkLimits,
        jitter: float = 0.0,
        kind: SpeechKind = "tts",
        states: Counter[LinkState] | None = None,
    ) -> None:
        """Shorten the greatest age by `jitter`, 0 to 1, of `SPREAD`. `kind`: of the link's requests. `states`: counts
        the links of that kind by their state."""
        self.kind: SpeechKind = kind
        self._states: Counter[LinkState] = Counter() if states is None else states
        self.number = number
        """Counts the links of one owner from 1."""
        self.state = LinkState.DISCONNECTED
        self.since = 0.0
        """When the state was entered."""
        self.opened_at: float | None = None
        self.uses = 0
        """Requests made, the one in flight included."""
        self.replies = 0
        """Replies that came to their end, wanted or not."""
        self.heard_at = 0.0
        """The last sign of life."""
        self.pinged_at: float | None = None
        """When the ping that is still unanswered was sent."""
        self.recycle_at = limits.max_age * (1.0 - SPREAD * jitter)
        """When the link is due for its age: an age until it is open, then a time."""
        self.old = False
        """It was due for its age before."""
        self.doubts = 0
        """Replies in a row that had no speech in them."""
        self._limits = limits
        self._suspect = False
        self._asked_at = 0.0
        self._ended_at = float("-inf")
        self._quickest = 0.0
        self._answered = False
        self._acked = False
        self._acks = False
        self._acks_again = False
        self.same_caller = True
        """The request in flight is for the call that was served before it: no other caller's audio can trail."""

    def __repr__(self) -> str:
        return f"<Link {self.number} {self.state.value}, {self.uses} uses>"

    @property
    def reused(self) -> bool:
        """Return whether the request in flight, or the last one, was not the link's first."""
        return self.uses > 1

    @property
    def ended(self) -> bool:
        """Return whether no request can ever be made on this link again."""
        return self.state is LinkState.RETIRING or self.state is LinkState.CLOSED

    @property
    def asked(self) -> bool:
        """Return whether a reply is to come, wanted or not."""
        return self.state is LinkState.BUSY or self.state is LinkState.DRAINING

    def doubtful(self, now: float) -> bool:
        """Return whether a request should come with a ping: the link may have died since it last did something."""
        return self.reused or self.age(now) > NEW

    def age(self, now: float) -> float:
        """Return the seconds since the socket opened; 0 before."""
        return 0.0 if self.opened_at is None else now - self.opened_at

    def connect(self, now: float) -> None:
        """Begin to open the socket."""
        self._go("connect", now)

    def opened(self, now: float) -> None:
        """Begin to serve."""
        self._go("opened", now)
        self.opened_at = self.heard_at = now
        self.recycle_at += now

    def request(self, now: float) -> None:
        """Begin a request."""
        self._go("request", now)
        self.uses += 1
        self._asked_at = now
        self._acked = self._answered = False

    def end(self, now: float) -> None:
        """End the reply, wanted or not."""
        self._go("end", now)
        self.replies += 1
        self._ended_at = now

    def change_kind(self, kind: SpeechKind, number: int, states: Counter[LinkState]) -> None:
        """Serve requests of another kind, under another number; forget what was learnt of the replies."""
        self._states[self.state] -= 1
        states[self.state] += 1
        self.kind, self.number, self._states = kind, number, states
        self._acks = self._acks_again = False
        self._quickest = 0.0

    def cancel(self, now: float) -> None:
        """Give up the reply; it still has to end."""
        self._go("cancel", now)

    def retire(self, now: float) -> None:
        """Close the socket from our side."""
        self._go("retire", now)

    def lost(self, now: float) -> None:
        """Learn that the socket is gone."""
        self._go("lost", now)

    def heard(self, now: float) -> None:
        """Take any frame or pong as a sign of life."""
        self.heard_at = now
        self.pinged_at = None

    def suspect(self) -> None:
        """Ask for a sign of life before the link is trusted again, because other links have died in silence."""
        self._suspect = True

    def pinged(self, now: float) -> None:
        """Start the clock of a ping. An earlier one that is unanswered keeps its own."""
        self._suspect = False
        self.pinged_at = now if self.pinged_at is None else self.pinged_at

    def acknowledged(self) -> None:
        """Learn that the service accepted the request in flight."""
        self._acks_again = self._acks_again or (self._acks and not self._acked)
        self._acked = self._acks = True

    def answered(self, now: float) -> None:
        """Learn that something of the reply to the request in flight has come."""
        if not self._answered:
            self._answered = True
            took = now - self._asked_at
            self._quickest = min(self._quickest, took) if self._quickest else took

    def stale(self, now: float, size: int = 0, *, again: bool = False) -> bool:
        """Return whether audio of `size` bytes, or an `end` (0), belongs to the request before this one.

        A frame that trails behind the `end` of one request would be taken for the beginning of the next, which may be
        another caller's. `again`: the same bytes as the frame before.
        """
        if not self.asked:
            return False
        # After its `ack` a reply to the same caller is believed, except a scrap, or the last frame again, that comes
        # much too early. Any other early frame is played: the rest of the sentence before is heard in its place.
        if self._acked and self.same_caller:
            return (0 < size <= SCRAP or (again and not self._answered)) and self.trailing(now)
        if self._acked:
            return size > 0 and self.trailing(now)
        if self.trailing(now):
            return True
        # The service acknowledges a request before its audio. On a link that is known to do so, audio before the `ack`
        # is stale. Until a second request was acknowledged, only what comes before any synthesis can start is.
        return self.reused and (self._acks_again or (self._acks and now - self._asked_at < FIRST_AUDIO_LEAST))

    def trailing(self, now: float) -> bool:
        """Return whether it is too soon after a reply for anything of the next."""
        return self.asked and now - self._ended_at < min(TRAIL, QUICKER * self._quickest)

    def postpone(self, now: float) -> None:
        """Put off the replacement of a link that is due for its age."""
        self.recycle_at = now + RECHECK
        self.old = True

    def wake_at(self) -> float | None:
        """Return when `due` will say something, if nothing happens before; None: never."""
        times = [when for when, _ in self._dues()]
        return min(times) if times else None

    def due(self, now: float) -> LinkDue:
        """Return what the driver has to do now, the gravest first; empty: nothing."""
        return next((what for when, what in self._dues() if when <= now + TIMER_SLACK), "")

    def _dues(self) -> list[tuple[float, LinkDue]]:
        if self.ended:
            return []
        dues: list[tuple[float, LinkDue]] = []
        # A ping without a sign of life within the verdict means that the socket is dead, however open it looks; sooner
        # when a request waits for an answer on it.
        if self.pinged_at is not None:
            busy = self.state is LinkState.BUSY
            verdict = self._limits.asked_verdict if busy else self._limits.ping_verdict
            dues.append((self.pinged_at + verdict, "dead"))
        if self.state is LinkState.DRAINING:
            quiet_since = max(self.heard_at, self.since)
            stuck = min(quiet_since + self._limits.drain_stall, self.since + self._limits.drain_limit)
            dues.append((stuck, "stuck"))
        # A link is recycled for its age only between requests.
        if self.state is LinkState.IDLE:
            if self.pinged_at is None:
                dues.append((self.since if self._suspect else self.heard_at + self._limits.ping_interval, "ping"))
            dues.append((self.recycle_at, "age"))
        return dues

    def _go(self, verb: Verb, now: float) -> None:
        after = LINK_TABLE.get((self.state, verb))
        if after is None:
            raise IllegalLinkUse(f"{verb} while {self.state.value}")
        self._states[self.state] -= 1
        self._states[after] += 1
        self.state, self.since = after, now
