"""Define what the workers of a machine know in common: who has a place, who is on the line and where.

`Places` is the interface; an operation is one step that no other worker can come between. Engines:

    MemoryPlaces   one process                          `ivr.server.shared.memory_places`
    SqlitePlaces   the workers of one machine           `ivr.server.shared.sqlite_places`

All times are seconds of the machine's monotonic clock, which every process of the machine reads alike and which is
never set: it is the time of the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

Verdict: TypeAlias = Literal["answer", "busy", "drain"]
NEXT_STREAM_SECONDS: Final = 5.0
"""Seconds a place is kept for another stream of a call whose stream has ended; a carrier needs about one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hold what is known of a call that was answered and whose stream is awaited."""

    call_id: str
    caller: str = ""
    """As the carrier writes it. Never logged."""
    called: str = ""
    """The number that was dialled. Never logged."""
    direction: str = "inbound"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What else the voice webhook said of the call. Never logged."""
    deadline: float = field(default=0.0, compare=False)
    """`now` from which the place is free again."""
    nonce: bytes = field(default=b"", compare=False, repr=False)
    """Random bytes in the token of the place: a token is used once, and this is how it is known again."""
    line: str = field(default="", compare=False)
    """The name of the call's line."""
    resumed: bool = False
    """The call's stream has died, and the call goes on: it was let in before, and is not turned away now."""
    job: str = ""
    """The id of the job for which the bridge has placed this call; empty: it has not."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Say for how many calls there is room."""

    max_calls: int
    """Calls at once, awaited ones included."""
    fits: Callable[[int], bool] = lambda _calls: True
    """Tells whether there is room for as many calls that were answered and have not begun."""
    draining: bool = False
    """This worker is about to end: it takes no new calls."""
    max_line: int = 0
    """Calls of the call's line at once, awaited ones included. 0: as many as there are."""


GOES_ON: Final = Terms(1 << 30)
"""The terms of a call that is resumed."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Say what became of a call that asked for a place."""

    verdict: Verdict
    place: Place | None = None
    """The place, where there is one. A call that asks again keeps the nonce that was not used yet."""
    new: bool = False
    """The call had neither a place nor a stream."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Say which stream carries a call."""

    worker: int
    """Index of the worker."""
    stream: int
    """Number of the stream, of that worker's own counting."""
    late: Mapping[str, str] = field(default_factory=dict)
    """What the carrier found out of the call while it lasted. Never logged."""
    line: str = field(default="", compare=False)
    """The name of the call's line."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Say how many streams are still to come."""

    calls: int
    """Places that are given and not taken."""
    to_begin: int
    """Those of them whose call is not on the line."""
    expires_at: float | None = None
    """When the first of the places falls free."""


class Places(Protocol):
    """Keep the places of the machine's calls. One object a worker."""

    def admit(self, asked: Place, terms: Terms, now: float) -> Admitted:
        """Give a place to a new call when there is room, and to a call that is known in any case."""

    def expect(self, call_id: str, now: float) -> Place | None:
        """Return the place that is kept for a call. None: there is none."""

    def redeem(self, nonce: bytes, until: float, now: float) -> bool:
        """Use a token up. False: it was used before. It is remembered until `until`, when it is void anyway."""

    def arrive(self, call_id: str, stream: int, line: str = "") -> Owner | None:
        """Note that this worker carries a call. Return the stream that carried it before, which must be ended."""

    def leave(self, call_id: str, stream: int, now: float) -> bool:
        """Note that a stream of this worker is over. False: a newer one, here or elsewhere, carries the call."""

    def forget(self, call_id: str) -> None:
        """Free the place of a call that is over."""

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """Add to what is known of a call that is awaited or on the line."""

    def owner(self, call_id: str) -> Owner | None:
        """Return the stream that carries a call. None: it is not on the line."""

    def awaited(self, now: float) -> Awaited:
        """Return how many streams are still to come, to whichever worker."""

    def drain(self) -> None:
        """Note that this worker takes no new calls any more."""

    def others_take(self) -> bool:
        """Tell whether another worker takes calls, and so may get the streams that are awaited."""

    def keep(self, call_id: str, snapshot: bytes, most: int) -> None:
        """Keep what a developer may ask of a call, in the place of what was kept of it. The oldest of too many goes."""

    def kept(self, call_id: str) -> bytes | None:
        """Return what is kept of a call."""


def decide(
    known: bool, taken: int, awaited: int, terms: Terms, others_take: Callable[[], bool], of_line: int = 0
) -> Verdict:
    """Decide about a call. `known`: it has a place or is on the line. `taken`: calls that have or are, all workers'.

    `of_line`: those of them that are of the call's line.
    """
    # The carrier may ask again for the same call: that takes no second place.
    if known:
        return "answer"
    # Where another worker goes on, the stream can come to it: no caller is turned away by one that ends.
    if terms.draining and not others_take():
        return "drain"
    if 0 < terms.max_line <= of_line:
        return "busy"
    # Better busy than a call that dies in the middle, and others with it.
    return "answer" if taken < terms.max_calls and terms.fits(awaited + 1) else "busy"
