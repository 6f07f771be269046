"""A caller whose turn was ended too soon goes on: the question is withdrawn, and both parts are asked as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.actions import Expect
from ivr.call.commands import CancelSpeech, CloseReply, RequestReply, SendAudio, SendClear, Transcribe
from ivr.call.events import ReplyDelta, ReplyEnded
from tests.call.stage import LOUD, QUIET, Stage, options
from tests.call.test_overlaps import rules
from tests.call.world import SOFT, World, with_fillers


def asked(first: str, pause_ms: int = 300, **choices: Any) -> World:
    """The caller has said the first part, and the agent works at it."""
    world = World(**{"stt_s": 0.3, "agent_s": 0.9, **choices})
    world.say(first)
    while not world.all(RequestReply):
        world.wait(20)
    world.wait(pause_ms)
    assert world.sounding == []
    return world


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("track my parcel", "number five six seven"),
        ("my blue parcel", "please"),
        ("my blue parcel", "yes"),
        ("my blue parcel", "okay"),
        ("عندي مشكلة", "رقم سبعة ثمانية"),
        ("عندي مشكلة", "لو سمحت"),
        ("عندي مشكلة", "ايوه"),
    ],
)
@pytest.mark.parametrize("ms", [200, 700, 3000])
def test_both_parts_are_one_question(first: str, second: str, ms: int) -> None:
    world = asked(first, agent_s=5.0)
    place = len(world.log)
    world.agent_s = 0.9
    world.say(second, ms)
    world.wait(8000)
    assert world.questions() == [first, f"{first} {second}"]
    assert [one.request.superseded for one in world.all(RequestReply)] == [False, True]
    assert [turn.outcome for turn in world.call.turns] == ["superseded", "heard"]
    assert rules(world) == [("commit", "went_on")]
    assert CloseReply(0) in world.since(place)
    # Nothing of the first answer was ever sent.
    assert world.all(SendClear) == []
    assert world.call.turns[0].first_sent_at is None


def test_the_agent_is_quiet_from_the_first_frames_on() -> None:
    """An answer that arrives while the caller goes on is not heard, whatever the peers take."""
    for early in (20, 40, 60, 100, 400):
        stage = Stage()
        stage.hear("track my parcel")
        stage.speak(early)
        stage.reply("Which parcel do you mean?")
        stage.voice(1000)
        stage.speak(620)
        assert stage.all(SendAudio) == []
        assert stage.state == "yielding"


def test_a_crackle_delays_the_first_sound_by_a_moment() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.speak(20)
    stage.reply("Which parcel do you mean?")
    stage.voice(1000)
    stage.wait(20)
    assert stage.all(SendAudio) == []
    stage.wait(20)
    assert stage.all(SendAudio) != []
    assert stage.state == "speaking"


def test_a_crackle_without_an_end_does_not_keep_an_answer_back() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.reply("Which parcel do you mean?")
    place, since = len(stage.log), stage.now
    stage.speak(20)
    stage.voice(1000)
    for _ in range(20):
        stage.wait(20)
        stage.speak(20)
    sent = [at for at, command in stage.log[place:] if isinstance(command, SendAudio)]
    assert sent[0] == pytest.approx(since + 0.12, abs=0.03)
    stage.wait(2000)
    assert stage.call.turns[0].outcome == "heard"


@pytest.mark.parametrize("ms", [60, 120, 300, 1000, 2400])
def test_a_noise_without_words_lets_the_answer_go_on(ms: int) -> None:
    world = asked("track my parcel", 100)
    world.say("", ms)
    world.wait(5000)
    assert world.questions() == ["track my parcel"]
    assert [turn.outcome for turn in world.call.turns] == ["heard"]


@pytest.mark.parametrize("hum", ["mm-hm", "اها"])
def test_a_hum_lets_the_answer_go_on(hum: str) -> None:
    world = asked("track my parcel")
    world.say(hum, 300)
    world.wait(5000)
    assert world.questions() == ["track my parcel"]


@pytest.mark.parametrize(("first", "thanks"), [("yes", "thank you"), ("نعم", "شكرا")])
def test_thanks_behind_a_whole_question_ask_for_nothing(first: str, thanks: str) -> None:
    world = asked(first)
    world.say(thanks, 400)
    world.wait(5000)
    assert world.questions() == [first]
    assert rules(world) == [("resume", "waiting")]


def test_a_hello_asks_whether_the_agent_is_there() -> None:
    world = with_fillers(stt_s=0.3, filler_after_ms=5000)
    world.say("where is my parcel")
    world.wait(1000)
    world.say("hello?", 300)
    world.wait(1000)
    assert len(world.call.turns[0].fillers) == 1
    assert len(world.questions()) == 1


def test_a_television_does_not_go_on_with_the_question() -> None:
    world = asked("where is my parcel")
    world.say("the government said", 1000, SOFT)
    world.wait(4000)
    assert world.questions() == ["where is my parcel"]


def test_what_comes_later_is_a_question_of_its_own_kind() -> None:
    """After two seconds, "please" waits; other words still join a question without a sound of its answer."""
    world = asked("where is my parcel", 1700, agent_s=9.0)
    world.say("please", 300)
    world.wait(1000)
    assert rules(world) == [("resume", "waiting")]
    world.say("number five", 600)
    world.wait(1500)
    assert world.questions() == ["where is my parcel", "where is my parcel number five"]
    assert world.all(RequestReply)[-1].request.superseded


def test_what_sounded_before_the_voice_was_no_part_of_the_question() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.reply("Certainly. Which parcel do you mean?")
    stage.voice(4000)
    stage.wait(40)
    stage.interrupt("number five")
    assert stage.call.turns[0].outcome == "interrupted"
    assert not stage.last(RequestReply).request.superseded


def test_a_voice_from_before_the_first_sound_goes_on() -> None:
    """The answer begins in the moment that it takes to tell a voice."""
    stage = Stage()
    stage.hear("track my parcel")
    stage.speak(40)
    stage.reply("Which parcel do you mean?")
    stage.voice(1000)
    stage.interrupt("number five")
    stage.wait(500)
    assert stage.call.turns[0].outcome == "superseded"
    request = stage.last(RequestReply).request
    assert (request.text, request.superseded, request.heard) == ("track my parcel number five", True, "")


@pytest.mark.parametrize("second", ["my number is", "and the"])
def test_the_end_of_both_parts_is_waited_for(second: str) -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.speak(300)
    stage.wait(200)
    stage.found(second)
    stage.wait(1000)
    assert len(stage.all(RequestReply)) == 1
    stage.wait(1500)
    assert len(stage.all(Transcribe)) == 2
    assert stage.last(RequestReply).request.text == f"track my parcel {second}"


def test_a_second_voice_goes_on_where_the_first_did() -> None:
    """It begins late, but the agent is quiet for the first, whose words are still to be found."""
    stage = Stage()
    stage.hear("track my parcel")
    stage.wait(1500)
    stage.speak(1000)
    stage.wait(600)
    assert stage.state == "yielding"
    stage.speak(400)
    stage.wait(600)
    stage.found("number five")
    stage.say_no_more()
    request = stage.last(RequestReply).request
    assert (request.text, request.superseded) == ("track my parcel number five", True)


def test_a_third_part_joins_the_two_before_it() -> None:
    world = asked("my blue parcel")
    world.say("from Riyadh", 500)
    world.wait(1100)
    world.say("please", 500)
    world.wait(8000)
    assert world.questions()[-1] == "my blue parcel from Riyadh please"
    assert world.call.turns[-1].outcome == "heard"


def test_words_are_looked_for_before_a_long_voice_pauses() -> None:
    """The agent does not work at half a question for as long as the other half takes."""
    world = asked("track my parcel", 100, agent_s=9.0)
    since, place = world.now, len(world.log)
    world.say("number five", 5000)
    closed = next(at for at, command in world.log[place:] if isinstance(command, CloseReply))
    assert closed - since == pytest.approx(0.6 + world.stt_s, abs=0.05)


def test_slow_words_keep_the_agent_quiet_while_the_caller_speaks() -> None:
    world = asked("track my parcel", 100)
    world.stt_s = 4.0
    world.say("number five", 4000)
    assert world.sounding == []
    assert world.state == "yielding"


def test_what_the_agent_awaits_is_awaited_again() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "What is its number?"))
    stage.feed(ReplyEnded(turn, expect=Expect("digits", 6)))
    stage.voice(400)
    stage.wait(600)
    stage.hear("one two three")
    stage.wait(2500)
    assert stage.last(RequestReply).request.text == "one two three"
    stage.speak(300)
    stage.wait(200)
    stage.found("four five six")
    stage.wait(60)
    assert stage.last(RequestReply).request.text == "one two three four five six"


def test_five_in_a_row_are_withdrawn_and_the_next_is_said_first() -> None:
    world = asked("where is my parcel", agent_s=9.0)
    for word in ("today", "tomorrow", "Monday", "Tuesday", "Sunday", "Friday"):
        world.say(word, 300)
        while world.state != "thinking":
            world.wait(20)
        world.wait(200)
    world.agent_s = 0.9
    world.wait(20_000)
    outcomes = [turn.outcome for turn in world.call.turns]
    assert outcomes == ["superseded"] * 5 + ["heard", "heard"]
    assert world.questions()[-1] == "Friday"


def test_a_synthesis_under_way_is_cancelled() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.reply("Which parcel do you mean?")
    place = len(stage.log)
    stage.interrupt("number five")
    assert CancelSpeech(0, 1) in stage.since(place)


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["", "one", "two please", "yes", "okay", "رقم", "سبعة", "mm"]),
        st.sampled_from([60, 200, 400, 900]),
        st.sampled_from([200, 400, 700, 1100, 2500]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=15, deadline=None)
@given(PARTS, st.sampled_from([0.1, 0.4, 1.2]), st.sampled_from([0.2, 0.9, 3.0]))
def test_whatever_is_said_in_parts_the_agent_keeps_quiet(
    parts: list[tuple[str, int, int]], stt_s: float, agent_s: float
) -> None:
    world = World(stt_s=stt_s, agent_s=agent_s, silence_timeout=0.0)
    world.say("track my parcel")
    for words, ms, pause in parts:
        world.wait(pause)
        world.say(words, ms)
    world.wait(14_000)
    for turn in world.call.turns:
        assert turn.outcome != "superseded" or not any(one.heard_ms for one in turn.sentences)
    assert world.state == "listening"
    for before, after in zip(world.call.turns, world.call.turns[1:], strict=False):
        if before.outcome == "superseded":
            assert after.supersedes
            assert after.text.startswith(before.text)


def test_going_on_prints_itself() -> None:
    assert "GoingOn" in repr(Stage(options()).call._overlaps._going_on)
    assert LOUD != QUIET
