"""Write and read the messages of a media stream as the carrier does.

This is written from Twilio's documentation and not from the bridge, so that it tests the bridge's own messages:
https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import base64
import binascii
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

NOT_DECODABLE = 31950
"""Warning: a message that is not text. Twilio's list of errors calls it 31950."""
NOT_PROTOCOL = 31951
"""Warning: not JSON, an unknown event, a missing or an extra field, another stream's id, broken base64."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Hold the ids of one call."""

    account: str
    """`AC` and 32 hex digits."""
    call: str
    """`CA` and 32 hex digits."""
    stream: str
    """`MZ` and 32 hex digits."""


def new_sid(kind: str, chance: random.Random) -> str:
    """Return a new id of the carrier: two letters and 32 hex digits."""
    return f"{kind}{chance.getrandbits(128):032x}"


@dataclass(frozen=True, slots=True)
class MediaMessage:
    """Carry audio of the bridge."""

    payload: bytes
    """G.711 mu-law, any length."""


@dataclass(frozen=True, slots=True)
class MarkMessage:
    """Ask for this name back when the audio before it was heard."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearMessage:
    """Discard what was not heard yet."""


@dataclass(frozen=True, slots=True)
class WireFault:
    """Report a message that is not in the protocol."""

    code: int
    """Warning number of the carrier."""
    reason: str


Order: TypeAlias = MediaMessage | MarkMessage | ClearMessage | WireFault


def parse(message: str | bytes, stream: str) -> Order:
    """Read one message from the bridge to the phone of `stream`."""
    if isinstance(message, bytes):
        return WireFault(NOT_DECODABLE, "binary message")
    try:
        fields = msgspec.json.decode(message)
    except (ValueError, RecursionError):
        return WireFault(NOT_PROTOCOL, "not JSON")
    if not isinstance(fields, dict):
        return WireFault(NOT_PROTOCOL, "not an object")
    # Twilio's page on warning 31951: exactly the documented fields and the right stream, nothing missing or extra.
    if fields.get("streamSid") != stream:
        return WireFault(NOT_PROTOCOL, "another stream's id")
    match fields.get("event"):
        case "media":
            payload = _inner(fields, "media", "payload")
            if payload is None:
                return WireFault(NOT_PROTOCOL, "fields of media")
            try:
                return MediaMessage(base64.b64decode(payload, validate=True))
            except (binascii.Error, ValueError):
                return WireFault(NOT_PROTOCOL, "broken base64")
        case "mark":
            name = _inner(fields, "mark", "name")
            return WireFault(NOT_PROTOCOL, "fields of mark") if name is None else MarkMessage(name)
        case "clear":
            whole = fields.keys() == {"event", "streamSid"}
            return ClearMessage() if whole else WireFault(NOT_PROTOCOL, "fields of clear")
        case _:
            return WireFault(NOT_PROTOCOL, "unknown event")


def _inner(fields: Mapping[str, object], name: str, key: str) -> str | None:
    """Return the one string in the one object of a message. None when there is more, less or something else."""
    inner = fields.get(name)
    if fields.keys() != {"event", "streamSid", name} or not isinstance(inner, dict) or inner.keys() != {key}:
        return None
    value = inner[key]
    return value if isinstance(value, str) else None


CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'


def start(ids: Ids, sequence: int, parameters: Mapping[str, str]) -> str:
    """Write the beginning of the stream. `parameters` are the document's `<Parameter>`s."""
    return _compact(
        {
            "event": "start",
            "sequenceNumber": str(sequence),
            "start": {
                "accountSid": ids.account,
                "streamSid": ids.stream,
                "callSid": ids.call,
                "tracks": ["inbound"],
                # Numbers are strings on this wire, except the sample rate and the channels.
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(parameters),
            },
            "streamSid": ids.stream,
        }
    )


def media(ids: Ids, sequence: int, chunk: int, timestamp_ms: int, payload: bytes) -> str:
    """Write a chunk of the caller's audio."""
    return (
        f'{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"inbound","chunk":"{chunk}",'
        f'"timestamp":"{timestamp_ms}","payload":"{base64.b64encode(payload).decode()}"}},"streamSid":"{ids.stream}"}}'
    )


def mark(ids: Ids, sequence: int, name: str) -> str:
    """Write a mark that comes back."""
    return _compact({"event": "mark", "sequenceNumber": str(sequence), "streamSid": ids.stream, "mark": {"name": name}})


def dtmf(ids: Ids, sequence: int, digit: str) -> str:
    """Write a key that the caller pressed."""
    # The track is `inbound_track` here and `inbound` in `media`: so say Twilio's examples of both messages.
    return _compact(
        {
            "event": "dtmf",
            "streamSid": ids.stream,
            "sequenceNumber": str(sequence),
            "dtmf": {"track": "inbound_track", "digit": digit},
        }
    )


def stop(ids: Ids, sequence: int) -> str:
    """Write the end of the stream. It gives no reason."""
    return _compact(
        {
            "event": "stop",
            "sequenceNumber": str(sequence),
            "streamSid": ids.stream,
            "stop": {"accountSid": ids.account, "callSid": ids.call},
        }
    )


def _compact(message: Mapping[str, object]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
