"""Take machinery out of replies: every family, cut anywhere, and no word of the answer lost."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.sanitize.sanitizer import Sanitizer, Unspoken, Written

TABLE: list[tuple[str, str, str]] = [
    tuple(json.loads(line)) for line in Path(__file__).with_name("machinery.jsonl").read_text("utf-8").splitlines()
]
"""Family, text and what is said. Blanks count as one, and none counts before a stop."""


def joined(parts: Iterable[Written]) -> list[Written]:
    """Join neighbouring words, which may be cut anywhere."""
    together: list[Written] = []
    for part in parts:
        if together and isinstance(part, str) and isinstance(together[-1], str):
            together[-1] += part
        else:
            together.append(part)
    return together


def read(*pieces: str, unspoken: Unspoken | None = None, plain: bool = False) -> list[Written]:
    sanitizer = Sanitizer(unspoken)
    return joined([part for piece in pieces for part in sanitizer.feed(piece, plain=plain)] + sanitizer.end())


def words(parts: list[Written]) -> str:
    text = "".join(part for part in parts if isinstance(part, str))
    # Other tags are markup, which text normalization takes out.
    text = " ".join(re.sub("</?answer>", "", text).split())
    return re.sub(r" (?=[.,،:!])", "", text)


def test_machinery_is_not_said() -> None:
    got = [(row[0], row[1], words(Sanitizer().read(row[1]))) for row in TABLE]
    assert [(*row, said) for row, (_, _, said) in zip(got, TABLE, strict=True) if row[2] != words([said])] == []


def test_machinery_cut_into_characters_is_the_same() -> None:
    # What stands before a stray `</think>` was said when it came in pieces.
    rows = [text for _, text, _ in TABLE if not (text.count("</think>") and "<think" not in text)]
    assert [(text, got) for text in rows if (got := read(*text)) != read(text)] == []


ATOMS = [
    "<|im_start|>",
    "<|im_end|>",
    "assistant",
    "model",
    "user",
    "\n",
    "<think>",
    "</think>",
    "[1]",
    "[INST]",
    "[/INST]",
    '{"a": ',
    "}",
    "{",
    "[",
    "]",
    "<",
    "|>",
    "undefined",
    "null",
    "NaN",
    " ",
    ".",
    ":",
    "Thought:",
    "Final Answer:",
    "Action:",
    "get_x",
    "```json",
    "```",
    "`",
    "\\n",
    "\\u0645",
    "&lt;",
    "&gt;",
    "&amp;",
    "nbsp;",
    "【",
    "】",
    "†",
    "$",
    "{{",
    "}}",
    "(source: a.pdf)",
    "cite",
    "turn0search1",
    "\ue200",
    "\ue201",
    "%s",
    "hello",
    "م",
    "#",
    "###",
    "**",
    "<sup>",
    "1",
    "</sup>",
    "analysis",
    "W",
    "assistantfinal",
    "<|channel|>",
    "final",
    "<|message|>",
    "◁think▷",
    '"',
    "'",
    "\\",
    "&",
    "http",
    "(",
    ")",
    "Question: x\n",
    "OK",
    "²",
    "é",
    "<tool_call>",
    "</tool_call>",
    "[TOOL_CALLS]",
    "Human:",
    "</",
    ">",
    "option ",
    "<|constrain|>",
    "Accepted",
]
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=12).map("".join) | st.sampled_from([text for _, text, _ in TABLE])


@given(TEXTS, st.lists(st.integers(0, 80), max_size=8), st.booleans())
def test_machinery_cut_anywhere_is_the_same(text: str, cuts: list[int], plain: bool) -> None:
    ends = sorted({*cuts, len(text)})
    pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    cut, whole = Unspoken(), Unspoken()
    assert read(*pieces, unspoken=cut, plain=plain) == read(text, unspoken=whole, plain=plain)
    assert cut == whole


@given(st.text(st.characters(categories=["L", "Zs", "Nd"], include_characters=".,؟!-—")))
def test_words_are_never_held_at_their_end(text: str) -> None:
    words = f"{text.strip()} good day"
    assert "".join(part for part in read(words) if isinstance(part, str)) == words


def test_plain_words_are_given_out_at_once() -> None:
    pieces = ["Your", " parcel", " is", " in", " Riyadh", ".", " أهلا", " بك", "، 20% off", " (today)", ' "now" ok']
    sanitizer = Sanitizer()
    assert ["".join(map(str, sanitizer.feed(piece))) for piece in pieces] == pieces


def test_an_open_mark_is_given_up() -> None:
    for opener in (
        "<think ",
        "[your",
        "【",
        "{{",
        "(source: ",
        "\ue200",
        "<|a",
        "${",
        "<sup>",
        "$json[",
        "&lt;a",
    ):
        sanitizer = Sanitizer()
        said = "".join(str(part) for piece in [opener, *["word "] * 200] for part in sanitizer.feed(piece))
        assert said.count("word") > 100, opener


def test_what_is_hidden_does_not_grow_in_memory() -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed("<think>" + "so <b x " * 50_000) == []
    assert sanitizer.feed("</think>Hi.") == ["Hi."]


OBJECTS: list[tuple[str, list[Any]]] = [
    ('{"output": "He said \\"hi\\".", "is_closing": true}', [{"output": 'He said "hi".', "is_closing": True}]),
    ('"{\\"output\\": \\"Hi\\", \\"x\\": [1]}"', [{"output": "Hi", "x": [1]}]),
    ("```json\n{'output': 'Hi'}\n```\nBye", [{"output": "Hi"}, "Bye"]),
    ('Bye. {"is_closing": true,}}', ["Bye. ", {"is_closing": True}]),
    ('{"next":"tracking"}\nYour parcel', [{"next": "tracking"}, "Your parcel"]),
    ('{"next":"tracking" Your parcel', ["Your parcel"]),
    ('[{"output":"a"},{"output":"b"}]', [{"output": "a"}, {"output": "b"}]),
    ('Thought: x\nAction:\n```\n{"action": "Final Answer", "action_input": "Hi"}\n```', [{"output": "Hi"}]),
    ('{"action": "final_answer", "action_input": "Hi"}', [{"output": "Hi"}]),
    ('Thought: x\n{"action": "f", "action_input": {}}', []),
    ('[TOOL_CALLS]f[ARGS]{"a": 1}Hi', ["Hi"]),
    ("```python\nx\n```", ["```python\nx\n```"]),
]


def test_objects_in_a_text_are_given_out_in_their_place() -> None:
    assert [(text, got) for text, parts in OBJECTS if (got := read(text)) != parts or read(*text) != parts] == []


REASONS: list[tuple[str, bool, str]] = [
    ("", False, ""),
    ("<think>never said", False, "only_thoughts"),
    ("Thought: never said", False, "only_thoughts"),
    ("<tool_call>{}</tool_call>", False, "only_machinery"),
    ("null", False, "only_machinery"),
    ("Accepted", True, "acknowledged"),
    (" OK\n", True, "acknowledged"),
    ("OK.", True, ""),
    ("OK", False, ""),
    ("```\nnull\n```", False, "only_machinery"),
]


def test_the_reason_why_nothing_was_said() -> None:
    faults = []
    for text, plain, reason in REASONS:
        unspoken = Unspoken()
        said = words(read(text, unspoken=unspoken, plain=plain))
        if unspoken.reason != reason or bool(said) is not (not reason and bool(text)):
            faults.append((text, said, unspoken))
    assert faults == []


def test_an_object_that_cannot_be_read_is_a_fault_of_its_own() -> None:
    for text in ('{"a": 1', '{"a": 1 Hi', '{"a": }'):
        unspoken = Unspoken()
        read(text, unspoken=unspoken)
        assert (unspoken.broken, unspoken.reason) == (True, "")


def test_a_stray_closing_tag_makes_a_thought_of_what_was_not_said_yet() -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed("The caller greets me.</think>Hello.", first=True) == ["Hello."]
    assert sanitizer.feed("So.</think>Bye.") == ["So. Bye."]
    assert Sanitizer().feed("Prompt [/INST] Hello.", first=True) == [" Hello."]
    assert Sanitizer().feed("So.</tool_call>Bye.", first=True) == ["So. Bye."]


def test_an_llm_call_ends_what_it_hid() -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed("<think>hm") + sanitizer.end() == []
    assert sanitizer.feed("Hello.") + sanitizer.end() == ["Hello."]
    assert sanitizer.feed("nul") + sanitizer.end() == ["nul"]


MORE: list[tuple[str, str]] = [
    ("Sure.<think>hm</think>It is 42.", "Sure. It is 42."),
    ("<think>a<reasoning>b</think>Hello.", "Hello."),
    ("<think>1 < 2, <b>x</b> [1] <thin</think>Hello.", "Hello."),
    ("<think>a &lt;/think&gt;Hello \\alpha.", "Hello \\alpha."),
    ("<<think>hm</think>Hello.", "< Hello."),
    ("Hello <thi", "Hello <thi"),
    ("<thin\u212a>x", "<thin\u212a>x"),
    ("Thought: a<think>b</think>c\nFinal Answer: Hi", "Hi"),
    ("Thought: a<|im_end|>Hi", "Hi"),
    ("<tool_call>a<|im_end|>b</tool_call>Hi", "Hi"),
    ("<|im_start|>assistant Hello there", " Hello there"),
    ("<|im_start|>Hello there", "Hello there"),
    ("<|im_start|>Hello<|im_end|>", "Hello"),
    ("<|im_start|>\nHello", "Hello"),
    ("<|im_start|>user", ""),
    ("<|start|>assistant\n to=f<|message|>Hi", ""),
    ("<|start|>assistant < b<|message|>Hi", "Hi"),
    ("<|start|>assistant <|", " <|"),
    ("<|channel|>final " + "x" * 300, " " + "x" * 300),
    ("<|im_start|>assistant<|im_sep|>Hi", "Hi"),
    ("a\n[^1]: one\n[^2]: two\nb", "a\n\n\nb"),
    ("```tool_code\nx``y\n```Hi", "Hi"),
    ("`code` and ``x``", "`code` and ``x``"),
    ("\\", "\\"),
    ("&nosuch; &", "&nosuch; &"),
    ("ends with %s", "ends with "),
    ("\n  **", "\n  **"),
    ('] } "', '] } "'),
    ("{name", "{name"),
    ("analysis of it", "analysis of it"),
    ("assistantfinalHi", "Hi"),
    ("analysisWell, assist, assistantfinalHi", "Hi"),
    ("analysisWell, assist", ""),
]


def test_machinery_between_other_machinery() -> None:
    assert [(text, got) for text, said in MORE if (got := "".join(map(str, read(text)))) != said] == []
    assert [(text, got) for text, said in MORE if (got := "".join(map(str, read(*text)))) != said] == []


def steps(text: str) -> int:
    """Return how many functions are called for a text: the same on any machine."""
    count = 0

    def called(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sanitizer = Sanitizer()
    sys.setprofile(called)
    try:
        sanitizer.feed(text)
        sanitizer.end()
    finally:
        sys.setprofile(None)
    return count


def test_the_work_grows_with_the_text_and_not_faster() -> None:
    shapes = [
        *ATOMS,
        "<a ",
        "[a",
        "{{a",
        "【a",
        "(source: a",
        "\ue200a",
        '{"a": "',
        "`\n",
        "Question: a",
        "x",
        "<sup>1",
        "&amp;",
    ]
    work = {shape: (steps((shape * 1200)[:1200]), steps((shape * 2400)[:2400])) for shape in shapes}
    assert {shape: counts for shape, counts in work.items() if counts[1] > 2.2 * counts[0] + 200} == {}
    assert {shape: counts for shape, counts in work.items() if counts[1] > 40 * 2400} == {}
