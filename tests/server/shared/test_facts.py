"""What is known of an awaited call, written and read."""

from __future__ import annotations

from ivr.server.shared.facts import read_facts, write_facts
from ivr.server.shared.places import Place

PLACE = Place("CA1", "+1", "sip:ط@b", "outbound-api", {"x": "1", "ط": "\0"}, 60.0, b"n")


def test_what_is_written_is_read() -> None:
    read = read_facts("CA1", write_facts(PLACE), 60.0, b"n")
    assert (read, read.deadline, read.nonce) == (PLACE, 60.0, b"n")


def test_other_parameters_may_be_written() -> None:
    assert read_facts("CA1", write_facts(PLACE, {}), 60.0, b"n").parameters == {}


def test_without_facts_the_call_is_all_that_is_known() -> None:
    read = read_facts("CA1", b"", 60.0, b"n")
    assert (read, read.deadline, read.nonce) == (Place("CA1"), 60.0, b"n")
