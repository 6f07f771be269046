"""Read what the caller will do: a list of steps, from a TOML file or from words on the command line.

A step is one act (say a text, play a file, press keys, hang up, wait for the agent to hang up) and one moment for it: a
time since the stream began, a time after the agent has finished, or a position in one of the agent's replies. Without a
moment, a step comes when the agent has finished: the phone heard some audio of the reply, and then nothing was queued
for `settle_ms`. A mistake is a `ScenarioError` that names the file and the step.

    settle_ms = 1200                      as words:  say Where is my parcel
    [[step]]                                         after 0.5 say One two three four
    say = "Where is my parcel?"                      over 2000 say Stop
    [[step]]                                         at 12 press 1#
    say = "Stop"                                     wav caller/question.wav
    over_ms = 2000                                   hang up drop
    [[step]]                                         wait
    wait = true

A file may say what it expects: `[expect]` of the call, `[step.expect]` of a step (`ivr.testbench.expect`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, assert_never, get_args

from ivr.call.options import Language
from ivr.testbench.expect import (
    CALL_KEYS,
    STEP_KEYS,
    WORD_MANNERS,
    ExpectedCall,
    ExpectedStep,
    ExpectKey,
    Expects,
    Wanted,
    pattern_of,
)
from ivr.testbench.phone.phone import DTMF_KEYS, How

ACTS = ("say", "wav", "press", "hang_up", "wait")
MOMENT_KEYS = ("at_s", "after_s", "over_ms")
STEP_ROW = (*ACTS, *MOMENT_KEYS, "reply", "patience_s", "name", "expect")
FILE_ROW = ("name", "language", "caller", "called", "settle_ms", "patience_s", "expect", "step")
"""The keys of a step, and of the file."""
SETTLE_MS = 1200.0
"""Milliseconds of silence after which the agent has finished: longer than a slow TTS pauses between sentences."""
STEP_PATIENCE_S = 30.0
"""Seconds a step waits for its moment."""


class ScenarioError(ValueError):
    """Report a scenario that cannot be played. The text names the place."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text with the caller's voice."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """Play a WAV or raw mu-law file to the bridge."""

    path: Path


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys one after the other."""

    digits: str


@dataclass(frozen=True, slots=True)
class HangUpStep:
    """End the call."""

    how: How = "stop"


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for the agent to end the call."""


Act: TypeAlias = Say | PlayFile | Press | HangUpStep | Wait


@dataclass(frozen=True, slots=True)
class At:
    """Act at a time after the stream began."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AfterAgent:
    """Act at a time after the agent has finished."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class IntoReply:
    """Act when the caller has heard this much of a reply."""

    ms: float
    reply: int | None = None
    """0 is the greeting, k the answer to the caller's k-th act. None: the answer to the act before this step."""


Moment: TypeAlias = At | AfterAgent | IntoReply


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one act and its moment."""

    act: Act
    moment: Moment = AfterAgent()
    patience_s: float | None = None
    """Seconds to wait for the moment (for `Wait`: for the hang-up). Then the step is done anyway. None: the
    scenario's."""
    name: str = ""
    expect: Expects = field(default_factory=dict)

    @property
    def speaks_or_presses(self) -> bool:
        """Return whether the agent is to answer this step."""
        return isinstance(self.act, Say | PlayFile | Press)

    @property
    def words(self) -> str:
        """Return what the caller does, as a person writes it."""
        match self.act:
            case Say(text):
                return f"say {text!r}"
            case PlayFile(path):
                return f"wav {path.name}"
            case Press(digits):
                return f"press {digits}"
            case HangUpStep():
                return "hang up"
            case Wait():
                return "wait"
            case _:
                assert_never(self.act)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Hold the caller's part in one call. After the last step the caller waits for the agent to hang up."""

    steps: tuple[Step, ...]
    name: str = ""
    language: str = "en"
    """The language of the texts."""
    settle_ms: float = SETTLE_MS
    """Milliseconds of silence after which the agent has finished."""
    patience_s: float = STEP_PATIENCE_S
    caller: str = ""
    called: str = ""
    """The two numbers; empty: those of the command."""
    expect: Expects = field(default_factory=dict)

    def place(self, number: int) -> str:
        """Name a step, by its number from 0."""
        step = self.steps[number]
        return f"step {number + 1} ({step.name or step.words})"

    @property
    def expected(self) -> ExpectedCall:
        """Return what is expected of the call."""
        steps = []
        for number, step in enumerate(self.steps):
            if step.speaks_or_presses:
                after = self.steps[number + 1].moment if number + 1 < len(self.steps) else AfterAgent()
                steps.append(ExpectedStep(self.place(number), step.expect, isinstance(after, AfterAgent)))
        return ExpectedCall(self.expect, steps, isinstance(self.steps[-1].act, Wait))

    @property
    def texts(self) -> list[str]:
        """Return every text that has to be rendered before the call."""
        return [step.act.text for step in self.steps if isinstance(step.act, Say)]


def load(path: Path | str) -> Scenario:
    """Read a scenario file. Its WAV files lie beside it. Raises ScenarioError."""
    source = Path(path)
    try:
        text = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{source.name}: cannot be read: {error}") from error
    return from_toml(text, source.name, source.parent)


def from_toml(text: str, name: str = "scenario", folder: Path | None = None) -> Scenario:
    """Read a scenario's text. Errors name `name`; its files lie in `folder`. Raises ScenarioError."""
    try:
        fields = tomllib.loads(text)
    # A number of many digits is a ValueError, a list in lists in lists a RecursionError.
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{name}: {error}") from error
    rows = fields.pop("step", [])
    if isinstance(rows, dict):
        raise ScenarioError(f"{name}: [step.expect] stands before the first [[step]]: it belongs behind its step")
    if not isinstance(rows, list) or not rows:
        raise ScenarioError(f"{name}: no [[step]] in it")
    steps = [_step(row, f"{name}: step {number}", folder) for number, row in enumerate(rows, 1)]
    row = _Row(fields, name)
    scenario = Scenario(
        tuple(steps),
        name=row.text("name", name),
        language=row.text("language", "en"),
        settle_ms=row.value("settle_ms", SETTLE_MS),
        patience_s=row.value("patience_s", STEP_PATIENCE_S),
        caller=row.text("caller"),
        called=row.text("called"),
        expect=_expects(row.below("expect"), CALL_KEYS),
    )
    row.done(FILE_ROW)
    if scenario.language not in get_args(Language):
        raise row.error(f"language {scenario.language!r} is none of {', '.join(get_args(Language))}")
    return scenario


def from_words(lines: Sequence[str], *, language: str = "en", settle_ms: float = SETTLE_MS) -> Scenario:
    """Read a scenario from one string a step, as on a command line. Raises ScenarioError."""
    if not lines:
        raise ScenarioError("a scenario needs at least one step")
    steps = [_words(line, f"step {number}") for number, line in enumerate(lines, 1)]
    return Scenario(tuple(steps), language=language, settle_ms=settle_ms)


class _Row:
    """Read one table of the file. Every key has to be taken, else `done` raises."""

    def __init__(self, fields: Mapping[str, object], where: str) -> None:
        self._left = dict(fields)
        self._where = where

    def error(self, what: str) -> ScenarioError:
        """Return the error `what` with its place in front."""
        return ScenarioError(f"{self._where}: {what}")

    def text(self, key: str, default: str = "") -> str:
        """Take a text."""
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise self.error(f"{key} must be a text, not {value!r}")
        return value

    def number(self, key: str) -> float | None:
        """Take a number from 0 to a million. None: the key is not there."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        # TOML's true is an int for Python.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise self.error(f"{key} must be a number from 0 on, not {value!r}")
        return float(value)

    def value(self, key: str, default: float) -> float:
        """Take a number, or return the default."""
        number = self.number(key)
        return default if number is None else number

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a text or a list of texts."""
        value = self._left.pop(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
            raise self.error(f"{key} must be a text or a list of texts, not {value!r}")
        return tuple(values)

    def below(self, key: str) -> _Row:
        """Take the table under a key. Without the key it is empty."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise self.error(f"{key} must be a table, not {value!r}")
        return _Row(value, f"{self._where}: {key}")

    def only(self, keys: Sequence[str]) -> str:
        """Return the one of `keys` that is there. Empty: none is. Two cannot go together."""
        found = [key for key in keys if key in self._left]
        if len(found) > 1:
            raise self.error(f"{' and '.join(found)} cannot go together")
        return found[0] if found else ""

    def pop(self, key: str) -> object:
        """Take a value of any type."""
        return self._left.pop(key)

    @property
    def names(self) -> list[str]:
        """Return the keys that are left."""
        return list(self._left)

    def peek(self, key: str) -> object:
        """Return a value without taking it."""
        return self._left[key]

    def flag(self, key: str) -> bool:
        """Take true or false."""
        value = self._left.pop(key)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false, not {value!r}")
        return value

    def done(self, known: Collection[str]) -> None:
        """Raise when a key is left that is not in `known`."""
        for key in self._left:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}"
            raise self.error(f"unknown key {key!r}: {hint}")


def _expects(row: _Row, keys: Mapping[str, ExpectKey]) -> Expects:
    """Read a table of what is expected."""
    other = CALL_KEYS if keys is STEP_KEYS else STEP_KEYS
    found: dict[str, Wanted] = {}
    for name in row.names:
        if name in keys:
            found[name] = _wanted(row, name, keys[name])
        elif name in other:
            raise row.error(f"{name} belongs into {'[expect]' if keys is STEP_KEYS else '[step.expect] behind a step'}")
    row.done(keys)
    return found


def _wanted(row: _Row, name: str, key: ExpectKey) -> Wanted:
    """Read one expectation."""
    if key.manner == "most":
        return row.value(name, 0.0)
    if key.manner == "flag":
        return row.flag(name)
    # `failure = false`: there is none.
    if key.manner == "any" and not key.known and isinstance(row.peek(name), bool):
        return row.flag(name)
    texts = row.texts(name)
    for one in texts:
        try:
            pattern = pattern_of(one)
        except re.error as error:
            raise row.error(f"{name}: {one} is no regular expression: {error}") from error
        if key.known and pattern is None and one not in key.known:
            raise row.error(f"{name} {one!r} is none of {', '.join(key.known)}")
        if key.manner in WORD_MANNERS and pattern is None and not re.search(r"\w", one):
            raise row.error(f"{name}: there is no word in {one!r}; a regular expression stands between slashes")
    return texts


def _step(fields: object, where: str, folder: Path | None) -> Step:
    """Read one `[[step]]`."""
    if not isinstance(fields, dict):
        raise ScenarioError(f"{where}: must be a table")
    name = fields.get("name", "")
    row = _Row(fields, f"{where} ({name})" if name else where)
    expect = _expects(row.below("expect"), STEP_KEYS)
    step = Step(_act(row, folder), _moment(row), row.number("patience_s"), row.text("name"), expect)
    # The caller says nothing in these steps, so no answer can be expected.
    if expect and not step.speaks_or_presses:
        raise row.error("nothing comes of this step: expect goes with say, wav and press")
    row.done(STEP_ROW)
    return step


def _act(row: _Row, folder: Path | None) -> Act:
    """Read what the caller does in this step."""
    match row.only(ACTS):
        case "say":
            return Say(_filled(row, "say"))
        case "wav":
            path = Path(_filled(row, "wav"))
            return PlayFile(folder / path if folder is not None else path)
        case "press":
            return _press(_filled(row, "press"), row.error)
        case "hang_up":
            how = row.pop("hang_up")
            return _hang_up("stop" if how is True else str(how), row.error)
        case "wait":
            if row.pop("wait") is not True:
                raise row.error("wait must be true")
            return Wait()
        case _:
            raise row.error(f"nothing to do: one of {', '.join(ACTS)} is needed")


def _moment(row: _Row) -> Moment:
    """Read when the caller does it."""
    match row.only(MOMENT_KEYS):
        case "at_s":
            return At(row.value("at_s", 0.0))
        case "over_ms":
            ms, reply = row.value("over_ms", 0.0), row.number("reply")
            return IntoReply(ms, None if reply is None else int(reply))
        case _:
            return AfterAgent(row.value("after_s", 0.0))


def _filled(row: _Row, key: str) -> str:
    """Take a text that may not be empty."""
    text = row.text(key)
    if not text.strip():
        raise row.error(f"{key} is empty")
    return text


def _press(digits: str, error: Callable[[str], ScenarioError]) -> Press:
    """Check keys, and return them as an act."""
    if not digits or not set(digits) <= set(DTMF_KEYS):
        raise error(f"no such keys: {digits!r} (0-9 * # A-D)")
    return Press(digits)


def _hang_up(how: str, error: Callable[[str], ScenarioError]) -> HangUpStep:
    """Check a way to hang up, and return it as an act."""
    for known in get_args(How):
        if how == known:
            return HangUpStep(known)
    raise error(f"hang up how? {how!r} is none of {', '.join(get_args(How))}")


def _words(line: str, where: str) -> Step:
    """Read `[at S | after S | over MS] say TEXT | wav PATH | press KEYS | hang up [HOW] | wait`."""

    def error(what: str) -> ScenarioError:
        return ScenarioError(f"{where} ({line!r}): {what}")

    moment, rest = _moment_words(line.split(), error)
    match rest:
        # The text as it stands in the line, with its blanks; `rest` has lost them.
        case ["say", _, *_]:
            return Step(Say(line.split("say", 1)[1].strip()), moment)
        case ["wav", _, *_]:
            return Step(PlayFile(Path(line.split("wav", 1)[1].strip())), moment)
        case ["press", digits]:
            return Step(_press(digits, error), moment)
        case ["hang", "up", *how] if len(how) <= 1:
            return Step(_hang_up(how[0] if how else "stop", error), moment)
        case ["wait"]:
            return Step(Wait(), moment)
        case _:
            raise error("expected say TEXT, wav PATH, press KEYS, hang up [HOW] or wait")


def _moment_words(words: list[str], error: Callable[[str], ScenarioError]) -> tuple[Moment, list[str]]:
    """Read a moment in front of an act. Returns it and the words that are left."""
    match words:
        case ["at" | "after" | "over" as kind, amount, *rest]:
            try:
                number = float(amount)
            except ValueError:
                raise error(f"{kind} what? {amount!r} is no number") from None
            if not 0 <= number < 1e6:
                raise error(f"{kind} {amount}: must be a number from 0 on")
            moments: dict[str, Moment] = {"at": At(number), "after": AfterAgent(number), "over": IntoReply(number)}
            return moments[kind], rest
        case _:
            return AfterAgent(), words
