"""What the carrier's word makes of a job: the table, and what may never happen."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.outbound.job import (
    ACTIVE,
    OVER,
    PLACING_S,
    Job,
    JobState,
    Retries,
    accept,
    cancel,
    give_up,
    hear,
    learn,
    place,
    refuse,
)

STATES: tuple[JobState, ...] = get_args(JobState)
STATUSES = (
    "queued",
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "no-answer",
    "failed",
    "canceled",
    "x",
)


def a_job(state: JobState = "waiting", **fields: object) -> Job:
    known = {"id": "j1", "to": "+966500000001", "line": "default", "sender": "+966110000000", "created_at": 1.0}
    return Job(**{**known, "not_before": 1.0, "state": state, "attempts": int(state != "waiting"), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("placing", "queued", "ringing"),
        ("placing", "in-progress", "talking"),
        ("ringing", "initiated", "ringing"),
        ("ringing", "in-progress", "talking"),
        ("talking", "ringing", "talking"),
        ("talking", "completed", "completed"),
        ("ringing", "busy", "busy"),
        ("ringing", "no-answer", "no_answer"),
        ("ringing", "failed", "failed"),
        ("ringing", "canceled", "canceled"),
        ("unknown", "ringing", "ringing"),
        ("unknown", "busy", "busy"),
        ("completed", "ringing", "completed"),
        ("busy", "completed", "busy"),
        ("waiting", "completed", "waiting"),
        ("ringing", "something new", "ringing"),
    ],
)
def test_a_status_moves_a_job(before: JobState, status: str, after: JobState) -> None:
    assert hear(a_job(before), status, 5.0).state == after


def test_the_states_are_of_three_kinds() -> None:
    assert {"waiting"} | ACTIVE | OVER == set(STATES)
    assert [a_job(state).over for state in STATES] == [state in OVER for state in STATES]


def test_a_busy_person_is_called_again() -> None:
    retries = Retries(times=1, after_s=60.0)
    placed = accept(place(a_job(), 10.0), "CA1", 11.0)
    again = hear(placed, "busy", 20.0, retries)
    assert (again.state, again.not_before, again.reason, again.call_id) == ("waiting", 80.0, "busy", "")
    assert hear(accept(place(again, 80.0), "CA2", 81.0), "no-answer", 90.0, retries).state == "no_answer"


def test_a_call_that_talked_is_not_made_again() -> None:
    assert hear(a_job("talking"), "completed", 9.0, Retries(times=5), talked_s=7).talked_s == 7


def test_what_was_given_up_is_not_made_again() -> None:
    assert hear(a_job("unknown"), "busy", 9.0, Retries(times=5)).state == "busy"


def test_the_first_word_of_a_call_binds_it() -> None:
    placed = place(a_job(reason="busy"), 10.0)
    assert (placed.state, placed.attempts, placed.reason) == ("placing", 1, "")
    bound = accept(placed, "CA1", 11.0)
    assert (bound.state, bound.call_id) == ("ringing", "CA1")
    assert accept(bound, "CA2", 12.0) is bound
    assert accept(a_job(), "CA1", 1.0).state == "waiting"
    assert accept(a_job("canceled"), "CA1", 1.0).call_id == ""
    # The stream may open, and the call be answered, before the carrier's answer to the request has come.
    assert accept(a_job("talking"), "CA1", 1.0).state == "talking"
    assert accept(a_job("unknown"), "CA1", 1.0).state == "ringing"


def test_a_refusal_ends_a_job_or_lets_it_wait() -> None:
    placed = place(a_job(), 10.0)
    assert (refuse(placed, "bad_number", 11.0).state, refuse(placed, "bad_number", 11.0).reason) == (
        "failed",
        "bad_number",
    )
    again = refuse(placed, "too_many", 11.0, again_s=5.0)
    assert (again.state, again.attempts, again.not_before) == ("waiting", 0, 16.0)
    bound = accept(placed, "CA1", 11.0)
    assert refuse(bound, "late", 12.0) is bound


def test_only_a_waiting_job_is_canceled() -> None:
    assert {state: cancel(a_job(state), 2.0).state for state in STATES} == {
        state: "canceled" if state == "waiting" else state for state in STATES
    }


def test_a_job_without_a_word_is_given_up() -> None:
    placed = place(a_job(), 10.0)
    assert give_up(placed, 10.0 + PLACING_S - 1) is placed
    assert give_up(placed, 10.0 + PLACING_S).state == "unknown"
    bound = accept(placed, "CA1", 11.0)
    assert give_up(bound, 1e6) is bound


def test_who_answered_is_learnt_of_a_call_alone() -> None:
    assert learn(a_job("talking"), "machine").answered_by == "machine"
    assert learn(a_job(), "machine").answered_by == ""
    assert "+966" not in repr(a_job())


@given(st.lists(st.sampled_from([*STATUSES, "place", "accept", "refuse", "again", "cancel", "give_up"]), max_size=30))
def test_no_order_of_events_makes_more_calls_than_allowed(story: list[str]) -> None:
    retries, job, now, calls = Retries(times=2, after_s=1.0), a_job(), 0.0, 0
    ended: Job | None = None
    for happens in story:
        now += PLACING_S
        before = job
        match happens:
            case "place" if job.state == "waiting":
                job, calls = place(job, now), calls + 1
            case "accept":
                job = accept(job, f"CA{calls}", now)
            case "refuse" | "again":
                job = refuse(job, "word", now, 1.0 if happens == "again" else None)
                calls -= job.attempts < before.attempts
            case "cancel":
                job = cancel(job, now)
            case "give_up":
                job = give_up(job, now)
            case _:
                job = hear(job, happens, now, retries)
        assert job.attempts == calls <= 3
        # What is over stays so, but for what is not known.
        if ended is not None:
            assert job == ended
        ended = job if job.over and job.state != "unknown" else ended
