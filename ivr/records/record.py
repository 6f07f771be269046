"""Say what is written of a call: what the process of the calls puts into the spool, and the keeper into the database.

A call may have several parts: streams that came one after the other, perhaps in different processes. Each part begins
and ends once; the call is made up of them in the database. What a later version adds to a record is ignored by an
earlier one, and what it leaves out has its default.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, TypeAlias

import msgspec

from ivr.config.lines import Keep

_KEY_DIGITS: Final = 32
_PAD: Final = "*"


class CallFacts(msgspec.Struct, omit_defaults=True, frozen=True):
    """Hold what is known of a part from its beginning."""

    part: str
    """An id of its own."""
    writer: str
    """The process that carries it."""
    call_id: str
    stream: str
    line: str
    direction: str
    node: str
    started_at: float
    """Seconds of Unix time."""
    keep: Keep
    keep_days: int
    caller: str = ""
    """Only with `keep = "text"`, as `called`."""
    called: str = ""
    caller_key: str = ""
    """By which the record is found by a person who knows the number."""
    called_key: str = ""


class TurnRecord(msgspec.Struct, omit_defaults=True, frozen=True):
    """Hold one question and its answer. Times are milliseconds; None: it was not reached."""

    number: int
    kind: str
    outcome: str
    failure: str = ""
    at_s: float = 0.0
    """Seconds since the part began."""
    wait_ms: int | None = None
    endpoint_ms: int | None = None
    stt_ms: int | None = None
    agent_ms: int | None = None
    tts_ms: int | None = None
    own_ms: int | None = None
    sentences: int = 0
    barge_ins: int = 0
    """Times that the caller took the floor from the agent."""
    asked: str = ""
    """Only with `keep = "text"`, as the next two."""
    heard: str = ""
    unheard: str = ""


class Began(msgspec.Struct, tag="began", omit_defaults=True, frozen=True):
    """Report that a part has begun. If its process dies, this is all there is of it."""

    facts: CallFacts


class Ended(msgspec.Struct, tag="ended", omit_defaults=True, frozen=True):
    """Report that a part is over."""

    facts: CallFacts
    ended_at: float
    result: str
    reason: str
    settled: bool = True
    """The conversation came to its end. Otherwise the carrier may bring the call back."""
    superseded: bool = False
    """The call went on in another stream at once."""
    turns: list[TurnRecord] = []
    notes: dict[str, int] = {}
    """Notes of the call, by their names."""
    faults: dict[str, int] = {}
    """What peers did outside their protocols: `wire/reason`."""


class FileNamed(msgspec.Struct, tag="file", frozen=True):
    """Report that there is a tape or a recording of a call."""

    call_id: str
    kind: str
    """`tape` or `recording`."""
    name: str
    at: float


Entry: TypeAlias = Began | Ended | FileNamed

_ENTRY_ENCODER: Final = msgspec.json.Encoder()
_ENTRY_DECODER: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """Return an entry as JSON."""
    return _ENTRY_ENCODER.encode(entry)


def decode_entry(payload: bytes) -> Entry:
    """Return the entry that was encoded. Raises ValueError."""
    return _ENTRY_DECODER.decode(payload)


def number_key(secret: bytes, number: str) -> str:
    """Return the key of a telephone number or another address; empty for none.

    Without the secret, no one can try all numbers until one fits.
    """
    written = plain_number(number)
    if not written:
        return ""
    return hmac.new(secret, written.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:_KEY_DIGITS]


def plain_number(number: str) -> str:
    """Return a number without the signs that people put into it, or another address in small letters."""
    text = number.strip().lower()
    digits = "".join(letter for letter in text if letter.isdecimal())
    is_number = bool(digits) and not text.strip("+0123456789 ()-./")
    if not is_number:
        return text
    return digits.removeprefix("00") if text.startswith("00") else digits


def without_digits(text: str) -> str:
    """Return what was said and pressed with a star for each digit and key: it may be a card's number."""
    return "".join(_PAD if letter.isdecimal() or letter in "*#" else letter for letter in text)


def storable(text: str) -> str:
    """Return text as any database takes it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
