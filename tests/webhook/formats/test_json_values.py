"""Find JSON values in any layout, cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.formats.json_values import (
    MAX_VALUE,
    NOT_JSON,
    BrokenValue,
    Item,
    JsonValue,
    StrayText,
    ValueScanner,
    json_text,
)

TOLD = '{"told": 1}'


def scanned(parts: list[str], speaks: Callable[[bool], bool] = lambda _values: False) -> list[Item]:
    """The items of a text in parts; stray text that follows stray text is one."""
    scanner = ValueScanner(speaks)
    items = [item for part in parts for item in scanner.feed(part)] + list(scanner.finish())
    joined: list[Item] = []
    for item in items:
        if isinstance(item, StrayText) and joined and isinstance(joined[-1], StrayText) and scanner.verbatim:
            joined[-1] = StrayText(joined[-1].text + item.text, joined[-1].same_line)
        else:
            joined.append(item)
    return joined


def short(item: Item) -> Any:
    match item:
        case JsonValue(value, _, place):
            return value if place < 0 else (place, value)
        case BrokenValue(raw, document):
            return "broken document" if document else f"broken {raw.strip()}"
        case StrayText(text, same_line):
            return f"behind {text}" if same_line else f"stray {text}"


ROWS: list[tuple[str, str, list[Any]]] = [
    ("lines", '{"a":1}\n{"b":2}\r\n', [{"a": 1}, {"b": 2}]),
    ("glued", '{"a":{"b":"}"}}{"c":[1]}"d"', [{"a": {"b": "}"}}, {"c": [1]}, "d"]),
    ("a list of objects", '[{"a":1},\n {"b":2}]', [(0, {"a": 1}), (1, {"b": 2})]),
    ("a list of others", '[ 1, {"a":2}]', [[1, {"a": 2}]]),
    ("two lists", '[{"a":1}][{"b":2}]', [(0, {"a": 1}), (0, {"b": 2})]),
    ("an empty list", "[]", [[]]),
    ("over lines", '{\n "a":\n[\n{"b":\n1}\n]\n}\n', [{"a": [{"b": 1}]}]),
    ("newlines in a string", '{"a":"b\nc\n\n d"}', [{"a": "b\nc\n\n d"}]),
    ("quotation marks in a string", '{"a":"\\"}\\\\"}{"b":1}', [{"a": '"}\\'}, {"b": 1}]),
    ("a hanging comma", '{"a":[1,],}', [{"a": [1]}]),
    ("Python's dict", "{'a': \"it's\", 'b': [True, None]}", [{"a": "it's", "b": [True, None]}]),
    ("no dict of Python's", "{'a', 'b'}", ["broken {'a', 'b'}"]),
    ("a name", "{'a': b}", ["broken {'a': b}"]),
    ("a comment", '{"a": /* b */ 1}', ['broken {"a": /* b */ 1}']),
    ("scalars", "1\ntrue\nnull", ["stray 1", "stray true", "stray null"]),
    ("junk between", '{"a":1}\n<junk>\n{"b":2}', [{"a": 1}, "stray <junk>", {"b": 2}]),
    ("junk behind", '{"a":1} <junk>\n{"b":2}', [{"a": 1}, "behind  <junk>", {"b": 2}]),
    ("half a record before another", '{"a":"b\n{"c":1}\n', ['broken {"a":"b', {"c": 1}]),
    ("half a record before the last", '{"a":1\n\n{"c":1}', ['broken {"a":1', {"c": 1}]),
    ("half a record before half of one", '{"a":1\n{"c":', ["broken document"]),
    ("half a record before no object", '{"a":"b\n{c}\n"}', [{"a": "b\n{c}\n"}]),
    ("half a record before more than an object", '{"a":"b\n{}c\n"}', [{"a": "b\n{}c\n"}]),
    ("half a document", '{\n"a": 1,\n', ["broken document"]),
    ("half a line", '{"a": ', ['broken {"a":']),
    ("too deep", "[" * 200 + "\n" + TOLD, ["broken " + "[" * 200, {"told": 1}]),
    ("too deep, without an end", "[" * 200, ["broken " + "[" * 200]),
    ("too deep for JSON as well", '{"a":' * 99_999 + "\n" + TOLD, ["broken " + '{"a":' * 99_999]),
    ("blanks", " \n\r\n\x1e,", []),
]  # fmt: skip


def test_values_are_found_wherever_the_text_is_cut() -> None:
    wrong: list[Any] = []
    for name, text, items in ROWS:
        if len(text) > MAX_VALUE:
            continue
        cuts = [[text], [*text], *([text[:at], text[at:]] for at in range(1, min(len(text), 60)))]
        for parts in cuts:
            if (got := [short(item) for item in scanned(parts)]) != items:
                wrong.append((name, [len(part) for part in parts][:2], got))
                break
    assert wrong == []


def test_values_that_are_too_long_end_the_text() -> None:
    for text in (
        '{"a":"' + "x" * MAX_VALUE,
        "x" * MAX_VALUE + "x",
        '{"a":1\n{' + "x" * MAX_VALUE,
        "[" + '"' * MAX_VALUE,
    ):
        for size in (1000, len(text)):
            scanner = ValueScanner(lambda _values: False)
            items = [item for at in range(0, len(text), size) for item in scanner.feed(text[at : at + size])]
            assert (scanner.over, items, list(scanner.finish())) == (True, [], []), text[:9]
    whole = ValueScanner(lambda _values: False)
    assert list(whole.feed('{"a":"' + "x" * MAX_VALUE + '"}')) == []
    assert whole.over
    halves = ValueScanner(lambda _values: False)
    assert [*halves.feed('{"a":"'), *halves.feed("x" * MAX_VALUE + '"}')] == []
    assert halves.over


def test_stray_text_is_read_on_as_it_comes() -> None:
    scanner = ValueScanner(lambda _values: True)
    assert [short(item) for item in scanner.feed('{"a":1} Your')] == [{"a": 1}, "behind  Your"]
    assert [short(item) for item in scanner.feed(' {"b":1}')] == ['stray  {"b":1}']


def test_stray_text_that_may_be_a_number_waits() -> None:
    scanner = ValueScanner(lambda _values: True)
    assert list(scanner.feed("tru")) == []
    assert [short(item) for item in scanner.feed("ck")] == ["stray truck"]


def test_json_text_reads_no_more_than_is_meant() -> None:
    rows = [("{'a': 1, ", NOT_JSON), ("['a']", ["a"]), ("{'a': 'b\\z'}", {"a": "b\\z"}), ("{1, '2'}", NOT_JSON),
            ("{'" + "a" * 9000 + "': 1}", NOT_JSON), ("{'a': " + "(" * 4000 + "}", NOT_JSON),
            ("[1, 2} ]", NOT_JSON)]  # fmt: skip
    assert [(text[:20], got) for text, want in rows if (got := json_text(text)) != want] == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), min_size=1, max_size=5)


@given(
    OBJECTS,
    st.sampled_from(["", "\n", ",\n", "\r\n", " , ", "\x1e", "\n\n"]),
    st.sampled_from([None, 2]),
    st.integers(),
)
def test_values_are_found_in_any_layout(
    values: list[dict[str, Any]], between: str, indent: int | None, seed: int
) -> None:
    text = between.join(json.dumps(value, indent=indent) for value in values)
    chance = Random(seed)
    at = sorted(chance.randrange(len(text) + 1) for _ in range(4))
    parts = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    assert [item.value for item in scanned(parts) if isinstance(item, JsonValue)] == values
    listed = [item.value for item in scanned([f"[{','.join(map(json.dumps, values))}]"]) if isinstance(item, JsonValue)]
    assert listed == values


@given(st.lists(st.text(alphabet="{}[]\",:\\\n a1'", max_size=9), max_size=8))
def test_values_of_any_text_never_raise(parts: list[str]) -> None:
    for speaks in (True, False):
        whole = [short(item) for item in scanned(["".join(parts)], lambda _, speaks=speaks: speaks)]  # type: ignore[misc]
        cut = [short(item) for item in scanned(parts, lambda _, speaks=speaks: speaks)]  # type: ignore[misc]
        assert cut == whole
