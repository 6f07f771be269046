"""Judge an e-mail address, or a word that is spelled: whole, or more of it is to come.

ahmed at gmail              a part: its domain has no end yet
ahmed at gmail dot com      whole
Nguyen, that's N, G, U      a part of the word that was said before
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.letters import ANNOUNCE_LETTER, letter_of, spelled_tail
from ivr.text.turn.words import NOT_TOLD, Judged

_ADDRESS_TOKEN: Final = re.compile(r"@|\.(?=\w)|_|-(?=\w)|[^\W_]+(?:'[^\W_]+)?")
_REPEATED: Final = re.compile(r"(.)\1+")
_SYMBOLS: Final = {
    **dict.fromkeys(("at", "ات", "@", "ايت"), "@"),
    **dict.fromkeys(("dot", "دوت", "نقطه", "point", "period", "."), "."),
    **dict.fromkeys(("underscore", "اندرسكور", "اندر", "سفليه", "_"), "_"),
    **dict.fromkeys(("dash", "hyphen", "minus", "شرطه", "داش", "-"), "-"),
}
"""Words for the signs of an e-mail address."""
_PROVIDERS: Final = word_set(
    "gmail hotmail yahoo outlook icloud live aol proton protonmail msn جيميل جميل هوتميل ياهو اوتلوك ايكلاود لايف"
)
_TOP_LEVELS: Final = word_set(
    "com net org edu gov info sa ae eg uk us de fr me io biz ai app dev shop store online site tech كوم نت اورج org سا"
)
_COUNTRY: Final = re.compile("[a-z]{2}")
"""A country's domain."""
_BEHIND_ADDRESS: Final = word_set(
    "please thanks thank you that's that is it all one word lower case lowercase small letters no spaces شكرا بس كذا "
    "هذا هو كله سمول خلاص لو سمحت الصح صح sir ok okay yes"
)
_AT_A_PLACE: Final = word_set("the a my work home least all first this that night ten nine eight five noon")
"""Words behind an "at" that is none of an address."""
_ON: Final = "علي"
_LONG_BEHIND_AT, _SHORT_SPELLED = 6, 3


def judge_email(plain: str, words: Sequence[str], *, asked: bool) -> Judged:
    """Judge a folded text and its words as an e-mail address. `NOT_TOLD` where it is none.

    `asked`: the caller was asked for one.
    """
    tokens: list[str] = _ADDRESS_TOKEN.findall(plain)
    signs = [_sign_of(tokens, at, asked=asked) for at in range(len(tokens))]
    if "@" in signs:
        at = len(signs) - 1 - signs[::-1].index("@")
        return _judge_domain(tokens[at + 1 :], signs[at + 1 :], asked=asked, on=tokens[at] == _ON)
    if not asked:
        # "dot" and «شرطة سفلية» at the end announce the rest of an address, or of a code.
        ends = signs[-1] if len(signs) > 1 else ""
        return Judged("open", "spelled_part") if ends and tokens[-1] not in ("point", "period", "minus") else NOT_TOLD
    letters, _ = spelled_tail(words)
    has_signs = any(signs) or any(char.isdecimal() for word in words for char in word)
    return Judged("open", "answer_part") if letters or has_signs or words[-1] in ANNOUNCE_LETTER else NOT_TOLD


def judge_spelled(words: Sequence[str]) -> Judged:
    """Judge folded words that end with letters, as a name or a code that is spelled. `NOT_TOLD` where they do not."""
    if (
        len(words) > 1
        and words[-1] in ANNOUNCE_LETTER
        and (letter_of(words[-2]) or words[-1] not in ("small", "letter"))
    ):
        return Judged("open", "spelled_part")
    if len(words) > 2 and words[-2:] == ["as", "in"] and letter_of(words[-3]):
        return Judged("open", "spelled_part")
    letters, start = spelled_tail(words)
    if len(letters) < 2:
        # The word behind its letters: they are all.
        before, _ = spelled_tail(words[:-1])
        same = _REPEATED.sub(r"\1", before) == _REPEATED.sub(r"\1", words[-1])
        return Judged("complete", "spelled_whole") if len(before) > 2 and same else NOT_TOLD
    for word in words[:start]:
        if len(word) > 2 and word.startswith(letters):
            return Judged("complete", "spelled_whole") if word == letters else Judged("open", "spelled_part")
    return Judged("open" if len(letters) <= _SHORT_SPELLED else "unknown", "spelled_part")


def _judge_domain(tokens: Sequence[str], signs: Sequence[str], *, asked: bool, on: bool) -> Judged:
    """Judge what follows the "at" of an address. `on`: it is an «على»."""
    part = Judged("open", "answer_part" if asked else "spelled_part")
    dots = [at for at, sign in enumerate(signs) if sign == "."]
    if not dots or dots[0] == 0:
        if on and tokens and tokens[-1] in _PROVIDERS:
            return Judged("unknown", part.rule)
        return part if len(tokens) <= _LONG_BEHIND_AT else NOT_TOLD
    behind = list(tokens[dots[-1] + 1 :])
    # A top level may be spelled: "s a", "c o m".
    end = next((at for at, word in enumerate(behind) if not letter_of(word)), len(behind))
    end = 1 if behind and (behind[0] in _TOP_LEVELS or _COUNTRY.fullmatch(behind[0])) else end if end > 1 else 0
    if behind == ["co"]:
        # ".co" or ".co.uk".
        return Judged("unknown", part.rule)
    if not end:
        return part if len(behind) <= _LONG_BEHIND_AT else NOT_TOLD
    if any(word not in _BEHIND_ADDRESS for word in behind[end:]):
        return NOT_TOLD
    return Judged("complete", "answer_whole" if asked else "spelled_whole")


def _sign_of(tokens: Sequence[str], at: int, *, asked: bool) -> str:
    """Return the sign that a token stands for; empty: none."""
    token = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    if token == _ON:
        return "@" if after in _PROVIDERS else ""
    sign = _SYMBOLS.get(token, "")
    # "at" is a word as well.
    if sign == "@" and token != "@" and after not in _PROVIDERS:
        dots = [_SYMBOLS.get(one) for one in tokens[at + 2 : at + 5]]
        return sign if "." in dots or (asked and after not in _AT_A_PLACE) else ""
    return sign
