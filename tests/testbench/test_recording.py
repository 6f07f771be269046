"""The record of a call, and what it says in numbers."""

import json
import wave
from pathlib import Path

import pytest

from ivr.media import g711
from ivr.testbench.phone.figures import AnswerFigures, BargeInFigures, BridgeTimes, Gap, figures
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import Cleared, PhoneRecord, RecordEntry, Speech

LOUD, QUIET = 0x10, 0xFF


def made(*, seconds: float, runs: list[PlayedRun], speech: list[Speech]) -> PhoneRecord:
    """A record as a phone would leave it; all agent audio is loud."""
    record = PhoneRecord("CA1", "MZ1", t0=100.0, runs=runs, speech=speech, ended="agent")
    record.caller = bytearray([QUIET]) * int(seconds * 8000)
    record.heard = bytearray([QUIET]) * int(seconds * 8000)
    for run in runs:
        record.heard[run.start : run.end] = bytes([LOUD]) * (run.end - run.start)
    return record


def ms(start: float, end: float, reply: int = 0) -> PlayedRun:
    return PlayedRun(int(start * 8), int(end * 8), reply)


def said(label: str, start: float, end: float, over: bool = False) -> Speech:
    return Speech(label, int(start * 8), int(end * 8), over)


def test_entries_are_told_as_they_happen() -> None:
    seen: list[RecordEntry] = []
    record = PhoneRecord(watch=seen.append)
    record.note(1.0, "mark", "a")
    record.warn(2.0, 31951, "not JSON")
    record.warn(3.0, 31951, "again")
    assert seen == record.entries == [RecordEntry(1.0, "mark", "a"), RecordEntry(2.0, "warning", "31951 not JSON")]
    assert record.of("mark") == [RecordEntry(1.0, "mark", "a")]
    assert record.warnings == {31951: "not JSON"}


def test_it_prints_itself() -> None:
    assert repr(PhoneRecord()) == "<PhoneRecord - 0.0 s, 0 runs, ended by ->"
    assert "CA1 1.0 s, 0 runs, ended by agent" in repr(made(seconds=1, runs=[], speech=[]))


def test_stereo_has_the_caller_left_and_the_agent_right(tmp_path: Path) -> None:
    record = made(seconds=0.001, runs=[ms(0, 1)], speech=[])
    record.caller = bytearray(b"\x20\x30")
    record.save_wav(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()) == (2, 8000, 2, 8)
        both = file.readframes(8)
    left, right = both[0::4] + both[1::4], both[2::4] + both[3::4]
    expected_left, expected_right = g711.decode(b"\x20\x30" + b"\xff" * 6), g711.decode(bytes([LOUD]) * 8)
    assert left == expected_left[0::2] + expected_left[1::2]
    assert right == expected_right[0::2] + expected_right[1::2]


def test_the_log_is_in_order_of_time(tmp_path: Path) -> None:
    record = PhoneRecord()
    record.note(2.0, "say", "مع السلامة")
    record.messages.append((1.0, "<", "{}"))
    record.save_log(tmp_path / "call.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "call.jsonl").read_text("utf-8").splitlines()]
    assert lines == [{"t": 1.0, "way": "<", "message": "{}"}, {"t": 2.0, "kind": "say", "detail": "مع السلامة"}]


def test_lateness_certifies() -> None:
    record = PhoneRecord()
    assert record.certified
    record.lateness_ms.extend([1.0] * 99 + [50.0])
    assert (record.lateness_p99_ms, record.certified) == (50.0, False)


def test_an_ordinary_call() -> None:
    record = made(
        seconds=10,
        runs=[ms(500, 1500), ms(4000, 5000, 1), ms(5040, 6000, 1), ms(6300, 7000, 1)],
        speech=[said("hello", 2500, 3500)],
    )
    record.twiml_s, record.connect_s = 0.004, 0.002
    record.note(100.2, "stream")
    found = figures(record)
    assert (found.twiml_ms, found.connect_ms) == (4, 2)
    assert found.first_audio_ms == pytest.approx(300)
    assert found.answers == [AnswerFigures("hello", 28_000, 500.0, 500.0)]
    assert found.barge_ins == []
    assert found.underruns == [Gap(40_000, 40.0), Gap(48_000, 300.0)]
    assert found.overlap_ms == 0
    assert found.dead_air_ms == 1000 + 500 + 40 + 300 + 3000
    assert found.longest_dead_air_ms == 3000
    assert found.certified


def test_a_call_in_which_nothing_happened() -> None:
    found = figures(PhoneRecord())
    assert (found.first_audio_ms, found.twiml_ms, found.answers, found.dead_air_ms) == (None, None, [], 0)
    silent = made(seconds=5, runs=[], speech=[said("hello", 0, 1000)])
    silent.note(100.0, "stream")
    found = figures(silent)
    assert found.answers == [AnswerFigures("hello", 8000, None, None)]
    assert found.first_audio_ms is None
    assert found.longest_dead_air_ms == 4000


def test_talking_over_the_agent() -> None:
    record = made(
        seconds=10,
        runs=[ms(1000, 3200), ms(3250, 3290), ms(5000, 6000, 1)],
        speech=[said("stop", 3000, 4000, over=True), said("too late", 6050, 6200, over=True)],
    )
    record.cleared.append(Cleared(3200 * 8, 800.0))
    found = figures(record)
    assert found.barge_ins == [BargeInFigures("stop", 24_000, 290.0)]
    assert found.overlap_ms == 200 + 40
    assert found.answers[0] == AnswerFigures("stop", 32_000, 1000.0, 1000.0)
    assert found.answers[1].reply_ms is None
    assert (found.underruns, found.discarded_ms) == ([], 800)


def test_an_answer_may_come_too_early() -> None:
    record = made(seconds=5, runs=[ms(1500, 3000, 1)], speech=[said("a long question", 1000, 2000)])
    assert figures(record).answers == [AnswerFigures("a long question", 16_000, -500.0, -500.0)]


def test_silence_at_the_start_of_an_answer_is_not_audible() -> None:
    record = made(seconds=5, runs=[ms(2100, 3000, 1), ms(3500, 3600, 1)], speech=[said("q", 1000, 2000)])
    record.heard[2100 * 8 : 2500 * 8] = bytes([QUIET]) * 3200
    assert figures(record).answers == [AnswerFigures("q", 16_000, 100.0, 500.0)]
    record.heard[:] = bytes([QUIET]) * len(record.heard)
    assert figures(record).answers == [AnswerFigures("q", 16_000, 100.0, None)]


QUESTION = said("q", 0, 1000)
FILLED = [ms(3200, 3900, 1), ms(4300, 6000, 1), ms(6100, 7000, 1)]
"""A filler, an answer and an apology."""


@pytest.mark.parametrize(
    ("begun", "answer", "gaps"),
    [
        (None, 2200.0, [400.0, 100.0]),
        ([104.29, 106.09], 3300.0, []),
        ([104.29], 3300.0, [100.0]),
        ([103.5], 2500.0, [400.0, 100.0]),  # in the middle of the filler, which gives way
        ([], None, [400.0, 100.0]),
        ([100.5, 104.29], 3300.0, [100.0]),  # something that was never heard
    ],
    ids=["not told", "told", "no apology", "at once", "nothing", "lost"],
)
def test_a_filler_is_no_answer(begun: list[float] | None, answer: float | None, gaps: list[float]) -> None:
    record = made(seconds=8, runs=FILLED, speech=[QUESTION])
    found = figures(record, None if begun is None else BridgeTimes(begun, begun))
    assert found.answers == [AnswerFigures("q", 8000, answer, answer)]
    assert [gap.ms for gap in found.underruns] == gaps


def test_audio_over_before_the_caller_ended_is_no_answer() -> None:
    record = made(seconds=8, runs=[ms(200, 600), *FILLED], speech=[QUESTION])
    assert figures(record, BridgeTimes(answers=[100.2, 104.29])).answers == [AnswerFigures("q", 8000, 3300.0, 3300.0)]
    assert figures(PhoneRecord(speech=[QUESTION]), BridgeTimes(answers=[104.29])).answers[0].reply_ms is None


def test_long_silence_inside_a_reply_is_no_underrun() -> None:
    record = made(seconds=5, runs=[ms(0, 1000), ms(2500, 3000)], speech=[])
    found = figures(record)
    assert (found.underruns, found.longest_dead_air_ms) == ([], 2000)


def test_overlapping_sounds_leave_no_silence() -> None:
    record = made(seconds=3, runs=[ms(0, 3000)], speech=[said("x", 500, 1000, over=True)])
    assert figures(record).dead_air_ms == 0


def test_leaks_after_the_hang_up() -> None:
    record = made(seconds=1, runs=[], speech=[])
    assert figures(record).leaked_until_ms == 0
    record.note(110.0, "hang_up", "stop")
    record.note(110.02, "leak", "20 ms")
    record.note(110.05, "leak", "20 ms")
    record.leaked_ms = 40
    found = figures(record)
    assert found.leaked_ms == 40
    assert found.leaked_until_ms == pytest.approx(50)
