"""Weigh what words say of the end: log-odds that the caller has finished, as a sum of what can be told of them.

A rule alone is right more or less often: a whole sentence that answers an open question is followed by more, one that
names all that was asked for is not. So each sign has a weight, and `python -m tools.turns.fit_words` finds the weights
(`ivr/text/turn/leaning_weights.py`) from transcripts that were cut at a pause: a logistic regression that keeps them
small. It makes them from the signs that are named here.

    sign                         what it is
    open .., complete .., ..     the rule of `Judged` that told
    .. when asked for ..         a rule that says another thing where an answer of its own is awaited
    question mark                the recogniser's mark at the end; its full stops say nothing
    comma inside                 with words behind it: who says two things says a third
    one clause                   no word that joins clauses, where no rule says that more is to come
    reason or contrast           a word that joins clauses, and what it begins is seldom short
    begins ..                    with whom or what it tells of; with yes or no, and goes on
    tells what happened          a verb of the past with who did it
    Arabic pronoun               alone; short sentences leave it out
    ends in ..                   the class of the last word; or a noun with what belongs to it
    two words, few, many words   their number; few or many for what was asked; two of what is not open
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.arabic_words import ArabicKind, read_words
from ivr.text.turn.english_grammar.tokens import tokens_of
from ivr.text.turn.leaning_weights import WORD_WEIGHTS
from ivr.text.turn.words import Completeness, Judged, TurnRule, is_arabic

QUESTION_MARK: Final = re.compile(r"[?؟][\"'»”)\]]*\s*$")
_CLAUSE_JOINS: Final = word_set(
    "and but because so or then which who that if when while و بس لكن لان عشان علشان اذا لما اللي ثم او لانه لاني "
    "وبعدين"
)
"""Words between clauses."""
_REASON_OR_CONTRAST: Final = word_set(
    "but then because لكن لكنه لكني لكنها لكنهم ثم وبعدين لان و "
    "انه انها انهم اني اننا انك انكم بانه باني بانها لاني لانه لانها لانهم لاننا لانك لانكم لانو كانه كاني كانها كانهم"
)
"""Words between clauses that give a reason or a contrast, or say what comes next."""
_INNER_COMMA: Final = re.compile(r"[,،]\s+\w")
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
_FEW_PARTICULARS, _MANY_PARTICULARS, _MANY_OPENLY, _MANY_YES_NO = 4, 10, 7, 5
"""Words up to which they are few where something of its own is awaited, and from which on they are many."""

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
_EN_NOUNS: Final = frozenset("NYOK")
_EN_BEFORE_NOUN: Final = frozenset("DMPTLQANYO")
_AR_NOUNS: Final = frozenset(("definite", "mine", "matter", "head", "bare"))
_AR_BEFORE_NOUN: Final = _AR_NOUNS | {"prep", "about", "of", "construct", "label", "rank", "every", "count", "this"}
"""Classes of nouns, and of words that may stand before one and belong to it."""

_WITH_RULE: Final[frozenset[tuple[Completeness, str]]] = frozenset(
    (("complete", "a verb"), ("complete", "a bare word"), ("open", "a pronoun"))
)
"""Rules that the last word makes more or less reliable."""


class _Read(NamedTuple):
    """Hold what grammar tells of words."""

    ends: str
    """What the last word is."""
    begins: str
    """Whether the first is a subject."""
    kinds: Sequence[str]
    """The class of each word."""


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
    signs += _of_number(len(words), expected, openly=openly)
    read = _read_arabic(words) if is_arabic(words[-1]) else _read_english(plain)
    if read.ends:
        signs.append(f"ends in {read.ends}")
        if (level, read.ends) in _WITH_RULE:
            signs.append(f"{level} and ends in {read.ends}")
    if read.begins:
        signs.append(read.begins)
        if openly:
            signs.append("begins with a subject when asked openly")
    if _is_noun_phrase(read.kinds[-2:]):
        signs.append("ends in a noun phrase")
    if "pronoun" in read.kinds:
        signs.append("Arabic pronoun")
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


def _of_form(level: Completeness, plain: str, words: Sequence[str], *, openly: bool) -> Iterator[str]:
    if QUESTION_MARK.search(plain):
        yield "question mark"
    if _INNER_COMMA.search(plain):
        yield "comma inside"
    if level != "open" and _CLAUSE_JOINS.isdisjoint(words[1:]):
        yield "one clause"
    if not _REASON_OR_CONTRAST.isdisjoint(words[1:-1]):
        yield "reason or contrast"
    if words[0] in _YES_OR_NO and len(words) > 1:
        yield "begins with yes or no"
    if _HAPPENED.search(plain):
        yield "tells what happened"
    if len(words) == 2 and (level == "complete" or (level == "unknown" and not openly)):
        yield "two words"


def _of_number(count: int, expected: str, *, openly: bool) -> Iterator[str]:
    if openly:
        if count >= _MANY_OPENLY:
            yield "many words when asked openly"
    elif expected == "yes_no":
        if count >= _MANY_YES_NO:
            yield "many words when asked for yes or no"
    elif count <= _FEW_PARTICULARS:
        yield "few words when asked for something"
    elif count >= _MANY_PARTICULARS:
        yield "many words when asked for something"


def _read_english(plain: str) -> _Read:
    tokens = tokens_of(plain)
    told = [token for token in tokens if token.kind not in ",;u"] or tokens
    begins = "begins with an English subject" if told[0].kind in _EN_SUBJECTS else ""
    return _Read(_EN_LAST.get(told[-1].kind, ""), begins, [token.kind for token in tokens])


def _read_arabic(words: Sequence[str]) -> _Read:
    read = read_words([word.replace("ء", "") or word for word in words])
    begins = "begins with an Arabic subject" if read[0].kind in _AR_SUBJECTS else ""
    return _Read(_AR_LAST.get(read[-1].kind, "a small word"), begins, [word.kind for word in read])


def _is_noun_phrase(kinds: Sequence[str]) -> bool:
    """Return whether the classes of two words are those of a noun and of what belongs to it."""
    if len(kinds) == 1:
        return False
    before, last = kinds
    return (
        (before in _EN_BEFORE_NOUN and last in _EN_NOUNS)
        or (before in _AR_BEFORE_NOUN and last in _AR_NOUNS)
        or (before in _AR_NOUNS and last == "adjective")
    )
