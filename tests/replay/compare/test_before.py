"""The inputs before an event are told briefly."""

from __future__ import annotations

from ivr.call.events import AudioIn, DigitPressed, Event, MarkReached, ReplyDelta, Tick, TtsAudio
from ivr.replay.compare.before import MOST_INPUTS, curve, inputs_before
from ivr.replay.tape import Moment, Tape, TapeHeader


def told(*events: Event) -> list[str]:
    tape = Tape(TapeHeader("CA1"), [Moment(place / 10, event) for place, event in enumerate(events)])
    return inputs_before(tape, len(events) - 1)


def test_audio_of_one_sentence_is_told_as_one() -> None:
    first, second = TtsAudio(1, 1, bytes(640)), TtsAudio(1, 2, bytes(160), 8000, "mulaw")
    assert told(first, first, Tick(), second, MarkReached("p1"), second, second) == [
        "00:00.000  40 ms of sentence 1 of turn 1 from TTS, in 2 pieces",
        "00:00.300  60 ms of sentence 2 of turn 1 from TTS, in 3 pieces",
        "00:00.400  the phone returned the mark p1",
    ]
    words = ReplyDelta(1, "Yes, "), ReplyDelta(1, "we are."), ReplyDelta(2, "No.")
    assert told(*words, MarkReached("p1"), MarkReached("p3"), DigitPressed("5"), MarkReached("p4")) == [
        "00:00.000  “Yes, we are.” of the reply of turn 1, in 2 pieces",
        "00:00.200  “No.” of the reply of turn 2",
        "00:00.300  the phone returned the marks p1 to p3",
        "00:00.500  the caller pressed 5",
        "00:00.600  the phone returned the mark p4",
    ]


def test_a_process_that_stood_still_is_an_input() -> None:
    assert told(Tick(), Tick(2.5)) == ["00:00.100  time passed; the process had stood still for 2.5 s"]


def test_only_the_last_seconds_are_told() -> None:
    keys = [DigitPressed("5")] * 60
    assert len(told(*keys)) == MOST_INPUTS + 1
    assert told(*keys)[0] == "(16 earlier ones are left out)"


def test_the_scores_are_a_curve() -> None:
    frames = [Moment(place / 50, AudioIn(20 * place, b"", place / 199)) for place in range(200)]
    drawn = curve(frames)
    assert (len(drawn), drawn[0], drawn[-1]) == (50, "▁", "█")
    assert list(drawn) == sorted(drawn)
    assert curve(frames[:1]) == "▁"
    odd = [Moment(0.0, AudioIn(0, b"", -3.0)), Moment(0.0, AudioIn(0, b"", 7.0))]
    assert curve(odd) == "▁█"
    assert told(*(frame.event for frame in frames[:2])) == ["score 00:00.000 ▁▁ 00:00.100"]
