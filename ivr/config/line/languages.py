"""Read the languages of a line that speaks more than one: its own, and how it speaks each other.

    languages = ["ar", "en"]        # of a [[line]], or at the top of ivr.toml for the environment's line

    [line.english]                  # or [line.arabic]; what is left out is the language's default
    speaker = "James"
    fallback_speaker = "Emma"
    dialect = "en"
    greeting = "Welcome."
    greetings = { morning = "Good morning." }       # as [line.greetings]
    closed_greeting = "We are closed."
    phrases = { goodbye = "Bye." }  # and [line.english.phrases]

A table of its own is enough: its language need not stand in `languages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from ivr.call.options import KeyAction, Language, PhraseName
from ivr.config.default_phrases import CHOICES, CLOSED_GREETINGS, KEY_WORDS, PHRASES, VOICES
from ivr.config.line.greetings import Greetings, read_greetings
from ivr.config.line.texts import check_phrase

TABLES: Final[Mapping[str, Language]] = {"arabic": "ar", "english": "en"}
"""The tables of a line, and the language of each."""
LANGUAGES_FIX: Final = 'write a list of "ar" and "en"'
_LANGUAGE_TEXTS: Final = ("speaker", "fallback_speaker", "dialect", "greeting", "closed_greeting")


@dataclass(frozen=True, slots=True)
class LineLanguage:
    """Hold how a line speaks a language that is not its own."""

    speaker: str
    dialect: str
    phrases: Mapping[PhraseName, str]
    """Every phrase; empty: not spoken."""
    fallback_speaker: str = ""
    """The voice for sentences that fail with the speaker; empty: none."""
    greetings: Greetings = ()
    closed_greeting: str = ""


@dataclass(frozen=True, slots=True)
class Languages:
    """Hold what was read of a line's languages."""

    others: Mapping[Language, LineLanguage] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_languages(
    own: Language,
    named: Iterable[Language],
    tables: Mapping[str, Mapping[str, Any] | None],
    silent: Iterable[PhraseName] = (),
    where: str = "line.",
) -> Languages:
    """Return the other languages of a line, and a sentence for every fault.

    `named`: the key `languages`. `tables`: the tables that it has, by the names of `TABLES`. `silent`: phrases that the
    line has switched off; they are off in every language that does not say otherwise. `where` stands before the name of
    a table in messages.
    """
    given = {TABLES[name]: (f"[{where}{name}]", table) for name, table in tables.items() if table is not None}
    problems = []
    named = list(named)
    if named and own not in named:
        problems.append(f'languages: the line\'s own, "{own}", is missing: add it')
    if own in given:
        problems.append(f"{given[own][0]}: {own} is the line's own language: write its keys above")
    others: dict[Language, LineLanguage] = {}
    for language in dict.fromkeys([*named, *given]):
        if language != own:
            place, table = given.get(language, ("", {}))
            others[language], found = _language(language, table, silent)
            problems += [f"{place} {problem}" for problem in found]
    return Languages(others, problems)


def by_key(
    own: Language, others: Mapping[Language, LineLanguage], keys: Mapping[str, KeyAction]
) -> tuple[dict[Language, LineLanguage], dict[str, KeyAction], list[str]]:
    """Return languages and keys of a line whose callers choose by a key, and a sentence for every fault.

    The line's own language has the key 1, the other 2, unless its keys say otherwise. The other one says so itself.
    """
    found, problems = dict(keys), []
    offered: dict[Language, LineLanguage] = {}
    for number, language in enumerate((own, *others), 1):
        key = next((key for key, action in found.items() if action == KeyAction("language", language)), str(number))
        # The line's own language is the one that the caller hears: it needs no key.
        if key in found and found[key] != KeyAction("language", language):
            if language != own:
                problems.append(f"language_by: the key {key} is taken: write a key for the language in [line.keys]")
        else:
            found[key] = KeyAction("language", language)
        if language != own:
            words = CHOICES[language].format(key=KEY_WORDS[language].get(key, key))
            phrases = others[language].phrases
            phrases = {**phrases, "language_choice": phrases["language_choice"] or words}
            offered[language] = replace(others[language], phrases=phrases)
    return offered, found, problems


def _language(
    language: Language, table: Mapping[str, Any], silent: Iterable[PhraseName]
) -> tuple[LineLanguage, list[str]]:
    """Return how a language is spoken, and what is wrong with its table."""
    speaker, dialect = VOICES[language]
    known, problems = (*_LANGUAGE_TEXTS, "phrases", "greetings"), []
    for name, value in table.items():
        if name not in known:
            problems.append(f"{name}: there is no such key; the keys are {', '.join(known)}")
        elif name in _LANGUAGE_TEXTS and not isinstance(value, str):
            problems.append(f"{name}: write text in quotes")
    texts = {name: value for name in _LANGUAGE_TEXTS if isinstance(value := table.get(name), str)}
    phrases: dict[PhraseName, str] = {**PHRASES[language], **dict.fromkeys(silent, "")}
    given = table.get("phrases", {})
    if not isinstance(given, dict):
        problems.append("phrases: write a table of texts")
        given = {}
    if "greeting" in texts:
        given = {**given, "greeting": texts["greeting"]}
    for name, text in given.items():
        if name not in get_args(PhraseName):
            problems.append(f"phrases: {name} is no phrase; the phrases are {', '.join(get_args(PhraseName))}")
        elif not isinstance(text, str):
            problems.append(f"{name}: write text in quotes")
        elif problem := check_phrase(text):
            problems.append(f"{name} {problem}")
        else:
            phrases[name] = text
    greetings, found = read_greetings(table.get("greetings", {}))
    problems += found
    closed_greeting = texts.get("closed_greeting", CLOSED_GREETINGS[language])
    if problem := check_phrase(closed_greeting):
        problems.append(f"closed_greeting {problem}")
    voice = LineLanguage(
        texts.get("speaker") or speaker,
        texts.get("dialect") or dialect,
        phrases,
        texts.get("fallback_speaker", ""),
        greetings,
        closed_greeting,
    )
    if voice.fallback_speaker == voice.speaker:
        problems.append(f"fallback_speaker {voice.speaker} is the speaker itself: write another voice of the dialect")
    return voice, problems
