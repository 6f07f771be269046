"""What a tape answers for peers, and what it says of a request that it does not have."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.events import ReplyDelta, ReplyEnded
from ivr.replay.peers.cassette import Cassette, LegMode, NotOnTape
from ivr.replay.peers.exchanges import PeerExchange
from ivr.replay.tape import Leg


def agent(turn: int, text: str, **more: Any) -> PeerExchange:
    request = {"text": text, "event": "speech", "language": "en", "session_id": f"CA{turn}", "turn": turn, **more}
    return PeerExchange("agent", (turn,), 1.0, request, [(0.1, ReplyDelta(turn, "yes")), (0.2, ReplyEnded(turn))])


def stt(utterance: int, size: int, **more: int) -> PeerExchange:
    return PeerExchange("stt", (utterance,), 1.0, {"bytes": size, **more})


def tts(turn: int, sentence: int, text: str) -> PeerExchange:
    return PeerExchange("tts", (turn, sentence), 1.0, {"text": text})


RECORDED = [
    agent(1, "when are you open"),
    agent(2, "how much does it cost", heard="From eight"),
    stt(1, 16_000, crc=7),
    tts(1, 1, "From eight."),
    tts(2, 1, "From eight."),
]


def cassette(mode: LegMode = "none", recorded: list[PeerExchange] = RECORDED) -> Cassette:
    return Cassette("a.tape", recorded, {"agent": mode, "stt": mode, "tts": mode})


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "event": "speech", "language": "en", "session_id": "CA9", "turn": 9, **more}


def test_a_known_request_is_answered_whatever_its_call() -> None:
    made = cassette()
    assert made.take("agent", asked("when are you open")) is RECORDED[0]
    assert made.take("stt", {"bytes": 16_000, "crc": 7}) is RECORDED[2]
    assert (made.errors, sum(made.asked.values())) == ([], 0)
    assert repr(made) == "<Cassette a.tape asked=0 errors=0>"


def test_answers_are_given_in_order_and_the_last_again() -> None:
    made = cassette()
    given = [made.take("tts", {"text": "From eight."}) for _ in range(3)]
    assert given == [RECORDED[3], RECORDED[4], RECORDED[4]]


@pytest.mark.parametrize(
    ("leg", "request_", "said"),
    [
        (
            "agent",
            asked("how much is it", heard="From eight"),
            ["nearest: turn 2", "text: how much [-does-] {+is+} it [-cost-]"],
        ),
        ("agent", asked("when are you open", heard="Hi"), ["nearest: turn 1", "heard: '' on the tape, 'Hi' now"]),
        ("agent", asked("7", event="dtmf", digits="7"), ["digits: '' on the tape, '7' now", "event: 'speech' on the"]),
        ("stt", {"bytes": 32_000, "crc": 7}, ["nearest: utterance 1", "audio: 1000 ms on the tape, 2000 ms now"]),
        ("stt", {"bytes": 16_000, "crc": 8}, ["audio: of the same length, but not the same"]),
        ("stt", {"bytes": 16_000, "crc": 7, "language": "en"}, ["language: '' on the tape, 'en' now"]),
        ("tts", {"text": "From nine."}, ["nearest: turn 1, sentence 1", "text: From [-eight.-] {+nine.+}"]),
    ],
)
def test_an_unknown_request_shows_its_difference(leg: Leg, request_: dict[str, Any], said: list[str]) -> None:
    made = cassette()
    with pytest.raises(NotOnTape, match=f"^{leg}: this request is not on a.tape"):
        made.take(leg, request_)
    (error,) = made.errors
    assert error.startswith(f"{leg}: this request is not on a.tape (mode none)\n  nearest: ")
    for line in said:
        assert line in error


def test_an_empty_tape_shows_the_request() -> None:
    made = cassette(recorded=[])
    with pytest.raises(NotOnTape):
        made.take("agent", asked("hello"))
    assert made.errors[0].splitlines()[1:] == [
        "  nothing is on it for this leg", "  text: 'hello'", "  event: 'speech'", "  language: 'en'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "recorded", "known", "unknown"),
    [
        ("none", True, "tape", "error"),
        ("once", True, "tape", "error"),
        ("once", False, "peer", "peer"),
        ("new", True, "tape", "peer"),
        ("rewrite", True, "peer", "peer"),
    ],
)
def test_modes_are_those_of_vcr(mode: LegMode, recorded: bool, known: str, unknown: str) -> None:
    def outcome(text: str) -> str:
        made = cassette(mode, RECORDED if recorded else [])
        try:
            found = made.take("agent", asked(text))
        except NotOnTape:
            return "error"
        assert made.asked["agent"] == (found is None)
        return "peer" if found is None else "tape"

    assert (outcome("when are you open"), outcome("anything else")) == (known, unknown)


def test_a_tape_without_audio_knows_utterances_by_length() -> None:
    made = cassette(recorded=[stt(1, 16_000)])
    assert made.take("stt", {"bytes": 16_000, "crc": 3}) is not None


def test_an_answer_that_was_given_up_is_named() -> None:
    made = cassette()
    assert "turn 1, sentence 1: a.tape has only the beginning" in str(made.broke_off(RECORDED[3]))
    assert len(made.errors) == 1
