"""Judge a call: what every call has to be, and what its scenario expects beyond that. Pure.

`[expect]` of a scenario is about the call, `[step.expect]` about one thing that the caller does. `CALL_KEYS` and
`STEP_KEYS` say what may be expected; their values are fields of call.json (`ivr.testbench.report.result`).
An expectation that names a fault allows it: who expects `result = "upstream_error"` gets no line for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from ivr.call.commands import Result
from ivr.call.timeline import OWNERS, TurnOutcome
from ivr.testbench.recording import Ending

Wanted: TypeAlias = float | bool | tuple[str, ...]
"""A bound, a yes or no, or texts."""
Expects: TypeAlias = Mapping[str, Wanted]
"""What is expected, by key."""
Manner: TypeAlias = Literal["most", "flag", "any", "all", "none"]
"""How a value is compared. `most`: it is a number, or a list of so many, up to the bound. `flag`: it is true or false.
`any`: it is one of the texts. `all`: it holds all of the texts. `none`: it holds none of them."""

WORD_MANNERS: Final = frozenset[Manner](("all", "none"))
"""Manners whose texts are words inside a longer text."""
PATTERN: Final = "/"
"""A text between two of these is a regular expression."""


Value: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Take a value out of the call, or out of what is known of a step."""


@dataclass(frozen=True, slots=True)
class ExpectKey:
    """Say what may be expected under one key."""

    manner: Manner
    value: Value
    told: bool = False
    """Whether only the bridge knows it."""
    known: tuple[str, ...] = ()
    """For `any`: the texts that there are; empty: any text."""


def _field(name: str) -> Value:
    """Return a function that reads one field."""
    return lambda fields: fields[name]


def _spent(owner: str) -> Value:
    """Return a function that reads what one party took of the wait."""
    return lambda step: (step["spent_ms"] or {}).get(owner)


def _texts(name: str) -> Value:
    """Return a function that joins the texts of all turns; None: not known."""
    return lambda call: (
        None if call["untold"] is not None else " ".join(turn[name] for turn in call["turns"] if turn[name])
    )


def _worst(name: str) -> Value:
    """Return a function that reads the greatest value of all that the caller did."""
    return lambda call: max((turn[name] for turn in call["turns"][1:] if turn[name] is not None), default=None)


WORDS: Final = ("transcript", "heard", "unheard")

STEP_KEYS: Final[Mapping[str, ExpectKey]] = {
    **{key: ExpectKey("most", _field(key), told=True) for key in ("answer_ms", "audible_ms")},
    **{key: ExpectKey("most", _field(key)) for key in ("sound_ms", "barge_in_stop_ms")},
    **{f"{owner}_ms": ExpectKey("most", _spent(owner), told=True) for owner in OWNERS},
    **{key: ExpectKey("all", _field(key), told=True) for key in WORDS},
    **{f"not_{key}": ExpectKey("none", _field(key), told=True) for key in WORDS},
    **{key: ExpectKey("flag", _field(key), told=True) for key in ("answered", "resumed")},
    "outcome": ExpectKey("any", _field("outcome"), told=True, known=get_args(TurnOutcome)),
    "failure": ExpectKey("any", _field("failure"), told=True),
}
"""What may be expected of a step."""

CALL_KEYS: Final[Mapping[str, ExpectKey]] = {
    "ended_by": ExpectKey("any", _field("ended_by"), known=tuple(filter(None, get_args(Ending)))),
    "result": ExpectKey("any", _field("result"), told=True, known=get_args(Result)),
    "reason": ExpectKey("any", _field("reason"), told=True),
    "transfer": ExpectKey("any", _field("transfer")),
    "refused": ExpectKey("all", _field("refused")),
    "document_said": ExpectKey("all", lambda call: " ".join(call["document_said"])),
    "on_time": ExpectKey("flag", _field("on_time")),
    **{key: ExpectKey("most", _field(key)) for key in ("seconds", "first_audio_ms", "first_audible_ms", "silence_ms")},
    **{key: ExpectKey("most", _field(key)) for key in ("discarded_ms", "gave_up", "not_played", "warnings")},
    "underruns": ExpectKey("most", _field("underruns_ms")),
    "answer_ms": ExpectKey("most", _worst("answer_ms"), told=True),
    "barge_in_stop_ms": ExpectKey("most", _worst("barge_in_stop_ms")),
    **{key: ExpectKey("all", _texts(key), told=True) for key in WORDS},
    **{f"not_{key}": ExpectKey("none", _texts(key), told=True) for key in WORDS},
}
"""What may be expected of a call as a whole. The words of a call are those of all its turns."""


@dataclass(frozen=True, slots=True)
class ExpectedStep:
    """Hold what is expected of one thing that the caller does."""

    where: str
    """Its place in the scenario, for people."""
    wants: Expects = field(default_factory=dict)
    waits: bool = True
    """Whether the caller does nothing more before the agent has answered."""


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """Hold what is expected of a call: as a whole, and step by step."""

    wants: Expects = field(default_factory=dict)
    steps: Sequence[ExpectedStep] = ()
    """What the caller does, in order: steps that speak or press keys."""
    hang_up_awaited: bool = False
    """Whether the caller waits, as the last step, for the agent to hang up."""


def unmet(expected: ExpectedCall, call: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a call, one line each. `call`: as `ivr.testbench.report.result`."""
    untold = call["untold"]
    # A call that never came has no figures that could be judged.
    if call["refused"] is not None and not {"ended_by", "refused"} & expected.wants.keys():
        return [f"the call was refused: {call['refused']}"]
    found = [*_faults(expected, call), *_missed("the call", CALL_KEYS, expected.wants, call, untold)]
    acts = call["turns"][1:]
    for number, step in enumerate(expected.steps):
        if number < len(acts):
            faults = [*_step_faults(expected, step, acts[number], call)]
            # Where no answer came, nothing that is expected of it can be met: one line says it all.
            wants = {} if faults and not acts[number]["answered"] else step.wants
            found += [*faults, *_missed(step.where, STEP_KEYS, wants, acts[number], untold)]
        elif step.wants:
            found.append(f"{step.where}: expected {', '.join(step.wants)}, but it was not played")
    return found


def unknown(expected: ExpectedCall, call: Mapping[str, Any]) -> list[str]:
    """Return what could not be judged, one line each."""
    if call["untold"] is None or call["refused"] is not None or not expected.steps:
        return []
    # A phone cannot tell an answer from an apology.
    return [f"whether what the caller heard were answers: {call['untold']}"]


def _faults(expected: ExpectedCall, call: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no call may be, unless it is expected."""
    wants = expected.wants
    if call["refused"] is not None:
        return
    if call["ended_by"] == "lost" and "ended_by" not in wants:
        yield f"the connection died after {call['seconds']:.1f} s"
    result, ends_known = call["result"], bool({"result", "reason"} & wants.keys())
    if result in ("upstream_error", "bridge_error") and not ends_known:
        yield f"the call ended in {result}: {call['reason']}"
    # The bridge hung up, and cannot say why.
    if result == "indeterminate" and call["ended_by"] in ("agent", "carrier") and not ends_known:
        yield f"the bridge gave the call up: {call['reason']}"
    if result == "caller_error" and expected.hang_up_awaited and not ends_known:
        yield f"the agent did not hang up; the bridge ended the call: {call['reason']}"
    if call["first_audible_ms"] is None and not {"first_audio_ms", "first_audible_ms"} & wants.keys():
        silent = "" if call["first_audio_ms"] is None else ": all it sent was silence"
        yield f"the agent was never heard{silent}"
    if "gave_up" not in wants and not allows_failure(expected):
        yield from (f"waited in vain: {why}" for why in call["gave_up"])
    if "not_played" not in wants and not allows_failure(expected):
        yield from (f"not played, because the call was over: {what}" for what in call["not_played"])
    greeting = call["turns"][0]
    if greeting["failure"] and not allows_failure(expected):
        yield f"the greeting: not said: {greeting['failure']}"


def _step_faults(
    expected: ExpectedCall, step: ExpectedStep, act: Mapping[str, Any], call: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what is wrong with the answer to a step, unless it is expected."""
    if {"failure", "outcome", "answered"} & step.wants.keys() or allows_failure(expected):
        return
    if act["failure"]:
        part = " whole" if act["answer_ms"] is not None else ""
        yield f"{step.where}: no{part} answer: {act['failure']}{_instead(act)}"
        return
    # A caller who only made a noise, or who went on without waiting, gets no answer.
    if not step.waits or act["resumed"]:
        return
    if act["answered"] is False:
        yield f"{step.where}: no answer{_instead(act)}"
    # Without the bridge's turns, a hang-up may be the answer.
    elif act["answered"] is None and act["sound_ms"] is None and call["ended_by"] != "agent":
        yield f"{step.where}: no sound of the agent came after it"


def allows_failure(expected: ExpectedCall) -> bool:
    """Return whether the scenario expects a call that does not succeed: then questions may stay without an answer."""
    result = expected.wants.get("result", ())
    return isinstance(result, tuple) and bool(result) and "success" not in result


def _instead(act: Mapping[str, Any]) -> str:
    """Say what the caller heard in place of an answer."""
    if act["heard"]:
        return f"; the caller heard {act['heard']!r}"
    understood = f"; understood was {act['transcript']!r}" if act["transcript"] else "; nothing was understood"
    return understood if act["transcript"] is not None else ""


def _missed(
    where: str, keys: Mapping[str, ExpectKey], wants: Expects, fields: Mapping[str, Any], untold: str | None
) -> Iterator[str]:
    """Yield each expectation that was not met."""
    for name, wanted in wants.items():
        key = keys[name]
        got = key.value(fields)
        if got is None and untold is not None and key.told:
            # A phone hears a sound, but not whether it is an answer. What is too late as a sound is late as an answer.
            sound = fields.get("sound_ms") if name == "answer_ms" else None
            if sound is None or not isinstance(wanted, float) or sound <= wanted:
                heard = "" if sound is None else f" (a sound came after {sound:.0f} ms)"
                yield f"{where}: {name}: expected {_wish(key, wanted)}; not known{heard}: {untold}"
                continue
            got = sound
        if not _meets(key, wanted, got):
            doubt = ""
            # Without the bridge's turns, a pause between a filler and its answer looks like an underrun.
            if name == "underruns" and untold is not None:
                doubt = f"; some may be behind a filler, not known: {untold}"
            yield f"{where}: {name}: expected {_wish(key, wanted)}, got {_shown(key, got)}{doubt}"


def _meets(key: ExpectKey, wanted: Wanted, got: Any) -> bool:
    """Return whether a value is as expected."""
    match wanted:
        # `failure = false`: there is none.
        case bool() if key.manner == "any":
            return bool(got) is wanted
        case bool():
            return got is not None and bool(got) is wanted
        case float():
            return got is not None and (len(got) if isinstance(got, list) else got) <= wanted
        case _ if key.manner == "any":
            values = got if isinstance(got, list) else [got or ""]
            return any(_equals(one, value) for one in wanted for value in values)
        case _:
            found = [holds(got or "", one) for one in wanted]
            return all(found) if key.manner == "all" else not any(found)


def _wish(key: ExpectKey, wanted: Wanted) -> str:
    """Say what is expected."""
    match wanted:
        case bool() if key.manner == "any":
            return "one" if wanted else "none"
        case bool():
            return "yes" if wanted else "no"
        case float():
            return f"at most {wanted:g}"
        case _:
            joint = {"any": " or ", "all": " and ", "none": " nor "}[key.manner]
            words = joint.join(repr(one) if key.manner != "any" or not one else one for one in wanted)
            return f"no {words}" if key.manner == "none" else words


def _shown(key: ExpectKey, got: Any) -> str:
    """Say what came."""
    match got:
        case None | [] | "":
            return "nothing" if key.manner in ("all", "none") else "none"
        case bool():
            return "yes" if got else "no"
        case list() if key.manner == "most":
            return f"{len(got)} ({', '.join(_item(one) for one in got)})"
        case list():
            return ", ".join(map(str, got))
        case float():
            return f"{got:g}" if got < 10 else f"{got:.0f}"
        case str() if key.manner != "any":
            return repr(got)
        case _:
            return str(got)


def _item(one: Any) -> str:
    """Write one of several things in a line."""
    if isinstance(one, float):
        return f"{one:.0f} ms"
    return f"{one['code']} {one['reason']}" if isinstance(one, dict) else str(one)


def pattern_of(text: str) -> re.Pattern[str] | None:
    """Return the regular expression that a text between slashes is; None: these are words. Raises re.error."""
    if len(text) > 2 and text.startswith(PATTERN) and text.endswith(PATTERN):
        return re.compile(text[1:-1], re.IGNORECASE)
    return None


def holds(text: str, wanted: str) -> bool:
    """Return whether a text holds words side by side, or what a regular expression describes."""
    pattern = pattern_of(wanted)
    return f" {_folded(wanted)} " in f" {_folded(text)} " if pattern is None else pattern.search(text) is not None


def _equals(wanted: str, value: str) -> bool:
    """Return whether a text is the wanted one, or what a regular expression describes."""
    pattern = pattern_of(wanted)
    return wanted == value if pattern is None else pattern.search(value) is not None


def _folded(text: str) -> str:
    """Return the words without case, punctuation and marks over letters, as words are compared."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))
