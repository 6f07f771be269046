"""Write and read all that one worker of a machine tells another: messages of the fleet, and who is on the line here.

What is lost is asked for again: see `ivr.server.shared.machine_directory`.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from ivr.fleet.directory import Gone, LiveCall, NodeState
from ivr.fleet.messages import (
    LONGEST,
    CallOver,
    DrainNode,
    Learnt,
    Listen,
    Message,
    Operate,
    StreamOver,
    Superseded,
)


class Watching(msgspec.Struct, frozen=True, tag="watching"):
    """Ask a worker to tell its calls, and each change for some seconds."""

    worker: int
    """Who asks."""
    anew: bool
    """All calls are wanted, told before or not."""


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Ask a worker to tell one of its calls."""

    worker: int
    """Who asks."""
    call: str


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """Tell a call as it is now."""

    call: LiveCall


class Unseen(msgspec.Struct, frozen=True, tag="unseen"):
    """Tell that a call is gone."""

    gone: Gone


class NodeIs(msgspec.Struct, frozen=True, tag="node"):
    """Tell what a worker says of itself, behind its calls."""

    worker: int
    state: NodeState


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """Carry audio of a call that is listened to."""

    call: str
    audio: bytes


OfDirectory: TypeAlias = Watching | Show | Seen | Unseen | NodeIs | Heard
WorkerMessage: TypeAlias = Message | OfDirectory
_WORKERS: Final[msgspec.json.Decoder[WorkerMessage]] = msgspec.json.Decoder(
    CallOver | StreamOver | Learnt | Superseded | Operate | Listen | DrainNode
    | Watching | Show | Seen | Unseen | NodeIs | Heard
)  # fmt: skip


def encode_told(message: WorkerMessage) -> bytes | None:
    """Return a message as bytes. None: it is too long, or its text is none that can be written."""
    try:
        written = msgspec.json.encode(message)
    except (UnicodeEncodeError, msgspec.EncodeError):
        return None
    return written if len(written) <= LONGEST else None


def decode_told(written: bytes) -> WorkerMessage | None:
    """Return the message of these bytes. None: they are none."""
    try:
        return _WORKERS.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
