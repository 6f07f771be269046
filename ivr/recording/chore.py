"""Look after recordings beside the calls: mend what a dead process left, put them into the bucket, delete the old.

A chore of the keeper. A bucket that is away is asked again for days: the files stay in the folder until they were
stored and read back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ivr.config.recordings import RecordingPlace, recording_place
from ivr.config.settings import Settings
from ivr.recording.bucket import BucketFault, RecordingBucket, folder_of, is_over, open_bucket
from ivr.recording.facts import FACTS, RecordingFacts, write_facts
from ivr.recording.folder import replace_whole, why_not_written
from ivr.recording.sealed import RecordingKey, UnreadableRecording, read_keys
from ivr.recording.shelf import RecordingShelf

log = logging.getLogger("ivr.recording")

FOLDER_LOOK_S: Final = 5.0
"""Seconds between two looks at the folder."""
LONGEST_PAUSE_S: Final = 600.0
"""Seconds between two attempts while the bucket is away."""
OLD_S: Final = 3600.0
"""Seconds between two looks for what is too old in the bucket."""
MOST_AT_ONCE: Final = 20
"""Recordings that are stored before the chore is asked again, so that it ends in time."""


class RecordingChore:
    """Look after the recordings of one machine."""

    name = "recordings"

    def __init__(
        self,
        place: RecordingPlace,
        keys: list[RecordingKey],
        bucket: Callable[[RecordingPlace], RecordingBucket] = open_bucket,
        changed: Callable[[RecordingFacts], None] = lambda _facts: None,
    ) -> None:
        """Take `changed`, which is told of recordings that were mended, stored elsewhere or deleted (`state` none)."""
        self._shelf = RecordingShelf(place.folder)
        self._place = place
        self._keys = keys
        self._open_bucket = bucket
        self._bucket: RecordingBucket | None = None
        self._changed = changed
        self._failures = 0
        self._told = ""
        self._old_at = 0.0
        self._unreadable: set[Path] = set()
        self._figures = dict.fromkeys(("waiting", "stored", "deleted", "mended"), 0.0)

    def __repr__(self) -> str:
        return f"<RecordingChore {self._shelf!r} {self._place.bucket}>"

    def report(self) -> dict[str, float]:
        """Return how many recordings wait for the bucket, and what was done since the start."""
        return {f"recordings_{name}": value for name, value in self._figures.items()}

    def work(self, now: float) -> float:
        """Do what there is to do at this Unix time; return the seconds until the next look."""
        try:
            self._mend(now)
            self._shelf.tidy(now)
            waiting = self._delete_old(now)
        except OSError as fault:
            self._tell("recordings_folder", reason=why_not_written(fault), setting="IVR_RECORDINGS")
            return self._pause()
        if not self._place.bucket:
            self._failures = 0
            return FOLDER_LOOK_S
        self._figures["waiting"] = len(waiting)
        try:
            more = self._store(waiting)
            self._delete_old_objects(now)
        except BucketFault as fault:
            self._bucket = None
            self._tell("recordings_not_stored", reason=fault.reason, problem=fault.said, setting="IVR_RECORDINGS")
            return self._pause()
        self._failures, self._told = 0, ""
        return 0.0 if more else FOLDER_LOOK_S

    def _mend(self, now: float) -> None:
        for part in self._shelf.left(now):
            if part in self._unreadable:
                continue
            try:
                facts = self._shelf.mend(part, self._keys)
            except UnreadableRecording as fault:
                # Another key may be set one day: nothing is deleted.
                self._unreadable.add(part)
                log.warning("recording_not_mended", extra={"recording": part.name, "problem": str(fault)})
                continue
            self._figures["mended"] += 1
            log.info("recording_mended", extra={"call": facts.call, "seconds": facts.seconds})
            self._changed(facts)

    def _delete_old(self, now: float) -> list[tuple[Path, RecordingFacts]]:
        """Delete what is too old in the folder; return the others."""
        left = []
        for path, facts in self._shelf.all():
            expires = facts.expires()
            if expires is None or now < expires:
                left.append((path, facts))
                continue
            self._shelf.delete(path)
            self._figures["deleted"] += 1
            self._changed(msgspec.structs.replace(facts, state="none", reason="expired", name=""))
        return left

    def _store(self, waiting: list[tuple[Path, RecordingFacts]]) -> bool:
        """Put recordings into the bucket, and delete those that it has; return whether there are more."""
        for path, facts in waiting[:MOST_AT_ONCE]:
            bucket = self._opened()
            folder = folder_of(facts)
            stored = msgspec.structs.replace(facts, name=f"{folder}/{path.name}")
            bucket.put(stored.name, path)
            # The facts come last: what has them is whole.
            beside = path.with_suffix(".stored")
            replace_whole(beside, write_facts(stored))
            bucket.put(f"{folder}/{path.stem}{FACTS}", beside)
            beside.unlink()
            self._shelf.delete(path)
            self._figures["stored"] += 1
            self._figures["waiting"] -= 1
            log.info("recording_stored", extra={"call": facts.call, "bytes": facts.bytes})
            self._changed(stored)
        return len(waiting) > MOST_AT_ONCE

    def _delete_old_objects(self, now: float) -> None:
        if now - self._old_at < OLD_S:
            return
        bucket = self._opened()
        for folder in bucket.folders():
            if is_over(folder, now):
                names = bucket.names(folder)
                bucket.delete(names)
                self._figures["deleted"] += sum(not name.endswith(FACTS) for name in names)
        self._old_at = now

    def _opened(self) -> RecordingBucket:
        if self._bucket is None:
            self._bucket = self._open_bucket(self._place)
        return self._bucket

    def _pause(self) -> float:
        self._failures += 1
        return min(LONGEST_PAUSE_S, FOLDER_LOOK_S * 2.0 ** min(self._failures - 1, 10))

    def _tell(self, name: str, **fields: str) -> None:
        """Log what is wrong, once until it is something else."""
        if self._told != (word := f"{name} {fields['reason']}"):
            self._told = word
            log.warning(name, extra=fields)


def recording_chore(settings: Settings) -> RecordingChore:
    """Return the chore of these settings."""
    return RecordingChore(recording_place(settings), read_keys(settings.recordings_key.get_secret_value()))
