"""Turn one text into audio, over as many links and tries as it takes.

`RetryPolicy` decides the order of the tries, `ReplyAudio` what is audio, `Splice` where a sentence that broke off is
continued. This file performs: it takes links, asks, reads, and tells the pool how each request went.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from ivr.call.events import Encoding
from ivr.call.ports import TtsChunk, TtsError
from ivr.hamsa.messages import Audio, End, Error, SpeechMessage, request, tts_payload
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.sizing import LinkRequest
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.retry_policy import RetryPolicy
from ivr.hamsa.stats import SpeechStats
from ivr.hamsa.tts.reply_audio import Degenerate, Done, ReplyAudio, ReplyOutcome, Unusable
from ivr.hamsa.tts.splice import Splice

FALLBACK_S: Final = 60.0
"""Seconds in which the second speaker goes on after a relief, before the first is asked again."""


class SynthesisReply(Protocol):
    """Read a synthesis that is under way, on a link or over REST."""

    async def next(self, deadline: float) -> SpeechMessage: ...
    def cancel(self) -> None: ...


@dataclass(slots=True)
class Speaker:
    """Hold what the sentences of one call share."""

    settings: HamsaSettings
    pool: LinkPool
    rest: SpeechRest | None
    note: NoteCallback
    stats: SpeechStats
    sleep: Callable[[float], Awaitable[None]]
    """Waits for a number of seconds."""
    last: int = 0
    """The number of the link that served last."""
    fallback_until: float = 0.0
    """Until when the second speaker is asked before the first, so that a caller does not hear them in turns."""

    def speakers(self) -> tuple[str, ...]:
        """Return the speakers of a sentence that begins now, in order."""
        first, second = self.settings.speaker, self.settings.fallback_speaker
        if second in ("", first):
            return (first,)
        return (second, first) if self.pool.now() < self.fallback_until else (first, second)


class Synthesis:
    """Give out the audio of one text: call `next` until None or TtsError, then `cancel`."""

    def __init__(self, text: str, speaker: Speaker, quiet_at: float) -> None:
        """Begin a text. `quiet_at`: when the caller runs out of the audio queued before, in seconds of the loop."""
        self._text = text
        self._quiet_at = quiet_at
        self._speaker = speaker
        self._settings = speaker.settings
        self._pool = speaker.pool
        self.over = False
        """All of it was given out."""
        self._speakers = speaker.speakers()
        self._policy = RetryPolicy(
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
        """Return the next audio; None after the last. Raises TtsError."""
        while not self._ready:
            if self.over:
                return None
            try:
                reply = self._reply or await self._ask()
                match await reply.next(self._deadline):
                    case Audio(payload):
                        self._wait(self._settings.gap_least, self._settings.gap_timeout)
                        self._take(self._audio.feed(payload))
                    case End():
                        self._take(self._audio.finish())
                    case Error(kind):
                        raise LinkLost(kind)
                    case _:
                        pass
            except TimeoutError:
                self._lost(LinkLost("gap_timeout" if self._serving else "first_audio_timeout"))
            except LinkLost as lost:
                self._lost(lost)
        chunk = self._ready.popleft()
        self._quiet_at = max(self._quiet_at, self._pool.now()) + chunk.ms / 1000
        self._wait(self._settings.gap_least, self._settings.gap_timeout)
        return chunk

    def cancel(self) -> None:
        """Stop reading. Harmless when it is over."""
        if self._reply is not None:
            self._reply.cancel()
        if self._live is not None and not self._serving:
            self._pool.forgo("tts")

    def _begin(self) -> None:
        """Forget the try before, as if nothing had come."""
        self._reply: SynthesisReply | None = None
        self._live: LiveLink | None = None
        self._serving = False
        self._audio = ReplyAudio(self._text, self._settings.rate, self._settings.encoding)
        self._splice = Splice(round(self._got_ms))
        self._form: tuple[int, Encoding] = (self._settings.rate, self._settings.encoding)

    async def _ask(self) -> SynthesisReply:
        """Make the request of the next try, on a link or over REST."""
        policy, speaker, settings = self._policy, self._speaker, self._settings
        if policy.pause:
            await speaker.sleep(policy.pause)
        now = self._asked_at = self._pool.now()
        payload = tts_payload(
            self._text,
            self._speakers[policy.speaker],
            settings.dialect,
            settings.language,
            settings.format == "mulaw",
            "8k" if settings.format == "pcm8" else None,
        )
        if policy.route == "rest" and speaker.rest is not None:
            speaker.stats.rest += 1
            self._deadline = now + settings.first_audio_timeout
            self._reply = speaker.rest.speak(payload)
            return self._reply
        # With REST to fall back on, a link is not waited for long unless the caller still has audio.
        quiet_at = max(now, self._quiet_at)
        until = quiet_at + settings.link_timeout
        if policy.fallback:
            until = max(now + settings.link_patience, quiet_at - settings.link_patience)
        if policy.route == "warm":
            until = now + settings.asked_verdict
        wanted = LinkRequest(
            kind="tts",
            due=quiet_at,
            until=until,
            avoid=frozenset() if policy.route == "any" else self._avoid,
            alive_since=self._alive_since,
            last=speaker.last,
            elsewhere=policy.fallback,
        )
        live = self._live = await self._pool.take(wanted)
        self._asked_at = self._pool.now()
        speaker.last = live.link.number
        speaker.stats.asking(live.link, self._asked_at, self._asked_at - now)
        self._wait(settings.first_audio_least, settings.first_audio_timeout)
        self._reply = await live.ask(request("tts", payload), self._deadline)
        return self._reply

    def _wait(self, least: float, most: float) -> None:
        """Set the deadline of the next message: the later, the longer the caller still has audio."""
        now = self._pool.now()
        # A caller who has waited for the rest of this sentence before does not wait as long again.
        least = min(least, self._settings.again_least) if self._policy.breaks else least
        self._deadline = min(now + most, max(now + least, self._quiet_at))

    def _take(self, outcomes: list[ReplyOutcome]) -> None:
        """Act on what the reply turned out to be so far."""
        for outcome in outcomes:
            match outcome:
                case TtsChunk(audio, rate, encoding):
                    self._good()
                    self._form = rate, encoding
                    self._give(self._splice.feed(audio, rate, encoding))
                case Done(audio_ms, short):
                    self._give(self._splice.finish(*self._form))
                    if short:
                        self._note("tts_short", {"audio_ms": audio_ms, "characters": len(self._text)})
                    # A reply that was far too short has broken off; a second one like it was all there is.
                    self.over = not (short and self._serving and not self._policy.breaks)
                    if not self.over:
                        raise LinkLost("short")
                case Degenerate():
                    self._degenerate(outcome)
                case Unusable(reason):
                    raise LinkLost(reason)

    def _give(self, audio: bytes) -> None:
        """Queue audio that goes on where the sentence was."""
        if audio:
            self._ready.append(chunk := TtsChunk(audio, *self._form))
            self._got_ms += chunk.ms
            self._serving = True

    def _good(self) -> None:
        """Report that there is speech in the reply."""
        policy, speaker = self._policy, self._speaker
        if policy.speaker > self._relieved:
            self._relieved = policy.speaker
            speaker.stats.fallback += 1
            # The one who has spoken goes on for a while; the first speaker needs no term of its own.
            is_first = self._speakers[policy.speaker] == self._settings.speaker
            speaker.fallback_until = 0.0 if is_first else self._pool.now() + FALLBACK_S
            self._note("tts_fallback", {"route": policy.route})
        if self._live is not None and not self._serving:
            self._live.link.doubts = 0
            self._pool.report("tts", None)

    def _degenerate(self, reply: Degenerate) -> None:
        """Begin another try after a reply without speech in it. Raises TtsError when there is none."""
        now = self._pool.now()
        more = self._policy.degenerate(now, self._quiet_at, now - self._asked_at)
        self._speaker.stats.degenerate += 1
        fields = {"try": self._policy.degenerates, "audio_ms": reply.audio_ms, "characters": reply.characters}
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
        """Begin another try after a failure, as long as there is one. Raises TtsError when there is none."""
        now, live, serving = self._pool.now(), self._live, self._serving
        if self._policy.route != "rest":
            self._pool.report("tts", lost)
        if live is None:
            self.cancel()
        else:
            self._avoid = frozenset({live.link.number})
            # The other links may be as dead: only one that has shown life since will do.
            if lost.row.link_was_silent:
                self._alive_since = now
            if lost.reason == "short":
                self._pool.doubt(live)
            # A link whose reply broke off is in an unknown state. One that refused the request is sound: it drains.
            elif serving or lost.row.retry:
                live.drop(lost.reason)
            else:
                self.cancel()
        if serving:
            more = self._policy.broken(lost)
        else:
            reused = live is not None and live.link.reused
            more = self._policy.lost(lost, now - self._asked_at, reused, now, self._quiet_at)
        if not more:
            self._fail(lost)
        fields = {"reason": lost.reason, "route": self._policy.route}
        if serving:
            self._speaker.stats.resumed += 1
            self._note("tts_resumed", {**fields, "got_ms": round(self._got_ms)})
        else:
            self._speaker.stats.retries += 1
            self._note("tts_retry", fields)
        self._begin()

    def _fail(self, lost: LinkLost) -> None:
        self._speaker.stats.failed += 1
        self._note("tts_failed", {"reason": lost.reason, "got_ms": round(self._got_ms)})
        raise TtsError(lost.reason, again=not lost.row.no_more) from lost

    def _note(self, name: str, fields: Mapping[str, str | int | float | bool]) -> None:
        """Note an event with its possible cause: which link, how old, how often used."""
        link = self._live.link if self._live is not None else None
        cause: dict[str, str | int | float | bool] = {
            "link": link.number if link else 0,
            "use": link.uses if link else 0,
            "age_s": round(link.age(self._pool.now()), 1) if link else 0.0,
        }
        self._speaker.note(name, {**fields, **cause})
