"""Write and read what one worker or node tells another, as one small JSON object.

A message that is lost does no harm: a call ends by its socket and by its missing audio as well, the second stream of a
call already has the place of the first, and what the carrier found out late is a fact that the agent then does not
hear. An operator who asks for an act on a call hears whether there was one to take it (`Directory.tell`).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

LONGEST: Final = 16 * 1024
"""Bytes of a message. A longer one is not sent."""
MOST_SAID: Final = 500
"""Characters that an operator may let the bridge say at once."""
_MOST_DIALLED: Final = 32
"""Characters of a number that an operator may name."""
_MOST_NAMED: Final = 100
"""Characters of an operator's name, and of a listener's."""

OperatorAct: TypeAlias = Literal["hang_up", "transfer", "say"]


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


class Operate(msgspec.Struct, frozen=True, tag="operate"):
    """Ask for an act of an operator on a call. Raises ValueError for one that is too long, or that says nothing."""

    call: str
    act: OperatorAct
    words: str = ""
    """What is to be said. Never logged."""
    number: str = ""
    """Who is to be dialled. Never logged."""
    by: str = ""
    """The operator's name, for the log."""

    def __post_init__(self) -> None:
        """Refuse what no operator needs."""
        too_long = len(self.words) > MOST_SAID or len(self.number) > _MOST_DIALLED or len(self.by) > _MOST_NAMED
        if too_long or (self.act == "say" and not self.words.strip()):
            raise ValueError(f"words: write 1 to {MOST_SAID} characters")


class Listen(msgspec.Struct, frozen=True, tag="listen"):
    """Ask for the audio of a call, or for no more of it. The one who listens asks again before `LEASE_S` are over."""

    call: str
    on: bool
    listener: str = ""
    """Tells those who listen to the same call from one another. Raises ValueError for one that is too long."""
    by: str = ""
    """The operator's name, for the log and the record."""

    def __post_init__(self) -> None:
        """Refuse what is no name."""
        if len(self.listener) > _MOST_NAMED or len(self.by) > _MOST_NAMED:
            raise ValueError(f"listener: write at most {_MOST_NAMED} characters")


class DrainNode(msgspec.Struct, frozen=True, tag="drain"):
    """Ask a node to take no new calls and to end when those on its line are over."""

    node: str
    by: str = ""
    """The operator's name, for the log."""


Message: TypeAlias = CallOver | StreamOver | Learnt | Superseded | Operate | Listen | DrainNode
OfCall: TypeAlias = CallOver | StreamOver | Learnt | Operate | Listen
"""What is for the worker or node that carries a call, whichever that is."""
_READER: Final[msgspec.json.Decoder[Message]] = msgspec.json.Decoder(Message)


def encode(message: Message) -> bytes | None:
    """Return a message as bytes. None: it is too long."""
    written = msgspec.json.encode(message)
    return written if len(written) <= LONGEST else None


def decode(written: bytes) -> Message | None:
    """Return the message of these bytes. None: they are none."""
    try:
        return _READER.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
