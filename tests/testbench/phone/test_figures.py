"""Figures at the caller's ear: what stopped the agent, and what is an underrun."""

from __future__ import annotations

from ivr.testbench.phone.figures import MAX_FADE, BridgeTimes, Gap, figures
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import Cleared, PhoneRecord, Speech


def a_record(*runs: tuple[int, int]) -> PhoneRecord:
    """An agent that speaks from sample to sample, in one reply; sample 0 is at 100 s."""
    record = PhoneRecord(t0=100.0, heard=bytearray(b"\x10" * 80_000), caller=bytearray(80_000))
    record.runs = [PlayedRun(start, end, 1) for start, end in runs]
    return record


def test_interruption_has_stopped_the_agent() -> None:
    record = a_record((8000, 24_000))
    record.speech = [Speech("Stop", 16_000, 28_000, over=True), Speech("More", 40_000, 48_000, over=True)]
    cleared = a_record((8000, 24_000))
    cleared.speech, cleared.cleared = record.speech, [Cleared(23_600, 500.0)]
    early = a_record((8000, 24_000))
    early.speech, early.cleared = record.speech, [Cleared(24_000 - MAX_FADE - 1, 500.0)]
    rows: list[tuple[str, PhoneRecord, BridgeTimes | None, list[float]]] = [
        ("a phone alone: said to its end", record, None, []),
        ("a phone alone: discarded, and faded out", cleared, None, [1000.0]),
        ("a phone alone: discarded long before it fell silent", early, None, []),
        ("the bridge tells of an interruption", record, BridgeTimes(stopped=(102.2,)), [1000.0]),
        ("of one during the second thing said", cleared, BridgeTimes(stopped=(105.1,)), []),
        ("of none: a cough", cleared, BridgeTimes(), []),
    ]
    found = [(name, [stop.stop_ms for stop in figures(call, told).barge_ins], want) for name, call, told, want in rows]
    assert [row for row in found if row[1] != row[2]] == []


def test_yield_is_no_underrun() -> None:
    record = a_record((8000, 16_000), (20_000, 24_000), (26_000, 30_000))
    gaps = [Gap(16_000, 500.0), Gap(24_000, 250.0)]
    faded = a_record((8000, 16_000), (20_000, 24_000), (26_000, 30_000))
    # The fade of the yield was heard after the phone had discarded the rest.
    faded.cleared = [Cleared(15_680, 400.0)]
    rows: list[tuple[str, PhoneRecord, BridgeTimes | None, list[Gap]]] = [
        ("two gaps", record, None, gaps),
        ("one behind a clear", faded, None, gaps[1:]),
        ("one while the agent yielded, with nothing to clear", record, BridgeTimes(held=((101.9, 102.3),)), gaps[1:]),
        ("one in front of a new answer", record, BridgeTimes(begun=(103.2,)), gaps[:1]),
    ]
    found = [(name, figures(call, told).underruns, wanted) for name, call, told, wanted in rows]
    assert [row for row in found if row[1] != row[2]] == []


def test_apology_is_no_answer() -> None:
    record = a_record((16_000, 24_000), (32_000, 40_000))
    record.speech = [Speech("Hello", 8000, 12_000)]
    rows: list[tuple[str, BridgeTimes | None, float | None]] = [
        ("a phone alone", None, 500.0),
        ("an apology, then the answer", BridgeTimes(begun=(102.0, 104.0), answers=(104.0,)), 2500.0),
        ("only an apology", BridgeTimes(begun=(102.0,)), None),
    ]
    found = [(name, figures(record, told).answers[0].reply_ms, wanted) for name, told, wanted in rows]
    assert [row for row in found if row[1] != row[2]] == []


def test_silence_that_is_sent_is_not_heard() -> None:
    record = a_record((8000, 16_000), (24_000, 32_000))
    record.heard[:20_000] = b"\xff" * 20_000
    assert figures(record).first_audible == 24_000
    record.heard[:] = b"\xff" * len(record.heard)
    assert figures(record).first_audible is None
