"""Find the recordings of a call in the folder and in the bucket, open them, and delete them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ivr.config.recordings import RecordingPlace, recording_place
from ivr.config.settings import Settings
from ivr.media.stereo_wav import HEADER_BYTES, stereo_header
from ivr.recording.bucket import RecordingBucket, open_bucket
from ivr.recording.facts import FACTS, RecordingFacts, read_facts, safe_name
from ivr.recording.sealed import SEALED_MAGIC, SealedFile, UnreadableRecording, read_keys
from ivr.recording.shelf import RecordingShelf

MOST_STREAMS = 20
"""Recordings of one call that are looked for: one for each of its streams."""


@dataclass(frozen=True, slots=True)
class FoundRecording:
    """Hold a recording that is there."""

    facts: RecordingFacts
    path: Path | None = None
    """Its file in the folder; None: it lies in the bucket."""
    bucket: RecordingBucket | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """Return the file as it is kept. Raises OSError and BucketFault."""
        if self.path is not None:
            return self.path.read_bytes()
        data = self.bucket.get(self.facts.name) if self.bucket is not None else None
        if data is None:
            raise FileNotFoundError(f"{self.facts.name} is not there any more")
        return data

    def delete(self) -> None:
        """Delete it. Raises OSError and BucketFault."""
        if self.path is not None:
            RecordingShelf(self.path.parent).delete(self.path)
        elif self.bucket is not None:
            # The facts go last: what has them is looked for again.
            self.bucket.delete([self.facts.name])
            self.bucket.delete([self.facts.name.rpartition(".")[0] + FACTS])


def find_recordings(settings: Settings, call_id: str) -> list[FoundRecording]:
    """Return the recordings of a call, the oldest first. Raises OSError and BucketFault."""
    place = recording_place(settings)
    found = [FoundRecording(facts, path) for path, facts in RecordingShelf(place.folder).of_call(call_id)]
    found += _in_bucket(place, call_id)
    return sorted(found, key=lambda one: one.facts.began)


def _in_bucket(place: RecordingPlace, call_id: str) -> list[FoundRecording]:
    if not place.bucket:
        return []
    bucket, found = open_bucket(place), []
    for number in range(1, MOST_STREAMS + 1):
        name = safe_name(call_id) + (f"-{number}" if number > 1 else "")
        stored = [facts for _, data in bucket.find(name) if (facts := read_facts(data)) is not None]
        if not stored:
            break
        found += [FoundRecording(facts, None, bucket) for facts in stored if facts.call == call_id]
    return found


def as_wav(data: bytes, keys: str) -> tuple[bytes, str]:
    """Return a recording as a WAV file, and in one line what is wrong with it; empty: it is whole.

    `keys`: the operator's, as they are written. Raises UnreadableRecording where nothing can be opened.
    """
    if not data.startswith(SEALED_MAGIC[:6]):
        if data[:4] != b"RIFF":
            raise UnreadableRecording("this is not a recording of the bridge")
        audio = data[HEADER_BYTES:]
        told = len(audio) if data[:HEADER_BYTES] == stereo_header(len(audio)) else -1
        audio = audio[: len(audio) - len(audio) % 2]
        return stereo_header(len(audio)) + audio, "" if told >= 0 else "the recording breaks off"
    sealed = SealedFile(data, read_keys(keys))
    parts: list[bytes] = []
    problem = ""
    try:
        parts.extend(sealed.audio())
    except UnreadableRecording as fault:
        problem = str(fault)
    audio = b"".join(parts)
    return stereo_header(len(audio)) + audio, problem
