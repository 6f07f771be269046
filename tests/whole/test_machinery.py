"""A model's machinery inside its words: the caller hears the answer, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.conversation import DemoReply
from tests.whole.world import QUESTION, Peers, call

WRITTEN = (
    "<|channel|>analysis<|message|>The caller asks for hours.<|end|><|start|>assistant<|channel|>final<|message|>"
    'Let me look that up. <tool_call>{"name": "hours", "arguments": {"day": "Sunday"}}</tool_call>'
    "We open at nine in the morning【4:0†hours.pdf】. "
    'Dear undefined, we close at five in the evening [1]. {"name": "log", "arguments": {}}<|return|>'
)
SAID = [
    "Let me look that up.",
    "We open at nine in the morning.",
    "Dear, we close at five in the evening.",
]


@pytest.mark.parametrize("mode", ["ndjson", "text", "openai", "json"])
def test_machinery_is_not_heard(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(DemoAgent, "reply", lambda self, request: DemoReply(WRITTEN))
    world = call(folder, [f"say {QUESTION}", "hang up"], Peers(agent=f"mode={mode}"))
    assert [sentence.text for sentence in world.sentences()] == SAID
    assert [turn.outcome for turn in world.turns] == ["heard", "heard"]
