"""Listens: one whole utterance in, its words out, over links that stay open.

The reply to an utterance is a bare text frame that says nothing about which utterance it belongs to. So a link never
has two in flight, an utterance nobody waits for any more keeps its link until its reply came, and a link whose reply is
overdue when nobody waits for it, or that speaks without having been asked, is dropped: what it says later is never
heard, by nobody.

What fails is tried again on another link, then over REST (`RetryPolicy`). What is late is not given up: the next try
begins
beside it, whichever answers first is believed, and the others are cancelled.

A socket that was closed politely instead of an answer means that there were no words, unless the utterance is long
enough for some, or the socket had served before, or waited for long, and may have been closing anyway: then another one
is asked, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ivr.call.ports import SttError
from ivr.hamsa.messages import THINKING, Error, Marker, Text, request, stt_payload
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.link import Link
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.sizing import LinkRequest
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.retry_policy import RetryPolicy, Route
from ivr.hamsa.stats import SpeechStats
from ivr.media import resample, wav

CALL_RATE = 8000
"""Samples a second of what the caller says."""
LONG = 20
"""Seconds of speech from which on an utterance is sent at the phone's own rate: at twice that it would soon be more
than 1 MiB, the longest message a WebSocket server commonly takes."""
WORDY = 0.6
"""Seconds of an utterance, what was kept from before its first sound included, in which there may be a word."""
THOUGHT = 2.0
"""Seconds a recogniser that says it is thinking has for it: it may never say more."""
NORMAL_CLOSE = 1000
YOUNG = 2.0
"""Seconds after its opening in which a link that has not served is not closed for its own sake."""
OVERDUE = "hearing_timeout"


@dataclass(slots=True, eq=False)
class _Try:
    """One request for the words of an utterance."""

    way: Route
    asked_at: float = 0.0
    live: LiveLink | None = None
    overdue: asyncio.TimerHandle | None = None
    counted: bool = False
    """It has failed, or is late: it was another one's turn."""


News: TypeAlias = tuple[_Try, "str | Exception"]
"""Words, or why there are none; `OVERDUE`: there are none yet."""


@dataclass(slots=True)
class _Transcription:
    """One on its way to its words."""

    payload: dict[str, Any]
    wordy: bool
    """It is long enough for words."""
    tries: RetryPolicy
    patience: float
    """Seconds until a try is late."""
    limit: float
    """Seconds until all are, from the first on."""
    until: float = 0.0
    """When that is; 0.0: none was made."""
    news: asyncio.Queue[News] = field(default_factory=asyncio.Queue)
    avoid: frozenset[int] = frozenset()
    alive_since: float | None = None
    closes: int = 0
    """Links that were closed politely instead of an answer."""

    def deadline(self, now: float) -> float:
        """How long a try that is made now may last."""
        self.until = self.until or now + self.limit
        return max(self.until, now + self.patience)

    def wordless(self, link: Link, asked_at: float) -> bool:
        """Whether there are no words in it, now that the link was closed politely."""
        self.closes += 1
        ripe = link.reused or link.age(asked_at) > YOUNG
        return self.closes > 1 or not (ripe or self.wordy)


class Transcriber:
    """One recogniser. Belongs to the loop it is first used in; `aclose` it."""

    def __init__(self, settings: HamsaSettings, pool: LinkPool, *, rest: SpeechRest | None, note: NoteCallback) -> None:
        """`pool`: the links of the process. `note`: hears what an operator may want to know."""
        self.settings = settings
        self.stats = SpeechStats()
        """What it came to so far."""
        self._note = note
        self._rest = rest
        self._pool = pool
        self._turn = asyncio.Lock()
        self._last = 0
        self._shut = False

    def __repr__(self) -> str:
        return f"<Transcriber {self.settings.language}, {self._pool}>"

    async def open(self) -> None:
        """Have a link before it is needed. Returns when it is there or cannot be had; never raises."""
        await self._pool.warm("stt")

    async def transcribe(self, pcm: bytes) -> str:
        """The words of one utterance, PCM16 mono at 8 kHz; empty when there are none. Raises SttError.

        Waits for an utterance before it. A task that is cancelled in it leaves nothing for the next to trip over.
        """
        if not pcm:
            return ""
        rate = self.settings.stt_rate if len(pcm) <= LONG * CALL_RATE * 2 else CALL_RATE
        sound = pcm if rate == CALL_RATE else resample.resample(pcm, CALL_RATE, rate)
        payload = stt_payload(wav.encode(sound, rate), self.settings.language)
        async with self._turn:
            if self._shut:
                raise SttError("shut")
            self.stats.asked += 1
            tries = RetryPolicy(rest=self._rest is not None)
            limit = 2 * self.settings.hearing_timeout
            patience = limit / (3 if self._rest else 2)
            wordy = len(pcm) >= WORDY * CALL_RATE * 2
            return await self._hear(_Transcription(payload, wordy, tries, patience, limit))

    async def aclose(self) -> None:
        """Refuse further utterances. The links are the pool's and stay: end the utterance in flight first."""
        self._shut = True

    async def _hear(self, utterance: _Transcription) -> str:
        """Try by try, each as soon as the one before it has failed or is late."""
        tasks = [self._begin(utterance)]
        try:
            while True:
                made, outcome = await utterance.news.get()
                if isinstance(outcome, str):
                    return outcome
                if not isinstance(outcome, LinkLost):
                    raise outcome
                if not made.counted:
                    made.counted = True
                    if self._again(utterance, made, outcome):
                        tasks.append(self._begin(utterance))
                if all(task.done() for task in tasks):
                    self.stats.failed += 1
                    self._note("stt_failed", {"reason": outcome.reason, **self._cause(made)})
                    raise SttError(outcome.reason) from outcome
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, utterance: _Transcription) -> asyncio.Task[None]:
        made = _Try(utterance.tries.way)
        return asyncio.create_task(self._run(utterance, made), name="hamsa-ears-try")

    async def _run(self, utterance: _Transcription, made: _Try) -> None:
        """One try, and what came of it."""
        outcome: str | Exception
        try:
            outcome = await self._once(utterance, made)
        except TimeoutError:
            outcome = LinkLost(OVERDUE)
        except Exception as exc:
            outcome = exc
        finally:
            if made.overdue is not None:
                made.overdue.cancel()
        utterance.news.put_nowait((made, outcome))

    async def _once(self, utterance: _Transcription, made: _Try) -> str:
        if made.way == "rest" and self._rest is not None:
            return await self._over_rest(utterance, made, self._rest)
        now = self._pool.now()
        live = await self._pool.take(self._wish(utterance, now))
        made.asked_at = self._pool.now()
        made.live, self._last = live, live.link.number
        self.stats.asking(live.link, made.asked_at, made.asked_at - now)
        self._expect(utterance, made)
        try:
            text = await self._answer(live, utterance, made)
        except LinkLost as lost:
            if lost.code == NORMAL_CLOSE and utterance.wordless(live.link, made.asked_at):
                return ""
            raise
        self._pool.report("stt", None)
        return text

    def _wish(self, utterance: _Transcription, now: float) -> LinkRequest:
        return LinkRequest(
            kind="stt",
            due=now,
            until=now + (self.settings.link_patience if utterance.tries.fallback else self.settings.link_timeout),
            avoid=utterance.avoid,
            alive_since=utterance.alive_since,
            last=self._last,
            elsewhere=utterance.tries.fallback,
        )

    def _expect(self, utterance: _Transcription, made: _Try) -> None:
        """Say when the try that is made now is late."""
        news: News = (made, LinkLost(OVERDUE))
        made.overdue = asyncio.get_running_loop().call_later(utterance.patience, utterance.news.put_nowait, news)

    async def _answer(self, live: LiveLink, utterance: _Transcription, made: _Try) -> str:
        """Ask on a link, and read until there are words."""
        deadline = utterance.deadline(made.asked_at)
        exchange = await live.ask(request("stt", utterance.payload), made.asked_at + utterance.patience)
        try:
            while True:
                match await exchange.next(deadline):
                    case Text(text):
                        return text
                    case Marker(name) if name != THINKING:
                        return ""
                    case Marker():
                        deadline = min(deadline, self._pool.now() + THOUGHT)
                    case Error(kind):
                        raise LinkLost(kind)
                    case _:
                        pass
        except TimeoutError:
            live.drop(OVERDUE)
            raise
        except asyncio.CancelledError:
            self._pool.forgo("stt")
            if made.counted:
                live.drop(OVERDUE)
            raise
        finally:
            exchange.cancel()

    async def _over_rest(self, utterance: _Transcription, made: _Try, rest: SpeechRest) -> str:
        made.asked_at = self._pool.now()
        self.stats.rest += 1
        self._expect(utterance, made)
        heard = await rest.hear(utterance.payload, utterance.deadline(made.asked_at))
        if isinstance(heard, Marker) and heard.name == THINKING:
            raise LinkLost("thinking")
        return heard.text if isinstance(heard, Text) else ""

    def _again(self, utterance: _Transcription, made: _Try, lost: LinkLost) -> bool:
        """The try has failed, or is late: tell who should know, and choose the next. False: there is none."""
        live, now = made.live, self._pool.now()
        if made.way != "rest":
            self._pool.report("stt", lost)
        elif self._rest is not None and lost.reason == OVERDUE:
            self._rest.report("stt", lost)
        if live is not None:
            utterance.avoid |= {live.link.number}
            if lost.row.link_was_silent:
                utterance.alive_since = now
        if not utterance.tries.lost(lost, now - made.asked_at, live is not None and live.link.reused):
            return False
        self.stats.retries += 1
        self._note("stt_retry", {"reason": lost.reason, "way": utterance.tries.way, **self._cause(made)})
        return True

    def _cause(self, made: _Try) -> Mapping[str, int | float]:
        """What may have been the cause of a failure."""
        if made.live is None:
            return {"link": 0, "use": 0, "age_s": 0.0}
        link = made.live.link
        return {"link": link.number, "use": link.uses, "age_s": round(link.age(self._pool.now()), 1)}
