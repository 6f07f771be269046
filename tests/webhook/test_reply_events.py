"""Turn pieces into events, and into exactly one end."""

from __future__ import annotations

import pytest

from ivr.call.actions import Expect, Gather, Message, TransferOptions
from ivr.call.events import PeerFault, ReplyAction, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.webhook.formats.parts import (
    Acting,
    Closing,
    Delta,
    Expecting,
    Failure,
    Gathering,
    Keeping,
    Pause,
    Piece,
    TakingMessage,
    Transferring,
    Waiting,
)
from ivr.webhook.reply_events import ReplyEvents

ENDS: list[tuple[str, list[Piece], str, ReplyEnded | ReplyFailed]] = [
    ("words", [Delta("hi")], "", ReplyEnded(7)),
    ("words and closing", [Delta("bye"), Closing()], "", ReplyEnded(7, hang_up=True)),
    ("closing alone", [Closing()], "", ReplyEnded(7, hang_up=True)),
    ("words and closing, then cut", [Delta("bye"), Closing()], "broken", ReplyEnded(7, hang_up=True)),
    ("closing alone, then cut", [Closing()], "broken", ReplyFailed(7, "broken")),
    ("words and a transfer", [Delta("wait"), Transferring("+1")], "", ReplyEnded(7, transfer_to="+1")),
    (
        "words and a transfer, else closing",
        [Delta("wait"), Transferring(), Closing()],
        "",
        ReplyEnded(7, True, ""),
    ),
    ("transfer alone", [Transferring()], "", ReplyEnded(7, transfer_to="")),
    ("words and a transfer, then cut", [Delta("wait"), Transferring()], "broken", ReplyEnded(7, transfer_to="")),
    ("transfer alone, then cut", [Transferring()], "broken", ReplyFailed(7, "broken")),
    ("words and patience", [Delta("wait"), Waiting(5.0), Waiting(30.0)], "", ReplyEnded(7, idle_s=30.0)),
    ("patience and the end", [Delta("bye"), Waiting(9.0), Closing()], "", ReplyEnded(7, True, idle_s=9.0)),
    ("a recording alone", [Acting("play", "a.wav")], "", ReplyEnded(7)),
    ("a pause alone", [Acting("pause", ms=500)], "", ReplyEnded(7)),
    ("a language alone", [Acting("language", "en")], "", ReplyEnded(7)),
    ("patience alone", [Waiting(9.0)], "", ReplyEnded(7, idle_s=9.0)),
    ("a context alone", [Keeping("{}")], "", ReplyEnded(7, context="{}")),
    ("an expectation alone", [Expecting(Expect("name"))], "", ReplyEnded(7, expect=Expect("name"))),
    ("a context beside an error", [Keeping("{}"), Failure("agent_error")], "", ReplyFailed(7, "agent_error")),
    ("keys alone", [Gathering(Gather(4))], "", ReplyEnded(7, gather=Gather(4))),
    ("keys alone, then cut", [Gathering(Gather(4))], "broken", ReplyFailed(7, "broken")),
    ("a message alone", [TakingMessage(Message())], "", ReplyEnded(7, message=Message())),
    ("fault behind an action", [Delta("a conf"), Acting("pause", ms=9), Failure("bad_line")], "", ReplyEnded(7)),
    ("nothing", [], "", ReplyFailed(7, "empty")),
    ("blanks", [Delta(" \n"), Pause()], "", ReplyFailed(7, "empty")),
    ("fault alone", [Failure("agent_error"), Failure("bad_line")], "", ReplyFailed(7, "agent_error")),
    ("fault after a sentence", [Delta("It is "), Delta("here."), Failure("agent_error")], "", ReplyEnded(7)),
    ("fault in a number", [Delta("SAR "), Delta("1,2"), Failure("agent_error")], "", ReplyFailed(7, "agent_error")),
    ("fault in a word, then cut", [Delta("a conf"), Failure("bad_line")], "", ReplyFailed(7, "bad_line")),
    ("fault that leaves the words whole", [Delta("the fee"), Failure("charset")], "", ReplyEnded(7)),
    ("fault behind the end of an LLM call", [Delta("hi"), Pause(), Failure("agent_error")], "", ReplyEnded(7)),
    ("fault, then words", [Delta("hi"), Failure("agent_error"), Delta(" there")], "", ReplyEnded(7)),
    (
        "two faults in a word",
        [Delta("a conf"), Failure("bad_line"), Failure("agent_error")],
        "",
        ReplyFailed(7, "bad_line"),
    ),
    ("fault in a word, and closing", [Delta("by"), Failure("agent_error"), Closing()], "", ReplyEnded(7, True)),
    ("cut after words", [Delta("hi")], "broken", ReplyFailed(7, "broken")),
    ("cut before words, with a fault", [Failure("bad_line")], "broken", ReplyFailed(7, "broken")),
    ("too long", [Delta("hi"), Failure("too_long")], "", ReplyFailed(7, "too_long")),
]


@pytest.mark.parametrize(("pieces", "broke", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_reply_events_end(pieces: list[Piece], broke: str, end: ReplyEnded | ReplyFailed) -> None:
    events = ReplyEvents(7)
    for piece in pieces:
        events.take(piece)
    assert events.end(broke) == end


def test_reply_events_carry_the_turn_and_faults_once() -> None:
    events = ReplyEvents(7)
    pieces: list[Piece] = [
        Delta("a"),
        Pause(),
        Failure("bad_line"),
        Failure("bad_line"),
        Closing(),
        Failure("agent_error"),
    ]
    assert [events.take(piece) for piece in pieces] == [
        ReplyDelta(7, "a"),
        ReplyPause(7),
        PeerFault("agent", "bad_line"),
        None,
        None,
        PeerFault("agent", "agent_error"),
    ]


def test_reply_events_of_actions() -> None:
    events = ReplyEvents(7)
    acts: list[Piece] = [
        Acting("say", "Listen.", interruptible=False),
        Acting("pause", ms=500),
        TakingMessage(Message(longest_s=60)),
        Gathering(Gather(4)),
        Gathering(Gather(6)),
        Expecting(Expect("digits", 6)),
        Keeping("{}"),
        Transferring("+1", TransferOptions("warm")),
    ]
    assert [event for piece in acts if (event := events.take(piece))] == [
        ReplyAction(7, "say", "Listen.", interruptible=False),
        ReplyAction(7, "pause", ms=500),
    ]
    assert events.end() == ReplyEnded(
        7,
        transfer_to="+1",
        transfer=TransferOptions("warm"),
        message=Message(longest_s=60),
        gather=Gather(6),
        expect=Expect("digits", 6),
        context="{}",
    )
