"""Read a folded English text as tokens: each has one class, which its neighbours tell where it could have several."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.english_grammar.verbs import ANY_VERB, VERB_FORMS, VerbForm
from ivr.text.turn.english_grammar.words import (
    ADJECTIVE_ENDS,
    CLASS_OF,
    CLITICS,
    NOUNS_TOO,
    SPELLED,
    WORD_GROUPS,
)

_WORD_OR_MARK: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.?!;,:–—]")
_TRANSCRIPT_MARKS: Final = frozenset(".?!;,:–—")


class Token(NamedTuple):
    """Hold a word, a phrase that is read as a word, or a mark; and its class."""

    kind: str
    word: str
    verb: VerbForm | None = None


def tokens_of(plain: str) -> list[Token]:
    """Return the tokens of a folded text. A mark at its end is none: the recogniser puts one behind everything."""
    words = _WORD_OR_MARK.findall(plain)
    while words and words[-1] in _TRANSCRIPT_MARKS:
        words.pop()
    words.append("")
    out: list[Token] = []
    at, last = 0, len(words) - 1
    while at < last:
        word = words[at]
        if word in _TRANSCRIPT_MARKS:
            out.append(Token(";" if word in ".?!;" else ",", word))
            at += 1
            continue
        if word in _TITLES and words[at + 1] == ".":
            del words[at + 1]
            last -= 1
        if (end := end_of_letters(words, at)) > at + 1:
            out.append(Token("N", "letters"))
            at = end
            continue
        word = SPELLED.get(word, word)
        if word == words[at + 1] and word.isalpha() and CLASS_OF.get(word) != "#":
            # Said twice: "the the".
            at += 1
            continue
        for phrase, kind in WORD_GROUPS.get(word, ()):
            end = at + 1 + len(phrase)
            if tuple(words[at + 1 : end]) == phrase and stands_as_one(kind, phrase, out, words[end]):
                out.append(Token(kind, " ".join((word, *phrase))))
                at = end
                break
        else:
            if (
                word in _TIME_LEADERS
                and CLASS_OF.get(words[at + 1]) == "t"
                and (not out or out[-1].kind not in "DPTLQ")
            ):
                out.append(Token("R", f"{word} {words[at + 1]}"))
                at += 2
            else:
                at += 1
                add_token(out, word, words[at])
    return out


_MAY_LEAD: Final = word_set("same most least lot bit little one more full general last first")
"""Last words of phrases that a noun behind makes something else: "the same", "the same address"."""
_TITLES: Final = word_set("mr mrs ms dr st prof")
_TIME_LEADERS: Final = word_set("last next this every all that each")


_ALONE: Final = frozenset(("", ",", ".", "?", "!", ";", "i", "i'm", "i've", "i'll", "let", "we"))
"""What stands behind words of a caller who thinks aloud."""


def stands_as_one(kind: str, phrase: tuple[str, ...], out: list[Token], following: str) -> bool:
    """Return whether a phrase is read as one word here."""
    if kind == "x":
        return (not out or out[-1].kind in "u,;x") and following in _ALONE
    if kind == "Z":
        # In brackets: at the end, or between commas.
        return bool(out) and out[-1].kind not in "uBCSrx" and following in ("", ",", ".")
    follows = CLASS_OF.get(following) or ("N" if following else "")
    if kind == "R" and phrase[-1] in _MAY_LEAD:
        return follows not in ("N", "A") and following not in VERB_FORMS
    if kind == "R" and phrase[-1] in ("that", "everything", "anything", "something", "whatever"):
        # "and that" at the end; "and that is wrong" goes on.
        return follows not in ("b", "h", "m", "N", "A")
    if kind == "G":
        return follows in ("A", "R", "G") or (bool(out) and out[-1].kind in "bmhI!")
    if kind == "S" and phrase[-1] in ("way", "day", "reason", "moment", "minute", "time", "if", "though", "that"):
        return follows in "IYM" if follows else phrase[-1] in ("if", "though", "that")
    return True


def end_of_letters(words: list[str], at: int) -> int:
    """Return where single letters end that begin here: "S H A U N". An article before one letter is none of them."""
    end = at
    while len(words[end]) == 1 and words[end].isalpha():
        end += 1
    return at if end == at + 2 and words[at] == "a" else end


def add_token(out: list[Token], word: str, following: str) -> None:
    """Add the token of a word, or the two of a word with an apostrophe."""
    kind, verb = CLASS_OF.get(word), VERB_FORMS.get(word)
    before = out[-1] if out else _START
    if "'" in word and kind is None:
        add_clitic(out, word, following)
    elif verb is not None and (kind is None or kind in "NARGut"):
        asks = verb.form == "base" and word in NOUNS_TOO and asks_for_verb(out)
        kind = "V" if asks else class_of_verb(word, verb, kind, before, following)
        out.append(Token(kind, word, verb if kind in "Vg" else None))
    elif kind is None:
        kind = class_of_unknown(word, before, following)
        out.append(Token(kind, word, _UNKNOWN.get(kind)))
    else:
        if word in _OF_SEVERAL:
            kind, verb = class_of_function_word(word, kind, verb, before, following)
        out.append(Token(kind, word, verb if kind in "Vg" else None))


def asks_for_verb(out: list[Token]) -> bool:
    """Return whether an auxiliary stands before its subject, and no verb behind: "does the flight"."""
    at = len(out) - 1
    while at > 0 and out[at].kind in "DMAN#t":
        at -= 1
    return 0 <= at < len(out) - 1 and out[at].kind == "m" and (at == 0 or out[at - 1].kind in "WN;,uCB")


_START: Final = Token(";", "")
_AUXILIARIES: Final = ("m", "h", "b")
_UNKNOWN: Final = {"V": ANY_VERB, "g": VerbForm("", "nothing", "ing")}
_NEGATED: Final = {"can't": "can", "won't": "will", "shan't": "shall"}


def add_clitic(out: list[Token], word: str, following: str) -> None:
    """Add the tokens of a word with an apostrophe."""
    stem, _, tail = word.partition("'")
    if word.endswith("n't"):
        stem = _NEGATED.get(word, word[:-3])
        out.append(Token(CLASS_OF.get(stem, "m"), stem))
        out.append(Token("!", "n't"))
        return
    kind = CLASS_OF.get(stem)
    if tail == "s" and kind not in ("I", "Y", "W", "E", "K", "M") and stem not in ("there", "here"):
        # "my boss's present" against "the light's off".
        follows = CLASS_OF.get(following)
        verb = VERB_FORMS.get(following)
        add_token(out, stem, "")
        owned = (
            follows in ("N", "A", "t", "#") or (follows is None and (verb is None or following in NOUNS_TOO))
        ) and following
        if owned and following not in (
            "late",
            "wrong",
            "open",
            "closed",
            "missing",
            "broken",
            "damaged",
            "gone",
            "ready",
            "able",
        ):
            out[-1] = Token("D", word)
        elif following:
            out.append(Token("b", "'s"))
        return
    if tail in CLITICS and stem:
        out.append(Token("E" if stem in ("there", "here") else kind or "N", stem))
        tail_kind = CLITICS[tail]
        if tail == "s" and following in ("got", "been", "had", "gone", "come", "become"):
            tail_kind = "h"
        out.append(Token(tail_kind, "'" + tail))
        return
    out.append(Token("N", word))


def class_of_unknown(word: str, before: Token, following: str) -> str:
    """Return the class of a word that no table has."""
    if word[0].isdigit():
        return "#"
    if before.kind == "I" or (before.kind == "m" and before.word not in ("'d",)):
        return "V" if not word.endswith("ly") else "r"
    if word.endswith("ly") and len(word) > 4:
        return "r"
    if before.word in ("it", "that", "which", "who") and word.endswith("s") and not word.endswith("ss"):
        return "V"
    if word.endswith("ing") and len(word) > 5:
        return "N" if before.kind in "DMA#PN" else "g"
    if word.endswith("ed") and len(word) > 4 and before.kind in "bhYDRr!":
        return "A" if before.kind in "bD" else "V"
    if word.endswith(ADJECTIVE_ENDS) and not (before.kind in "DM" and CLASS_OF.get(following) in _AUXILIARIES):
        return "A"
    return "N"


def is_noun_like(word: str) -> bool:
    kind = CLASS_OF.get(word)
    return bool(word) and (
        kind in ("N", "A", "t", "#") or (kind is None and (word not in VERB_FORMS or word in NOUNS_TOO))
    )


def class_of_verb(word: str, verb: VerbForm, kind: str | None, before: Token, following: str) -> str:
    """Return the class of a word that is a form of a verb, and perhaps a noun or an adjective as well."""
    place, form = before.kind, verb.form
    noun = "N" if kind == "N" or word in NOUNS_TOO else ""
    if form == "ing":
        if place in "DMA#" and before.word not in ("all",):
            return "N" if noun or not is_noun_like(following) else "A"
        return "N" if place == "T" or (noun and place in "PNVLQ") else "g"
    if word == "left" and place == "D" and not is_noun_like(following):
        return "N"
    if form in ("past", "done") and not (noun and place in "DA#P"):
        if place in "DA#" or (place in "MG" and is_noun_like(following)):
            return "A"
        return "A" if kind == "A" and place in "b!rGR" else "V"
    if kind == "A" and place in "DA#MbGNP":
        return "A"
    if kind == "A" and place in ";,uCB" and (CLASS_OF.get(following) or "N") not in "DMYO":
        return "A"
    if kind in ("R", "u", "t"):
        return "V" if place in "ITm" else kind
    if not noun:
        return "N" if place in "DA#PLQ" else "V"
    return class_of_verb_or_noun(word, form, before, following)


def class_of_verb_or_noun(word: str, form: str, before: Token, following: str) -> str:
    place = before.kind
    if place in "DMA#PLQhbGEt":
        return "N"
    if place in "TmIY!OrK":
        return "V"
    follows = CLASS_OF.get(following) or (
        "N" if following and following not in VERB_FORMS else "V" if following else ""
    )
    if place == "N":
        if form == "third":
            return "V" if follows not in ("b", "h", "m", "V") else "N"
        return (
            "V"
            if before.word.endswith("s") and not before.word.endswith("ss") and follows not in ("b", "h", "m")
            else "N"
        )
    if place in "Vg":
        lemma = before.verb.lemma if before.verb else ""
        return "V" if lemma in ("let", "help", "go", "come", "make") else "N"
    if place == "W":
        return "N" if before.word in ("what", "which", "whose", "how many", "how much") else "V"
    if form == "third":
        return "N"
    if (follows and follows in "DMYOLTIKE") or following.endswith("ing"):
        return "V"
    return "N" if following or word not in ("cancel", "help", "stop", "wait") else "V"


_GOOD: Final = word_set("right well ok okay fine sorry sure alright good great")
_SEEMS: Final = word_set("look looks sounds feel seems works went")
_SO_SAID: Final = word_set("think hope say said guess do or not suppose believe even afraid")
_NEW_CLAUSE: Final = word_set("now then please instead this these all both")
_OF_SEVERAL: Final = _GOOD | word_set(
    "no so like back more less one double there late close pretty quite rather march last next early miss cause first "
    "either though too second may do have once"
    " flat mobile single twin"
)


def class_of_function_word(
    word: str, kind: str, verb: VerbForm | None, before: Token, following: str
) -> tuple[str, VerbForm | None]:
    """Return the class of a function word that has several, and its verb."""
    place = before.kind
    if word == "like":
        # "whenever you like"
        liked = (
            (before.word == "you" and not following)
            or place in "Im!T"
            or (place in "YNr" and before.word != "it" and following == "to")
        )
        return ("V", verb) if liked else ("Q", None)
    if word == "do":
        # "do that"
        return ("V", verb) if place in ";,uCB" and following in ("it", "that", "this") else ("m", None)
    if word == "have":
        # "have a nice day"
        return ("V", verb) if place in ";,uCB" and following in ("a", "an") else ("h", None)
    if word in ("march", "miss", "double"):
        return ("V" if place in "mTI!" else "#" if word == "double" else kind), verb
    return class_of_adverb(word, kind, before, following), None


def class_of_adverb(word: str, kind: str, before: Token, following: str) -> str:
    """Return the class of a word that may be an adverb."""
    place = before.kind
    known = CLASS_OF.get(following)
    follows = known or ("V" if following in VERB_FORMS and following not in NOUNS_TOO else "N" if following else "")
    if word in _GOOD:
        if word == "right" and follows in ("P", "L", "R", "T"):
            return "r"
        if place in "DGb!AM" or before.word in _SEEMS or (word == "sure" and before.word in ("make", "making", "made")):
            return "A"
        return "R" if word == "well" and place not in ";,u" else "A" if kind == "A" and follows in ("N", "A") else "u"
    match word:
        case "no":
            return "D" if place in "bhVPgEmLGT" else "u"
        case "so":
            if follows in ("A", "R", "G", "M") and place in "bVNYIrO!h" and following not in _NEW_CLAUSE:
                return "G"
            return "R" if before.word in _SO_SAID and not following else "B"
        case "back" | "cause":
            return "N" if place in "DA" else kind if word == "cause" else "R"
        case "flat" | "mobile" | "single" | "twin":
            return "N" if place in "DM#" and not is_noun_like(following) else "A"
        case "may":
            return "t" if place in "PLQDN#" else "m"
        case "last" | "next" | "first":
            return "A" if word == "next" or place in "DM" else kind
        case "late" | "early" | "close":
            return "A" if place in "bGD" else kind
        case "one":
            return "N" if place in "DMA" or before.word in ("which", "only") else "#"
        case "there":
            return "E" if follows in ("b", "m", "h") or following.endswith("n't") else "R"
        case "either" | "though" | "once":
            return "R" if not following else kind
        case "too":
            return "G" if follows == "A" or (place == "b" and before.word[0] == "'" and not following) else "R"
        case "second":
            return "A" if place == "D" and before.word != "a" else kind
        case "rather":
            return "r" if place == "m" else "G"
        case "more" | "less":
            return "G" if follows == "A" else "M"
    return kind
