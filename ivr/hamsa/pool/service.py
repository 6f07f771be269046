"""What all calls of a process share of the speech service: links, their pace, their breakers, the way over REST.

One pool of links for the voice and one for the ears (a transcript has no type and no number, so it must not come on a
link on which anything else might come), one gate for the connections of both, a breaker for each. A voice or a pair of
ears made here belongs to one call and has nothing of its own but what it counts.

Where no link may be opened for somebody who waits, an idle one of the other pool changes over: nothing more is to come
on it, and audio is never taken for words. Where no links are kept because they die, one for the answer is opened with
the question.

With several processes the gate's bucket is what they would share: anything that is a `Bucket`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Final, Literal

from ivr.hamsa.messages import Message, ends_hearing, ends_speech
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.connect_rate import BURST, RATE, ConnectRate
from ivr.hamsa.pool.connection import LiveLink
from ivr.hamsa.pool.link import Link
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.sharing import MOST, PoolSharing
from ivr.hamsa.pool.sizing import floor, spares
from ivr.hamsa.pool.socket import Connect, connect
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.upstream.breaker import Breaker, BreakerLimits
from ivr.upstream.pace import Bucket, TokenBucket

AT_WORK: Final = {"tts": 0.25, "stt": 0.1}
"""The share of a call in which something is synthesised for it, and in which it is listened to."""
_CHANCE: Final = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServiceOptions:
    """What an operator decides about the links of a process."""

    spare_links: int = 1
    """Idle links kept ready, for every ten calls begun, for voice and ears each. 0: links are opened on demand."""
    links_per_call: float = 1.0
    """Links kept for each call on the line, for voice and ears each, as far as the pace of connections allows. Less:
    calls share them, and some wait for a connect when many speak at once."""
    connects_per_second: float = RATE
    """Connections opened in the long run."""
    connects_burst: float = BURST
    """Connections opened at once."""
    breaker: BreakerLimits = field(default_factory=BreakerLimits)
    """When the service is left alone, and for how long."""


class SpeechService:
    """One for each process. Belongs to the loop it is first used in; `aclose` it."""

    def __init__(
        self,
        settings: HamsaSettings,
        options: SpeechServiceOptions | None = None,
        *,
        rest: SpeechRest | None = None,
        connect: Connect = connect,
        clock: Callable[[], float] | None = None,
        note: NoteCallback = lambda _name, _fields: None,
        calls: Callable[[], int] = lambda: 0,
        bucket: Bucket | None = None,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """`settings`: where the service is; speaker and language are each voice's own. `calls`: calls on the line now.

        `rest`: what is used when links fail; closed with the speech_service. `bucket`: shared with other processes.
        `chance`: 0 to 1, spreads what would else happen to all at once.
        """
        self.options = options or SpeechServiceOptions()
        self.rest = rest
        self._calls = calls
        self._note = note
        pace = bucket or TokenBucket(self.options.connects_per_second, self.options.connects_burst)
        self.gate = ConnectRate(pace, clock=clock, chance=chance)

        def links(peer: Literal["tts", "stt"], ends: Callable[[Message], bool]) -> LinkPool:
            sharing = self._sharing(peer, chance)
            return LinkPool(
                peer, settings, ends, connect=connect, clock=clock, note=note, jitter=chance, sharing=sharing
            )

        self.voice, self.ears = links("tts", ends_speech), links("stt", ends_hearing)

    def __repr__(self) -> str:
        return f"<SpeechService of {self._calls()} calls, {self.gate!r}, {self.voice!r}, {self.ears!r}>"

    def open(self) -> None:
        """Open the spares in the background. Call it in the loop; and again when calls have come."""
        self.voice.tend()
        self.ears.tend()

    def trim(self) -> None:
        """Let go of the links of a call that is over; the spares stay."""
        self.voice.trim()
        self.ears.trim()

    def synthesizer_for(self, settings: HamsaSettings) -> Synthesizer:
        """A voice for one call, or for rendering."""
        return Synthesizer(settings, links=self.voice, rest=self.rest, note=self._note)

    def transcriber_for(self, settings: HamsaSettings) -> Transcriber:
        """A pair of ears for one call."""
        return Transcriber(settings, links=self.ears, rest=self.rest, note=self._note)

    async def aclose(self) -> None:
        """Close every socket and end every task, in less than two seconds."""
        await self.voice.aclose()
        await self.ears.aclose()
        if self.rest is not None:
            await self.rest.aclose()

    def _sharing(self, peer: Literal["tts", "stt"], chance: Callable[[], float]) -> PoolSharing:
        """What one of the two pools has from the process."""
        load = max(AT_WORK[peer], self.options.links_per_call)

        def lend(fits: Callable[[Link], bool]) -> LiveLink | None:
            return (self.ears if peer == "tts" else self.voice).lend(fits)

        return PoolSharing(
            self.gate,
            Breaker(self.options.breaker, chance),
            self._spares,
            lambda: floor(self._calls(), self.options.spare_links, load),
            self._most,
            lend,
            lambda: self.voice.expect() if peer == "stt" else None,
        )

    def _spares(self) -> int:
        return spares(self._calls(), self.options.spare_links)

    def _most(self) -> int:
        """Each call may have one link at work and one that drains."""
        return MOST + self._spares() + 2 * self._calls()
