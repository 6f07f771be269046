"""The table of a transfer: every row, and what holds for all of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.call.actions import TransferOptions, TransferResult
from ivr.call.events import Resumption
from ivr.server.resume.state import LONGEST_KEPT_TEXT, CallState
from ivr.server.transfer.handover import Handover, Phase, key_of, read_handover, write_handover
from ivr.server.transfer.progress import (
    ANSWER_LATE_S,
    ASKED_MOST_S,
    PROGRESS_TABLE,
    Trigger,
    diagram,
    due_at,
    follow,
    is_overdue,
    result,
)

T, P = Trigger, Phase
DESK = "+966110000001"


def a_handover(**changes: Any) -> Handover:
    given: dict[str, Any] = {"options": TransferOptions(mode="warm", timeout_s=20), **changes}
    return Handover(CallState(Resumption(turn=2)), "AC1", DESK, "en", 1000.0, **given)


def after(*triggers: Trigger, **changes: Any) -> Handover:
    """Return a transfer after these, a second each."""
    handover = a_handover(**changes)
    for second, trigger in enumerate(triggers, 1):
        handover, _ = follow(handover, trigger, 1000.0 + second)
    return handover


@pytest.mark.parametrize(
    ("triggers", "phase", "outcome", "rang_s"),
    [
        ((T.RING, T.ANSWER, T.JOIN, T.DIAL_OVER), P.OVER, "completed", 1.0),
        ((T.JOIN, T.DIAL_OVER), P.OVER, "completed", 1.0),
        ((T.RING, T.BUSY), P.RETURNING, "busy", 1.0),
        ((T.RING, T.NO_ANSWER), P.RETURNING, "no_answer", 1.0),
        ((T.FAIL,), P.RETURNING, "failed", 1.0),
        ((T.CANCEL,), P.RETURNING, "canceled", 1.0),
        ((T.FULL,), P.RETURNING, "queue_full", 1.0),
        ((T.RING, T.ANSWER, T.DECLINE), P.RETURNING, "declined", 1.0),
        ((T.RING, T.ANSWER, T.PERSON_LEFT), P.RETURNING, "declined", 1.0),
        ((T.RING, T.MACHINE), P.RETURNING, "voicemail", 1.0),
        ((T.RING, T.ANSWER, T.MACHINE), P.RETURNING, "voicemail", 1.0),
        ((T.JOIN, T.MACHINE), P.RETURNING, "voicemail", 1.0),
        ((T.RING, T.OVERDUE), P.RETURNING, "no_answer", 1.0),
        ((T.RING, T.ANSWER, T.OVERDUE), P.RETURNING, "declined", 1.0),
        ((T.ANSWER, T.DIAL_OVER), P.RETURNING, "failed", 1.0),
        # What comes late, or twice, changes nothing.
        ((T.ANSWER, T.RING, T.JOIN, T.ANSWER, T.PERSON_LEFT), P.JOINED, "failed", 1.0),
        ((T.BUSY, T.RING, T.JOIN, T.NO_ANSWER, T.DIAL_OVER), P.RETURNING, "busy", 1.0),
    ],
)
def test_what_becomes_of_a_transfer(triggers: tuple[Trigger, ...], phase: Phase, outcome: str, rang_s: float) -> None:
    handover = after(*triggers)
    assert handover.phase is phase
    assert result(handover, 1099.0, 7.0) == TransferResult(outcome, rang_s, 7.0, DESK)  # type: ignore[arg-type]


@pytest.mark.parametrize("triggers", [(), (T.RING,), (T.ANSWER,), (T.JOIN,), (T.BUSY,)])
def test_a_person_is_not_left_alone(triggers: tuple[Trigger, ...]) -> None:
    handover, step = follow(after(*triggers), T.CALLER_LEFT, 1009.0)
    assert handover.phase is P.OVER
    assert step is not None
    assert step.end_person
    assert follow(handover, T.JOIN, 1010.0) == (handover, None)


def test_nothing_leads_out_of_the_end_and_every_wait_ends() -> None:
    assert PROGRESS_TABLE[P.OVER] == {}
    for phase, trigger in itertools.product(P, T):
        handover = a_handover(phase=phase)
        there, step = follow(handover, trigger, 1001.0)
        assert (step is None) == (there == handover or trigger not in PROGRESS_TABLE[phase])
        # The outcome of a caller who comes back is known.
        if step is not None and step.phase is P.RETURNING:
            assert there.outcome not in (None, "completed")
    for phase in (P.RINGING, P.ASKED):
        assert {T.OVERDUE, T.CALLER_LEFT, T.MACHINE, T.DIAL_OVER} <= PROGRESS_TABLE[phase].keys()


def test_when_a_caller_has_waited_long_enough() -> None:
    assert due_at(a_handover()) == 1020.0 + ANSWER_LATE_S
    assert due_at(after(T.ANSWER)) == 1001.0 + ASKED_MOST_S
    assert due_at(after(T.BUSY)) == 1001.0 + ANSWER_LATE_S
    assert due_at(after(T.JOIN)) == float("inf")
    assert not is_overdue(a_handover(), 1024.9)
    assert is_overdue(a_handover(), 1025.0)


def test_a_telephone_that_rings_still_has_rung_until_now() -> None:
    assert result(a_handover(), 1004.0) == TransferResult("failed", 4.0, 0.0, DESK)
    assert result(after(T.RING), 1004.0).rang_s == 3.0


def test_a_transfer_is_read_as_it_was_written() -> None:
    handover = after(T.RING, T.ANSWER, T.DECLINE, person="CA9")
    assert read_handover(write_handover(handover)) == handover
    long = replace(handover, call=CallState(Resumption(question="x" * 50_000)))
    read = read_handover(write_handover(long))
    assert read is not None
    assert len(read.call.stands.question) == LONGEST_KEPT_TEXT
    assert key_of("CA1") == "transfer/CA1"


@pytest.mark.parametrize("written", [None, b"", b"{}", b"\xff", b"[]", b"x" * 70_000])
def test_what_is_no_transfer_is_none(written: bytes | None) -> None:
    assert read_handover(written) is None


def test_a_transfer_of_another_version_is_none() -> None:
    assert read_handover(write_handover(replace(a_handover(), version=2))) is None


def test_nothing_private_shows() -> None:
    shown = repr(a_handover(options=TransferOptions(whisper="about an order", caller_id=DESK)))
    assert DESK not in shown
    assert "order" not in shown


def test_the_diagram_has_every_phase() -> None:
    drawn = diagram()
    assert all(phase.value in drawn for phase in P)
    assert "returning: person declines (declined)" in drawn
    assert f"```mermaid\n{drawn}\n```" in (Path(__file__).parents[3] / "docs/transfers.md").read_text("utf-8")
