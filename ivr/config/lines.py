"""Lines: the dialled number chooses the agent, the language, the voice and the words.

The environment describes one line, which answers every number. `ivr.toml` adds lines for numbers of their own; what a
table leaves out comes from the environment's line, as far as it fits the table's language:

    [call]                          # for every line: any field of CallOptions
    lead_ms = 400

    [[line]]
    number = "+966110000000"        # as the phone's provider writes it
    webhook_url = "https://agent.example/webhook"
    language = "en"                 # ar or en
    speaker = "James"
    fallback_speaker = "Emma"       # says what the first one cannot; the same dialect
    dialect = "en"
    greeting = "Welcome to the shipment line."    # "" for none
    endpoint_ms = 600
    transfer_to = "+966110000001"   # who takes over when the agent says so or nothing works; or a list of numbers

    [line.phrases]                  # notice, reprompt, apology, still_there, goodbye, filler, transfer, farewell, ...
    goodbye = "Bye."

    [line.call]                     # for this line
    commit_ms = 200
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from ivr.call.options import CallOptions, Phrase, PhraseName
from ivr.config.default_phrases import PHRASES, VOICES, Language

Choice: TypeAlias = int | float | bool | str

LONGEST_PHRASE: Final = 1000
"""Characters of a fixed phrase; a synthesis takes 2000."""
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_PLAIN: Final = CallOptions()
_OWN: Final = frozenset({"language", "phrases", "endpoint_ms", "transfer_to"})
"""Fields of CallOptions that a line sets by keys of its own."""
_CHOICES: Final = frozenset(field.name for field in fields(CallOptions)) - _OWN
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "endpoint_ms": (100, 3000),
    "endpoint_least_ms": (100, 3000),
    "endpoint_more_ms": (0, 3000),
    "speculate_ms": (0, 3000),
    "word_ms": (20, 1000),
    "verdict_ms": (100, 3000),
    "caution_ms": (0, 500),
    "caution_most": (0, 10),
    "caution_s": (1, 3600),
    "filler_after_ms": (0, 30_000),
    "filler_grace_ms": (0, 5000),
    "fillers_most": (0, 50),
    "start_ms": (20, 500),
    "commit_ms": (20, 2000),
    "resume_ms": (100, 3000),
    "pre_roll_ms": (0, 1000),
    "max_utterance_ms": (1000, 120_000),
    "lead_ms": (60, 5000),
    "fade_ms": (0, 500),
    "transcript_timeout": (1, 60),
    "reply_timeout": (1, 120),
    "speech_timeout": (1, 60),
    "silence_timeout": (0, 600),
    "silence_prompts": (0, 10),
    "failures_in_a_row": (1, 100),
    "media_timeout": (1, 120),
    "mark_grace": (0.1, 30),
    "max_call": (0, 86_400),
    "keypad_timeout": (0.2, 30),
}
_ANY: Final = (0.0, 86_400.0)
_TEXT: Final = "write text in quotes"
_FIXES: Final[Mapping[str, str]] = {
    "line": "write [[line]] above the keys of each line",
    "call": "write a table of numbers, words, true and false",
    "number": "write the number that is dialled, in quotes",
    "language": 'write "ar" or "en"',
    "phrases": "write a table of texts, [line.phrases]",
    "endpoint_ms": "write a whole number from 100 to 3000",
    "transfer_to": "write a number in quotes, or a list of them",
}
"""What to write for a key whose value is of no kind that it may have."""
_ORDERED: Final = (("endpoint_least_ms", "endpoint_ms"), ("start_ms", "commit_ms"))
"""The first is no more than the second, where one of them was chosen."""
_DEFAULTS: Final = {name: getattr(_PLAIN, name) for pair in _ORDERED for name in pair}


@dataclass(frozen=True, slots=True)
class Line:
    """What is decided by the number a caller dialled."""

    number: str
    """Digits, with + if it was written. Empty: the line of every number that has none of its own."""
    webhook_url: str
    """Where the agent is asked. Empty: the line is closed."""
    language: Language
    speaker: str
    """Hamsa's voice."""
    dialect: str
    """Hamsa's code of the dialect, such as `ksa`."""
    phrases: Mapping[PhraseName, str]
    """Every phrase of the line; empty: not spoken."""
    endpoint_ms: int = _PLAIN.endpoint_ms
    """Silence that ends an utterance."""
    transfer_to: tuple[str, ...] = ()
    """People who may take over a call, E.164; the first where the agent names none."""
    fallback_speaker: str = ""
    """The voice that says what the speaker cannot, of the same dialect; empty: none."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """Fields of CallOptions this line sets."""

    def options(self, audio: Mapping[PhraseName, bytes] | None = None) -> CallOptions:
        """What the call core needs. `audio`: phrases rendered beforehand, mu-law at 8 kHz."""
        rendered = audio or {}
        phrases = {name: Phrase(text, rendered.get(name, b"")) for name, text in self.phrases.items()}
        choices: dict[str, Any] = dict(self.choices)
        return CallOptions(
            language=self.language,
            phrases=phrases,
            endpoint_ms=self.endpoint_ms,
            transfer_to=self.transfer_to,
            **choices,
        )


def plain_line(
    language: Language,
    webhook_url: str = "",
    endpoint_ms: int = _PLAIN.endpoint_ms,
    transfer_to: tuple[str, ...] = (),
) -> Line:
    """A line with the default voice and words of its language."""
    speaker, dialect = VOICES[language]
    return Line("", webhook_url, language, speaker, dialect, PHRASES[language], endpoint_ms, transfer_to)


def same_number(number: str) -> str:
    """A number without what people write for the eye, and with + for the international 00."""
    digits = re.sub(r"[\s().-]", "", number)
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def read_numbers(written: str | Sequence[str]) -> tuple[str, ...]:
    """Telephone numbers, from a list or a text with commas between them."""
    numbers = written.split(",") if isinstance(written, str) else written
    return tuple(same_number(number) for number in numbers if number.strip())


def read_lines(text: str, default: Line) -> tuple[list[Line], Line, list[str]]:
    """The lines of an ivr.toml, the default line with the file's `[call]`, and a sentence for every fault."""
    try:
        table, misfits = _fitting(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return [], default, [f"not TOML: {error}"]
    problems = misfits + _check_choices("[call]", table.call)
    comparable = not problems
    default = replace(default, choices=dict(table.call))
    lines: list[Line] = []
    for place, entry in enumerate(table.line, 1):
        line = _line(entry, default)
        lines.append(line)
        found = _check_line(entry, line) or (check_together(line) if comparable else [])
        problems += [f"[[line]] {place}: {problem}" for problem in found]
    problems += check_together(default) if comparable and default.webhook_url else []
    problems += _check_loops([default, *lines])
    numbers = [line.number for line in lines]
    problems += [
        f"[[line]]: number {number} occurs twice" for number in sorted({n for n in numbers if numbers.count(n) > 1})
    ]
    return lines, default, problems


def check_endpoint(value: int) -> str | None:
    """What is wrong with an endpoint silence."""
    return _check_choice("endpoint_ms", value)


def check_together(line: Line) -> list[str]:
    """What contradicts itself in a line, each value being fine."""
    given: Mapping[str, Any] = {**_DEFAULTS, **line.choices, "endpoint_ms": line.endpoint_ms}
    return [
        f"{less} ({given[less]}) is more than {more} ({given[more]}): lower the one or raise the other"
        for less, more in _ORDERED
        if given[less] > given[more] and (less in line.choices or more in line.choices)
    ]


def check_transfer(numbers: Sequence[str]) -> str | None:
    """What is wrong with the people who may take over a call."""
    if all(_E164.fullmatch(number) for number in numbers):
        return None
    return "is no telephone number: write + and the country's code, such as +966110000001"


def check_fallback(line: Line) -> str | None:
    """What is wrong with a line's second voice."""
    if line.fallback_speaker != line.speaker:
        return None
    return f"{line.speaker} is the speaker itself, who says nothing else: name another voice of the dialect, or none"


def check_phrase(text: str) -> str | None:
    """What is wrong with a phrase."""
    if len(text) > LONGEST_PHRASE:
        return f"is longer than {LONGEST_PHRASE} characters: shorten it"
    if any(ord(character) < 32 and character not in "\t\n\r" for character in text):
        return "holds control characters: remove them"
    return None


def check_http_url(url: str) -> str | None:
    """What is wrong with an http(s) URL."""
    return check_url(url, ("https", "http"))


def check_url(url: str, schemes: tuple[str, ...]) -> str | None:
    """What is wrong with a URL."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or any(character <= " " for character in url):
        return f"is no URL the bridge can use: write {' or '.join(f'{scheme}://' for scheme in schemes)}host/path"
    return None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _LineTable(_Strict):
    number: str
    webhook_url: str | None = None
    language: Language | None = None
    speaker: str | None = None
    fallback_speaker: str | None = None
    dialect: str | None = None
    greeting: str | None = None
    phrases: dict[PhraseName, str] = {}
    endpoint_ms: int | None = None
    transfer_to: str | list[str] | None = None
    call: dict[str, Choice] = {}


class _File(_Strict):
    call: dict[str, Choice] = {}
    line: list[_LineTable] = []


def _line(table: _LineTable, default: Line) -> Line:
    language = table.language or default.language
    base = default if language == default.language else _in_language(default, language)
    phrases = {**base.phrases, **table.phrases}
    if table.greeting is not None:
        phrases["greeting"] = table.greeting
    return replace(
        base,
        number=same_number(table.number),
        webhook_url=base.webhook_url if table.webhook_url is None else table.webhook_url,
        speaker=table.speaker or base.speaker,
        dialect=table.dialect or base.dialect,
        fallback_speaker=_fallback(table, base),
        phrases=phrases,
        endpoint_ms=base.endpoint_ms if table.endpoint_ms is None else table.endpoint_ms,
        transfer_to=base.transfer_to if table.transfer_to is None else read_numbers(table.transfer_to),
        choices={**base.choices, **table.call},
    )


def _fallback(table: _LineTable, base: Line) -> str:
    """The second voice: the table's own, or the one that goes with the dialect and is not the first here."""
    if table.fallback_speaker is not None:
        return table.fallback_speaker
    fits = table.dialect in (None, base.dialect) and base.fallback_speaker != table.speaker
    return base.fallback_speaker if fits else ""


def _in_language(line: Line, language: Language) -> Line:
    """The line with the voice and words of another language; a greeting that is switched off stays off."""
    plain = plain_line(language, line.webhook_url, line.endpoint_ms, line.transfer_to)
    silent = {name: "" for name, text in line.phrases.items() if not text}
    return replace(plain, phrases={**plain.phrases, **silent}, choices=line.choices)


def _check_line(table: _LineTable, line: Line) -> list[str]:
    problems = []
    if not _NUMBER.fullmatch(line.number) and not line.number.startswith(("sip:", "client:")):
        problems.append("number: write + and digits, as the provider shows it")
    if line.webhook_url and (problem := check_http_url(line.webhook_url)):
        problems.append(f"webhook_url {problem}")
    if problem := check_endpoint(line.endpoint_ms):
        problems.append(problem)
    if problem := check_transfer(line.transfer_to):
        problems.append(f"transfer_to {problem}")
    if problem := check_fallback(line):
        problems.append(f"fallback_speaker {problem}")
    texts = {**table.phrases, "greeting": table.greeting or ""}
    problems += [f"{name} {problem}" for name, text in texts.items() if (problem := check_phrase(text))]
    return problems + _check_choices("[line.call]", table.call)


def _check_loops(lines: Sequence[Line]) -> list[str]:
    """A line whose callers would be handed to a line."""
    own = {line.number for line in lines if line.number}
    return [
        f"{line.number or 'IVR_TRANSFER_TO'}: transfer_to {number} is a line itself: callers would come back"
        for line in lines
        for number in line.transfer_to
        if number in own
    ]


def _check_choices(where: str, choices: Mapping[str, Choice]) -> list[str]:
    return [f"{where} {problem}" for name, value in choices.items() if (problem := _check_choice(name, value))]


def _check_choice(name: str, value: Choice) -> str | None:
    if name not in _CHOICES and name != "endpoint_ms":
        return f"{name}: there is no such field; the fields are {', '.join(sorted(_CHOICES))}"
    plain = getattr(_PLAIN, name)
    if isinstance(plain, bool):
        return None if isinstance(value, bool) else f"{name}: write true or false"
    if isinstance(plain, str):
        return None if isinstance(value, str) and len(value) <= 1 else f'{name}: write one key, or "" for none'
    low, high = _RANGES.get(name, _ANY)
    number = int if isinstance(plain, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, number) or not low <= value <= high:
        kind = "a whole number" if number is int else "a number"
        return f"{name}: write {kind} from {low:g} to {high:g}"
    return None


def _fitting(table: dict[str, Any]) -> tuple[_File, list[str]]:
    """What of a file fits the form, and a sentence for all else, which is left out."""
    try:
        return _File.model_validate(table), []
    except ValidationError as error:
        faults = error.errors()
    for path in {_path(table, fault["loc"]) for fault in faults}:
        _leave_out(table, path)
    # a value is tried as a number, a word, ...: one sentence for all of it
    return _File.model_validate(table), list(dict.fromkeys(_explain(fault["loc"], fault["type"]) for fault in faults))


def _path(table: dict[str, Any], place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where in the file a fault is: its place without what is behind it of the form's own."""
    at: Any = table
    for depth, part in enumerate(place):
        inside = part in at if isinstance(at, dict) else isinstance(at, list) and isinstance(part, int)
        if not inside:
            return place if part == "number" else place[:depth]
        at = at[part]
    return place


def _leave_out(table: dict[str, Any], path: tuple[int | str, ...]) -> None:
    """A line stays, with a number that makes no more faults: it counts the lines."""
    at: Any = table
    for part in path[:-1]:
        at = at[part]
    if isinstance(path[-1], int):
        at[path[-1]] = {"number": f"sip:{path[-1]}"}
    elif path[-1] == "number":
        at["number"] = f"sip:{path[1]}"
    else:
        del at[path[-1]]


def _explain(place: tuple[int | str, ...], kind: str) -> str:
    """One line for what the file's form does not allow, with the number of its `[[line]]`."""
    names = [part for part in place if isinstance(part, str)]
    where = ""
    if place[0] == "line" and len(place) > 2:
        where, names = f"[[line]] {int(place[1]) + 1}: ", names[1:]
    if kind == "extra_forbidden":
        known = _LineTable.model_fields if where else _File.model_fields
        return f"{where}{names[-1]}: there is no such key; the keys are {', '.join(known)}"
    if names[0] == "call" and len(names) > 1:
        return f"{where}[{'line.call' if where else 'call'}] {names[1]}: write one number, one word, true or false"
    if names[0] == "phrases" and len(names) > 1:
        wrong = f"there is no such phrase; the phrases are {', '.join(get_args(PhraseName))}"
        return f"{where}[line.phrases] {names[1]}: {wrong if names[-1] == '[key]' else _TEXT}"
    return f"{where}{names[0]}{' is missing' if kind == 'missing' else ''}: {_FIXES.get(names[0], _TEXT)}"
