"""Write what a phone recorded as a tape, and read it back.

Such a tape has no moments, because nothing was decided here: its records lie in `Tape.phone`. Each is a list whose
first item names it (`_SHAPES`): the call and its page first, then the turns that the bridge told, what happened in
order, and both tracks in chunks of ten seconds. docs/tape.md lists them.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, TypeAlias, get_args

import msgspec

from ivr.call.commands import Result
from ivr.call.timeline import Turn
from ivr.media import g711
from ivr.replay.tape import Tape, TapeEnd, TapeError, TapeHeader
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import Cleared, Ending, Kind, PhoneRecord, RecordEntry, Speech
from ivr.testbench.report.artifacts import ReportedCall

CHUNK: Final = 10 * g711.RATE
"""Samples of a track in one record."""
_LATE_CHUNK: Final = 1000
"""Numbers in one record."""
_MOST_FAULTS: Final = 20
_RESULTS: Final[dict[str, Result]] = {one: one for one in get_args(Result)}

_Sample: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


@dataclass(slots=True)
class _Facts:
    """Hold the fields of a `PhoneRecord` that are one value, by their names there."""

    call_sid: str = ""
    stream_sid: str = ""
    placed_on: str = ""
    t0: float | None = None
    ended: Ending = ""
    leaked_ms: float = 0.0
    cut_ms: float = 0.0
    twiml_s: float | None = None
    connect_s: float | None = None


@dataclass(slots=True)
class _Page:
    """Hold what a report says of the call beside the record."""

    title: str = "A call"
    language: str = "en"
    scripted: bool = False
    figures: dict[str, str] | None = None
    result: dict[str, Any] | None = None


_SHAPES: Final[dict[str, Any]] = {
    "call": tuple[_Facts],
    "page": tuple[_Page],
    "turn": tuple[Turn],
    "entry": tuple[float, Kind, str],
    "run": tuple[_Sample, _Sample, int],
    "speech": tuple[str, _Sample, _Sample, bool, bool],
    "cleared": tuple[_Sample, float],
    "warning": tuple[int, str],
    "message": tuple[float, str, str],
    "late": tuple[list[float]],
    "said": tuple[str],
    "dialled": tuple[str],
    "verb": tuple[str],
    "caller": tuple[bytes],
    "heard": tuple[bytes],
}
"""What follows the word of a record."""


def phone_tape(call: ReportedCall, versions: Mapping[str, str] | None = None) -> Tape:
    """Return a call as a tape from the phone's side. `versions`: of the programs that placed it, by their names."""
    record, outcome = call.record, call.result or {}
    header = TapeHeader(
        record.call_sid,
        "phone",
        started_on=record.placed_on,
        versions=versions or {},
        legs={"caller": "audio", "tts": "audio"},
    )
    end = None
    # A call that the developer broke off has no end.
    if record.ended:
        end = TapeEnd(
            _RESULTS.get(str(outcome.get("result")), ""),
            str(outcome.get("reason") or ""),
            len(record.caller) / g711.RATE,
            len(record.entries),
            len(call.turns),
        )
    return Tape(header, phone=list(_records(call)), end=end)


def phone_call(tape: Tape) -> ReportedCall:
    """Return the call of a tape from the phone's side. What makes no sense is left out, and named in `tape.faults`.

    Raises TapeError for a tape of a bridge.
    """
    if tape.header.side != "phone":
        raise TapeError(f"the tape of {tape.header.call_id} is a bridge's: no phone recorded it")
    call, faults = ReportedCall(PhoneRecord()), 0
    for number, record in enumerate(tape.phone, 1):
        try:
            _take(call, record)
        except (msgspec.ValidationError, ValueError, TypeError, OverflowError) as fault:
            faults += 1
            if faults <= _MOST_FAULTS:
                tape.faults.append(f"record {number} of the phone makes no sense: {fault}")
    return call


def phone_page(tape: Tape) -> str:
    """Return the page of a tape from the phone's side. Raises TapeError where there is none."""
    call = phone_call(tape)
    try:
        return call.page()
    # A page is drawn from values of the right types; what lies inside the result is only known here.
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as fault:
        raise TapeError(f"no page can be drawn of the tape of {tape.header.call_id}: {fault}") from fault


def _records(call: ReportedCall) -> Iterator[list[Any]]:
    """Yield the records of a call."""
    record = call.record
    yield ["call", {one.name: getattr(record, one.name) for one in fields(_Facts)}]
    page = _Page(call.title, call.language, call.scripted, dict(call.figures), _plain(call.result))
    yield ["page", {one.name: getattr(page, one.name) for one in fields(_Page)}]
    for turn in call.turns:
        yield ["turn", msgspec.to_builtins(turn)]
    for entry in record.entries:
        yield ["entry", entry.t, entry.kind, entry.detail]
    for run in record.runs:
        yield ["run", run.start, run.end, run.reply]
    for speech in record.speech:
        yield ["speech", speech.label, speech.start, speech.end, speech.over, speech.cut]
    for cleared in record.cleared:
        yield ["cleared", cleared.sample, cleared.ms]
    for code, reason in record.warnings.items():
        yield ["warning", code, reason]
    for name, texts in (("said", record.said), ("dialled", record.dialled), ("verb", record.verbs)):
        for text in texts:
            yield [name, text]
    for message in record.messages:
        yield ["message", *message]
    for at in range(0, len(record.lateness_ms), _LATE_CHUNK):
        yield ["late", record.lateness_ms[at : at + _LATE_CHUNK].tolist()]
    for name, track in (("caller", record.caller), ("heard", record.heard)):
        for at in range(0, len(track), CHUNK):
            yield [name, bytes(track[at : at + CHUNK])]


def _take(call: ReportedCall, found: list[Any]) -> None:
    """Add what one record holds. Raises ValueError or TypeError where it makes no sense."""
    word, *rest = found
    # A word that this version does not know is for a later one.
    if word not in _SHAPES:
        return
    values = msgspec.convert(rest, _SHAPES[word], builtin_types=(bytes,))
    plain = msgspec.to_builtins(values, builtin_types=(bytes,))
    if not all(math.isfinite(value) for value in _floats(plain)):
        raise ValueError("a number is not finite")
    record = call.record
    match word, values:
        case "call", (facts,):
            for one in fields(_Facts):
                setattr(record, one.name, getattr(facts, one.name))
        case "page", (page,):
            call.title, call.language, call.scripted = page.title, page.language, page.scripted
            call.figures, call.result = page.figures or {}, page.result
        case "turn", (turn,):
            call.turns.append(turn)
        case "entry", _:
            record.entries.append(RecordEntry(*values))
        case "run", _:
            record.runs.append(PlayedRun(*values))
        case "speech", _:
            record.speech.append(Speech(*values))
        case "cleared", _:
            record.cleared.append(Cleared(*values))
        case "warning", (code, reason):
            record.warnings[code] = reason
        case "message", _:
            record.messages.append(values)
        case "late", (late,):
            record.lateness_ms.extend(array("d", late))
        case _:
            (text,) = values
            _texts(record)[word].extend(text if isinstance(text, bytes) else [text])


def _texts(record: PhoneRecord) -> dict[str, Any]:
    """Return what grows with each record of a word."""
    return {
        "said": record.said,
        "dialled": record.dialled,
        "verb": record.verbs,
        "caller": record.caller,
        "heard": record.heard,
    }


def _floats(value: Any) -> Iterator[float]:
    """Yield every float in a value that a record holds."""
    match value:
        case float():
            yield value
        case list() | tuple():
            for one in value:
                yield from _floats(one)
        case dict():
            yield from _floats(list(value.values()))
        case _:
            pass


def _plain(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a result as plain values."""
    return None if result is None else dict(msgspec.to_builtins(result))
