"""Keep decoded recordings: the last ones in memory, and those of hosts in a folder as well.

A recording is decoded once, and a caller who hears it again waits for nothing. What a host says of its age is obeyed;
when it cannot be asked any more, what was fetched is played for a day. Times are Unix seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from ivr.play.fetch import Validators

MEMORY_MB: Final = 64
FOLDER_MB: Final = 256
PLAYED_UNASKED_S: Final = 60.0
"""Seconds for which a recording is played without asking, where its host says nothing."""
MOST_FRESH_S: Final = 3600.0
"""Seconds for which it is at most, whatever its host says."""
STALE_S: Final = 86_400.0
"""Seconds for which it is played when its host cannot be asked."""
_KEPT_SUFFIX: Final = ".play"
_LONGEST_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """Hold one recording."""

    audio: bytes
    """Mu-law at 8 kHz."""
    asked_at: float
    """When its host was asked last."""
    fresh_s: float = PLAYED_UNASKED_S
    validators: Validators = field(default_factory=Validators)

    def is_fresh(self, now: float) -> bool:
        """Return whether it is played without asking."""
        return 0 <= now - self.asked_at < self.fresh_s

    def is_usable(self, now: float) -> bool:
        """Return whether it is played when its host cannot be asked."""
        return now - self.asked_at < STALE_S

    def asked(self, now: float, max_age_s: float | None) -> KeptRecording:
        """Return it as asked for just now."""
        return replace(self, asked_at=now, fresh_s=fresh_for(max_age_s))


def fresh_for(max_age_s: float | None) -> float:
    """Return the seconds for which a recording is fresh, by what its host says."""
    return PLAYED_UNASKED_S if max_age_s is None else min(max_age_s, MOST_FRESH_S)


class MemoryCache:
    """Keep the recordings played last, bounded by their bytes."""

    def __init__(self, most_bytes: int = MEMORY_MB * 1024 * 1024) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[str, KeptRecording] = OrderedDict()
        self.size = 0
        """Bytes of audio."""

    def __repr__(self) -> str:
        return f"<MemoryCache {len(self._kept)} recordings, {self.size} bytes>"

    def __contains__(self, key: str) -> bool:
        """Return whether a recording is here."""
        return key in self._kept

    def get(self, key: str) -> KeptRecording | None:
        """Return a recording; None: it is not here."""
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, recording: KeptRecording) -> None:
        """Keep a recording, in the place of those played least lately."""
        if (before := self._kept.pop(key, None)) is not None:
            self.size -= len(before.audio)
        self._kept[key] = recording
        self.size += len(recording.audio)
        while self.size > self._most:
            _, gone = self._kept.popitem(last=False)
            self.size -= len(gone.audio)


class _Head(msgspec.Struct):
    """Hold what stands before the audio in a file."""

    url: str
    asked_at: float
    fresh_s: float
    etag: str
    modified: str
    sha256: str


class FolderCache:
    """Keep recordings of hosts in a folder. Its verbs read and write files: call them in a thread."""

    def __init__(self, folder: Path, most_bytes: int = FOLDER_MB * 1024 * 1024) -> None:
        self._folder = folder
        self._most = most_bytes

    def __repr__(self) -> str:
        return f"<FolderCache {self._folder}>"

    def get(self, url: str) -> KeptRecording | None:
        """Return the recording of a URL; None: there is none, or its file is damaged."""
        try:
            written = self._place(url).read_bytes()
            head = msgspec.json.decode(written[:_LONGEST_HEAD].partition(b"\n")[0], type=_Head)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        audio = written.partition(b"\n")[2]
        if head.url != url or head.sha256 != hashlib.sha256(audio).hexdigest():
            return None
        return KeptRecording(audio, head.asked_at, head.fresh_s, Validators(head.etag, head.modified))

    def put(self, url: str, recording: KeptRecording) -> None:
        """Keep a recording. A folder that cannot be written costs no caller anything: it is fetched again."""
        known = recording.validators
        digest = hashlib.sha256(recording.audio).hexdigest()
        head = _Head(url, recording.asked_at, recording.fresh_s, known.etag, known.modified, digest)
        written = msgspec.json.encode(head)
        if len(written) >= _LONGEST_HEAD:
            return
        place = self._place(url)
        part = place.with_suffix(f".{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(written + b"\n" + recording.audio)
            part.replace(place)
            self._prune()

    def _place(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}{_KEPT_SUFFIX}"

    def _prune(self) -> None:
        """Delete the files written least lately. Raises OSError."""
        files = [(found.stat(), found) for found in self._folder.glob(f"*{_KEPT_SUFFIX}")]
        size = sum(stat.st_size for stat, _ in files)
        for stat, found in sorted(files, key=lambda one: one[0].st_mtime):
            if size > self._most:
                size -= stat.st_size
                found.unlink(missing_ok=True)
