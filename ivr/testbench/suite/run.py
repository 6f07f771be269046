"""Play the calls of a suite, several at once, and keep what came of each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ivr.call.options import Language
from ivr.observe.logs import TextFormatter
from ivr.observe.recent_calls import CallSnapshot
from ivr.testbench import demo
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.refusal import refusal
from ivr.testbench.report import artifacts
from ivr.testbench.report.result import result
from ivr.testbench.scenario import ScenarioError
from ivr.testbench.suite.plan import PlannedCall, groups, texts_of
from ivr.testbench.suite.target import SuiteTarget, far_bridge, own_bridge
from ivr.testbench.twilio.carrier import place_call

LOG_FILE: Final = "bridge.log"
"""The log of the suite's own bridges."""
BRIDGES: Final = 2
"""Bridges of the suite's own at once: one for each language."""
SUITE_FILE: Final = "suite.json"
"""The file that says which calls a folder holds, and what came of them."""


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """Hold a call that is over."""

    planned: PlannedCall
    outcome: dict[str, Any]
    """As `report.result`; empty when the call could not be made."""
    advice: tuple[str, ...] = ()
    """What to check first, when it was refused."""
    error: str = ""
    """Why the call could not be made."""

    @property
    def name(self) -> str:
        """Return the scenario's label, with a number from the second time on."""
        return self.planned.label + (f" #{self.planned.number}" if self.planned.number > 1 else "")

    @property
    def faults(self) -> list[str]:
        """Return why the call did not pass; empty: it passed."""
        return [self.error] if self.error else [*self.outcome["unmet"], *self.advice]


@dataclass(frozen=True, slots=True)
class Suite:
    """Hold how the calls of a suite are played."""

    out: Path
    """The folder that gets their files."""
    jobs: int = 4
    """Calls at once."""
    bridge: str = ""
    """The voice URL of a bridge that runs already; empty: one of the suite's own."""
    agent: str = ""
    """The agent's URL for a bridge of the suite's own; empty: as the settings say."""
    mock: str | None = None
    """The mock service behind a bridge that runs already: see `markers_of`."""

    async def run(
        self, calls: Sequence[PlannedCall], about: Callable[[str], None], done: Callable[[PlayedCall], None]
    ) -> list[PlayedCall]:
        """Play the calls and return them in their order. `about` is told what is called, `done` each call that is over.

        Raises RuntimeError, ScenarioError, SettingsError and OSError when the suite cannot be played.
        """
        self._prepare()
        played: dict[tuple[str, int], PlayedCall] = {}
        places, bridges = asyncio.Semaphore(self.jobs), asyncio.Semaphore(BRIDGES)

        async def play(target: SuiteTarget, call: PlannedCall) -> None:
            async with places:
                over = await self._play(target, call)
            played[call.label, call.number] = over
            done(over)

        async def play_all(target: SuiteTarget, group: Sequence[PlannedCall]) -> None:
            about(target.about)
            await asyncio.gather(*(play(target, call) for call in group))

        async def with_own_bridge(group: Sequence[PlannedCall]) -> None:
            texts = texts_of(group)
            language: Language = "ar" if group[0].scenario.language == "ar" else "en"
            async with bridges, own_bridge(language, texts, self.jobs, self.agent) as target:
                await play_all(target, group)

        if self.bridge:
            async with far_bridge(self.bridge, texts_of(calls), self.mock) as target:
                await play_all(target, calls)
        else:
            with _logging_to(self.out / LOG_FILE):
                await asyncio.gather(*(with_own_bridge(group) for group in groups(calls)))
        in_order = [played[call.label, call.number] for call in calls]
        self._keep(in_order)
        return in_order

    def _prepare(self) -> None:
        """Make the folder, and remove the calls that an earlier suite left there. Raises OSError."""
        artifacts.prepare(self.out)
        listed = self.out / SUITE_FILE
        if listed.exists():
            for call in json.loads(listed.read_text("utf-8"))["calls"]:
                # Only what is below the folder, whatever the file says.
                folder = (self.out / call["folder"]).resolve()
                if self.out.resolve() in folder.parents:
                    shutil.rmtree(folder, ignore_errors=True)
            listed.unlink()

    async def _play(self, target: SuiteTarget, call: PlannedCall) -> PlayedCall:
        """Play one call and write its files."""
        script, record = call.scenario, PhoneRecord()
        try:
            await place_call(
                target.url,
                script,
                auth_token=target.secret,
                account_sid=target.account,
                caller=script.caller or demo.CALLER,
                called=script.called or demo.CALLED,
                public_url=target.public_url,
                voice=target.voice(script.language) if script.texts else None,
                record=record,
                switchboard=target.switchboard,
                owes=lambda: target.owes(record),
            )
        except (ScenarioError, RuntimeError, ValueError, OSError) as error:
            return PlayedCall(call, {}, error=str(error))
        told = await target.told(record)
        outcome = result(record, script, told)
        turns = told.turns if isinstance(told, CallSnapshot) else []
        # A page takes a moment to draw: meanwhile the other calls go on.
        await asyncio.to_thread(
            artifacts.write,
            self.out / call.folder,
            artifacts.ReportedCall(
                record,
                turns,
                title=f"{call.label}, call {call.number}",
                language=script.language,
                scripted=target.scripted,
                figures=demo.ear_figures(record, turns or None),
                result=outcome,
            ),
        )
        return PlayedCall(call, outcome, tuple(refusal(record)[1:]))

    def _keep(self, played: Sequence[PlayedCall]) -> None:
        """Write what came of all calls."""
        listed = [
            {
                "scenario": one.planned.label,
                "number": one.planned.number,
                "folder": one.planned.folder.as_posix(),
                "passed": not one.faults,
                "faults": one.faults,
            }
            for one in played
        ]
        fields = {"format": 1, "passed": not any(one.faults for one in played), "calls": listed}
        (self.out / SUITE_FILE).write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Write the bridge's log into a file while the block runs, and nowhere else."""
    log, handler = logging.getLogger("ivr"), logging.FileHandler(path, "w", encoding="utf-8")
    handler.setFormatter(TextFormatter())
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.level, log.propagate = before
        handler.close()
