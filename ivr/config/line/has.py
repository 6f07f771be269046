"""Put together what a line has besides its agent and voice, from its tables in ivr.toml.

The same keys at the top of the file are for the environment's line, and for each line that has none of its own:

    zone = "Asia/Riyadh"            # of hours and greetings
    closed = "say"                  # while the line is closed: "say" (closed.xml), "agent", "voicemail" (voicemail.xml)
                                    # or "message": behind the closed greeting the bridge takes a message for the agent
    closed_greeting = "..."         # what the caller hears first when the line is closed and answered all the same
    languages = ["ar", "en"]        # languages.py, with the tables [line.english] and [line.arabic]
    language_by = "key"             # how the caller chooses: "key", "first_utterance", or both in a list

`[line.hours]`: hours.py. `[line.greetings]`: greetings.py. `[line.callers]`: callers.py.
`[line.keys]`: keys.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from ivr.call.options import KeyAction, Language, PhraseName
from ivr.config.default_phrases import CLOSED_GREETINGS, CLOSED_MESSAGES
from ivr.config.line.callers import Callers, read_blocked, read_callers
from ivr.config.line.clock_times import ZONE_FIX, read_zone
from ivr.config.line.greetings import Greetings, read_greetings
from ivr.config.line.hours import OpeningHours, read_hours
from ivr.config.line.keys import read_keys
from ivr.config.line.languages import LANGUAGES_FIX, TABLES, LineLanguage, by_key, read_languages
from ivr.config.line.texts import check_phrase

Closed: TypeAlias = Literal["say", "agent", "voicemail", "message"]
"""What a caller gets while the line is closed."""
ANSWERED_CLOSED: Final = frozenset({"agent", "message"})
"""Where the bridge takes the calls of a closed line itself."""
LanguageBy: TypeAlias = Literal["key", "first_utterance"]

LARGEST_LIST: Final = 8_000_000
"""Bytes of a file of holidays or numbers."""


@dataclass(frozen=True, slots=True)
class LineHas:
    """Hold what a line has besides its agent and voice."""

    languages: Mapping[Language, LineLanguage] = field(default_factory=dict)
    """How it speaks each language that is not its own."""
    language_by: tuple[LanguageBy, ...] = ()
    """How the caller chooses the language; empty: it is the line's until the agent changes it."""
    zone: ZoneInfo | None = None
    hours: OpeningHours | None = None
    """None: it is always open."""
    closed: Closed = "say"
    closed_greeting: str = ""
    """What is said first to a caller of a closed line, where the bridge takes the call."""
    greetings: Greetings = ()
    callers: Callers = field(default_factory=Callers)
    keys: Mapping[str, KeyAction] = field(default_factory=dict)
    """What keys do without the agent."""
    folder: Path = Path()
    """What the names of its files are relative to."""


class HasTable(BaseModel):
    """Represent the keys that a line and the top of the file share; None: left out.

    What they hold is looked at here and not by the form, so that each fault is one line.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    zone: Any = None
    closed: Any = None
    closed_greeting: Any = None
    languages: Any = None
    language_by: Any = None
    arabic: Any = None
    english: Any = None
    hours: Any = None
    greetings: Any = None
    callers: Any = None
    keys: Any = None


def read_has(
    table: HasTable,
    base: LineHas,
    own: Language,
    base_own: Language,
    silent: Iterable[PhraseName],
    where: str = "line.",
) -> tuple[LineHas, list[str]]:
    """Return what a line has, and a sentence for every fault.

    `base`: what it has where the table says nothing; `base_own`: the language that this is in. `silent`: phrases that
    the line has switched off. `where` stands before the names of tables in messages.
    """
    problems: list[str] = []
    same = own == base_own
    zone, named = base.zone, table.zone
    if named is not None:
        zone = read_zone(named) if isinstance(named, str) else None
        problems += [] if zone else [f"zone: {ZONE_FIX}"]
    languages, found = _languages(table, base, own, same, silent, where)
    problems += found
    hours = base.hours
    if table.hours is not None:
        hours, found = _hours(table.hours, zone, base.folder)
        problems += [f"[{where}hours] {problem}" for problem in found]
    greetings = base.greetings if same else ()
    if table.greetings is not None:
        greetings, found = read_greetings(table.greetings)
        problems += found
    zone = zone or (hours.zone if hours is not None else None)
    if greetings and zone is None:
        problems.append(f"zone is missing, for greetings by the time of day: {ZONE_FIX}")
    callers = base.callers
    if table.callers is not None:
        callers, found = read_callers(table.callers, base.callers)
        for file in callers.blocked_files[len(base.callers.blocked_files) :]:
            rows, problem = read_rows(base.folder / file)
            found += [f"blocked_file {problem}"] if problem else read_blocked(rows, "blocked_file line")[1]
        problems += found
    spoken = (own, *languages)
    keys = {key: does for key, does in base.keys.items() if does.act != "language" or does.value in spoken}
    if table.keys is not None:
        keys, found = read_keys(table.keys)
        problems += [f"[{where}keys] {problem}" for problem in found]
    closed, closed_greeting, found = _closed(table, base, own, same)
    problems += found
    by, found = _language_by(table, base, bool(languages))
    problems += found
    if "key" in by:
        languages, keys, found = by_key(own, languages, keys)
        problems += found
    made = LineHas(languages, by, zone, hours, closed, closed_greeting, greetings, callers, keys, base.folder)
    return made, problems


def read_rows(path: Path) -> tuple[tuple[str, ...], str]:
    """Return the lines of a file, and why it cannot be read; empty: it could."""
    try:
        if path.stat().st_size > LARGEST_LIST:
            return (), f"{path} is larger than {LARGEST_LIST // 1_000_000} MB"
        return tuple(path.read_text("utf-8-sig").splitlines()), ""
    except OSError as error:
        return (), f"{path} cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        return (), f"{path} is not UTF-8: save it as UTF-8"


def _hours(table: Any, zone: ZoneInfo | None, folder: Path) -> tuple[OpeningHours | None, list[str]]:
    if not isinstance(table, dict):
        return None, ['write a table of days, such as sun-thu = "09:00-17:00"']
    rows: tuple[str, ...] = ()
    file = table.get("holidays_file", "")
    if not isinstance(file, str):
        return None, ["holidays_file: write the name of a file in quotes"]
    if file:
        rows, problem = read_rows(folder / file)
        if problem:
            return None, [f"holidays_file {problem}"]
    return read_hours(table, zone.key if zone is not None else "", rows)


def _languages(
    table: HasTable, base: LineHas, own: Language, same: bool, silent: Iterable[PhraseName], where: str
) -> tuple[Mapping[Language, LineLanguage], list[str]]:
    """Return the other languages, those of all lines where the table names none."""
    tables = {name: getattr(table, name) for name in TABLES}
    problems = []
    for name, value in tables.items():
        if value is not None and not isinstance(value, dict):
            problems.append(f"{name}: write a table, [{where}{name}]")
            tables[name] = None
    named = table.languages
    if named is not None and not (isinstance(named, list) and all(one in ("ar", "en") for one in named)):
        problems.append(f"languages: {LANGUAGES_FIX}")
        named = None
    if named is None and not any(one is not None for one in tables.values()):
        return (base.languages if same else {}), problems
    read = read_languages(own, named or (), tables, silent, where)
    return read.others, problems + read.problems


def _closed(table: HasTable, base: LineHas, own: Language, same: bool) -> tuple[Closed, str, list[str]]:
    problems = []
    closed = base.closed if table.closed is None else table.closed
    if closed not in get_args(Closed):
        problems.append('closed: write "say", "agent", "message" or "voicemail"')
        closed = "say"
    greeting = table.closed_greeting
    if greeting is None:
        defaults = CLOSED_MESSAGES if closed == "message" else CLOSED_GREETINGS
        inherited = base.closed_greeting if same else ""
        greeting = defaults[own] if inherited in ("", CLOSED_GREETINGS[own], CLOSED_MESSAGES[own]) else inherited
    elif not isinstance(greeting, str):
        problems.append("closed_greeting: write text in quotes")
        greeting = ""
    elif problem := check_phrase(greeting):
        problems.append(f"closed_greeting {problem}")
    return closed, greeting, problems


def _language_by(table: HasTable, base: LineHas, several: bool) -> tuple[tuple[LanguageBy, ...], list[str]]:
    by = table.language_by
    if by is None:
        return (base.language_by if several else ()), []
    by = [by] if isinstance(by, str) else by
    if not isinstance(by, list) or not by or not all(one in get_args(LanguageBy) for one in by):
        return (), ['language_by: write "key", "first_utterance", or both in a list']
    if not several:
        return (), ['language_by: the line has one language: write languages = ["ar", "en"]']
    return tuple(dict.fromkeys(by)), []
