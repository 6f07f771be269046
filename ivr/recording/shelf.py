"""Look after the folder of recordings: mend what a dead process left, list what there is, delete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ivr.media.g711 import RATE
from ivr.media.stereo_wav import HEADER_BYTES, stereo_header
from ivr.recording.facts import FACTS, LONGEST_FACTS, OPEN_PART, SEALED, RecordingFacts, read_facts, write_facts
from ivr.recording.folder import replace_whole

if TYPE_CHECKING:
    from ivr.recording.sealed import RecordingKey

LEFT_S: Final = 120.0
"""Seconds after which a file that does not grow was left: a call adds to its recording every second."""


class RecordingShelf:
    """Hold the recordings of one folder. Every method may wait for the disk, and raises OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"<RecordingShelf {self.folder}>"

    def all(self) -> Iterator[tuple[Path, RecordingFacts]]:
        """Yield the recordings that are finished, each with its file, the oldest first."""
        found = []
        for path in self.folder.glob(f"*{FACTS}"):
            facts = self._facts(path)
            if facts is not None and facts.state in ("kept", "cut") and (audio := self._audio(facts)).is_file():
                found.append((facts.began, audio, facts))
        yield from ((audio, facts) for _, audio, facts in sorted(found, key=lambda one: one[:2]))

    def of_call(self, call_id: str) -> list[tuple[Path, RecordingFacts]]:
        """Return the recordings of a call: one for each of its streams."""
        return [(path, facts) for path, facts in self.all() if facts.call == call_id]

    def left(self, now: float) -> list[Path]:
        """Return the files that a dead process has left open, at this Unix time."""
        return [part for part in sorted(self.folder.glob(f"*{OPEN_PART}")) if self._idle(part, now)]

    def mend(self, part: Path, keys: Sequence[RecordingKey]) -> RecordingFacts:
        """Close a file that was left, and give it its name; return its facts.

        Raises UnreadableRecording for an encrypted file whose key is not among `keys`, or that was changed.
        """
        whole = part.with_suffix("")
        before = part.stat().st_mtime
        if whole.suffix == SEALED:
            seconds = self._close_sealed(part, keys)
        else:
            size = max(0, part.stat().st_size - HEADER_BYTES) // 2 * 2
            with part.open("r+b") as file:
                file.truncate(HEADER_BYTES + size)
                file.write(stereo_header(size))
            seconds = size / 2 / RATE
        facts = self._facts(whole.with_suffix(FACTS))
        # The facts are written before the first byte of the audio: without them, all that is known is the name.
        facts = facts or RecordingFacts(whole.stem, "", before - seconds, 1, whole.name)
        facts = msgspec.structs.replace(
            facts, state="cut", reason="process_died", seconds=round(seconds, 3), bytes=part.stat().st_size
        )
        replace_whole(whole.with_suffix(FACTS), write_facts(facts))
        part.rename(whole)
        return facts

    def tidy(self, now: float) -> None:
        """Delete facts without a recording, and what was half written, once they are old."""
        for path in [*self.folder.glob(f"*{FACTS}"), *self.folder.glob(".*"), *self.folder.glob("*.stored")]:
            if not self._idle(path, now):
                continue
            facts = self._facts(path) if path.suffix == FACTS else None
            audio = None if facts is None or not facts.name else self._audio(facts)
            if audio is None or not (audio.exists() or audio.with_name(audio.name + OPEN_PART).exists()):
                path.unlink(missing_ok=True)

    def delete(self, path: Path) -> None:
        """Delete a recording."""
        path.unlink(missing_ok=True)
        path.with_suffix(FACTS).unlink(missing_ok=True)

    def _close_sealed(self, part: Path, keys: Sequence[RecordingKey]) -> float:
        """Close an encrypted file behind its last whole chunk; return its seconds."""
        from ivr.recording.sealed import SealedFile, closing_chunk  # noqa: PLC0415

        data = part.read_bytes()
        file = SealedFile(data, keys)
        end, last = closing_chunk(data, keys)
        with part.open("r+b") as target:
            target.truncate(end)
            target.seek(end)
            target.write(last)
        file = SealedFile(data[:end] + last, keys)
        return sum(len(audio) for audio in file.audio()) / 2 / RATE

    def _audio(self, facts: RecordingFacts) -> Path:
        # A name that leads elsewhere is none of the bridge's.
        return self.folder / Path(facts.name).name

    def _facts(self, path: Path) -> RecordingFacts | None:
        try:
            with path.open("rb") as file:
                return read_facts(file.read(LONGEST_FACTS))
        except FileNotFoundError:
            return None

    def _idle(self, path: Path, now: float) -> bool:
        try:
            return now - path.stat().st_mtime > LEFT_S
        except FileNotFoundError:
            return False
