"""Test which connection is closed when there are too many, and how much room the calls leave."""

from __future__ import annotations

import pytest

from ivr.server.connection_limit import (
    FILES_OWN,
    FILES_PER_CALL,
    LISTEN_BACKLOG,
    MAX_CONNECTIONS,
    MIN_CONNECTIONS,
    ConnectionLimit,
    room,
)


@pytest.mark.parametrize(
    ("files", "calls", "places", "enough"),
    [
        (1024, 50, 1024 - FILES_OWN - 50 * FILES_PER_CALL, True),
        (FILES_OWN + 50 * FILES_PER_CALL + MIN_CONNECTIONS, 50, MIN_CONNECTIONS, True),
        (FILES_OWN + 50 * FILES_PER_CALL + MIN_CONNECTIONS - 1, 50, MIN_CONNECTIONS, False),
        (64, 50, MIN_CONNECTIONS, False),
        (1_048_576, 50, MAX_CONNECTIONS, True),
    ],
    ids=["the usual limit", "just enough", "just not", "hopeless", "plenty"],
)
def test_room_leaves_the_calls_their_files(files: int, calls: int, places: int, enough: bool) -> None:
    assert room(files, calls) == (places, enough)


def test_room_for_the_usual_calls_and_a_burst() -> None:
    places, enough = room(1024, 50)
    assert enough
    assert places + LISTEN_BACKLOG + 50 * FILES_PER_CALL < 1024


def test_no_connection_is_closed_while_there_is_room() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(2)
    assert limit.add("a") is None
    assert limit.add("b") is None
    assert len(limit) == 2


def test_connections_are_closed_silent_then_idle_then_asking() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(6)
    for connection in "abcdef":
        limit.add(connection)
    for connection, state in (("a", "asking"), ("b", "asking"), ("c", "idle"), ("d", "asking"), ("d", "idle")):
        limit.change(connection, state)  # type: ignore[arg-type]
    assert repr(limit) == "<ConnectionLimit 2 silent, 2 idle, 2 asking of 6>"
    gone = []
    for connection in "uvwxyz":
        gone.append(limit.add(connection))
        limit.change(connection, "asking")
    assert gone == ["e", "f", "c", "d", "a", "b"]


def test_a_removed_connection_stays_away() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(1)
    limit.add("a")
    assert limit.add("b") == "a"
    assert not limit.remove("a")
    limit.change("a", "idle")
    assert len(limit) == 1
    assert limit.remove("b")
    assert len(limit) == 0


def test_a_limit_of_none_keeps_the_newest_connection() -> None:
    limit: ConnectionLimit[str] = ConnectionLimit(0)
    assert limit.add("a") is None
    assert limit.add("b") == "a"
