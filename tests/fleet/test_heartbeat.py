"""Names and heartbeats of the nodes of a fleet."""

from __future__ import annotations

import pytest

from ivr.config.checks import LONGEST_NODE
from ivr.fleet.heartbeat import Heartbeat, NodeName, decode, decode_all, encode, share

BEAT = Heartbeat("bridge-1", "b" * 16, 3, 7, 50, False, "0.1.0", 1.5)
OTHER = Heartbeat("bridge-1", "c" * 16, 1, 0, 50, False, "0.1.0", 1.5)


def test_a_heartbeat_is_read_as_it_was_written() -> None:
    assert decode(encode(BEAT)) == BEAT
    assert decode_all([encode(BEAT), b"", b"{}", b"\xff", encode(OTHER)]) == {"bridge-1": OTHER}


@pytest.mark.parametrize("written", [b"", b"[]", b'{"node": 1}', b"\xff\xfe"])
def test_what_is_none_is_no_heartbeat(written: bytes) -> None:
    assert decode(written) is None


def test_a_name_that_is_free_is_kept() -> None:
    name = NodeName("bridge-1", "b" * 16, 5.0)
    assert (name.name, name.settled) == ("bridge-1", False)
    assert not name.may_force(100.0)
    name.accepted()
    assert name.settled
    assert repr(name) == "<NodeName bridge-1>"


def test_a_bridge_that_has_died_gives_its_name_back() -> None:
    name = NodeName("bridge-1", "b" * 16, 5.0)
    assert not name.met(OTHER, 10.0)
    assert not name.may_force(16.0)
    assert not name.met(OTHER, 16.0)
    assert name.may_force(16.5)
    assert repr(name) == "<NodeName bridge-1 not settled>"


def test_a_bridge_that_lives_keeps_its_name() -> None:
    name = NodeName("bridge-1", "b" * 16, 5.0)
    assert not name.met(OTHER, 10.0)
    assert name.met(Heartbeat("bridge-1", "c" * 16, 2, 0, 50, False, "0.1.0", 1.5), 15.0)
    assert (name.name, name.settled) == ("bridge-1-bbbbbb", False)
    assert not name.may_force(100.0)
    name.accepted()
    assert name.settled


def test_a_third_bridge_is_watched_anew() -> None:
    name = NodeName("bridge-1", "b" * 16, 5.0)
    assert not name.met(OTHER, 10.0)
    assert not name.met(Heartbeat("bridge-1", "d" * 16, 9, 0, 50, False, "0.1.0", 1.5), 15.0)
    assert not name.may_force(17.0)


def test_what_is_no_heartbeat_is_forced() -> None:
    name = NodeName("bridge-1", "b" * 16, 5.0)
    assert not name.met(None, 10.0)
    assert not name.met(None, 17.0)
    assert name.may_force(17.0)


def test_a_long_name_has_room_for_its_suffix() -> None:
    name = NodeName("n" * LONGEST_NODE, "b" * 16, 5.0)
    name.met(OTHER, 0.0)
    name.met(Heartbeat("x", "c" * 16, 2, 0, 50, False, "0.1.0", 1.5), 1.0)
    assert name.name == "n" * (LONGEST_NODE - 7) + "-bbbbbb"


@pytest.mark.parametrize(
    ("workers", "nodes", "part"), [(1, 0, 1.0), (1, 1, 1.0), (1, 2, 0.5), (1, 4, 0.25), (2, 1, 1.0), (2, 4, 0.5)]
)
def test_the_pace_is_divided_among_all(workers: int, nodes: int, part: float) -> None:
    assert share(workers, [BEAT] * nodes) == part
