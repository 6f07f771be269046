"""Tell the labels at the beginning of a line apart: `Thought:`, `Action:`, `Final Answer:`, `### Response:`.

Agents that reason and act in text (ReAct) label their lines. Only what stands behind a label of the answer is spoken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ivr.webhook.sanitize.leftovers import prefixes

LABEL_LINE: Final = re.compile(r"(?<=\n)[^\S\n]*(?:>[^\S\n]*)?(?:#{1,4}(?:[^\S\n]+|\Z))?[*_]*(?=[A-Za-z]|\Z)")
"""What may stand before a label in its line."""
MAX_LABEL_LINE: Final = 160
"""Characters of a line that are read before it is known whether it is a label's."""

_LINE_LABEL: Final = re.compile(
    r"[^\S\n]*(?:>[^\S\n]*)?(#{1,4}[^\S\n]+)?[*_]*([A-Za-z]+(?: [A-Za-z]+){0,2})(?: \d{1,2})?[*_]*\s?[:：][*_]*[^\S\n]*"
)
_HALF_LABEL: Final = re.compile(
    r"[^\S\n]*(?:>[^\S\n]*)?(?:#{1,4}[^\S\n]*)?[*_]*"
    r"(?:([A-Za-z]+(?: [A-Za-z]*){0,2})(?: ?\d{0,2})[*_]*\s?(?:[:：][*_]*\s*)?)?"
)
_BARE_ROLE: Final = re.compile(r"(?:assistant|model)[^\S\n]*\n")
_HALF_BARE_ROLE: Final = re.compile(rf"{prefixes('assistant')}|{prefixes('model')}|(?:assistant|model)[^\S\n]*")
# `get_order`, `Search[Riyadh]`, `get_order(5)`: the name of a tool, and not a sentence.
_TOOL_NAME: Final = re.compile(r"[A-Za-z_][\w-]*[^\S\n]*(?:\[[^\n]*\]|\([^\n]*\))?[^\S\n]*(?:\n|\Z)")
_HALF_TOOL_NAME: Final = re.compile(r"(?:[A-Za-z_][\w-]*[^\S\n]*(?:[\[(][^\n]*)?)?")


class LabelKind(Enum):
    """Say what a label does to the text behind it."""

    HIDES = auto()
    """What follows is hidden, until a label of the answer."""
    SPEAKS = auto()
    """What follows is spoken."""
    TEXT = auto()
    """It is no label."""
    UNCLEAR = auto()
    """More of the line decides."""


@dataclass(frozen=True, slots=True)
class Label:
    """Hold what the beginning of a line is, and how many characters of it the label takes."""

    kind: LabelKind
    length: int = 0


_UNCLEAR_LABEL: Final = Label(LabelKind.UNCLEAR)
_NO_LABEL: Final = Label(LabelKind.TEXT)

_ANSWER: Final = frozenset(("final answer", "final response"))
_WORK: Final = frozenset(
    (
        *("thought", "thoughts", "action", "action input", "tool call", "tool calls", "tool input", "tool output"),
        *("function call", "function calls", "thought process", "question"),
    )
)
_WORK_AT_START: Final = frozenset(("reasoning", "thinking", "chain of thought", "internal monologue"))
_WORK_OF_WORKER: Final = frozenset(("observation", "pause", "tool", "result", "plan", "reasoning"))
"""Labels of the work where other labels stood before."""
_AGENT_LABELS: Final = frozenset(("ai", "assistant"))
_ANSWER_OF_WORKER: Final = frozenset(("answer", "response", "reply", "speak", *_AGENT_LABELS))
"""Labels of the answer where other labels stood before, or in a heading of Alpaca's: `### Response:`."""
_PROMPT_HEADINGS: Final = frozenset(("human", "user", "instruction", "input", "system", "question"))
"""Headings of Alpaca's prompts."""


def read_label(line: str, *, working: bool, starts: bool, final: bool) -> Label:
    """Return what a line begins with, from its first letter or mark.

    `working`: labels of the work stood before. `starts`: nothing was said before. `final`: nothing comes after it.
    """
    line = line[: MAX_LABEL_LINE + 1]
    final = final or len(line) > MAX_LABEL_LINE
    heading = "#" in line[: MAX_LABEL_LINE // 4].partition(":")[0]
    spoken = _ANSWER | (_ANSWER_OF_WORKER if working or heading else _AGENT_LABELS if starts else frozenset())
    # A model that goes on with the caller's turn has said something before.
    hidden = _WORK | (_WORK_OF_WORKER if working else _WORK_AT_START if starts else frozenset(("human",)))
    hidden |= _PROMPT_HEADINGS if heading else frozenset()
    half = None if final else _HALF_LABEL.fullmatch(line)
    if half is not None:
        begun = (half[1] or "").lower().rstrip()
        if any(name.startswith(begun) for name in spoken | hidden):
            return _UNCLEAR_LABEL
    if starts:
        if role := _BARE_ROLE.match(line):
            return Label(LabelKind.SPEAKS, role.end())
        if not final and _HALF_BARE_ROLE.fullmatch(line):
            return _UNCLEAR_LABEL
    found = _LINE_LABEL.match(line)
    name, rest = (found[2].lower(), line[found.end() :]) if found else ("", "")
    if found is None or name not in spoken | hidden:
        return _NO_LABEL
    if name in spoken:
        return Label(LabelKind.SPEAKS, found.end())
    kind = LabelKind.HIDES
    # `Action: call us today` is said; `Action: get_order` is a tool's name.
    if name == "action" and not working:
        if not final and _HALF_TOOL_NAME.fullmatch(rest):
            return _UNCLEAR_LABEL
        kind = kind if not rest.strip() or rest.startswith("\n") or _TOOL_NAME.match(rest) else LabelKind.TEXT
    # LangChain's agents repeat the question before their first thought; others ask the caller one.
    if name == "question" and not working and not heading:
        second = rest.partition("\n")[2].lstrip("\n")
        kind = read_label(second, working=False, starts=False, final=final).kind if starts else LabelKind.TEXT
        kind = LabelKind.HIDES if kind is LabelKind.SPEAKS else kind
    return _NO_LABEL if kind is LabelKind.TEXT else Label(kind, found.end())
