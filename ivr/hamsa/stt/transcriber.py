"""Turn one whole utterance into its words, over links that stay open.

The reply is a bare text frame that does not say which utterance it belongs to. So a link never has two in flight, an
utterance that is given up keeps its link until its reply came, and a link whose reply is overdue then is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ivr.call.ports import SttError
from ivr.hamsa.messages import THINKING, Error, Marker, Text, stt_payload, stt_request
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.sizing import LinkRequest
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.retry_policy import RetryPolicy, Route
from ivr.hamsa.stats import SpeechStats
from ivr.media import wav
from ivr.media.resample import Resampler

CALL_RATE: Final = 8000
"""Samples a second of what the caller says."""
LONG_UTTERANCE: Final = 20
"""Seconds of speech from which on an utterance is sent at the phone's own rate: at twice that it would soon be more
than 1 MiB, the longest message a WebSocket server commonly takes."""
AT_ONCE: Final = 4
"""Seconds of speech that are resampled in one turn of the loop: under a millisecond of work."""
WORDY: Final = 0.6
"""Seconds of an utterance, what was kept from before its first sound included, in which there may be a word."""
THOUGHT: Final = 2.0
"""Seconds that STT gets after it said that it is thinking: it may never say more."""
NORMAL_CLOSE: Final = 1000
UNUSED_LIFE: Final = 2.0
"""Seconds after its opening in which a link that has not served is not closed for its own sake."""
OVERDUE: Final = "transcript_timeout"


@dataclass(slots=True, eq=False)
class _Try:
    """Hold one request for the words of an utterance."""

    route: Route
    asked_at: float = 0.0
    live: LiveLink | None = None
    overdue: asyncio.TimerHandle | None = None
    counted: bool = False
    """It has failed, or is late: the next try was chosen."""


TryResult: TypeAlias = tuple[_Try, "str | Exception"]
"""Words, or why there are none; `OVERDUE`: there are none yet."""


@dataclass(slots=True)
class _Transcription:
    """Hold an utterance on its way to its words."""

    sound: bytes
    """The utterance as a WAV file."""
    message: str
    """What a link is sent for it."""
    language: str
    """What it is taken to be in."""
    wordy: bool
    """It is long enough for words."""
    policy: RetryPolicy
    patience: float
    """Seconds until a try is late."""
    limit: float
    """Seconds from the first try until all are given up."""
    until: float = 0.0
    """When that is; 0.0: no try was made."""
    results: asyncio.Queue[TryResult] = field(default_factory=asyncio.Queue)
    avoid: frozenset[int] = frozenset()
    alive_since: float | None = None
    closes: int = 0
    """Links that were closed politely instead of an answer."""


class Transcriber:
    """Transcribe the utterances of one call, one at a time. Belongs to the loop of its pool."""

    def __init__(self, settings: HamsaSettings, pool: LinkPool, *, rest: SpeechRest | None, note: NoteCallback) -> None:
        """Use the links of `pool`, then `rest`. `note`: hears what an operator may want to know."""
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

    async def transcribe(self, pcm: bytes, language: str = "") -> str:
        """Return the words of one utterance, PCM16 mono at 8 kHz; empty when there are none. Raises SttError.

        Waits for the utterance before. A task that is cancelled in it leaves nothing for the next to trip over.
        `language`: what it is taken to be in; empty: the line's language.
        """
        if not pcm:
            return ""
        async with self._turn:
            if self._shut:
                raise SttError("shut")
            rate = self.settings.stt_rate if len(pcm) <= LONG_UTTERANCE * CALL_RATE * 2 else CALL_RATE
            sound = wav.encode(pcm if rate == CALL_RATE else await _resampled(pcm, rate), rate)
            language = language or self.settings.language
            message = stt_request(sound, language)
            self.stats.asked += 1
            policy = RetryPolicy(rest=self._rest is not None)
            limit = 2 * self.settings.transcript_timeout
            patience = limit / (3 if self._rest else 2)
            wordy = len(pcm) >= WORDY * CALL_RATE * 2
            return await self._transcribe(_Transcription(sound, message, language, wordy, policy, patience, limit))

    async def aclose(self) -> None:
        """Refuse further utterances. The links are the pool's and stay: end the utterance in flight first."""
        self._shut = True

    async def _transcribe(self, utterance: _Transcription) -> str:
        """Make try after try, each as soon as the one before has failed or is late."""
        # A late try is not given up: the next one begins beside it, the first that answers is believed.
        tasks = [self._begin(utterance)]
        try:
            while True:
                made, outcome = await utterance.results.get()
                if isinstance(outcome, str):
                    return outcome
                if not isinstance(outcome, LinkLost):
                    raise outcome
                if not made.counted:
                    made.counted = True
                    if self._count(utterance, made, outcome):
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
        """Start the next try; its result goes into the queue."""
        made = _Try(utterance.policy.route)

        async def run() -> None:
            outcome: str | Exception
            try:
                if made.route == "rest" and self._rest is not None:
                    self.stats.rest += 1
                    payload = stt_payload(utterance.sound, utterance.language)
                    heard = await self._rest.hear(payload, self._clock(utterance, made))
                    if isinstance(heard, Marker) and heard.name == THINKING:
                        raise LinkLost("thinking")
                    outcome = heard.text if isinstance(heard, Text) else ""
                else:
                    outcome = await self._ask_link(utterance, made)
            except TimeoutError:
                outcome = LinkLost(OVERDUE)
            except Exception as exc:
                outcome = exc
            finally:
                if made.overdue is not None:
                    made.overdue.cancel()
            utterance.results.put_nowait((made, outcome))

        return asyncio.create_task(run(), name="hamsa-stt-try")

    async def _ask_link(self, utterance: _Transcription, made: _Try) -> str:
        """Ask on a link, and read until there are words."""
        now, settings, has_rest = self._pool.now(), self.settings, utterance.policy.fallback
        wanted = LinkRequest(
            kind="stt",
            due=now,
            until=now + (settings.link_patience if has_rest else settings.link_timeout),
            avoid=utterance.avoid,
            alive_since=utterance.alive_since,
            last=self._last,
            elsewhere=has_rest,
        )
        live = made.live = await self._pool.take(wanted)
        self._last = live.link.number
        deadline = self._clock(utterance, made)
        self.stats.asking(live.link, made.asked_at, made.asked_at - now)
        try:
            text = await self._read(live, utterance, made, deadline)
        except LinkLost as lost:
            if lost.code != NORMAL_CLOSE:
                raise
            # A socket that was closed politely instead of an answer means that there were no words. But an utterance
            # long enough for words is asked once more, and so is one on a link that may have been closing anyway.
            utterance.closes += 1
            may_be_closing = live.link.reused or live.link.age(made.asked_at) > UNUSED_LIFE
            if utterance.closes == 1 and (may_be_closing or utterance.wordy):
                raise
            return ""
        self._pool.report("stt", None)
        return text

    def _clock(self, utterance: _Transcription, made: _Try) -> float:
        """Start the clock of a try; return when it is given up."""
        now = made.asked_at = self._pool.now()
        late: TryResult = (made, LinkLost(OVERDUE))
        loop = asyncio.get_running_loop()
        made.overdue = loop.call_later(utterance.patience, utterance.results.put_nowait, late)
        utterance.until = utterance.until or now + utterance.limit
        return max(utterance.until, now + utterance.patience)

    async def _read(self, live: LiveLink, utterance: _Transcription, made: _Try, deadline: float) -> str:
        exchange = await live.ask(utterance.message, made.asked_at + utterance.patience)
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
            # What an overdue link says later would be taken for the words of the next utterance.
            if made.counted:
                live.drop(OVERDUE)
            raise
        finally:
            exchange.cancel()

    def _count(self, utterance: _Transcription, made: _Try, lost: LinkLost) -> bool:
        """Report that a try has failed or is late, and choose the next. False: there is none."""
        live, now = made.live, self._pool.now()
        if made.route != "rest":
            self._pool.report("stt", lost)
        elif self._rest is not None and lost.reason == OVERDUE:
            self._rest.report("stt", lost)
        if live is not None:
            utterance.avoid |= {live.link.number}
            if lost.row.link_was_silent:
                utterance.alive_since = now
        if not utterance.policy.lost(lost, now - made.asked_at, live is not None and live.link.reused):
            return False
        self.stats.retries += 1
        self._note("stt_retry", {"reason": lost.reason, "route": utterance.policy.route, **self._cause(made)})
        return True

    def _cause(self, made: _Try) -> Mapping[str, int | float]:
        """Return what may have been the cause of a failure."""
        if made.live is None:
            return {"link": 0, "use": 0, "age_s": 0.0}
        link = made.live.link
        return {"link": link.number, "use": link.uses, "age_s": round(link.age(self._pool.now()), 1)}


async def _resampled(pcm: bytes, rate: int) -> bytes:
    """Return speech at another rate, a few seconds of it in each turn of the loop."""
    stream, step = Resampler(CALL_RATE, rate), AT_ONCE * CALL_RATE * 2
    parts = [stream.feed(pcm[:step])]
    for at in range(step, len(pcm), step):
        await asyncio.sleep(0)
        parts.append(stream.feed(pcm[at : at + step]))
    return b"".join([*parts, stream.flush()])
