"""A call at this bridge whose peers are played from a tape."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from ivr.replay.golden.marked import placed_from_tape
from ivr.replay.peers.cassette import CassetteError
from ivr.replay.peers.exchanges import exchanges
from ivr.replay.tape_file import read

STEPS = ("say how much does it cost", "over 3000 say thank you goodbye", "wait")
OTHER = ("say how much is a parcel", *STEPS[1:])
ALL = ("stt", "agent", "tts")


def modes(mode: str) -> dict[str, str]:
    return dict.fromkeys(ALL, mode)


@pytest.fixture(scope="module")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases") / "rendered"


@pytest.fixture(scope="module")
def recorded(phrases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "a.tape"
    placed_from_tape(STEPS, path, modes("once"), phrases)
    return path


def test_a_taped_call_needs_no_peer(recorded: Path, phrases: Path) -> None:
    then = read(recorded)
    # A peer that is asked now would fail.
    with patch("ivr.testbench.agent.app.DemoAgent.asked", side_effect=AssertionError("the agent was asked")):
        call = placed_from_tape(STEPS, recorded, modes("none"), phrases)
    assert call.same
    assert [turn.text for turn in call.turns] == ["", "how much does it cost", "thank you goodbye"]
    assert call.heard[2].startswith("Thank you for calling")
    assert then.end is not None
    assert call.digest == then.end.digest, "the same call, peers or tape"


def test_what_is_not_on_the_tape_is_an_error(recorded: Path, phrases: Path) -> None:
    was = recorded.read_bytes()
    with pytest.raises(CassetteError) as failed:
        placed_from_tape(OTHER, recorded, {**modes("none"), "stt": "new"}, phrases)
    assert str(failed.value).startswith("agent: this request is not on a.tape (mode none)\n  nearest: turn 1")
    assert "text: how much [-does it cost-] {+is a parcel+}" in str(failed.value)
    assert recorded.read_bytes() == was, "a failed call writes no tape"


def test_new_requests_are_asked_and_kept(recorded: Path, phrases: Path) -> None:
    placed_from_tape(OTHER, recorded, modes("new"), phrases)
    assert [one.request["text"] for one in exchanges(read(recorded)) if one.leg == "agent"] == [
        "how much is a parcel", "thank you goodbye",
    ]  # fmt: skip


@pytest.mark.parametrize(("leg", "mode"), [("caller", "none"), ("agent", "twice")])
def test_an_unknown_leg_or_mode_is_named(leg: str, mode: str, phrases: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{leg}='{mode}': the legs are stt, agent, tts, the modes none, once"):
        placed_from_tape(STEPS, tmp_path / "a.tape", {leg: mode}, phrases)
