"""What a phone recorded is on its tape, and comes back as it was."""

from __future__ import annotations

from array import array
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import CHUNK, phone_call, phone_page, phone_tape
from ivr.replay.tape import Tape, TapeError, TapeHeader
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import Cleared, Ending, Kind, PhoneRecord, RecordEntry, Speech
from ivr.testbench.report.artifacts import ReportedCall
from ivr.testbench.report.result import result
from ivr.testbench.scenario import from_words

TEXTS = some.text(max_size=12)
SECONDS = some.floats(-1e9, 1e9, allow_nan=False)
MAYBE = some.none() | SECONDS
SAMPLES = some.integers(0, 1 << 40)
FIELDS: dict[str, some.SearchStrategy[Any]] = {
    "call_sid": TEXTS,
    "stream_sid": TEXTS,
    "placed_on": TEXTS,
    "t0": MAYBE,
    "caller": some.binary(max_size=40).map(bytearray),
    "heard": some.binary(max_size=40).map(bytearray),
    "runs": some.lists(some.builds(PlayedRun, SAMPLES, SAMPLES, some.integers(0, 99)), max_size=3),
    "speech": some.lists(some.builds(Speech, TEXTS, SAMPLES, SAMPLES, some.booleans(), some.booleans()), max_size=3),
    "cleared": some.lists(some.builds(Cleared, SAMPLES, SECONDS), max_size=3),
    "entries": some.lists(some.builds(RecordEntry, SECONDS, some.sampled_from(get_args(Kind)), TEXTS), max_size=4),
    "warnings": some.dictionaries(some.integers(0, 40000), TEXTS, max_size=3),
    "messages": some.lists(some.tuples(SECONDS, some.sampled_from("<>"), TEXTS), max_size=3),
    "lateness_ms": some.lists(SECONDS, max_size=3).map(lambda late: array("d", late)),
    "ended": some.sampled_from(get_args(Ending)),
    "leaked_ms": SECONDS,
    "cut_ms": SECONDS,
    "twiml_s": MAYBE,
    "connect_s": MAYBE,
    "said": some.lists(TEXTS, max_size=2),
    "dialled": some.lists(TEXTS, max_size=2),
    "verbs": some.lists(TEXTS, max_size=2),
}
TURN = Turn(
    1,
    "speech",
    "where is it",
    speech_started_at=51.0,
    sentences=[Sentence(1, "Here.", "Here.", 52.0, heard_ms=800)],
    overlaps=[Overlap(53.0, 53.2, 53.21)],
    stalls=[(52.0, 52.5)],
)


def a_call(**more: Any) -> ReportedCall:
    """A call of two seconds."""
    record = PhoneRecord("CA12", "MZ12", "2026-11-30 12:00:00+00:00", 50.0, ended="agent", **more)
    record.caller += b"\x11" * 16000
    record.heard += b"\x22" * 15000
    record.note(50.0, "stream", "MZ12")
    outcome = result(record, from_words(["press 1"]), "it does not tell")
    return ReportedCall(record, [TURN], "Call <1>", "ar", True, {"first": "1 s"}, outcome)


def through_file(call: ReportedCall, path: Path) -> Tape:
    tape_file.write(path, phone_tape(call, {"ivr": "0"}))
    return tape_file.read(path)


@given(record=some.builds(PhoneRecord, **FIELDS))
def test_a_record_comes_back_as_it_was(record: PhoneRecord) -> None:
    assert {one.name for one in fields(PhoneRecord)} - {"watch"} == set(FIELDS)
    call = ReportedCall(record)
    assert phone_call(phone_tape(call)) == call


def test_a_page_is_drawn_from_the_file_alone(tmp_path: Path) -> None:
    call = a_call()
    tape = through_file(call, tmp_path / "call.tape")
    assert phone_call(tape) == call
    assert phone_page(tape) == call.page()
    assert "Call &lt;1&gt;" in call.page()
    assert tape.faults == []
    assert (tape.header.side, tape.header.call_id, tape.header.versions) == ("phone", "CA12", {"ivr": "0"})
    assert (tape.moments, tape_file.summary(tmp_path / "call.tape").end) == ([], tape.end)
    assert tape.end is not None
    assert (tape.end.result, tape.end.seconds, tape.end.events, tape.end.turns) == ("", 2.0, 1, 1)


def test_the_end_says_what_the_bridge_told() -> None:
    call = a_call()
    call.result = {"result": "success", "reason": "agent_hung_up"}
    end = phone_tape(call).end
    assert end is not None
    assert (end.result, end.reason) == ("success", "agent_hung_up")


def test_a_call_that_was_broken_off_has_no_end(tmp_path: Path) -> None:
    call = a_call()
    call.record.ended = ""
    tape = through_file(call, tmp_path / "call.tape")
    assert tape.end is None
    assert phone_call(tape) == call


def test_a_long_call_is_cut_into_records(tmp_path: Path) -> None:
    call = a_call()
    call.record.caller += bytes(range(256)) * 40_000
    call.record.lateness_ms.extend([0.25] * 2500)
    tape = through_file(call, tmp_path / "call.tape")
    assert max(len(one[1]) for one in tape.phone if one[0] == "caller") == CHUNK
    assert sum(one[0] == "late" for one in tape.phone) == 3
    assert phone_call(tape) == call


@pytest.mark.parametrize(
    "record",
    [
        ["entry", 1.0, "dance", ""],
        ["entry", "now", "mark", ""],
        ["entry", float("nan"), "mark", ""],
        ["entry", 1.0, "mark"],
        ["run", -1, 0, 0],
        ["run", 1 << 60, 0, 0],
        ["late", [1.0, float("inf")]],
        ["call", {"t0": float("inf")}],
        ["turn", {"number": 1, "kind": "speech", "stalls": [[float("nan"), 1.0]]}],
        ["turn", {"number": "one"}],
        ["page", {"result": {"turns": float("nan")}}],
        ["caller", "text"],
        ["heard", 12],
    ],
)
def test_a_record_without_sense_is_left_out(record: list[Any]) -> None:
    tape = phone_tape(a_call())
    tape.phone = [record, *tape.phone, ["from a later version", 1]]
    assert phone_call(tape) == a_call()
    assert [fault.partition(":")[0] for fault in tape.faults] == ["record 1 of the phone makes no sense"]


def test_faults_are_named_up_to_a_bound() -> None:
    tape = phone_tape(a_call())
    tape.phone += [["entry"]] * 1000
    phone_call(tape)
    assert len(tape.faults) == 20


def test_a_bridge_s_tape_is_none_of_a_phone() -> None:
    with pytest.raises(TapeError, match="the tape of CA12 is a bridge's"):
        phone_call(Tape(TapeHeader("CA12")))


def test_a_page_that_cannot_be_drawn_is_named() -> None:
    tape = phone_tape(a_call())
    tape.phone.append(["page", {"result": {"turns": [{"kind": "keys"}]}}])
    with pytest.raises(TapeError, match="no page can be drawn of the tape of CA12"):
        phone_page(tape)
