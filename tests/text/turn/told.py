"""Say in one word what was judged of words."""

from __future__ import annotations

from collections.abc import Callable

from ivr.text.turn_end import judge_by_rules


def told(expected: str, length: int = 0) -> Callable[[str], str]:
    """Return what judges an answer: `whole`, `part`, `complete`, `open` or `unknown`."""

    def judge(text: str) -> str:
        judged = judge_by_rules(text, expected, length)
        return "whole" if judged.is_whole else "part" if judged.is_part else judged.completeness

    return judge
