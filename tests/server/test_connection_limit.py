"""The lobby: who is in, who goes first, and how much room the calls leave."""

from __future__ import annotations

import pytest

from ivr.server.connection_limit import BACKLOG, FILES_OWN, FILES_PER_CALL, LEAST, MOST, ConnectionLimit, room


@pytest.mark.parametrize(
    ("files", "calls", "places", "enough"),
    [
        (1024, 50, 1024 - FILES_OWN - 50 * FILES_PER_CALL, True),
        (FILES_OWN + 50 * FILES_PER_CALL + LEAST, 50, LEAST, True),
        (FILES_OWN + 50 * FILES_PER_CALL + LEAST - 1, 50, LEAST, False),
        (64, 50, LEAST, False),
        (1_048_576, 50, MOST, True),
    ],
    ids=["the usual limit", "just enough", "just not", "hopeless", "plenty"],
)
def test_the_calls_files_come_first(files: int, calls: int, places: int, enough: bool) -> None:
    assert room(files, calls) == (places, enough)


def test_the_usual_limit_has_room_for_the_usual_calls_and_a_burst() -> None:
    places, enough = room(1024, 50)
    assert enough
    assert places + BACKLOG + 50 * FILES_PER_CALL < 1024


def test_nobody_goes_while_there_is_room() -> None:
    lobby: ConnectionLimit[str] = ConnectionLimit(2)
    assert lobby.enter("a") is None
    assert lobby.enter("b") is None
    assert len(lobby) == 2


def test_the_oldest_silent_one_goes_first_then_the_longest_idle_then_the_longest_asking() -> None:
    lobby: ConnectionLimit[str] = ConnectionLimit(6)
    for guest in "abcdef":
        lobby.enter(guest)
    for guest, state in (("a", "asking"), ("b", "asking"), ("c", "idle"), ("d", "asking"), ("d", "idle")):
        lobby.turns(guest, state)  # type: ignore[arg-type]
    assert repr(lobby) == "<ConnectionLimit 2 silent, 2 idle, 2 asking of 6>"
    gone = []
    for guest in "uvwxyz":
        gone.append(lobby.enter(guest))
        lobby.turns(guest, "asking")
    assert gone == ["e", "f", "c", "d", "a", "b"]


def test_who_has_left_stays_away() -> None:
    lobby: ConnectionLimit[str] = ConnectionLimit(1)
    lobby.enter("a")
    assert lobby.enter("b") == "a"
    assert not lobby.leave("a")
    lobby.turns("a", "idle")
    assert len(lobby) == 1
    assert lobby.leave("b")
    assert len(lobby) == 0


def test_a_lobby_without_places_keeps_the_one_who_came_last() -> None:
    lobby: ConnectionLimit[str] = ConnectionLimit(0)
    assert lobby.enter("a") is None
    assert lobby.enter("b") == "a"
