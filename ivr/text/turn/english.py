"""Judge the end of English words by their grammar.

ivr/text/turn/english_grammar/words.py      classes of words
ivr/text/turn/english_grammar/verbs.py      verbs and what they need
ivr/text/turn/english_grammar/tokens.py     the class of each word in its place
ivr/text/turn/english_grammar/clauses.py    clauses, and what each waits for (places.py: where nouns and verbs go)
ivr/text/turn/english_grammar/verdict.py    whether the sentence has ended
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.english_grammar.clauses import read_clauses
from ivr.text.turn.english_grammar.tokens import Token, tokens_of
from ivr.text.turn.english_grammar.verdict import SentenceEnd
from ivr.text.turn.english_grammar.words import phrase_set
from ivr.text.turn.words import NOT_TOLD, Judged, is_arabic

EN_AGREEING: Final = word_set("yes yeah yep yup sure right okay ok alright correct exactly good great fine cool")
_GREETING: Final = phrase_set(
    "hello|hi|hey|hiya|hallo|dear|madam|sir|good morning|good evening|good afternoon|excuse me"
)
_EXCLAIMING: Final = word_set("um umm uh uhm er erm eh mm hmm hm ah oh well so wow gosh god look listen")
_HESITATION: Final = word_set("um umm uh uhm er erm hmm")
_CLOSING: Final = phrase_set(
    "thank you|thanks|thank you very much|thank you so much|thanks a lot|"
    "thanks very much|thanks so much|many thanks|bye|goodbye|cheers"
)
_CLOSERS: Final = _CLOSING | word_set("please sorry mate love yeah yes ok okay right no sir")
"""What may stand behind any sentence."""
_LEADS: Final = phrase_set(
    "actually|basically|honestly|so|then|anyway|first of all|by the way|to be honest|in fact|you see|"
    "for example|well|look|listen"
)
"""Nothing but the beginning of a sentence."""
_WHOLE_PHRASES: Final = phrase_set(
    """
    stop|cancel|not really|not yet|not sure|not at all|not now|not today|not anymore|not bad|why not|i'm good|
    i'm fine|i'm okay|i'm ok|go ahead|go on|never|never mind|nothing|nothing else|no one|that's it|that is it|
    that's all|that is all|that's right|that's correct|that's fine|that's everything|that'll be all|
    that will be all|that would be all|that'd be all|nothing more|sounds good|got it|will do|i see|i know|
    i understand|i guess|i guess so|i think so|i suppose|i suppose so|i hope so|i hope not|i believe so|
    i don't know|i do not know|dunno|no idea|not that i know of|not that i'm aware of|perfect|absolutely|
    definitely|certainly|indeed|excellent|wonderful|brilliant|lovely|cheers|bye|goodbye|see you|see you later|
    take care|have a good day|have a nice day|you too|me too|me neither|same here|likewise|pardon|what|sorry|
    say again|come again|agreed|done|ready|all good|no need|no need to|no way|no chance|forget it|anything|
    everything|either|neither|both|none|whenever|whatever|anytime|any|either one|both of them|don't worry|
    of course|of course not|probably|probably not|maybe|maybe not|maybe later|perhaps|perhaps not|possibly|
    obviously|since when|by whom|for what|with whom|with who|who|where|when|why|how|how so|how come|which|
    which one|whose|that one|this one|works for me|fine by me|fine with me|up to you|doesn't matter|don't mind|
    don't care|don't know|don't think so|correct|true|false|wrong|repeat|operator|agent|representative|human|help|
    again|again please|english|arabic|next|back|more|less|hang up|just that|just this|just one|only one|only that|
    just me|only me|go for it|please do|please don't|do it|i'm not sure|i'm here|i'm listening|not that one|
    not this one|not me|not mine|the same|same|the latter|the former|as you like|you choose|you decide|what else|
    who's this|who is this|who are you|never again|great|good|fine|okay|nice|awesome|superb|fantastic|amazing|
    what now|now what|so what|oh no|oh really|really|seriously"""
)
"""Whole as they are, whatever was asked."""


_NEGATIVE: Final = word_set("no never nobody nothing none")


def judge_english(words: Sequence[str], plain: str = "", expected: str = "") -> Judged:
    """Judge folded words, at least one, the last of them English, by grammar.

    `plain`: the folded text with its marks: those within it tell clauses apart. `expected`: what was asked for.
    """
    tokens = tokens_of(plain or " ".join(words))
    if not tokens:
        return NOT_TOLD
    last = tokens[-1]
    if last.word in _HESITATION or (last.kind == "x" and not plain.endswith("?")):
        return Judged("open", "filler")
    if (judged := _judge_phrase(tokens)) is not None:
        return judged
    cut = _without_closers(tokens)
    judged = SentenceEnd(read_clauses(cut), cut, expected).judge()
    if judged.rule == "clause" and any(is_arabic(word) for word in words):
        # What stands in the other language may be the verb.
        return NOT_TOLD
    if last.word in _CLOSING and judged.rule != "governs":
        return Judged("complete", "closing")
    return judged


def _judge_phrase(tokens: list[Token]) -> Judged | None:
    """Judge a last sentence that is a phrase by itself, or nothing but interjections."""
    start = 1 + max((at for at, token in enumerate(tokens) if token.kind == ";"), default=-1)
    sentence = [token for token in tokens[start:] if token.kind != ","]
    first, end = 0, len(sentence)
    while first < end and sentence[first].kind == "u":
        first += 1
    while end > first and (sentence[end - 1].kind == "u" or sentence[end - 1].word in ("please", "thanks", "then")):
        end -= 1
    said = sentence[first:end]
    if not said:
        heard = [token.word for token in sentence if token.word not in _EXCLAIMING]
        if (heard or [sentence[-1].word])[-1] in _LEADS:
            return Judged("open", "filler")
        if not heard or heard[-1] in _GREETING:
            return NOT_TOLD
        return Judged("complete", "closing" if heard[-1] in _CLOSING else "short_answer")
    if len(said) == 1 and said[0].word in _LEADS:
        return Judged("open", "filler")
    phrase = " ".join(token.word for token in said).replace(" n't", "n't").replace(" '", "'")
    return Judged("complete", "short_answer") if phrase in _WHOLE_PHRASES else None


def _without_closers(tokens: list[Token]) -> list[Token]:
    """Return the tokens without what may be said behind any sentence: thanks, "I think", "isn't it"."""
    end = len(tokens)
    while end > 1:
        token, before = tokens[end - 1], tokens[end - 2]
        closes = token.word in _CLOSERS and token.kind in "uRN" and not (token.kind == "N" and before.kind in "DAMP")
        if not closes and token.kind not in "Z,;":
            break
        end -= 1
    for size in (2, 3):
        tag = tokens[end - size : end]
        if (
            end > size + 2
            and tag[0].kind in "mhb"
            and tag[-1].kind in "IY"
            and (size == 2 or tag[1].kind == "!")
            and (size == 3 or any(token.kind == "!" or token.word in _NEGATIVE for token in tokens[: end - size]))
            and tokens[end - size - 1].kind not in "WCBTDPrIYGx;uE!mhb"
        ):
            return tokens[: end - size]
    return tokens[:end]
