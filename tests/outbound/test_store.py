"""The file of jobs: nothing is lost, nothing is placed twice, and the limits hold whoever asks."""

from __future__ import annotations

import math
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ivr.config.outbound.quiet import QuietHours
from ivr.outbound.job import PLACING_S, Retries, accept, cancel, hear, place, refuse
from ivr.outbound.queue import DAY_S, PLAIN_TERMS, DialLimits, LineTerms
from ivr.outbound.store import JOBS_FILE, KEEP_OVER_S, Jobs, QueueFull
from tests.outbound.test_job import a_job

NOW = 1_800_000_000.0
FAST = DialLimits(per_second=1000.0, at_once=1000, per_number=1000)
ROOM = 1000


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every file of jobs that a test opens: Python tells of those that are not."""
    opened: list[Jobs] = []
    begin = Jobs.__init__

    def noted(self: Jobs, folder: Path) -> None:
        opened.append(self)
        begin(self, folder)

    monkeypatch.setattr(Jobs, "__init__", noted)
    yield
    for jobs in opened:
        jobs.close()


def plain(_: str) -> LineTerms:
    return PLAIN_TERMS


def fill(jobs: Jobs, count: int, line: str = "default") -> None:
    for number in range(count):
        jobs.add(a_job(id=f"j{number}", to=f"+9665{number:08d}", not_before=NOW, line=line))


def test_jobs_are_placed_in_the_order_they_came(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    fill(jobs, 3)
    jobs.add(a_job(id="late", not_before=NOW + 60))
    taken = [jobs.take(FAST, plain, ROOM, NOW + second)[0] for second in range(4)]
    assert [job.id if job else None for job in taken] == ["j0", "j1", "j2", None]
    assert jobs.take(FAST, plain, ROOM, NOW + 4) == (None, NOW + 60)
    assert jobs.counts() == {"waiting": 1, "placing": 3}
    assert [job.id for job in jobs.latest(2)] == ["late", "j2"]
    assert {job.id for job in jobs.active()} == {"j0", "j1", "j2"}


def test_the_same_id_is_one_job(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    first = jobs.add(a_job())
    assert jobs.add(a_job(to="+966599999999")) == first
    assert len(jobs.latest()) == 1
    assert (jobs.get("j1"), jobs.get("j2")) == (first, None)


def test_a_full_queue_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.outbound.store.MOST_JOBS", 2)
    jobs = Jobs(tmp_path)
    fill(jobs, 2)
    with pytest.raises(QueueFull):
        jobs.add(a_job(id="one more"))
    assert jobs.add(a_job(id="j1")).id == "j1"


def test_a_change_returns_before_and_after(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.add(a_job())
    changed = jobs.change("j1", lambda job: cancel(job, NOW))
    assert changed is not None
    assert [job.state for job in changed] == ["waiting", "canceled"]
    assert jobs.change("j1", lambda job: cancel(job, NOW)) == (changed[1], changed[1])
    assert jobs.change("nothing", lambda job: job) is None


def test_a_restart_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    before = Jobs(tmp_path)
    fill(before, 3)
    placed, _ = before.take(FAST, plain, ROOM, NOW)
    ringing, _ = before.take(FAST, plain, ROOM, NOW + 1)
    assert placed is not None
    assert ringing is not None
    before.change(ringing.id, lambda job: accept(job, "CA1", NOW + 1))
    before.close()
    # The process has died between its mark and the carrier's answer.
    after = Jobs(tmp_path)
    third, _ = after.take(FAST, plain, ROOM, NOW + 2)
    assert third is not None
    assert third.id == "j2"
    assert after.settle(NOW + 2 + PLACING_S / 2) == []
    given_up = after.settle(NOW + 3 + PLACING_S)
    assert [(job.id, job.state) for job in given_up] == [("j0", "unknown"), ("j2", "unknown")]
    assert after.take(FAST, plain, ROOM, NOW + 2 * PLACING_S) == (None, math.inf)
    assert [(job.id, job.state) for job in after.active()] == [("j1", "ringing")]


def test_workers_never_place_one_job_twice(tmp_path: Path) -> None:
    fill(Jobs(tmp_path), 40)
    placed: list[str] = []

    def work() -> None:
        jobs = Jobs(tmp_path)
        for step in range(60):
            job, _ = jobs.take(FAST, plain, ROOM, NOW + step)
            if job is not None:
                placed.append(job.id)
        jobs.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(placed) == len(set(placed)) == 40


def test_a_line_at_its_limit_holds_no_other_up(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    fill(jobs, 300, line="slow")
    jobs.add(a_job(id="other", line="fast", not_before=NOW + 0.5))

    def terms(line: str) -> LineTerms:
        return LineTerms(at_once=1) if line == "slow" else PLAIN_TERMS

    taken = [jobs.take(FAST, terms, ROOM, NOW + second)[0] for second in (0, 1, 2)]
    assert [job.id if job else None for job in taken] == ["j0", "other", None]


def test_quiet_hours_move_all_of_a_line_on(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    fill(jobs, 250, line="quiet")
    jobs.add(a_job(id="other", not_before=NOW + 0.5))
    hours = QuietHours(0, 1439)

    def terms(line: str) -> LineTerms:
        return LineTerms(quiet=hours) if line == "quiet" else PLAIN_TERMS

    assert jobs.take(FAST, terms, ROOM, NOW + 1) == (None, NOW + 1)
    taken, _ = jobs.take(FAST, terms, ROOM, NOW + 1)
    assert taken is not None
    assert taken.id == "other"
    waiting = jobs.get("j0")
    assert waiting is not None
    assert (waiting.state, waiting.reason, waiting.not_before) == ("waiting", "quiet_hours", hours.over_at(NOW))


def test_a_refused_call_does_not_count(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.add(a_job(not_before=NOW))
    once = DialLimits(per_second=1000.0, at_once=5, per_number=1)
    placed, _ = jobs.take(once, plain, ROOM, NOW)
    assert placed is not None
    jobs.change("j1", lambda job: refuse(job, "busy", NOW, 1.0))
    assert jobs.take(once, plain, ROOM, NOW + 2) == (None, NOW + DAY_S)
    jobs.put_back(placed)
    jobs.change("j1", lambda job: refuse(place(job, NOW), "busy", NOW, 1.0))
    again, _ = jobs.take(once, plain, ROOM, NOW + 3)
    assert again is not None


def test_what_has_been_over_for_long_is_forgotten(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    fill(jobs, 2)
    jobs.change("j0", lambda job: cancel(job, NOW))
    jobs.settle(NOW + KEEP_OVER_S)
    assert len(jobs.latest()) == 2
    jobs.settle(NOW + KEEP_OVER_S + 1)
    assert [job.id for job in jobs.latest()] == ["j1"]


def test_the_file_is_the_operators_alone(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "data")
    assert "closed" in repr(jobs)
    jobs.add(a_job())
    assert (tmp_path / "data" / JOBS_FILE).stat().st_mode & 0o777 == 0o600
    assert "open" in repr(jobs)
    jobs.close()
    jobs.close()


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / JOBS_FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(sqlite3.Error):
        Jobs(tmp_path).add(a_job())


@pytest.mark.parametrize("seed", range(8))
def test_the_limits_hold_over_a_day_of_chance(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    limits = DialLimits(per_second=chance.choice([0.05, 0.5]), at_once=chance.randint(1, 4), per_number=2)
    hours = QuietHours(60, 120)
    lines = {"a": LineTerms(at_once=1), "b": LineTerms(quiet=hours, retries=Retries(2, 600.0))}
    jobs, now = Jobs(tmp_path), NOW
    placed: list[tuple[str, float]] = []
    for number in range(25):
        line, due = chance.choice("ab"), NOW + chance.random() * 3600
        jobs.add(a_job(id=f"j{number}", to=f"+96650000000{number % 9}", line=line, not_before=due))
    for _ in range(400):
        job, again = jobs.take(limits, lines.__getitem__, ROOM, now)
        active = jobs.active()
        assert len(active) <= limits.at_once
        assert Counter(one.line for one in active)["a"] <= 1
        assert len({one.to for one in active}) == len(active)
        if job is not None:
            assert job.line == "a" or hours.over_at(now) is None
            assert not placed or now - placed[-1][1] >= 1 / limits.per_second - 1e-6
            placed.append((job.to, now))
            jobs.change(job.id, partial(accept, call_id="CA", now=now))
        elif active:
            ends = chance.choice(active)
            status = chance.choice(["busy", "no-answer", "completed", "failed"])
            jobs.change(ends.id, partial(hear, status=status, now=now, retries=lines[ends.line].retries))
        now = now + chance.random() * 120 if active else min(max(now + 1e-3, again), now + 7200)
    for to in {to for to, _ in placed}:
        called = sorted(at for other, at in placed if other == to)
        assert all(third - first >= DAY_S for first, third in zip(called, called[2:], strict=False))
    assert jobs.counts().get("placing", 0) == 0
