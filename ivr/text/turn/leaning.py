"""Weigh what words say of the end: log-odds that the caller has finished, as a sum of what can be told of them.

A rule alone is right more or less often: a whole sentence that answers an open question is followed by more, one that
names all that was asked for is not. So each sign has a weight, and `python -m tools.turns.fit_words` finds the weights
(`ivr/text/turn/leaning_weights.py`) from transcripts that were cut at a pause: a logistic regression that keeps them
small. It makes them from the signs that are named here.

    sign                         what it is
    open .., complete .., ..     the rule of `Judged` that told
    .. when asked for ..         a rule that says another thing where an answer of its own is awaited
    one clause, many clauses     no word that joins clauses, or two and more
    begins ..                    with whom or what it tells of; with yes or no, and goes on
    tells what happened          a verb of the past with who did it
    ends in ..                   the class of the last word
    two words, long              their number
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.arabic_words import ArabicKind, read_words
from ivr.text.turn.english_grammar.tokens import tokens_of
from ivr.text.turn.leaning_weights import WORD_WEIGHTS
from ivr.text.turn.words import Completeness, Judged, TurnRule, is_arabic

_QUESTION_MARK: Final = re.compile(r"[?؟][\"'»”)\]]*\s*$")
_CLAUSE_JOINS: Final = word_set(
    "and but because so or then which who that if when while و بس لكن لان عشان علشان اذا لما اللي ثم او لانه لاني "
    "وبعدين"
)
"""Words between clauses."""
_YES_OR_NO: Final = word_set("yes yeah yep no nope sure ok okay نعم ايوه ايوا ايه اي لا تمام طيب اكيد صح")
_HAPPENED: Final = re.compile(
    r"\b(?:i|we|they|he|she|it|you|driver|guy|man) (?:\w+ly |just |have |had |'ve )?(?:\w+ed|was|were|did|got|went|"
    r"came|said|told|made|sent|paid|bought|gave|took|left|had|found|saw|tried|put|lost|kept|ran|broke)\b|"
    r"\b(?:كنت|قال\w*|كان\w*|جا|جاني|وصل\w*|راح\w*|صار\w*|طلع\w*|اتصلت|طلبت|دفعت|ارسلت|رحت|حجزت|استلمت|شريت|اشتريت|"
    r"سويت|حاولت|كلمت|رد\w*)\b"
)
"""A verb of the past."""
_SAME_RULE: Final[Mapping[TurnRule, str]] = {
    "number_whole": "answer_whole",
    "number_part": "answer_part",
    "spelled_part": "answer_part",
}
OPEN_MOST, COMPLETE_LEAST = -2.5, 1.0
"""Log-odds up to which words are called open: of callers who had finished, one in fifty is called so. And from which
on they are called complete: of four, one goes on at most."""
_MANY_WORDS: Final = 9
"""Words from which on they are many."""

_EN_LAST: Final[Mapping[str, str]] = {
    **dict.fromkeys("DPTCBSGrKQM", "a small word"),
    **dict.fromkeys("bhm!", "an auxiliary"),
    **dict.fromkeys("Rt", "an adverb"),
    **dict.fromkeys("Vg", "a verb"),
}
"""By the class of an English word, what it is; others are a noun's kin."""
_AR_LAST: Final[Mapping[ArabicKind, str]] = {
    **dict.fromkeys(("verb", "must"), "a verb"),
    **dict.fromkeys(("with_pronoun", "pronoun", "this"), "a pronoun"),
    **dict.fromkeys(("number", "adjective", "definite", "mine", "matter", "head", "asks"), ""),
    **dict.fromkeys(("time", "adverb", "phrase", "of_pronoun"), ""),
    "bare": "a bare word",
}
"""By the class of an Arabic word; others are small words. Arabic adverbs go on as often as nouns."""
_AR_SUBJECTS: Final[frozenset[ArabicKind]] = frozenset(("pronoun", "definite", "mine", "construct", "label"))
_EN_SUBJECTS: Final = "ID"


_WITH_RULE: Final[frozenset[tuple[Completeness, str]]] = frozenset(
    (("complete", "a verb"), ("complete", "a bare word"), ("open", "a pronoun"))
)
"""Rules that the last word makes more or less reliable."""


def leaning(judged: Judged, plain: str, words: Sequence[str], expected: str) -> float:
    """Return the log-odds that the caller has finished, of a folded text and its words, at least one.

    `judged`: what the rules say. `expected`: what was asked for, one of `AnswerKind`; empty: not known.
    """
    return sum(WORD_WEIGHTS.get(sign, 0.0) for sign in signs_of(judged, plain, words, expected))


def signs_of(judged: Judged, plain: str, words: Sequence[str], expected: str) -> list[str]:
    """Return the names of what can be told of a folded text and its words, at least one."""
    level = judged.completeness
    openly = expected in ("", "open")
    signs = ["any words", *_of_rule(judged, expected, openly=openly), *_of_form(level, plain, words, openly=openly)]
    ends, begins = _read_arabic(words) if is_arabic(words[-1]) else _read_english(plain)
    if ends:
        signs.append(f"ends in {ends}")
        if (level, ends) in _WITH_RULE:
            signs.append(f"{level} and ends in {ends}")
    if begins:
        signs.append(begins)
        if openly:
            signs.append("begins with a subject when asked openly")
    return signs


def _of_rule(judged: Judged, expected: str, *, openly: bool) -> Iterator[str]:
    level, rule = judged.completeness, _SAME_RULE.get(judged.rule, judged.rule)
    if level != "unknown":
        yield level
    yield f"{level} {rule}"
    if level == "unknown" and not openly:
        yield "unknown when asked for something"
    if (level, expected) in (("open", "digits"), ("complete", "name")):
        yield f"{level} when asked for {expected}"
    if rule == "question" and openly:
        yield "question when asked openly"


def _of_form(level: Completeness, plain: str, words: Sequence[str], *, openly: bool) -> Iterator[str]:
    if _QUESTION_MARK.search(plain):
        yield "question mark"
    joins = sum(word in _CLAUSE_JOINS for word in words[1:])
    if joins != 1:
        yield "many clauses" if joins else "one clause"
    if words[0] in _YES_OR_NO and len(words) > 1:
        yield "begins with yes or no"
    if _HAPPENED.search(plain):
        yield "tells what happened"
    if len(words) == 2 and (level != "unknown" or not openly):
        yield "two words"
    elif level == "unknown" and len(words) >= _MANY_WORDS:
        yield "unknown and long"


def _read_english(plain: str) -> tuple[str, str]:
    """Return what the last word is, and whether the first is a subject."""
    tokens = tokens_of(plain)
    told = [token for token in tokens if token.kind not in ",;u"] or tokens
    return _EN_LAST.get(told[-1].kind, ""), "begins with an English subject" if told[0].kind in _EN_SUBJECTS else ""


def _read_arabic(words: Sequence[str]) -> tuple[str, str]:
    read = read_words([word.replace("ء", "") or word for word in words])
    begins = "begins with an Arabic subject" if read[0].kind in _AR_SUBJECTS else ""
    return _AR_LAST.get(read[-1].kind, "a small word"), begins
