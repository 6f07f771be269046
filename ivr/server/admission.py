"""Admit calls, and know those on the line.

The voice webhook asks for a place and the stream takes it. `busy` when there is none, `drain` while the server stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Literal, TypeAlias, TypeVar

Verdict: TypeAlias = Literal["answer", "busy", "drain"]
Live = TypeVar("Live")
_NONE: Final[Mapping[str, str]] = {}
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


class Admission(Generic[Live]):
    """Admit calls up to a limit. `Live` is the object that the server keeps for a call on the line."""

    def __init__(self, max_calls: int, hold: float = 60.0) -> None:
        """Take `max_calls` calls at once, awaited ones included, and keep a place for its stream for `hold` seconds."""
        if max_calls < 1:
            raise ValueError("a server needs room for a call")
        self.max_calls = max_calls
        self.fits: Callable[[int], bool] = lambda _calls: True
        """Tells whether the process has room for as many calls that were answered and have not begun."""
        self.draining = False
        """No new calls; those on the line go on."""
        self.admitted = 0
        """Calls answered so far."""
        self.refused: dict[Verdict, int] = {"busy": 0, "drain": 0}
        """Calls turned away so far."""
        self.superseded = 0
        """Streams that took the place of an older one of the same call, so far."""
        self._hold = hold
        self._awaited: dict[str, Place] = {}
        self._live: dict[str, Live] = {}

    def __repr__(self) -> str:
        draining = " draining" if self.draining else ""
        return f"<Admission {len(self._live)} live, {len(self._awaited)} awaited of {self.max_calls}{draining}>"

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._live.values()))

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._live

    def get(self, call_id: str) -> Live | None:
        """Return the live call of this id."""
        return self._live.get(call_id)

    def awaited(self, now: float) -> int:
        """Return how many places are given and not yet taken."""
        self._expire(now)
        return len(self._awaited)

    def owed(self, now: float) -> int:
        """Return how many calls were answered and are not over: on the line, or with their stream still to come."""
        return len(self._live.keys() | {place.call_id for place in self._awaited.values() if now < place.deadline})

    def expires_at(self, now: float) -> float | None:
        """Return when the next place falls free if its stream does not come, in seconds of `now`."""
        return min((place.deadline for place in self._awaited.values() if now < place.deadline), default=None)

    def admit(
        self,
        call_id: str,
        now: float,
        *,
        caller: str = "",
        called: str = "",
        direction: str = "",
        parameters: Mapping[str, str] = _NONE,
    ) -> Verdict:
        """Decide whether a call may come in. `answer` keeps a place for its stream."""
        self._expire(now)
        # The carrier may ask again for the same call: that takes no second place.
        known = call_id in self._awaited or call_id in self._live
        taken = len(self._live.keys() | self._awaited.keys())
        verdict: Verdict = "answer"
        if not known and self.draining:
            verdict = "drain"
        # Better busy than a call that dies in the middle, and others with it.
        elif not known and (taken >= self.max_calls or not self.fits(len(self._awaited) + 1)):
            verdict = "busy"
        if verdict != "answer":
            self.refused[verdict] += 1
            return verdict
        self.admitted += not known
        self._awaited[call_id] = Place(call_id, caller, called, direction or "inbound", parameters, now + self._hold)
        return verdict

    def expect(self, call_id: str, now: float) -> Place | None:
        """Return the place kept for this call, with what the voice webhook knew of it. None: there is none."""
        self._expire(now)
        return self._awaited.get(call_id)

    def arrive(self, call_id: str, live: Live) -> Live | None:
        """Note that the call's stream is open. Returns the object of an older stream, which must be ended, or None."""
        # Twilio opens a second stream of a call when it has lost the first: the newer one is the caller's.
        self._awaited.pop(call_id, None)
        older = self._live.pop(call_id, None)
        self._live[call_id] = live
        self.superseded += older is not None
        return older

    def leave(self, call_id: str, live: Live, now: float) -> bool:
        """Note that this stream of the call is over. False when a newer one has its place already."""
        if self._live.get(call_id) is not live:
            return False
        del self._live[call_id]
        place = self._awaited.get(call_id)
        # A call that asked again while on the line may be about to open another stream: a short time decides.
        if place is not None:
            self._awaited[call_id] = replace(place, deadline=min(place.deadline, now + NEXT_STREAM_SECONDS))
        return True

    def forget(self, call_id: str) -> None:
        """Free the place of a call that the carrier says is over."""
        self._awaited.pop(call_id, None)

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """Add to what is known of a call whose stream is awaited."""
        place = self._awaited.get(call_id)
        if place is not None:
            self._awaited[call_id] = replace(place, parameters={**place.parameters, **found})

    def _expire(self, now: float) -> None:
        for call_id in [place.call_id for place in self._awaited.values() if now >= place.deadline]:
            del self._awaited[call_id]
