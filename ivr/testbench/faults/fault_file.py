"""Read a fault from its TOML file in `scenarios/`: what the services do wrong, and what the caller may hear of it.

A file names the faults, what the caller does meanwhile, and bounds for what the caller hears. What it leaves out is a
sound service, a sound agent, and a caller with two questions. A file with `each` stands for several cases: `{each}` is
replaced all over it, and `[bounds.CASE]` changes the bounds of one case.

    title = "Closed in the middle of a sentence"
    each = ["1000", "4001"]
    rules = ["tts close requests=2 after=1 code={each}"]            # ivr.testbench.hamsa.profile
    agent = ["ok", "500"]                                           # ivr.testbench.agent.script, question by question
    caller = ["at 1.5 say ...", "over 2000 say ...", "hang up"]     # ivr.testbench.scenario, as words; or "long"
    marks = "late"                                                  # ivr.testbench.phone.mark_faults, by name
    [service]                                                       # fields of `Service` and of HamsaProfile
    connect = 5.0
    [wire]                                                          # fields of `FaultyWire`
    delay_s = 0.15
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
from ivr.testbench.phone.mark_faults import FAULT_KINDS
from ivr.testbench.scenario import Scenario, ScenarioError, from_words

FOLDER: Final = Path(__file__).with_name("scenarios")
"""The folder of the fault files."""
LONG_QUESTION: Final = "وين شحنتي"
"""The question that the agent answers with the four sentences."""
USUAL_CALL: Final = ("at 1.5 say كم سعر الشحن", "say لحظة من فضلك", "hang up")
"""Two questions, answered with four sentences and with one."""
LONG_CALL: Final = (f"at 1.5 say {LONG_QUESTION}", "say لحظة من فضلك", "say نعم", "hang up")
"""Three questions. The first is answered with the four sentences of 32, 65, 89 and 111 characters."""
SETTLED_MS: Final = 4000.0
"""Silence after which the caller believes that the agent has finished. Longer than any silence within bounds."""
PATIENCE_S: Final = 90.0
"""Seconds that the caller waits for an answer before the scenario goes on."""

_TEXTS: Final = ("title", "why", "language", "transfer_to", "fallback_speaker", "marks")
_KEYS: Final = frozenset((*_TEXTS, "each", "rules", "agent", "caller", "transcripts", "service", "wire", "bounds"))


def caller_scenario(words: Sequence[str] | str = "", language: str = "ar") -> Scenario:
    """Return what the caller does: steps in words, `long` for the call with the four sentences, or the usual call."""
    steps = {"": USUAL_CALL, "long": LONG_CALL}.get(words, ()) if isinstance(words, str) else words
    return replace(from_words(steps, language=language, settle_ms=SETTLED_MS), patience_s=PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bound what the caller may hear of a fault."""

    silence_s: float = 2.5
    """Longest silence while a reply is owed, from the endpoint of the caller's words on."""
    lost: int = 0
    """Sentences of the agent that were not heard to their end."""
    unanswered: int = 0
    """Questions after which no sentence of the agent was heard."""
    repeated: int = 0
    """Sentences that were heard twice by more than a word."""
    swapped: int = 0
    """Sentences heard after one that comes later."""
    again: int = 1
    """Sentences that broke off for good, so that a clause was spoken again."""
    bad_ms: int = 0
    """Milliseconds of sound that is no speech: noise, clicks, a broken reply."""
    connects: int = 0
    """Sockets opened, spare ones included. 0: any number."""
    instead: tuple[str, ...] = ()
    """Phrases that must have been heard."""
    hang_up: str = "caller_stop"
    """Why the call must end."""


@dataclass(frozen=True, slots=True)
class Service:
    """Describe the speech service beyond its profile. Seconds count from the call's arrival."""

    rest: bool = True
    """The service can be asked over REST too."""
    refused_from: float | None = None
    """From then on connections are refused, over REST too. Below zero: from the start. None: never."""
    refused_until: float = 1e9
    early: float = 5.0
    """Seconds from the start of the bridge to the call."""
    profile: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `HamsaProfile`."""


@dataclass(frozen=True, slots=True)
class FaultyWire:
    """Describe the way between bridge and phone."""

    delay_s: float = 0.0
    """Seconds that each message takes, each way."""
    stalls: tuple[tuple[float, float], ...] = ()
    """Times in which nothing reaches the phone: seconds after the stream opened, and for how many."""


@dataclass(frozen=True, slots=True)
class FaultScenario:
    """Describe one call with one fault."""

    name: str
    """The file's name, and the case after a colon."""
    title: str
    rules: tuple[Rule, ...] = ()
    service: Service = Service()
    agent: tuple[str, ...] = ("ok",)
    """How the agent answers, question by question; the last mode stays. `ok`: as n8n with tools does."""
    caller: Scenario = field(default_factory=caller_scenario)
    transcripts: tuple[str, ...] | None = None
    """The transcripts, utterance by utterance. None: what was said."""
    language: str = "ar"
    transfer_to: str = ""
    """The number that may take over the call. Empty: none."""
    fallback_speaker: str = ""
    """The bridge's second voice. Empty: it has none."""
    marks: str = ""
    """How the phone returns marks: a name of `FAULT_KINDS`. Empty: as it should."""
    wire: FaultyWire = FaultyWire()
    bounds: Bounds = Bounds()
    why: str = ""
    """The reason for a bound beyond the goal."""
    pace: float = 1.0
    """How many times as long as observed the agent takes. Set by a variation, never by a file."""


def shipped(names: Sequence[str] = ()) -> list[FaultScenario]:
    """Return the scenarios of these names, or all of them. Raises `ScenarioError` for an unknown name."""
    found = [scenario for path in sorted(FOLDER.glob("*.toml")) for scenario in load(path)]
    for name in names:
        if not any(_means(name, scenario) for scenario in found):
            raise ScenarioError(
                f"no fault {name!r}; there are {', '.join(dict.fromkeys(s.name.partition(':')[0] for s in found))}"
            )
    return [scenario for scenario in found if not names or any(_means(name, scenario) for name in names)]


def _means(name: str, scenario: FaultScenario) -> bool:
    """Return whether a name stands for this scenario: its own, or that of its file."""
    return scenario.name == name or scenario.name.startswith(f"{name}:")


def load(path: Path) -> list[FaultScenario]:
    """Read the scenarios of a file. Raises `ScenarioError`, which names the file."""
    try:
        return from_text(path.read_text("utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name}: cannot be read: {error}") from error


def from_text(text: str, name: str) -> list[FaultScenario]:
    """Parse the scenarios of a file's text. Raises `ScenarioError`."""
    try:
        table = {"title": name, **tomllib.loads(text)}
        if "each" in table and "{each}" not in table["title"]:
            table["title"] += ": {each}"
        return [_scenario(_filled(table, case), name, str(case)) for case in table.get("each", [""])]
    except ScenarioError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise ScenarioError(f"{name}: {error}") from error


def _filled(value: Any, case_name: object) -> Any:
    """Replace `{each}` by the case, at any depth. Where it stands alone, the case keeps its type."""
    match value:
        case dict():
            return {key: _filled(below, case_name) for key, below in value.items()}
        case list():
            return [_filled(below, case_name) for below in value]
        case str():
            return case_name if value == "{each}" else value.replace("{each}", str(case_name))
    return value


def _scenario(table: Mapping[str, Any], name: str, case: str) -> FaultScenario:
    """Build the scenario of one case. Raises ValueError or TypeError for what a file may not hold."""
    if unknown := sorted(table.keys() - _KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}")
    modes = table.get("agent", ["ok"])
    for mode in modes:
        if mode != "ok" and mode not in MODES:
            raise ValueError(f"the agent has no mode {mode!r}: ok, {', '.join(MODES)}")
    own = {spot.name for spot in fields(Service)} - {"profile"}
    service = table.get("service", {})
    profile = {key: value for key, value in service.items() if key not in own}
    HamsaProfile(**profile)  # raises for a field it does not have
    if isinstance(profile.get("keys"), list):
        profile["keys"] = frozenset(profile["keys"])
    # A table among the bounds belongs to the case of its name.
    bounds = table.get("bounds", {})
    others = [str(other) for other in table.get("each", [])]
    bounds = {key: value for key, value in bounds.items() if key not in others} | bounds.get(case, {})
    wire = dict(table.get("wire", {}))
    language, marks = str(table.get("language", "ar")), str(table.get("marks", ""))
    if marks and marks not in FAULT_KINDS:
        raise ValueError(f"no marks {marks!r}; there are {', '.join(FAULT_KINDS)}")
    return FaultScenario(
        f"{name}:{'-'.join(case.split())}" if case else name,
        str(table["title"]),
        rules=tuple(parse_rule(line) for line in table.get("rules", [])),
        service=Service(**{key: value for key, value in service.items() if key in own}, profile=profile),
        agent=tuple(modes),
        caller=caller_scenario(table.get("caller", ""), language),
        transcripts=tuple(table["transcripts"]) if "transcripts" in table else None,
        language=language,
        transfer_to=str(table.get("transfer_to", "")),
        fallback_speaker=str(table.get("fallback_speaker", "")),
        marks=marks,
        wire=FaultyWire(
            float(wire.pop("delay_s", 0.0)), tuple((float(at), float(s)) for at, s in wire.pop("stalls", ())), **wire
        ),
        bounds=Bounds(**{**bounds, "instead": tuple(bounds.get("instead", ()))}),
        why=str(table.get("why", "")),
    )
