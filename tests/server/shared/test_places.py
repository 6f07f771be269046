"""Both engines against a plain model: whatever happens in whatever order, all three say the same.

The file is used by two workers in turn; what they say is what one memory says. A stream's number is used once.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.places import NEXT_STREAM_SECONDS, Awaited, Owner, Place, Places, Terms
from ivr.server.shared.sqlite_places import SqlitePlaces, prepare
from ivr.server.shared.worker import Worker

T = TypeVar("T")
CALLS = st.sampled_from(["CA1", "CA2", "CA3", "CA4", "\ud800"])
FOUND = st.dictionaries(st.sampled_from("xy"), st.sampled_from(["1", "ط"]), max_size=2)
WORKERS = st.sampled_from([0, 1])
TERMS = Terms(3, fits=lambda calls: calls <= 2)
NOBODY = (0, -1)


class Model:
    """What the places are, without a thought for speed."""

    def __init__(self) -> None:
        self.awaited: dict[str, Place] = {}
        self.live: dict[str, tuple[int, int]] = {}
        """Worker and stream of each call."""
        self.late: dict[str, dict[str, str]] = {}
        self.used: list[tuple[bytes, float]] = []

    def is_used(self, nonce: bytes) -> bool:
        return nonce in [used for used, _ in self.used]

    def expire(self, now: float) -> None:
        self.awaited = self.good(now)

    def good(self, now: float) -> dict[str, Place]:
        return {call: place for call, place in self.awaited.items() if now < place.deadline}


class BothEngines(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        prepare(self.folder)
        self.files = [SqlitePlaces(self.folder, Worker(index, 2, self.folder), 10.0) for index in (0, 1)]
        self.memory = MemoryPlaces()
        self.model = Model()
        self.now = 0.0
        self.nonces = 0
        self.streams = 0
        self.given: list[bytes] = []

    def teardown(self) -> None:
        for file in self.files:
            file.close()
        shutil.rmtree(self.folder)

    def both(self, worker: int, ask: Callable[[Places], T]) -> T:
        """Ask both engines, as a worker; they say the same."""
        said, other = ask(self.files[worker]), ask(self.memory)
        assert said == other
        return said

    @rule(seconds=st.sampled_from([0.0, 1.0, 4.0, 5.0, 30.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(call=CALLS, worker=WORKERS, told=FOUND)
    def asks(self, call: str, worker: int, told: dict[str, str]) -> None:
        self.nonces += 1
        asked = Place(call, "+1", "+2", "inbound", told, self.now + 60, str(self.nonces).encode())
        self.model.expire(self.now)
        before = self.model.awaited.get(call)
        known = before is not None or call in self.model.live
        taken = len(self.model.awaited.keys() | self.model.live.keys())
        verdict = "answer" if known or (taken < 3 and len(self.model.awaited) < 2) else "busy"
        admitted = self.both(worker, lambda places: places.admit(asked, TERMS, self.now))
        assert (admitted.verdict, admitted.new) == (verdict, verdict == "answer" and not known)
        if admitted.place is not None:
            kept = before is not None and not self.model.is_used(before.nonce)
            assert admitted.place.nonce == (before.nonce if before is not None and kept else asked.nonce)
            assert (admitted.place, admitted.place.deadline) == (asked, asked.deadline)
            self.model.awaited[call] = admitted.place
            self.given.append(admitted.place.nonce)

    @precondition(lambda self: self.given)
    @rule(worker=WORKERS, data=st.data())
    def redeems(self, worker: int, data: st.DataObject) -> None:
        nonce = data.draw(st.sampled_from(self.given))
        self.model.used = [(used, until) for used, until in self.model.used if self.now < until]
        fresh = not self.model.is_used(nonce)
        until = self.now + 60
        assert self.both(worker, lambda places: places.redeem(nonce, until, self.now)) == fresh
        if fresh:
            self.model.used.append((nonce, until))

    @rule(call=CALLS, worker=WORKERS)
    def arrives(self, call: str, worker: int) -> None:
        self.streams += 1
        before = self.files[worker].arrive(call, self.streams)
        other = self.memory.arrive(call, self.streams)
        owner, stream = self.model.live.get(call, NOBODY)
        late = self.model.late.get(call, {})
        assert before == (Owner(owner, stream, late) if stream > 0 else None)
        assert other == (Owner(0, stream, late) if stream > 0 else None)
        self.model.awaited.pop(call, None)
        self.model.live[call] = worker, self.streams
        self.model.late.setdefault(call, {})

    @precondition(lambda self: self.streams)
    @rule(call=CALLS, worker=WORKERS, data=st.data())
    def leaves(self, call: str, worker: int, data: st.DataObject) -> None:
        stream = data.draw(st.integers(1, self.streams))
        mine = self.model.live.get(call) == (worker, stream)
        assert self.files[worker].leave(call, stream, self.now) == mine
        if mine:
            assert self.memory.leave(call, stream, self.now)
            del self.model.live[call], self.model.late[call]
            if (place := self.model.awaited.get(call)) is not None:
                deadline = min(place.deadline, self.now + NEXT_STREAM_SECONDS)
                self.model.awaited[call] = replace(place, deadline=deadline)

    @rule(call=CALLS, worker=WORKERS)
    def is_over(self, call: str, worker: int) -> None:
        self.both(worker, lambda places: places.forget(call))
        self.model.awaited.pop(call, None)

    @rule(call=CALLS, worker=WORKERS, found=FOUND)
    def learns(self, call: str, worker: int, found: dict[str, str]) -> None:
        self.both(worker, lambda places: places.learn(call, found))
        if (place := self.model.awaited.get(call)) is not None:
            self.model.awaited[call] = replace(place, parameters={**place.parameters, **found})
        if call in self.model.late:
            self.model.late[call].update(found)

    @invariant()
    def all_see_the_same(self) -> None:
        good = self.model.good(self.now)
        first = min((place.deadline for place in good.values()), default=None)
        expected = Awaited(len(good), len(good.keys() - self.model.live.keys()), first)
        for worker in (0, 1):
            assert self.both(worker, lambda places: places.awaited(self.now)) == expected
        for call in ("CA1", "\ud800"):
            place = self.both(0, lambda places, call=call: places.expect(call, self.now))  # type: ignore[misc]
            assert place == good.get(call)
            owner, stream = self.model.live.get(call, NOBODY)
            expected_owner = Owner(owner, stream, self.model.late.get(call, {})) if stream > 0 else None
            assert self.files[1].owner(call) == expected_owner


BothEngines.TestCase.settings = settings(settings.get_profile("same"), max_examples=40, stateful_step_count=30)
TestBothEngines = BothEngines.TestCase
