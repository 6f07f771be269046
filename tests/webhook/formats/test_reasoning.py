"""Take out what a model thinks aloud, and leave every other text as it is, however it is cut."""

from __future__ import annotations

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


def test_reasoning_is_taken_out_of_whole_texts() -> None:
    assert [(text, got) for text, said in TABLE if (got := without_thoughts(text)) != said] == []


def test_reasoning_is_taken_out_of_single_characters() -> None:
    faults = []
    for text, said in TABLE:
        thoughts = ReasoningFilter()
        got = "".join(map(thoughts.feed, text)) + thoughts.end()
        if got != said or thoughts.seen is not (text != said and "/>" not in text):
            faults.append((text, got, thoughts.seen))
    assert faults == []


def test_reasoning_with_only_its_closing_tag() -> None:
    assert without_thoughts("The caller greets me.</think>Hello.") == "Hello."
    thoughts = ReasoningFilter()
    assert [thoughts.feed(part) for part in ("The caller greets me.", "</think>Hello.")] == [
        "The caller greets me.",
        "Hello.",
    ]


def test_reasoning_ends_with_its_llm_call() -> None:
    thoughts = ReasoningFilter()
    assert thoughts.feed("<think>hm") + thoughts.end() == ""
    assert thoughts.feed("Hello.") == "Hello."


WORDS = [("Hello ", ["Hello "]), ("Hi.<", ["Hi."]), ("th", [""]), ("e <", ["<the "]), ("think>x</think", [""]),
         (">It", ["It"])]  # fmt: skip


def test_only_what_may_be_a_reasoning_tag_waits() -> None:
    thoughts = ReasoningFilter()
    assert [[thoughts.feed(text)] for text, _ in WORDS] == [said for _, said in WORDS]


TAGS = ["<think>", "</think>", "<Reasoning>", "</reasoning>", "<think/>", "<thi", "<", "[THINK]", "[/THINK]"]
PARTS = st.lists(
    st.sampled_from(TAGS)
    | st.text(st.sampled_from("a <>/[◁k\n\u212aب"), max_size=4),
    max_size=8,
).map("".join)  # fmt: skip


@given(PARTS, st.lists(st.integers(0, 40), max_size=4))
def test_reasoning_cut_anywhere_is_the_same(text: str, cuts: list[int]) -> None:
    cut, whole = ReasoningFilter(), ReasoningFilter()
    ends = sorted({*cuts, len(text)})
    parts = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert "".join(map(cut.feed, parts)) + cut.end() == whole.feed(text) + whole.end()
    assert cut.seen is whole.seen


@given(st.text(st.characters(exclude_characters="<[◁"), max_size=20) | st.sampled_from(["a < b", "<b>x</b>", "[1]"]))
def test_text_without_reasoning_stays_as_it_is(text: str) -> None:
    thoughts = ReasoningFilter()
    assert thoughts.feed(text) + thoughts.end() == text
    assert not thoughts.seen
