"""Those who listen are sent both sides as they are heard."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, SendAudio
from ivr.call.events import AudioIn, DigitPressed, Event, Tick
from ivr.call.options import CallOptions
from ivr.server.listening.live_audio import BEHIND_LINE_S, PIECE, LiveAudio


class Ears:
    """A relay with some listeners."""

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.pieces: list[tuple[float, bytes]] = []
        self.now = 0.0

    def listeners(self, call_id: str) -> int:
        return self.count

    def relay(self, call_id: str, audio: bytes) -> None:
        self.pieces.append((self.now, audio))

    @property
    def caller(self) -> bytes:
        return b"".join(audio[0::2] for _, audio in self.pieces)

    @property
    def agent(self) -> bytes:
        return b"".join(audio[1::2] for _, audio in self.pieces)


class Line:
    """A call whose frames come as they are spoken."""

    def __init__(self, ears: Ears) -> None:
        self.ears, self.live = ears, LiveAudio(ears)
        self.frame = 0
        self.live.began("CA1", 0.0, Call(CallOptions()))

    def feed(self, now: float, event: Event, commands: Sequence[Command] = ()) -> None:
        self.ears.now = now
        self.live.happened("CA1", now, event, commands)

    def run(self, frames: int, commands: Sequence[Command] = (), *, late: float = 0.0) -> None:
        for _ in range(frames):
            self.frame += 1
            letter = bytes([self.frame % 100])
            self.feed(self.frame * 0.02 + late, AudioIn((self.frame - 1) * 20, letter * 160), commands)


def test_both_sides_are_sent_within_a_piece_and_a_little() -> None:
    line = Line(ears := Ears())
    line.run(100, [SendAudio(b"\xaa" * 160)])
    assert all(len(audio) == 2 * PIECE for _, audio in ears.pieces)
    assert len(ears.pieces) == 24
    for number, (sent, audio) in enumerate(ears.pieces):
        # The oldest sample of a piece was spoken so long ago.
        assert sent - number * PIECE / 8000 <= 0.08 + BEHIND_LINE_S + 0.0201
        assert audio[0] == (number * 4) % 100 + 1
    assert set(ears.agent[320:]) == {0xAA}


def test_without_listeners_nothing_is_followed() -> None:
    line = Line(ears := Ears(0))
    line.run(50)
    assert (ears.pieces, repr(line.live)) == ([], "<LiveAudio 0 calls>")
    ears.count = 1
    line.feed(1.01, Tick())
    assert repr(line.live) == "<LiveAudio 0 calls>"
    line.run(50)
    assert 10 <= len(ears.pieces) <= 12
    ears.count = 0
    line.run(10)
    assert repr(line.live) == "<LiveAudio 0 calls>"


def test_late_frames_are_awaited_for_a_little_while() -> None:
    line = Line(ears := Ears())
    line.run(50)
    # They were held back for 0.15 s, and come at once.
    for _ in range(7):
        line.frame += 1
        line.feed(1.16, AudioIn((line.frame - 1) * 20, bytes([line.frame]) * 160))
    line.run(50)
    assert 0xFF not in ears.caller
    assert ears.caller == b"".join(bytes([frame % 100]) * 160 for frame in range(1, len(ears.caller) // 160 + 1))


def test_a_line_that_stands_still_is_silent() -> None:
    line = Line(ears := Ears())
    line.run(50)
    for beat in range(50):
        line.feed(1.02 + beat * 0.02, Tick())
    assert ears.caller.endswith(b"\xff" * PIECE)


def test_keys_are_not_heard() -> None:
    line = Line(ears := Ears())
    line.run(100)
    line.feed(2.0, DigitPressed("4"))
    line.run(100)
    assert set(ears.caller[-8000:]) == {0xFF}


def test_the_end_and_a_second_stream_begin_anew() -> None:
    line = Line(Ears())
    line.run(20)
    assert repr(line.live) == "<LiveAudio 1 calls>"
    line.live.began("CA1", 9.0, Call(CallOptions()))
    assert repr(line.live) == "<LiveAudio 0 calls>"
    line.run(20)
    line.live.ended("CA1", 9.0, (), HangUp("success", "agent"))
    assert repr(line.live) == "<LiveAudio 0 calls>"
