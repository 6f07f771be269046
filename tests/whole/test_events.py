"""Whole calls whose agent is told more than the caller's words: what it is told, and what the caller hears."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.commands import HangUp
from ivr.config.default_phrases import PHRASES
from tests.whole.world import BYE, GREETING, QUESTION, Peers, World, call


def on_a_line(folder: Path, tmp_path: Path, steps: list[str], toml: str, agent: str = "", transfer: str = "") -> World:
    """Place a call to a bridge with this ivr.toml. `transfer`: a person who may take over."""
    lines = tmp_path / "ivr.toml"
    lines.write_text(toml, "utf-8")
    return call(folder, steps, Peers(agent=agent), IVR_CONFIG=str(lines), IVR_TRANSFER_TO=transfer)


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


MESSAGE = "I want to leave a message"
WORDS = "please call me back tomorrow in the morning"


def test_a_caller_leaves_a_message(folder: Path, tmp_path: Path) -> None:
    steps = [f"say {MESSAGE}", f"say {WORDS}", "wait"]
    world = on_a_line(folder, tmp_path, steps, "[call]\ntell_end = true\n")
    assert events(world) == [("speech", MESSAGE), ("voicemail", WORDS), ("ended", "")]
    told = world.asked[1]["voicemail"]
    assert (told["complete"], told["ended_by"]) == (True, "silence")
    assert world.asked[2]["ended"]["reason"] == "agent_goodbye"
    assert world.asked[2]["ended"]["turns"] == 2
    heard = [turn.heard for turn in world.turns]
    assert PHRASES["en"]["message_announce"] in heard
    assert "Thank you, we have your message." in heard
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert [sorted(note) for note in world.notes("message_ended")] == [["by", "seconds"]]


def test_a_caller_hangs_up_behind_a_message(folder: Path, tmp_path: Path) -> None:
    steps = [f"say {WORDS}", "at 17.5 hang up"]
    world = on_a_line(folder, tmp_path, steps, "[call]\nmessage_first = true\n")
    assert events(world) == [("voicemail", WORDS)]
    assert world.asked[0]["voicemail"]["ended_by"] == "caller"
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)


def test_a_message_ends_by_a_key(folder: Path, tmp_path: Path) -> None:
    steps = [f"say {WORDS}", "at 16 press #", "wait"]
    world = on_a_line(folder, tmp_path, steps, "[call]\nmessage_first = true\n")
    assert events(world) == [("voicemail", WORDS)]
    assert world.asked[0]["voicemail"]["ended_by"] == "key"


def test_a_key_hands_the_caller_over(folder: Path, tmp_path: Path) -> None:
    world = on_a_line(folder, tmp_path, ["press 0", "wait"], '[keys]\n0 = "transfer"\n', transfer="+966110000001")
    assert world.asked == []
    assert world.notes("key_action") == [{"action": "transfer"}]
    assert (world.hang_up.reason if world.hang_up else "") == "key_transfer"


def test_a_closed_line_takes_a_message(folder: Path, tmp_path: Path) -> None:
    toml = (
        f'closed = "message"\nclosed_greeting = "{GREETING}"\n[hours]\nzone = "Asia/Riyadh"\nmon-sun = "00:00-24:00"\n'
    )
    away = 'holidays = ["2020-01-01..2099-12-31"]\n'
    world = on_a_line(folder, tmp_path, [f"say {WORDS}", "at 17.5 hang up"], toml + away)
    assert events(world) == [("voicemail", WORDS)]
    assert world.asked[0]["call"]["parameters"]["hours"] == "closed"
    assert world.turns[0].heard.startswith(GREETING)
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)
