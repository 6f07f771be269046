"""Write and read what one worker tells another, as one small JSON object.

A worker hears of the carrier's word about a call that another carries. A message that is lost does no harm: a call ends
by its socket and by its missing audio as well, the second stream of a call already has the place of the first, and what
the carrier found out late is a fact that the agent then does not hear.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

LONGEST: Final = 16 * 1024
"""Bytes of a message. A longer one is not sent."""


class CallOver(msgspec.Struct, frozen=True, tag="over"):
    """Say that the carrier says that a call is over."""

    call: str


class StreamOver(msgspec.Struct, frozen=True, tag="stream_over"):
    """Say that the carrier says that a stream of a call is over."""

    call: str
    stream_id: str
    """The carrier's name of the stream."""


class Learnt(msgspec.Struct, frozen=True, tag="learn"):
    """Say what the carrier found out of a call."""

    call: str
    found: dict[str, str]
    """Never logged."""


class Superseded(msgspec.Struct, frozen=True, tag="superseded"):
    """Say that another stream of a call has begun, at the worker that says so."""

    call: str
    stream: int
    """The worker's number of the older stream: the call may have come back meanwhile."""


Message: TypeAlias = CallOver | StreamOver | Learnt | Superseded
_OF_WORKERS: Final[msgspec.json.Decoder[Message]] = msgspec.json.Decoder(Message)


def encode(message: Message) -> bytes | None:
    """Return a message as bytes. None: it is too long."""
    written = msgspec.json.encode(message)
    return written if len(written) <= LONGEST else None


def decode(written: bytes) -> Message | None:
    """Return the message of these bytes. None: they are none."""
    try:
        return _OF_WORKERS.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
