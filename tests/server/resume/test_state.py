"""Where a call stands, as bytes: what was written is read, and nothing else is believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.events import Resumption
from ivr.server.resume.state import LONGEST_KEPT_TEXT, LONGEST_STATE, VERSION, CallState, read_state, write_state

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
STANDS = st.builds(
    Resumption,
    count=st.integers(0, 3),
    since=st.floats(0, 2e9),
    lasted_s=st.floats(0, 1e5),
    turn=st.integers(0, 500),
    noticed=st.booleans(),
    heard=TEXTS,
    unheard=TEXTS,
    rest=TEXTS,
    question=TEXTS,
    digits=TEXTS,
    transfer_to=TEXTS,
)
STATES = st.builds(
    CallState, STANDS, caller=TEXTS, called=TEXTS, direction=TEXTS, parameters=st.dictionaries(TEXTS, TEXTS)
)


@given(STATES)
def test_what_was_written_is_read(state: CallState) -> None:
    assert read_state(write_state(state)) == state


def test_a_long_text_is_cut_where_it_matters_least() -> None:
    long = "a" * LONGEST_KEPT_TEXT + "b" * LONGEST_KEPT_TEXT
    stands = Resumption(heard=long, unheard=long, rest=long, question=long, digits=long)
    written = write_state(CallState(stands))
    assert len(written) < LONGEST_STATE
    read = read_state(written)
    assert read is not None
    begin, end = "a" * LONGEST_KEPT_TEXT, "b" * LONGEST_KEPT_TEXT
    assert read.stands == Resumption(heard=begin, unheard=begin, rest=begin, question=end, digits=end)


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"stands": 1}',
        b'{"stands": {"count": "many"}}',
        b'{"stands": {"heard": "\xff"}}',
        b'{"stands": {}}' + b" " * LONGEST_STATE,
        json.dumps({"stands": {}, "version": VERSION + 1}).encode(),
    ],
)
def test_what_is_no_state_is_none(written: bytes) -> None:
    assert read_state(written) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(written: bytes) -> None:
    state = read_state(written)
    assert state is None or state.version == VERSION


def test_what_a_later_bridge_adds_is_passed_over() -> None:
    written = json.loads(write_state(CallState(Resumption(count=1), caller="+966500000001")))
    written["more"] = written["stands"]["more"] = 1
    assert read_state(json.dumps(written).encode()) == CallState(Resumption(count=1), caller="+966500000001")
