"""Tell the marks of machinery apart, whichever model wrote them."""

from __future__ import annotations

from ivr.webhook.sanitize.marks import MarkKind, bracket_mark, flower_mark, special_mark, tag_mark

OPENS, CLOSES, HEADER, SPOKEN, ENDS, NOTHING, TEXT = (
    MarkKind.OPENS, MarkKind.CLOSES, MarkKind.HEADER, MarkKind.SPOKEN, MarkKind.ENDS_TURN, MarkKind.NOTHING,
    MarkKind.TEXT,
)  # fmt: skip

SPECIAL = [
    ("<|im_start|>", HEADER),
    ("<|start_header_id|>", HEADER),
    ("<|header_start|>", HEADER),
    ("<|channel|>", HEADER),
    ("<|im_end|>", ENDS),
    ("<|eot_id|>", ENDS),
    ("<|endoftext|>", ENDS),
    ("<|return|>", ENDS),
    ("<|call|>", ENDS),
    ("<｜end▁of▁sentence｜>", ENDS),
    ("<|END_OF_TURN_TOKEN|>", ENDS),
    ("<|end_of_text|>", ENDS),
    ("<|end|>", ENDS),
    ("<｜Assistant｜>", SPOKEN),
    ("<|assistant|>", SPOKEN),
    ("<|CHATBOT_TOKEN|>", SPOKEN),
    ("<|START_RESPONSE|>", SPOKEN),
    ("<|begin_of_solution|>", SPOKEN),
    ("<|END_RESPONSE|>", NOTHING),
    ("<|user|>", OPENS),
    ("<｜User｜>", OPENS),
    ("<|system|>", OPENS),
    ("<|observation|>", OPENS),
    ("<|python_tag|>", OPENS),
    ("<|START_THINKING|>", OPENS),
    ("<|END_THINKING|>", CLOSES),
    ("<|begin_of_thought|>", OPENS),
    ("<|end_of_thought|>", CLOSES),
    ("<｜tool▁calls▁begin｜>", OPENS),
    ("<｜tool▁calls▁end｜>", CLOSES),
    ("<|tool_call|>", OPENS),
    ("<|/tool_call|>", CLOSES),
    ("<|begin_of_text|>", NOTHING),
    ("<|im_sep|>", NOTHING),
    ("<|message|>", NOTHING),
    ("<|end_header_id|>", NOTHING),
    ("<|START_OF_TURN_TOKEN|>", NOTHING),
    ("<|vision_end_of|>", NOTHING),
    ("<|end_token|>", ENDS),
]
TAGS = [
    ("<think>", OPENS),
    ("</think>", CLOSES),
    ("<THINKING >", OPENS),
    ("<think/>", NOTHING),
    ("<think x='1'>", OPENS),
    ("<seed:think>", OPENS),
    ("<tool_call>", OPENS),
    ("<toolCall>", OPENS),
    ("<function=f>", OPENS),
    ("</function>", CLOSES),
    ("<｜DSML｜invoke name='f'>", OPENS),
    ("</｜DSML｜invoke>", CLOSES),
    ("◁think▷", OPENS),
    ("◁/think▷", CLOSES),
    ('<details type="reasoning">', OPENS),
    ("</details>", CLOSES),
    ("<details>", TEXT),
    ("<tool_call_begin>", OPENS),
    ("<tool_call_end>", CLOSES),
    ("<start_of_turn>", HEADER),
    ("<end_of_turn>", NOTHING),
    ("<bos>", NOTHING),
    ("</s>", NOTHING),
    ("<s class='x'>", TEXT),
    ("<co: 1,2>", NOTHING),
    ("</co: 1>", NOTHING),
    ("<b>", TEXT),
    ("<thinker>", TEXT),
    ("<answer>", TEXT),
    ("<break time='1s'/>", TEXT),
    ("<thin\u212a>", TEXT),
    ("<3>", TEXT),
]
BRACKETS = [
    ("[INST]", OPENS),
    ("[/INST]", CLOSES),
    ("[THINK]", OPENS),
    ("[REASONING]", OPENS),
    ("[/FUNCTION_CALL]", CLOSES),
    ("[reason]", TEXT),
    ("[VIP]", TEXT),
    ("[TOOL_CALLS]", OPENS),
    ("[DONE]", NOTHING),
    ("[gMASK]", NOTHING),
    ("[object Object]", NOTHING),
    ("[|assistant|]", SPOKEN),
    ("[|endofturn|]", ENDS),
    ("[undefined]", NOTHING),
    ("[think]", TEXT),
    ("[your]", TEXT),
    ("[||]", TEXT),
]


def test_marks_are_told_apart_by_the_words_of_their_names() -> None:
    rows = [(special_mark, row) for row in SPECIAL]
    rows += [(tag_mark, row) for row in TAGS]
    rows += [(bracket_mark, row) for row in BRACKETS]
    rows += [(flower_mark, ("✿ARGS✿:", OPENS)), (flower_mark, ("✿RETURN✿:", SPOKEN))]
    assert [(text, got) for read, (text, kind) in rows if (got := read(text).kind) is not kind] == []


def test_marks_that_close_have_the_name_of_those_that_open() -> None:
    pairs = [
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
        ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    ]
    assert [pair for pair in pairs if special_mark(pair[0]).name != special_mark(pair[1]).name] == []
    assert tag_mark("<Think>").name == tag_mark("</seed:think>").name != tag_mark("<thinking>").name


def test_marks_tell_thoughts_and_the_end_of_a_prompt() -> None:
    assert (tag_mark("</think>").ends_prompt, bracket_mark("[/INST]").ends_prompt) == (True, True)
    assert (tag_mark("</tool_call>").ends_prompt, tag_mark("<tool_call>").is_thought) == (False, False)
