"""From pieces to events, and exactly one end."""

from __future__ import annotations

import pytest

from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.webhook.account import Account
from ivr.webhook.pieces import Closing, Delta, Fault, Pause, Piece, Transfer

ENDS: list[tuple[str, list[Piece], str, ReplyEnded | ReplyFailed]] = [
    ("words", [Delta("hi")], "", ReplyEnded(7)),
    ("words and closing", [Delta("bye"), Closing()], "", ReplyEnded(7, hang_up=True)),
    ("closing alone", [Closing()], "", ReplyEnded(7, hang_up=True)),
    ("words and closing, then cut", [Delta("bye"), Closing()], "broken", ReplyEnded(7, hang_up=True)),
    ("closing alone, then cut", [Closing()], "broken", ReplyFailed(7, "broken")),
    ("words and a transfer", [Delta("wait"), Transfer("+1")], "", ReplyEnded(7, transfer_to="+1")),
    ("words and a transfer, else closing", [Delta("wait"), Transfer(), Closing()], "", ReplyEnded(7, True, "")),
    ("transfer alone", [Transfer()], "", ReplyEnded(7, transfer_to="")),
    ("words and a transfer, then cut", [Delta("wait"), Transfer()], "broken", ReplyEnded(7, transfer_to="")),
    ("transfer alone, then cut", [Transfer()], "broken", ReplyFailed(7, "broken")),
    ("nothing", [], "", ReplyFailed(7, "empty")),
    ("blanks", [Delta(" \n"), Pause()], "", ReplyFailed(7, "empty")),
    ("fault alone", [Fault("agent_error"), Fault("bad_line")], "", ReplyFailed(7, "agent_error")),
    ("fault after words", [Delta("hi"), Fault("agent_error")], "", ReplyEnded(7)),
    ("cut after words", [Delta("hi")], "broken", ReplyFailed(7, "broken")),
    ("cut before words, with a fault", [Fault("bad_line")], "broken", ReplyFailed(7, "broken")),
    ("too long", [Delta("hi"), Fault("too_long")], "", ReplyFailed(7, "too_long")),
]


@pytest.mark.parametrize(("pieces", "broke", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_ends(pieces: list[Piece], broke: str, end: ReplyEnded | ReplyFailed) -> None:
    account = Account(7)
    for piece in pieces:
        account.take(piece)
    assert account.verdict(broke) == end


def test_events_carry_the_turn_and_a_fault_is_told_once() -> None:
    account = Account(7)
    pieces: list[Piece] = [Delta("a"), Pause(), Fault("bad_line"), Fault("bad_line"), Closing(), Fault("agent_error")]
    assert [account.take(piece) for piece in pieces] == [
        ReplyDelta(7, "a"),
        ReplyPause(7),
        PeerFault("agent", "bad_line"),
        None,
        None,
        PeerFault("agent", "agent_error"),
    ]
