"""Audio of the caller that changes nothing costs next to nothing, and decides the same."""

from __future__ import annotations

import pytest

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.output import SpeechOutput
from ivr.call.call import Call
from ivr.call.commands import Command
from tests.call.stage import Stage
from tests.replay.noisy_line import tapes


def test_the_agent_s_side_is_not_asked_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    pump = SpeechOutput.pump

    def counted(self: SpeechOutput, now: float) -> list[Command]:
        asked.append(now)
        return pump(self, now)

    monkeypatch.setattr(SpeechOutput, "pump", counted)
    stage = Stage()
    stage.wait(2000)
    assert len(asked) <= 2
    stage.answer(ms=1000)
    asked.clear()
    stage.wait(400)
    assert 4 <= len(asked) <= 12, "what is due is sent"


def test_every_decision_is_the_same_as_with_a_look_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, tape in enumerate(tapes(10)):
        brief, whole = Call(tape.options), Call(tape.options)
        for moment in tape.moments:
            found = brief.receive(moment.event, moment.now)
            with monkeypatch.context() as patched:
                patched.setattr(AgentTurns, "at_rest", lambda self, now: False)
                assert whole.receive(moment.event, moment.now) == found, number
            assert brief.wake_at() == whole.wake_at(), number
