"""The agent is asked ahead of the turn's end; nothing sounds and nothing is done before it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.actions import Expect
from ivr.call.agent.eager import WASTED_MOST
from ivr.call.commands import (
    CancelSpeech,
    CloseReply,
    Command,
    ForgetTranscript,
    HangUp,
    RequestReply,
    SendAudio,
    SendClear,
    Speak,
    Transfer,
)
from ivr.call.events import (
    CallerLeft,
    DigitPressed,
    Event,
    Operated,
    ReplyAction,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ReplyPause,
    Resumption,
    TtsAudio,
    TtsEnded,
    TtsFailed,
    Withdraw,
)
from ivr.call.options import Phrase
from tests.call.stage import LOUD, STARTED, Stage, options, phrases
from tests.call.world import World

WORDS = "hello"
ARABIC = "السلام عليكم"


def ahead(words: str = WORDS, **choices: Any) -> Stage:
    """The caller has said this, and pauses; the agent is asked."""
    stage = Stage(options(eager=True, **choices))
    stage.speak(600)
    stage.wait(260)
    stage.found(words)
    return stage


def outcomes(stage: Stage) -> list[tuple[object, ...]]:
    """What became of the questions that were asked ahead: turn, outcome, milliseconds gained."""
    return [tuple(note.fields.values()) for note in stage.notes("eager")]


def sent(stage: Stage) -> list[float]:
    """When audio left for the phone."""
    return sorted({at for at, command in stage.log if isinstance(command, SendAudio)})


@pytest.mark.parametrize("words", [WORDS, ARABIC])
def test_the_agent_is_asked_on_the_early_words(words: str) -> None:
    stage = ahead(words)
    [asked] = stage.all(RequestReply)
    assert (asked.request.text, asked.request.eager, asked.request.superseded) == (words, True, False)
    assert stage.state == "thinking"


def test_without_the_choice_the_end_is_waited_for() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(260)
    stage.found(WORDS)
    assert stage.all(RequestReply) == []


@pytest.mark.parametrize("words", ["my number is", "رقمي هو"])
def test_open_words_are_not_asked_ahead(words: str) -> None:
    assert ahead(words).all(RequestReply) == []


def test_nothing_sounds_before_the_end_and_everything_at_it() -> None:
    stage = ahead()
    stage.reply("It is in Riyadh today.")
    stage.voice(1000)
    assert stage.all(Speak)
    stage.wait(220)
    assert (sent(stage), stage.state) == ([], "thinking")
    stage.wait(20)
    assert sent(stage) == [stage.now]
    assert stage.state == "speaking"
    assert outcomes(stage) == [(0, "used", 0)]
    turn = stage.call.turns[0]
    assert (turn.endpoint_at, turn.first_sent_at) == (stage.now, stage.now)
    stage.wait(1500)
    assert (turn.outcome, turn.heard) == ("heard", "It is in Riyadh today.")
    assert len(stage.all(RequestReply)) == 1


def test_what_is_gained_is_told() -> None:
    """At most the time to the first audio: what comes after it would have been waited for by no one."""
    stage = ahead()
    stage.wait(100)
    stage.reply()
    stage.wait(140)
    assert outcomes(stage) == [(0, "used", 240)]
    stage = ahead()
    stage.wait(100)
    stage.reply()
    stage.wait(40)
    stage.voice(1000)
    stage.wait(100)
    assert outcomes(stage) == [(0, "used", 140)]


def test_an_answer_that_comes_after_the_end_is_like_any_other() -> None:
    stage = ahead()
    stage.wait(240)
    assert outcomes(stage) == [(0, "used", 240)]
    stage.wait(400)
    stage.reply()
    stage.voice(500)
    assert sent(stage) == [stage.now]


def test_a_caller_who_goes_on_has_asked_nothing_yet() -> None:
    stage = ahead()
    stage.reply("It is in Riyadh. It comes today.", hang_up=True)
    stage.voice(400, end=False)
    place = len(stage.log)
    stage.speak(40)
    assert stage.state == "thinking"
    stage.speak(20)
    assert stage.state == "hearing"
    out = stage.since(place)
    assert CloseReply(0) in out
    assert CancelSpeech(0, 1) in out
    assert outcomes(stage) == [(0, "went_on", 0)]
    # The words were there already: STT has nothing to be told.
    assert stage.all(ForgetTranscript) == []
    stage.speak(400)
    stage.wait(500)
    stage.found("where is my parcel number five")
    stage.wait(2500)
    assert sent(stage) == []
    assert stage.ended is None
    request = stage.last(RequestReply).request
    assert (request.text, request.superseded) == ("where is my parcel number five", True)
    assert ([turn.number for turn in stage.call.turns], stage.notes("turn")) == ([1], [])
    assert stage.all(SendClear) == []


def test_late_events_of_a_dropped_answer_do_nothing() -> None:
    stage = ahead()
    stage.speak(100)
    place = len(stage.log)
    for event in (ReplyDelta(0, "It is in Riyadh. "), ReplyEnded(0, hang_up=True), TtsAudio(0, 1, LOUD, 8000, "mulaw")):
        stage.feed(event)
    stage.wait(200)
    assert sent(stage) == []
    assert [command for command in stage.since(place) if isinstance(command, Speak)] == []


def test_a_click_delays_the_answer_and_wastes_nothing() -> None:
    stage = ahead()
    stage.reply()
    stage.voice(1000)
    stage.speak(20)
    stage.wait(480)
    assert sent(stage) == []
    stage.wait(20)
    assert sent(stage) == [stage.now]
    assert outcomes(stage) == [(0, "used", 0)]
    assert len(stage.all(RequestReply)) == 1


def test_a_hang_up_waits_for_the_end_of_the_turn() -> None:
    stage = ahead()
    stage.reply("Goodbye.", hang_up=True)
    stage.voice(300)
    stage.wait(220)
    assert stage.all(HangUp) == []
    stage.wait(1500)
    assert stage.ended == HangUp("success", "agent_goodbye")


def test_a_transfer_waits_for_the_end_of_the_turn() -> None:
    stage = ahead(transfer_to=("+966110000001",))
    stage.feed(ReplyEnded(0, transfer_to=""))
    stage.wait(220)
    assert stage.all(Transfer) == []
    stage.wait(300)
    assert [one.number for one in stage.all(Transfer)] == ["+966110000001"]


def test_acts_among_the_words_wait_in_their_order() -> None:
    stage = ahead(languages={"ar": phrases()})
    stage.feed(ReplyDelta(0, "Here. "))
    stage.feed(ReplyAction(0, "language", "ar"))
    stage.feed(ReplyDelta(0, "هنا."))
    stage.feed(ReplyPause(0))
    stage.feed(ReplyEnded(0))
    stage.wait(200)
    assert stage.call.turns[0].first_delta_at is not None
    assert len(stage.call.turns[0].sentences) <= 1
    stage.wait(40)
    assert [one.text for one in stage.call.turns[0].sentences] == ["Here.", "هنا."]
    assert stage.notes("language") == []


def test_the_last_words_are_synthesised_ahead_as_well() -> None:
    stage = ahead()
    stage.feed(ReplyDelta(0, "It is in Riyadh"))
    assert stage.all(Speak) == []
    stage.feed(ReplyEnded(0))
    assert [one.text for one in stage.all(Speak)] == ["It is in Riyadh"]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([ReplyFailed(0, "empty")], "refused"),
        ([ReplyFailed(0, "http_409")], "failed"),
        ([ReplyDelta(0, "It is in "), ReplyFailed(0, "broken")], "failed"),
        ([ReplyDelta(0, "It is here. It comes today."), ReplyEnded(0), TtsFailed(0, 1, "closed")], "failed"),
    ],
)
def test_an_agent_that_does_not_answer_ahead_is_asked_again(events: list[Event], outcome: str) -> None:
    stage = ahead()
    for event in events:
        stage.feed(event)
    assert stage.state == "hearing"
    stage.wait(220)
    assert len(stage.all(RequestReply)) == 1
    stage.wait(20)
    request = stage.last(RequestReply).request
    assert (request.text, request.eager, request.superseded, request.turn) == (WORDS, False, True, 1)
    assert outcomes(stage) == [(0, outcome, 0)]
    stage.reply()
    stage.voice(500)
    stage.wait(1000)
    assert [(turn.number, turn.outcome) for turn in stage.call.turns] == [(1, "heard")]
    assert stage.notes("reply_failed") + stage.notes("sentence_lost") == []


def test_a_refusal_of_a_caller_who_goes_on_is_nothing() -> None:
    stage = ahead()
    stage.feed(ReplyFailed(0, "http_409"))
    stage.speak(300)
    assert stage.state == "hearing"
    assert stage.notes("reply_failed") == []


def test_an_agent_that_is_silent_for_too_long_is_asked_again() -> None:
    stage = ahead(reply_timeout=0.1)
    stage.wait(260)
    assert stage.last(RequestReply).request.eager is False
    assert CloseReply(0) in stage.all(CloseReply)


def test_a_tts_that_is_silent_for_too_long_is_asked_again() -> None:
    stage = ahead(speech_timeout=0.1)
    stage.reply()
    stage.wait(140)
    assert outcomes(stage) == [(0, "failed", 0)]
    stage.wait(120)
    assert stage.last(RequestReply).request.eager is False


def test_keys_end_an_answer_that_was_asked_for_ahead() -> None:
    stage = ahead("my account")
    stage.feed(DigitPressed("1"))
    stage.feed(DigitPressed("#"))
    request = stage.last(RequestReply).request
    assert (request.text, request.superseded) == ("my account 1", True)
    assert outcomes(stage) == [(0, "keys", 0)]


def test_two_requests_in_vain_are_enough_for_one_turn() -> None:
    stage = ahead()
    for words in ("half", "my old account", "half of it"):
        stage.speak(300)
        stage.wait(260)
        stage.found(words)
    assert len(stage.all(RequestReply)) == 2
    stage.wait(300)
    assert stage.last(RequestReply).request.eager is False
    stage.reply()
    stage.voice(400)
    stage.wait(600)
    stage.speak(600)
    stage.wait(260)
    stage.found("my account")
    assert stage.last(RequestReply).request.eager is True


def test_what_the_agent_awaits_holds_until_the_turn_is_over() -> None:
    stage = ahead()
    stage.wait(300)
    stage.feed(ReplyDelta(0, "What is its number?"))
    stage.feed(ReplyEnded(0, expect=Expect("digits", 4)))
    stage.voice(400)
    stage.wait(600)
    stage.speak(600)
    stage.wait(260)
    stage.found("I have it here somewhere")
    assert stage.call._speculation.expect == Expect("digits", 4)
    stage.speak(100)
    assert stage.call._speculation.expect == Expect("digits", 4)
    stage.wait(2600)
    stage.found("I have it here somewhere okay")
    stage.wait(3000)
    assert stage.call._speculation.expect is None


def test_after_a_dropped_answer_the_agent_has_still_asked() -> None:
    stage = ahead()
    stage.wait(300)
    stage.reply("Shall I send it to your home?")
    stage.voice(400)
    stage.wait(600)
    stage.speak(600)
    stage.wait(260)
    stage.found("my account")
    assert stage.call._agent_turns.asking is False
    stage.speak(100)
    assert stage.call._agent_turns.asking is True


def test_an_operator_is_heard_after_the_turn() -> None:
    stage = ahead()
    stage.feed(Operated("say", words="One moment please."))
    stage.wait(220)
    assert stage.all(Speak) == []
    stage.wait(40)
    assert [one.text for one in stage.all(Speak)] == ["One moment please."]


def test_a_filler_waits_for_the_end_of_the_turn() -> None:
    words = {**phrases(greeting=""), "filler": Phrase("filler words", LOUD * 20)}
    stage = ahead(phrases=words, filler_after_ms=100, endpoint_ms=800)
    stage.wait(500)
    assert sent(stage) == []
    stage.wait(300)
    assert sent(stage) != []


SENTENCES = ReplyDelta(0, "Your parcel is in Riyadh today. It comes to your door tomorrow. ")
AUDIO = TtsAudio(0, 1, LOUD * 20, 8000, "mulaw")
TABLE: list[tuple[str, list[Event], list[type[Command]], str, str]] = [
    ("words are synthesised", [SENTENCES], [Speak], "", "thinking"),
    ("the last ones too", [ReplyDelta(0, "It is here"), ReplyEnded(0)], [Speak], "", "thinking"),
    ("a pause says what there is", [ReplyDelta(0, "It is here"), ReplyPause(0)], [Speak], "", "thinking"),
    ("an act waits", [ReplyAction(0, "dtmf", "12")], [], "", "thinking"),
    ("all behind it waits", [ReplyAction(0, "pause", ms=20), SENTENCES, ReplyPause(0)], [], "", "thinking"),
    ("an end waits", [ReplyEnded(0, True)], [], "", "thinking"),
    ("a transfer waits", [ReplyEnded(0, transfer_to="")], [], "", "thinking"),
    ("audio waits", [SENTENCES, AUDIO, TtsEnded(0, 1)], [Speak], "", "thinking"),
    ("other turns' events", [ReplyFailed(7, "x"), TtsFailed(7, 1, "x"), ReplyEnded(7, True)], [], "", "thinking"),
    ("no answer", [ReplyFailed(0, "empty")], [CloseReply], "refused", "hearing"),
    ("a fault", [ReplyFailed(0, "http_500")], [CloseReply], "failed", "hearing"),
    ("a fault in words", [SENTENCES, ReplyFailed(0, "cut")], [Speak, CloseReply, CancelSpeech], "failed", "hearing"),
    ("a fault of TTS", [SENTENCES, TtsFailed(0, 1, "closed")], [Speak, CloseReply, CancelSpeech], "failed", "hearing"),
    ("a key", [SENTENCES, DigitPressed("1")], [Speak, CloseReply, CancelSpeech], "keys", "transcribing"),
    ("an operator's words wait", [Operated("say", words="One moment.")], [], "", "thinking"),
    ("an operator ends", [SENTENCES, Operated("hang_up")], [Speak, CloseReply, CancelSpeech], "over", ""),
    ("the bridge ends", [Withdraw("shutdown")], [CloseReply, HangUp], "over", ""),
    ("the caller hangs up", [CallerLeft("stop")], [CloseReply, HangUp], "over", ""),
]  # fmt: skip
KINDS = (Speak, CloseReply, CancelSpeech, Transfer, HangUp, SendAudio, SendClear, RequestReply, ForgetTranscript)


@pytest.mark.parametrize(
    ("events", "kinds", "outcome", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_happens_while_an_answer_is_kept_back(
    events: list[Event], kinds: list[type[Command]], outcome: str, state: str
) -> None:
    stage = ahead(transfer_to=("+966110000001",))
    place = len(stage.log)
    for event in events:
        stage.feed(event)
    own = [command for command in stage.since(place) if isinstance(command, KINDS)]
    # What is said once the answer is dropped is the bridge's own goodbye.
    found = [type(command) for command in own if state or not isinstance(command, SendAudio)]
    assert found == kinds
    assert outcomes(stage) == ([(0, outcome, 0)] if outcome else [])
    assert not state or stage.state == state
    assert stage.call._eager.open == (not outcome)
    if outcome:
        assert 0 not in [turn.number for turn in stage.call.turns]


def test_the_first_question_of_a_call_that_goes_on_is_not_asked_ahead() -> None:
    """The agent is told once that the call was resumed."""
    stage = Stage(options(eager=True), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(turn=4, heard="Hello.")))
    for eager in (False, True):
        stage.wait(1500)
        stage.speak(600)
        stage.wait(260)
        stage.found(WORDS)
        stage.wait(300)
        request = stage.last(RequestReply).request
        assert (request.event, request.eager) == ("speech" if eager else "resumed", eager)
        stage.reply()
        stage.voice(400)


def test_a_message_is_not_asked_ahead() -> None:
    stage = Stage(options(eager=True, message_first=True))
    stage.wait(1500)
    stage.speak(600)
    stage.wait(260)
    assert not stage.call._eager.may_ask()
    assert stage.all(RequestReply) == []


def test_a_line_whose_language_is_not_known_is_not_asked_ahead() -> None:
    stage = ahead("one two", languages={"ar": phrases()}, language_by_words=True)
    assert [one.request.eager for one in stage.all(RequestReply)] == []


def test_it_prints_itself() -> None:
    assert repr(ahead().call._eager) == "<EagerAnswer open=True kept=0 wasted=0>"


# -- whatever comes --------------------------------------------------------------------------------------------------


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["one thing", "two please", "yes", "okay", "رقم الشحنة", "mm", "the other one"]),
        st.sampled_from([20, 60, 200, 700]),
        st.sampled_from([200, 300, 420, 700, 1200]),
    ),
    min_size=1,
    max_size=6,
)
STT = st.sampled_from([0.05, 0.15, 0.4])


@settings(max_examples=25, deadline=None)
@given(PARTS, STT, st.sampled_from([0.05, 0.2, 0.9]), st.sampled_from([0.05, 0.3]))
def test_nothing_sounds_before_the_turn_is_over(
    parts: list[tuple[str, int, int]], stt_s: float, agent_s: float, tts_s: float
) -> None:
    world = World(eager=True, silence_timeout=0.0, stt_s=stt_s, agent_s=agent_s, tts_s=tts_s)
    world.say("track my parcel")
    for words, ms, pause in parts:
        world.wait(pause)
        world.say(words, ms)
    world.wait(15_000)
    for turn in world.call.turns:
        if turn.first_sent_at is not None and turn.endpoint_at is not None:
            assert turn.first_sent_at >= turn.endpoint_at
    opened: set[int] = set()
    for _, command in world.log:
        if isinstance(command, RequestReply):
            # One question at a time: one that was dropped has been closed before.
            assert opened <= {turn.number for turn in world.call.turns}
            opened = {command.turn}
        elif isinstance(command, CloseReply):
            opened.discard(command.turn)
    assert world.state == "listening"
    assert not world.call._eager.open
    for before, after in pairwise(world.call.turns):
        assert (before.outcome != "superseded" and before.number + 1 == after.number) or after.supersedes
    in_vain = [outcome for outcome in outcomes(world) if outcome[1] != "used"]
    assert len(in_vain) <= WASTED_MOST * len(world.notes("turn"))


def what_came_of_it(parts: list[tuple[str, int, int]], **choices: Any) -> tuple[list[str], list[str], int]:
    """What the agent was asked in the end, what the caller heard, and for how many milliseconds the phone played."""
    world = World(silence_timeout=0.0, **choices)
    for words, ms, pause in parts:
        if words:
            world.say(words, ms)
        else:
            world.speak(20)
        world.wait(pause)
    world.wait(9000)
    turns = [turn for turn in world.call.turns if turn.outcome != "superseded"]
    played = sum(len(command.payload) for command in world.all(SendAudio))
    return [turn.text for turn in turns], [turn.heard for turn in turns], played // 8


SAID = st.sampled_from(["one thing", "two please", "yes", "where is my parcel", "رقم الشحنة", "mm", "my number is"])
WITHIN, AFTER = [60, 140, 200, 260], [9000]
"""Pauses within any turn, and after any answer, in milliseconds."""


@settings(max_examples=30, deadline=None)
@given(
    st.data(),
    STT,
    st.sampled_from([(0.05, 0.05, WITHIN + AFTER), (0.3, 0.2, WITHIN + AFTER), (3.0, 0.3, [*WITHIN, 420, 700, 1200])]),
)
def test_the_call_comes_to_the_same(data: st.DataObject, stt_s: float, peers: tuple[float, float, list[int]]) -> None:
    """Whatever the caller does, the words that are asked in the end are those of a call that is not asked ahead, and
    so is what is heard. Only a caller who speaks up within what was gained, behind the end of a turn, hears more."""
    agent_s, tts_s, pauses = peers
    part = st.tuples(SAID | st.just(""), st.sampled_from([300, 700]), st.sampled_from(pauses))
    parts = [("track my parcel", 800, data.draw(st.sampled_from(pauses))), *data.draw(st.lists(part, max_size=5))]
    ways = [what_came_of_it(parts, eager=eager, stt_s=stt_s, agent_s=agent_s, tts_s=tts_s) for eager in (False, True)]
    assert ways[1] == ways[0]


def test_a_quick_agent_is_heard_at_the_end_of_the_turn() -> None:
    """The same caller, asked ahead and not: what is gained."""
    waits = []
    for eager in (False, True):
        world = World(eager=eager, stt_s=0.05, agent_s=0.08, tts_s=0.05)
        world.say(WORDS)
        since = world.now
        world.wait(3000)
        waits.append(round(world.sounding[0][0] - since, 2))
    assert waits[0] == pytest.approx(0.5 + 0.08 + 0.05, abs=0.06)
    assert waits[1] == pytest.approx(0.5, abs=0.04)
