"""Judge the end of Arabic words by their grammar: Saudi dialect first, then its neighbours and Modern Standard.

arabic_phrases.py   what stands aside: thanks, greetings, answers
arabic_words.py     what a word is, by its letters; arabic_verbs.py: what a verb governs
arabic_clause.py    how far the last clause has come
arabic_end.py       what that says of the end
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.text.turn.arabic_end import judge_clause
from ivr.text.turn.arabic_phrases import AR_AGREEING, CLOSING, spoken
from ivr.text.turn.arabic_words import read_word, read_words
from ivr.text.turn.words import NOT_TOLD, Judged

__all__ = ["AR_AGREEING", "judge_arabic"]


def judge_arabic(words: Sequence[str], *, expected: str = "") -> Judged:
    """Judge folded words, at least one, the last of them Arabic, by grammar.

    `expected`: what was asked for, one of `AnswerKind`; empty: not known. Of an answer a noun alone may be all.
    """
    said = spoken(words)
    rest = said.words
    if said.last_aside in CLOSING and (len(rest) < 2 or all(read_word(word).kind == "adverb" for word in rest)):
        return Judged("complete", "closing")
    if not rest:
        if said.has_answer:
            return Judged("complete", "short_answer")
        return Judged("open", "filler") if said.is_address else NOT_TOLD
    if said.is_thinking:
        return Judged("open", "filler")
    # «وإذا ما وصلت» asks "what if", or begins a condition.
    if rest[0] in ("واذا", "وان") and len(rest) <= 5:
        return Judged("unknown", "clause")
    return judge_clause(read_words(rest), expected, said.answer)
