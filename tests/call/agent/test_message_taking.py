"""A caller leaves a message: what is said, what the agent is told, and what a hang-up costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.actions import Message
from ivr.call.agent.message_taking import PIECE_MS
from ivr.call.commands import HangUp, ReplyRequest, RequestReply, Speak, TellAgent, Transcribe
from ivr.call.events import (
    MOVED,
    CallerLeft,
    DigitPressed,
    Operated,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    Tick,
    TranscriptArrived,
    TranscriptFailed,
    TtsFailed,
    Withdraw,
)
from ivr.call.options import Phrase
from ivr.media.tones.beep import beep
from tests.call.stage import LOUD, Stage, options, phrases

TOLD = {"seconds", "complete", "ended_by"}


def words(**texts: str) -> dict[Any, Phrase]:
    more = {"message_announce": "announce words", "message_taken": "taken words", **texts}
    return {**phrases(greeting=""), **{name: Phrase(text, LOUD * 25) for name, text in more.items()}}


def asked(text: str = "Leave a message.", wish: Message | None = None, **choices: Any) -> Stage:
    """The agent has asked for a message in the answer that is being said."""
    stage = Stage(options(**{"phrases": words(), **choices}))
    stage.hear()
    turn = stage.last(RequestReply).turn
    if text:
        stage.feed(ReplyDelta(turn, text))
    stage.feed(ReplyEnded(turn, message=wish or Message(silence_s=4.0)))
    if text:
        stage.voice(500)
    return stage


def recording(wish: Message | None = None, **choices: Any) -> Stage:
    """The caller has heard the tone."""
    stage = asked(wish=wish, **choices)
    stage.wait(1700)
    assert stage.notes("message_began")
    return stage


def speak(stage: Stage, text: str | None = "call me tomorrow", ms: int = 1000) -> None:
    """The caller says a piece of the message. None: STT is still looking."""
    stage.speak(ms)
    stage.wait(520)
    if text is not None:
        stage.found(text)


def told(stage: Stage) -> ReplyRequest:
    return stage.last(RequestReply).request


def spoken(stage: Stage) -> list[str]:
    return [one.text for turn in stage.call.turns for one in turn.sentences if one.text and one.sent_at is not None]


def test_a_message_is_announced_and_taken() -> None:
    stage = asked()
    stage.wait(1700)
    assert spoken(stage) == ["Leave a message.", "announce words"]
    assert beep()[160:-160] in bytes(stage.heard)
    began = stage.now
    speak(stage)
    stage.wait(2000)
    speak(stage, "my number is five five five")
    # Nothing is said, and nothing is asked, before it is over.
    assert len(stage.all(RequestReply)) == 1
    assert spoken(stage)[2:] == []
    stage.wait(4200)
    assert stage.notes("message_ended")[0].fields["by"] == "silence"
    stage.wait(800)
    assert spoken(stage)[2:] == ["taken words"]
    request = told(stage)
    assert (request.event, request.text) == ("voicemail", "call me tomorrow my number is five five five")
    assert set(request.details) == TOLD
    assert (request.details["complete"], request.details["ended_by"]) == (True, "silence")
    seconds = request.details["seconds"]
    assert isinstance(seconds, float)
    assert 8.0 < seconds < stage.now - began
    stage.reply("Thank you, goodbye.", hang_up=True)
    stage.voice(500)
    stage.wait(1000)
    assert stage.ended == HangUp("success", "agent_goodbye")
    # It was told once.
    assert not stage.all(TellAgent)


def test_the_agents_words_announce_it() -> None:
    stage = asked(wish=Message(announce="Speak after the tone."))
    stage.wait(600)
    assert stage.last(Speak).text == "Speak after the tone."
    stage.voice(500)
    stage.wait(1000)
    assert "announce words" not in spoken(stage)
    assert stage.notes("message_began")


def test_a_caller_who_is_recorded_is_told_so() -> None:
    stage = asked(wish=Message(announce="Speak after the tone."), record_messages=True)
    stage.wait(600)
    stage.voice(500)
    stage.wait(1500)
    assert spoken(stage)[1:] == ["Speak after the tone.", "announce words"]


def test_a_reply_without_words_may_ask_for_a_message() -> None:
    stage = asked(text="")
    stage.wait(1200)
    assert spoken(stage) == ["announce words"]
    assert stage.notes("message_began")
    assert not stage.notes("reply_failed")


def test_a_line_without_phrases_has_the_tone() -> None:
    stage = asked(phrases=phrases(greeting=""))
    stage.wait(1200)
    assert stage.notes("message_began")
    speak(stage)
    stage.wait(4500)
    assert (told(stage).event, told(stage).text) == ("voicemail", "call me tomorrow")


def test_a_caller_may_interrupt_the_words_before_it() -> None:
    stage = asked()
    stage.wait(100)
    stage.interrupt("no tell me the price please")
    stage.wait(900)
    assert (told(stage).event, told(stage).text) == ("speech", "no tell me the price please")
    assert not stage.notes("message_began")


def test_words_over_the_tone_belong_to_it() -> None:
    stage = asked()
    stage.wait(1300)
    speak(stage)
    stage.wait(5000)
    assert (told(stage).event, told(stage).text) == ("voicemail", "call me tomorrow")


def test_the_hash_key_ends_it_in_the_middle_of_a_word() -> None:
    stage = recording()
    stage.speak(1000)
    stage.feed(DigitPressed("#"))
    assert stage.notes("message_ended")[0].fields["by"] == "key"
    stage.found("call me")
    stage.wait(600)
    assert (told(stage).event, told(stage).text, told(stage).digits) == ("voicemail", "call me", "")


def test_other_keys_are_nothing() -> None:
    stage = recording()
    stage.feed(DigitPressed("5"))
    speak(stage)
    stage.feed(DigitPressed("5"))
    stage.wait(4800)
    assert (told(stage).text, told(stage).digits) == ("call me tomorrow", "")
    assert told(stage).details["ended_by"] == "silence"


def test_keys_do_not_cut_the_announcement() -> None:
    stage = asked()
    stage.wait(700)
    stage.feed(DigitPressed("#"))
    stage.wait(1000)
    assert stage.notes("message_began")


def test_a_message_has_a_longest_time() -> None:
    stage = recording(Message(longest_s=5.0))
    stage.speak(6000)
    assert stage.notes("message_ended")[0].fields == {"by": "length", "seconds": 5.0}


def test_a_long_one_goes_to_stt_in_pieces() -> None:
    stage = recording()
    stage.speak(2 * PIECE_MS + 3000)
    pieces = stage.all(Transcribe)[1:]
    assert len(pieces) == 2
    assert all(len(one.pcm) <= (PIECE_MS + 500) * 16 for one in pieces)
    for number, piece in enumerate(pieces):
        stage.feed(TranscriptArrived(piece.utterance, f"piece {number}"))
    stage.wait(600)
    stage.found("the end")
    stage.wait(5000)
    assert told(stage).text == "piece 0 piece 1 the end"
    # What comes after it is as long as the line says.
    assert stage.call._input._endpointer.options.max_utterance_ms == 30_000


def test_a_long_one_is_told_from_its_beginning() -> None:
    stage = recording(Message(longest_s=60.0))
    words_of_it = "it is a long story " * 300
    speak(stage, words_of_it)
    stage.wait(5000)
    assert told(stage).text == words_of_it.strip()
    stage.reply("Noted.")
    stage.voice(500)
    stage.wait(1000)
    # A question is as short as ever.
    stage.hear(words_of_it)
    assert len(told(stage).text) <= 4000


def test_a_soft_voice_is_heard() -> None:
    stage = recording()
    stage.call._speculation.utterances.level = 0.0
    speak(stage)
    stage.wait(5000)
    assert told(stage).text == "call me tomorrow"


def test_a_caller_who_says_nothing_leaves_no_message() -> None:
    stage = recording()
    stage.wait(6200)
    assert "taken words" not in spoken(stage)
    assert (told(stage).event, told(stage).text) == ("voicemail", "")


def test_last_words_that_come_late_are_waited_for() -> None:
    stage = recording()
    speak(stage, None)
    late = stage.last(Transcribe).utterance
    stage.wait(6000)
    assert told(stage).event == "speech"
    stage.feed(TranscriptArrived(late, "call me"))
    assert (told(stage).event, told(stage).text) == ("voicemail", "call me")


def test_words_of_goodbye_at_its_end_are_kept() -> None:
    stage = recording()
    speak(stage)
    speak(stage, None, 400)
    stage.wait(4000)
    # The message is over, and the last piece has its words now.
    stage.found("okay thanks")
    stage.wait(700)
    assert told(stage).text == "call me tomorrow okay thanks"


@pytest.mark.parametrize("timeout", [False, True])
def test_words_that_stt_loses_are_told(timeout: bool) -> None:
    stage = recording()
    speak(stage)
    speak(stage, None)
    if not timeout:
        stage.feed(TranscriptFailed(stage.last(Transcribe).utterance, "broken"))
    stage.wait(16_000)
    assert (told(stage).event, told(stage).text, told(stage).details["complete"]) == (
        "voicemail",
        "call me tomorrow",
        False,
    )


@pytest.mark.parametrize("silent", [False, True])
def test_an_agent_that_fails_afterwards_ends_the_call(silent: bool) -> None:
    stage = recording()
    speak(stage)
    stage.wait(5000)
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyEnded(turn) if silent else ReplyFailed(turn, "http_500"))
    stage.wait(1000)
    assert spoken(stage)[-1] == "goodbye words"
    assert stage.ended == HangUp("success", "message_taken")


def test_an_announcement_that_cannot_be_said_takes_no_message() -> None:
    wish = Message(announce="We are not here at the moment. Please leave us a message after the tone.")
    stage = asked(wish=wish, failures_in_a_row=5)
    stage.wait(600)
    for _ in range(2):
        asked_for = stage.last(Speak)
        stage.feed(TtsFailed(asked_for.turn, asked_for.sentence, "broken", again=False))
    stage.wait(2000)
    assert "apology words" in spoken(stage)
    assert (stage.state, stage.notes("message_began")) == ("listening", [])


def test_the_call_goes_on_after_a_message() -> None:
    stage = recording()
    speak(stage)
    stage.wait(5000)
    stage.reply("Noted. Anything else?")
    stage.voice(500)
    stage.wait(1000)
    stage.hear("no thank you")
    assert (told(stage).event, told(stage).text) == ("speech", "no thank you")


def test_an_operator_may_speak_into_it() -> None:
    stage = recording()
    speak(stage)
    stage.feed(Operated("say", words="A colleague is coming."))
    stage.voice(500)
    stage.wait(300)
    # The caller speaks over its end.
    stage.speak(600)
    stage.wait(900)
    stage.found("fine")
    stage.wait(5000)
    assert (told(stage).event, told(stage).text) == ("voicemail", "call me tomorrow fine")


def test_two_waits_that_end_at_once_end_it_once() -> None:
    stage = recording(Message(silence_s=4.0, longest_s=6.0))
    stage.now += 10.0
    stage.feed(Tick())
    assert [note.fields["by"] for note in stage.notes("message_ended")] == ["length"]


def test_a_message_is_not_asked_for_within_one() -> None:
    stage = recording()
    stage.call._taking.want(Message(announce="again"))
    stage.call._taking.change(stage.call.options)
    assert stage.call._taking.records


# -- the call ends within it ------------------------------------------------------------------------------------------


def left(stage: Stage, how: Any = "stop") -> list[ReplyRequest]:
    """The caller hangs up; return what the agent is told of it."""
    stage.feed(CallerLeft(how))
    assert stage.ended
    assert isinstance(stage.log[-1][1], HangUp)
    return [tell.request for tell in stage.all(TellAgent)]


@pytest.mark.parametrize("ms", [0, 300, 700, 1200])
def test_a_hang_up_before_the_tone_is_no_message(ms: int) -> None:
    stage = asked()
    stage.wait(ms)
    assert left(stage) == []


def test_a_hang_up_without_a_word_is_no_message() -> None:
    stage = recording()
    stage.wait(500)
    assert left(stage) == []
    assert stage.notes("message_ended")[0].fields["by"] == "caller"


def test_a_hang_up_after_a_piece() -> None:
    stage = recording()
    speak(stage)
    [one] = left(stage)
    assert (one.event, one.text) == ("voicemail", "call me tomorrow")
    assert (one.details["complete"], one.details["ended_by"]) == (True, "caller")


@pytest.mark.parametrize("open_piece", ["spoken", "looked for"])
def test_a_hang_up_costs_the_last_piece(open_piece: str) -> None:
    stage = recording()
    speak(stage)
    stage.wait(500)
    if open_piece == "spoken":
        stage.speak(800)
    else:
        speak(stage, None)
    [one] = left(stage)
    assert (one.text, one.details["complete"]) == ("call me tomorrow", False)


def test_a_hang_up_while_it_is_acknowledged() -> None:
    stage = recording()
    speak(stage)
    stage.wait(4000)
    stage.wait(200)
    assert len(stage.all(RequestReply)) == 1
    [one] = left(stage, "dropped")
    assert (one.text, one.details["ended_by"]) == ("call me tomorrow", "silence")


def test_a_hang_up_after_the_agent_was_told_is_no_second_message() -> None:
    stage = recording()
    speak(stage)
    stage.wait(5000)
    assert told(stage).event == "voicemail"
    assert left(stage) == []


def test_the_end_of_the_longest_call_keeps_it() -> None:
    stage = recording(max_call=8.0, tell_end=True)
    speak(stage)
    stage.wait(8000)
    assert stage.ended == HangUp("success", "call_too_long")
    assert [(one.request.event, one.request.text) for one in stage.all(TellAgent)] == [
        ("voicemail", "call me tomorrow"),
        ("ended", ""),
    ]


def test_a_call_that_moves_takes_its_words_along() -> None:
    stage = recording()
    speak(stage)
    stands = stage.call.stands(stage.now)
    assert stands is not None
    assert stands.question == "call me tomorrow"
    stage.feed(Withdraw(MOVED))
    assert not stage.all(TellAgent)


# -- a line that takes messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("greeting", ["", "we are closed"])
def test_a_line_may_begin_with_a_message(greeting: str) -> None:
    stage = Stage(options(phrases=words(greeting=greeting), message_first=True))
    stage.wait(2000)
    assert spoken(stage) == [*([greeting] if greeting else []), "announce words"]
    speak(stage)
    stage.wait(5000)
    assert [(one.request.event, one.request.text) for one in stage.all(RequestReply)] == [
        ("voicemail", "call me tomorrow")
    ]
    assert "MessageTaking" in repr(stage.call._taking)


# -- no dead end ------------------------------------------------------------------------------------------------------

MOVES = st.lists(
    st.sampled_from(
        ["wait", "long wait", "speak", "words", "no words", "#", "5", "reply", "message", "fail", "voice", "say"]
    ),
    max_size=14,
)


def move(stage: Stage, name: str) -> None:
    """Let one thing happen, where it may."""
    turn = stage.all(RequestReply)[-1].turn if stage.all(RequestReply) else 0
    match name:
        case "wait" | "long wait":
            stage.wait(700 if name == "wait" else 5000)
        case "speak":
            stage.speak(700)
        case "words" | "no words" if stage.all(Transcribe):
            stage.found("some words of it" if name == "words" else "")
        case "#" | "5":
            stage.feed(DigitPressed(name))
        case "reply":
            stage.feed(ReplyDelta(turn, "Yes. It is so."))
            stage.feed(ReplyEnded(turn))
        case "message":
            stage.feed(ReplyEnded(turn, message=Message(longest_s=20.0)))
        case "fail":
            stage.feed(ReplyFailed(turn, "http_500"))
        case "voice" if stage.all(Speak):
            stage.voice(400)
        case "say":
            stage.feed(Operated("say", words="One moment."))


@settings(max_examples=60)
@given(moves=MOVES, first=st.booleans())
def test_whatever_happens_the_call_ends(moves: list[str], first: bool) -> None:
    stage = Stage(options(phrases=words(), message_first=first, silence_timeout=5.0, silence_prompts=1))
    for name in moves:
        move(stage, name)
    # Peers that answer nothing more, and a silent caller: every wait has an end.
    stage.wait(120_000)
    assert stage.ended
