"""Admit calls, and know those on the line.

The voice webhook asks for a place and the stream takes it. `busy` when there is none, `drain` while the server stops.
The places are those of the whole machine (`ivr.server.shared`); the live calls are this worker's own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from ivr.fleet.messages import CallOver, Learnt, StreamOver, Superseded
from ivr.observe.recent_calls import ENDED_KEPT
from ivr.server.shared.places import GOES_ON, Place, Terms, Verdict
from ivr.server.shared.shared import Shared
from ivr.twilio.tokens import NONCE_BYTES

Live = TypeVar("Live")
Room: TypeAlias = Literal["unknown", "given", "full"]
"""Whether a fleet has a place for a call. `unknown`: there is none, or it cannot be asked."""
EVERY_CALL: Final = 1 << 30
_NONE: Final[Mapping[str, str]] = {}


class Admission(Generic[Live]):
    """Admit calls up to a limit. `Live` is the object that the server keeps for a call on the line."""

    def __init__(self, max_calls: int, hold: float = 60.0, shared: Shared | None = None) -> None:
        """Take `max_calls` calls at once on the machine, awaited ones included.

        A place is kept for its stream for `hold` seconds.
        """
        if max_calls < 1:
            raise ValueError("a server needs room for a call")
        self.max_calls = max_calls
        self.fits: Callable[[int], bool] = lambda _calls: True
        """Tells whether the process has room for as many calls that were answered and have not begun."""
        self.admitted = 0
        """Calls answered so far, by this worker."""
        self.refused: dict[Verdict, int] = {"busy": 0, "drain": 0}
        """Calls turned away so far."""
        self.others_take: Callable[[], bool] = lambda: False
        """Tells whether another machine takes calls, and so may get the streams that are awaited."""
        self.superseded = 0
        """Streams that took the place of an older one of the same call, so far."""
        self._shared = shared or Shared()
        self._places = self._shared.places
        self._hold = hold
        self._draining = False
        self._beginning: dict[Live, int] = {}
        """Streams that are open and have not said yet whose they are, with their numbers."""
        self._live: dict[str, Live] = {}
        self._streams: dict[str, int] = {}
        """The number of the stream of each live call."""
        self._next_stream = 0

    def __repr__(self) -> str:
        draining = " draining" if self._draining else ""
        return f"<Admission {len(self._live)} live of {self.max_calls}{draining}>"

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._live.values()))

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._live

    @property
    def draining(self) -> bool:
        """Tell whether this worker takes no new calls; those on the line go on."""
        return self._draining

    @draining.setter
    def draining(self, draining: bool) -> None:
        self._draining = draining
        if draining:
            self._places.drain()

    @property
    def takes(self) -> bool:
        """Tell whether requests and streams are welcome at this worker: it is the last that ends, or does not end."""
        return not (self._draining and (self._places.others_take() or self.others_take()))

    def get(self, call_id: str) -> Live | None:
        """Return the live call of this id, when this worker carries it."""
        return self._live.get(call_id)

    def awaited(self, now: float) -> int:
        """Return how many places are given and not yet taken."""
        return self._places.awaited(now).calls

    def owed(self, now: float) -> int:
        """Return how many calls this worker waits for before it ends: on its line, or with a stream still to come.

        A stream may come to any worker, so while another takes calls only those that are open already are owed here.
        """
        return len(self._live) + (self._places.awaited(now).to_begin if self.takes else len(self._beginning))

    def expires_at(self, now: float) -> float | None:
        """Return when to look at `owed` again, in seconds of `now`: another place falls free. None: none will."""
        return self._places.awaited(now).expires_at

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
        return self.place(Place(call_id, caller, called, direction or "inbound", parameters), now)[0]

    def place(self, asked: Place, now: float, *, max_line: int = 0, fleet: Room = "unknown") -> tuple[Verdict, Place]:
        """Decide as `admit` does. Return the place as well: with its deadline, and the nonce for its token.

        `max_line`: calls of the place's line at once; 0: no limit. `fleet`: whether the fleet has a place for the call.
        """
        asked = replace(asked, deadline=now + self._hold, nonce=secrets.token_bytes(NONCE_BYTES))
        draining = self._draining and not self.others_take()
        terms = Terms(self.max_calls, self.fits, draining, max_line)
        # The fleet has counted all calls, and the stream may come to any node: what is awaited here is no measure.
        if fleet == "given":
            terms = Terms(EVERY_CALL, self.fits, draining)
        elif fleet == "full":
            terms = Terms(0, self.fits, draining)
        # A person whom the bridge has called is never told that it is busy.
        if asked.resumed or asked.job:
            terms = GOES_ON
        admitted = self._places.admit(asked, terms, now)
        if admitted.verdict != "answer":
            self.refused[admitted.verdict] += 1
        self.admitted += admitted.new
        return admitted.verdict, admitted.place or asked

    def expect(self, call_id: str, now: float) -> Place | None:
        """Return the place kept for this call, with what the voice webhook knew of it. None: there is none."""
        return self._places.expect(call_id, now)

    def redeem(self, place: Place, now: float, until: float | None = None) -> bool:
        """Use the token of a place up. False: it was used before, here or at another worker.

        `until`: when it is void wherever it may come; by default with the place.
        """
        return self._places.redeem(place.nonce, place.deadline if until is None else until, now)

    def begin(self, live: Live) -> int:
        """Note that a stream is open; return its number. It arrives, or leaves, when it has said whose it is."""
        self._next_stream += 1
        self._beginning[live] = self._next_stream
        return self._next_stream

    def arrive(self, call_id: str, live: Live, line: str = "") -> Live | None:
        """Note that the call's stream is open. Returns the object of an older stream, which must be ended, or None.

        An older stream at another worker is ended by that one.
        """
        # The carrier opens a second stream of a call when it has lost the first: the newer one is the caller's.
        number = self._beginning.pop(live, None) or self.begin(live)
        self._beginning.pop(live, None)
        before = self._places.arrive(call_id, number, line)
        older = self._live.pop(call_id, None)
        self._live[call_id], self._streams[call_id] = live, number
        if before is not None and before.worker != self._shared.worker.index:
            self._shared.tell(before.worker, Superseded(call_id, before.stream))
        self.superseded += older is not None or before is not None
        return older

    def carried(self, call_id: str, stream: int) -> Live | None:
        """Return the object of a stream by its number. None: it is over."""
        return self._live.get(call_id) if self._streams.get(call_id) == stream else None

    def leave(self, call_id: str, live: Live, now: float) -> bool:
        """Note that this stream of the call is over. False when a newer one, at this worker, has its place already."""
        self._beginning.pop(live, None)
        if self._live.get(call_id) is not live:
            return False
        del self._live[call_id]
        self._places.leave(call_id, self._streams.pop(call_id), now)
        return True

    def forget(self, call_id: str) -> None:
        """Free the place of a call that the carrier says is over."""
        self._places.forget(call_id)

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """Add to what is known of a call whose stream is awaited, or open."""
        self._places.learn(call_id, found)

    def keep(self, call_id: str, snapshot: bytes) -> None:
        """Keep what a developer may ask of a call, for every worker, unless another worker carries it now."""
        owner = self._places.owner(call_id)
        if owner is None or owner.worker == self._shared.worker.index:
            self._places.keep(call_id, snapshot, self.max_calls + ENDED_KEPT)

    def kept(self, call_id: str) -> bytes | None:
        """Return what is kept of a call."""
        return self._places.kept(call_id)

    def tell_owner(self, message: CallOver | StreamOver | Learnt) -> None:
        """Tell the worker that carries a call. Nothing happens where that is this one, or none."""
        owner = self._places.owner(message.call)
        if owner is not None and owner.worker != self._shared.worker.index:
            self._shared.tell(owner.worker, message)

    def late(self, call_id: str) -> Mapping[str, str]:
        """Return what the carrier found out of a live call, before this stream of it too."""
        owner = self._places.owner(call_id)
        return owner.late if owner is not None else {}
