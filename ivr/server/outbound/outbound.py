"""Place the jobs of the queue, one process's share of them: the only file here with a loop, a thread and a clock.

The file of jobs is asked in a thread of its own, never in the loop of the calls. A job is marked there before the
carrier is asked. Of what may or may not have reached the carrier nothing is asked again: the carrier's status says
later what became of it, or the job is `unknown`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ivr.call.events import CallStarted
from ivr.config.lines import Line
from ivr.config.outbound.terms import read_prefixes
from ivr.config.settings import Settings
from ivr.fleet.directory import Directory
from ivr.observe.metrics import Metrics
from ivr.outbound.job import Job, JobState, Retries, accept, cancel, hear, learn, refuse
from ivr.outbound.queue import DialLimits, LineTerms
from ivr.outbound.store import Jobs
from ivr.server.outbound.carrier_words import ANSWERED_BY, answered_by, attempt_of, known_of, refusal_of, request_of
from ivr.server.outbound.no_call import NoCalls
from ivr.server.resume.resuming import Resuming
from ivr.server.shared.places import Place
from ivr.twilio.form import Dialled
from ivr.twilio.rest import TwilioRest

log = logging.getLogger("ivr.outbound")

Found = TypeVar("Found")
POLL_S: Final = 1.0
"""Seconds between two looks at the queue: another worker, or the process before, may have put something there."""
SETTLE_EVERY_S: Final = 15.0
"""Seconds between two looks for jobs without a word."""
AWAY_S: Final = 5.0
"""Seconds before a file that could not be used is tried again."""
RINGS_LONG_S: Final = 90.0
"""Seconds for which a call rings before the carrier is asked about it."""
TALKS_LONG_S: Final = 300.0
"""Seconds for which a call lasts before the carrier is asked about it."""
FIND_S: Final = 1.0
"""Seconds in which a job is found for a call that was answered, or not."""
_SHOWN: Final[tuple[JobState, ...]] = ("waiting", "placing", "ringing", "talking")
UNHEARD: Final = frozenset({"busy", "no_answer", "failed", "canceled", "unknown"})
"""States of a job whose call no one has heard."""


class Outbound(Collector):
    """Place calls for the operators of one bridge."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        rest: TwilioRest | None,
        no_calls: NoCalls,
        directory: Directory,
        room: Callable[[], int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the settings of today and the carrier's REST. Without either nothing is placed.

        `no_calls` is told each job that is over without a call that was answered. `directory` knows which lines are
        closed. `room`: calls that the bridge has places for. `clock`: Unix seconds.
        """
        self._settings, self._rest, self.no_calls = settings, rest, no_calls
        self._directory, self._room, self._clock = directory, room, clock
        self.jobs = Jobs(settings().data_dir)
        self._thread = ThreadPoolExecutor(1, "outbound")
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._hold_until = 0.0
        """Unix seconds before which the carrier is not asked: it has asked for time."""
        self._settled_at = float("-inf")
        self.draining = False
        """No more calls are placed by this process."""
        self.ringing = 0
        """Calls that were placed and are not answered yet, of all processes, when it was looked last."""
        self._moved: Callable[[], None] = lambda: None
        self._counts: Mapping[JobState, int] = {}
        self._asked: Counter[str] = Counter(dict.fromkeys(("accepted", "unsure", "refused"), 0))
        self._ended: Counter[str] = Counter(dict.fromkeys(("completed", *sorted(UNHEARD)), 0))

    def __repr__(self) -> str:
        return f"<Outbound {'on' if self.on else 'off'} ringing={self.ringing}>"

    @property
    def on(self) -> bool:
        """Tell whether any number may be dialled."""
        return bool(self._settings().dial_prefixes) and self._rest is not None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return the beginnings of the numbers that may be dialled."""
        return read_prefixes(self._settings().dial_prefixes)

    # -- life ----------------------------------------------------------------------------------------------------

    def open(self, metrics: Metrics, moved: Callable[[], None]) -> None:
        """Begin to place, in the running loop. `moved` is told when `ringing` may have changed."""
        if self.on:
            self._moved = moved
            metrics.add(self)
            self._work = asyncio.create_task(self._place_all())

    async def close(self) -> None:
        """Place no more, and let go of the file. What waits is placed by the next process."""
        self.draining = True
        if self._work is not None:
            self._work.cancel()
        # A request that is under way is waited for: its answer says whether there is a call.
        await asyncio.gather(*self._tasks, *filter(None, [self._work]), return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)
        self.jobs.close()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        jobs = GaugeMetricFamily("ivr_outbound_jobs", "Calls to place, by state", labels=["state"])
        for state in _SHOWN:
            jobs.add_metric([state], float(self._counts.get(state, 0)))
        yield jobs
        asked = CounterMetricFamily("ivr_outbound_asked", "Requests to place a call", labels=["outcome"])
        for outcome, count in self._asked.items():
            asked.add_metric([outcome], float(count))
        yield asked
        ended = CounterMetricFamily("ivr_outbound_ended", "Placed calls that are over", labels=["state"])
        for how, times in self._ended.items():
            ended.add_metric([how], float(times))
        yield ended

    # -- what operators ask for ----------------------------------------------------------------------------------

    async def add(self, job: Job) -> Job:
        """Keep a job. Raises `QueueFull`, and sqlite3.Error where the file cannot be used."""
        kept = await self._in_thread(partial(self.jobs.add, job))
        log.info("outbound_asked", extra={"job": kept.id, "line": kept.line, "by": kept.by})
        self._wake.set()
        return kept

    async def get(self, job_id: str) -> Job | None:
        """Return a job. Raises sqlite3.Error."""
        return await self._in_thread(partial(self.jobs.get, job_id))

    async def latest(self) -> list[Job]:
        """Return the jobs that came last. Raises sqlite3.Error."""
        return await self._in_thread(self.jobs.latest)

    async def cancel(self, job_id: str) -> Job | None:
        """Cancel a job that waits, and return it as it is then. Raises sqlite3.Error."""
        return await self._change(job_id, lambda job: cancel(job, self._clock()))

    # -- what the carrier says -----------------------------------------------------------------------------------

    async def answered(self, parameters: Mapping[str, str], call_id: str) -> Job | None:
        """Return the job of a call that was answered, and bind it to the call. None: it is of no job.

        The carrier may ask for the call's document before it has answered the request that placed the call.
        """
        named = attempt_of(parameters)
        if named is None or not self.on:
            return None
        job_id, attempt = named

        def bind(job: Job) -> Job:
            return accept(job, call_id, self._clock()) if job.attempts == attempt else job

        try:
            async with asyncio.timeout(FIND_S):
                job = await self._change(job_id, bind)
        except (sqlite3.Error, OSError) as error:
            log.warning("outbound_not_found", extra={"call": call_id, "why": type(error).__name__})
            return None
        return job if job is not None and job.call_id == call_id else None

    async def found(self, job_id: str, call_id: str) -> Job | None:
        """Return the job of a call that was placed for it. None: there is none, or it cannot be read in time."""
        if not job_id or not self.on:
            return None
        try:
            async with asyncio.timeout(FIND_S):
                job = await self.get(job_id)
        except (sqlite3.Error, OSError) as error:
            log.warning("outbound_not_found", extra={"call": call_id, "why": type(error).__name__})
            return None
        return job if job is not None and job.call_id == call_id else None

    async def placed(self, dialled: Dialled, parameters: Mapping[str, str]) -> tuple[Line, str] | None:
        """Return the line and the job of a call that was placed here. None: it was not."""
        if not dialled.direction.startswith("outbound"):
            return None
        job = await self.answered(parameters, dialled.call_sid)
        line = None if job is None else self._line(job.line)
        return None if job is None or line is None else (line, job.id)

    async def recall(self, resuming: Resuming, started: CallStarted, place: Place | None) -> CallStarted:
        """Return the start of a call with what is known of its stream before this one, and of its job."""
        if place is None:
            return started
        started = await resuming.recall(started, resumed=place.resumed)
        job = await self.found(place.job, started.call_id)
        if job is None:
            return started
        # Said before the carrier asked for the call's document: no place knew the call then.
        parameters = {**known_of(job), **place.parameters, **started.parameters}
        return replace(started, line=job.line, context=job.context, parameters=parameters)

    def said(self, named: tuple[str, int], call_id: str, status: str, found: Mapping[str, str], seconds: str) -> None:
        """Take a status of a job's call, in the background."""
        if self.on:
            self._spawn(self._said(named, call_id, status, found, seconds))

    def heard(self, named: tuple[str, int], call_id: str, by: str) -> None:
        """Take who has answered a job's call, as the bridge has heard, in the background."""
        if self.on:
            self._spawn(self._heard(named, call_id, by))

    async def _heard(self, named: tuple[str, int], call_id: str, by: str) -> None:
        job_id, attempt = named
        of_call = (attempt, call_id)
        await self._change(job_id, lambda job: learn(job, by) if (job.attempts, job.call_id) == of_call else job)

    async def _said(
        self, named: tuple[str, int], call_id: str, status: str, found: Mapping[str, str], seconds: str
    ) -> None:
        job_id, attempt = named
        by = answered_by(found.get(ANSWERED_BY, ""))

        def take(job: Job) -> Job:
            # The word of an attempt before says nothing of this one.
            if job.attempts != attempt or not call_id or job.call_id not in ("", call_id):
                return job
            now = self._clock()
            job = accept(job, call_id, now)
            talked = int(seconds) if seconds.isdecimal() and len(seconds) < 8 else 0
            job = hear(job, status, now, self._retries(job.line), talked)
            return learn(job, by) if by is not None else job

        await self._change(job_id, take)
        self._wake.set()

    # -- placing -------------------------------------------------------------------------------------------------

    async def _place_all(self) -> None:
        while True:
            try:
                wait = await self._step()
            except (sqlite3.Error, OSError) as error:
                log.warning("outbound_file_away", extra={"setting": "IVR_DATA_DIR", "why": type(error).__name__})
                wait = AWAY_S
            except Exception:
                log.exception("outbound_failed")
                wait = AWAY_S
            if wait:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                self._wake.clear()

    async def _step(self) -> float:
        """Place the next call, if one may be placed. Return the seconds until to look again."""
        now = self._clock()
        if now >= self._settled_at + SETTLE_EVERY_S or now < self._settled_at:
            self._settled_at = now
            for job in await self._in_thread(partial(self.jobs.settle, now)):
                self._is_over(job)
            for job in await self._in_thread(self.jobs.active):
                if job.call_id and now - job.changed_at >= (RINGS_LONG_S if job.state == "ringing" else TALKS_LONG_S):
                    self._spawn(self._ask_about(job))
        self._counts = await self._in_thread(self.jobs.counts)
        self.ringing = self._counts.get("placing", 0) + self._counts.get("ringing", 0)
        self._moved()
        if self.draining or now < self._hold_until:
            return min(POLL_S, max(0.05, self._hold_until - now)) if not self.draining else POLL_S
        settings = self._settings()
        room, limits = (
            self._room(),
            DialLimits(settings.dial_per_second, settings.dial_at_once, settings.dial_per_number),
        )
        placed, again = await self._in_thread(lambda: self.jobs.take(limits, self._terms, room, now))
        if placed is None:
            return min(POLL_S, max(0.0, again - now))
        self._spawn(self._place(placed))
        return 0.0

    async def _place(self, job: Job) -> None:
        """Ask the carrier for a call. The job is marked."""
        line = self._line(job.line)
        if self._rest is None or line is None:
            await self._change(job.id, lambda one: refuse(one, "no_such_line", self._clock()))
            return
        max_call = line.options().max_call
        fields = request_of(job, line.outbound, self._settings().public_url, max_call)
        answer = await self._rest.place(**fields)
        refusal = refusal_of(answer)
        sid = answer.fields.get("sid")
        if refusal is not None:
            self._asked["refused"] += 1
            now = self._clock()
            if refusal.all_wait:
                self._hold_until = now + (refusal.again_s or 0.0)
            await self._in_thread(partial(self.jobs.put_back, job))
            await self._change(job.id, lambda one: refuse(one, refusal.reason, now, refusal.again_s))
            outcome = refusal.reason
        elif answer.outcome == "done" and isinstance(sid, str):
            self._asked["accepted"] += 1
            await self._change(job.id, lambda one: accept(one, sid, self._clock()))
            outcome = "accepted"
        else:
            self._asked["unsure"] += 1
            outcome = "unsure"
        level = logging.INFO if outcome == "accepted" else logging.WARNING
        log.log(level, "outbound_placed", extra={"job": job.id, "line": job.line, "outcome": outcome})

    async def _ask_about(self, job: Job) -> None:
        """Ask the carrier what became of a call: its word may have been lost, or have come to another machine."""
        status = "" if self._rest is None else await self._rest.status(job.call_id)
        if status:
            await self._said((job.id, job.attempts), job.call_id, status, {}, "")

    # -- parts ---------------------------------------------------------------------------------------------------

    def _terms(self, name: str) -> LineTerms:
        """Return what holds for the calls of a line; one that is gone is closed."""
        line = self._line(name)
        if line is None:
            return LineTerms(closed=True)
        terms = line.outbound
        return LineTerms(terms.at_once, terms.quiet, self._retries(name), name in self._directory.closed_lines)

    def _retries(self, name: str) -> Retries:
        line = self._line(name)
        return Retries() if line is None else Retries(line.outbound.retries, line.outbound.retry_after_s)

    def _line(self, name: str) -> Line | None:
        return next((line for line in self._settings().all_lines if line.name == name), None)

    async def _change(self, job_id: str, decide: Callable[[Job], Job]) -> Job | None:
        """Change a job, tell what is over now, and return it. Raises sqlite3.Error."""
        changed = await self._in_thread(partial(self.jobs.change, job_id, decide))
        if changed is None:
            return None
        before, after = changed
        if after.over and not (before.over and before.state == after.state):
            self._is_over(after)
        return after

    def _is_over(self, job: Job) -> None:
        """Count and log a job that is over, and tell whom it concerns."""
        self._ended[job.state] += 1
        told = {"job": job.id, "line": job.line, "state": job.state, "attempts": job.attempts, "reason": job.reason}
        log.info("outbound_ended", extra=told)
        if job.state in UNHEARD:
            try:
                self.no_calls.tell(job, self._line(job.line))
            except Exception:
                log.exception("outbound_not_told")

    async def _in_thread(self, work: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (sqlite3.Error, OSError) as error:
            log.warning("outbound_file_away", extra={"setting": "IVR_DATA_DIR", "why": type(error).__name__})
        except Exception:
            log.exception("outbound_failed")
