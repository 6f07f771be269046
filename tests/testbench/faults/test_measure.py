"""The measuring ear, on calls made by hand: what it must notice, and what it must not mind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ivr.call.timeline import Sentence, Turn, TurnOutcome
from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench.faults.measure import CallEvidence, EarMeasurement, measure_call
from ivr.testbench.hamsa.audio import length, tone
from ivr.testbench.hamsa.stats import RequestRecord
from ivr.testbench.recording import PhoneRecord, Speech

TEXTS = ("x" * 20 + ".", "y" * 30 + "?", "z" * 25 + "!")
MS = [length(len(text), 95.0) // 32 for text in TEXTS]
ASKED, ENDPOINT = 1.0, 1.5
"""Seconds: the caller falls silent, the endpoint."""
PHRASES = {51: "filler", 52: "apology"}


def sound(number: int, ms: int, skip: int = 0) -> bytes:
    """Of a request's tone at the phone, from a place on."""
    return resample(tone(number, 32 * (ms + skip)), 16000, 8000)[16 * skip : 16 * (ms + skip)]


def silence(ms: int) -> bytes:
    return bytes(16 * ms)


def request(number: int, text: str, at: float = 2.0, fault: str = "") -> RequestRecord:
    return RequestRecord(number, "tts", 1, number, at, text=text, fault=fault)


def a_turn(*texts: str, outcome: TurnOutcome = "heard", until: float) -> Turn:
    turn = Turn(0, "speech", outcome=outcome, endpoint_at=ENDPOINT, ended_at=until)
    turn.sentences = [Sentence(n, text, text, ready_at=1.9, asked_at=1.9) for n, text in enumerate(texts, 1)]
    return turn


def story(*heard: bytes, requests: list[RequestRecord] | None = None, **more: object) -> CallEvidence:
    """A question of a second, then what was heard; all of it in one turn unless told."""
    agent = silence(1000) + b"".join(heard)
    record = PhoneRecord(t0=0.0, heard=bytearray(g711.encode(agent)), caller=bytearray(g711.encode(bytes(len(agent)))))
    record.speech = [Speech("question", 0, 8000)]
    turn = a_turn(*TEXTS, until=len(agent) / 16000)
    made = requests or [request(number, text) for number, text in enumerate(TEXTS, 1)]
    given: dict[str, object] = {"said": {0: " ".join(TEXTS)}, "turns": [turn], **more}
    return CallEvidence(record, requests=made, phrases=PHRASES, fixed=frozenset({"Sorry."}), **given)  # type: ignore[arg-type]


WHOLE = [silence(1000), *(sound(number, ms) for number, ms in enumerate(MS, 1))]


def test_a_sound_answer() -> None:
    assert measure_call(story(*WHOLE)) == EarMeasurement(silence_s=0.5, silence_from_speech_s=1.0)


def test_silence_is_the_longest_while_a_reply_is_owed() -> None:
    one, two, three = WHOLE[1:]
    ear = measure_call(story(silence(2000), one, silence(1700), two, three, silence(0)))
    assert ear.silence_s == pytest.approx(1.7, abs=0.04)
    assert ear.silence_from_speech_s == pytest.approx(2.0, abs=0.04)
    after = measure_call(replace(story(*WHOLE, silence(9000)), turns=[a_turn(*TEXTS, until=1 + 1 + sum(MS) / 1000)]))
    assert after.silence_s == pytest.approx(0.5, abs=0.04)


def test_silence_counts_to_the_end_without_an_answer() -> None:
    ear = measure_call(story(silence(8000), turns=[], said={}))
    assert (ear.silence_s, ear.silence_from_speech_s, ear.unanswered) == (7.5, 8.0, 1)
    cut = a_turn(*TEXTS, outcome="superseded", until=4.0)
    assert measure_call(story(*WHOLE, silence(5000), turns=[cut])).silence_s == pytest.approx(5.0, abs=0.04)


def test_a_sentence_that_is_not_heard_is_lost() -> None:
    ear = measure_call(story(WHOLE[0], WHOLE[1], WHOLE[3]))
    assert (ear.lost, ear.repeated, ear.swapped) == (1, 0, 0)


def test_a_sentence_of_which_words_are_missing_is_lost() -> None:
    assert measure_call(story(*WHOLE[:2], sound(2, MS[1] - 600), WHOLE[3])).lost == 1
    assert measure_call(story(*WHOLE[:2], sound(2, MS[1] - 150), WHOLE[3])).lost == 0


def test_a_sentence_heard_twice_is_repeated() -> None:
    ear = measure_call(story(*WHOLE[:3], WHOLE[2], WHOLE[3]))
    assert (ear.lost, ear.repeated, ear.swapped) == (0, 1, 0)


def test_a_sentence_from_two_requests_is_whole() -> None:
    made = [request(1, TEXTS[0]), request(2, TEXTS[1]), request(3, TEXTS[1]), request(4, TEXTS[2])]
    joined = [*WHOLE[:2], sound(2, 1200), silence(900), sound(3, MS[1] - 1200, 1200), sound(4, MS[2])]
    ear = measure_call(story(*joined, requests=made))
    assert (ear.lost, ear.repeated, ear.swapped, ear.bad_ms) == (0, 0, 0, 0)
    assert ear.silence_s == pytest.approx(0.9, abs=0.04)


def test_a_sentence_before_an_earlier_one_is_swapped() -> None:
    ear = measure_call(story(WHOLE[0], WHOLE[2], WHOLE[1], WHOLE[3]))
    assert (ear.lost, ear.repeated, ear.swapped) == (0, 0, 1)


def test_words_that_never_reached_tts_are_lost() -> None:
    turn = a_turn(*TEXTS[:2], until=9.0)
    assert measure_call(story(*WHOLE[:3], turns=[turn])).lost == 1
    no_end = {0: " ".join(TEXTS) + " and then"}
    assert measure_call(story(*WHOLE, said=no_end)).lost == 1
    assert measure_call(story(*WHOLE, said={})).lost == 0


def test_what_the_caller_spoke_over_is_not_lost() -> None:
    told = story(*WHOLE[:2], turns=[a_turn(*TEXTS, outcome="interrupted", until=5.0)])
    assert measure_call(told).lost == 2
    told.record.speech.append(Speech("stop", len(told.record.heard), len(told.record.heard) + 80, over=True))
    assert measure_call(told).lost == 0


def test_fixed_words_are_told_and_are_no_answer() -> None:
    turn = a_turn("Sorry.", outcome="failed", until=4.5)
    ear = measure_call(story(silence(800), sound(51, 700), silence(200), sound(52, 1500), turns=[turn], said={}))
    assert (ear.lost, ear.unanswered, dict(ear.instead)) == (0, 1, {"filler": 1, "apology": 1})


def test_fixed_words_before_the_question_and_joined_ones() -> None:
    told = story(silence(800), sound(51, 700), silence(40), sound(51, 700), *WHOLE)
    told.record.heard[: 8 * 400] = g711.encode(sound(52, 400))
    told.record.speech = [Speech("question", 4000, 8000)]
    assert dict(measure_call(told).instead) == {"filler": 1}


def test_a_reply_without_speech_is_bad_sound() -> None:
    made = [request(4, TEXTS[0], fault="degenerate"), *(request(n, text) for n, text in enumerate(TEXTS, 1))]
    ear = measure_call(story(silence(500), sound(4, 20), silence(480), *WHOLE[1:], requests=made))
    assert 0 < ear.bad_ms <= 40
    longer = measure_call(story(silence(300), sound(4, 200), silence(480), *WHOLE[1:], requests=made))
    assert longer.bad_ms == pytest.approx(200, abs=40)


def begun_again(first: bytes, rest: str, *, at: int) -> EarMeasurement:
    """The second sentence breaks off after this, and its text from a character on is said again."""
    turn = a_turn(TEXTS[0], TWO, rest, TEXTS[2], until=20.0)
    turn.sentences[1].again_from = at
    turn.sentences[2].asked_at = 5.0
    made = [request(1, TEXTS[0]), request(2, TWO), request(4, rest, 6.0), request(3, TEXTS[2])]
    again = sound(4, length(len(rest), 95.0) // 32)
    heard = [silence(1000), sound(1, MS[0]), first, silence(1500), again, sound(3, MS[2])]
    return measure_call(story(*heard, requests=made, turns=[turn], said={0: f"{TEXTS[0]} {TWO} {TEXTS[2]}"}))


TWO = "a" * 20 + ", " + "b" * 24 + "?"
PART = length(20, 95.0) // 32


@pytest.mark.parametrize("more", [0, 300, 1500])
def test_sentence_begun_again_is_neither_lost_nor_repeated(more: int) -> None:
    ear = begun_again(sound(2, PART + more), TWO[22:], at=22)
    assert (ear.again, ear.lost, ear.repeated, ear.swapped, ear.bad_ms) == (1, 0, 0, 0, 0)


def test_a_sentence_that_is_begun_again_too_late_is_lost() -> None:
    assert begun_again(sound(2, PART - 700), TWO[22:], at=22).lost == 1


def test_sentence_begun_again_whole_owes_no_first_half() -> None:
    ear = begun_again(sound(2, 500), TWO, at=0)
    assert (ear.again, ear.lost, ear.repeated) == (1, 0, 0)


def test_noise_and_a_foreign_voice_are_bad_sound() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 8 * 400).astype("<i2").tobytes()
    assert measure_call(story(silence(400), noise, silence(200), *WHOLE[1:])).bad_ms == pytest.approx(400, abs=60)
    assert measure_call(story(silence(400), sound(33, 400), silence(200), *WHOLE[1:])).bad_ms == pytest.approx(
        400, abs=60
    )


def test_half_a_sample_too_many_is_bad_sound() -> None:
    shifted = tone(1, 32 * MS[0])[1:] + b"\0"
    ear = measure_call(story(WHOLE[0], resample(shifted, 16000, 8000), *WHOLE[2:]))
    assert ear.bad_ms > 1000


def test_a_header_in_the_sound_is_bad() -> None:
    header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff"
    clicked = resample(header + tone(1, 32 * MS[0]), 16000, 8000)
    assert measure_call(story(WHOLE[0], clicked, *WHOLE[2:])).bad_ms == 20


def test_a_call_without_a_question() -> None:
    told = story(*WHOLE[:1], turns=[], said={})
    told.record.speech = []
    told.record.t0 = None
    assert measure_call(told) == EarMeasurement()


def test_an_answer_of_fixed_words_alone_opens_no_turn_of_its_own() -> None:
    """A phrase of its own (nothing was understood) settles the question; its time is that of its words."""
    turn = Turn(0, "phrase", outcome="heard", ended_at=3.3)
    turn.sentences = [Sentence(1, "Sorry.", "Sorry.", ready_at=1.8)]
    ear = measure_call(story(silence(800), sound(52, 1500), silence(5000), turns=[turn, Turn(1, "phrase")], said={}))
    assert ear.silence_s == pytest.approx(0.3, abs=0.04)
