"""A person is called: what becomes of it, what the caller hears, how soon, and what the agent is told.

`python -m tests.whole.test_transfer_people` prints the table of docs/transfers.md.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivr.config.default_phrases import PHRASES
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.carrier import CarrierOptions, FarParty
from tests.whole.test_transfer import DESK, PERSON
from tests.whole.world import BYE, Peers, World, call, render_phrases

BACK = PHRASES["en"]["transfer_back"]
LEAVES, TALKS = FarParty(leaves={"Dial": 5}), FarParty(talks_s=6)
STEPS = [f"at 0.5 say {PERSON}", f"at 60 say {BYE}", "wait"]
PICKS_UP = FarParty(ring_s=4, keys=("1",), talks_s=12)
PEOPLE = {
    "answered": PICKS_UP,
    "busy": FarParty(does="busy", ring_s=3),
    "no answer": FarParty(does="no_answer", ring_s=90),
    "failed": FarParty(does="failed"),
    "declined on the telephone": FarParty(does="reject", ring_s=3),
    "declined by key": FarParty(ring_s=3, keys=("2",)),
    "no key": FarParty(ring_s=3),
    "machine": FarParty(ring_s=3, kind="machine", greeting_s=9),
    "hangs up while asked": FarParty(ring_s=3, hangs_up_s=4),
}


@dataclass(frozen=True)
class Seen:
    """What came of one transfer."""

    world: World

    @property
    def told(self) -> dict[str, Any]:
        """Return what the agent is told of it; empty: nothing."""
        told = [one["transfer_result"] for one in self.world.asked if one["event"] == "transfer_result"]
        return told[0] if told else {}

    @property
    def back_ms(self) -> int | None:
        """Return the time from the carrier's word to the first sound for the caller; None: the caller is not back."""
        entries = self.world.record.entries
        words = [e.t for e in entries if e.kind == "request" and "/transfer/" in e.detail]
        if not words or not self.told:
            return None
        return round(1000 * (next(e.t for e in entries if e.kind == "agent_speaks" and e.t >= words[-1]) - words[-1]))

    @property
    def heard(self) -> str:
        """Return what the caller heard after the agent's last words."""
        names = {"ringing": "ringing", "music": "ringing", "talk": "the person"}
        record = self.world.record
        dialled = next((e.t for e in record.entries if e.kind in ("dial", "verb") and e.detail != "Connect"), 0.0)
        heard = [
            names[e.kind]
            for e in record.entries
            if e.kind in names and (e.kind, e.detail) != ("talk", "") and e.t >= dialled
        ]
        heard += ["`transfer_back`, the agent"] if self.told else []
        heard += ["goodbye.xml"] if any("Thank you. Goodbye." in said for said in record.said) else []
        return ", ".join(dict.fromkeys(heard)) or "-"


def transfer(folder: Path, mode: str, person: FarParty, caller: FarParty | None = None) -> Seen:
    """Play one call of a caller who asks for a person."""
    carrier = CarrierOptions(seed=1, people={DESK: person}, caller=caller or FarParty())
    scenario = Scenario(from_words(STEPS).steps, settle_ms=3000, patience_s=120)
    peers = Peers(carrier=carrier, agent=f"transfer={mode}")
    return Seen(call(folder, scenario, peers, IVR_GREETING="", IVR_TRANSFER_TO=DESK))


COLD = {"answered": None, "busy": "busy", "no answer": "no_answer", "failed": "failed", "machine": "voicemail"}
COLD |= {"declined on the telephone": "busy"}
WARM = {
    **COLD,
    "declined by key": "declined",
    "no key": "declined",
    "hangs up while asked": "declined",
}


@pytest.mark.parametrize(
    ("mode", "name", "outcome"),
    [*(("cold", name, told) for name, told in COLD.items()), *(("warm", name, told) for name, told in WARM.items())],
)
def test_what_becomes_of_a_person(folder: Path, mode: str, name: str, outcome: str | None) -> None:
    seen = transfer(folder, mode, PEOPLE[name])
    assert seen.told.get("outcome") == outcome
    if outcome is not None:
        assert seen.back_ms is not None
        assert seen.back_ms < 2000
        # Nothing is said over the phrase, and the conversation goes on.
        assert any(turn.heard == BACK for turn in seen.world.turns)
        assert [one["event"] for one in seen.world.asked] == ["speech", "transfer_result", "speech"]
        assert seen.world.record.verbs[-1] == "Connect"
    else:
        assert "the person" in seen.heard
        assert seen.world.record.verbs[-2:] == ["Say", "Hangup"]
        assert len(seen.world.asked) == 1


@pytest.mark.parametrize("mode", ["cold", "warm"])
def test_a_caller_who_hangs_up_calls_the_person_off(folder: Path, mode: str) -> None:
    seen = transfer(folder, mode, PEOPLE["no answer"], LEAVES)
    assert seen.told == {}
    assert [one["event"] for one in seen.world.asked] == ["speech"]
    transfers = seen.world.bridge.transfers
    assert transfers is not None
    assert len(transfers) == 0
    # The person's telephone has stopped ringing: nothing of the call is left at the carrier.
    assert {call.status for call in seen.world.switchboard.calls.values()} <= {"completed", "canceled", "no-answer"}


@pytest.mark.parametrize("mode", ["cold", "warm"])
def test_a_caller_who_hangs_up_first_ends_the_talk(folder: Path, mode: str) -> None:
    seen = transfer(folder, mode, FarParty(ring_s=3, keys=("1",)), TALKS)
    assert seen.told == {}
    assert "the person" in seen.heard
    assert {call.status for call in seen.world.switchboard.calls.values()} == {"completed"}


def table(folder: Path) -> list[str]:
    """Return the rows of the table, in Markdown."""
    rows = []
    for mode, names in (("cold", COLD), ("warm", WARM)):
        people = [(name, PEOPLE[name], None) for name in names]
        others = [
            ("caller hangs up meanwhile", PEOPLE["no answer"], LEAVES),
            ("caller hangs up first", PICKS_UP, TALKS),
        ]
        for name, person, caller in [*people, *others]:
            seen = transfer(folder, mode, person, caller)
            told = f"{seen.told['outcome']}, rang {seen.told['rang_ms'] / 1000:.1f} s" if seen.told else "nothing"
            back = "-" if seen.back_ms is None else f"{seen.back_ms} ms"
            rows.append(f"| {mode} | {name} | {seen.heard} | {back} | {told} |")
    return rows


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp())
    render_phrases(place)
    print("\n".join(table(place)))
