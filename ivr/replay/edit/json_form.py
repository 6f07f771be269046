"""Turn a tape into lines of JSON, and describe these lines as a JSON Schema.

The schema is made from the dataclasses of the tape, the events and the commands, so it follows them;
docs/tape.schema.json is what `schema()` returns, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, get_args

import msgspec

from ivr.call.commands import Command, SendAudio, Transcribe
from ivr.call.events import Event
from ivr.replay.tape import PHRASE_KEYS, Moment, Tape, TapeEnd, TapeHeader

EVENT_KINDS: Final[tuple[type[Any], ...]] = get_args(Event)
COMMAND_KINDS: Final[tuple[type[Any], ...]] = get_args(Command)
_REF: Final = "#/$defs/{name}"


def lines(tape: Tape) -> Iterator[dict[str, Any]]:
    """Yield a tape as objects that JSON holds, one a line. Bytes become base64; a number that is none becomes null."""
    yield {"record": "tape", **_plain(tape.header)}
    for name, audio in tape.phrase_audio.items():
        yield {"record": "phrase", "name": name, "audio": _plain(audio)}
    gaps = frozenset(tape.gaps)
    for index, moment in enumerate(tape.moments):
        yield event_line(tape, index, moment, gap=index in gaps)
    for said in tape.phone:
        yield {"record": "phone", "data": _plain(said)}
    for fault in tape.faults:
        yield {"record": "fault", "what": fault}
    if tape.end is not None:
        yield {"record": "end", **_plain(tape.end)}


def event_line(tape: Tape, index: int, moment: Moment, *, gap: bool = False) -> dict[str, Any]:
    """Return the object of one moment. `gap`: some moments are missing in front of it."""
    line: dict[str, Any] = {
        "record": "event",
        "index": index,
        "at": round(moment.now - tape.began_at, 6),
        "now": moment.now,
        "event": type(moment.event).__name__,
        "fields": _plain(moment.event),
    }
    if moment.commands:
        line["commands"] = [_plain(command) for command in moment.commands]
    if moment.sounds:
        line["sounds"] = _plain(list(moment.sounds))
    return {**line, "gap": True} if gap else line


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line."""
    kinds = [*EVENT_KINDS, *COMMAND_KINDS, TapeHeader, TapeEnd]
    _, defs = msgspec.json.schema_components(kinds, ref_template=_REF)
    for kind in COMMAND_KINDS:
        # A command on a tape has only the fields that differ from their defaults.
        defs[kind.__name__] = _sparse(defs[kind.__name__])
    defs["ReplyRequest"] = _sparse(defs["ReplyRequest"])
    # Audio that was sent is not on the tape a second time: its length, and its checksum where the audio counts.
    defs["SizeAndSum"] = {"type": "array", "prefixItems": [_COUNT, _COUNT], "minItems": 1, "items": False}
    heard = defs[Transcribe.__name__]
    # Where the utterance lies in the caller's audio is not on the tape: the call that is run again says it.
    heard["properties"] = {
        "utterance": heard["properties"]["utterance"],
        "pcm": {"$ref": _REF.format(name="SizeAndSum")},
        "language": heard["properties"]["language"],
    }
    defs["command"] = {"oneOf": [command_schema(kind) for kind in COMMAND_KINDS]}
    defs["event"] = event_schema()
    for component in defs.values():
        # Python 3.13 and later give a docstring without its indent.
        if "description" in component:
            component["description"] = " ".join(component["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `ivr tape show TAPE --json`",
        "oneOf": [
            _line("tape", defs["TapeHeader"]),
            {"$ref": _REF.format(name="event")},
            _object("phrase", name={"enum": list(PHRASE_KEYS)}, audio=_BASE64),
            _object("phone", data={"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1}),
            _object("fault", what={"type": "string"}),
            _line("end", defs["TapeEnd"]),
        ],
        "$defs": {name: defs[name] for name in sorted(defs)},
    }


_COUNT: Final = {"type": "integer", "minimum": 0}
_BASE64: Final = {"type": "string", "contentEncoding": "base64"}


def _plain(value: Any) -> Any:
    """Return what JSON holds of a value."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _sparse(component: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that may lack any field and has no other."""
    return {**component, "required": [], "additionalProperties": False}


def command_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the schema of a command as a tape holds it."""
    name = {"const": kind.__name__}
    if kind is SendAudio:
        return {"type": "array", "prefixItems": [name, _COUNT, _COUNT], "minItems": 2, "items": False}
    said = {"$ref": _REF.format(name=kind.__name__)}
    return {"type": "array", "prefixItems": [name, said], "minItems": 2, "items": False}


def event_schema() -> dict[str, Any]:
    """Return the schema of an event's line."""
    number = {"type": "number"}
    common = _object(
        "event",
        index=_COUNT,
        at=number,
        now=number,
        event={"enum": [kind.__name__ for kind in EVENT_KINDS]},
        fields={"type": "object"},
    )
    common["properties"] |= {
        "commands": {"type": "array", "items": {"$ref": _REF.format(name="command")}, "minItems": 1},
        "sounds": {"type": "array", "minItems": 1},
        "gap": {"const": True},
    }
    # The fields are those of the event that the line names.
    common["oneOf"] = [
        {"properties": {"event": {"const": kind.__name__}, "fields": {"$ref": _REF.format(name=kind.__name__)}}}
        for kind in EVENT_KINDS
    ]
    return common


def _object(record: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of a line that has these fields and no other."""
    return {
        "type": "object",
        "properties": {"record": {"const": record}, **properties},
        "required": ["record", *properties],
        "additionalProperties": False,
    }


def _line(record: str, component: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a line that has the fields of a dataclass beside the word for its kind."""
    needed = list(component["properties"])
    properties = {"record": {"const": record}, **component["properties"]}
    return {"type": "object", "properties": properties, "required": ["record", *needed], "additionalProperties": False}
