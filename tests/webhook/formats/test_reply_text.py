"""Test what a reply says of whole answers, objects in its text, and answers within strings."""

from __future__ import annotations

import json
from typing import Any

from ivr.webhook.formats.parts import Closing, Delta, Failure, Piece
from ivr.webhook.formats.reply_text import MAX_WRITTEN, ReplyText
from tests.webhook.n8n import merged

HI: list[Piece] = [Delta("Hi there.")]


def nested(value: dict[str, Any], times: int) -> str:
    text = json.dumps(value)
    for _ in range(times):
        text = json.dumps({"output": text})
    return text


WHOLE: list[tuple[str, list[str], str, bool, list[Piece]]] = [
    ("the rest", ["Hi "], "Hi there.", False, HI),
    ("nothing is left", ["Hi ", "there."], "Hi there.", False, HI),
    ("nothing was said", [], "Hi there.", True, HI),
    ("only blanks were said", [" \n"], "Hi there.", False, [Delta(" \nHi there.")]),
    ("written a little differently", ["Hi ", "there."], "*Hi* there!", False, HI),
    ("its end is another", ["Your parcel ", "is in Riyadh."], "Your parcel is in Jeddah.", False,
     [Delta("Your parcel is in Riyadh.")]),
    ("a word before it", ["Your parcel ", "is in Riyadh."], "Answer: Your parcel is in Riyadh.", False,
     [Delta("Your parcel is in Riyadh.")]),
    ("another answer", ["One moment. "], "It is in Riyadh.", False, [Delta("One moment. It is in Riyadh.")]),
    ("another answer, of one", ["One moment. "], "It is in Riyadh.", True, [Delta("One moment. ")]),
    ("thoughts were said and are not", ["<think>hm</think>", "Hi "], "Hi there.", False, HI),
    ("thoughts only in the whole", ["Hi ", "there."], "<think>hm</think>Hi there.", False, HI),
    ("an end mark", ["Hi there."], "[DONE]", False, HI),
    ("blank", ["Hi there."], "  ", False, HI),
]  # fmt: skip


def test_reply_text_says_the_rest_of_a_whole_answer() -> None:
    wrong = []
    for name, deltas, whole, strict, pieces in WHOLE:
        reply = ReplyText()
        got = [piece for delta in deltas for piece in reply.delta(delta)]
        got = merged([*got, *reply.rest_of(whole, strict=strict), *reply.finish()])
        wrong += [] if got == pieces else [(name, got)]
    assert wrong == []


OBJECTS: list[tuple[str, list[str], list[Piece]]] = [
    ("an object", ['{"output": "Hi there."}'], HI),
    ("an object in a list", ["[", '{"output": "Hi there."}]'], HI),
    ("an object in a string", ['"', json.dumps('{"output": "Hi there."}')[1:]], HI),
    ("an object in a fence", ["``", '`json\n{"text": "Hi there.", "hang_up": true}\n```'], [*HI, Closing()]),
    ("strings in strings", [nested({"text": "Hi there.", "is_closing": True}, 3)], [*HI, Closing()]),
    ("strings in six strings", [nested({"text": "Hi there."}, 6)], HI),
    ("an object, then words", ['{"next": "x"}', "\n", "Hi there."], HI),
    ("an object with words, then words", ['{"text": "Hi "}', "there."], HI),
    ("an object, and words that come later", ['Say {"text": "hi"}', " there", "."], [Delta("Say hi there.")]),
    ("two objects", ['{"text": "Hi "}', '{"text": "there."}'], HI),
    ("a broken object", ['{"text": "Hi'], [Failure("bad_record")]),
    ("words in braces", ["{so to speak}, hi"], [Delta("{so to speak}, hi")]),
    ("words in brackets", ["[", "laughs", "] Hi"], [Delta("[laughs] Hi")]),
    ("words in quotation marks", ['"', "Hi", '"'], [Delta('"Hi"')]),
    ("a quotation mark", ['"'], [Delta('"')]),
    ("a number in a fence", ["```\n7\n```"], [Delta("```\n7\n```")]),
    ("nothing in a fence", ["```\nnull\n```"], []),
    ("an empty list", ["`[]`", ""], [Delta("`[]`")]),
]  # fmt: skip


def test_reply_text_reads_an_object_that_a_model_writes() -> None:
    wrong = []
    for name, deltas, pieces in OBJECTS:
        reply = ReplyText()
        got = merged([*(piece for delta in deltas for piece in reply.delta(delta)), *reply.finish()])
        wrong += [] if got == pieces else [(name, got)]
    assert wrong == []


def test_reply_text_gives_words_at_once() -> None:
    reply = ReplyText()
    assert reply.delta("Your") == [Delta("Your")]
    assert reply.delta(" parcel") == [Delta(" parcel")]


def test_reply_text_reads_objects_among_the_words_of_a_whole_answer() -> None:
    reply = ReplyText()
    assert reply.rest_of('Goodbye. {"is_closing": true}', strict=True) == [Delta("Goodbye. "), Closing()]
    assert ReplyText().rest_of('{"output": "Hi", "hang_up": true}') == [Delta("Hi"), Closing()]


def test_reply_text_takes_no_more_than_its_bound_of_what_is_not_said() -> None:
    reply = ReplyText()
    assert reply.delta("<think>" + "x" * (MAX_WRITTEN - len("<think></think>Hi")) + "</think>Hi") == [Delta("Hi")]
    assert reply.delta(" you") == [Failure("too_long")]
    assert (reply.over, reply.delta("late")) == (True, [])
