"""A fault and what the caller may hear of it: one TOML file in `faults/`, beside this one.

A file says what the peers do wrong, what the caller does meanwhile, and the bounds that the bridge has to keep at the
caller's ear. What it leaves out is a sound service, a sound agent, and a caller who asks two questions. Where one
fault has many faces (`each`), a file stands for several calls: `{each}` is replaced all over it, and `[bounds.FACE]`
changes the bounds of one face.

    title = "Closed in the middle of a sentence"
    each = ["1000", "4001"]
    rules = ["tts close requests=2 after=1 code={each}"]            # ivr.testbench.hamsa.profile
    agent = ["ok", "500"]                                           # ivr.testbench.agent.script, question by question
    caller = ["at 1.5 say ...", "over 2000 say ...", "hang up"]     # ivr.testbench.scenario, as words; or "long"
    [service]                                                       # fields of `Service` and of HamsaProfile
    connect = 5.0
    [bounds]
    silence_s = 2.5
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from ivr.testbench.agent.script import MODES
from ivr.testbench.hamsa.profile import HamsaProfile, Rule, parse_rule
from ivr.testbench.scenario import Scenario, ScenarioError, from_words

FOLDER: Final = Path(__file__).with_name("scenarios")
"""The files that are shipped."""
LONG_QUESTION: Final = "وين شحنتي"
"""Whoever asks this is answered with the four sentences."""
USUAL_CALL: Final = ("at 1.5 say كم سعر الشحن", "say لحظة من فضلك", "hang up")
"""Two questions, answered with four sentences and with one."""
LONG_CALL: Final = (f"at 1.5 say {LONG_QUESTION}", "say لحظة من فضلك", "say نعم", "hang up")
"""Three questions; the first answer are the four sentences of 32, 65, 89 and 111 characters."""
SETTLED_MS: Final = 4000.0
"""Silence after which the caller takes the agent for finished: longer than any silence that is within bounds."""
PATIENCE_S: Final = 90.0

_TEXTS: Final = ("title", "why", "language", "transfer_to", "fallback_speaker")
_KEYS: Final = frozenset((*_TEXTS, "each", "rules", "agent", "caller", "transcripts", "service", "bounds"))


def the_caller(words: Sequence[str] | str = "", language: str = "ar") -> Scenario:
    """What the caller does: steps in words, `long` for the call with the four sentences, or the usual call."""
    steps = {"": USUAL_CALL, "long": LONG_CALL}.get(words, ()) if isinstance(words, str) else words
    return replace(from_words(steps, language=language, settle_ms=SETTLED_MS), patience_s=PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the caller may hear of a fault, at most."""

    silence_s: float = 2.5
    """Longest silence while a reply is owed, from the endpoint of the caller's words on."""
    lost: int = 0
    """Sentences of the agent that were not heard to their end."""
    unanswered: int = 0
    """Questions after which no sentence of the agent was heard."""
    repeated: int = 0
    """Sentences of which more than a word was heard twice."""
    swapped: int = 0
    """Sentences heard after one that comes later."""
    again: int = 1
    """Sentences of which a clause was begun again, because they broke off for good."""
    bad_ms: int = 0
    """Sound that is no speech: noise, clicks, a broken reply."""
    connects: int = 0
    """Sockets opened, the spares included. 0: any number."""
    instead: tuple[str, ...] = ()
    """Fixed words that must have been said."""
    hang_up: str = "caller_stop"
    """How the call has to end."""


@dataclass(frozen=True, slots=True)
class Service:
    """The speech service beyond its profile. Seconds count from the call's arrival."""

    rest: bool = True
    """There is a REST twin."""
    refused_from: float | None = None
    """From then on nothing listens: connections are refused, over REST too. None: never."""
    refused_until: float = 1e9
    early: float = 5.0
    """How long the bridge was up before the call came."""
    profile: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `HamsaProfile`."""


@dataclass(frozen=True, slots=True)
class FaultScenario:
    """One call with one fault."""

    name: str
    """The file's name, and the face after a colon."""
    title: str
    rules: tuple[Rule, ...] = ()
    service: Service = Service()
    agent: tuple[str, ...] = ("ok",)
    """How the agent answers, question by question; the last one stays. `ok`: as n8n with tools does."""
    caller: Scenario = field(default_factory=the_caller)
    transcripts: tuple[str, ...] | None = None
    """What is understood, utterance by utterance; None: what was said."""
    language: str = "ar"
    transfer_to: str = ""
    """Who may take over the call; empty: nobody."""
    fallback_speaker: str = ""
    """The bridge's second voice; empty: it has none."""
    bounds: Bounds = Bounds()
    why: str = ""
    """Where a bound is beyond the goal: the reason."""
    pace: float = 1.0
    """How much longer than observed the agent takes; no file's business."""


def shipped(names: Sequence[str] = ()) -> list[FaultScenario]:
    """The scenarios whose names begin so; all of them without names. Raises `ScenarioError` for a name that is none."""
    found = [scenario for path in sorted(FOLDER.glob("*.toml")) for scenario in load(path)]
    for name in names:
        if not any(_means(name, scenario) for scenario in found):
            raise ScenarioError(
                f"no fault {name!r}; there are {', '.join(dict.fromkeys(s.name.partition(':')[0] for s in found))}"
            )
    return [scenario for scenario in found if not names or any(_means(name, scenario) for name in names)]


def _means(name: str, scenario: FaultScenario) -> bool:
    return scenario.name == name or scenario.name.startswith(f"{name}:")


def load(path: Path) -> list[FaultScenario]:
    """The scenarios of a file. Raises `ScenarioError`, which names it."""
    try:
        return from_text(path.read_text("utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name}: cannot be read: {error}") from error


def from_text(text: str, name: str) -> list[FaultScenario]:
    """The scenarios of a file's text. Raises `ScenarioError`."""
    try:
        table = {"title": name, **tomllib.loads(text)}
        if "each" in table and "{each}" not in table["title"]:
            table["title"] += ": {each}"
        return [_scenario(_filled(table, face), name, str(face)) for face in table.get("each", [""])]
    except ScenarioError:
        raise
    except (ValueError, TypeError) as error:
        raise ScenarioError(f"{name}: {error}") from error


def _filled(value: Any, face: object) -> Any:
    """`{each}` replaced by the face, at any depth; where it stands alone, by the face as it is."""
    match value:
        case dict():
            return {key: _filled(below, face) for key, below in value.items()}
        case list():
            return [_filled(below, face) for below in value]
        case str():
            return face if value == "{each}" else value.replace("{each}", str(face))
    return value


def _scenario(table: Mapping[str, Any], name: str, face: str) -> FaultScenario:
    if unknown := sorted(table.keys() - _KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}")
    language = str(table.get("language", "ar"))
    return FaultScenario(
        f"{name}:{'-'.join(face.split())}" if face else name,
        str(table["title"]),
        rules=tuple(parse_rule(line) for line in table.get("rules", [])),
        service=_service(table.get("service", {})),
        agent=_agent(table.get("agent", ["ok"])),
        caller=the_caller(table.get("caller", ""), language),
        transcripts=tuple(table["transcripts"]) if "transcripts" in table else None,
        language=language,
        transfer_to=str(table.get("transfer_to", "")),
        fallback_speaker=str(table.get("fallback_speaker", "")),
        bounds=_bounds(table.get("bounds", {}), [str(other) for other in table.get("each", [])], face),
        why=str(table.get("why", "")),
    )


def _agent(modes: Sequence[str]) -> tuple[str, ...]:
    for mode in modes:
        if mode != "ok" and mode not in MODES:
            raise ValueError(f"the agent has no mode {mode!r}: ok, {', '.join(MODES)}")
    return tuple(modes)


def _service(given: Mapping[str, Any]) -> Service:
    own = {spot.name for spot in fields(Service)} - {"profile"}
    profile = {key: value for key, value in given.items() if key not in own}
    HamsaProfile(**profile)  # says what is wrong with it
    if isinstance(profile.get("keys"), list):
        profile["keys"] = frozenset(profile["keys"])
    return Service(**{key: value for key, value in given.items() if key in own}, profile=profile)


def _bounds(given: Mapping[str, Any], faces: Sequence[str], face: str) -> Bounds:
    common = {key: value for key, value in given.items() if key not in faces}
    chosen = {**common, **given.get(face, {})}
    return Bounds(**{**chosen, "instead": tuple(chosen.get("instead", ()))})
