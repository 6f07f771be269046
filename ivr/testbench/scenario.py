"""What the caller will do: a list of steps, from a TOML file or from words on the command line.

A step is one act (say a text, play a file, press keys, hang up, wait for the agent to hang up) and one moment for it:
a time since the stream began, a while after the agent has finished, or so far into one of the agent's replies. Without
a moment a step comes when the agent has finished. "Finished" is the phone's view: some audio of the reply was heard,
and then nothing was queued for `settle_ms`.

    settle_ms = 1200                      as words:  say Where is my parcel
    [[step]]                                         after 0.5 say One two three four
    say = "Where is my parcel?"                      over 2000 say Stop
    [[step]]                                         at 12 press 1#
    say = "Stop"                                     wav caller/question.wav
    over_ms = 2000                                   hang up drop
    [[step]]                                         wait
    wait = true

A file may say what it expects of the call: `[expect]` of the whole, `[step.expect]` of a step (`expect`).

A mistake is a `ScenarioError` that names the file and the step.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, get_args

from ivr.testbench.expect import ANY_CALL, ANY_STEP, CallExpects, StepExpects
from ivr.testbench.phone.phone import DTMF_KEYS, How
from ivr.testbench.recording import Ending

ACTS = ("say", "wav", "press", "hang_up", "wait")
MOMENTS = ("at_s", "after_s", "over_ms")
SETTLE_MS = 1200.0
"""Silence after which the agent has finished. Longer than the pause between two sentences of a slow voice."""
PATIENCE_S = 30.0
"""Seconds a step waits for its moment."""


class ScenarioError(ValueError):
    """A scenario that cannot be played. Its text names the place."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text with whatever voice the caller has."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """Say what is in a WAV or raw mu-law file."""

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
    """So long after the stream began."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AfterAgent:
    """When the agent has finished, and this much later."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class IntoReply:
    """When so much of a reply was heard."""

    ms: float
    reply: int | None = None
    """0 is the greeting, k the answer to the caller's k-th act. None: the answer to the act before this step."""


Moment: TypeAlias = At | AfterAgent | IntoReply


@dataclass(frozen=True, slots=True)
class Step:
    """One act at one moment."""

    act: Act
    moment: Moment = AfterAgent()
    patience_s: float | None = None
    """How long to wait for the moment (for `Wait`: for the hang-up); then the step is done all the same. None: the
    scenario's."""
    name: str = ""
    expect: StepExpects = ANY_STEP


@dataclass(frozen=True, slots=True)
class Scenario:
    """A caller's part in one call. After the last step the caller waits for the agent to hang up."""

    steps: tuple[Step, ...]
    name: str = ""
    language: str = "en"
    """Of the texts."""
    settle_ms: float = SETTLE_MS
    """Silence of the agent after which it has finished."""
    patience_s: float = PATIENCE_S
    expect: CallExpects = ANY_CALL

    @property
    def texts(self) -> list[str]:
        """Everything that has to be rendered before the call."""
        return [step.act.text for step in self.steps if isinstance(step.act, Say)]


def load(path: Path | str) -> Scenario:
    """Read a scenario file; its WAV files are looked for beside it."""
    source = Path(path)
    try:
        text = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{source.name}: cannot be read: {error}") from error
    return from_toml(text, source.name, source.parent)


def from_toml(text: str, name: str = "scenario", folder: Path | None = None) -> Scenario:
    """Read a scenario; `name` is for its errors, `folder` for its files."""
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: {error}") from error
    rows = fields.pop("step", [])
    if not isinstance(rows, list) or not rows:
        raise ScenarioError(f"{name}: no [[step]] in it")
    steps = [_step(row, f"{name}: step {number}", folder) for number, row in enumerate(rows, 1)]
    return _scenario(fields, tuple(steps), name)


def from_words(lines: Sequence[str], *, language: str = "en", settle_ms: float = SETTLE_MS) -> Scenario:
    """A scenario from one string a step, as on a command line."""
    if not lines:
        raise ScenarioError("a scenario needs at least one step")
    steps = [_words(line, f"step {number}") for number, line in enumerate(lines, 1)]
    return Scenario(tuple(steps), language=language, settle_ms=settle_ms)


class _Row:
    """One table of the file, with its place for errors; every key has to be used up."""

    def __init__(self, fields: Mapping[str, object], where: str) -> None:
        self._left = dict(fields)
        self._where = where

    def error(self, what: str) -> ScenarioError:
        return ScenarioError(f"{self._where}: {what}")

    def text(self, key: str, default: str = "") -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str):
            raise self.error(f"{key} must be a text, not {value!r}")
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        value = self._left.pop(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise self.error(f"{key} must be a number from 0 on, not {value!r}")
        return float(value)

    def value(self, key: str, default: float) -> float:
        number = self.number(key)
        return default if number is None else number

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or several."""
        value = self._left.pop(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
            raise self.error(f"{key} must be a text or a list of texts, not {value!r}")
        return tuple(values)

    def below(self, key: str) -> _Row:
        """The table under a key; an empty one where there is none."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise self.error(f"{key} must be a table, not {value!r}")
        return _Row(value, f"{self._where}: {key}")

    def only(self, keys: Sequence[str]) -> str:
        """Which one of `keys` is there; empty for none."""
        found = [key for key in keys if key in self._left]
        if len(found) > 1:
            raise self.error(f"{' and '.join(found)} cannot go together")
        return found[0] if found else ""

    def pop(self, key: str) -> object:
        return self._left.pop(key)

    def done(self) -> None:
        if self._left:
            raise self.error(f"unknown key {next(iter(self._left))!r}")


def _scenario(fields: Mapping[str, object], steps: tuple[Step, ...], source: str) -> Scenario:
    row = _Row(fields, source)
    scenario = Scenario(
        steps,
        name=row.text("name", source),
        language=row.text("language", "en"),
        settle_ms=row.value("settle_ms", SETTLE_MS),
        patience_s=row.value("patience_s", PATIENCE_S),
        expect=_call_expects(row.below("expect")),
    )
    row.done()
    return scenario


def _call_expects(row: _Row) -> CallExpects:
    ended_by = row.text("ended_by")
    if ended_by and ended_by not in get_args(Ending):
        raise row.error(f"ended_by {ended_by!r} is none of {', '.join(filter(None, get_args(Ending)))}")
    wanted = CallExpects(ended_by, row.number("first_audio_ms"), row.number("silence_ms"), row.number("underruns"))
    row.done()
    return wanted


def _step_expects(row: _Row) -> StepExpects:
    wanted = StepExpects(row.number("answer_ms"), row.texts("transcript"), row.texts("heard"))
    row.done()
    return wanted


def _step(fields: object, where: str, folder: Path | None) -> Step:
    if not isinstance(fields, dict):
        raise ScenarioError(f"{where}: must be a table")
    name = fields.get("name", "")
    row = _Row(fields, f"{where} ({name})" if name else where)
    expect = _step_expects(row.below("expect"))
    step = Step(_act(row, folder), _moment(row), row.number("patience_s"), row.text("name"), expect)
    if expect != ANY_STEP and isinstance(step.act, HangUpStep | Wait):
        raise row.error("nothing comes of this step: expect goes with say, wav and press")
    row.done()
    return step


def _act(row: _Row, folder: Path | None) -> Act:
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
    match row.only(MOMENTS):
        case "at_s":
            return At(row.value("at_s", 0.0))
        case "over_ms":
            ms, reply = row.value("over_ms", 0.0), row.number("reply")
            return IntoReply(ms, None if reply is None else int(reply))
        case _:
            return AfterAgent(row.value("after_s", 0.0))


def _filled(row: _Row, key: str) -> str:
    text = row.text(key)
    if not text.strip():
        raise row.error(f"{key} is empty")
    return text


def _press(digits: str, error: Callable[[str], ScenarioError]) -> Press:
    if not digits or not set(digits) <= set(DTMF_KEYS):
        raise error(f"no such keys: {digits!r} (0-9 * # A-D)")
    return Press(digits)


def _hang_up(how: str, error: Callable[[str], ScenarioError]) -> HangUpStep:
    for known in get_args(How):
        if how == known:
            return HangUpStep(known)
    raise error(f"hang up how? {how!r} is none of {', '.join(get_args(How))}")


def _words(line: str, where: str) -> Step:
    """`[at S | after S | over MS] say TEXT | wav PATH | press KEYS | hang up [HOW] | wait`."""

    def error(what: str) -> ScenarioError:
        return ScenarioError(f"{where} ({line!r}): {what}")

    moment, rest = _moment_words(line.split(), error)
    match rest:
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
