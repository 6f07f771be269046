"""Hold what all calls of a process share of the speech service: links, their pace, their breakers, and REST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Final

from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.pool.connect_rate import ConnectRate
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.pool.socket import Connect, connect
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.upstream.pace import Bucket, TokenBucket

_CHANCE: Final = SystemRandom()


class SpeechService:
    """Make the TTS and STT ports of calls, over one pool of links. One a process; `aclose` it.

    Belongs to the loop it is first used in. The composition root creates it; it decides nothing itself.
    """

    def __init__(
        self,
        settings: HamsaSettings,
        options: SpeechServiceOptions | None = None,
        *,
        rest: SpeechRest | None = None,
        connect: Connect = connect,
        note: NoteCallback = lambda _name, _fields: None,
        calls: Callable[[], int] = lambda: 0,
        bucket: Bucket | None = None,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """Ask where `settings` says; speaker and language are each port's own. `rest`: used when links fail, and closed
        with this. `calls`: counts the calls on the line. `bucket`: the pace of connections, if other processes
        share it. `chance`: 0 to 1, spreads what all links would do at once."""
        options = options or SpeechServiceOptions()
        self.rest = rest
        self._note = note
        rate = ConnectRate(bucket or TokenBucket(options.connects_per_second, options.connects_burst), chance)
        self.pool = LinkPool(settings, options, connect=connect, rate=rate, calls=calls, note=note, chance=chance)

    def __repr__(self) -> str:
        return f"<SpeechService {self.pool.rate!r}, {self.pool!r}>"

    def open(self) -> None:
        """Open the spare links in the background. Call it in the loop."""
        self.pool.tend()

    def use_key(self, key: str) -> None:
        """Ask with another key from now on; sockets that are open stay."""
        self.pool.use_key(key)
        if self.rest is not None:
            self.rest.use_key(key)

    def trim(self) -> None:
        """Close the links of a call that is over; the spare links stay."""
        self.pool.trim()

    def synthesizer_for(self, settings: HamsaSettings, others: Sequence[HamsaSettings] = ()) -> Synthesizer:
        """Make the TTS port of one call, or of rendering. `others`: the line's other languages."""
        return Synthesizer(settings, self.pool, rest=self.rest, note=self._note, others=others)

    def transcriber_for(self, settings: HamsaSettings) -> Transcriber:
        """Make the STT port of one call."""
        return Transcriber(settings, self.pool, rest=self.rest, note=self._note)

    async def aclose(self) -> None:
        """Close every socket and end every task, in less than two seconds."""
        await self.pool.aclose()
        if self.rest is not None:
            await self.rest.aclose()
