"""Read objects out of a text, however it is cut."""

from __future__ import annotations

from typing import Any

from ivr.webhook.sanitize.objects import HALF_OBJECT_START, MAX_OBJECT, OBJECT_START, WrittenObject, is_tool_call

# An object and the words behind it; what it holds, and the words that are left.
TABLE: list[tuple[str, list[dict[str, Any]] | None, str]] = [
    ('{"a": 1} Hi', [{"a": 1}], " Hi"),
    ('{"a": "}\\"{"}Hi', [{"a": '}"{'}], "Hi"),
    ('{"a": "b\\\\"}Hi', [{"a": "b\\"}], "Hi"),
    ('{"a": "b\nc"}', [{"a": "b\nc"}], ""),
    ('{"a": [1, {"b": null}],}', [{"a": [1, {"b": None}]}], ""),
    ("{'a': 'b', 'c': True, 'd': None}", [{"a": "b", "c": True, "d": None}], ""),
    ("{'a': 'it\\'s'}", [{"a": "it's"}], ""),
    ('[{"a": 1}, {"b": 2}, 3]Hi', [{"a": 1}, {"b": 2}], "Hi"),
    ('{"a": 1 Hi', None, "Hi"),
    ('{"a": {"b": 1} Hi', None, "Hi"),
    ('{"a": 1, "b"}Hi', None, "Hi"),
    ('{"a": }', None, ""),
    ('{"a": "never closed', None, ""),
    ("{'a': 'never closed", None, ""),
    ('{"a": [1', None, ""),
    ('{\\"a\\": \\"b \\\\\\"c\\\\\\" d\\"}Hi', [{"a": 'b "c" d'}], "Hi"),
    ('{\\n \\"a\\": 1}', [{"a": 1}], ""),
    ('{\\\\\\"a\\\\\\": \\\\\\"b\\\\\\"}', [{"a": "b"}], ""),
    ('{"a": 1, \\"b\\": 2}', None, 'b\\": 2}'),
    ('{"a": ' + "[" * 3000 + "]" * 3000 + "}", None, ""),
    ('{"a": "' + "b" * MAX_OBJECT + '"}Hi', None, "Hi"),
]


def read(text: str, *, step: int) -> tuple[list[dict[str, Any]] | None, str]:
    begun = OBJECT_START.match(text)
    assert begun is not None
    written, left = WrittenObject(len(begun[1] or "")), ""
    for start in range(0, len(text), step):
        part = text[start : start + step]
        left += part if written.over else part[written.feed(part, 0) :]
    return written.records() if written.over else None, left


def test_objects_are_read_to_their_end() -> None:
    faults = []
    for text, records, left in TABLE:
        got = [read(text, step=step) for step in (len(text), 7, 1)]
        if got != [(records, left)] * 3:
            faults.append((text[:40], got))
    assert faults == []


def test_objects_begin_with_a_key() -> None:
    texts = ['{"a":', '{ "a" :', "{'a':", '[{"a":', '[\n {\n "a":', '{\\"a\\":', '"{\\"a\\":', '"[{\\n\\"a\\":']
    assert [text for text in texts if not OBJECT_START.fullmatch(text)] == []
    halves = [text[:at] for text in texts for at in range(1, len(text)) if not HALF_OBJECT_START.fullmatch(text[:at])]
    assert halves == []
    others = ["{a:", "{1", "{", "[1]", '{"a"}', '"{a', '""']
    assert [text for text in others if OBJECT_START.match(text)] == []


CALLS: list[tuple[dict[str, Any], bool]] = [
    ({"name": "f", "arguments": {}}, True),
    ({"name": "f", "parameters": {}}, True),
    ({"tool": "f", "tool_input": "x"}, True),
    ({"action": "f", "action_input": "x"}, True),
    ({"tool_calls": []}, True),
    ({"role": "assistant", "content": None, "tool_calls": [1]}, True),
    ({"role": "assistant", "content": "Hi", "tool_calls": [1]}, False),
    ({"type": "tool_use", "id": 1}, True),
    ({"type": "function_call_output", "output": "x"}, True),
    ({"name": "Ali"}, False),
    ({"output": "Hi", "action": "transfer", "parameters": {}}, False),
    ({"action": "transfer", "to": "+966"}, False),
    ({"is_closing": True}, False),
]


def test_objects_that_call_a_tool_are_told_from_answers() -> None:
    assert [(record, got) for record, calls in CALLS if (got := is_tool_call(record)) is not calls] == []
