"""What Prometheus is told."""

from __future__ import annotations

import ast
import platform
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ivr import __version__
from ivr.call.commands import HangUp, Note, SendClear
from ivr.call.events import CallStarted, PeerFault, Tick
from ivr.call.timeline import OWNERS, Overlap, Sentence, Turn
from ivr.observe.known_labels import CALL_ENDS, DOCUMENTS_ANSWERED, NOTES_WATCHED
from ivr.observe.metrics import CONTENT_TYPE, MOST_LABELS, WHOLE, Capacity, LabelValues, Metrics

ELSEWHERE = {"media_timeout", "max_call", "failures_in_a_row", "result", "reason", "stop", "_transfer"}
"""Other words that docs/log.md names beside the ends."""
WITH_TRANSFER = {f"{service}_unavailable_transfer" for service in ("stt", "agent", "tts")}


class Read:
    """The samples of a rendered page, by name and label values."""

    def __init__(self, metrics: Metrics) -> None:
        families = text_string_to_metric_families(metrics.render().decode())
        self._samples = {(s.name, frozenset(s.labels.values())): s.value for family in families for s in family.samples}

    def __call__(self, name: str, *labels: str) -> float:
        return self._samples[name, frozenset(labels)]


def answered_turn() -> Turn:
    sentence = Sentence(1, "a", "a", ready_at=2.0, asked_at=2.01, audio_at=2.2, sent_at=2.23)
    turn = Turn(1, "speech", outcome="heard", endpoint_at=1.0, transcript_at=1.5, asked_at=1.52, sentences=[sentence])
    turn.speech_ended_at, turn.first_delta_at = 0.5, 1.9
    turn.first_sent_at = 2.23
    turn.overlaps = [
        Overlap(onset_at=3.0, yield_at=3.1, clear_at=3.1, verdict="commit"),
        Overlap(onset_at=4.0, yield_at=4.1, clear_at=None, verdict="resume"),
    ]
    return turn


def test_calls_and_their_faults_are_counted() -> None:
    metrics = Metrics(lambda: Capacity(7), lines=["sales"])
    metrics.happened("CA", 0, CallStarted("CA", "MZ", line="sales"), [Note("warm"), Note("warm"), SendClear()])
    metrics.happened("CB", 0, CallStarted("CB", "MZ", line="no line"), [])
    metrics.happened("CA", 0, PeerFault("phone", "bad_base64"), [])
    metrics.happened("CA", 0, Tick(), [])
    metrics.answered("busy")
    metrics.rejected("tts", "wrong_signature")
    metrics.noted("tts_link_lost")
    values = Read(metrics)
    assert values("ivr_calls_total", "sales") == 1
    assert values("ivr_calls_total", "other") == 1
    assert values("ivr_notes_total", "warm") == 2
    assert values("ivr_notes_total", "tts_link_lost") == 1
    assert values("ivr_peer_faults_total", "phone", "bad_base64") == 1
    assert values("ivr_answers_total", "busy") == 1
    assert values("ivr_rejected_requests_total", "tts", "wrong_signature") == 1
    assert values("ivr_live_calls") == 7


def test_the_ends_of_turns_are_measured_by_rule() -> None:
    metrics = Metrics()
    for silence_ms in (300, 500):
        note = Note("turn_end", {"rule": "short_answer", "silence_ms": silence_ms})
        metrics.happened("CA", 0, Tick(), [note])
    values = Read(metrics)
    assert values("ivr_turn_end_seconds_sum", "short_answer") == pytest.approx(0.8)
    assert values("ivr_turn_end_seconds_count", "short_answer") == 2
    assert values("ivr_turn_end_seconds_count", "governs") == 0


def test_questions_that_are_asked_ahead_are_counted() -> None:
    metrics = Metrics()
    for outcome, ms in (("used", 240), ("used", 60), ("went_on", 0)):
        metrics.happened("CA", 0, Tick(), [Note("eager", {"turn": 1, "outcome": outcome, "ms": ms})])
    values = Read(metrics)
    assert [values("ivr_eager_total", outcome) for outcome in ("used", "went_on", "keys")] == [2, 1, 0]
    assert values("ivr_eager_gained_seconds_count") == 2
    assert values("ivr_eager_gained_seconds_sum") == pytest.approx(0.3)


def test_a_call_that_ends_is_measured() -> None:
    metrics = Metrics(lines=["sales"])
    metrics.happened("CA", 0, CallStarted("CA", "MZ", line="sales"), [])
    for turn in (Turn(0, "phrase"), answered_turn()):
        metrics.closed("CA", 8, turn)
    metrics.ended("CA", 9, [], HangUp("success", "agent_goodbye"))
    values = Read(metrics)
    assert values("ivr_terminations_total", "sales", "success", "agent_goodbye") == 1
    assert values("ivr_turns_total", "sales", "speech", "heard") == 1
    assert values("ivr_turns_total", "sales", "phrase", "open") == 1
    assert values("ivr_barge_ins_total", "commit") == 1
    assert values("ivr_barge_ins_total", "resume") == 1
    assert values("ivr_yield_seconds_sum") == pytest.approx(0.1)
    assert values("ivr_yield_seconds_count") == 1
    assert values("ivr_own_overhead_seconds_sum") == pytest.approx(0.06)
    assert values("ivr_first_audio_seconds_sum", "sales") == pytest.approx(1.23)
    assert values("ivr_first_audio_seconds_count", "sales") == 1
    parts = {part: values("ivr_caller_wait_seconds_sum", "sales", part) for part in OWNERS}
    assert parts == pytest.approx({"endpoint": 0.5, "stt": 0.5, "agent": 0.48, "tts": 0.19, "own": 0.06})
    assert values("ivr_caller_wait_seconds_sum", "sales", WHOLE) == pytest.approx(sum(parts.values()))
    assert values("ivr_silence_seconds_sum", "sales") == pytest.approx(1.73)
    assert values("ivr_dead_air_seconds_total", "sales") == 0
    assert values("ivr_call_seconds_sum", "sales") == 9


@pytest.mark.parametrize("stalls", [[], [(0.9, 1.2), (1.6, 1.8), (2.0, 2.3)]], ids=["idle", "stalled"])
def test_the_parts_of_a_wait_sum_to_the_whole(stalls: list[tuple[float, float]]) -> None:
    turns = [answered_turn(), answered_turn(), Turn(3, "dtmf", asked_at=5.0), Turn(4, "speech", speech_ended_at=7.0)]
    turns[1].first_delta_at = 1.2  # before it was asked: the stages stay in order
    turns[2].sentences = [Sentence(1, "a", "a", ready_at=5.5, asked_at=5.5, audio_at=5.9, sent_at=6.0)]
    turns[2].first_delta_at, turns[2].first_sent_at = 5.4, 6.0
    metrics = Metrics(lines=["sales"])
    metrics.happened("CA", 0, CallStarted("CA", "MZ", line="sales"), [])
    for turn in turns:
        metrics.closed("CA", 9, turn.with_stalls(stalls))
    values = Read(metrics)
    whole = values("ivr_caller_wait_seconds_sum", "sales", WHOLE)
    assert whole == pytest.approx(1.73 + 1.73 + 1.0)
    assert sum(values("ivr_caller_wait_seconds_sum", "sales", part) for part in OWNERS) == pytest.approx(whole)
    assert values("ivr_caller_wait_seconds_count", "sales", WHOLE) == 3


def test_a_peer_cannot_add_labels() -> None:
    metrics = Metrics()
    for reason in ("Bad Word", "", "x" * 65, 'a"b\n', "سبب"):
        metrics.happened("CA", 0, PeerFault("phone", reason), [])
    assert Read(metrics)("ivr_peer_faults_total", "phone", "other") == 5


def test_labels_are_bounded() -> None:
    metrics = Metrics()
    for number in range(MOST_LABELS + 50):
        metrics.answered(f"n{number}")
        metrics.answered("n0")
    values = Read(metrics)
    known = len(DOCUMENTS_ANSWERED)
    assert values("ivr_answers_total", "other") == 50 + known
    assert values("ivr_answers_total", "n0") == MOST_LABELS + 51
    assert LabelValues(1).bounded("a") == "a"


def test_tapes_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics()
    values = Read(metrics)
    assert [values("ivr_tapes_total", outcome) for outcome in ("kept", "not_kept", "disk_full")] == [0, 0, 0]
    metrics.taped("kept", 1000)
    metrics.taped("disk_full", 500)
    values = Read(metrics)
    assert [values("ivr_tapes_total", outcome) for outcome in ("kept", "not_kept", "disk_full")] == [1, 0, 1]
    assert values("ivr_tape_bytes_total") == 1500


def test_two_servers_do_not_share() -> None:
    one, other = Metrics(), Metrics()
    one.answered("busy")
    assert Read(other)("ivr_answers_total", "busy") == 0
    assert Read(one)("ivr_live_calls") == 0


def test_the_page_and_the_line() -> None:
    metrics = Metrics()
    metrics.answered("busy")
    assert re.fullmatch(r"<Metrics \d+ labels>", repr(metrics))
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_known_values_are_there_before_they_happen() -> None:
    values = Read(Metrics(lines=["sales", "help"]))
    for line in ("sales", "help"):
        for result, reason in CALL_ENDS:
            assert values("ivr_terminations_total", line, result, reason) == 0
        assert values("ivr_turns_total", line, "speech", "failed") == 0
        assert values("ivr_caller_wait_seconds_count", line, WHOLE) == 0
        assert values("ivr_silence_seconds_count", line) == 0
        assert values("ivr_dead_air_seconds_total", line) == 0
    for note in NOTES_WATCHED:
        assert values("ivr_notes_total", note) == 0
    assert values("ivr_rejected_requests_total", "voice", "wrong_signature") == 0


def test_known_ends_are_those_of_the_log_and_of_the_code() -> None:
    root = Path(__file__).parents[2]
    table = (root / "docs" / "log.md").read_text("utf-8").split("## How calls end")[1]
    written = set(re.findall(r"`([a-z_]+)`", table)) - ELSEWHERE
    results = {result for result, _ in CALL_ENDS}
    reasons = {reason for _, reason in CALL_ENDS}
    assert (
        reasons == {reason for reason in written if reason not in {*results, "_transfer"}} - ELSEWHERE | WITH_TRANSFER
    )
    called = [
        (*(arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)),)
        for path in (root / "ivr").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "HangUp"
    ]
    assert [end for end in called if len(end) == 2 and end not in CALL_ENDS] == []


def test_a_second_stream_of_a_call_keeps_its_line() -> None:
    metrics = Metrics(lines=["sales"])
    metrics.happened("CA", 0, CallStarted("CA", "MZ", line="sales"), [])
    metrics.happened("CA", 1, CallStarted("CA", "MY", line="sales"), [])
    metrics.ended("CA", 1, [], HangUp("indeterminate", "superseded"))
    metrics.ended("CA", 9, [], HangUp("success", "caller_stop"))
    values = Read(metrics)
    assert (values("ivr_call_seconds_sum", "sales"), values("ivr_call_seconds_count", "sales")) == (9, 1)
    assert values("ivr_terminations_total", "sales", "indeterminate", "superseded") == 1
    assert values("ivr_terminations_total", "sales", "success", "caller_stop") == 1


def test_a_line_that_is_not_configured_is_other() -> None:
    metrics = Metrics(lines=[f"line_{number}" for number in range(MOST_LABELS + 1)])
    for number, line in enumerate((f"line_{MOST_LABELS - 1}", f"line_{MOST_LABELS}", "", "+966500000001")):
        metrics.happened(f"CA{number}", 0, CallStarted("CA", "MZ", line=line), [])
    values = Read(metrics)
    assert values("ivr_calls_total", f"line_{MOST_LABELS - 1}") == 1
    assert values("ivr_calls_total", "other") == 3


def test_what_runs_and_what_it_takes() -> None:
    page = Metrics().render().decode()
    assert f'ivr_build_info{{python="{platform.python_version()}",version="{__version__}"}} 1.0' in page
    assert "process_resident_memory_bytes" in page
    assert "process_open_fds" in page


def test_how_late_the_process_is() -> None:
    metrics = Metrics()
    metrics.lagged(0.0)
    metrics.lagged(7.0)
    values = Read(metrics)
    assert values("ivr_loop_lag_seconds_count") == 2
    assert values("ivr_loop_lag_seconds_sum") == 7.0
