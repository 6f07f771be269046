"""Find the words in one value."""

from __future__ import annotations

import json
from typing import Any

from ivr.webhook.formats.actions.found import actions_of
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Closing
from ivr.webhook.formats.text_fields import find_text, has_letters, reports_failure, said_by_another

FOUND: list[tuple[dict[str, Any], tuple[str, str] | None]] = [
    ({"text": "Hi", "output": "Yes"}, ("output", "Yes")),
    ({"text": "asked", "fulfillmentText": "Hi"}, ("fulfillmentText", "Hi")),
    ({"output": "", "text": "Hi"}, ("text", "Hi")),
    ({"output": "", "id": 1}, ("output", "")),
    ({"message": "success", "data": {"answer": "Hi"}}, ("data", "Hi")),
    ({"message": "success", "data": {"id": 1}}, ("message", "success")),
    ({"message": "Done.", "text": ""}, ("message", "Done.")),
    ({"data": "word"}, None),
    ({"data": "some words"}, ("data", "some words")),
    ({"type": "token", "data": "word"}, ("data", "word")),
    ({"anything": {"reply": "Hi"}}, ("anything", "Hi")),
    ({"inputs": {"reply": "no"}, "user_input": {"text": "no"}}, None),
    ({"replies": ["Hi,", "you."]}, ("replies", "Hi,\nyou.")),
    ({"output": ["Hi", " you."]}, ("output", "Hi you.")),
    ({"content": [{"text": "Hi."}, {"text": "You."}]}, ("content", "Hi. You.")),
    ({"content": [{"text": "Ri"}, {"text": "yadh"}]}, ("content", "Riyadh")),
    ({"text": {"value": "Hi"}}, ("text", "Hi")),
    ({"text": {"value": "", "body": ""}}, ("text", "")),
    ({"messages": []}, None),
    ({"messages": ["Hi"]}, ("messages", "Hi")),
    ({"messages": [{"text": "Hi"}, {"text": "You"}]}, ("messages", "Hi\nYou")),
    ({"messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "no"}]}, ("messages", "Hi")),
    ({"messages": [{"sender": "bot", "text": "no"}, {"sender": "bot", "text": "Hi"}]}, ("messages", "Hi")),
    ({"activities": [{"from": {"role": "user"}, "text": "no"}, {"from": {"role": "bot"}, "text": "Hi"}]},
     ("activities", "Hi")),
]  # fmt: skip


def test_words_are_found() -> None:
    assert [(record, got) for record, want in FOUND if (got := find_text(record)) != want] == []


def test_letters_are_looked_for_where_words_may_be() -> None:
    rows: list[tuple[Any, bool]] = [
        ({"a": ["1", "b"]}, True), ({"a": "1", "b": 2}, False), ({"type": "tool", "a": "b"}, False),
        ({"type": "mine", "a": 1}, False), ({"type": "mine", "a": "b"}, True), (None, False),
    ]  # fmt: skip
    assert [value for value, has in rows if has_letters(value) is not has] == []


def test_failures_are_told_from_answers() -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"code": 200, "message": "x"}, False), ({"code": 0, "message": "x"}, False), ({"code": None, "message": "x"},
        False),
        ({"code": "SUCCESS", "message": "x"}, False), ({"code": 1001, "message": "x"}, True), ({"code": 1001}, False),
        ({"statusCode": 502}, True), ({"message": "x", "stack": "y"}, True), ({"error": None}, False),
        ({"error": "x"}, True), ({"ok": False}, True), ({"status": "failed"}, True), ({"status": "completed"}, False),
    ]  # fmt: skip
    assert [record for record, failed in rows if reports_failure(record) is not failed] == []


def test_other_speakers_are_known() -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"role": "user"}, True), ({"role": "assistant"}, False), ({"role": None}, False), ({"role": "developer"},
        True),
        ({"sender": "User"}, True), ({"sender": "Machine"}, False), ({"from": {"role": "user"}}, True),
        ({"from": "+966500000001"}, False), ({"author": "agent"}, False), ({"source": ["user"]}, False), ({}, False),
    ]  # fmt: skip
    assert [record for record, other in rows if said_by_another(record) is not other] == []


def test_actions_are_heard_inside_and_not_of_others() -> None:
    heard: list[dict[str, Any]] = [
        {"data": [{"reply": {"hang_up": True}}]},
        {"isClosing": "true"},
        {"payload": {"action": "end-call"}},
    ]
    unheard: list[dict[str, Any]] = [
        {"tool_calls": [{"hang_up": True}]},
        {"data": {"type": "tool_call", "hang_up": True}},
        {"messages": [{"role": "user", "hang_up": True}]},
        {"hang_up": 1},
        {"hang_up": "no"},
    ]
    assert [record for record in heard if actions_of(record) != [Closing()]] == []
    assert [record for record in unheard if actions_of(record)] == []


def test_a_huge_value_is_looked_at_in_bounds() -> None:
    deep: dict[str, Any] = {"text": "Hi"}
    for _ in range(9):
        deep = {"a": deep}
    rows: list[dict[str, Any]] = [
        {"messages": [{}] * 30_000 + ["Hi"]},
        {"a": [{"b": {}}] * 15_000 + [{"text": "Hi"}]},
        {f"key{number}": {} for number in range(15_000)} | {"text_of_mine": {"text": "Hi"}},
        {"a": [[[["Hi"]]]] * 9000},
        deep,
    ]
    assert all(len(json.dumps(row)) < MAX_VALUE for row in rows)
    assert [find_text(row) for row in rows] == [None] * len(rows)
    assert [actions_of(row) for row in rows] == [[]] * len(rows)
    assert not has_letters({"a": [{"b": {}}] * 15_000 + ["Hi"]})
