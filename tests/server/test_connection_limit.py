"""Test which connection is closed when there are too many, and how much room the calls leave."""

from __future__ import annotations

import pytest

from ivr.server.connection_limit import (
    FILES_OWN,
    FILES_PER_CALL,
    LEAST_OWN,
    MAX_CONNECTIONS,
    MIN_CONNECTIONS,
    ConnectionLimit,
    FileShares,
    needed,
    shares,
)


@pytest.mark.parametrize(
    ("files", "calls", "shared"),
    [
        (1024, 50, FileShares(50, 1024 - FILES_OWN - 50 * FILES_PER_CALL)),
        (needed(50), 50, FileShares(50, MIN_CONNECTIONS)),
        (needed(50) - 1, 50, FileShares(50, MIN_CONNECTIONS, MIN_CONNECTIONS)),
        (300, 50, FileShares(35, 32, 32)),
        (64, 50, FileShares(4, 8, 8)),
        (64, 2, FileShares(2, 8, 8)),
        (20, 50, FileShares(1, 4, 4)),
        (1_048_576, 50, FileShares(50, MAX_CONNECTIONS)),
    ],
)
def test_calls_get_their_files_or_are_fewer(files: int, calls: int, shared: FileShares) -> None:
    assert shares(files, calls) == shared


@pytest.mark.parametrize("files", range(48, 1200, 7))
def test_no_more_is_shared_out_than_there_is(files: int) -> None:
    shared = shares(files, 50)
    assert LEAST_OWN + shared.calls * FILES_PER_CALL + shared.places + shared.backlog <= files


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


def test_a_change_is_told() -> None:
    told: list[int] = []
    limit: ConnectionLimit[str] = ConnectionLimit(5)
    limit.changed = lambda: told.append(limit.busy)
    limit.add("a")
    limit.change("a", "idle")
    assert (told[0], told[-1], limit.busy) == (1, 0, 0)
    limit.change("a", "asking")
    assert limit.busy == 1
    before = len(told)
    limit.remove("a")
    assert len(told) > before
    assert limit.keeps()
