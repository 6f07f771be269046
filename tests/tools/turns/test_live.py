"""Callers who pause on real sockets: what they say, and how it is judged. The calls themselves take minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import tts
from ivr.testbench.hamsa import audio
from ivr.testbench.phone.playback import PlayedRun
from tools.tapes.speech import MarkerRecogniser, markers_of
from tools.turns.live.__main__ import chosen
from tools.turns.live.calls import CALLS, KEY_MS, YES_NO, is_keys, parts, pieces_of
from tools.turns.live.placed import HELLO, LiveResult, TrimmedVoice, begins, part_of

needs_voice = pytest.mark.skipif(not tts.available(), reason="no espeak-ng")
FIRST = chosen("first", "")
TYPED = next(call for call in CALLS if call.says.startswith("{"))


def _markers() -> dict[str, int]:
    return markers_of([*HELLO.values(), *parts(CALLS)])


def test_each_part_of_all_texts_has_a_marker() -> None:
    assert len(_markers()) <= audio.MARKERS
    assert {len(answers) for answers in YES_NO.values()} == {10}


def test_calls_are_chosen_by_set_and_name() -> None:
    assert len(FIRST) == 6
    assert chosen("all", "") == list(CALLS)
    assert [call.name for call in chosen("first,keys", "ar 13")] == ["13 digits in groups"]
    assert {call.group for call in chosen("keys,over", "")} == {"keys", "over"}


def test_what_is_said_has_pauses_and_keys() -> None:
    assert pieces_of("one two [900] {34} [1200] five") == [("one two", 900), ("{34}", 1200), ("five", 0)]
    assert replace(TYPED, says="one two [900] {34}").whole == "one two 34"


@needs_voice
def test_all_parts_of_paused_calls_are_heard() -> None:
    markers = _markers()
    voice, hear = TrimmedVoice(markers), MarkerRecogniser(markers)
    for call in FIRST:
        assert hear(resample(g711.decode(voice(call.says)), g711.RATE, 16_000)) == call.whole


@needs_voice
def test_short_answers_are_heard_in_any_voice() -> None:
    markers = _markers()
    hear, quiet = MarkerRecogniser(markers), bytes([g711.SILENCE]) * 2000
    for voice in (TrimmedVoice(markers), TrimmedVoice(markers, ("en-us+f2 165 55", "ar+f2 160 55"))):
        for text in [text for some in YES_NO.values() for text in some]:
            assert text in hear(resample(g711.decode(quiet + voice(text) + quiet), g711.RATE, 16_000))


def test_keys_are_pressed_where_they_stand() -> None:
    part = part_of(replace(TYPED, says="{12} [1000] {3}"), TrimmedVoice({}))
    assert part.keys == ((0.0, "1"), (KEY_MS / 1000, "2"), (2 * KEY_MS / 1000 + 1.0, "3"))
    assert (len(part.sound), part.quiet) == (8 * (3 * KEY_MS + 1000), 0)
    assert all(is_keys(piece) for piece, _ in TYPED.pieces)


def test_the_agent_begins_to_speak_behind_a_breath() -> None:
    assert begins([PlayedRun(0, 8000, 0), PlayedRun(8000, 8320, 1), PlayedRun(9600, 9900, 1)]) == [0, 9600]


def test_one_whole_question_is_good() -> None:
    call = FIRST[0]
    whole = call.whole
    assert LiveResult(call, True, [whole]).is_good
    assert LiveResult(call, True, ["five five two four", whole], superseded=1).is_good
    assert not LiveResult(call, True, [whole], spoke=True).is_good
    assert not LiveResult(call, True, ["five five two four", "oh one four"]).is_good
    assert LiveResult(call, True, [whole], wait_ms=312.4).line() == (
        "| en 13 digits in groups | told | 1 | 0 | yes | no | 312 |"
    )


def test_who_corrects_a_whole_number_may_ask_twice() -> None:
    call = replace(FIRST[0], says="one two [900] no two", twice=True)
    assert LiveResult(call, True, ["one two", "no two"], spoke=True).is_good
    assert LiveResult(call, True, ["one two no two"]).is_good
    assert not LiveResult(call, True, ["no two"]).is_good
    assert not LiveResult(call, True, []).is_good
