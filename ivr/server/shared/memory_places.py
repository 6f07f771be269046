"""Keep the places of one process in its memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ivr.server.shared.places import NEXT_STREAM_SECONDS, Admitted, Awaited, Owner, Place, Terms, decide


class MemoryPlaces:
    """Keep the places of a process that serves alone: see `Places`."""

    def __init__(self, worker: int = 0) -> None:
        """Take `worker`, the index of the worker."""
        self._worker = worker
        self._awaited: dict[str, Place] = {}
        self._live: dict[str, Owner] = {}
        self._used: dict[bytes, float] = {}
        """Until when a used token is remembered, by its nonce."""
        self._kept: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<MemoryPlaces {len(self._live)} live, {len(self._awaited)} awaited>"

    def admit(self, asked: Place, terms: Terms, now: float) -> Admitted:
        """See `Places`."""
        self._expire(now)
        kept = self._awaited.get(asked.call_id)
        known = kept is not None or asked.call_id in self._live
        taken = len(self._live.keys() | self._awaited.keys())
        of_line = self._of_line(asked.line) if terms.max_line else 0
        verdict = decide(known, taken, len(self._awaited), terms, self.others_take, of_line)
        if verdict != "answer":
            return Admitted(verdict)
        if kept is not None and kept.nonce not in self._used:
            asked = replace(asked, nonce=kept.nonce)
        self._awaited[asked.call_id] = asked
        return Admitted(verdict, asked, not known)

    def expect(self, call_id: str, now: float) -> Place | None:
        """See `Places`."""
        place = self._awaited.get(call_id)
        return place if place is not None and now < place.deadline else None

    def redeem(self, nonce: bytes, until: float, now: float) -> bool:
        """See `Places`."""
        for old in [old for old, void_at in self._used.items() if now >= void_at]:
            del self._used[old]
        if nonce in self._used:
            return False
        self._used[nonce] = until
        return True

    def arrive(self, call_id: str, stream: int, line: str = "") -> Owner | None:
        """See `Places`."""
        self._awaited.pop(call_id, None)
        older = self._live.pop(call_id, None)
        self._live[call_id] = Owner(self._worker, stream, older.late if older is not None else {}, line)
        return older

    def leave(self, call_id: str, stream: int, now: float) -> bool:
        """See `Places`."""
        owner = self._live.get(call_id)
        if owner is None or owner.stream != stream:
            return False
        del self._live[call_id]
        place = self._awaited.get(call_id)
        # A call that asked again while on the line may be about to open another stream: a short time decides.
        if place is not None:
            self._awaited[call_id] = replace(place, deadline=min(place.deadline, now + NEXT_STREAM_SECONDS))
        return True

    def forget(self, call_id: str) -> None:
        """See `Places`."""
        self._awaited.pop(call_id, None)

    def learn(self, call_id: str, found: Mapping[str, str]) -> None:
        """See `Places`."""
        if (place := self._awaited.get(call_id)) is not None:
            self._awaited[call_id] = replace(place, parameters={**place.parameters, **found})
        if (owner := self._live.get(call_id)) is not None:
            self._live[call_id] = replace(owner, late={**owner.late, **found})

    def owner(self, call_id: str) -> Owner | None:
        """See `Places`."""
        return self._live.get(call_id)

    def awaited(self, now: float) -> Awaited:
        """See `Places`."""
        good = [place for place in self._awaited.values() if now < place.deadline]
        to_begin = sum(place.call_id not in self._live for place in good)
        return Awaited(len(good), to_begin, min((place.deadline for place in good), default=None))

    def drain(self) -> None:
        """Tell no other worker: there is none."""

    def others_take(self) -> bool:
        """See `Places`."""
        return False

    def keep(self, call_id: str, snapshot: bytes, most: int) -> None:
        """See `Places`."""
        self._kept.pop(call_id, None)
        self._kept[call_id] = snapshot
        if len(self._kept) > most:
            del self._kept[next(iter(self._kept))]

    def kept(self, call_id: str) -> bytes | None:
        """See `Places`."""
        return self._kept.get(call_id)

    def put(self, place: Place, now: float) -> None:
        """Note a place that was given elsewhere."""
        self._expire(now)
        self._awaited[place.call_id] = place

    def all_live(self) -> Mapping[str, Owner]:
        """Return the streams that carry calls, by call."""
        return self._live

    def all_awaited(self) -> Iterable[Place]:
        """Return the places that are given."""
        return self._awaited.values()

    def all_used(self) -> Mapping[bytes, float]:
        """Return until when the tokens that were used are remembered, by nonce."""
        return self._used

    def _of_line(self, line: str) -> int:
        """Return how many calls of a line are awaited or on it."""
        awaited = {call_id for call_id, place in self._awaited.items() if place.line == line}
        return len(awaited | {call_id for call_id, owner in self._live.items() if owner.line == line})

    def _expire(self, now: float) -> None:
        for call_id in [place.call_id for place in self._awaited.values() if now >= place.deadline]:
            del self._awaited[call_id]
