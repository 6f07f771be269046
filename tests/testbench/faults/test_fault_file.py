"""Fault files: what they may leave out, how one stands for several calls, and what is wrong with a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.testbench.faults.fault_file import (
    LONG_CALL,
    USUAL_CALL,
    Bounds,
    FaultyWire,
    Service,
    caller_scenario,
    from_text,
    load,
    shipped,
)
from ivr.testbench.scenario import ScenarioError


def test_what_is_left_out_is_sound() -> None:
    (scenario,) = from_text("", "nothing")
    assert (scenario.name, scenario.title, scenario.rules, scenario.agent) == ("nothing", "nothing", (), ("ok",))
    assert (scenario.service, scenario.bounds, scenario.transcripts) == (Service(), Bounds(), None)
    assert len(scenario.caller.steps) == len(USUAL_CALL)


def test_a_whole_file() -> None:
    (scenario,) = from_text(
        """
        title = "A fault"
        rules = ["tts close requests=2 after=1 code=1001"]
        agent = ["500", "ok"]
        caller = ["at 1 say a", "hang up"]
        transcripts = ["b"]
        language = "en"
        why = "because"
        [service]
        connect = 5.0
        rest = false
        keys = ["k"]
        [bounds]
        silence_s = 3.0
        instead = ["apology"]
        """,
        "fault",
    )
    assert scenario.rules[0].code == 1001
    assert scenario.agent == ("500", "ok")
    assert scenario.caller.texts == ["a"]
    assert scenario.caller.language == "en"
    assert scenario.transcripts == ("b",)
    assert scenario.service == Service(rest=False, profile={"connect": 5.0, "keys": frozenset({"k"})})
    assert scenario.bounds == Bounds(silence_s=3.0, instead=("apology",))
    assert scenario.why == "because"


def test_a_file_with_several_faces() -> None:
    one, other = from_text(
        """
        each = [1000, "rate limit"]
        rules = ["tts error text=a {each} b"]
        [service]
        seed = "{each}"
        [bounds]
        lost = 1
        [bounds.1000]
        lost = 2
        """,
        "f",
    )
    assert (one.name, other.name) == ("f:1000", "f:rate-limit")
    assert (one.title, other.title) == ("f: 1000", "f: rate limit")
    assert (one.rules[0].text, other.rules[0].text) == ("a 1000 b", "a rate limit b")
    assert (one.service.profile, other.service.profile) == ({"seed": 1000}, {"seed": "rate limit"})
    assert (one.bounds.lost, other.bounds.lost) == (2, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = ", "Invalid value"),
        ("surprise = 1", "unknown key 'surprise'"),
        ('rules = ["tts explode"]', "no fault 'explode'"),
        ('agent = ["mad"]', "the agent has no mode 'mad'"),
        ("[service]\nspeeed = 1", "speeed"),
        ("[bounds]\nsilence = 1", "silence"),
        ('caller = ["at say"]', "at what?"),
        ('caller = "short"', "at least one step"),
    ],
)
def test_a_bad_file_is_named(text: str, reason: str) -> None:
    with pytest.raises(ScenarioError, match=r"step 1|bad|at least") as raised:
        from_text(text, "bad")
    assert reason in str(raised.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_caller_scenarios() -> None:
    assert caller_scenario("long").texts == [line.split("say ")[1] for line in LONG_CALL[:-1]]
    assert caller_scenario(["at 1 say x"]).texts == ["x"]


def test_what_is_shipped_is_found_by_name() -> None:
    everything = shipped()
    assert len({scenario.name for scenario in everything}) == len(everything) > 80
    assert [scenario.name for scenario in shipped(["riff", "close-inside:1000"])] == ["close-inside:1000", "riff"]
    assert len(shipped(["close-inside"])) == 5
    with pytest.raises(ScenarioError, match=r"no fault 'rif'; there are .*riff"):
        shipped(["rif"])


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "9" * 5000])
def test_a_file_that_exhausts_its_reader_is_named(text: str) -> None:
    with pytest.raises(ScenarioError, match="demo: "):
        from_text(text, "demo")


def test_a_file_says_how_the_phone_and_its_wire_are() -> None:
    (one,) = from_text('marks = "late"\nwire = {delay_s = 0.3, stalls = [[4, 0.8]]}', "far")
    assert (one.marks, one.wire) == ("late", FaultyWire(0.3, ((4.0, 0.8),)))
    with pytest.raises(ScenarioError, match="no marks 'odd'; there are honest"):
        from_text('marks = "odd"', "far")
    with pytest.raises(ScenarioError, match="speed"):
        from_text("wire = {speed = 1}", "far")
