"""Keep fixed phrases, rendered once: greetings and apologies that play at once, and also when TTS is down.

One file per text, speaker and service, named by their hash. A file carries the length and the hash of its audio; one
that does not fit, or cannot be read, is as good as absent. A directory that cannot be written costs the next start
only.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from ivr.call.ports import TtsError
from ivr.hamsa.phrase_lock import sole_renderer
from ivr.hamsa.pool.pool import NoteCallback
from ivr.hamsa.tts.reply_audio import FAST_SPEECH_MS_PER_CHARACTER, LEAST_SHARE, characters
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.media import agc, g711, resample

SynthesizerFor: TypeAlias = Callable[[str, str, str], Synthesizer]
"""Makes a synthesizer for a speaker, a dialect and a language."""

FORM: Final = 1
"""Grows when the same text would be rendered differently."""
NOT_KEPT: Final = "phrase_not_kept"
_MAGIC: Final = b"ivr-phrase "
_LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a file that may be a phrase: over eight minutes."""


class PhraseCache:
    """Hold the phrases of one directory. Reading is quick and never raises; rendering is for the background."""

    def __init__(
        self,
        directory: Path,
        synthesizer_for: SynthesizerFor,
        *,
        service: str,
        note: NoteCallback = lambda _name, _fields: None,
    ) -> None:
        """Render with a synthesizer of `synthesizer_for`, which is closed after use.

        `service`: where it asks. What a mock has said is nothing for a real caller.
        """
        self._directory = directory
        self._service = service
        self._synthesizer_for = synthesizer_for
        self._note = note
        self.not_kept = ""
        """Why the last phrase that could not be written could not; empty: all could."""
        self._known: dict[str, bytes] = {}
        self._rendering = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<PhraseCache, {len(self._known)} in memory>"

    def get(self, text: str, speaker: str, dialect: str, language: str) -> bytes | None:
        """Return the phrase as mu-law at 8 kHz, its level normal; None when it was never rendered."""
        name = self._name(text, speaker, dialect, language)
        if name not in self._known and (audio := self._load(name)) is not None:
            self._known[name] = audio
        return self._known.get(name)

    async def render(self, texts: Iterable[str], speaker: str, dialect: str, language: str) -> Mapping[str, bytes]:
        """Return every text that can be had, by text: from the directory, or synthesised now over one connection.

        A text that fails is noted and left out. Empty texts are left out too.
        """
        wanted = [text for text in dict.fromkeys(texts) if text.strip()]

        def missing() -> list[str]:
            return [text for text in wanted if self.get(text, speaker, dialect, language) is None]

        async with self._rendering:
            if missing():
                async with sole_renderer(self._directory, lambda: not missing()):
                    # Another process may have rendered them meanwhile.
                    await self._synthesise_all(missing(), speaker, dialect, language)
        found = {text: self.get(text, speaker, dialect, language) for text in wanted}
        return {text: audio for text, audio in found.items() if audio is not None}

    async def _synthesise_all(self, texts: Sequence[str], speaker: str, dialect: str, language: str) -> None:
        """Render texts over one connection, if there are any."""
        if not texts:
            return
        synthesizer = self._synthesizer_for(speaker, dialect, language)
        try:
            for text in texts:
                await self._synthesise(synthesizer, text, self._name(text, speaker, dialect, language))
        finally:
            await synthesizer.aclose()

    async def _synthesise(self, synthesizer: Synthesizer, text: str, name: str) -> None:
        """Render one text and keep it; note it when that fails."""
        try:
            audio = await _spoken(synthesizer, text)
        except (TtsError, ValueError) as exc:
            reason = exc.reason if isinstance(exc, TtsError) else "text"
            self._note("phrase_failed", {"reason": reason, "characters": len(text)})
            return
        self._known[name] = audio
        try:
            _write(self._directory / name, _head(audio) + audio)
        except OSError as exc:
            self.not_kept = exc.strerror or type(exc).__name__
            self._note(NOT_KEPT, {"error": type(exc).__name__, "why": self.not_kept})

    def _load(self, name: str) -> bytes | None:
        """Read a file; None: it is absent, or does not fit its own head."""
        path = self._directory / name
        try:
            if path.stat().st_size > _LONGEST:
                return None
            head, _, audio = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        return audio if audio and head + b"\n" == _head(audio) else None

    def _name(self, text: str, speaker: str, dialect: str, language: str) -> str:
        key = json.dumps([FORM, self._service, text, speaker, dialect, language])
        return hashlib.sha256(key.encode()).hexdigest()[:40] + ".ulaw"


def _head(audio: bytes) -> bytes:
    return _MAGIC + f"{len(audio)} {hashlib.sha256(audio).hexdigest()}\n".encode()


def _write(path: Path, content: bytes) -> None:
    """Write all of a file or nothing."""
    # Several servers may share the directory, so a file is written beside and then renamed. The last one wins, and both
    # wrote the same.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".phrase-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


async def _spoken(synthesizer: Synthesizer, text: str) -> bytes:
    """Return one text as mu-law at 8 kHz at the level of speech. Raises TtsError: what is kept must be whole."""
    pieces, rate = [], g711.RATE
    async with contextlib.aclosing(synthesizer.speak(text)) as chunks:
        async for chunk in chunks:
            pcm = g711.decode(chunk.audio) if chunk.encoding == "mulaw" else chunk.audio
            pieces.append(pcm)
            rate = chunk.rate
    pcm = b"".join(pieces)
    if rate != g711.RATE:
        pcm = resample.resample(pcm, rate, g711.RATE)
    # A degenerate reply that passed as short is not kept for all calls.
    if len(pcm) // 16 < LEAST_SHARE * FAST_SPEECH_MS_PER_CHARACTER * characters(text):
        raise TtsError("short")
    return g711.encode(agc.normalise(pcm))
