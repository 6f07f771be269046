"""Play recordings for an agent: the port `play` of a call.

A recording is loaded and decoded once for all calls that ask for it at the same time, in threads, a few at once. Its
audio is given a few seconds ahead of the ear: a caller who interrupts it has not cost the whole of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from ivr.call.ports import TtsChunk, TtsError
from ivr.media.g711 import RATE
from ivr.play.cache import FolderCache, KeptRecording, MemoryCache, fresh_for
from ivr.play.decode import decode, load_decoder
from ivr.play.fetch import NONE, Fetcher
from ivr.play.places import PlayReason, PlayRefused, file_in, is_url

AT_ONCE: Final = 4
"""Recordings that are loaded or decoded at the same time."""
WAIT_S: Final = 20.0
"""Seconds that a call waits for a recording, others before it included."""
GIVEN_AHEAD_S: Final = 8
"""Seconds of a recording that are given at once; the rest follows as it is played."""
MOST_FILE_BYTES: Final = 64 * 1024 * 1024
_HOST_IS_AWAY: Final = frozenset({"play_unreachable", "play_slow", "play_status"})


class Recordings:
    """Load and keep the recordings of one process. Belongs to the loop in which it is used."""

    def __init__(
        self,
        folder: Path | None,
        fetcher: Fetcher | None,
        kept: FolderCache | None = None,
        memory: MemoryCache | None = None,
    ) -> None:
        """Take the operator's folder and what fetches from hosts; None: there is none. `kept`: outlives a start."""
        self._folder = folder
        self._fetcher = fetcher
        self._kept = kept
        self._memory = memory or MemoryCache()
        self._loading: dict[str, asyncio.Task[bytes | PlayReason]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        load_decoder()

    def __repr__(self) -> str:
        return f"<Recordings {self._memory!r}, {len(self._loading)} loading>"

    async def play(self, source: str) -> AsyncGenerator[TtsChunk, None]:
        """Yield the audio of a recording, a URL or a file's name, in pieces of a second. Raises TtsError."""
        audio = await self._audio(source)
        clock = asyncio.get_running_loop().time
        begun = clock()
        for second, at in enumerate(range(0, len(audio), RATE)):
            if (wait := begun + second - GIVEN_AHEAD_S - clock()) > 0:
                await asyncio.sleep(wait)
            yield TtsChunk(audio[at : at + RATE], RATE, "mulaw")

    async def aclose(self) -> None:
        """Let go of everything."""
        for task in [*self._loading.values()]:
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        if self._fetcher is not None:
            await self._fetcher.aclose()

    async def _audio(self, source: str) -> bytes:
        """Return the audio of a recording, loaded once for all who wait. Raises TtsError."""
        if (task := self._loading.get(source)) is None:
            task = self._loading[source] = asyncio.create_task(self._load(source))
            task.add_done_callback(lambda _: self._loading.pop(source, None))
        found: bytes | PlayReason
        try:
            async with asyncio.timeout(WAIT_S):
                # One of those who wait may be gone before it is there; the others wait on.
                found = await asyncio.shield(task)
        except TimeoutError:
            found = "play_slow"
        if isinstance(found, str):
            raise TtsError(found, again=False)
        return found

    async def _load(self, source: str) -> bytes | PlayReason:
        """Return the audio of a recording, or why there is none."""
        try:
            async with self._slots:
                if is_url(source):
                    return (await self._of_host(source, time.time())).audio
                return (await self._of_folder(source)).audio
        except PlayRefused as refused:
            # The call's note has the reason. The place may hold a key, or a stranger's words: it is told nowhere.
            return refused.reason

    async def _of_host(self, url: str, now: float) -> KeptRecording:
        """Return the recording of a URL. Raises PlayRefused."""
        if self._fetcher is None:
            raise PlayRefused("play_off")
        known = self._memory.get(url)
        if known is None and self._kept is not None:
            known = await asyncio.to_thread(self._kept.get, url)
        # A host that was taken from the list is not played from the cache.
        self._fetcher.check(url)
        if known is not None and known.is_fresh(now):
            self._memory.put(url, known)
            return known
        try:
            found = await self._fetcher.fetch(url, NONE if known is None else known.validators)
        except PlayRefused as refused:
            if known is not None and refused.reason in _HOST_IS_AWAY and known.is_usable(now):
                return known
            raise
        if found.data is not None:
            audio = await asyncio.to_thread(decode, found.data)
            known = KeptRecording(audio, now, fresh_for(found.max_age_s), found.validators)
        elif known is not None:
            known = known.asked(now, found.max_age_s)
        else:
            raise PlayRefused("play_status")
        self._memory.put(url, known)
        if self._kept is not None:
            await asyncio.to_thread(self._kept.put, url, known)
        return known

    async def _of_folder(self, name: str) -> KeptRecording:
        """Return the recording of a file. Raises PlayRefused."""
        if self._folder is None:
            raise PlayRefused("play_off")
        key, data = await asyncio.to_thread(_read, self._folder, name, self._memory)
        if data is None and (known := self._memory.get(key)) is not None:
            return known
        found = KeptRecording(await asyncio.to_thread(decode, data or b""), 0.0)
        self._memory.put(key, found)
        return found


def _read(folder: Path, name: str, memory: MemoryCache) -> tuple[str, bytes | None]:
    """Return the key of a file and its bytes, None where that key is known. Raises PlayRefused."""
    try:
        found = file_in(folder, name)
        stat = found.stat()
        key = f"{found}\n{stat.st_mtime_ns}\n{stat.st_size}"
        if stat.st_size > MOST_FILE_BYTES:
            raise PlayRefused("play_size")
        return key, None if key in memory else found.read_bytes()
    except OSError:
        raise PlayRefused("play_missing") from None
