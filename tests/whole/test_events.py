"""Whole calls whose agent is told more than the caller's words: what it is told, and what the caller hears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.call.commands import HangUp
from tests.whole.world import BYE, GREETING, QUESTION, Peers, World, call


def on_a_line(folder: Path, tmp_path: Path, steps: list[str], toml: str, **peers: Any) -> World:
    """Place a call to a bridge with this `[call]` in its ivr.toml."""
    lines = tmp_path / "ivr.toml"
    lines.write_text(toml, "utf-8")
    return call(folder, steps, Peers(**peers), IVR_CONFIG=str(lines))


def events(world: World) -> list[tuple[str, str]]:
    return [(one["event"], one["text"]) for one in world.asked]


def test_the_agent_greets_and_learns_of_the_end(folder: Path, tmp_path: Path) -> None:
    toml = "[call]\nsay_first = true\ntell_end = true\n"
    world = on_a_line(folder, tmp_path, [f"say {QUESTION}", f"say {BYE}", "wait"], toml)
    assert events(world) == [("start", ""), ("speech", QUESTION), ("speech", BYE), ("ended", "")]
    assert world.turns[0].heard.startswith("Hello, this is Rimal Express.")
    assert [turn.kind for turn in world.turns] == ["start", "speech", "speech"]
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert len({one["session_id"] for one in world.asked}) == 1
    assert world.asked[1]["heard"] == world.turns[0].heard


def test_an_agent_that_cannot_greet_is_stood_in_for(folder: Path, tmp_path: Path) -> None:
    world = on_a_line(folder, tmp_path, [f"say {BYE}", "wait"], "[call]\nsay_first = true\n", agent="script=500,ok")
    assert events(world) == [("start", ""), ("speech", BYE)]
    assert world.turns[0].heard == GREETING
    assert world.hang_up == HangUp("success", "agent_goodbye")


def test_the_agent_asks_a_silent_caller(folder: Path, tmp_path: Path) -> None:
    toml = "[call]\nask_agent_on_silence = true\nsilence_timeout = 3\nsilence_prompts = 2\ntell_end = true\n"
    world = on_a_line(folder, tmp_path, ["wait"], toml)
    assert events(world) == [("silence", ""), ("silence", ""), ("ended", "")]
    assert [turn.heard for turn in world.turns if turn.kind == "silence"] == 2 * [
        "Take your time. I am here whenever you are ready."
    ]
    assert world.hang_up == HangUp("caller_error", "caller_silent")


@pytest.mark.parametrize("agent", ["script=500", "mode=cut", "mode=empty"])
def test_a_line_asks_where_its_agent_does_not(folder: Path, tmp_path: Path, agent: str) -> None:
    toml = "[call]\nask_agent_on_silence = true\nsilence_timeout = 3\nsilence_prompts = 1\n"
    world = on_a_line(folder, tmp_path, ["wait"], toml, agent=agent)
    [asked] = [turn for turn in world.turns if turn.kind == "silence"]
    assert "Hello, are you still there?" in asked.heard
    assert world.hang_up == HangUp("caller_error", "caller_silent")
