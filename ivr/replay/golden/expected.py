"""Hold what is expected of a golden call, as people read it: a TOML file beside its tape.

The tape decides whether today's code still does the same, to the byte. This file says what that means for the caller,
so that a difference can be read in a code review, and it holds the budgets, which are the developer's.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

import msgspec

from ivr.call import commands as ask
from ivr.call.timeline import Turn, place_of
from ivr.media import g711
from ivr.replay.golden.replayed import ReplayedCall

HEAD: Final = "# Made by `ivr golden`. `why` and [budget] are yours; `ivr golden run --accept` renews the rest.\n"
BUDGETS: Final[Mapping[str, str]] = {
    "greeting_ms": "from the call's start to the greeting's first audio",
    "wait_ms": "from the caller's last word to the answer's first audio, in the slowest turn",
    "stop_ms": "from the caller's first sound over the agent to its silence, the slowest",
    "call_s": "the whole call",
}
"""What may have a limit, and what it is."""


class GoldenError(ValueError):
    """Report a golden call that cannot be used. The text names the place."""


@dataclass(frozen=True, slots=True)
class GoldenTurn:
    """Hold what is expected of one turn."""

    number: int
    outcome: str = ""
    text: str = ""
    """What the agent is asked."""
    heard: str = ""
    """What the caller hears of the answer."""
    unheard: str = ""
    wait_ms: float | None = None
    """From the caller's last word to the answer's first audio; None: it has none, or is no answer."""


@dataclass(frozen=True, slots=True)
class GoldenCall:
    """Hold what is expected of one call."""

    digest: str
    """Of every decision: `records.CommandDigest`."""
    result: str = ""
    reason: str = ""
    frames: int = 0
    """20 ms of audio that are sent to the phone."""
    marks: int = 0
    order: tuple[str, ...] = ()
    """The decisions that others see, in order."""
    turns: tuple[GoldenTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldenFile:
    """Hold what the file of a golden call says."""

    call: GoldenCall
    why: str = ""
    """Why this call is kept."""
    scenario: str = ""
    """The scenario that it was made of, from the file's folder; empty: a tape."""
    budget: Mapping[str, float] = field(default_factory=dict)


def golden_call(replayed: ReplayedCall) -> GoldenCall:
    """Return what today's code makes of a call."""
    asked = [command for _, command in replayed.commands]
    sent = sum(len(command.payload) for command in asked if isinstance(command, ask.SendAudio))
    return GoldenCall(
        replayed.digest,
        replayed.result,
        replayed.reason,
        -(-sent // g711.FRAME),
        sum(isinstance(command, ask.SendMark) for command in asked),
        tuple(word for command in asked if (word := _word(command))),
        tuple(_turn(turn, replayed) for turn in replayed.turns),
    )


def measured(replayed: ReplayedCall) -> dict[str, float | None]:
    """Return the figures that may have a limit, as today's code has them. None: the call has no such thing."""
    # A resumed call has no greeting.
    greeted = place_of(replayed.turns, 0) is not None
    others = replayed.turns[1:] if greeted else replayed.turns
    waits = [wait for turn in others if (wait := replayed.first_audio_ms(turn.number)) is not None]
    stops = [
        (overlap.quiet_at - overlap.onset_at) * 1000
        for turn in replayed.turns
        for overlap in turn.overlaps
        if overlap.quiet_at is not None
    ]
    return {
        "greeting_ms": replayed.first_audio_ms(0) if greeted else None,
        "wait_ms": max(waits, default=None),
        "stop_ms": max(stops, default=None),
        "call_s": replayed.tape.seconds,
    }


def differences(then: GoldenCall, now: GoldenCall) -> Iterator[str]:
    """Yield how two calls differ for those who see or hear them, one line each."""
    for name in ("result", "reason", "frames", "marks"):
        was, is_now = getattr(then, name), getattr(now, name)
        if was != is_now:
            yield f"{name}: {was or 'none'}, now {is_now or 'none'}"
    numbers = {turn.number: turn for turn in now.turns}
    for turn in then.turns:
        other = numbers.pop(turn.number, None)
        if other is None:
            yield f"turn {turn.number} is gone: {turn.text!r}"
            continue
        for spot in fields(GoldenTurn):
            was, is_now = getattr(turn, spot.name), getattr(other, spot.name)
            if was != is_now:
                yield f"turn {turn.number}, {spot.name}: {_shown(was)}, now {_shown(is_now)}"
    yield from (f"turn {turn.number} is new: {turn.text!r}" for turn in numbers.values())
    yield from _order(then.order, now.order)


def to_toml(golden: GoldenFile) -> str:
    """Write the file of a golden call: a line a fact, so that a difference is a line too."""
    lines = [HEAD, f"why = {_text(golden.why)}"]
    if golden.scenario:
        lines.append(f"scenario = {_text(golden.scenario)}")
    lines.append("\n[budget]")
    for name, what in BUDGETS.items():
        limit = golden.budget.get(name)
        lines.append(f"# {name} = 0    # at most: {what}" if limit is None else f"{name} = {limit:g}    # {what}")
    call = golden.call
    lines += ["\n[call]", f"digest = {_text(call.digest)}", f"result = {_text(call.result)}"]
    lines += [f"reason = {_text(call.reason)}", f"frames = {call.frames}", f"marks = {call.marks}", "order = ["]
    lines += [*(f"    {_text(word)}," for word in call.order), "]"]
    for turn in call.turns:
        lines += ["\n[[turn]]", f"number = {turn.number}"]
        for name in ("outcome", "text", "heard", "unheard"):
            if value := getattr(turn, name):
                lines.append(f"{name} = {_text(value)}")
        if turn.wait_ms is not None:
            lines.append(f"wait_ms = {turn.wait_ms:.0f}")
    return "\n".join(lines) + "\n"


def from_toml(text: str, name: str) -> GoldenFile:
    """Read the file of a golden call. Errors name `name`. Raises GoldenError."""
    try:
        told = tomllib.loads(text)
        _known(told, ("why", "scenario", "budget", "call", "turn"), name)
        budget = msgspec.convert(told.get("budget", {}), dict[str, float])
        _known(budget, tuple(BUDGETS), f"{name}: budget")
        call = msgspec.convert({**told.get("call", {}), "turns": told.get("turn", [])}, GoldenCall)
        return GoldenFile(
            call,
            msgspec.convert(told.get("why", ""), str),
            msgspec.convert(told.get("scenario", ""), str),
            budget,
        )
    # A number of many digits is a ValueError, a list in lists in lists a RecursionError.
    except (ValueError, RecursionError, msgspec.ValidationError, TypeError) as fault:
        raise GoldenError(f"{name}: {fault}") from None


def _known(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}"
            raise GoldenError(f"{where}: unknown key {key!r}: {hint}")


def _turn(turn: Turn, replayed: ReplayedCall) -> GoldenTurn:
    """Return a turn as the file has it: its times in whole milliseconds."""
    waited = replayed.first_audio_ms(turn.number) if turn.number else None
    rounded = None if waited is None else float(round(waited))
    return GoldenTurn(turn.number, turn.outcome, turn.text, turn.heard.strip(), turn.unheard.strip(), rounded)


def _word(command: ask.Command) -> str:
    """Return a decision that others see as a few words; empty: they do not, or a stream of it is counted elsewhere."""
    match command:
        case ask.Transcribe(utterance):
            return f"transcribe {utterance}"
        case ask.RequestReply(turn):
            return f"ask {turn}"
        case ask.CloseReply(turn):
            return f"close {turn}"
        case ask.Speak(turn, sentence):
            return f"speak {turn}.{sentence}"
        case ask.CancelSpeech(turn, sentence):
            return f"cancel {turn}.{sentence}"
        case ask.SendClear():
            return "clear"
        case ask.Transfer():
            return "transfer"
        case ask.HangUp(result):
            return f"hang up {result}"
        case _:
            return ""


def _order(then: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """Yield where the order of decisions differs."""
    for change, a, b, c, d in difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if change == "equal":
            continue
        behind = f"behind {then[a - 1]!r}" if a else "at the beginning"
        parts = [("gone ", then[a:b]), ("new ", now[c:d])]
        said = "; ".join(kind + ", ".join(words) for kind, words in parts if words)
        yield f"order, {behind}: {said}"


def _shown(value: object) -> str:
    return "none" if value in (None, "") else repr(value) if isinstance(value, str) else f"{value:g}"


def _text(text: str) -> str:
    """Write a text as TOML has it: JSON's strings, and the one character more that TOML does not allow."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
