"""A caller of a load run: what is sent when, and what is measured."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from tools.load.peers.caller import FRAME_S, Figures, LoadCaller, Sounds, frames_of, quiet_frames

LOUD = base64.b64encode(b"\x01" * 160)
SOUNDS = Sounds((LOUD,) * 5, (LOUD,) * 3, quiet_frames())


class Phone:
    """A caller on a line whose time the test moves."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.caller = LoadCaller(SOUNDS, self.figures, 1)
        self.now = 100.0
        self.sent: list[dict[str, Any]] = []

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now += FRAME_S
            self.sent += map(json.loads, self.caller.tick(self.now))

    def until_asked(self) -> None:
        asked = self.figures.asked
        while self.figures.asked == asked:
            self.run(FRAME_S)

    def hear(self, seconds: float) -> None:
        payload = base64.b64encode(bytes(round(8000 * seconds))).decode()
        self.take({"event": "media", "media": {"payload": payload}})

    def take(self, message: dict[str, Any]) -> None:
        self.sent += map(json.loads, self.caller.received(json.dumps(message).encode(), self.now))


@pytest.fixture
def phone() -> Phone:
    return Phone()


def test_a_stream_begins_and_ends_as_the_carrier_has_it(phone: Phone) -> None:
    connected, start = map(json.loads, phone.caller.start())
    assert (connected["event"], start["event"]) == ("connected", "start")
    phone.run(0.1)
    numbers = [int(one["sequenceNumber"]) for one in [start, *phone.sent, *map(json.loads, phone.caller.stop())]]
    assert numbers == list(range(1, 8))
    assert {one["streamSid"] for one in phone.sent} == {start["streamSid"]}
    assert [one["media"]["timestamp"] for one in phone.sent] == ["20", "40", "60", "80", "100"]


def test_the_wait_counts_from_the_last_frame_said(phone: Phone) -> None:
    phone.until_asked()
    assert [one["media"]["payload"] for one in phone.sent[-5:]] == [LOUD.decode()] * 5
    phone.run(0.7)
    phone.hear(0.2)
    assert phone.figures.first_turn_ms == pytest.approx([700])
    assert phone.figures.turn_ms == []


def test_the_first_answer_is_interrupted_and_the_second_heard(phone: Phone) -> None:
    phone.until_asked()
    phone.run(0.7)
    phone.hear(8.0)
    phone.until_asked()
    assert phone.figures.interrupted == 1
    phone.take({"event": "clear"})
    assert phone.figures.barge_in_ms == pytest.approx([60])
    phone.run(0.7)
    phone.hear(1.0)
    assert phone.figures.not_cleared == 0
    phone.run(1.0 + 0.8 + 0.1)
    assert phone.figures.turn_ms == pytest.approx([700])
    assert phone.figures.answer_ms == [1000.0]
    phone.until_asked()
    assert (phone.figures.asked, phone.figures.interrupted) == (3, 1)


@pytest.mark.parametrize("answered", [True, False])
def test_an_interruption_without_clear_is_counted(phone: Phone, answered: bool) -> None:
    phone.until_asked()
    phone.run(0.7)
    phone.hear(8.0)
    phone.until_asked()
    assert phone.figures.not_cleared == 0
    phone.run(0.7)
    if answered:
        phone.hear(1.0)
    phone.run(8.1)
    assert (phone.figures.not_cleared, phone.figures.barge_in_ms) == (1, [])


def test_marks_come_back_when_the_playback_reaches_them(phone: Phone) -> None:
    phone.hear(0.1)
    phone.take({"event": "mark", "mark": {"name": "a"}})
    assert phone.sent == []
    phone.run(0.08)
    assert {one["event"] for one in phone.sent} == {"media"}
    phone.run(0.04)
    assert [one["mark"]["name"] for one in phone.sent if one["event"] == "mark"] == ["a"]
    phone.take({"event": "mark", "mark": {"name": "b"}})
    assert phone.sent[-1]["mark"]["name"] == "b"


def test_clear_returns_all_marks_and_silences_the_phone(phone: Phone) -> None:
    phone.hear(5.0)
    phone.take({"event": "mark", "mark": {"name": "a"}})
    phone.take({"event": "clear"})
    assert [one["mark"]["name"] for one in phone.sent] == ["a"]
    assert phone.figures.barge_in_ms == []


def test_a_gap_inside_an_answer_is_an_underrun(phone: Phone) -> None:
    phone.until_asked()
    phone.run(0.7)
    phone.hear(0.1)
    phone.run(0.12)
    phone.hear(0.1)
    assert phone.figures.underrun_ms == []
    phone.run(0.2)
    phone.hear(0.1)
    assert phone.figures.underrun_ms == pytest.approx([100])


def test_audio_of_the_answer_before_is_stale(phone: Phone) -> None:
    phone.until_asked()
    phone.run(0.1)
    phone.hear(0.02)
    assert (phone.figures.stale_ms, phone.figures.first_turn_ms) == (20.0, [])
    phone.run(0.6)
    phone.hear(8.0)
    phone.run(2.04)
    phone.take({"event": "clear"})
    phone.hear(0.04)
    assert phone.figures.stale_ms == 60.0


def test_a_question_without_an_answer_is_lost(phone: Phone) -> None:
    phone.until_asked()
    phone.run(8.1)
    assert phone.figures.lost == 1
    phone.until_asked()
    assert phone.figures.asked == 2


def test_a_caller_who_leaves_asks_no_more(phone: Phone) -> None:
    phone.caller.leaving = True
    phone.run(10)
    assert phone.figures.asked == 0


def test_what_is_no_message_is_an_error(phone: Phone) -> None:
    with pytest.raises(msgspec.DecodeError):
        phone.caller.received(b"{", 1.0)
    phone.take({"event": "other"})
    assert phone.figures.messages == 1


def test_figures_begin_again() -> None:
    figures = Figures(turn_ms=[1.0], asked=3)
    figures.clear()
    assert figures == Figures()
    assert figures.as_json()["turn_ms"] == []


def test_the_last_frame_is_filled_with_silence() -> None:
    one, two = frames_of(b"\x01" * 161)
    assert base64.b64decode(two) == b"\x01" + b"\xff" * 159
    assert len(base64.b64decode(one)) == 160
