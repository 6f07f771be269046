"""Read server-sent events of writers that leave something out."""

from __future__ import annotations

from ivr.webhook.formats.event_stream import EventLines, ServerSentEvents
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Delta, Failure, Pause, Piece
from ivr.webhook.formats.records import MAX_PARTS, Records
from tests.webhook.n8n import merged

HI: list[Piece] = [Delta("Hi there.")]
ROWS: list[tuple[str, bytes, list[Piece]]] = [
    ("as the standard has it", b"data: Hi\n\ndata:  there.\n\n", HI),
    ("CR alone", b"data: Hi\r\rdata:  there.\r\r", HI),
    ("mixed ends", b"data: Hi\r\n\ndata:  there.\r\r\n", HI),
    ("no empty lines, JSON", b'data: {"text": "Hi"}\ndata: {"text": " there."}\ndata: [DONE]\ndata: no\n', HI),
    ("no empty lines, names", b'event: token\ndata: "Hi"\nevent: token\ndata: " there."\n', HI),
    ("no empty lines, names of tools", b"event: token\ndata: Hi there.\nevent: tool_call\ndata: x\n", [*HI, Pause()]),
    ("no empty lines, few words", b"data: Hi\ndata:  there\ndata: .\n", HI),
    ("no empty lines, two lines", b"data: Hi\ndata: there.\n", [Delta("Hi\nthere.")]),
    ("no empty lines, many words", b"data: Hi\n" + b"data:  there\n" * 9 + b"data: .",
     [Delta("Hi" + " there" * 9 + ".")]),
    ("an event of many lines, later", b"data: Hi:\n\n" + b"data: there\n" * 10 + b"\n",
     [Delta("Hi:" + "there\n" * 9 + "there")]),
    ("JSON over data lines", b'data: {"text":\ndata: [\ndata: "Hi there."]}\n\n', HI),
    ("two lists", b'data: ["Hi"]\ndata: [" there."]\n\n', HI),
    ("a name behind its data", b"data: never said\nevent: thinking\n\ndata: Hi there.\n\n", HI),
    ("blanks of the text", b"data:Hi\n\ndata: there.\n\n", HI),
    ("blanks before JSON", b'data:{"text": "Hi"}\n\ndata: {"text": " there."}\n\n', HI),
    ("a record in a field of its own", b'id: 1\nmessage: {"text": "Hi"}\n{"text": " there."}\nnever: {said\n', HI),
    ("bare lines", b"id: 1\nnever said\n", [Failure("not_understood")]),
    ("two numbers", b"data: 5\ndata: 6\n", [Delta("5\n6")]),
    ("an object and words", b'data: {"next": 1} Hi there.\n\n', [Delta(" Hi there.")]),
    ("half a record", b'data: {"text": "Hi\n\n', [Failure("bad_line")]),
    ("without a colon", b"data\n\ndata: Hi there.\n\n", HI),
]  # fmt: skip


def test_events_give_their_pieces_wherever_they_are_cut() -> None:
    wrong = []
    for name, body, pieces in ROWS:
        for parts in ([body], [body[at : at + 1] for at in range(len(body))]):
            events = ServerSentEvents(Records())
            got = merged([piece for part in parts for piece in events.feed(part)] + events.finish())
            wrong += [] if got == pieces else [(name, got)]
    assert wrong == []


def test_event_lines_end_at_once() -> None:
    lines = EventLines()
    assert lines.feed(b"a\r") == [b"a"]
    assert lines.feed(b"") == []
    assert lines.feed(b"\nb\n\r\n") == [b"b", b""]
    assert (lines.feed(b"c"), lines.finish()) == ([], b"c")


def test_events_have_a_longest_length() -> None:
    for body in (b"data: " + b"x" * MAX_VALUE, b"data: [\n" + b"data: 1234,\n" * 30_000):
        events = ServerSentEvents(Records())
        assert (events.feed(body), events.over) == ([Failure("too_long")], True)


def test_events_have_a_greatest_number_of_lines() -> None:
    events = ServerSentEvents(Records())
    assert (events.feed(b":\n" * MAX_PARTS), events.over) == ([], False)
    assert (events.feed(b":\ndata: Hi\n\n"), events.over) == ([Failure("too_long")], True)
