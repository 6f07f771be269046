"""Read what an operator decides about recordings: where they are kept, and with which keys."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ivr.config.lines import check_http_url
from ivr.config.settings import Settings

KEY_BYTES: Final = 32
_BUCKET: Final = "s3://"
_NO_KEY: Final = "is not a key: set it to 32 random bytes as 64 hex digits or base64 (`openssl rand -hex 32`)"


@dataclass(frozen=True, slots=True)
class RecordingPlace:
    """Say where recordings are kept."""

    folder: Path
    """Where they grow, and stay where there is no bucket."""
    bucket: str = ""
    """`s3://bucket/prefix`; empty: none."""
    endpoint: str = ""
    """URL of a service that speaks S3; empty: Amazon's."""


def recording_place(settings: Settings) -> RecordingPlace:
    """Return where recordings are kept."""
    own = settings.data_dir / "recordings"
    if settings.recordings.startswith(_BUCKET):
        return RecordingPlace(own, settings.recordings.rstrip("/"), settings.s3_endpoint.rstrip("/"))
    return RecordingPlace(Path(settings.recordings) if settings.recordings else own)


def recorded_lines(settings: Settings) -> dict[str, int]:
    """Return the lines whose calls are recorded, each with the days for which its recordings stay."""
    return {line.name: line.record_days for line in settings.all_lines if line.record}


def message_lines(settings: Settings) -> dict[str, int]:
    """Return the lines that record only messages, each with the days for which its recordings stay."""
    return {
        line.name: line.record_days
        for line in settings.all_lines
        if line.choices.get("record_messages") and not line.record
    }


def has_recordings(settings: Settings) -> bool:
    """Return whether there are recordings to look after, or may be."""
    return bool(recorded_lines(settings) or message_lines(settings)) or recording_place(settings).folder.is_dir()


def read_recording_keys(written: str) -> list[bytes]:
    """Return the keys, the one that encrypts first. Raises ValueError, one line, for one that is none."""
    return [_read_key(one.strip()) for one in written.split(",") if one.strip()]


def recording_faults(settings: Settings) -> list[str]:
    """Return a line for every fault."""
    faults = []
    try:
        read_recording_keys(settings.recordings_key.get_secret_value())
    except ValueError as fault:
        faults.append(f"IVR_RECORDINGS_KEY {fault}")
    if settings.recordings.startswith(_BUCKET):
        if not urlsplit(settings.recordings).netloc:
            faults.append("IVR_RECORDINGS names no bucket: set it to s3://bucket or s3://bucket/prefix, or to a folder")
        elif find_spec("obstore") is None:
            faults.append("IVR_RECORDINGS is a bucket, and obstore is not installed: install ivr-bridge[s3]")
    elif "://" in settings.recordings:
        faults.append("IVR_RECORDINGS is no place for recordings: set it to a folder, or to s3://bucket/prefix")
    elif settings.recordings and Path(settings.recordings).is_file():
        faults.append(f"IVR_RECORDINGS {settings.recordings} is a file: set it to a folder, existing or new")
    if settings.s3_endpoint and (problem := check_http_url(settings.s3_endpoint)):
        faults.append(f"IVR_S3_ENDPOINT {problem}")
    return faults


def _read_key(written: str) -> bytes:
    try:
        key = bytes.fromhex(written) if len(written) == 2 * KEY_BYTES else base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(_NO_KEY)
    return key
