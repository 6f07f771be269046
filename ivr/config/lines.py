"""Decide by the dialled number which agent, language, voice and words a call gets: its line.

The environment describes one line, which answers every number. `ivr.toml` adds lines for numbers of their own. What a
table leaves out comes from the environment's line, as far as it fits the table's language:

    [call]                          # for every line: any field of CallOptions
    lead_ms = 400

    [[line]]
    number = "+966110000000"        # as the phone's provider writes it
    name = "shipments"              # in logs and metrics; left out: line_1, line_2, ...
    webhook_url = "https://agent.example/webhook"
    language = "en"                 # ar or en
    speaker = "James"
    fallback_speaker = "Emma"       # speaks the sentences that fail with the first; the same dialect
    dialect = "en"
    greeting = "Welcome to the shipment line."    # "" for none
    endpoint_ms = 600
    transfer_to = "+966110000001"   # who takes over when the agent says so or nothing works: a number, sip:user@host,
                                    # queue:name, or a list of them
    caller_id = "+966110000000"     # what that person is shown where the caller has no number
    max_calls = 10                  # calls of this line at once, of the whole fleet; left out: no limit of its own
    keep = "metrics"                # of its calls: "none", "metrics", or "text" as well (docs/records.md)
    keep_days = 90                  # days after which the record of a call is deleted; 0: never
    record = true                   # calls are recorded (docs/operating.md): false where it is left out
    record_days = 30                # days after which a recording is deleted; 0: never

    [line.outbound]                 # of the calls that are placed for it (docs/outbound.md); [outbound]: for every line
    at_once = 5

    [line.phrases]                  # recorded, notice, reprompt, apology, still_there, goodbye, filler, ...
    goodbye = "Bye."

    [line.call]                     # for this line
    commit_ms = 200

Opening hours, greetings by the time of day, callers, keys and other languages: ivr/config/line/has.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from ivr.call.options import CallOptions, Language, Phrase, PhraseName
from ivr.config.address import check_number, line_keys, shown, telephone
from ivr.config.default_phrases import ANNOUNCEMENTS, MACHINE_MESSAGES, PHRASES, VOICES
from ivr.config.line.clock_times import time_words
from ivr.config.line.greetings import greeting_at
from ivr.config.line.has import ANSWERED_CLOSED, HasTable, LineHas, read_has
from ivr.config.line.keys import check_keys
from ivr.config.line.texts import check_phrase
from ivr.config.outbound.terms import OUTBOUND_FIX, OutboundTable, OutboundTerms
from ivr.config.people import check_people, read_person

Choice: TypeAlias = int | float | bool | str
Keep: TypeAlias = Literal["none", "metrics", "text"]
"""What is kept of a call. `none`: nothing. `metrics`: times, ends and faults. `text`: words and numbers as well."""

DEFAULT_NAME: Final = "default"
"""The name of the environment's line."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
KEEP_DAYS: Final = 90
LONGEST_KEEP: Final = 3650
"""Days for which records may be kept, where they are not kept for ever."""
RECORD_DAYS: Final = 30
LONGEST_RECORD_DAYS: Final = 3650
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_PLAIN: Final = CallOptions()
_OWN: Final = frozenset(
    {
        "language",
        "phrases",
        "languages",
        "language_by_words",
        "changed_to",
        "endpoint_ms",
        "transfer_to",
        "keys",
        "machine",
        "placed",
        "turn_model",
    }
)
"""Fields of CallOptions that a line sets by keys of its own, outside `[call]`."""
_CHOICES: Final = frozenset(field.name for field in fields(CallOptions)) - _OWN
# Wide enough for every call that can be imagined, narrow enough that a slip (seconds for milliseconds) is found.
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "endpoint_ms": (100, 3000),
    "endpoint_least_ms": (100, 3000),
    "endpoint_more_ms": (0, 3000),
    "endpoint_most_ms": (0, 10_000),
    "speculate_ms": (0, 3000),
    "word_ms": (20, 1000),
    "verdict_ms": (100, 3000),
    "caution_ms": (0, 500),
    "caution_most": (0, 10),
    "caution_s": (1, 3600),
    "greeting_after_ms": (0, 5000),
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
    "max_call_warning": (0, 600),
    "keypad_timeout": (0.2, 30),
}
_ANY: Final = (0.0, 86_400.0)
"""Range of a number without one of its own: up to a day of seconds."""
_TEXT: Final = "write text in quotes"
MAX_CALLS_FIX: Final = "write a whole number from 1 to 1000000"
_FIXES: Final[Mapping[str, str]] = {
    "line": "write [[line]] above the keys of each line",
    "call": "write a table of numbers, words, true and false",
    "number": "write the number that is dialled, in quotes",
    "outbound": OUTBOUND_FIX,
    "language": 'write "ar" or "en"',
    "phrases": "write a table of texts, [line.phrases]",
    "endpoint_ms": "write a whole number from 100 to 3000",
    "transfer_to": "write a number in quotes, or a list of them",
    "max_calls": MAX_CALLS_FIX,
    "keep": 'write "none", "metrics" or "text"',
    "keep_days": f"write whole days from 0 (for ever) to {LONGEST_KEEP}",
    "record": "write true or false",
    "record_days": f"write whole days from 0 (for ever) to {LONGEST_RECORD_DAYS}",
}
"""What to write for a key whose value has the wrong type."""
ORDERED: Final = (("endpoint_least_ms", "endpoint_ms"), ("start_ms", "commit_ms"))
"""Pairs of fields: the first may not be more than the second."""
_DEFAULTS: Final = {name: getattr(_PLAIN, name) for pair in ORDERED for name in pair}


@dataclass(frozen=True, slots=True)
class Line:
    """Hold what is decided by the number a caller dialled."""

    number: str
    """As `ivr.config.address.shown` writes it. Empty: the line of every number that has none of its own."""
    webhook_url: str
    """The webhook of the agent. Empty: the line is closed."""
    language: Language
    speaker: str
    """Hamsa's voice."""
    dialect: str
    """Hamsa's code of the dialect, such as `ksa`."""
    phrases: Mapping[PhraseName, str]
    """Every phrase of the line; empty: not spoken."""
    endpoint_ms: int = _PLAIN.endpoint_ms
    """Silence that ends an utterance, in milliseconds."""
    transfer_to: tuple[str, ...] = ()
    """Who may take over a call, E.164, SIP addresses and `queue:NAME`; the first where the agent names none."""
    caller_id: str = ""
    """The number that such a person is shown where the caller has none, E.164; empty: the one that was dialled."""
    fallback_speaker: str = ""
    """The voice for sentences that fail with the speaker, of the same dialect; empty: none."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """Fields of CallOptions this line sets."""
    max_calls: int = 0
    """Calls of the line at once, of the whole fleet; 0: no limit of its own."""
    name: str = DEFAULT_NAME
    """What logs and metrics call the line, in place of its number."""
    keep: Keep = "metrics"
    """What is kept of its calls."""
    keep_days: int = KEEP_DAYS
    """Days after which the record of a call is deleted; 0: never."""
    record: bool = False
    """Its calls are recorded."""
    record_days: int = RECORD_DAYS
    """Days after which a recording is deleted; 0: never."""
    outbound: OutboundTerms = field(default_factory=OutboundTerms)
    """Of the calls that are placed for it."""
    has: LineHas = field(default_factory=LineHas)
    """Its other languages, hours, greetings by the time of day, and which callers it takes."""

    def in_each_language(self) -> list[Line]:
        """Return the line as it speaks each of its languages, its own first."""
        return [
            self,
            *(
                replace(
                    self,
                    language=language,
                    speaker=other.speaker,
                    dialect=other.dialect,
                    fallback_speaker=other.fallback_speaker,
                    phrases=other.phrases,
                    has=replace(self.has, greetings=other.greetings, closed_greeting=other.closed_greeting),
                )
                for language, other in self.has.languages.items()
            ),
        ]

    def greeting_at(self, unix: float, *, closed: bool = False) -> str:
        """Return what a call is greeted with that begins at this time, in Unix seconds. `closed`: outside the hours."""
        if closed:
            return self.has.closed_greeting
        found = greeting_at(self.has.greetings, unix, self.has.zone)
        return self.phrases["greeting"] if found is None else found

    def words(self) -> dict[str, str]:
        """Return all fixed words that a call in the line's own language may hear, by names for the operator."""
        found: dict[str, str] = dict(self.phrases.items())
        found |= {f"greeting {time_words(times)}": text for times, text in self.has.greetings}
        if self.has.hours is not None and self.has.closed in ANSWERED_CLOSED:
            found["closed_greeting"] = self.has.closed_greeting
        return {name: text for name, text in found.items() if text.strip()}

    def described(self) -> dict[str, str]:
        """Return what tells this line from others, for people: no secret, and no telephone number but its own."""
        plain = announced(replace(plain_line(self.language), record=self.record))
        facts = {
            "line": f"{self.name} ({self.number})" if self.number else self.name,
            "language": self.language,
            "voice": f"{self.speaker} ({self.dialect})",
            "agent": urlsplit(self.webhook_url).hostname or "none",
        }
        chosen = {"endpoint_ms": self.endpoint_ms, **self.choices}
        if differing := {name: value for name, value in chosen.items() if value != getattr(_PLAIN, name)}:
            facts["settings"] = ", ".join(f"{name} {value}" for name, value in differing.items())
        if self.record:
            facts["recorded"] = f"kept for {self.record_days} days" if self.record_days else "kept for ever"
        if self.phrases != plain.phrases:
            facts["phrases"] = "the line's own"
        return facts

    def spoken(self, greeting: str, audio: Mapping[str, bytes]) -> dict[PhraseName, Phrase]:
        """Return the phrases of a call in the line's own language, with what was rendered of them, by its text."""
        texts = {**self.phrases, "greeting": greeting}
        return {name: Phrase(text, audio.get(text, b"")) for name, text in texts.items()}

    def options(
        self,
        phrases: Mapping[PhraseName, Phrase] | None = None,
        others: Mapping[Language, Mapping[PhraseName, Phrase]] | None = None,
    ) -> CallOptions:
        """Return what the call core needs. `others`: the phrases of each other language."""
        if phrases is None:
            phrases = self.spoken(self.phrases["greeting"], {})
        choices: dict[str, Any] = dict(self.choices)
        return CallOptions(
            language=self.language,
            phrases=phrases,
            languages=others or {},
            language_by_words="first_utterance" in self.has.language_by,
            endpoint_ms=self.endpoint_ms,
            transfer_to=self.transfer_to,
            keys=self.has.keys,
            machine=self.outbound.machine,
            **choices,
        )


def plain_line(
    language: Language,
    webhook_url: str = "",
    endpoint_ms: int = _PLAIN.endpoint_ms,
    transfer_to: tuple[str, ...] = (),
) -> Line:
    """Return a line with the default voice and words of its language."""
    speaker, dialect = VOICES[language]
    return Line("", webhook_url, language, speaker, dialect, PHRASES[language], endpoint_ms, transfer_to)


def switched_off(language: Language, phrases: Mapping[PhraseName, str]) -> list[PhraseName]:
    """Return which phrases a line says nothing in the place of, although there are words for them by default."""
    return [name for name, text in PHRASES[language].items() if text and not phrases[name]]


def announced(line: Line) -> Line:
    """Return a line whose callers are told that it records, where it does and its phrases do not say so themselves."""
    words = ANNOUNCEMENTS[line.language] if line.record else ""
    return replace(line, phrases={**line.phrases, "recorded": words})


def placing(line: Line, table: OutboundTable | None) -> Line:
    """Return a line with what a table says of the calls that are placed for it, and the message for machines."""
    terms = line.outbound if table is None else table.terms(line.outbound)
    words = MACHINE_MESSAGES[line.language] if terms.machine == "message" else ""
    return replace(line, outbound=terms, phrases={**line.phrases, "machine_message": words})


def read_numbers(written: str | Sequence[str]) -> tuple[str, ...]:
    """Return those who may take over, from a list or from a text with commas between them."""
    numbers = written.split(",") if isinstance(written, str) else written
    return tuple(read_person(number) for number in numbers if number.strip())


def read_lines(text: str, default: Line, folder: Path | None = None) -> tuple[list[Line], Line, list[str]]:
    """Return the lines of an ivr.toml, the default line with the file's `[call]`, and a sentence for every fault.

    `folder`: what the names of its other files are relative to.
    """
    try:
        table, problems = _fitting(tomllib.loads(text))
    # A number of many digits is a ValueError, a list in lists in lists a RecursionError.
    except (ValueError, RecursionError) as error:
        return [], default, [f"not TOML: {error}"]
    problems += _check_choices("[call]", table.call)
    # A value that was left out, or is out of its range, would be called a contradiction to others as well.
    comparable = not problems
    problems += table.outbound.faults("[outbound]") if table.outbound is not None else []
    default = replace(default, choices=dict(table.call), has=replace(default.has, folder=folder or Path()))
    silent = switched_off(default.language, default.phrases)
    has, found = read_has(table, default.has, default.language, default.language, silent, where="")
    default, problems = replace(default, has=has), problems + found
    default = placing(default, table.outbound)
    lines: list[Line] = []
    for place, entry in enumerate(table.line, 1):
        lines.append(line := replace(entry.line(default), name=entry.name or f"line_{place}"))
        found = entry.faults(line, default) or (check_together(line) if comparable else [])
        problems += [f"[[line]] {place}: {problem}" for problem in found]
    # Without an agent the environment's line takes no calls: nothing of it can be wrong.
    problems += check_together(default) if comparable and default.webhook_url else []
    # A caller who is transferred to a number of the bridge itself would be transferred again and again.
    keys = [line_keys(line.number)[0] for line in lines]
    problems += [
        f"{line.number or 'IVR_TRANSFER_TO'}: transfer_to {number} is a line itself: write the number of a person"
        for line in (default, *lines)
        for number in line.transfer_to
        if _E164.fullmatch(number) and line_keys(number)[0] in keys
    ]
    names = [line.name for line in lines]
    problems += [
        f"[[line]]: name {name} occurs twice: give each line a name of its own"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    problems += [
        f"[[line]]: number {line.number} occurs twice: keep one [[line]] for it"
        for place, line in enumerate(lines)
        if keys.index(keys[place]) == place and keys.count(keys[place]) > 1
    ]
    return lines, default, problems


def check_endpoint(value: int) -> str | None:
    """Return what is wrong with an endpoint silence, in milliseconds."""
    return check_choice("endpoint_ms", value)


def check_together(line: Line) -> list[str]:
    """Return what values of a line contradict each other, each being fine alone."""
    given: Mapping[str, Any] = {**_DEFAULTS, **line.choices, "endpoint_ms": line.endpoint_ms}
    # Where neither was chosen in a table, there is nothing that the operator could correct there.
    problems = [
        f"{less} ({given[less]}) is more than {more} ({given[more]}): lower {less} or raise {more}"
        for less, more in ORDERED
        if given[less] > given[more] and (less in line.choices or more in line.choices)
    ]
    # The words are looked for only at the end of the turn: there is nothing to ask the agent before.
    if given.get("eager") and given.get("speculate_ms") == 0:
        problems.append("eager asks nothing ahead with speculate_ms 0: raise speculate_ms or leave eager out")
    return problems + check_keys(
        line.has.keys,
        line.transfer_to,
        (line.language, *line.has.languages),
        str(given.get("keypad_terminator", _PLAIN.keypad_terminator)),
    )


def check_caller_id(number: str) -> str | None:
    """Return what is wrong with the number that a person is shown; empty: none is chosen."""
    if not number or _E164.fullmatch(number):
        return None
    return "is not a telephone number: write + and the country code, such as +966110000001"


def check_fallback(line: Line) -> str | None:
    """Return what is wrong with a line's second voice."""
    # A sentence that failed with a voice fails with it again.
    if line.fallback_speaker != line.speaker:
        return None
    return f"{line.speaker} is the speaker itself: write another voice of the dialect, or leave it empty"


def check_http_url(url: str) -> str | None:
    """Return what is wrong with an http(s) URL."""
    return check_url(url, ("https", "http"))


def check_url(url: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with a URL."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    # `urlsplit` drops line ends silently and keeps blanks: both are slips, and neither may get into a request.
    if not good or any(character <= " " for character in url):
        return f"is not a URL the bridge can use: write {' or '.join(f'{scheme}://' for scheme in schemes)}host/path"
    return None


class _LineTable(HasTable):
    """Represent a `[[line]]` as it is written; None: left out."""

    number: str
    name: str | None = None
    webhook_url: str | None = None
    language: Language | None = None
    speaker: str | None = None
    fallback_speaker: str | None = None
    dialect: str | None = None
    greeting: str | None = None
    phrases: dict[PhraseName, str] = Field({})
    endpoint_ms: int | None = None
    transfer_to: str | list[str] | None = None
    caller_id: str | None = None
    max_calls: int | None = None
    keep: Keep | None = None
    keep_days: int | None = None
    record: bool | None = None
    record_days: int | None = None
    call: dict[str, Choice] = Field({})
    outbound: OutboundTable | None = None

    def line(self, default: Line) -> Line:
        """Return the line that the table describes. What it leaves out comes from the default line."""
        base = default
        language = self.language or default.language
        if language != default.language:
            # The default's voice and words are of another language. A phrase that is switched off stays off.
            plain = plain_line(language, default.webhook_url, default.endpoint_ms, default.transfer_to)
            silent = {name: "" for name, text in default.phrases.items() if not text}
            phrases = {**plain.phrases, **silent}
            base = replace(plain, phrases=phrases, choices=default.choices, caller_id=default.caller_id)
            base = replace(base, keep=default.keep, keep_days=default.keep_days)
            base = replace(base, record=default.record, record_days=default.record_days, outbound=default.outbound)
        base = announced(base if self.record is None else replace(base, record=self.record))
        base = placing(base, self.outbound)
        phrases = {**base.phrases, **self.phrases}
        if self.greeting is not None:
            phrases["greeting"] = self.greeting
        fallback = self.fallback_speaker
        if fallback is None:
            # The default's second voice speaks its own dialect only, and may be the first voice of this line.
            fits = self.dialect in (None, base.dialect) and base.fallback_speaker != self.speaker
            fallback = base.fallback_speaker if fits else ""
        return replace(
            base,
            number=shown(self.number),
            webhook_url=base.webhook_url if self.webhook_url is None else self.webhook_url,
            speaker=self.speaker or base.speaker,
            dialect=self.dialect or base.dialect,
            fallback_speaker=fallback,
            phrases=phrases,
            endpoint_ms=base.endpoint_ms if self.endpoint_ms is None else self.endpoint_ms,
            transfer_to=base.transfer_to if self.transfer_to is None else read_numbers(self.transfer_to),
            caller_id=base.caller_id if self.caller_id is None else telephone(self.caller_id),
            max_calls=self.max_calls or 0,
            choices={**base.choices, **self.call},
            keep=self.keep or base.keep,
            keep_days=base.keep_days if self.keep_days is None else self.keep_days,
            record_days=base.record_days if self.record_days is None else self.record_days,
            has=self._has(default, language, phrases)[0],
        )

    def _has(self, default: Line, language: Language, phrases: Mapping[PhraseName, str]) -> tuple[LineHas, list[str]]:
        return read_has(self, default.has, language, default.language, switched_off(language, phrases))

    def faults(self, line: Line, default: Line) -> list[str]:
        """Return what is wrong with the line that came of this table, a sentence for every fault."""
        problems = []
        if problem := check_number(self.number):
            problems.append(f"number: {problem}")
        if not _NAME.fullmatch(line.name) or line.name == DEFAULT_NAME:
            problems.append("name: write a small letter and up to 31 more, digits or _, but not default")
        if line.webhook_url and (problem := check_http_url(line.webhook_url)):
            problems.append(f"webhook_url {problem}")
        if problem := check_endpoint(line.endpoint_ms):
            problems.append(problem)
        if problem := check_people(line.transfer_to):
            problems.append(f"transfer_to {problem}")
        if problem := check_caller_id(line.caller_id):
            problems.append(f"caller_id {problem}")
        if self.max_calls is not None and not 1 <= self.max_calls <= 1_000_000:
            problems.append(f"max_calls: {MAX_CALLS_FIX}")
        if problem := check_fallback(line):
            problems.append(f"fallback_speaker {problem}")
        if not 0 <= line.keep_days <= LONGEST_KEEP:
            problems.append(f"keep_days: {_FIXES['keep_days']}")
        if not 0 <= line.record_days <= LONGEST_RECORD_DAYS:
            problems.append(f"record_days: {_FIXES['record_days']}")
        texts = {**self.phrases, "greeting": self.greeting or ""}
        problems += [f"{name} {problem}" for name, text in texts.items() if (problem := check_phrase(text))]
        problems += self.outbound.faults("[line.outbound]") if self.outbound is not None else []
        problems += self._has(default, line.language, line.phrases)[1]
        return problems + _check_choices("[line.call]", self.call)


class _File(HasTable):
    call: dict[str, Choice] = Field({})
    line: list[_LineTable] = Field([])
    outbound: OutboundTable | None = None


def _check_choices(where: str, choices: Mapping[str, Choice]) -> list[str]:
    return [f"{where} {problem}" for name, value in choices.items() if (problem := check_choice(name, value))]


def check_choice(name: str, value: Choice) -> str | None:
    """Return what is wrong with the value of a field of CallOptions."""
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
    """Return what of a file fits its form, and a sentence for all else. What does not fit is deleted from `table`."""
    try:
        return _File.model_validate(table), []
    except ValidationError as error:
        places = [(fault["loc"], fault["type"]) for fault in error.errors()]
    # Behind the keys of the file, a place names parts of its form: the type that was tried, or "[key]".
    wrong = {
        place[:2] if place[0] != "line" else place[:4] if place[2:3] in (("call",), ("phrases",)) else place[:3]
        for place, _ in places
    }
    for *above, last in wrong:
        at: Any = table
        for part in above:
            at = at[part]
        # A line stays, with a number that makes no more faults: the messages count the lines.
        if isinstance(last, int):
            at[last] = {"number": f"sip:{last}@line"}
        elif last == "number" and len(above) == 2:
            at["number"] = f"sip:{above[1]}@line"
        else:
            del at[last]
    # A value is tried as a number, a word and so on, each of them a fault: one sentence is enough.
    return _File.model_validate(table), list(dict.fromkeys(_explain(place, kind) for place, kind in places))


def _explain(place: tuple[int | str, ...], kind: str) -> str:
    """Return a sentence for what the file's form does not allow, with the number of its `[[line]]`."""
    names = [part for part in place if isinstance(part, str)]
    where = ""
    if place[0] == "line" and len(place) > 2:
        where, names = f"[[line]] {int(place[1]) + 1}: ", names[1:]
    if names[0] == "outbound" and len(names) > 1:
        return f"{where}[{'line.outbound' if where else 'outbound'}] {names[1]}: {OUTBOUND_FIX}"
    # A line's key above the first [[line]] is a forgotten [[line]].
    if kind == "extra_forbidden" and not where and names[-1] in _LineTable.model_fields:
        return f"{names[-1]}: {_FIXES['line']}"
    if kind == "extra_forbidden":
        form: type[HasTable] = _LineTable if where else _File
        # Those of its own first: the others have documents of their own.
        known = sorted(form.model_fields, key=HasTable.model_fields.__contains__)
        return f"{where}{names[-1]}: there is no such key; the keys are {', '.join(known)}"
    if names[0] == "call" and len(names) > 1:
        return f"{where}[{'line.call' if where else 'call'}] {names[1]}: write one number, one word, true or false"
    if names[0] == "phrases" and len(names) > 1:
        wrong = f"there is no such phrase; the phrases are {', '.join(get_args(PhraseName))}"
        return f"{where}[line.phrases] {names[1]}: {wrong if names[-1] == '[key]' else _TEXT}"
    return f"{where}{names[0]}{' is missing' if kind == 'missing' else ''}: {_FIXES.get(names[0], _TEXT)}"
