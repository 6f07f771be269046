"""Place a scenario at this bridge in virtual time, among mock peers, and keep the call as a tape.

The caller's audio is loud or silent and is scored by its loudness; a faint whistle in it gives each utterance its
words. The same scenario gives the same tape, to the byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp
from ivr.call.events import CallStarted, Event
from ivr.call.options import CallOptions, every_phrase
from ivr.call.ports import CallPorts
from ivr.call.timeline import Turn
from ivr.replay.recorder.header import tape_header
from ivr.replay.records import CommandDigest, command_record
from ivr.replay.tape import Moment, Tape, TapeEnd
from ivr.testbench import virtual_time
from ivr.testbench.faults.fault_file import Service
from ivr.testbench.faults.harness import FIRST_PHRASE, FaultPeers, build_bridge, render_phrases, ring, running, settings
from ivr.testbench.hamsa.audio import MARKERS
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.scenario import Scenario, ScenarioError

SCORED_BY: Final = "loudness"
GREETINGS: Final[dict[str, str]] = {
    "en": "Welcome to Rimal Express. How can I help you?",
    "ar": "أهلا بك في رمال إكسبرس. كيف أساعدك؟",
}
_BEFORE_THE_CALL_S: Final = 5.0
"""Seconds from the bridge's start to the call."""


class TapeInMemory:
    """Keep one call as a tape, as an observer sees it."""

    def __init__(self) -> None:
        self._options: CallOptions | None = None
        self._tape: Tape | None = None
        self._digest = CommandDigest()

    def __repr__(self) -> str:
        return f"<TapeInMemory {self._tape!r}>"

    @property
    def tape(self) -> Tape:
        """Return the tape so far. Raises ScenarioError when there was no call."""
        if self._tape is None:
            raise ScenarioError("the bridge had no call: its answer to the voice request has no stream")
        return self._tape

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Take note of what the call is made with."""
        self._options = call.options

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Take one event and its commands."""
        if isinstance(event, CallStarted) and self._options is not None:
            header = replace(tape_header(event, self._options, "", audio=True), model=SCORED_BY, origin="virtual")
            audio = {name: phrase.audio for name, phrase in every_phrase(self._options).items() if phrase.audio}
            self._tape = Tape(header, phrase_audio=audio)
        if self._tape is not None:
            records = [command_record(command) for command in commands]
            if records:
                self._digest.add(records)
            self._tape.moments.append(Moment(now, event, records))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Take the end of the call."""
        if self._tape is not None:
            count = len(self._tape.moments)
            self._tape.end = TapeEnd(
                hang_up.result, hang_up.reason, self._tape.seconds, count, len(turns), str(self._digest)
            )


def placed(
    scenario: Scenario, folder: Path, fit: Callable[[CallPorts], CallPorts] | None = None, *, live: bool = False
) -> Tape:
    """Place a scenario, and return the call as a tape. `folder` keeps the phrases from call to call.

    `fit` puts other peers in the place of the mocks. `live`: they are real ones, so the call takes its time. Raises
    ScenarioError for a scenario that cannot be played this way.
    """
    if len(set(scenario.texts)) > MARKERS:
        raise ScenarioError(f"{scenario.name}: more than {MARKERS} texts")
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        render_phrases(folder)
        virtual_time.run(_render_greetings(folder))
    kept = TapeInMemory()

    async def call() -> None:
        texts = list(dict.fromkeys(scenario.texts))
        peers = FaultPeers(Service(), HamsaProfile(marked=dict(enumerate(texts, 1))))
        chosen = settings(folder, IVR_LANGUAGE=scenario.language, IVR_GREETING=GREETINGS[scenario.language])
        made = build_bridge(chosen, peers, kept)
        made.parts.fit = fit
        async with running(made) as bridge:
            await asyncio.sleep(0.0 if live else _BEFORE_THE_CALL_S)
            peers.called_at = asyncio.get_running_loop().time()
            await ring(bridge, scenario, peers.switchboard)

    if live:
        asyncio.run(call())
    else:
        virtual_time.run(call())
    return kept.tape


async def _render_greetings(folder: Path) -> None:
    """Render the greetings, with the tones of phrases: a call's own requests begin with the first tone."""
    for language, greeting in GREETINGS.items():
        peers = FaultPeers(Service(), HamsaProfile())
        peers.hamsa.mock.stats.requests["tts"] = FIRST_PHRASE
        async with running(build_bridge(settings(folder, IVR_LANGUAGE=language, IVR_GREETING=greeting), peers)):
            pass
