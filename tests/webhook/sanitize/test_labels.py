"""Tell labels from words at the beginning of a line."""

from __future__ import annotations

import pytest

from ivr.webhook.sanitize.labels import MAX_LABEL_LINE, LabelKind, read_label

HIDES, SPEAKS, TEXT, UNCLEAR = LabelKind.HIDES, LabelKind.SPEAKS, LabelKind.TEXT, LabelKind.UNCLEAR
# A line, whether labels of the work stood before, whether it starts the reply, whether nothing follows; what it is.
TABLE: list[tuple[str, str, LabelKind]] = [
    ("Thought: I", "", HIDES),
    ("**Thought:** I", "", HIDES),
    ("thought: I", "", HIDES),
    ("Thought 2: I", "", HIDES),
    ("Thought：I", "", HIDES),
    ("> Thought: I", "", HIDES),
    ("Action Input: {", "", HIDES),
    ("Tool call: f(", "", HIDES),
    ("Final Answer: H", "", SPEAKS),
    ("**Final Answer**: H", "", SPEAKS),
    ("FINAL ANSWER: H", "", SPEAKS),
    ("Answer: H", "w", SPEAKS),
    ("Answer: H", "s", TEXT),
    ("AI: H", "s", SPEAKS),
    ("AI: H", "", TEXT),
    ("### Response:\nH", "", SPEAKS),
    ("### Human: H", "", HIDES),
    ("### Prices: H", "", TEXT),
    ("Human: H", "", HIDES),
    ("Human: H", "s", TEXT),
    ("User: H", "", TEXT),
    ("Observation: H", "w", HIDES),
    ("Observation: H", "", TEXT),
    ("Reasoning: H", "s", HIDES),
    ("Reasoning: H", "", TEXT),
    ("Thought", "", UNCLEAR),
    ("Th", "", UNCLEAR),
    ("Thought", "f", TEXT),
    ("The", "", TEXT),
    ("Your", "s", TEXT),
    ("Thought I", "", TEXT),
    ("#", "", UNCLEAR),
    ("assistant\nH", "s", SPEAKS),
    ("assistant", "s", UNCLEAR),
    ("assistant \n", "s", UNCLEAR),
    ("assistant \nH", "s", SPEAKS),
    ("assistants H", "s", TEXT),
    ("model \t", "s", UNCLEAR),
    ("Action: get_order\nA", "", HIDES),
    ("Action: get_order", "", UNCLEAR),
    ("Action: get_order", "f", HIDES),
    ("Action: Search[Riyadh]\nO", "", HIDES),
    ("Action: call us today", "", TEXT),
    ("Action: call us", "w", HIDES),
    ("Action:\n```", "", HIDES),
    ("Action: " + "a[b " * MAX_LABEL_LINE, "", TEXT),
    ("Question: where?", "s", UNCLEAR),
    ("Question: where?", "sf", TEXT),
    ("Question: where?\nThought: l", "s", HIDES),
    ("Question: where?\nFinal Answer: l", "s", HIDES),
    ("Question: where?\nOr when?", "s", TEXT),
    ("Question: where?", "", TEXT),
    ("Question: x\ny", "w", HIDES),
    ("### Question: x\ny", "", HIDES),
]


def test_labels_are_told_from_words() -> None:
    faults = []
    for line, flags, kind in TABLE:
        label = read_label(line, working="w" in flags, starts="s" in flags, final="f" in flags)
        if label.kind is not kind:
            faults.append((line, flags, label.kind))
    assert faults == []


@pytest.mark.parametrize(("line", "length"), [("Final Answer: Hi", 14), ("**Final Answer:** Hi", 18)])
def test_labels_take_their_marks_with_them(line: str, length: int) -> None:
    assert read_label(line, working=False, starts=False, final=False).length == length
