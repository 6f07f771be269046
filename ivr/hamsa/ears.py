"""Listens: one whole utterance in, its words out, over a link that stays open.

The reply to an utterance is a bare text frame that says nothing about which utterance it belongs to. So a link never
has two in flight, an utterance nobody waits for any more keeps its link until its reply came, and a link whose reply is
overdue, or that speaks without having been asked, is dropped: what it says later is never heard.

A socket that was closed politely instead of an answer means that there were no words, unless the socket had served
before and may have been closing anyway: then a fresh one is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.hamsa.link import LinkLost
from ivr.hamsa.links import Links, NoteCallback
from ivr.hamsa.messages import Error, Marker, Text, ends_hearing, stt_request
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.wire import Connect, connect
from ivr.media import resample, wav

CALL_RATE = 8000
"""Samples a second of what the caller says."""
LONG = 20
"""Seconds of speech from which on an utterance is sent at the phone's own rate: at twice that it would soon be more
than 1 MiB, the longest message a WebSocket server commonly takes."""
NORMAL_CLOSE = 1000


class HearingError(Exception):
    """An utterance has no words, retries included."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A short fixed word, safe for logs and labels."""


class Ears:
    """One recogniser. Belongs to the loop it is first used in; `aclose` it."""

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
        self._note = note
        self._links = Links("ears", settings, ends_hearing, connect=connect, clock=clock, note=note)
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Ears {self.settings.language}, {self._links}>"

    @property
    def connections(self) -> int:
        """Sockets opened so far."""
        return self._links.connections

    async def open(self) -> None:
        """Have a link before it is needed. Returns when it is there or cannot be had; never raises."""
        await self._links.warm()

    async def transcribe(self, pcm: bytes) -> str:
        """The words of one utterance, PCM16 mono at 8 kHz; empty when there are none. Raises HearingError.

        Waits for an utterance before it. A task that is cancelled in it leaves nothing for the next to trip over.
        """
        if not pcm:
            return ""
        rate = self.settings.stt_rate if len(pcm) <= LONG * CALL_RATE * 2 else CALL_RATE
        sound = pcm if rate == CALL_RATE else resample.resample(pcm, CALL_RATE, rate)
        request = stt_request(wav.encode(sound, rate), self.settings.language)
        async with self._turn:
            try:
                return await self._once(request, fresh=False)
            except LinkLost as lost:
                if not lost.retryable:
                    raise HearingError(lost.reason) from lost
                self._note("ears_retry", {"reason": lost.reason})
            try:
                return await self._once(request, fresh=True)
            except LinkLost as lost:
                raise HearingError(lost.reason) from lost

    async def aclose(self) -> None:
        """Close every socket and end every task, in less than a second. An utterance in flight fails."""
        await self._links.aclose()

    async def _once(self, request: str, *, fresh: bool) -> str:
        live = await self._links.take(fresh=fresh)
        deadline = self._links.now() + self.settings.hearing_timeout
        exchange = await live.ask(request, deadline)
        try:
            while True:
                match await exchange.next(deadline):
                    case Text(text):
                        return text
                    case Marker(name) if name != "THINKING":
                        return ""
                    case Error(kind, retryable):
                        raise LinkLost(kind, retryable=retryable)
                    case _:
                        pass
        except TimeoutError as exc:
            live.drop("hearing_timeout")
            raise LinkLost("hearing_timeout") from exc
        except LinkLost as lost:
            if lost.code == NORMAL_CLOSE and not exchange.reused:
                return ""
            raise
        finally:
            exchange.cancel()
