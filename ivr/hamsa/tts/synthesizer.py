"""Turn sentences into audio, one at a time, over links that stay open.

The caller of `speak` never sees a link that had died, a reply without speech in it, or a sentence that broke off and
was continued. It may see a `TtsError`, when no route to audio is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from ivr.call.ports import TtsChunk, TtsError
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.pool import LinkPool, NoteCallback
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stats import SpeechStats
from ivr.hamsa.tts.synthesis import Speaker, Synthesis

LONGEST_TEXT = 2000
"""Characters of one synthesis, by the service's documents."""


class Synthesizer:
    """Synthesise the sentences of one call, one at a time. Belongs to the loop of its pool."""

    def __init__(
        self,
        settings: HamsaSettings,
        pool: LinkPool,
        *,
        rest: SpeechRest | None,
        note: NoteCallback,
        others: Sequence[HamsaSettings] = (),
    ) -> None:
        """Use the links of `pool`, then `rest`. `note`: hears what an operator may want to know.

        `others`: how the line speaks in each of its other languages.
        """
        self.settings = settings
        self.stats = SpeechStats()
        """What it came to so far."""
        self._pool = pool
        self._speaker = Speaker(settings, pool, rest, note, self.stats, asyncio.sleep)
        self._others = {other.language: Speaker(other, pool, rest, note, self.stats, asyncio.sleep) for other in others}
        self._turn = asyncio.Lock()
        self._shut = False

    def __repr__(self) -> str:
        return f"<Synthesizer {self.settings.speaker}, {self._pool}>"

    async def open(self) -> None:
        """Have a link before it is needed. Returns when it is there or cannot be had; never raises."""
        await self._pool.warm("tts")

    async def speak(self, text: str, quiet_at: float = 0.0, language: str = "") -> AsyncGenerator[TtsChunk, None]:
        """Yield the audio of a text of 1 to 2000 characters, faster than real time. Raises TtsError.

        Waits for the sentence before to end. To stop early, close the generator, or cancel the task that is in it: the
        rest of the reply is read and thrown away in the background. `quiet_at`, `language`: see `TtsPort`.
        """
        if not 0 < len(text) <= LONGEST_TEXT:
            raise ValueError("a sentence has 1 to 2000 characters")
        async with self._turn:
            if self._shut:
                raise TtsError("shut", again=False)
            self.stats.asked += 1
            speaker = next((one for code, one in self._others.items() if code == language), self._speaker)
            sentence = Synthesis(text, speaker, quiet_at)
            try:
                while (chunk := await sentence.next()) is not None:
                    yield chunk
            finally:
                sentence.cancel()

    async def aclose(self) -> None:
        """Refuse further sentences. The links are the pool's and stay: end the sentence in flight first."""
        self._shut = True
