"""What an agent is told beside the caller's words: the call's start, a silence, its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ivr.call.commands import HangUp, ReplyRequest, RequestReply, TellAgent
from ivr.call.events import (
    MOVED,
    SUPERSEDED,
    CallerLeft,
    Operated,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    Resumption,
    Withdraw,
)
from ivr.call.options import CallOptions, Phrase
from tests.call.stage import LOUD, STARTED, Stage, options, phrases


def ready(**texts: str) -> dict[Any, Phrase]:
    """Ready phrases of half a second, with these besides."""
    return {**phrases(), **{name: Phrase(text, LOUD * 25) for name, text in texts.items()}}


def greeting_agent(start: bool = True, **choices: Any) -> Stage:
    """A line whose agent greets."""
    return Stage(options(**{"phrases": ready(), "say_first": True, **choices}), start=start)


def said(stage: Stage) -> list[str]:
    """The texts that have been put before the caller, in the order of their audio."""
    sentences = [one for turn in stage.call.turns for one in turn.sentences if one.sent_at is not None and one.text]
    return [one.text for one in sorted(sentences, key=lambda one: one.sent_at or 0.0)]


def told(stage: Stage) -> ReplyRequest:
    return stage.last(RequestReply).request


# -- start ------------------------------------------------------------------------------------------------------------


def test_the_agent_greets() -> None:
    stage = greeting_agent()
    assert (told(stage).event, told(stage).text, told(stage).turn) == ("start", "", 0)
    assert stage.state == "thinking"
    stage.wait(400)
    stage.reply("Hello, this is Sara.")
    stage.voice(1000)
    stage.wait(1600)
    assert (said(stage), stage.state) == (["Hello, this is Sara."], "listening")
    assert [(turn.kind, turn.outcome) for turn in stage.call.turns] == [("start", "heard")]
    stage.hear("hi")
    assert (told(stage).event, told(stage).heard) == ("speech", "Hello, this is Sara.")


def test_what_must_be_said_is_said_before_the_agent() -> None:
    stage = greeting_agent(phrases=ready(recorded="recorded words", notice="notice words"))
    stage.reply("Hello, this is Sara.")
    stage.voice(600)
    # A caller who speaks meanwhile is answered afterwards.
    stage.wait(300)
    stage.speak(400)
    stage.wait(600)
    stage.found("what are your prices")
    stage.wait(1600)
    assert said(stage) == ["recorded words", "notice words", "Hello, this is Sara."]
    assert [turn.outcome for turn in stage.call.turns] == ["interrupted", "heard", "open"]
    assert (told(stage).event, told(stage).text) == ("speech", "what are your prices")


def test_a_greeting_waits_for_a_phone_at_the_ear() -> None:
    stage = greeting_agent(greeting_after_ms=1000, phrases=phrases(greeting=""))
    stage.reply("Hello.")
    stage.voice(200)
    stage.wait(960)
    assert stage.heard.strip(b"\xff") == b""
    stage.wait(400)
    assert stage.heard.strip(b"\xff") != b""


@pytest.mark.parametrize("words", ["", "Hello, this is"])
def test_the_lines_greeting_takes_the_place_of_a_failed_one(words: str) -> None:
    stage = greeting_agent()
    if words:
        stage.feed(ReplyDelta(0, words))
    stage.feed(ReplyFailed(0, "http_500"))
    if words:
        stage.voice(300)
    stage.wait(2000)
    assert said(stage)[-1] == "greeting words"
    assert "apology words" not in said(stage)
    assert stage.call.ending.failures == 0
    assert stage.state == "listening"


def test_an_agent_that_greets_with_nothing_leaves_it_to_the_line() -> None:
    stage = greeting_agent()
    stage.feed(ReplyEnded(0))
    stage.wait(1000)
    assert said(stage) == ["greeting words"]


def test_a_line_without_a_greeting_apologizes() -> None:
    stage = greeting_agent(phrases=phrases(greeting=""))
    stage.feed(ReplyFailed(0, "http_500"))
    stage.wait(1000)
    assert said(stage) == ["apology words"]


def test_a_slow_agent_is_bridged_by_a_filler() -> None:
    stage = greeting_agent(phrases=ready(filler="filler words"))
    stage.wait(2600)
    assert [note.fields["name"] for note in stage.notes("phrase")] == ["filler"]


def test_the_caller_may_speak_before_the_agent_has_greeted() -> None:
    stage = greeting_agent()
    stage.interrupt("where is my parcel")
    stage.wait(600)
    assert (told(stage).event, told(stage).text) == ("speech", "where is my parcel")


def test_an_agent_may_end_the_call_with_its_greeting() -> None:
    stage = greeting_agent()
    stage.reply("We are closed today.", hang_up=True)
    stage.voice(500)
    stage.wait(1500)
    assert stage.ended == HangUp("success", "agent_goodbye")


@pytest.mark.parametrize(
    ("kept", "spoken"),
    [
        (Resumption(count=1, turn=1), ["resumed words", "greeting words"]),
        (Resumption(count=1, turn=1, heard="Hello."), ["resumed words"]),
    ],
)
def test_a_resumed_call_does_not_start_again(kept: Resumption, spoken: list[str]) -> None:
    stage = greeting_agent(start=False, phrases=ready(resumed="resumed words"))
    stage.feed(replace(STARTED, resumption=kept))
    stage.wait(2000)
    assert not stage.all(RequestReply)
    assert said(stage) == spoken


def test_a_greeting_that_was_cut_off_goes_on() -> None:
    stage = greeting_agent()
    stage.reply("Hello, this is Sara. How can I help?")
    stands = stage.call.stands(stage.now)
    assert stands is not None
    assert (stands.question, stands.rest) == ("", "Hello, this is Sara. How can I help?")


# -- silence ----------------------------------------------------------------------------------------------------------


def silent(**choices: Any) -> Stage:
    """A caller who says nothing to an agent that asks for itself, after 4 s."""
    stage = Stage(options(ask_agent_on_silence=True, silence_timeout=4.0, **choices))
    stage.wait(4100)
    return stage


def test_the_agent_asks_a_silent_caller() -> None:
    stage = silent()
    assert (told(stage).event, told(stage).text, dict(told(stage).details)) == (
        "silence",
        "",
        {"times": 1, "seconds": 4.0},
    )
    stage.reply("Shall I wait?")
    stage.voice(500)
    stage.wait(800)
    assert said(stage) == ["Shall I wait?"]
    stage.wait(4100)
    assert dict(told(stage).details) == {"times": 2, "seconds": 4.0}
    stage.reply("Are you there?")
    stage.voice(500)
    stage.wait(5000)
    # After `silence_prompts` the call ends as ever.
    assert stage.ended == HangUp("caller_error", "caller_silent") or said(stage)[-1] == "goodbye words"


@pytest.mark.parametrize("end", [ReplyFailed(0, "timeout"), ReplyEnded(0)])
def test_the_line_asks_where_the_agent_does_not(end: ReplyFailed | ReplyEnded) -> None:
    stage = silent()
    stage.feed(end)
    stage.wait(1000)
    assert said(stage) == ["still_there words"]
    assert stage.call.ending.failures == 0


def test_a_question_of_before_is_not_asked_again() -> None:
    stage = Stage(options(ask_agent_on_silence=True, silence_timeout=4.0))
    stage.answer()
    stage.wait(5400)
    assert told(stage).event == "silence"
    # The caller speaks before the agent has said a word.
    stage.interrupt("where is my parcel")
    stage.wait(600)
    assert (told(stage).event, told(stage).text) == ("speech", "where is my parcel")


def test_an_answer_begins_to_count_again() -> None:
    stage = silent()
    stage.reply("Shall I wait?")
    stage.voice(500)
    stage.wait(800)
    stage.answer()
    stage.wait(5400)
    assert dict(told(stage).details)["times"] == 1


# -- the end ----------------------------------------------------------------------------------------------------------


def test_the_agent_is_told_of_the_end() -> None:
    stage = Stage(options(tell_end=True))
    stage.answer()
    stage.wait(1400)
    stage.feed(CallerLeft("stop"))
    [tell] = stage.all(TellAgent)
    assert [type(command) for _, command in stage.log[-2:]] == [TellAgent, HangUp]
    assert (tell.request.event, tell.request.session_id, tell.request.text) == ("ended", "CA1", "")
    assert tell.request.heard == "It is in Riyadh today."
    details = dict(tell.request.details)
    assert details.pop("seconds") == round(stage.now - 1000.0, 1)
    assert details == {"result": "success", "reason": "caller_stop", "turns": 1}
    assert repr(stage.call._telling) == "<Telling end=True <CallerMessage none>>"


@pytest.mark.parametrize("reason", [MOVED, SUPERSEDED])
def test_a_call_that_goes_on_elsewhere_has_not_ended(reason: str) -> None:
    stage = Stage(options(tell_end=True))
    stage.feed(Withdraw(reason))
    assert stage.ended
    assert not stage.all(TellAgent)


def test_the_end_by_an_operator_is_told_before_the_hang_up() -> None:
    stage = Stage(options(tell_end=True, phrases={}))
    stage.feed(Operated("hang_up"))
    kinds = [type(command) for _, command in stage.log]
    assert kinds.index(TellAgent) + 1 == kinds.index(HangUp)


def test_only_where_it_is_wanted() -> None:
    stage = Stage(options())
    stage.call._telling.change(CallOptions(tell_end=False))
    stage.feed(CallerLeft("stop"))
    assert not stage.all(TellAgent)


def test_a_call_that_never_began_is_not_told() -> None:
    stage = Stage(options(tell_end=True), start=False)
    stage.feed(CallerLeft("stop"))
    assert not stage.all(TellAgent)


def test_the_seconds_of_a_resumed_call_are_all_of_it() -> None:
    stage = Stage(options(tell_end=True), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(count=1, lasted_s=100.0, heard="Hello.")))
    stage.wait(2000)
    stage.feed(CallerLeft("stop"))
    assert stage.last(TellAgent).request.details["seconds"] == 102.0
