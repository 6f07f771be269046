"""Decide what records are by their names."""

from __future__ import annotations

from typing import Any

from ivr.webhook.formats.record_types import RecordType, event_type, record_type

NAMES: list[tuple[str, RecordType]] = [
    ("", RecordType.WORDS),
    ("token", RecordType.WORDS),
    ("AIMessageChunk", RecordType.WORDS),
    ("anything-of-mine", RecordType.WORDS),
    ("dialog", RecordType.WORDS),
    ("x" * 1000, RecordType.WORDS),
    ("tool-" + "x" * 60, RecordType.WORDS),
    ("tool-" + "x" * 59, RecordType.TOOL),
    ("messages/partial", RecordType.SNAPSHOT),
    ("Final", RecordType.WHOLE),
    ("agentReasoning", RecordType.QUIET),
    ("messages/metadata", RecordType.QUIET),
    ("RUN_STARTED", RecordType.QUIET),
    ("usedTools", RecordType.TOOL),
    ("function_call", RecordType.TOOL),
    ("error", RecordType.ERROR),
]
RECORDS: list[tuple[dict[str, Any], str, RecordType]] = [
    ({}, "", RecordType.WORDS),
    ({"type": "text"}, "", RecordType.WORDS),
    ({"type": "mine"}, "", RecordType.UNKNOWN),
    ({"type": "y" * 1000}, "", RecordType.UNKNOWN),
    ({"type": 5, "event": []}, "", RecordType.WORDS),
    ({"event": "mine"}, "", RecordType.WORDS),
    ({"event": "thinking"}, "", RecordType.QUIET),
    ({"type": "text"}, "thinking", RecordType.QUIET),
    ({"type": "text", "event": "error"}, "", RecordType.ERROR),
    ({"type": "human"}, "messages/partial", RecordType.QUIET),
    ({"type": "ai"}, "messages/partial", RecordType.SNAPSHOT),
    ({"type": "content_block_start", "content_block": {"type": "text"}}, "", RecordType.QUIET),
    ({"type": "content_block_start", "content_block": {"type": "tool_use"}}, "", RecordType.TOOL),
    ({"type": "response.output_item.added", "item": {"type": "function_call"}}, "", RecordType.TOOL),
    ({"type": "response.output_item.added", "item": 5}, "", RecordType.QUIET),
]


def test_record_types_of_event_names() -> None:
    assert [(name, got) for name, kind in NAMES if (got := event_type(name)) is not kind] == []


def test_record_types_of_records() -> None:
    assert [(record, got) for record, event, kind in RECORDS if (got := record_type(record, event)) is not kind] == []
