"""What Prometheus is told."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ivr.call.commands import HangUp, Note, SendClear
from ivr.call.events import CallStarted, PeerFault, Tick
from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.observe.metrics import CONTENT_TYPE, MOST_LABELS, LabelValues, Metrics


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
    turn.first_sent_at = 2.23
    turn.overlaps = [
        Overlap(onset_at=3.0, yield_at=3.1, clear_at=3.1, verdict="commit"),
        Overlap(onset_at=4.0, yield_at=4.1, clear_at=None, verdict="resume"),
    ]
    return turn


def test_calls_and_their_faults_are_counted() -> None:
    metrics = Metrics(live=lambda: 7.0)
    metrics.happened("CA", 0, CallStarted("CA", "MZ"), [Note("warm"), Note("warm"), SendClear()])
    metrics.happened("CA", 0, PeerFault("phone", "bad_base64"), [])
    metrics.happened("CA", 0, Tick(), [])
    metrics.answered("busy")
    metrics.rejected("tts", "wrong_signature")
    metrics.noted("tts_link_lost")
    values = Read(metrics)
    assert values("ivr_calls_total") == 1
    assert values("ivr_notes_total", "warm") == 2
    assert values("ivr_notes_total", "tts_link_lost") == 1
    assert values("ivr_peer_faults_total", "phone", "bad_base64") == 1
    assert values("ivr_answers_total", "busy") == 1
    assert values("ivr_rejected_requests_total", "tts", "wrong_signature") == 1
    assert values("ivr_live_calls") == 7


def test_a_call_that_ends_is_measured() -> None:
    metrics = Metrics()
    metrics.ended("CA", 9, [Turn(0, "phrase"), answered_turn()], HangUp("success", "agent_goodbye"))
    values = Read(metrics)
    assert values("ivr_terminations_total", "success", "agent_goodbye") == 1
    assert values("ivr_turns_total", "speech", "heard") == 1
    assert values("ivr_turns_total", "phrase", "open") == 1
    assert values("ivr_barge_ins_total", "commit") == 1
    assert values("ivr_barge_ins_total", "resume") == 1
    assert values("ivr_yield_seconds_sum") == pytest.approx(0.1)
    assert values("ivr_yield_seconds_count") == 1
    assert values("ivr_own_overhead_seconds_sum") == pytest.approx(0.06)
    assert values("ivr_first_audio_seconds_sum") == pytest.approx(1.23)
    assert values("ivr_first_audio_seconds_count") == 1


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
    assert values("ivr_answers_total", "other") == 50
    assert values("ivr_answers_total", "n0") == MOST_LABELS + 51
    assert LabelValues(1).bounded("a") == "a"


def test_two_servers_do_not_share() -> None:
    one, other = Metrics(), Metrics()
    one.answered("busy")
    with pytest.raises(KeyError):
        Read(other)("ivr_answers_total", "busy")
    assert Read(one)("ivr_live_calls") == 0


def test_the_page_and_the_line() -> None:
    metrics = Metrics()
    metrics.answered("busy")
    assert repr(metrics) == "<Metrics 1 labels>"
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_how_late_the_process_is() -> None:
    metrics = Metrics()
    metrics.lagged(0.0)
    metrics.lagged(7.0)
    values = Read(metrics)
    assert values("ivr_loop_lag_seconds_count") == 2
    assert values("ivr_loop_lag_seconds_sum") == 7.0
