"""What records call themselves."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.webhook.kinds import Kind, kind_of, kind_of_event

NAMES: list[tuple[str, Kind]] = [
    ("", Kind.WORDS),
    ("token", Kind.WORDS),
    ("AIMessageChunk", Kind.WORDS),
    ("anything-of-mine", Kind.WORDS),
    ("dialog", Kind.WORDS),
    ("x" * 1000, Kind.WORDS),
    ("messages/partial", Kind.SNAPSHOT),
    ("Final", Kind.WHOLE),
    ("agentReasoning", Kind.QUIET),
    ("messages/metadata", Kind.QUIET),
    ("RUN_STARTED", Kind.QUIET),
    ("usedTools", Kind.TOOL),
    ("function_call", Kind.TOOL),
    ("error", Kind.ERROR),
]
RECORDS: list[tuple[dict[str, Any], str, Kind]] = [
    ({}, "", Kind.WORDS),
    ({"type": "text"}, "", Kind.WORDS),
    ({"type": "mine"}, "", Kind.UNKNOWN),
    ({"type": "y" * 1000}, "", Kind.UNKNOWN),
    ({"type": 5, "event": []}, "", Kind.WORDS),
    ({"event": "mine"}, "", Kind.WORDS),
    ({"event": "thinking"}, "", Kind.QUIET),
    ({"type": "text"}, "thinking", Kind.QUIET),
    ({"type": "text", "event": "error"}, "", Kind.ERROR),
    ({"type": "human"}, "messages/partial", Kind.QUIET),
    ({"type": "ai"}, "messages/partial", Kind.SNAPSHOT),
    ({"type": "content_block_start", "content_block": {"type": "text"}}, "", Kind.QUIET),
    ({"type": "content_block_start", "content_block": {"type": "tool_use"}}, "", Kind.TOOL),
    ({"type": "response.output_item.added", "item": {"type": "function_call"}}, "", Kind.TOOL),
    ({"type": "response.output_item.added", "item": 5}, "", Kind.QUIET),
]


@pytest.mark.parametrize("at", range(len(NAMES)))
def test_names_of_events(at: int) -> None:
    name, kind = NAMES[at]
    assert kind_of_event(name) is kind


@pytest.mark.parametrize("at", range(len(RECORDS)))
def test_records(at: int) -> None:
    record, event, kind = RECORDS[at]
    assert kind_of(record, event) is kind
