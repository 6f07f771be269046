"""Listens: one whole utterance in, its words out, over links that stay open.

The reply to an utterance is a bare text frame that says nothing about which utterance it belongs to. So a link never
has two in flight, an utterance nobody waits for any more keeps its link until its reply came, and a link whose reply is
overdue, or that speaks without having been asked, is dropped: what it says later is never heard, by nobody.

A socket that was closed politely instead of an answer means that there were no words, unless the socket had served
before, or waited for long, and may have been closing anyway: then another one is asked. What fails is tried again on
another link, then over REST (`Tries`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.hamsa.link import Link, LinkLost
from ivr.hamsa.links import Links, NoteCallback
from ivr.hamsa.live import LiveLink
from ivr.hamsa.messages import Error, Marker, Text, ends_hearing, request, stt_payload
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.rest import Rest
from ivr.hamsa.sentence import SILENT
from ivr.hamsa.spares import Wish
from ivr.hamsa.tally import Tally
from ivr.hamsa.tries import Tries
from ivr.hamsa.wire import Connect, connect
from ivr.media import resample, wav

CALL_RATE = 8000
"""Samples a second of what the caller says."""
LONG = 20
"""Seconds of speech from which on an utterance is sent at the phone's own rate: at twice that it would soon be more
than 1 MiB, the longest message a WebSocket server commonly takes."""
THOUGHT = 2.0
"""Seconds a recogniser that says it is thinking has for it: it may never say more."""
NORMAL_CLOSE = 1000
YOUNG = 2.0
"""Seconds after its opening in which a link that has not served is not closed for its own sake."""
THINKING = "THINKING"


class HearingError(Exception):
    """An utterance has no words, retries included."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A short fixed word, safe for logs and labels."""


@dataclass(slots=True)
class _Utterance:
    """One on its way to its words."""

    payload: dict[str, Any]
    tries: Tries
    patience: float
    """Seconds for each try."""
    asked_at: float = 0.0
    live: LiveLink | None = None
    avoid: frozenset[int] = frozenset()
    alive_since: float | None = None
    closed: bool = False
    """A link was closed politely instead of an answer."""


def _ripe(link: Link, asked_at: float) -> bool:
    """Whether a link may have been closed for another reason than what it was asked."""
    return link.reused or link.age(asked_at) > YOUNG


class Ears:
    """One recogniser. Belongs to the loop it is first used in; `aclose` it."""

    def __init__(
        self,
        settings: HamsaSettings,
        *,
        connect: Connect = connect,
        clock: Callable[[], float] | None = None,
        note: NoteCallback = lambda _name, _fields: None,
        links: Links | None = None,
        rest: Rest | None = None,
    ) -> None:
        """`links`: the pool of the process; without it the ears have links of their own, opened with `connect`.
        `clock`: the loop's own by default, and in step with it. `note`: hears what an operator may want to know."""
        self.settings = settings
        self.tally = Tally()
        """What it came to so far."""
        self._note = note
        self._rest = rest
        self._own = links is None
        self._links = links or Links("ears", settings, ends_hearing, connect=connect, clock=clock, note=note)
        self._turn = asyncio.Lock()
        self._last = 0
        self._shut = False

    def __repr__(self) -> str:
        return f"<Ears {self.settings.language}, {self._links}>"

    @property
    def connections(self) -> int:
        """Sockets opened so far, by the whole pool."""
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
        payload = stt_payload(wav.encode(sound, rate), self.settings.language)
        async with self._turn:
            if self._shut:
                raise HearingError("shut")
            self.tally.asked += 1
            tries = Tries(rest=self._rest is not None)
            patience = 2 * self.settings.hearing_timeout / (3 if self._rest else 2)
            return await self._hear(_Utterance(payload, tries, patience))

    async def aclose(self) -> None:
        """Close every socket and end every task, in less than a second. An utterance in flight fails.

        Links of the pool stay: end the utterance first.
        """
        self._shut = True
        if self._own:
            await self._links.aclose()

    async def _hear(self, utterance: _Utterance) -> str:
        """Try by try."""
        while True:
            try:
                return await self._once(utterance)
            except LinkLost as lost:
                fields = self._lost(utterance, lost)
                asked, reused = self._links.now() - utterance.asked_at, bool(fields["use"] > 1)
                if not utterance.tries.lost(lost, asked, reused):
                    self.tally.failed += 1
                    self._note("ears_failed", {"reason": lost.reason, **fields})
                    raise HearingError(lost.reason) from lost
                self.tally.retries += 1
                self._note("ears_retry", {"reason": lost.reason, "way": utterance.tries.way, **fields})

    async def _once(self, utterance: _Utterance) -> str:
        if utterance.tries.way == "rest" and self._rest is not None:
            return await self._over_rest(utterance, self._rest)
        now = self._links.now()
        utterance.live = None
        live = await self._links.take(self._wish(utterance, now))
        waited, utterance.asked_at = self._links.now() - now, self._links.now()
        utterance.live, self._last = live, live.link.number
        self.tally.asking(live.link, utterance.asked_at, waited)
        try:
            text = await self._answer(live, utterance)
        except LinkLost as lost:
            if lost.code == NORMAL_CLOSE and (utterance.closed or not _ripe(live.link, utterance.asked_at)):
                return ""
            utterance.closed = lost.code == NORMAL_CLOSE
            self._links.report(lost)
            raise
        self._links.report(None)
        return text

    def _wish(self, utterance: _Utterance, now: float) -> Wish:
        return Wish(
            due=now,
            until=now + (self.settings.link_patience if utterance.tries.fallback else self.settings.link_timeout),
            avoid=utterance.avoid,
            alive_since=utterance.alive_since,
            last=self._last,
        )

    async def _answer(self, live: LiveLink, utterance: _Utterance) -> str:
        """Ask on a link, and read until there are words."""
        deadline = utterance.asked_at + utterance.patience
        exchange = await live.ask(request("stt", utterance.payload), deadline)
        try:
            while True:
                match await exchange.next(deadline):
                    case Text(text):
                        return text
                    case Marker(name) if name != THINKING:
                        return ""
                    case Marker():
                        deadline = min(deadline, self._links.now() + THOUGHT)
                    case Error(kind, retryable):
                        raise LinkLost(kind, retryable=retryable)
                    case _:
                        pass
        except TimeoutError as exc:
            live.drop("hearing_timeout")
            raise LinkLost("hearing_timeout") from exc
        finally:
            exchange.cancel()

    async def _over_rest(self, utterance: _Utterance, rest: Rest) -> str:
        utterance.live, utterance.asked_at = None, self._links.now()
        self.tally.rest += 1
        try:
            heard = await rest.hear(utterance.payload, utterance.asked_at + utterance.patience)
        except TimeoutError as exc:
            raise LinkLost("hearing_timeout") from exc
        if isinstance(heard, Marker) and heard.name == THINKING:
            raise LinkLost("thinking", retryable=False)
        return heard.text if isinstance(heard, Text) else ""

    def _lost(self, utterance: _Utterance, lost: LinkLost) -> dict[str, int | float]:
        """Remember what failed, and what may have been the cause."""
        live, now = utterance.live, self._links.now()
        if live is None:
            if utterance.tries.way != "rest":
                self._links.report(lost)
            return {"link": 0, "use": 0, "age_s": 0.0}
        utterance.avoid = frozenset({live.link.number})
        if lost.reason in SILENT:
            utterance.alive_since = now
        return {"link": live.link.number, "use": live.link.uses, "age_s": round(live.link.age(now), 1)}
