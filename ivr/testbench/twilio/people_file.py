"""Read who is at the far end of each number, and where the bridge's own numbers lead, from a TOML file.

    [numbers."+966110000000"]
    voice_url = "http://127.0.0.1:8000/voice"

    [carrier]
    created_after_s = 2     # a created call is told of late: its stream may be open by then

    [people."+966110000099"]
    ring_s = 3
    keys = ["1"]          # accepts a call that is announced
    talks_s = 20

The keys of a person are the fields of `FarParty`; those of the carrier stand in `CARRIER_KEYS`. A mistake is a
ValueError that names its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, get_args

from ivr.testbench.scenario import ScenarioError, from_words
from ivr.testbench.twilio.options import CallbackOrder
from ivr.testbench.twilio.people import FarParty, PartyDoes, PartyKind
from ivr.testbench.twilio.signing import Honesty

_PARTY_WORDS: Final = {"does": get_args(PartyDoes), "kind": get_args(PartyKind)}
_PARTY_SECONDS: Final = {
    "ring_s", "key_after_s", "message_s", "talks_s", "hangs_up_s", "greeting_s", "detect_s",
}  # fmt: skip
_PARTY_LISTS: Final = {"keys", "says"}
CARRIER_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "callbacks": get_args(CallbackOrder),
    "created_after_s": (),
    "handshake_s": (),
    "honesty": get_args(Honesty),
    "speech_rate": (),
}
"""Keys of the carrier's own table, each with its choices; none: a number."""
STEPS: Final = "steps"
"""Key of a person's part in a media stream: the steps of a scenario in words."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """Hold where one of the account's numbers leads."""

    voice_url: str
    method: str = "POST"
    fallback_url: str = ""
    status_callback: str = ""


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """Hold the numbers of the bridge and the people of the world."""

    numbers: Mapping[str, NumberRow] = field(default_factory=dict)
    people: Mapping[str, FarParty] = field(default_factory=dict)
    carrier: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `CarrierOptions` that are set."""


def read_people(text: str, name: str = "people") -> PeopleFile:
    """Read a file's text. Raises ValueError."""
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: {error}") from error
    unknown = set(given) - {"numbers", "people", "carrier"}
    if unknown:
        raise ValueError(f"{name}: unknown table {sorted(unknown)[0]!r}: there are numbers, people and carrier")
    return PeopleFile(
        {number: number_of(row, f"{name}: numbers.{number}") for number, row in _table(given, "numbers", name)},
        {address: party_of(row, f"{name}: people.{address}") for address, row in _table(given, "people", name)},
        carrier_of(given.get("carrier", {}), f"{name}: carrier"),
    )


def carrier_of(row: object, where: str) -> Mapping[str, Any]:
    """Check the carrier's own table."""
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a table")
    for key, value in row.items():
        if key not in CARRIER_KEYS:
            raise ValueError(f"{where}: unknown key {key!r}: the keys are {', '.join(CARRIER_KEYS)}")
        choices = CARRIER_KEYS[key]
        if choices and value not in choices:
            raise ValueError(f"{where}: {key} {value!r} is none of {', '.join(choices)}")
        if not choices and _problem("ring_s", value):
            raise ValueError(f"{where}: {key} must be a number from 0 on, not {value!r}")
    return row


def _table(given: Mapping[str, Any], key: str, name: str) -> list[tuple[str, Mapping[str, Any]]]:
    rows = given.get(key, {})
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise ValueError(f'{name}: {key} must be tables, such as [{key}."+966110000099"]')
    return list(rows.items())


def number_of(row: Mapping[str, Any], where: str) -> NumberRow:
    known = {each.name for each in fields(NumberRow)}
    for key, value in row.items():
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}: the keys are {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise ValueError(f"{where}: {key} must be a text, not {value!r}")
    if not row.get("voice_url"):
        raise ValueError(f"{where}: voice_url is missing")
    return NumberRow(**row)


def party_of(row: Mapping[str, Any], where: str = "person") -> FarParty:
    """Return the party of one table. Raises ValueError."""
    given: dict[str, Any] = {}
    for key, value in row.items():
        problem = _problem(key, value)
        if problem:
            raise ValueError(f"{where}: {problem}")
        if key == STEPS:
            try:
                given["scenario"] = from_words(value)
            except ScenarioError as error:
                raise ValueError(f"{where}: {error}") from error
        else:
            given[key] = tuple(value) if isinstance(value, list) else value
    return FarParty(**given)


def _problem(key: str, value: object) -> str:
    """Return what is wrong with one key of a person; empty: nothing."""
    if key in _PARTY_WORDS:
        return "" if value in _PARTY_WORDS[key] else f"{key} {value!r} is none of {', '.join(_PARTY_WORDS[key])}"
    if key in _PARTY_SECONDS:
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
        return "" if good else f"{key} must be seconds from 0 on, not {value!r}"
    if key in _PARTY_LISTS or key == STEPS:
        good = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if good else f"{key} must be a list of texts, not {value!r}"
    if key == "beep":
        return "" if isinstance(value, bool) else f"beep must be true or false, not {value!r}"
    if key == "answered_by":
        return "" if isinstance(value, str) else f"answered_by must be a text, not {value!r}"
    if key == "leaves":
        good = isinstance(value, dict) and all(_problem("ring_s", each) == "" for each in value.values())
        return "" if good else f"leaves must be seconds by verb, not {value!r}"
    known = sorted({*_PARTY_WORDS, *_PARTY_SECONDS, *_PARTY_LISTS, STEPS, "beep", "answered_by", "leaves"})
    return f"unknown key {key!r}: the keys are {', '.join(known)}"
