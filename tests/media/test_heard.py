"""What the caller said and heard, on one time line: against a phone that keeps what it played."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.heard import LONGEST_HELD, HeardAudio
from ivr.media.playout import Out, Playout, PlayoutAudio, PlayoutClear, PlayoutMark
from ivr.testbench.phone.mark_faults import FAULT_KINDS
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.twilio import messages as wire

RATE, FRAME = 8000, 160
HUSH = b"\xff"


def noise(chance: random.Random, ms: int) -> bytes:
    """Return audio whose every 20 ms is found again, and that is never silence."""
    return bytes(chance.randrange(0x80) for _ in range(ms * 8))


@dataclass
class World:
    """A phone, the bridge's playout and what is heard, with a way between them that keeps the order."""

    chance: random.Random
    up_s: float = 0.0
    down_s: float = 0.0
    jitter_s: float = 0.0
    hold_back_s: float = 2.0
    """Seconds after which what was heard is taken."""
    drift: float = 1.0
    """Seconds of the bridge's clock in one of the phone's."""
    now: float = 100.0
    options: PhoneOptions = field(default_factory=PhoneOptions)
    keys: int = 0

    def __post_init__(self) -> None:
        self.record = PhoneRecord()
        self.phone = Phone(Ids("AC" + "1" * 32, "CA" + "1" * 32, "MZ" + "1" * 32), self.record, options=self.options)
        self.playout = Playout()
        self.heard = HeardAudio(self.now * self.drift)
        self.up: deque[tuple[float, str]] = deque()
        self.down: deque[tuple[float, Out]] = deque()
        self.said, self.got = bytearray(), bytearray()
        self.stalled_until = 0.0

    @property
    def bridge_now(self) -> float:
        return self.now * self.drift

    def open(self) -> None:
        self.phone.open(self.now)

    def ride(self, seconds: float) -> float:
        return max(self.now + seconds + self.chance.random() * self.jitter_s, self.stalled_until)

    def out(self, outs: list[Out]) -> None:
        for out in outs:
            match out:
                case PlayoutAudio(payload):
                    self.heard.sent(payload, self.bridge_now)
                case PlayoutMark(name):
                    self.heard.mark(name)
                case PlayoutClear():
                    self.heard.cleared(self.bridge_now)
            last = self.down[-1][0] if self.down else 0.0
            self.down.append((max(last, self.ride(self.down_s)), out))

    def step(self) -> None:
        while self.down and self.down[0][0] <= self.now:
            match self.down.popleft()[1]:
                case PlayoutAudio(payload):
                    self.phone.receive(wire.media(self.phone.ids.stream, payload), self.now)
                case PlayoutMark(name):
                    self.phone.receive(wire.mark(self.phone.ids.stream, name), self.now)
                case PlayoutClear():
                    self.phone.receive(wire.clear(self.phone.ids.stream), self.now)
        for message in self.phone.poll(self.now):
            assert isinstance(message, str)
            last = self.up[-1][0] if self.up else 0.0
            self.up.append((max(last, self.ride(self.up_s)), message))
        while self.up and self.up[0][0] <= self.now:
            match wire.parse(self.up.popleft()[1]):
                case wire.Media(_, _, stamp, payload) if payload:
                    self.heard.caller(payload, stamp, self.bridge_now)
                case wire.Mark(_, name):
                    self.playout.mark(name, self.bridge_now)
                    self.heard.reached(name, self.bridge_now)
                case _:
                    pass
        self.out(self.playout.poll(self.bridge_now))
        self.keep(self.bridge_now - self.hold_back_s)

    def keep(self, until: float) -> None:
        said, got = self.heard.take(until)
        assert len(said) == len(got)
        assert len(said) % FRAME == 0
        self.said += said
        self.got += got

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.step()
            self.now += 0.005

    def agent(self, ms: int) -> None:
        self.keys += 1
        self.playout.begin(self.keys)
        self.playout.write(noise(self.chance, ms))
        self.playout.finish(self.keys)

    def end(self) -> None:
        self.run(3.0)
        self.keep(self.bridge_now)


def places(track: bytes | bytearray) -> dict[bytes, list[int]]:
    """Return where each 20 ms without silence lies; after a resume they occur twice."""
    found: dict[bytes, list[int]] = {}
    for at in range(len(track) - FRAME):
        if HUSH not in (block := bytes(track[at : at + FRAME])):
            found.setdefault(block, []).append(at)
    return found


def audible(track: bytes | bytearray) -> list[tuple[int, bytes]]:
    """Return each 20 ms that has no silence in it, with its place."""
    blocks = ((at, bytes(track[at : at + FRAME])) for at in range(0, len(track) - FRAME, FRAME))
    return [(at, block) for at, block in blocks if HUSH not in block]


def check(world: World, within: int = FRAME, missing: int = 0) -> list[int]:
    """Compare with what the phone kept; return how far the agent's audio is off, in samples, once for each 20 ms."""
    own, found = places(world.said), places(world.got)
    shifts = {own[block][0] - at for at, block in audible(world.record.caller) if block in own}
    assert len(shifts) == 1, "the caller's audio was torn"
    shift = shifts.pop()
    heard = audible(world.record.heard)
    off = [min((one - at - shift for one in found[block]), key=abs) for at, block in heard if block in found]
    assert len(heard) - len(off) <= missing
    assert all(abs(one) <= within for one in off), sorted(set(off))
    return off


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_both_sides_are_where_the_phone_has_them(seed: int) -> None:
    """On a line without delay: yields, resumes, drops and sentences, at random times."""
    chance = random.Random(seed)
    world = World(chance)
    world.open()
    world.agent(chance.randrange(200, 2000))
    for _ in range(6):
        world.run(chance.random() * 2)
        match chance.randrange(5):
            case 0:
                world.out(world.playout.hold(world.bridge_now))
                world.run(chance.random())
                world.out(world.playout.resume(world.bridge_now))
            case 1:
                world.out(world.playout.drop(world.bridge_now))
            case 2:
                world.phone.say(noise(chance, 600), world.now)
            case _:
                world.agent(chance.randrange(100, 3000))
    world.phone.say(noise(chance, 300), world.now)
    world.end()
    # A clear cuts inside a block of 20 ms.
    off = check(world, missing=8)
    assert off
    heard = sum(byte != 0xFF for byte in world.record.heard)
    assert abs(sum(byte != 0xFF for byte in world.got) - heard) <= 6 * FRAME


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.2), st.floats(0, 0.2))
def test_marks_place_audio_on_a_slow_line(seed: int, up_s: float, down_s: float) -> None:
    chance = random.Random(seed)
    world = World(chance, up_s=up_s, down_s=down_s)
    world.open()
    for _ in range(4):
        world.agent(chance.randrange(100, 2000))
        world.run(chance.random() * 3)
    world.phone.say(noise(chance, 500), world.now)
    world.end()
    assert check(world, within=2 * FRAME)


def test_jitter_moves_nothing_much() -> None:
    world = World(random.Random(7), up_s=0.02, down_s=0.03, jitter_s=0.05)
    world.open()
    world.phone.say(noise(world.chance, 3000), world.now)
    for _ in range(8):
        world.agent(1500)
        world.run(2.0)
    world.end()
    assert check(world, within=3 * FRAME)


def test_a_hole_of_the_line_is_a_hole_in_what_was_heard() -> None:
    world = World(random.Random(3), up_s=0.02, down_s=0.02)
    world.open()
    world.phone.say(noise(world.chance, 200), world.now)
    world.agent(4000)
    world.run(1.5)
    world.stalled_until = world.now + 1.2
    world.run(5)
    world.end()
    off = check(world, within=1200 * 8, missing=1)
    assert abs(off[-1]) <= 2 * FRAME
    # Where between two marks the hole was is not known.
    assert sum(abs(one) > 2 * FRAME for one in off) <= 400 // 20


@pytest.mark.parametrize("drift", [0.9995, 1.0005])
def test_clocks_that_drift_apart(drift: float) -> None:
    """Half a thousandth is ten times what carriers' clocks differ by."""
    world = World(random.Random(5), drift=drift, options=PhoneOptions(start_burst=1))
    world.open()
    for _ in range(24):
        world.agent(900)
        world.run(5)
    world.phone.say(noise(world.chance, 400), world.now)
    world.end()
    assert check(world, within=2 * FRAME)


def test_audio_before_the_first_frame_of_the_caller() -> None:
    heard = HeardAudio(5.0)
    heard.sent(b"a" * 320, 5.0)
    assert heard.take(5.02) == (HUSH * 160, b"a" * 160)
    heard.caller(b"c" * 160, 400, 5.04)
    assert heard.take(5.04) == (b"c" * 160, b"a" * 160)


def test_a_late_frame_is_put_in_until_it_was_taken() -> None:
    heard = HeardAudio(0.0)
    heard.caller(b"a" * 160, 0, 0.02)
    heard.caller(b"c" * 160, 40, 0.06)
    heard.caller(b"b" * 160, 20, 0.06)
    assert heard.spoken == 320
    assert heard.take(0.06)[0] == b"a" * 160 + b"b" * 160 + b"c" * 160
    heard.caller(b"d" * 160, 20, 0.07)
    assert heard.take(0.07) == (b"", b"")
    # Half of it lies where nothing was taken yet.
    heard.caller(b"e" * 160, 50, 0.08)
    assert heard.take(0.08)[0] == b"e" * 80 + HUSH * 80


@pytest.mark.parametrize("stamp", [90_000_000, -90_000_000])
def test_a_timestamp_from_nowhere_is_not_believed(stamp: int) -> None:
    heard = HeardAudio(0.0)
    heard.caller(b"a" * 160, 0, 0.02)
    heard.caller(b"b" * 160, stamp, 0.04)
    heard.caller(b"c" * 160, stamp + 20, 0.06)
    assert heard.take(0.06)[0] == b"a" * 160 + b"b" * 160 + b"c" * 160


def test_what_is_never_taken_is_bounded() -> None:
    heard = HeardAudio(0.0)
    for number in range(70):
        heard.caller(b"a" * 8000, 1000 * number, 1.0 + number)
        heard.sent(b"b" * 12000, 1.0 + number)
        heard.mark(str(number))
        heard.reached(str(number), 2.0 + number)
    assert heard.queued <= LONGEST_HELD
    said, got = heard.take_to(LONGEST_HELD)
    assert len(said) == len(got) == LONGEST_HELD
    assert "held" in repr(heard)


def test_marks_that_say_nothing() -> None:
    heard = HeardAudio(0.0)
    heard.caller(b"a" * 160, 0, 0.02)
    heard.sent(b"b" * 320, 0.02)
    heard.mark("one")
    heard.reached("other", 0.06)
    heard.caller(b"a" * 160, 29_980, 30.0)
    # So late, it was lost on the way.
    heard.reached("one", 30.0)
    heard.reached("one", 30.0)
    assert heard.take(0.06)[1] == HUSH * 160 + b"b" * 320


@pytest.mark.parametrize("kind", ["late", "late-missing", "missing", "order", "doubled", "at-end", "early", "never"])
def test_marks_that_lie_tear_no_holes(kind: str) -> None:
    """Until one lies beyond doubt the marks are believed: the first sentences may be off by up to 1.5 s."""
    world = World(random.Random(11), options=PhoneOptions(seed=4, marks=FAULT_KINDS[kind]))
    world.open()
    world.phone.say(noise(world.chance, 400), world.now)
    for _ in range(6):
        world.agent(2500)
        world.run(3.5)
    world.end()
    off = check(world, within=1500 * 8, missing=40)
    assert sum(abs(one) > 2 * FRAME for one in off) <= len(off) // 3


def test_a_clear_before_anything_was_heard() -> None:
    heard = HeardAudio(0.0)
    heard.caller(b"a" * 160, 0, 0.02)
    heard.sent(b"b" * 320, 0.02)
    heard.cleared(0.02)
    heard.sent(b"c" * 160, 0.02)
    heard.caller(b"a" * 160, 20, 0.04)
    assert heard.take(0.04)[1] == HUSH * 160 + b"c" * 160


def test_too_late_a_guess_moves_to_the_front() -> None:
    heard = HeardAudio(0.0)
    heard.caller(b"a" * 160, 0, 0.02)
    heard.sent(b"b" * 160, 0.02)
    heard.mark("one")
    heard.caller(b"a" * 1600, 20, 0.22)
    heard.reached("one", 0.22)
    heard.sent(b"c" * 160, 0.22)
    heard.mark("two")
    heard.sent(b"d" * 160, 0.22)
    heard.caller(b"a" * 160, 220, 0.24)
    heard.reached("two", 0.24)
    got = heard.take(0.24)[1] + heard.take_to(heard.queued)[1]
    assert got.index(b"c") == 1760
    assert got.index(b"d") == 1760 + 160
