"""Read which options of a line are to be otherwise: `endpoint_ms=700`, as a developer types it.

The names are the fields of `CallOptions`, as in `[call]` of ivr.toml; `IVR_ENDPOINT_MS` and `call.lead_ms` are
understood as well. A name that does not exist, or a value that makes no sense, is answered with what would.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, TypeAlias

from ivr.call import events
from ivr.call.options import CallOptions, Phrase
from ivr.config.lines import ORDERED, check_choice, read_numbers
from ivr.config.people import check_people
from ivr.replay.what_if.taped_call import TapedCall

Changes: TypeAlias = Mapping[str, Any]
"""New values of fields of CallOptions, by their names."""

_PLAIN_OPTIONS: Final = CallOptions()
_FIXED: Final[Mapping[str, str]] = {
    "language": "the caller spoke the language of then",
    "keys": "what a key does is no number: change it and place a call",
    "phrases": "the words of a line are no number: change them and place a call",
    "languages": "the words of a line are no number: change them and place a call",
    "language_by_words": "the caller spoke the language of then",
    "changed_to": "the caller spoke the language of then",
}
"""Fields that no tape can tell about, and why."""
_NO_PHRASE: Final = Phrase("")
_NAME_PREFIXES: Final = ("ivr_", "line.call.", "line.", "call.")


class ChangeError(ValueError):
    """Report a change that cannot be made. The message is one line for the developer."""


def read_changes(written: Sequence[str]) -> dict[str, Any]:
    """Return the changes that `NAME=VALUE` stand for. Raises ChangeError."""
    changes: dict[str, Any] = {}
    for one in written:
        name, sign, value = one.partition("=")
        if not sign:
            raise ChangeError(f"--set {one}: write NAME=VALUE, such as endpoint_ms=700")
        known = option_name(name)
        changes[known] = read_value(known, value)
    return changes


def read_grid(written: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of each option of a grid, one or two. Raises ChangeError."""
    grid: dict[str, list[Any]] = {}
    for one in written:
        name, sign, values = one.partition("=")
        known = option_name(name)
        if not sign or known == "transfer_to":
            raise ChangeError(f"--grid {one}: write NAME=VALUE,VALUE,..., such as endpoint_ms=300,400,500,700")
        grid[known] = list(dict.fromkeys(read_value(known, value) for value in values.split(",")))
    if not 1 <= len(grid) <= 2:
        raise ChangeError("--grid takes one option or two")
    return grid


def option_name(written: str) -> str:
    """Return the field of CallOptions that a name means. Raises ChangeError with the nearest ones."""
    name = written.strip().lower().replace("-", "_")
    for prefix in _NAME_PREFIXES:
        name = name.removeprefix(prefix)
    if name in _FIXED:
        raise ChangeError(f"{name} cannot be changed on a tape: {_FIXED[name]}")
    if name in meanings():
        return name
    near = get_close_matches(name, meanings(), n=3, cutoff=0.5)
    # Half of a name is a name that was remembered by half.
    near += [one for one in meanings() if name and name in one and one not in near][:3]
    if not near:
        raise ChangeError(f"no option is called {written.strip()!r}; the options are {', '.join(sorted(meanings()))}")
    told = "; ".join(f"{one}: {meanings()[one]}" if meanings()[one] else one for one in near)
    raise ChangeError(f"no option is called {written.strip()!r}. The nearest: {told}")


def read_value(name: str, written: str) -> Any:
    """Return the value of an option as it was written. Raises ChangeError."""
    plain, text = getattr(_PLAIN_OPTIONS, name), written.strip()
    if name == "transfer_to":
        numbers = read_numbers(text)
        if problem := check_people(numbers):
            raise ChangeError(f"transfer_to {problem}")
        return numbers
    value: Any = text
    if isinstance(plain, bool):
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif isinstance(plain, int | float):
        value = _number(text)
    if problem := check_choice(name, value):
        about = f" ({meanings()[name]})" if meanings()[name] else ""
        raise ChangeError(f"{problem}, not {text!r}{about}")
    return float(value) if isinstance(plain, float) else value


def changed(options: CallOptions, changes: Changes) -> CallOptions:
    """Return options with these changes. Raises ChangeError where they contradict each other."""
    made = replace(options, **changes)
    for less, more in ORDERED:
        if less in changes and getattr(made, less) > getattr(made, more):
            raise ChangeError(
                f"{less} ({getattr(made, less)}) is more than {more} ({getattr(made, more)}): "
                f"lower {less} or raise {more}"
            )
    return made


def without_effect(taped: TapedCall, changes: Changes) -> dict[str, str]:
    """Return the changes that cannot matter for this call, each with the reason."""
    reasons: dict[str, str] = {}
    options = taped.tape.options
    keyed = any(isinstance(event, events.DigitPressed) for _, _, event in taped.caller)
    for name, value in changes.items():
        if getattr(options, name) == value:
            reasons[name] = f"it was {value} already"
        elif name.startswith("keypad_") and not keyed:
            reasons[name] = "the caller pressed no key"
        elif name.startswith("filler") and not options.phrases.get("filler", _NO_PHRASE).audio:
            reasons[name] = "the line has no filler"
        elif name == "turn_model" and value:
            reasons[name] = "the tape has nothing that a model said"
        elif name == "pre_roll_ms":
            reasons[name] = "it changes what STT hears, and its words are those of the tape"
    return reasons


@cache
def meanings() -> Mapping[str, str]:
    """Return every option that can be changed, with the first sentence of what it is."""
    told: dict[str, str] = {one.name: "" for one in fields(CallOptions) if one.name not in _FIXED}
    try:
        body = ast.parse(inspect.getsource(CallOptions)).body[0]
    except (OSError, TypeError):  # the package was installed without its source
        return told
    name = ""
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        match node:
            case ast.AnnAssign(target=ast.Name(id=found)):
                name = found
            case ast.Expr(value=ast.Constant(value=str() as text)) if name in told:
                told[name] = " ".join(text.split()).split(". ")[0].rstrip(".")
    return told


def _number(text: str) -> int | float | str:
    """Return a number as it is written; the text where it is none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
