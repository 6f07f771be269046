"""Name what takes part in a call: the phone's socket, TTS, STT, the agent, and observers.

The session drives them by these verbs alone; wires, mocks and tests stand in for one another behind them. A peer's
fault is one of the exceptions that its verb names. After `aclose` or `close` the session waits for nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, runtime_checkable

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, ReplyRequest, Transfer
from ivr.call.events import CallStarted, Encoding, Event
from ivr.call.timeline import Turn


class WireClosed(Exception):
    """Report that the phone's socket is over. `code` is None when it died without a close frame."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"wire closed with code {code}" if code is not None else "wire died")
        self.code = code


class TtsError(Exception):
    """Report that a sentence has no audio, or no more of it, after every retry."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        """A short fixed word, safe for logs and labels."""
        self.again = again
        """The sentence may be asked for once more."""


class SttError(Exception):
    """Report that an utterance has no words, after every retry."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A short fixed word, safe for logs and labels."""


@dataclass(frozen=True, slots=True)
class TtsChunk:
    """Hold a piece of synthesised audio, whole samples."""

    audio: bytes
    rate: int
    """Samples a second."""
    encoding: Encoding

    @property
    def ms(self) -> float:
        """Return its length."""
        return len(self.audio) * 1000 / (self.rate * (1 if self.encoding == "mulaw" else 2))


class PhonePort(Protocol):
    """Carry messages over the phone's socket."""

    async def receive(self) -> str | bytes:
        """Return the next message. Raises WireClosed."""

    async def send(self, message: str) -> None:
        """Send one text message. Raises WireClosed."""

    async def close(self, code: int) -> None:
        """Close with a code; harmless when it is over."""


@runtime_checkable
class DirectPhonePort(PhonePort, Protocol):
    """Carry messages over a socket whose reader and writer are at hand: without a task's turn for each message."""

    async def listen(self, take: Callable[[str | bytes | None], bool]) -> NoReturn:
        """Give each message to `take` as it comes, until the socket is over. Raises WireClosed, and what `take` raises.

        `take` returns True to let the other calls have their turn: then it is called with None in a later turn, to go
        on with the same message, and gets no other before it has returned False.
        """

    def send_now(self, messages: Iterable[str]) -> bool:
        """Send text messages at once. False: the socket takes none now, and none was taken: ask `send`."""


class TtsPort(Protocol):
    """Turn text into speech, one sentence at a time."""

    async def open(self) -> None:
        """Have a link before it is needed. Never raises for a peer's fault."""

    def speak(self, text: str, quiet_at: float = 0.0, language: str = "") -> AsyncGenerator[TtsChunk, None]:
        """Yield the audio of a text of 1 to 2000 characters. Raises TtsError.

        `quiet_at`: when the caller runs out of the audio queued before, in seconds of the loop's clock. Until then a
        slow service may be slow. 0.0: the caller hears nothing. `language`: one of the line's; empty: its own.
        """

    async def aclose(self) -> None:
        """Let go of everything."""


class SttPort(Protocol):
    """Turn speech into text, one utterance at a time."""

    async def open(self) -> None:
        """Have a link before it is needed. Never raises for a peer's fault."""

    async def transcribe(self, pcm: bytes, language: str = "") -> str:
        """Return the words of an utterance, 16-bit PCM at 8 kHz; empty: none. Raises SttError.

        `language`: one of the line's; empty: its own.
        """

    async def aclose(self) -> None:
        """Let go of everything."""


class AgentPort(Protocol):
    """Answer the caller's questions."""

    async def warm(self) -> None:
        """Have a connection before it is needed. Never raises for a peer's fault."""

    def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        """Yield the events of one reply. Exactly one `ReplyEnded` or `ReplyFailed` is the last."""


class CallObserver(Protocol):
    """See everything of every call: the demo's screen, tapes, tests. Must not raise and must not wait.

    With `wants_still_frames = False` it is not told of frames of the caller from which nothing follows.
    """

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Take a call that is about to begin, to read what it was made with. Its first event follows."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Take one event that was decided, and what follows from it. `now` is the loop's time."""

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Take the record of a call that is over."""


@dataclass(frozen=True, slots=True)
class CallPorts:
    """Hold what a call is made of, once its line is known."""

    started: CallStarted
    """With the caller and the number dialled filled in."""
    call: Call
    tts: TtsPort
    stt: SttPort
    agent: AgentPort
    hand_over: Callable[[Transfer], Awaitable[str]] | None = None
    """Lets the carrier dial a person for the caller; returns `done`, or a fixed word for why not. None: it cannot."""
    play: Callable[[str], AsyncGenerator[TtsChunk, None]] | None = None
    """Yields the audio of a recording, a URL or a file. Raises TtsError. None: there are no recordings."""
    judge: Callable[[bytes], Awaitable[float | None]] | None = None
    """Tells how likely the caller has finished, from PCM16 at 8 kHz; None: it cannot say. Never raises. None: there is
    no turn model."""
    tell: Callable[[ReplyRequest], None] | None = None
    """Tells the agent what needs no answer, also after the call. Never waits, never raises."""
