"""Whole calls whose agent asks for more than words: what the caller hears, and what the agent is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.call.commands import HangUp, PlayAudio, Speak
from ivr.media import g711
from ivr.media.tones import dtmf
from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.conversation import DemoReply
from tests.whole.world import BYE, QUESTION, Peers, World, call


def say_once(monkeypatch: pytest.MonkeyPatch, *actions: dict[str, Any], text: str = "Here it is.") -> None:
    """Let the agent answer the first question with actions, then as ever."""
    as_ever = DemoAgent.reply

    def reply(agent: DemoAgent, request: dict[str, Any]) -> DemoReply:
        answer = as_ever(agent, request)
        return DemoReply(text, actions=actions) if len(agent.recent) == 1 else answer

    monkeypatch.setattr(DemoAgent, "reply", reply)


def asked_for(world: World) -> list[str]:
    """Return what TTS and the store of recordings were asked for."""
    found = [command for _, _, commands in world.happenings for command in commands]
    spoken = (one for one in found if isinstance(one, Speak | PlayAudio))
    return [one.text if isinstance(one, Speak) else f"<{one.source}>" for one in spoken]


def test_keys_are_gathered_and_the_context_comes_back(folder: Path) -> None:
    world = call(folder, ["press 7", "press 1234", f"say {BYE}", "wait"])
    assert [one["event"] for one in world.asked] == ["dtmf", "dtmf", "speech"]
    assert world.asked[1]["digits"] == "1234"
    assert [one.get("context") for one in world.asked] == [None, {"asked": "code"}, {"asked": "code"}]
    assert world.turns[-1].outcome == "heard"
    assert world.hang_up == HangUp("success", "agent_goodbye")


def test_tones_are_heard_behind_the_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say_once(monkeypatch, {"action": "pause", "ms": 300}, {"action": "dtmf", "digits": "12w34"})
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"])
    heard = bytes(world.record.heard)
    tones = g711.silence(300) + dtmf.tones("12w34")
    assert tones[:-400] in heard
    assert world.asked[1]["heard"] == "Here it is."
    assert not world.notes("upstream_failed")


def test_last_words_are_said_and_end_the_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say_once(monkeypatch, {"hangup": {"text": "Goodbye, and thank you."}})
    world = call(folder, [f"say {QUESTION}", "wait"])
    assert world.turns[-1].heard == "Here it is. Goodbye, and thank you."
    assert world.hang_up == HangUp("success", "agent_goodbye")


def test_hostile_actions_cost_themselves_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile: list[dict[str, Any]] = [
        {"action": "dtmf", "digits": "letters"},
        {"action": "transfer", "to": "my number"},
        {"action": "pause", "ms": 10**12},
        {"action": "play", "url": "file:///etc/passwd"},
        {"action": "dance"},
        {"action": "gather", "digits": -1},
        {"action": "context", "value": "x" * 10_000},
        *[{"action": "pause", "ms": 20}] * 6000,
    ]
    say_once(monkeypatch, *hostile)
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"], Peers(agent="mode=json"))
    faults = {note["reason"] for note in world.notes("peer_fault")}
    assert faults == {
        "bad_dtmf", "bad_transfer", "bad_pause", "bad_play", "unknown_action", "bad_gather", "bad_context",
        "too_many_actions",
    }  # fmt: skip
    assert world.asked[1]["heard"] == "Here it is."
    assert world.hang_up == HangUp("success", "agent_goodbye")


def test_a_recording_that_is_not_there_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say_once(monkeypatch, {"play": "no-such-file.wav"}, {"action": "say", "text": "And that was it."})
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"])
    assert asked_for(world)[:3] == ["Here it is.", "<no-such-file.wav>", "And that was it."]
    assert len(world.notes("play_failed")) == 1
    assert world.asked[1]["heard"] == "Here it is. And that was it."
