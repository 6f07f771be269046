"""Place the call of a test: act as the caller, and look at what was heard and when.

`PlacedCall` is for tests that await; `StepCall` (`ivr.replay.golden.phones`) has the same verbs for tests that do not.
Both show the call as far as it has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ivr.media import g711
from ivr.replay.golden.heard import HeardReply, answer_times, heard_replies, place_of, stop_time, timeline
from ivr.testbench import tts
from ivr.testbench.phone.caller_audio import read
from ivr.testbench.phone.figures import CallFigures, figures
from ivr.testbench.phone.phone import How
from ivr.testbench.phone.prompted import Prompt, PromptedScript, Words
from ivr.testbench.phone.voiced import trimmed
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import STEP_PATIENCE_S, AfterAgent, At, HangUpStep, IntoReply, Press, Wait
from ivr.testbench.twilio.asgi import AsgiSocket

VOICED: Final = bytes((0x10, 0x90)) * 80
"""20 ms of a loud voice without words."""
_LEAST_FRAMES: Final = 20


class CallFailed(AssertionError):
    """Report that a call did not do what the test asks of it. The text says what happened on the line."""


def default_voice(text: str) -> bytes:
    """Say a text as mu-law at 8 kHz: with espeak-ng where it is installed, else as a loud voice without words."""
    if not tts.available():
        return VOICED * max(_LEAST_FRAMES, 3 * len(text))
    return g711.encode(tts.say(text, tts.language_of(text), rate=g711.RATE))


class CallView:
    """Show one call: what was heard, and when."""

    def __init__(self, record: PhoneRecord) -> None:
        self.record = record
        """Everything that the phone knows."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.record!r}>"

    @property
    def heard(self) -> list[HeardReply]:
        """Return the agent's replies: first the greeting, then what followed each act of the caller."""
        return heard_replies(self.record)

    @property
    def answer_ms(self) -> float | None:
        """Return the wait from the caller's last word to the answer's first sound. None: there is no answer."""
        times = answer_times(self.record)
        return times[-1] if times else None

    @property
    def answers_ms(self) -> list[float | None]:
        """Return the same for each thing that the caller said."""
        return answer_times(self.record)

    @property
    def first_audio_ms(self) -> float | None:
        """Return the time from the stream's start to the agent's first sound."""
        return self.figures.first_audio_ms

    @property
    def stopped_ms(self) -> float | None:
        """Return how long the agent went on after it was last interrupted. None: it never was."""
        return stop_time(self.record)

    @property
    def marks(self) -> list[str]:
        """Return the marks that the agent set, in order."""
        return [entry.detail for entry in self.record.of("mark")]

    @property
    def clears(self) -> int:
        """Return how often the agent discarded audio."""
        return len(self.record.cleared)

    @property
    def faults(self) -> list[str]:
        """Return the server's messages that are not in the carrier's protocol."""
        return [entry.detail for entry in self.record.of("fault")]

    @property
    def warnings(self) -> Mapping[int, str]:
        """Return the carrier's warnings by number."""
        return self.record.warnings

    @property
    def ended(self) -> str:
        """Return who ended the call: `agent`, `caller`, `carrier`, `lost`, `refused`; empty: it lasts."""
        return self.record.ended

    @property
    def figures(self) -> CallFigures:
        """Return what was measured at the caller's ear."""
        return figures(self.record)

    def when_heard(self, sound: bytes | str | Path, after_ms: float = 0.0) -> float | None:
        """Return when a sound was heard, in ms since the stream began. None: it was not.

        `sound`: a WAV or raw mu-law file, or mu-law bytes. It is found although it was coded again or made softer.
        """
        ulaw = sound if isinstance(sound, bytes) else read(Path(sound), "when_heard")
        return place_of(trimmed(ulaw), self.record.heard, after_ms)

    def timeline(self, last: int = 12) -> list[str]:
        """Return the last things that happened, a line each."""
        return timeline(self.record, last)


class PlacedCall(CallView):
    """Act as the caller of a call that lasts. Each verb returns when it is done, and raises CallFailed if it cannot."""

    def __init__(self, script: PromptedScript, record: PhoneRecord, voice: Callable[[str], bytes]) -> None:
        super().__init__(record)
        self._script = script
        self._voice = voice
        self._placing: asyncio.Task[Any] | None = None
        self._sockets: list[AsgiSocket] = []
        self._news = asyncio.Event()
        script.answered = self._news.set
        record.watch = lambda _: self._news.set()

    async def say(self, text: str, *, after_s: float = 0.0, patience_s: float = STEP_PATIENCE_S) -> None:
        """Say a text once the agent has finished. Returns with its last sound."""
        await self._do(Prompt(await self._words(text), AfterAgent(after_s), patience_s))

    async def interrupt(self, text: str, *, after_ms: float = 1000.0, patience_s: float = STEP_PATIENCE_S) -> None:
        """Say a text over the agent, when the caller has heard this much of its reply."""
        await self._do(Prompt(await self._words(text), IntoReply(after_ms), patience_s))

    async def play(self, path: str | Path, *, patience_s: float = STEP_PATIENCE_S) -> None:
        """Play a WAV or raw mu-law file to the agent once it has finished."""
        audio = read(Path(path), "play")
        await self._do(Prompt(Words(audio, Path(path).name), AfterAgent(), patience_s))

    async def press(self, digits: str, *, patience_s: float = STEP_PATIENCE_S) -> None:
        """Press keys once the agent has finished."""
        await self._do(Prompt(Press(digits), AfterAgent(), patience_s))

    async def listen(self, *, patience_s: float = STEP_PATIENCE_S) -> HeardReply:
        """Wait until the agent has spoken and finished; return what was heard since the caller's last act."""
        await self._do(Prompt(None, AfterAgent(), patience_s))
        return self.heard[-1]

    async def wait(self, seconds: float) -> None:
        """Let time pass on the line."""
        await asyncio.sleep(seconds)

    async def wait_for_end(self, *, patience_s: float = STEP_PATIENCE_S) -> str:
        """Wait until the agent hangs up; return who ended the call."""
        if not self.record.ended:
            await self._do(Prompt(Wait(), AfterAgent(), patience_s))
        return await self._over()

    async def hang_up(self, how: How = "stop") -> str:
        """Hang up, and wait until the server is through with the call; return who ended it."""
        if not self.record.ended:
            await self._do(Prompt(HangUpStep(how), At(0.0)))
        return await self._over()

    async def start(self, placing: asyncio.Task[Any]) -> None:
        """Wait until the stream is open. Raises CallFailed when the server takes no call."""
        self._placing = placing
        placing.add_done_callback(lambda _: self._news.set())
        while self.record.t0 is None and not placing.done():
            await self._anything()
        if placing.done():
            self._raise_fault()
            if self.record.t0 is None:
                raise self._failed("there is no media stream")

    async def close(self) -> None:
        """End the call, whatever it does."""
        if self._placing is not None and not self._placing.done():
            self._placing.cancel()
        sockets = [socket.serving for socket in self._sockets]
        await asyncio.gather(*([self._placing] if self._placing else []), return_exceptions=True)
        for serving_task in sockets:
            serving_task.cancel()
        await asyncio.gather(*sockets, return_exceptions=True)

    def attach(self, socket: AsgiSocket) -> None:
        """Take note of a socket of the application, so that what it raises is told."""
        self._sockets.append(socket)

    async def _words(self, text: str) -> Words:
        # A slow voice must not hold up the frames of a live call.
        audio = trimmed(await asyncio.to_thread(self._voice, text))
        if not audio:
            raise CallFailed(f"the voice has no sound for {text!r}")
        return Words(audio, text)

    async def _do(self, prompt: Prompt) -> None:
        """Give the caller a prompt, and wait until it is done."""
        self._script.ask(prompt)
        while self._script.answer is None and not (self._placing is None or self._placing.done()):
            await self._anything()
        self._raise_fault()
        if self._script.answer is None:
            raise self._failed("the call is over")
        if self._script.answer:
            raise self._failed(self._script.answer)

    async def _anything(self) -> None:
        """Wait until anything happens on the call."""
        await self._news.wait()
        self._news.clear()

    async def _over(self) -> str:
        """Wait until the server is through with the call."""
        if self._placing is not None:
            await asyncio.wait({self._placing})
        if self._sockets:
            await asyncio.wait({socket.serving for socket in self._sockets}, timeout=STEP_PATIENCE_S)
        self._raise_fault()
        return self.record.ended

    def _raise_fault(self) -> None:
        """Raise what the application raised, or the phone."""
        tasks: list[asyncio.Future[Any]] = [socket.serving for socket in self._sockets]
        if self._placing is not None:
            tasks.append(self._placing)
        for task in tasks:
            if task.done() and not task.cancelled() and (fault := task.exception()) is not None:
                raise self._failed(f"{type(fault).__name__}: {fault}") from fault

    def _failed(self, why: str) -> CallFailed:
        lines = self.timeline()
        warned = [f"{code} {reason}" for code, reason in self.record.warnings.items()]
        return CallFailed("\n".join([why, *(f"  warning {one}" for one in warned), *(f"  {line}" for line in lines)]))
