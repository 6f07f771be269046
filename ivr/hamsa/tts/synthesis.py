"""One text on its way to audio, over as many links and tries as it takes.

The order of the tries is decided by `RetryPolicy`, what is audio and what is none by `ReplyAudio`, where a sentence
that broke
off is rejoined by `Splice`. This performs: it takes links, asks, reads, and tells the pool how it went.

Impatience follows the ear. While the caller still hears what was given out before, a slow service may be slow; once he
hears nothing, it has a second or two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ivr.call.events import Encoding
from ivr.call.ports import TtsChunk, TtsError
from ivr.hamsa.messages import Audio, End, Error, Message, request, tts_payload
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.sizing import LinkRequest
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.retry_policy import RetryPolicy
from ivr.hamsa.stats import SpeechStats
from ivr.hamsa.tts.reply_audio import Degenerate, Done, Outcome, ReplyAudio, Unusable
from ivr.hamsa.tts.splice import Splice

FALLBACK_S: Final = 60.0
"""Seconds in which a second speaker who had to help out goes on, before the first is asked again."""


class SynthesisReply(Protocol):
    """A synthesis under way, whichever way it was asked for."""

    async def next(self, deadline: float) -> Message: ...
    def cancel(self) -> None: ...


@dataclass(slots=True)
class Speaker:
    """What the sentences of one voice share."""

    settings: HamsaSettings
    pool: LinkPool
    rest: SpeechRest | None
    note: NoteCallback
    stats: SpeechStats
    sleep: Callable[[float], Awaitable[None]]
    """Waits for so many seconds."""
    last: int = 0
    """The number of the link that served last."""
    fallback_until: float = 0.0
    """Until when the second speaker is asked before the first, so that a caller does not hear them in turns."""

    def speakers(self) -> tuple[str, ...]:
        """Who may say a sentence now, in order."""
        first, second = self.settings.speaker, self.settings.fallback_speaker
        if second in ("", first):
            return (first,)
        return (second, first) if self.pool.now() < self.fallback_until else (first, second)

    def relieved(self, name: str) -> None:
        """This speaker has spoken where the one before him in order could not."""
        self.stats.fallback += 1
        first = name == self.settings.speaker
        self.fallback_until = 0.0 if first else self.pool.now() + FALLBACK_S


class Synthesis:
    """One text. `next` until None or TtsError, then `cancel`."""

    def __init__(self, text: str, speaker: Speaker, quiet_at: float) -> None:
        """`quiet_at`: when the caller runs out of the audio queued before, in seconds of the loop's clock."""
        self._text = text
        self._quiet_at = quiet_at
        self._speaker = speaker
        self._settings = speaker.settings
        self._pool = speaker.pool
        self.over = False
        """All of it was given out."""
        self._speakers = speaker.speakers()
        self._tries = RetryPolicy(
            rest=speaker.rest is not None,
            speakers=len(self._speakers),
            patience=speaker.settings.away_patience,
        )
        self._relieved = 0
        self._ready: deque[TtsChunk] = deque()
        self._got_ms = 0.0
        self._avoid: frozenset[int] = frozenset()
        self._alive_since: float | None = None
        self._asked_at = 0.0
        self._deadline = 0.0
        self._begin()

    async def next(self) -> TtsChunk | None:
        """The next audio; None after the last. Raises TtsError."""
        while not self._ready:
            if self.over:
                return None
            try:
                await self._advance()
            except TimeoutError:
                self._lost(LinkLost("gap_timeout" if self._serving else "first_audio_timeout"))
            except LinkLost as lost:
                self._lost(lost)
        chunk = self._ready.popleft()
        self._quiet_at = max(self._quiet_at, self._pool.now()) + chunk.ms / 1000
        self._wait(self._settings.gap_least, self._settings.gap_timeout)
        return chunk

    def cancel(self) -> None:
        """Nobody waits any more. Harmless when it is over."""
        if self._reply is not None:
            self._reply.cancel()
        if self._live is not None and not self._serving:
            self._pool.forgo("tts")

    def _begin(self) -> None:
        """Forget the try before, as if nothing had come."""
        self._reply: SynthesisReply | None = None
        self._live: LiveLink | None = None
        self._serving = False
        self._synthesis = ReplyAudio(self._text, self._settings.rate, self._settings.encoding)
        self._join = Splice(round(self._got_ms))
        self._form: tuple[int, Encoding] = (self._settings.rate, self._settings.encoding)

    async def _advance(self) -> None:
        """Ask, or read one message of the reply."""
        reply = self._reply or await self._ask()
        match await reply.next(self._deadline):
            case Audio(payload):
                self._wait(self._settings.gap_least, self._settings.gap_timeout)
                self._take(self._synthesis.feed(payload))
            case End():
                self._take(self._synthesis.finish())
            case Error(kind):
                raise LinkLost(kind)
            case _:
                pass

    async def _ask(self) -> SynthesisReply:
        if self._tries.pause:
            await self._speaker.sleep(self._tries.pause)
        self._asked_at = self._pool.now()
        if self._tries.way == "rest" and self._speaker.rest is not None:
            self._speaker.stats.rest += 1
            self._deadline = self._asked_at + self._settings.first_audio_timeout
            self._reply = self._speaker.rest.speak(self._payload())
            return self._reply
        live = await self._pool.take(self._wish(self._asked_at))
        waited, self._asked_at = self._pool.now() - self._asked_at, self._pool.now()
        self._live, self._speaker.last = live, live.link.number
        self._speaker.stats.asking(live.link, self._asked_at, waited)
        self._wait(self._settings.first_audio_least, self._settings.first_audio_timeout)
        self._reply = await live.ask(request("tts", self._payload()), self._deadline)
        return self._reply

    def _payload(self) -> dict[str, Any]:
        """What the service is asked."""
        settings = self._settings
        return tts_payload(
            self._text,
            self._speakers[self._tries.speaker],
            settings.dialect,
            settings.language,
            settings.format == "mulaw",
            "8k" if settings.format == "pcm8" else None,
        )

    def _wish(self, now: float) -> LinkRequest:
        """With REST to fall back on a link is not waited for long, unless the caller still listens."""
        quiet_at, patience = max(now, self._quiet_at), self._settings.link_patience
        until = quiet_at + self._settings.link_timeout
        if self._tries.fallback:
            until = max(now + patience, quiet_at - patience)
        if self._tries.way == "warm":
            until = now + self._settings.asked_verdict
        return LinkRequest(
            kind="tts",
            due=quiet_at,
            until=until,
            avoid=frozenset() if self._tries.way == "any" else self._avoid,
            alive_since=self._alive_since,
            last=self._speaker.last,
            elsewhere=self._tries.fallback,
        )

    def _wait(self, least: float, most: float) -> None:
        """Until when something has to come: the longer, the longer the caller still has to listen to. Who has waited
        for the rest of a sentence before does not wait as long again."""
        now = self._pool.now()
        least = min(least, self._settings.again_least) if self._tries.breaks else least
        self._deadline = min(now + most, max(now + least, self._quiet_at))

    def _take(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            match outcome:
                case TtsChunk(audio, rate, encoding):
                    self._good()
                    self._form = rate, encoding
                    self._give(self._join.feed(audio, rate, encoding))
                case Done(audio_ms, short):
                    self._give(self._join.finish(*self._form))
                    self._done(audio_ms, short)
                case Degenerate():
                    self._degenerate(outcome)
                case Unusable(reason):
                    raise LinkLost(reason)

    def _give(self, audio: bytes) -> None:
        """This goes on where the sentence was."""
        if audio:
            self._ready.append(chunk := TtsChunk(audio, *self._form))
            self._got_ms += chunk.ms
            self._serving = True

    def _good(self) -> None:
        """There is speech in the reply."""
        if self._tries.speaker > self._relieved:
            self._relieved = self._tries.speaker
            self._speaker.relieved(self._speakers[self._relieved])
            self._note("tts_fallback", {"way": self._tries.way})
        if self._live is not None and not self._serving:
            self._live.link.doubts = 0
            self._pool.report("tts", None)

    def _done(self, audio_ms: int, short: bool) -> None:
        """The reply is over. One that was far too short has broken off; a second one like it was all there is."""
        self.over = not (short and self._serving and not self._tries.breaks)
        if short:
            self._note("tts_short", {"audio_ms": audio_ms, "characters": len(self._text)})
        if not self.over:
            raise LinkLost("short")

    def _degenerate(self, reply: Degenerate) -> None:
        """The reply had no speech in it."""
        now = self._pool.now()
        more = self._tries.degenerate(now, self._quiet_at, now - self._asked_at)
        self._speaker.stats.degenerate += 1
        fields = {"try": self._tries.degenerates, "audio_ms": reply.audio_ms, "characters": reply.characters}
        self._note("tts_degenerate", fields)
        if self._live is not None:
            self._avoid = frozenset({self._live.link.number})
            self._pool.doubt(self._live)
        if not more:
            lost = LinkLost("degenerate")
            self._pool.report("tts", lost)
            self._fail(lost)
        self._begin()

    def _lost(self, lost: LinkLost) -> None:
        """The try has failed: another one, as long as there is a way."""
        now = self._pool.now()
        reused = self._live is not None and self._live.link.reused
        self._part(lost, now)
        asked = now - self._asked_at
        serving = self._serving
        more = self._tries.broken(lost) if serving else self._tries.lost(lost, asked, reused, now, self._quiet_at)
        if not more:
            self._fail(lost)
        stats = self._speaker.stats
        stats.resumed += serving
        stats.retries += not serving
        fields = {"reason": lost.reason, "way": self._tries.way}
        if serving:
            self._note("tts_resumed", {**fields, "got_ms": round(self._got_ms)})
        else:
            self._note("tts_retry", fields)
        self._begin()

    def _part(self, lost: LinkLost, now: float) -> None:
        """Let go of the link that failed, and tell the pool."""
        if self._tries.way != "rest":
            self._pool.report("tts", lost)
        if self._live is None:
            self.cancel()
            return
        self._avoid = frozenset({self._live.link.number})
        if lost.row.link_was_silent:
            self._alive_since = now
        if lost.reason == "short":
            self._pool.doubt(self._live)
        elif self._serving or lost.row.retry:
            self._live.drop(lost.reason)
        else:
            self.cancel()

    def _fail(self, lost: LinkLost) -> None:
        self._speaker.stats.failed += 1
        self._note("tts_failed", {"reason": lost.reason, "got_ms": round(self._got_ms)})
        raise TtsError(lost.reason, again=not lost.row.no_more) from lost

    def _note(self, name: str, fields: Mapping[str, str | int | float | bool]) -> None:
        """With what may have been the cause: which link, how old, how often used."""
        link = self._live.link if self._live is not None else None
        cause: dict[str, str | int | float | bool] = {
            "link": link.number if link else 0,
            "use": link.uses if link else 0,
            "age_s": round(link.age(self._pool.now()), 1) if link else 0.0,
        }
        self._speaker.note(name, {**fields, **cause})
