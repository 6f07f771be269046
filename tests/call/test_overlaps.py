"""Voices over the agent, with peers that take their time: what the caller hears, and what the agent is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.commands import CloseReply, RequestReply, SendClear, Speak, Transcribe
from ivr.call.events import ReplyDelta, ReplyEnded, TranscriptArrived, TranscriptFailed, TtsAudio, TtsEnded
from ivr.call.options import Phrase
from tests.call.stage import LOUD, QUIET, Stage, options, phrases
from tests.call.world import FILLER, MS_PER_CHARACTER, SOFT, World, asked, with_fillers

QUESTION = "where is my parcel"


def rules(world: Stage) -> list[tuple[str, str]]:
    """What each overlap was, and by which rule."""
    return [(overlap.verdict, overlap.rule) for turn in world.call.turns for overlap in turn.overlaps]


def muted_s(world: World) -> float:
    """How long the answer was silent between its first sound and its last."""
    return sum(later[0] - earlier[1] for earlier, later in zip(world.sounding, world.sounding[1:], strict=False))


# -- signs of listening ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["ايوه ايوه", "okay okay", "mm hm", "I see", "فهمت عليك", "Oh, I see. Okay.", "..."])
@pytest.mark.parametrize("ms", [300, 800, 1900])
def test_a_hum_of_any_length_mutes_the_agent_once(words: str, ms: int) -> None:
    world = asked()
    world.say(words, ms)
    world.wait(7000)
    assert len(rules(world)) == 1
    assert rules(world)[0][0] == "resume"
    assert world.questions() == [QUESTION]
    assert world.call.turns[0].outcome == "heard"
    assert muted_s(world) < ms / 1000 + 1.3


@pytest.mark.parametrize("words", ["I see", "ايوه ايوه"])
def test_a_hum_in_two_parts_is_one(words: str) -> None:
    world = asked()
    for _ in range(3):
        world.say(words, 300)
        world.wait(400)
    world.wait(7000)
    assert rules(world) == [("resume", "backchannel")]
    assert len(world.all(SendClear)) == 1
    assert world.call.turns[0].outcome == "heard"


# -- interruptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stt_s", [0.3, 0.8, 1.5, 2.5])
@pytest.mark.parametrize("words", ["stop", "لا لا"])
def test_one_word_stops_the_agent_once(words: str, stt_s: float) -> None:
    world = asked(stt_s=stt_s)
    place, since = len(world.log), world.now
    world.say(words, 300)
    world.wait(4000)
    [cleared] = [at for at, command in world.log[place:] if isinstance(command, SendClear)]
    assert cleared - since <= 0.08
    assert rules(world) == [("commit", "words")]
    [overlap] = world.call.turns[0].overlaps
    assert overlap.verdict_at is not None
    assert overlap.verdict_at - since == pytest.approx(0.3 + 0.16 + stt_s, abs=0.05)
    assert world.questions() == [QUESTION, words]


@pytest.mark.parametrize("ms", [700, 1500, 2600, 5000])
def test_a_long_interruption_is_heard_whole_and_never_resumed(ms: int) -> None:
    world = asked()
    world.say("no I want the other one", ms)
    world.wait(9000)
    assert rules(world) == [("commit", "words")]
    assert world.questions() == [QUESTION, "no I want the other one"]
    assert world.call.turns[1].outcome == "heard"


def test_a_pause_inside_an_interruption_loses_nothing() -> None:
    world = asked()
    world.say("no", 300)
    world.wait(300)
    world.say("no the other one", 900)
    world.wait(6000)
    assert rules(world)[0] == ("commit", "words")
    assert world.questions()[1:] == ["no the other one"]


def test_more_words_behind_those_that_were_found_are_not_lost() -> None:
    world = asked(stt_s=1.2)
    world.say("no", 300)
    world.wait(200)
    world.say("not that", 300)
    world.wait(6000)
    assert world.questions()[1:] == ["not that"]


@pytest.mark.parametrize("hum", ["mm-hm", "", "ايوه ايوه"])
@pytest.mark.parametrize("words", ["no the other one", "stop", "والشحنة الثانية"])
@pytest.mark.parametrize("stt_s", [0.8, 1.5, 2.5])
def test_words_behind_hums_that_are_judged_first_are_not_lost(hum: str, words: str, stt_s: float) -> None:
    """They are said while STT looks for the words of the hums."""
    world = asked(stt_s=stt_s)
    world.answer_text = "All right."
    for ms in (1800, 400):
        world.say(hum, ms)
        world.wait(300)
    world.say(words, 500)
    world.wait(9000)
    assert len(world.questions()) == 2
    assert words in world.questions()[1]


def test_an_utterance_behind_the_words_that_interrupt_joins_them() -> None:
    world = asked(stt_s=1.2)
    world.say("no", 300)
    world.wait(600)
    world.say("the other one", 700)
    world.wait(6000)
    assert world.questions()[1:] == ["no the other one"]


def test_words_of_an_earlier_voice_leave_the_later_alone() -> None:
    stage = Stage()
    stage.answer(ms=9000)
    stage.wait(500)
    for _ in range(2):
        stage.speak(300)
        stage.wait(1200)
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptArrived(2, "mm-hm"))
    assert stage.state == "yielding"
    stage.feed(TranscriptArrived(4, "stop"))
    stage.feed(TranscriptArrived(3, "please"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "please stop"


def test_stt_that_fails_over_the_agent_is_no_false_alarm() -> None:
    stage = Stage()
    stage.answer(ms=8000)
    stage.wait(500)
    for number in (2, 3, 4):
        stage.speak(300)
        stage.wait(200)
        stage.feed(TranscriptFailed(number, "closed"))
        stage.wait(1000)
    assert rules(stage) == [("resume", "failed")] * 3


# -- a voice that is not for the agent -------------------------------------------------------------------------------

TELEVISION = ["the government said on Monday", "قالت الحكومة يوم الاثنين", "", "yes yes", "(music)"]


@pytest.mark.parametrize("words", TELEVISION)
@pytest.mark.parametrize(("on", "off"), [(2400, 400), (1000, 1000), (60_000, 0)])
def test_a_television_under_the_caller_leaves_the_answer_whole(words: str, on: int, off: int) -> None:
    world = World()
    world.say(QUESTION)
    since = world.now
    while world.now < since + 60:
        world.say(words, min(on, 2000), SOFT)
        world.pass_time(off if on < 60_000 else 0)
    assert rules(world) == []
    assert world.questions()[0] == QUESTION
    assert world.call.turns[0].outcome == "heard"
    assert world.sounding[0][0] - since < 3.5
    assert world.said("reprompt") <= 2


@pytest.mark.parametrize("words", ["the government said on Monday", "قالت الحكومة يوم الاثنين"])
def test_a_television_in_the_silence_at_an_answers_end(words: str) -> None:
    """It is as far off behind the answer as beneath it, and is no question there either."""
    world = World(agent_s=60.0, tts_s=60.0)
    world.say(QUESTION)
    world.wait(1500)
    world.reply()
    asked_for = world.last(Speak)
    world.feed(TtsAudio(asked_for.turn, asked_for.sentence, LOUD * 50 + QUIET * 50, 8000, "mulaw"))
    world.feed(TtsEnded(asked_for.turn, asked_for.sentence))
    world.wait(1800)
    world.say(words, 1600, SOFT)
    world.wait(3000)
    assert world.call.turns[-1].outcome == "heard"
    assert world.questions() == [QUESTION]


@pytest.mark.parametrize(("on", "off"), [(1600, 1000), (1400, 500), (2400, 400)])
def test_a_television_behind_a_silent_caller_does_not_silence_the_agent(on: int, off: int) -> None:
    """Once the caller was asked in vain, every voice is taken for the caller's, and has an end like the caller's."""
    world = asked()
    while world.now < 1060:
        world.say("the government said on Monday", on, SOFT)
        world.wait(off)
    assert world.said("still_there") >= 1
    assert len(world.questions()) > 1
    assert max(later - earlier for (_, earlier), (later, _) in pairwise(world.sounding)) < 25


@pytest.mark.parametrize("words", ["mm-hm", "ايوه ايوه", ""])
@pytest.mark.parametrize("stt_s", [0.8, 1.5, 2.5])
def test_a_television_behind_a_hum_mutes_the_agent_no_longer(words: str, stt_s: float) -> None:
    alone, world = asked(stt_s=stt_s), asked(stt_s=stt_s)
    for each in (alone, world):
        each.say(words, 900)
        each.wait(600)
        for _ in range(3):
            each.say("the government said", 2500, SOFT if each is world else QUIET)
            each.wait(100)
        each.wait(4000)
    assert muted_s(world) <= muted_s(alone) + 0.1
    assert (world.questions(), world.call.turns[0].outcome) == ([QUESTION], "heard")


@pytest.mark.parametrize("stt_s", [0.8, 1.5, 2.5])
@pytest.mark.parametrize("hum", ["mm-hm", "", None])
@pytest.mark.parametrize("words", ["how much is it", "وقف"])
def test_a_television_behind_an_interruption_does_not_hold_it_up(words: str, hum: str | None, stt_s: float) -> None:
    """Nor do its words take the place of the caller's, or join them."""
    world = asked(stt_s=stt_s)
    if hum is not None:
        world.say(hum, 200)
        world.wait(300)
    world.say(words, 500)
    spoken = world.now
    for _ in range(5):
        world.say("the government said", 1500, SOFT)
        world.wait(500)
    world.wait(8000)
    assert world.questions() == [QUESTION, words]
    [at] = [at for at, command in world.log if isinstance(command, RequestReply)][1:]
    assert at - spoken <= stt_s * (1 if hum is None else 2) + 0.7


def test_a_command_over_a_television_stops_the_agent() -> None:
    world = asked()
    world.say("the government", 1000, SOFT)
    world.say("stop", 500)
    world.wait(3000)
    assert ("commit", "words") in rules(world)
    assert "stop" in world.questions()[1]


def test_a_caller_who_has_moved_away_is_heard_after_a_prompt() -> None:
    world = asked()
    world.wait(5000)
    world.say("hello", 900, SOFT)
    world.wait(1500)
    assert world.questions() == [QUESTION]
    assert len(world.notes("speech_ignored")) == 0
    world.wait(12_000)
    assert world.said("still_there") == 1
    world.say("where is it", 900, SOFT)
    world.wait(2000)
    assert world.questions() == [QUESTION, "where is it"]


@pytest.mark.parametrize("words", ["the government said on Monday", "قالت الحكومة يوم الاثنين"])
def test_a_loud_voice_does_not_abort_answers_for_ever(words: str) -> None:
    world = World()
    world.say(QUESTION)
    since = world.now
    while world.now < since + 60:
        world.say(words, 1000)
        world.wait(1000)
    outcomes = [turn.outcome for turn in world.call.turns]
    assert outcomes[:7].count("heard") >= 1
    cut = "".join("x" if outcome != "heard" else "." for outcome in outcomes[:-1])
    assert "xxxxxx" not in cut
    assert any("kept" in rule for rule in rules(world))


def test_a_loud_voice_without_an_end_is_answered_at_a_breath() -> None:
    world = World()
    since = world.now
    while world.now < since + 20:
        world.say("and then", 2400)
        world.wait(400)
    assert world.all(RequestReply)


def test_noise_is_asked_about_twice_and_then_counts_as_silence() -> None:
    world = World()
    for _ in range(80):
        if world.ended is None:
            world.say("", 1000)
            world.wait(2000)
    assert world.said("reprompt") == 2
    assert world.said("still_there") == 2
    assert world.ended is not None
    assert world.ended.reason == "caller_silent"


# -- while the agent works -------------------------------------------------------------------------------------------

NOTHING_NEW = [
    "hello?",
    "hello? are you there?",
    "ألو؟ تسمعني؟",
    "thank you",
    "شكراً",
    "okay",
    "طيب",
    QUESTION,
    "",
    "hmm",
]


@pytest.mark.parametrize("words", NOTHING_NEW)
def test_nothing_new_leaves_the_request_alone(words: str) -> None:
    plain, world = with_fillers(), with_fillers()
    for each in (plain, world):
        each.say(QUESTION)
        each.wait(2500)
        each.pass_time(700, QUIET) if each is plain else each.say(words, 700)
        each.wait(16_000)
    assert world.questions() == [QUESTION]
    assert world.all(CloseReply) == []
    assert world.call.turns[0].outcome == "heard"
    assert world.sounding[-1][0] <= plain.sounding[-1][0] + 1.5


@pytest.mark.parametrize("words", ["hello?", "ألو"])
def test_a_hello_is_answered_with_a_filler(words: str) -> None:
    world = with_fillers(filler_after_ms=5000)
    world.say(QUESTION)
    world.wait(1800)
    world.say(words, 400)
    since = world.now
    world.wait(1400)
    assert len(world.call.turns[0].fillers) == 1
    assert world.sounding[0][0] - since < 1.1


def in_a_gap(first: str, **choices: object) -> World:
    """An agent that has said one sentence, and is silent because the next does not come."""
    world = with_fillers(agent_s=60.0, reply_timeout=60.0, filler_after_ms=5000, **choices)
    world.say(QUESTION)
    world.wait(1500)
    world.feed(ReplyDelta(world.last(RequestReply).turn, f"{first} It"))
    world.wait(len(first) * MS_PER_CHARACTER + 1800)
    assert world.state == "speaking"
    assert world.sounding[-1][1] < world.now - 1
    return world


@pytest.mark.parametrize("words", ["hello?", "ألو؟ تسمعني؟", "thank you", "شكراً", "okay", QUESTION, "hmm"])
def test_nothing_new_in_a_gap_of_the_answer(words: str) -> None:
    world = in_a_gap("I have found your parcel.")
    world.say(words, 500)
    world.wait(1500)
    fillers = len(world.call.turns[0].fillers)
    assert fillers == ("hello" in words or "ألو" in words)
    world.feed(ReplyDelta(0, " is in Riyadh."))
    world.feed(ReplyEnded(0))
    world.wait(5000)
    assert world.questions() == [QUESTION]
    assert world.call.turns[0].heard == "I have found your parcel. It is in Riyadh."


@pytest.mark.parametrize("words", ["yes", "نعم", "no", "stop", "and the other one"])
def test_an_answer_in_a_gap_is_an_answer(words: str) -> None:
    world = in_a_gap("Shall I send it today?")
    world.say(words, 500)
    world.wait(2000)
    assert world.questions() == [QUESTION, words]


def test_thanks_over_the_words_of_an_answer_are_for_the_agent() -> None:
    """The agent says what the caller wants to know, and the caller has heard enough of it."""
    world = asked()
    world.say("thank you", 500)
    world.wait(2000)
    assert world.questions() == [QUESTION, "thank you"]


def test_fillers_for_a_hello_are_bounded() -> None:
    world = with_fillers(agent_s=40.0, fillers_most=2, reply_timeout=60.0)
    world.say(QUESTION)
    for _ in range(8):
        world.wait(2500)
        world.say("hello?", 400)
    assert len(world.call.turns[0].fillers) == 2


def test_an_interruption_begins_a_new_wait_for_a_filler() -> None:
    world = with_fillers(agent_s=1.0)
    world.say(QUESTION)
    world.wait(4000)
    assert world.state == "speaking"
    world.agent_s = 0.9
    world.say("no the other one", 1500)
    world.wait(9000)
    assert world.call.turns[1].fillers == []
    assert world.call.turns[1].outcome == "heard"


def test_a_hello_over_a_filler_is_answered_by_it() -> None:
    world = with_fillers()
    world.say(QUESTION)
    world.wait(2900)
    assert len(world.call.turns[0].fillers) == 1
    world.say("hello?", 300)
    world.wait(1500)
    assert len(world.call.turns[0].fillers) == 1


def test_a_new_question_while_the_agent_works_joins_the_first() -> None:
    world = with_fillers()
    world.say(QUESTION)
    world.wait(2500)
    world.say("number five", 700)
    world.wait(14_000)
    assert world.questions() == [QUESTION, f"{QUESTION} number five"]


def test_a_question_is_restarted_three_times_at_most() -> None:
    world = with_fillers(agent_s=5.0)
    world.say(QUESTION)
    world.wait(1500)
    for number in ("one", "two", "three", "four", "five"):
        world.say(f"number {number}", 700)
        world.wait(3000)
    world.wait(20_000)
    assert [turn.outcome for turn in world.call.turns][:4] == ["superseded"] * 3 + ["heard"]
    assert "number five" in world.questions()[-1]


# -- bounds, whatever comes ------------------------------------------------------------------------------------------

VOICES = st.tuples(
    st.sampled_from(["", "mm-hm", "okay okay", "the government said", "قالت الحكومة", "(music)", "I see"]),
    st.sampled_from([60, 160, 400, 1000, 3000]),
    st.sampled_from([LOUD, SOFT]),
    st.sampled_from([100, 300, 700, 2000]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(VOICES, min_size=3, max_size=12))
def test_voices_that_say_nothing_never_take_an_answer(voices: list[tuple[str, int, bytes, int]]) -> None:
    world = World(agent_s=2.0, silence_timeout=0.0)
    world.say(QUESTION)
    # Sooner, "okay" would go on with the question.
    world.wait(2100)
    since = world.now
    for words, ms, frame, pause in voices:
        meant = words in ("the government said", "قالت الحكومة") and frame is LOUD
        world.say("" if meant else words, ms, frame)
        world.wait(pause)
    world.wait(9000)
    first = next(turn for turn in world.call.turns if turn.kind == "speech")
    assert (first.text, first.outcome) == (QUESTION, "heard")
    minutes = (world.now - since) / 60
    assert len(rules(world)) <= 6 * max(1.0, minutes)
    assert world.said("reprompt") <= 2 + 2 * len(world.questions())


@settings(max_examples=25, deadline=None)
@given(st.lists(VOICES, min_size=3, max_size=12))
def test_whatever_is_said_an_answer_is_heard_in_the_end(voices: list[tuple[str, int, bytes, int]]) -> None:
    world = World(silence_timeout=0.0)
    world.say(QUESTION)
    for words, ms, frame, pause in voices:
        world.say(words, ms, frame)
        world.wait(pause)
    world.wait(15_000)
    assert world.call.turns[-1].outcome == "heard"
    assert world.state == "listening"
    assert len(world.all(Transcribe)) <= 3 + 3 * len(voices) + sum(ms for _, ms, *_ in voices) / 600


@settings(max_examples=30, deadline=None)
@given(
    st.lists(VOICES, max_size=4),
    st.sampled_from(["no the other one", "stop", "how much is it", "والشحنة الثانية"]),
    st.sampled_from([0.3, 0.8, 1.5, 2.5]),
    st.booleans(),
)
def test_an_interruption_is_asked_whatever_is_beside_it(
    voices: list[tuple[str, int, bytes, int]], words: str, stt_s: float, television: bool
) -> None:
    world = World(stt_s=stt_s, silence_timeout=0.0)
    world.say(QUESTION)
    world.wait(3000)
    for others, ms, frame, pause in voices:
        meant = others in ("the government said", "قالت الحكومة") and frame is LOUD
        world.say("" if meant else others, ms, frame)
        world.wait(pause)
    world.say(words, 500)
    since = world.now
    for _ in range(4):
        world.say("the government said", 1500, SOFT) if television else world.wait(1500)
        world.wait(500)
    asked_at = [at for at, command in world.log if isinstance(command, RequestReply) and words in command.request.text]
    assert asked_at
    assert asked_at[0] <= since + 2 * stt_s + 1.5


def test_overlaps_print_themselves() -> None:
    assert repr(asked().call._overlaps).startswith("<Overlaps onset=")


def test_a_television_while_the_greeting_is_protected() -> None:
    words = phrases() | {"notice": Phrase("notice words", FILLER)}
    stage = Stage(options(phrases=words))
    stage.wait(1400)
    assert stage.state == "listening"
