"""Keep recordings in a bucket of S3, or of a service that speaks its protocol.

An object's name begins with the day after which it is deleted: `until-2026-12-31/CA1.rec`; `kept/CA1.rec` stays. So the
day's folders are all that must be listed to find what is too old. Names and access come from the usual AWS_* variables.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ivr.config.recordings import RecordingPlace
from ivr.recording.facts import FACTS, RecordingFacts

if TYPE_CHECKING:
    from obstore.store import ObjectStore

UNTIL: Final = "until-"
FOR_EVER: Final = "kept"
REQUEST_S: Final = 60
"""Seconds for one request, its body included."""
_CONNECT_S: Final = 10
_TRIES: Final = 2
"""Times that a request is tried again at once; the keeper tries again later."""


class BucketFault(Exception):
    """Say in a fixed word why the bucket did not do it, and what the service says, for people."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.said = said


def folder_of(facts: RecordingFacts) -> str:
    """Return the folder of a recording in the bucket: that of the last day on which it stays."""
    expires = facts.expires()
    return FOR_EVER if expires is None else f"{UNTIL}{datetime.fromtimestamp(expires, UTC):%Y-%m-%d}"


def is_over(folder: str, now: float) -> bool:
    """Return whether what lies in a folder of the bucket is to be deleted at this Unix time."""
    try:
        last = datetime.strptime(folder, f"{UNTIL}%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return datetime.fromtimestamp(now, UTC) >= last + timedelta(days=1)


def open_bucket(place: RecordingPlace) -> RecordingBucket:
    """Return the bucket of the settings. Raises BucketFault when it cannot be one."""
    from obstore.store import S3Store  # noqa: PLC0415  (loaded by the keeper alone)

    options: dict[str, object] = {"timeout": f"{REQUEST_S}s", "connect_timeout": f"{_CONNECT_S}s"}
    config: dict[str, object] = {}
    if place.endpoint:
        config["endpoint"] = place.endpoint
        options["allow_http"] = place.endpoint.startswith("http://")
    try:
        store = S3Store.from_url(
            place.bucket,
            config=config,  # type: ignore[arg-type]
            client_options=options,  # type: ignore[arg-type]
            retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=REQUEST_S)},
        )
    except Exception as fault:
        raise BucketFault("settings", _first_line(fault)) from fault
    return RecordingBucket(store)


class RecordingBucket:
    """Hold the recordings of a bucket. Every method waits for the service, and raises BucketFault."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, name: str, path: Path) -> int:
        """Store a file, read it back and compare; return its bytes."""
        import obstore  # noqa: PLC0415

        try:
            obstore.put(self._store, name, path)
            stored = hashlib.sha256()
            for chunk in obstore.get(self._store, name):
                stored.update(chunk)
        except Exception as fault:
            raise _told(fault) from fault
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != stored.digest():
                raise BucketFault("differs", "what was read back is not what was stored")
            return file.seek(0, 2)

    def get(self, name: str) -> bytes | None:
        """Return an object; None: there is none."""
        import obstore  # noqa: PLC0415

        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except Exception as fault:
            raise _told(fault) from fault

    def folders(self) -> list[str]:
        """Return the folders that there are, by name."""
        import obstore  # noqa: PLC0415

        try:
            return sorted(obstore.list_with_delimiter(self._store)["common_prefixes"])
        except Exception as fault:
            raise _told(fault) from fault

    def names(self, folder: str) -> list[str]:
        """Return the objects of a folder."""
        import obstore  # noqa: PLC0415

        try:
            return [str(one["path"]) for some in obstore.list(self._store, folder) for one in some]
        except Exception as fault:
            raise _told(fault) from fault

    def delete(self, names: list[str]) -> None:
        """Delete objects. Those that are not there do no harm."""
        import obstore  # noqa: PLC0415

        try:
            if names:
                obstore.delete(self._store, names)
        except FileNotFoundError:
            pass
        except Exception as fault:
            raise _told(fault) from fault

    def find(self, name: str) -> list[tuple[str, bytes]]:
        """Return the facts of the recordings of this name, each with its folder."""
        found = []
        for folder in self.folders():
            if (folder == FOR_EVER or folder.startswith(UNTIL)) and (data := self.get(f"{folder}/{name}{FACTS}")):
                found.append((folder, data))
        return found


def _told(fault: Exception) -> BucketFault:
    """Return a fault of the service in a fixed word."""
    kind = type(fault).__name__
    words = {
        "PermissionDeniedError": "refused",
        "UnauthenticatedError": "refused",
        "PermissionError": "refused",
        "NotFoundError": "no_bucket",
        "FileNotFoundError": "no_bucket",
    }
    return fault if isinstance(fault, BucketFault) else BucketFault(words.get(kind, "unreachable"), _first_line(fault))


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:300]
