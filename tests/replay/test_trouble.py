"""What counts as trouble on a call, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.commands import HangUp, Note
from ivr.call.options import CallOptions
from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.replay.tape import Trouble
from ivr.replay.trouble import KINDS, trouble

GOOD = HangUp("success", "caller_stop")


def answered(number: int = 1, *, after: float = 1.0, end: float = 10.0, **fields: Any) -> Turn:
    """Return a turn whose question ended at 10.0 and whose answer sounded so many seconds later."""
    at = end + after
    turn = Turn(
        number,
        "speech",
        speech_started_at=end - 2,
        speech_ended_at=end,
        endpoint_at=end + 0.3,
        transcript_at=end + 0.4,
        asked_at=end + 0.4,
        first_delta_at=end + 0.5,
        first_sent_at=at,
        ended_at=at + 5,
        outcome="heard",
        sentences=[
            Sentence(1, "x", "x", ready_at=end + 0.5, asked_at=end + 0.5, audio_at=end + 0.6, sent_at=at, whole=True)
        ],
    )
    for name, value in fields.items():
        setattr(turn, name, value)
    return turn


def unheard(number: int = 1, *, left: float = 5.0, **fields: Any) -> Turn:
    """Return a turn that was closed so many seconds behind the question, without a sound."""
    silent: dict[str, Any] = {"sentences": [], "first_sent_at": None, "first_delta_at": None, "outcome": "superseded"}
    return answered(number, **{**silent, "ended_at": 10 + left, **fields})


def sentence(**fields: Any) -> Sentence:
    return Sentence(2, "y", "y", ready_at=12.0, **fields)


def overlap(verdict: Any, onset: float = 13.0, **fields: Any) -> Overlap:
    return Overlap(onset, onset + 0.1, onset + 0.1, verdict=verdict, **fields)


PHRASE = Turn(0, "phrase", ended_at=4.0, outcome="heard", sentences=[Sentence(1, "hi", "hi", 0.0, sent_at=0.1)])

TABLE: list[tuple[str, list[Turn], list[tuple[str, int, str]]]] = [
    ("nothing happened", [], []),
    ("a good turn", [PHRASE, answered()], []),
    ("a wait at the limit", [answered(after=2.2)], []),
    ("a wait over the limit", [answered(after=2.3)], [("wait", 1, "2.3 s")]),
    ("keys are waited for from the request", [
        answered(after=2.6, kind="dtmf", speech_ended_at=None, endpoint_at=None)], []),
    ("keys that waited", [
        answered(after=2.7, kind="dtmf", speech_ended_at=None, endpoint_at=None)], [("wait", 1, "2.3 s")]),
    ("a wait in vain", [unheard(left=3.0)], [("wait", 1, "3.0 s, no answer")]),
    ("a wait that the caller ended", [unheard(left=3.0, overlaps=[overlap("commit", 12.5)])], [
        ("wait", 1, "2.5 s, no answer")]),
    ("a caller who left at once", [unheard(left=1.0)], []),
    ("a turn that is still open", [unheard(ended_at=None, outcome="open")], []),
    ("a turn whose words have no times", [unheard(speech_ended_at=None, asked_at=None, endpoint_at=None)], []),
    ("a sentence that failed", [answered(sentences=[sentence(failed="timeout")])], [
        ("lost", 1, "sentence 2: timeout")]),
    ("a sentence said again", [answered(sentences=[sentence(again_from=3)])], [("failure", 1, "tts: said again")]),
    ("a sentence that failed and was said again", [answered(sentences=[sentence(again_from=3, failed="x")])], [
        ("failure", 1, "tts: said again")]),
    ("a yield that was meant", [answered(overlaps=[overlap("commit", rule="words")])], []),
    ("a yield that is not over", [answered(overlaps=[overlap("pending")])], []),
    ("a false yield", [answered(overlaps=[overlap("resume", rule="silence", resumed_at=14.0)])], [
        ("resumed", 1, "silence, silent for 0.9 s")]),
    ("a false yield without a time", [answered(overlaps=[overlap("resume", rule="late")])], [
        ("resumed", 1, "late, silent for 0.0 s")]),
    ("an overlap without words", [answered(overlaps=[overlap("commit", rule="failed")])], [
        ("failure", 1, "stt: words of an overlap")]),
    ("words over the answer at once", [answered(after=0.5, overlaps=[overlap("commit", 11.2)])], [
        ("continued", 1, "900 ms behind the end of the words")]),
    ("a noise over the answer at once", [answered(after=0.5, overlaps=[overlap("pending", 11.2)])], []),
    ("words over the answer later", [answered(after=0.5, overlaps=[overlap("commit", 11.4)])], []),
    ("the next question at once", [answered(end=10.0), answered(2, end=13.0)], [
        ("continued", 1, "700 ms behind the end of the words")]),
    ("the next question later", [answered(end=10.0), answered(2, end=13.4)], []),
    ("a question taken further", [unheard(ended_at=11.1), answered(2, end=13.0, speech_started_at=8.0)], [
        ("continued", 1, "800 ms behind the end of the words")]),
    ("a question taken further later", [unheard(ended_at=11.4), answered(2, end=13.0, speech_started_at=8.0)], []),
    ("a question taken further, its end unknown", [
        unheard(ended_at=None), answered(2, end=13.0, speech_started_at=8.0)], []),
    ("a question and then keys", [unheard(ended_at=11.1), answered(2, speech_started_at=None, endpoint_at=None)], []),
    ("a turn that failed", [answered(failure="stalled", reply_ended_at=12.0)], [("failure", 1, "stalled")]),
    ("a turn that failed without times", [
        unheard(failure="tts", ended_at=None, asked_at=None, speech_ended_at=None, endpoint_at=None)], [
        ("failure", 1, "tts")]),
]  # fmt: skip


@pytest.mark.parametrize(("turns", "found"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_trouble_of_turns(turns: list[Turn], found: list[tuple[str, int, str]]) -> None:
    assert [(one.kind, one.turn, one.detail) for one in trouble(turns, GOOD, CallOptions())] == found


@pytest.mark.parametrize(("after_ms", "limit"), [(0, 2.2), (700, 0.7), (4000, 4.0)])
def test_trouble_takes_the_limit_of_the_line(after_ms: int, limit: float) -> None:
    options = CallOptions(filler_after_ms=after_ms)
    assert trouble([answered(after=limit - 0.05)], GOOD, options) == ()
    assert [one.kind for one in trouble([answered(after=limit + 0.05)], GOOD, options)] == ["wait"]


def test_trouble_of_notes() -> None:
    noted = [
        (3.0, Note("transfer_failed", {"reason": "busy"})),
        (2.0, Note("transcript_failed", {"reason": "timeout"})),
        (1.0, Note("filler", {"state": "THINKING"})),
    ]
    assert trouble([], GOOD, CallOptions(), noted) == (
        Trouble("failure", 0, 2.0, "transcript_failed: timeout"),
        Trouble("failure", 0, 3.0, "transfer_failed: busy"),
    )


def test_trouble_of_ends() -> None:
    bad = HangUp("indeterminate", "no_media")
    assert trouble([], bad, CallOptions()) == (Trouble("end", 0, 0.0, "indeterminate: no_media"),)
    [wait, end] = trouble([answered(after=3.0)], bad, CallOptions())
    assert (wait.kind, end) == ("wait", Trouble("end", 1, 18.0, "indeterminate: no_media"))
    assert trouble([answered()], None, CallOptions()) == ()


def test_trouble_has_no_other_kinds() -> None:
    assert {kind for row in TABLE for kind, _, _ in row[2]} == set(KINDS) - {"end"}
