"""The inputs before an event are told briefly."""

from __future__ import annotations

from ivr.call.events import AudioIn, Event, MarkReached, Tick, TtsAudio
from ivr.replay.compare.before import MOST_INPUTS, curve, inputs_before
from ivr.replay.tape import Moment, Tape, TapeHeader


def told(*events: Event) -> list[str]:
    tape = Tape(TapeHeader("CA1"), [Moment(place / 10, event) for place, event in enumerate(events)])
    return inputs_before(tape, len(events) - 1)


def test_audio_of_one_sentence_is_told_as_one() -> None:
    first, second = TtsAudio(1, 1, bytes(640)), TtsAudio(1, 2, bytes(160), 8000, "mulaw")
    assert told(first, first, Tick(), second, MarkReached("p1"), second, second) == [
        "00:00.000  40 ms of sentence 1 of turn 1 from TTS, in 2 pieces",
        "00:00.300  20 ms of sentence 2 of turn 1 from TTS",
        "00:00.400  the phone returned the mark p1",
        "00:00.500  40 ms of sentence 2 of turn 1 from TTS, in 2 pieces",
    ]


def test_a_process_that_stood_still_is_an_input() -> None:
    assert told(Tick(), Tick(2.5)) == ["00:00.100  time passed; the process had stood still for 2.5 s"]


def test_only_the_last_seconds_are_told() -> None:
    assert len(told(*(MarkReached(f"p{place}") for place in range(60)))) == MOST_INPUTS + 1
    assert told(*(MarkReached(f"p{place}") for place in range(60)))[0] == "(16 earlier ones are left out)"


def test_the_scores_are_a_curve() -> None:
    frames = [Moment(place / 50, AudioIn(20 * place, b"", place / 199)) for place in range(200)]
    drawn = curve(frames)
    assert (len(drawn), drawn[0], drawn[-1]) == (50, "▁", "█")
    assert list(drawn) == sorted(drawn)
    assert curve(frames[:1]) == "▁"
    odd = [Moment(0.0, AudioIn(0, b"", -3.0)), Moment(0.0, AudioIn(0, b"", 7.0))]
    assert curve(odd) == "▁█"
    assert told(*(frame.event for frame in frames[:2])) == ["score 00:00.000 ▁▁ 00:00.100"]
