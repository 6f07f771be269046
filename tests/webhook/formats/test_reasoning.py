"""What a model thinks aloud goes; every other text stays as it is, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.formats.reasoning import ReasoningFilter, without_thoughts

TABLE: list[tuple[str, str]] = [
    ("Hello.", "Hello."),
    ("", ""),
    ("<think>hm</think>Hello.", "Hello."),
    ("<think>\nهم\n</think>\n\nأهلاً", "\n\nأهلاً"),
    ("<THINKING>hm</Thinking>Hello.", "Hello."),
    ("<thought>hm</thought>Hello.", "Hello."),
    ("<reasoning >hm</reasoning >Hello.", "Hello."),
    ("<analysis>hm</analysis>Hello.", "Hello."),
    ("<seed:think>hm</seed:think>Hello.", "Hello."),
    ("[THINK]hm[/THINK]Hello.", "Hello."),
    ("◁think▷hm◁/think▷Hello.", "Hello."),
    ("<think></think>Hello.", "Hello."),
    ("<think/>Hello<think />.", "Hello."),
    ("Sure.<think>hm</think>It is 42.", "Sure. It is 42."),
    ("Sure. <think>hm</think>It is 42.", "Sure. It is 42."),
    ("<think>a</think>One <think>b</think>two.", "One two."),
    ("<think>a<think>b</think>c</think>Hello.", "Hello."),
    ("<think>a<reasoning>b</think>Hello.", "Hello."),
    ("<think>a</reasoning>b</think>Hello.", "Hello."),
    ("<think>1 < 2, <b>x</b> [1] <thin</think>Hello.", "Hello."),
    ("Hello. <think>never closed", "Hello. "),
    ("<think>never closed <thi", ""),
    ("1 < 2 <b>x</b> <3 <thinker> <thinks> </thi> <think x> [think] [1] a<b<<th",
     "1 < 2 <b>x</b> <3 <thinker> <thinks> </thi> <think x> [think] [1] a<b<<th"),
    ("<<think>hm</think>Hello.", "< Hello."),
    ("Hello <thi", "Hello <thi"),
    ("Hello [", "Hello ["),
    ("<thin\u212a>x", "<thin\u212a>x"),
    ("<thought\u017f>x", "<thought\u017f>x"),
]  # fmt: skip


@pytest.mark.parametrize("at", range(len(TABLE)))
def test_table(at: int) -> None:
    text, said = TABLE[at]
    assert without_thoughts(text) == said


@pytest.mark.parametrize("at", range(len(TABLE)))
def test_table_one_character_at_a_time(at: int) -> None:
    text, said = TABLE[at]
    thoughts = ReasoningFilter()
    assert "".join(map(thoughts.feed, text)) + thoughts.end() == said
    assert thoughts.seen is (text != said and "/>" not in text)


def test_only_the_closing_tag_comes() -> None:
    assert without_thoughts("The caller greets me.</think>Hello.") == "Hello."
    thoughts = ReasoningFilter()
    assert [thoughts.feed(part) for part in ("The caller greets me.", "</think>Hello.")] == [
        "The caller greets me.",
        "Hello.",
    ]


def test_a_thought_ends_with_its_llm_call() -> None:
    thoughts = ReasoningFilter()
    assert thoughts.feed("<think>hm") + thoughts.end() == ""
    assert thoughts.feed("Hello.") == "Hello."


WORDS = [("Hello ", ["Hello "]), ("Hi.<", ["Hi."]), ("th", [""]), ("e <", ["<the "]), ("think>x</think", [""]),
         (">It", ["It"])]  # fmt: skip


def test_words_come_at_once_and_only_what_may_be_a_tag_waits() -> None:
    thoughts = ReasoningFilter()
    assert [[thoughts.feed(text)] for text, _ in WORDS] == [said for _, said in WORDS]


TAGS = ["<think>", "</think>", "<Reasoning>", "</reasoning>", "<think/>", "<thi", "<", "[THINK]", "[/THINK]"]
PARTS = st.lists(
    st.sampled_from(TAGS)
    | st.text(st.sampled_from("a <>/[◁k\n\u212aب"), max_size=4),
    max_size=8,
).map("".join)  # fmt: skip


@given(PARTS, st.lists(st.integers(0, 40), max_size=4))
def test_the_cut_does_not_matter(text: str, cuts: list[int]) -> None:
    cut, whole = ReasoningFilter(), ReasoningFilter()
    ends = sorted({*cuts, len(text)})
    parts = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert "".join(map(cut.feed, parts)) + cut.end() == whole.feed(text) + whole.end()
    assert cut.seen is whole.seen


@given(st.text(st.characters(exclude_characters="<[◁"), max_size=20) | st.sampled_from(["a < b", "<b>x</b>", "[1]"]))
def test_other_text_stays_as_it_is(text: str) -> None:
    thoughts = ReasoningFilter()
    assert thoughts.feed(text) + thoughts.end() == text
    assert not thoughts.seen
