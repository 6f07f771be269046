"""Speaks: text in, audio out, one sentence at a time over links that stay open.

What the caller of `speak` never sees: a link that had died is replaced and the sentence asked for again, once; a reply
without speech in it is asked for again on the same link, then on a fresh one; both only as long as no audio was given
out, for a sentence that was begun cannot be begun again at the caller's ear.

Stopping early is final and costs nothing: the rest of the reply is read and thrown away in the background, and the next
sentence waits for that, or for a fresh link.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

from ivr.call.events import Encoding
from ivr.hamsa.link import LinkLost
from ivr.hamsa.links import Links, NoteCallback
from ivr.hamsa.live import Exchange
from ivr.hamsa.messages import Audio, End, Error, ends_speech, tts_request
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.speech import Chunk, Degenerate, Done, Outcome, Synthesis, Unusable
from ivr.hamsa.wire import Connect, connect

LONGEST_TEXT = 2000
"""Characters of one synthesis, by the service's documents."""


class SpeechError(Exception):
    """A sentence has no (more) audio, retries included."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A short fixed word, safe for logs and labels."""


class Voice:
    """One speaker. Belongs to the loop it is first used in; `aclose` it."""

    def __init__(
        self,
        settings: HamsaSettings,
        *,
        connect: Connect = connect,
        clock: Callable[[], float] | None = None,
        note: NoteCallback = lambda _name, _fields: None,
    ) -> None:
        """`clock`: the loop's own by default, and in step with it. `note`: hears what an operator may want to know."""
        self.settings = settings
        self.rate = settings.rate
        """Samples a second of the chunk given out last."""
        self.encoding: Encoding = settings.encoding
        """Of the chunk given out last."""
        self._note = note
        self._links = Links("voice", settings, ends_speech, connect=connect, clock=clock, note=note)
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Voice {self.settings.speaker}, {self._links}>"

    @property
    def connections(self) -> int:
        """Sockets opened so far."""
        return self._links.connections

    async def open(self) -> None:
        """Have a link before it is needed. Returns when it is there or cannot be had; never raises."""
        await self._links.warm()

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """The audio of a text of 1 to 2000 characters: whole samples in `encoding` at `rate`, faster than real time.

        Waits for a sentence before it to end. Raises SpeechError. Whoever stops early closes the generator (a task that
        is cancelled in it has done so): the reply then drains unheard.
        """
        if not 0 < len(text) <= LONGEST_TEXT:
            raise ValueError("a sentence has 1 to 2000 characters")
        async with self._turn:
            sentence = _Sentence(text, self.settings, self._links, self._note)
            try:
                while (chunk := await sentence.next()) is not None:
                    self.rate, self.encoding = chunk.rate, chunk.encoding
                    yield chunk.audio
            finally:
                sentence.cancel()

    async def aclose(self) -> None:
        """Close every socket and end every task, in less than a second. A sentence in flight fails."""
        await self._links.aclose()


class _Sentence:
    """One text on its way to audio, over as many exchanges as it takes."""

    def __init__(self, text: str, settings: HamsaSettings, links: Links, note: NoteCallback) -> None:
        self._text = text
        self._settings = settings
        self._links = links
        self._note = note
        self._request = tts_request(
            text,
            settings.speaker,
            settings.dialect,
            settings.language,
            settings.format == "mulaw",
            "8k" if settings.format == "pcm8" else None,
        )
        self._ready: deque[Chunk] = deque()
        self._exchange: Exchange | None = None
        self._synthesis = self._blank()
        self._deadline = 0.0
        self._fresh = False
        self._begun = False
        self._retried = False
        self._degenerate = 0
        self._over = False

    async def next(self) -> Chunk | None:
        """The next audio; None after the last. Raises SpeechError."""
        while not self._ready:
            if self._over:
                return None
            try:
                await self._advance()
            except TimeoutError:
                self._retry(LinkLost("gap_timeout" if self._begun else "first_audio_timeout"))
            except LinkLost as lost:
                self._retry(lost)
        self._begun = True
        return self._ready.popleft()

    def cancel(self) -> None:
        """Nobody waits any more. Harmless when it is over."""
        if self._exchange is not None:
            self._exchange.cancel()

    async def _advance(self) -> None:
        if self._exchange is None:
            live = await self._links.take(fresh=self._fresh)
            self._deadline = self._links.now() + self._settings.first_audio_timeout
            self._exchange = await live.ask(self._request, self._deadline)
        match await self._exchange.next(self._deadline):
            case Audio(payload):
                self._deadline = self._links.now() + self._settings.gap_timeout
                self._take(self._synthesis.feed(payload))
            case End():
                self._take(self._synthesis.finish())
            case Error(kind, retryable):
                raise LinkLost(kind, retryable=retryable)
            case _:
                pass

    def _take(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            match outcome:
                case Chunk():
                    self._ready.append(outcome)
                case Done(audio_ms, short):
                    self._over = True
                    if short:
                        self._note("voice_short", {"audio_ms": audio_ms, "characters": len(self._text)})
                case Degenerate():
                    self._again(outcome)
                case Unusable(reason):
                    raise LinkLost(reason, retryable=False)

    def _again(self, reply: Degenerate) -> None:
        """The reply had no speech in it: the same link, then a fresh one, then no more."""
        self._degenerate += 1
        link = self._exchange.live.link if self._exchange else None
        self._note(
            "voice_degenerate",
            {
                "try": self._degenerate,
                "audio_ms": reply.audio_ms,
                "characters": reply.characters,
                "use": link.uses if link else 0,
                "age_s": round(link.age(self._links.now()), 1) if link else 0.0,
            },
        )
        if self._degenerate > 1:
            self._drop("degenerate")
        if self._degenerate > 2:
            raise SpeechError("degenerate")
        self._restart(fresh=self._degenerate > 1)

    def _retry(self, lost: LinkLost) -> None:
        """The link failed the sentence: once more on a fresh one, as long as nothing was given out."""
        if self._begun or lost.retryable:
            self._drop(lost.reason)
        if self._begun or self._retried or not lost.retryable:
            raise SpeechError(lost.reason) from lost
        self._retried = True
        self._note("voice_retry", {"reason": lost.reason})
        self._restart(fresh=True)

    def _restart(self, *, fresh: bool) -> None:
        self._exchange = None
        self._synthesis = self._blank()
        self._fresh = fresh

    def _drop(self, reason: str) -> None:
        if self._exchange is not None:
            self._exchange.live.drop(reason)

    def _blank(self) -> Synthesis:
        return Synthesis(self._text, self._settings.rate, self._settings.encoding)
