"""Read and write the messages of the phone's WebSocket.

`parse` never raises: what is not in the protocol is `Malformed` with a fixed reason, and an unknown event is `Unknown`.
50 media messages a second and call go through it, so the known events are decoded in one step into typed structures,
base64 included. Only a message that does not fit is read a second time, to name its fault.

Spec: https://www.twilio.com/docs/voice/media-streams/websocket-messages.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

import msgspec

LONGEST_MESSAGE: Final = 256 * 1024
"""Characters (or bytes) of one message: `start` with all its parameters, escaped. What is longer is not read."""
LONGEST_NAME: Final = 256
"""Characters of a mark's name."""
LONGEST_PARAMETER: Final = 500
"""Characters of a custom parameter, name and value together: Twilio's own limit."""
MOST_PARAMETERS: Final = 64
_LARGEST_NUMBER: Final = 2**53
"""The largest whole number that every JSON reader keeps exactly."""
_DTMF_DIGITS: Final = frozenset("0123456789*#ABCD")
_SID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

FaultReason: TypeAlias = Literal[
    "too_long",
    "bad_encoding",
    "too_deep",
    "not_json",
    "not_an_object",
    "no_event",
    "bad_base64",
    "bad_number",
    "bad_sid",
    "bad_parameters",
    "bad_digit",
    "bad_mark",
    "bad_fields",
]


class Connected(msgspec.Struct, frozen=True, gc=False):
    """Hold the first message of a stream."""

    protocol: str
    version: str


class Start(msgspec.Struct, frozen=True):
    """Hold the facts of a stream. It comes once, before any audio."""

    stream_sid: str
    """Letters, digits, `_`, `-`; at most 64."""
    call_sid: str
    """Letters, digits, `_`, `-`; at most 64."""
    account_sid: str
    tracks: tuple[str, ...]
    parameters: dict[str, str]
    """Custom parameters of the TwiML, the token among them."""
    encoding: str
    """Empty when the message has no media format."""
    sample_rate: int
    """Samples a second; 0 when the message has no media format."""
    channels: int


class Media(msgspec.Struct, frozen=True, gc=False):
    """Hold a chunk of audio, of any length."""

    stream_sid: str
    track: str
    timestamp_ms: int
    """From the stream's start; 0 to 2**53."""
    payload: bytes
    """G.711 mu-law at 8 kHz."""


class Dtmf(msgspec.Struct, frozen=True, gc=False):
    """Hold a key that the caller pressed."""

    stream_sid: str
    digit: str
    """One of `0-9 * # A-D`. Never logged."""


class Mark(msgspec.Struct, frozen=True, gc=False):
    """Report that a mark has come back."""

    stream_sid: str
    name: str


class Stop(msgspec.Struct, frozen=True, gc=False):
    """Report that the stream or the call ended; Twilio does not say which."""

    stream_sid: str


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """Stand for an event that the bridge does not know. Twilio may add events without notice."""


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """Stand for a message that is not in the protocol."""

    reason: FaultReason
    """Safe for logs and metric labels."""


PhoneMessage: TypeAlias = Connected | Start | Media | Dtmf | Mark | Stop | Unknown | Malformed


class _MediaFormat(msgspec.Struct, rename="camel"):
    encoding: str = ""
    sample_rate: int | str = 0
    channels: int | str = 0


class _StartFields(msgspec.Struct, rename="camel"):
    call_sid: str
    stream_sid: str
    account_sid: str = ""
    tracks: list[str] = []
    custom_parameters: dict[str, str] = {}
    media_format: _MediaFormat = msgspec.field(default_factory=_MediaFormat)


class _MediaFields(msgspec.Struct, gc=False):
    timestamp: int | str
    payload: bytes
    track: str = "inbound"


class _DtmfFields(msgspec.Struct, gc=False):
    digit: str


class _MarkFields(msgspec.Struct, gc=False):
    name: str


class _ConnectedWire(msgspec.Struct, tag_field="event", tag="connected"):
    protocol: str = ""
    version: str = ""


class _StartWire(msgspec.Struct, tag_field="event", tag="start"):
    start: _StartFields


class _MediaWire(msgspec.Struct, tag_field="event", tag="media", rename="camel"):
    stream_sid: str
    media: _MediaFields


class _DtmfWire(msgspec.Struct, tag_field="event", tag="dtmf", rename="camel"):
    stream_sid: str
    dtmf: _DtmfFields


class _MarkWire(msgspec.Struct, tag_field="event", tag="mark", rename="camel"):
    stream_sid: str
    mark: _MarkFields


class _StopWire(msgspec.Struct, tag_field="event", tag="stop", rename="camel"):
    stream_sid: str


_Wire: TypeAlias = _ConnectedWire | _StartWire | _MediaWire | _DtmfWire | _MarkWire | _StopWire
_decoder: Final[msgspec.json.Decoder[_Wire]] = msgspec.json.Decoder(_Wire)
_KNOWN: Final = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})


def parse(text: str | bytes) -> PhoneMessage:
    """Read one message of the phone. Never raises."""
    if len(text) > LONGEST_MESSAGE:
        return Malformed("too_long")
    try:
        wire = _decoder.decode(text)
    except UnicodeError:
        return Malformed("bad_encoding")
    except RecursionError:
        return Malformed("too_deep")
    except msgspec.DecodeError as error:
        return _name_fault(text, str(error))
    try:
        return _checked(wire)
    except _OutOfRange as error:
        return Malformed(error.reason)


class _OutOfRange(Exception):
    """Report a field whose type is right and whose value is not."""

    def __init__(self, reason: FaultReason) -> None:
        super().__init__(reason)
        self.reason: FaultReason = reason


def _checked(wire: _Wire) -> PhoneMessage:
    """Check the values of a decoded message. Raises _OutOfRange."""
    # Media first: it is 50 of 51 messages.
    if isinstance(wire, _MediaWire):
        media = wire.media
        return Media(wire.stream_sid, media.track, _number(media.timestamp), media.payload)
    if isinstance(wire, _MarkWire):
        return Mark(wire.stream_sid, _when(len(wire.mark.name) <= LONGEST_NAME, wire.mark.name, "bad_mark"))
    if isinstance(wire, _DtmfWire):
        return Dtmf(wire.stream_sid, _when(wire.dtmf.digit in _DTMF_DIGITS, wire.dtmf.digit, "bad_digit"))
    if isinstance(wire, _StopWire):
        return Stop(wire.stream_sid)
    if isinstance(wire, _ConnectedWire):
        return Connected(wire.protocol, wire.version)
    fields = wire.start
    given = fields.custom_parameters
    short = all(len(name) + len(value) <= LONGEST_PARAMETER for name, value in given.items())
    if not short or len(given) > MOST_PARAMETERS:
        raise _OutOfRange("bad_parameters")
    return Start(
        stream_sid=_sid(fields.stream_sid),
        call_sid=_sid(fields.call_sid),
        account_sid=fields.account_sid,
        tracks=tuple(fields.tracks),
        parameters=given,
        encoding=fields.media_format.encoding,
        sample_rate=_number(fields.media_format.sample_rate),
        channels=_number(fields.media_format.channels),
    )


def _number(value: int | str) -> int:
    """Return a number from 0 to 2**53. Raises _OutOfRange."""
    # Twilio writes every number but those of `mediaFormat` as a string; other phones write numbers.
    if isinstance(value, str):
        if not (len(value) <= 16 and value.isascii() and value.isdecimal()):
            raise _OutOfRange("bad_number")
        value = int(value)
    if not 0 <= value <= _LARGEST_NUMBER:
        raise _OutOfRange("bad_number")
    return value


def _sid(value: str) -> str:
    """Return a sid. Raises _OutOfRange."""
    return _when(_SID.fullmatch(value) is not None, value, "bad_sid")


def _when(fits: bool, value: str, reason: FaultReason) -> str:
    """Return a value that fits. Raises _OutOfRange."""
    if not fits:
        raise _OutOfRange(reason)
    return value


def _name_fault(text: str | bytes, complaint: str) -> Unknown | Malformed:
    """Return why the typed decoder refused a message."""
    try:
        message = msgspec.json.decode(text)
    except RecursionError:
        return Malformed("too_deep")
    except (msgspec.DecodeError, UnicodeError):
        # From msgspec 0.23 on bad bytes in a string are a DecodeError; before, `parse` sees a UnicodeDecodeError.
        return Malformed("bad_encoding" if "UTF-8" in complaint else "not_json")
    if not isinstance(message, dict):
        return Malformed("not_an_object")
    event = message.get("event")
    if not isinstance(event, str):
        return Malformed("no_event")
    if event not in _KNOWN:
        return Unknown()
    return Malformed("bad_base64" if "base64" in complaint else "bad_fields")


class _AudioOut(msgspec.Struct, gc=False):
    payload: bytes


class _MediaOut(msgspec.Struct, tag_field="event", tag="media", rename="camel", gc=False):
    stream_sid: str
    media: _AudioOut


class _MarkOut(msgspec.Struct, tag_field="event", tag="mark", rename="camel", gc=False):
    stream_sid: str
    mark: _MarkFields


class _ClearOut(msgspec.Struct, tag_field="event", tag="clear", rename="camel", gc=False):
    stream_sid: str


# The outgoing messages have exactly the documented fields: Twilio warns (31951) about one more or one less.
_encoder: Final = msgspec.json.Encoder()


def media(stream_sid: str, ulaw: bytes) -> str:
    """Write audio for the caller: raw mu-law at 8 kHz, any length, no file header."""
    return _encoder.encode(_MediaOut(stream_sid, _AudioOut(ulaw))).decode()


def mark(stream_sid: str, name: str) -> str:
    """Ask for `name` back once the audio before it was played."""
    return _encoder.encode(_MarkOut(stream_sid, _MarkFields(name))).decode()


def clear(stream_sid: str) -> str:
    """Discard all audio that is not played yet. Outstanding marks come back at once."""
    return _encoder.encode(_ClearOut(stream_sid)).decode()
