"""Run the checks against one server, within bounded time and load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from ivr.testbench.conformance.catalogue import CHECKS, Check
from ivr.testbench.conformance.findings import CheckFinding, NotJudged, failed, not_applicable
from ivr.testbench.conformance.observation import Observation, observe
from ivr.testbench.conformance.site import Site, Target
from ivr.testbench.conformance.wire_log import WireLog
from ivr.testbench.twilio.http import CONNECTION_FAILURE, RETRIEVAL_FAILURE
from ivr.testbench.twilio.socket import StreamRefused
from ivr.testbench.twilio.twiml import TwimlError

JOBS: Final = 3
"""Checks at once."""
CHECK_LIMIT_S: Final = 90.0
"""Seconds that one check may take."""
OPENING: Final = "B5"
UNREACHED: Final = (RETRIEVAL_FAILURE, CONNECTION_FAILURE)
"""Errors of a webhook that gives no document."""
INSIDE: Final = "it needs the inside of the server: ivr conformance --own judges it on this bridge"
OBSERVED_LOG: Final = "call"
"""Name of the observed call's log."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Hold what one check came to."""

    check: Check
    finding: CheckFinding
    seconds: float
    log: str = ""
    """File of its wire log, below the folder of the run; empty: none."""


@dataclass(slots=True)
class Run:
    """Hold one run of the checks."""

    target: Target
    out: Path | None = None
    """Folder for the wire logs; None: they are not kept."""
    about: Callable[[str], None] = lambda _: None
    """Told what goes on, for people."""
    done: Callable[[CheckResult], None] = lambda _: None
    """Told each result when it is there."""
    seen: Observation | None = None
    why_not: str = ""
    """Why no call could be observed."""

    async def judge(self, checks: Sequence[Check] = CHECKS) -> list[CheckResult]:
        """Run these checks. Return their results, in order."""
        results: dict[str, CheckResult] = {}
        gate = asyncio.Semaphore(JOBS)
        async with httpx.AsyncClient(
            transport=self.target.transport, trust_env=False, follow_redirects=False
        ) as client:

            async def one(check: Check) -> None:
                async with gate:
                    results[check.number] = await self.check(check, client)
                self.done(results[check.number])

            # What is timed comes first and alone; what may kill a weak server, or loads it most, comes last.
            first = [check for check in checks if check.alone and not check.observes]
            last = [check for check in checks if check.alone and check.observes]
            for check in first:
                await one(check)
            if any(check.observes for check in checks):
                await self.observe(client)
            await asyncio.gather(*[one(check) for check in checks if not check.alone and not check.rough])
            for check in [*(check for check in checks if check.rough), *last]:
                await one(check)
        return [results[check.number] for check in checks]

    async def observe(self, client: httpx.AsyncClient) -> None:
        """Place the call on which several checks are judged."""
        self.about("one call is observed: greeting, question, answer, interruption, hang-up")
        loop = asyncio.get_running_loop()
        log = WireLog(loop.time())
        try:
            self.seen = await observe(Site(self.target, log, client))
        except (NotJudged, StreamRefused, TwimlError) as error:
            self.why_not = str(error)
        self._keep(log, OBSERVED_LOG)
        if self.seen is None:
            self.about(f"no call: {self.why_not}")
            return
        greets, answers = self.seen.greets_s, self.seen.answers_s
        first = "waits for the caller" if greets is None else f"greets after {greets:.2f} s"
        then = "does not answer" if answers is None else f"answers after {answers:.2f} s"
        self.about(f"the agent {first} and {then}")

    async def check(self, check: Check, client: httpx.AsyncClient) -> CheckResult:
        """Run one check."""
        loop = asyncio.get_running_loop()
        log = WireLog(loop.time())
        finding = await self._finding(check, Site(self.target, log, client))
        seconds = loop.time() - log.began
        kept = self._keep(log, check.number) if log.lines else ""
        if not kept and check.observes and self.seen is not None and self.out is not None:
            kept = f"{OBSERVED_LOG}.jsonl"
        return CheckResult(check, finding, seconds, kept)

    async def _finding(self, check: Check, site: Site) -> CheckFinding:
        if check.run is None:
            return not_applicable(INSIDE)
        if check.observes and self.seen is None:
            return not_applicable(self.why_not or "no call could be placed")
        try:
            async with asyncio.timeout(CHECK_LIMIT_S):
                return await check.run(site, self.seen)
        except NotJudged as reason:
            return not_applicable(str(reason))
        except StreamRefused as refused:
            # B5 is about this very fault; the others cannot say anything about a stream that does not open.
            why = f"the stream could not be opened: {refused.reason} ({refused.code})"
            return failed(why) if check.number == OPENING else not_applicable(why)
        except TwimlError as error:
            if error.code in UNREACHED:
                return not_applicable(f"the webhook refuses the call: {error}")
            return failed(f"Twilio refuses the document: {error}")
        except TimeoutError:
            return failed(f"the check was not over after {CHECK_LIMIT_S:g} s")

    def _keep(self, log: WireLog, name: str) -> str:
        """Write a log. Return its name."""
        if self.out is None:
            return ""
        log.write(self.out / f"{name}.jsonl")
        return f"{name}.jsonl"


def exit_code(results: Sequence[CheckResult]) -> int:
    """Return 0: no check failed, 1: one did, 2: none could be judged."""
    judgements = {result.finding.judgement for result in results}
    return 1 if "fail" in judgements else 0 if "pass" in judgements else 2
