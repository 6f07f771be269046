"""Read JSON values of a reply: n8n's records, OpenAI's chunks, plain answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivr.webhook.formats.json_values import NOT_JSON, json_text
from ivr.webhook.formats.parts import Acting, Closing, Delta, Failure, Pause, Piece, Transferring
from ivr.webhook.formats.records import Records
from ivr.webhook.formats.reply_text import MAX_REPLY_TEXT
from tests.webhook.n8n import merged


def item(content: Any, node: Any = "Voice Agent", index: Any = 0, kind: str = "item") -> dict[str, Any]:
    return {"type": kind, "content": content, "metadata": {"nodeName": node, "itemIndex": index}}


def mark(kind: str, node: str = "Voice Agent", index: int = 0) -> dict[str, Any]:
    return {"type": kind, "metadata": {"nodeName": node, "itemIndex": index}}


def take(*values: Any, agent_node: str | None = None) -> list[Piece]:
    records = Records(agent_node)
    pieces = [piece for value in values for piece in records.take(value)]
    return merged(pieces + records.finish())


BEGIN, END = mark("begin"), mark("end")
RESPOND = "Respond to Webhook"


def chunk(**choice: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [choice]}


TABLE: list[tuple[str, list[Any], list[Piece]]] = [
    ("one run", [BEGIN, item("He"), item("llo"), END], [Delta("Hello"), Pause()]),
    ("empty run, then words", [BEGIN, END, BEGIN, item("Hi"), END], [Delta("Hi"), Pause()]),
    ("words on both sides of a tool", [BEGIN, item("A. "), END, BEGIN, item("B."), END],
     [Delta("A. "), Pause(), Delta("B."), Pause()]),
    ("respond repeats", [BEGIN, item("Hi"), END, item('{"output":"Hi"}', RESPOND)], [Delta("Hi"), Pause()]),
    ("respond repeats the last run only", [item("A. "), END, BEGIN, item("B."), END, item('{"output":"B."}', RESPOND)],
     [Delta("A. "), Pause(), Delta("B."), Pause()]),
    ("respond closes", [item("Bye"), item('{"output":"Bye","is_closing":true}', RESPOND)], [Delta("Bye"), Closing()]),
    ("transfer", [{"output": "Wait", "action": "transfer"}], [Delta("Wait"), Transferring()]),
    ("transfer to a number", [{"text": "Wait"}, {"action": "transfer", "to": "+966 (50) 000-0001"}],
     [Delta("Wait"), Transferring("+966500000001")]),
    ("transfer in a word", [{"response": "Wait", "transfer": True, "to": 5}], [Delta("Wait"), Transferring()]),
    ("transfer said twice", [item("Wait"), {"action": "transfer", "to": "+1"}, {"action": "transfer", "to": "+2"}],
     [Delta("Wait"), Transferring("+1")]),
    ("transfer, else closing", [{"output": {"text": "Wait", "transfer": "true"}, "is_closing": True}],
     [Delta("Wait"), Closing(), Transferring()]),
    ("respond transfers", [item("Wait"), item('{"output":"Wait","action":"transfer","to":"+9661"}', RESPOND)],
     [Delta("Wait"), Transferring("+9661")]),
    ("agent streams a transfer", [BEGIN, item('{"output":"Wait",'), item('"action":"transfer"}'), END],
     [Delta("Wait"), Transferring(), Pause()]),
    ("transfer in two objects",
     [{"output": {"text": "Wait", "transfer": True, "to": "+2"}, "transfer": True, "to": "+1"}],
     [Delta("Wait"), Transferring("+1")]),
    ("an action in its place", [{"text": "Hel"}, {"text": "lo."}, {"action": "pause", "ms": 500}, {"text": "There."}],
     [Delta("Hello."), Acting("pause", ms=500), Delta(" There.")]),
    ("an action behind words that wait", [item("Hi"), item(" ["), {"play": "a.wav"}, item("x")],
     [Delta("Hi ["), Acting("play", "a.wav"), Delta("x")]),
    ("an action within a thought", [item("<think>so"), {"play": "a.wav"}, item("</think>Hi")],
     [Acting("play", "a.wav"), Delta("Hi")]),
    ("an action among words", [item('Hi. {"pause": 500} There. {"pause": 500} Bye.')],
     [Delta("Hi. "), Acting("pause", ms=500), Delta("There. "), Acting("pause", ms=500), Delta("Bye.")]),
    ("respond repeats actions", [item("Hi"), {"pause": 500}, item('{"output":"Hi","pause":500,"play":"b"}', RESPOND)],
     [Delta("Hi"), Acting("pause", ms=500), Acting("play", "b")]),
    ("a last record repeats actions",
     [{"text": "Hi "}, {"pause": 500}, {"text": "you."},
      {"type": "final", "text": "Hi you.", "actions": [{"pause": 500}]}],
     [Delta("Hi "), Acting("pause", ms=500), Delta("you.")]),
    ("the text so far repeats actions", [{"text": "Your", "pause": 500}, {"text": "Your parcel", "pause": 500}],
     [Delta("Your"), Acting("pause", ms=500), Delta(" parcel")]),
    ("words of an action", [{"action": "say", "text": "Hi"}, {"say": {"text": "you"}}],
     [Acting("say", "Hi", 0, False), Acting("say", "you", 0, False)]),
    ("last words", [{"text": "Hi."}, {"hangup": {"text": "Bye."}}],
     [Delta("Hi."), Acting("say", "Bye.", 0, False), Closing()]),
    ("no transfer", [{"text": "Hi", "to": "+9661", "transfer": False, "action": "transferred"}], [Delta("Hi")]),
    ("respond alone", [mark("begin", RESPOND), item('{"output":"Hi"}', RESPOND), mark("end", RESPOND)], [Delta("Hi")]),
    ("respond in plain text", [item("Hi", RESPOND)], [Delta("Hi")]),
    ("respond in plain text, a second time", [item("Hi"), item("Hi", RESPOND)], [Delta("Hi")]),
    ("respond goes on where the stream stopped", [item("Hi "), item('{"output":"Hi there"}', RESPOND)],
     [Delta("Hi there")]),
    ("respond with a list", [item('[{"output":"Hi"}]', RESPOND)], [Delta("Hi")]),
    ("respond with a JSON string", [item('"Hi"', RESPOND)], [Delta('Hi')]),
    ("respond with nothing", [item("[]", RESPOND), item("null", RESPOND), item("false", RESPOND)], []),
    ("respond with a number", [item("7826", RESPOND)], [Delta("7826")]),
    ("structured output closes", [{"output": {"response": "Bye", "is_closing": True}}], [Delta("Bye"), Closing()]),
    ("respond renamed", [BEGIN, item("Hi"), END, mark("begin", "Answer"), item('{"output":"Hi"}', "Answer")],
     [Delta("Hi"), Pause()]),
    ("error", [BEGIN, mark("error")], [Failure("agent_error")]),
    ("error after words", [item("Hi"), mark("error"), item(" there")],
     [Delta("Hi"), Failure("agent_error"), Delta(" there")]),
    ("keepalive and unknown types", [{"type": "keepalive"}, item("tool", kind="tool-call-start"), item("Hi")],
     [Delta("Hi")]),
    ("tool output is not spoken", [{"type": "tool-call-end", "output": "secret"}], []),
    ("two indexes", [item("A", index=1), item("X", index=0), item("B", index=1), mark("end"), mark("end", index=1)],
     [Delta("AB"), Pause()]),
    ("blank token does not choose the index", [item(" ", index=1), item("A", index=0)], [Delta("A")]),
    ("odd metadata", [{"type": "item", "content": "A", "metadata": 5}, item("B", node=7, index="x"),
                      {"type": "item", "content": "C"}], [Delta("ABC")]),
    ("content of a wrong type", [item(5), item(None), item(["x"])], [Failure("bad_record"), Failure("bad_record")]),
    ("content that is an object", [item({"output": "Hi", "is_closing": True})], [Delta("Hi"), Closing()]),
    ("agent streams an object", [BEGIN, item('{"out'), item('put": "Hi"}'), END], [Delta("Hi"), Pause()]),
    ("agent streams a fenced object", [BEGIN, item("```json\n"), item('{"output": "Hi", "hang_up": true}\n```'), END],
     [Delta("Hi"), Closing(), Pause()]),
    ("object after other words", [item("Wait. "), END, BEGIN, item('{"output":"Hi"}'), END],
     [Delta("Wait. "), Pause(), Delta("Hi"), Pause()]),
    ("object that repeats with other blanks", [item("Hi  you"), END, item('{"output":"i you"}')],
     [Delta("Hi  you"), Pause()]),
    ("broken object", [item('{"output": "Hi'), END], [Failure("bad_record")]),
    ("words in braces", [item("{so to speak}, hello"), END], [Delta("{so to speak}, hello"), Pause()]),
    ("held to the end of the body", [item('{"output": "Hi"}')], [Delta("Hi")]),
    ("output", [{"output": "Hi"}], [Delta("Hi")]),
    ("text", [{"text": "Hi"}], [Delta("Hi")]),
    ("response", [{"response": "Hi"}], [Delta("Hi")]),
    ("nested", [{"output": {"text": "Hi"}}], [Delta("Hi")]),
    ("nested, a whole answer", [{"output": {"type": "final", "text": "Hi"}}], [Delta("Hi")]),
    ("nested without words", [{"output": {"a": 1}}], []),
    ("list of one", [[{"output": "Hi", "is_closing": "true"}]], [Delta("Hi"), Closing()]),
    ("list of two outputs", [[{"output": "Hi"}, {"output": "Other"}, 5]], [Delta("Hi")]),
    ("a stream of text lines", [{"text": "Hi"}, {"text": " there"}, {"output": "Hi there"}], [Delta("Hi there")]),
    ("a sentence a second time", [{"text": "It is here, now."}, {"text": "It is here, now."}],
     [Delta("It is here, now.")]),
    ("a string", ["Hi"], [Delta("Hi")]),
    ("scalars", [None, True, 12, 1.5], []),
    ("action", [{"text": "Bye", "action": "hangup"}], [Delta("Bye"), Closing()]),
    ("closing twice", [{"is_closing": True}, {"is_closing": True}], [Closing()]),
    ("not closing", [{"text": "Hi", "is_closing": False, "hang_up": "no", "action": {"x": 1}}], [Delta("Hi")]),
    ("message that is an object", [{"message": {"content": {"parts": ["Hi"]}}}], [Delta("Hi")]),
    ("error object", [{"error": {"message": "x"}}], [Failure("agent_error")]),
    ("nothing to say", [{"a": 1}, {}, {"text": 5}, {"type": 5}], []),
    ("chat chunks", [chunk(index=0, delta={"role": "assistant"}), chunk(index=0, delta={"content": "Hi"}),
                     chunk(index=0, delta={}, finish_reason="stop")], [Delta("Hi")]),
    ("chat tool call", [chunk(delta={"content": "Wait"}, finish_reason="tool_calls")], [Delta("Wait"), Pause()]),
    ("chat message", [chunk(index=0, message={"content": [{"type": "text", "text": "Hi"}, 5, {"type": "image"}]})],
     [Delta("Hi")]),
    ("completion", [chunk(index=0, text="Hi")], [Delta("Hi")]),
    ("second choice", [chunk(index=1, delta={"content": "no"}), {"choices": []}, {"choices": [5]}], []),
    ("chat junk", [chunk(index=0, delta=5), chunk(index=0, delta={"content": 5})], []),
]  # fmt: skip


def test_records_give_their_pieces() -> None:
    assert [(name, got) for name, values, pieces in TABLE if (got := take(*values)) != pieces] == []


NAMED: list[tuple[str, list[Any], list[Piece]]] = [
    ("only the named node", [item("no", "Router"), item("Hi"), mark("end", "Router"), END], [Delta("Hi"), Pause()]),
    ("no node named in the stream", [{"type": "item", "content": "Hi"}], [Delta("Hi")]),
    ("renamed", [item("no", "Router"), item("He", "Agent 2"), item("XX", "Agent 2", 1), item("llo", "Agent 2")],
     [Failure("agent_node_missing"), Delta("Hello")]),
    ("renamed, but the whole answer is there", [item("Hello", "Agent 2"), item('{"output":"Hello"}', RESPOND)],
     [Delta("Hello")]),
]  # fmt: skip


def test_records_of_a_named_node() -> None:
    faults = [
        (name, got) for name, values, pieces in NAMED if (got := take(*values, agent_node="Voice Agent")) != pieces
    ]
    assert faults == []


def test_records_of_a_reply_have_a_longest_length() -> None:
    records = Records()
    assert records.take("x" * MAX_REPLY_TEXT) == [Delta("x" * MAX_REPLY_TEXT)]
    assert not records.over
    assert records.take("y") == [Failure("too_long")]
    assert records.over
    assert records.take("z") == []


def test_records_held_and_of_other_nodes_are_bounded() -> None:
    records = Records()
    tokens = [item('{"text": "')] + [item("x" * 1000)] * (MAX_REPLY_TEXT // 1000)
    assert [piece for token in tokens for piece in records.take(token)] == []
    assert records.take(item('"}')) == [Failure("bad_record")]
    braces = Records()
    assert braces.take(item("{" + "x" * (MAX_REPLY_TEXT - 1))) == [Delta("{" + "x" * (MAX_REPLY_TEXT - 1))]
    aside = Records("Voice Agent")
    for _ in range(100):
        aside.take(item("x" * 1000, "Other"))
    assert aside.finish() == [Failure("agent_node_missing"), Delta("x" * MAX_REPLY_TEXT)]


@pytest.mark.parametrize("text", ["", "nope", "{", "1" * 5000, "[" * 100_000, '{"a":' * 100_000])
def test_json_text_never_raises(text: str) -> None:
    assert json_text(text) is NOT_JSON


def test_json_text_reads_an_object() -> None:
    assert json_text(json.dumps({"a": [1]})) == {"a": [1]}
