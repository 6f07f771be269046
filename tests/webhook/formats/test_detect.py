"""Read bodies in every format, cut at every byte, and bodies in no format."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.formats.detect import MAX_REPLY_BODY, ReplyStream
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Closing, Delta, Failure, Pause, Piece
from tests.webhook.n8n import JSON, SSE, TEXT, line, merged, read, respond, run

HI = "أهلاً وسهلاً، how are you? 😀"


@dataclass(frozen=True)
class Case:
    """A body and its pieces."""

    name: str
    body: bytes
    pieces: list[Piece]
    content_type: str = JSON
    agent_node: str | None = None


def chat(text: str) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}, ensure_ascii=False)


PRETTY = json.dumps([{"output": HI, "is_closing": True}], indent=2, ensure_ascii=False).encode()
REFUSED_PAGE: list[Piece] = [Failure("html")]

CASES = [
    Case("n8n", run("أهلاً ", "وسهلاً"), [Delta("أهلاً وسهلاً"), Pause()]),
    Case("n8n, tools and respond", run() + run("مرحبا") + respond(output="مرحبا", is_closing=True),
         [Delta("مرحبا"), Pause(), Closing()]),
    Case("n8n, no last newline", run("Hi").rstrip(b"\n"), [Delta("Hi"), Pause()]),
    Case("n8n, CRLF and blank lines", run("Hi").replace(b"\n", b"\r\n\r\n"), [Delta("Hi"), Pause()]),
    Case("n8n, mark and blanks first", b"\xef\xbb\xbf \n" + run("Hi"), [Delta("Hi"), Pause()]),
    Case("n8n, announced as events", run("Hi"), [Delta("Hi"), Pause()], SSE),
    Case("n8n, announced as nothing", run("Hi"), [Delta("Hi"), Pause()], ""),
    Case("n8n, announced as an image", run("Hi"), [Delta("Hi"), Pause()], "image/png"),
    Case("n8n, separators inside a line", line("item", "a\u2028b"), [Delta("a\u2028b")]),
    Case("n8n, escaped halves", b'{"type":"item","content":"\\ud83d"}\n{"type":"item","content":"\\ude00"}\n',
         [Delta("😀")]),
    Case("n8n, error without content", line("begin") + b'{"type":"error","metadata":{}}\n', [Failure("agent_error")]),
    Case("n8n, junk lines between", line("item", "H") + b"<junk>\n{\"type\n\x00\n12\nnull\n" + line("item", "i"),
         [Delta("H"), Failure("bad_line"), Failure("bad_line"), Delta("i")]),
    Case("n8n, keepalives", b'{"type":"keepalive"}\n' * 3 + run("Hi"), [Delta("Hi"), Pause()]),
    Case("n8n, named node", run("no", node="Router") + run("Hi"), [Delta("Hi"), Pause()], JSON, "Voice Agent"),
    Case("n8n, broken UTF-8 in a line", line("item", "Hi").replace(b"Hi", b"H\xd9i"), [Delta("Hi")]),
    Case("n8n, cut in a line", run("Hi") + line("item", "lost")[:-9], [Delta("Hi"), Pause(), Failure("bad_line")]),
    Case("n8n, cut in a character", line("item", "Hi") + line("item", "م")[:21],
         [Delta("Hi"), Failure("bad_line")]),
    Case("JSON", json.dumps({"output": HI}).encode(), [Delta(HI)]),
    Case("JSON, list of one", json.dumps([{"text": HI}], ensure_ascii=False).encode(), [Delta(HI)]),
    Case("JSON, over several lines", PRETTY, [Delta(HI), Closing()]),
    Case("JSON, over several lines as text", PRETTY, [Delta(HI), Closing()], TEXT),
    Case("JSON, over several lines, cut", PRETTY[:-4], [Failure("not_json")]),
    Case("JSON string", json.dumps(HI).encode(), [Delta(HI)]),
    Case("JSON scalars", b"null", []),
    Case("JSON, broken", b'{"output": "Hi', [Failure("bad_line")]),
    Case("text announced as JSON", b"hello", [Failure("bad_line")]),
    Case("events of text", f"data: {HI}\n\ndata:  there\n\ndata: [DONE]\n\ndata: no\n\n".encode(),
         [Delta(f"{HI} there")], SSE),
    Case("events announced as JSON", b"data: Hi\n\n", [Delta("Hi")]),
    Case("events announced as text", b"event: token\ndata: Hi\n\n", [Delta("Hi")], TEXT),
    Case("events, CRLF, comments, ids, no last blank line",
         b": open\r\nid: 1\r\nretry: 5\r\n\r\ndata: Hi\r\n\r\ndata: there\r\ndata: you", [Delta("Hithere\nyou")], SSE),
    Case("events of digits and scalars", b"data: 7826\n\ndata: null\n\ndata: {\n\ndata: {\"a\n\ndata:\n\n",
         [Delta("7826"), Failure("bad_line"), Delta("{")], SSE),
    Case("events of chat chunks", f"data: {chat('أه')}\n\ndata: {chat('لا')}\n\ndata: [DONE]\n\n".encode(),
         [Delta("أهلا")], SSE),
    Case("events of n8n records", b"data: " + line("item", "Hi") + b"\n", [Delta("Hi")], SSE),
    Case("events of JSON over lines", b'data: {"text":\ndata: "Hi"}\n\n', [Delta("Hi")], SSE),
    Case("event named error", b'event: error\ndata: {"text":"no"}\n\n', [Failure("agent_error")], SSE),
    Case("events without end mark", b"event: ping\n\ndata: Hi\n\n", [Delta("Hi")], SSE),
    Case("text", HI.encode(), [Delta(HI)], TEXT),
    Case("text, blanks and mark first", b"\xef\xbb\xbf \n hi", [Delta(" \n hi")], TEXT),
    Case("text in quotes", b'"Hi" he said', [Delta('"Hi" he said')], TEXT),
    Case("text in brackets, lines", b"[1] one\n[2] two", [Delta("[1] one\n[2] two")], TEXT),
    Case("text like an event", b"dat", [Delta("dat")], TEXT),
    Case("text like a page", b"<3 you", [Delta("<3 you")], TEXT),
    Case("text like a page, short", b"<", [Delta("<")], TEXT),
    Case("text announced as a page", b"hello", [Delta("hello")], "text/html; charset=utf-8"),
    Case("text, broken", b"a\xd9 b\xff", [Delta("a b"), Failure("charset")], TEXT),
    Case("text, NUL", b"a\x00b", [Delta("ab")], TEXT),
    Case("text announced as nothing", b"hello", [Delta("hello")], ""),
    Case("page", b"<!DOCTYPE html><title>x</title>", REFUSED_PAGE, TEXT),
    Case("page announced as JSON", b"\n <html><body>502", REFUSED_PAGE),
    Case("page after a fragment's beginning", b"<div></div><title>x</title>", REFUSED_PAGE, "text/html"),
    Case("fragment without words", b"<div>", [], "text/html"),
    Case("XML", b"<?xml version='1.0'?>", REFUSED_PAGE, TEXT),
    Case("tag announced as JSON", b"<3", [Failure("bad_line")]),
    Case("image", b"\x89PNG\r\n\x1a\n", [Failure("content_type")], "image/png"),
    Case("UTF-16", "hello".encode("utf-16"), [Delta("hello")], TEXT),
    Case("empty", b"", []),
    Case("blank", b" \r\n\n ", []),
    Case("half a mark", b"\xef\xbb", [Failure("charset")], TEXT),
    Case("deep nesting", b"[" * 50_000 + b"\n" + line("item", "Hi"), [Failure("bad_line"), Delta("Hi")]),
]  # fmt: skip
SMALL = [case for case in CASES if len(case.body) < 2000]


def wrong(case: Case, *parts: bytes) -> list[tuple[str, int, list[Piece]]]:
    """Return the case's name, the length of the first part and the pieces where they are not the case's."""
    pieces = read(parts, case.content_type, case.agent_node)
    return [] if pieces == case.pieces else [(case.name, len(parts[0]) if parts else 0, pieces)]


def test_a_body_gives_its_pieces() -> None:
    assert [fault for case in CASES for fault in wrong(case, case.body)] == []


def test_a_body_cut_in_two_gives_the_same_pieces() -> None:
    cuts = [(case, at) for case in SMALL for at in range(len(case.body) + 1)]
    assert [fault for case, at in cuts for fault in wrong(case, case.body[:at], case.body[at:])] == []


def test_a_body_cut_into_bytes_gives_the_same_pieces() -> None:
    parts = {case.name: [case.body[at : at + 1] for at in range(len(case.body))] for case in SMALL}
    assert [fault for case in SMALL for fault in wrong(case, *parts[case.name])] == []


def test_a_body_cut_anywhere_gives_the_same_pieces() -> None:
    faults = []
    for case in SMALL:
        for seed in range(5):
            chance, parts, at = random.Random(seed), [], 0
            while at < len(case.body):
                size = chance.choice((1, 2, 3, 7, 40, 200))
                parts.append(case.body[at : at + size])
                at += size
            faults += wrong(case, *parts)
    assert faults == []


@given(st.binary(max_size=300), st.sampled_from([JSON, SSE, TEXT, "", "image/png", "text/html"]), st.integers(0, 300))
def test_a_stream_of_any_bytes_never_raises(body: bytes, content_type: str, at: int) -> None:
    pieces = read([body[:at], body[at:]], content_type)
    assert pieces == read(body, content_type)
    assert all(piece.text for piece in pieces if isinstance(piece, Delta))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["type", "content", "metadata", "output", "text", "response", "choices", "is_closing", "action", "error",
        "event", "answer", "message", "messages", "delta", "data", "candidates", "content_block", "role",
        "id"]  # fmt: skip
KINDS = [
    "item",
    "begin",
    "end",
    "text",
    "final",
    "messages/partial",
    "tool_use",
    "error",
    "mine",
    "<think>",
    "</think>",
]


def test_a_lone_key_with_any_value_never_raises() -> None:
    values: list[object] = [None, True, 7, 1e308, "Hi", [], {}, [[]], [{}], ["Hi", {}], {"text": {}}, {"parts": ["Hi"]}]
    for record in ({key: value} for key in KEYS for value in values):
        read(json.dumps(record).encode())
        read(json.dumps({"data": [record, {"type": record}]}).encode())


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES | st.sampled_from(KINDS)), max_size=4))
def test_a_stream_of_any_records_never_raises(records: list[dict[str, object]]) -> None:
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    for piece in read(body):
        assert not isinstance(piece, Delta) or piece.text.encode("utf-8")


def test_a_value_gives_its_pieces_when_it_is_complete() -> None:
    stream = ReplyStream(JSON)
    body = line("item", "Hi")
    assert stream.feed(body[:-2]) == []
    assert stream.feed(b"}") == [Delta("Hi")]
    assert stream.feed(b"\n") == []


def test_plain_text_comes_at_once() -> None:
    stream = ReplyStream(TEXT)
    assert stream.feed(b"He") == [Delta("He")]
    assert stream.feed(b"llo") == [Delta("llo")]


LONG: list[tuple[str, str, bytes]] = [
    ("line", JSON, b'{"type":"item","content":"' + b"x" * 5_000_000),
    ("complete line", JSON, b'{"type":"item","content":"' + b"x" * 5_000_000 + b'"}\n'),
    ("text-like line", TEXT, b"x" * 5_000_000),
    ("event line", SSE, b"data: " + b"x" * 5_000_000),
    ("event of many lines", SSE, b"data: 0123456789\n" * 400_000),
    ("document", JSON, b"{\n" + b' "a": 1,\n' * 600_000),
    ("digits", JSON, b"1" * 5_000_000),
    ("coded line", TEXT, b'f:{}\n0:"' + b"x" * 5_000_000),
]


@pytest.mark.parametrize(("content_type", "body"), [row[1:] for row in LONG], ids=[row[0] for row in LONG])
def test_a_body_of_five_megabytes_ends_the_reply(content_type: str, body: bytes) -> None:
    stream = ReplyStream(content_type)
    pieces: list[Piece] = []
    fed = 0
    for at in range(0, len(body), 65536):
        pieces += stream.feed(body[at : at + 65536])
        fed = at + 65536
        if stream.over:
            break
    assert fed <= MAX_VALUE + 2 * 65536
    assert [piece for piece in pieces if isinstance(piece, Failure)] == [Failure("too_long")]
    assert stream.feed(line("item", "late")) == []
    assert stream.finish() == []


def test_a_chunk_of_five_megabytes_ends_the_reply() -> None:
    assert read(b'{"a":"' + b"x" * 5_000_000 + b'"}\n') == [Failure("too_long")]
    assert read(run("Hi") + b"x" * 5_000_000) == [Delta("Hi"), Pause(), Failure("too_long")]
    assert read(b"data: b\n\ndata: " + b"x" * 5_000_000, SSE) == [Delta("b"), Failure("too_long")]


def test_endless_keepalives_end_the_reply() -> None:
    stream = ReplyStream(JSON)
    keepalives = (b'{"type":"keepalive","pad":"' + b"x" * 1000 + b'"}\n') * 100
    rounds = 0
    while not stream.over:
        rounds += 1
        last = stream.feed(keepalives)
    assert rounds <= MAX_REPLY_BODY // len(keepalives) + 1
    assert merged(last) == [Failure("too_long")]


def test_a_body_of_the_greatest_length_is_read() -> None:
    stream = ReplyStream(JSON)
    assert (stream.feed(b" " * MAX_REPLY_BODY), stream.over) == ([], False)
    assert (stream.feed(b" "), stream.over) == ([Failure("too_long")], True)


def test_a_stream_is_over_after_done() -> None:
    stream = ReplyStream(SSE)
    assert stream.feed(b"data: b\n\ndata: [DONE]\n\ndata: c\n\n") == [Delta("b")]
    assert stream.over
    assert stream.feed(b"data: d\n\n") == []
    assert stream.finish() == []


def test_a_drip_without_a_newline_gives_no_pieces() -> None:
    stream = ReplyStream(JSON)
    assert all(not stream.feed(b'{"a":1') for _ in range(20_000))
