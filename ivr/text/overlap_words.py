"""Judge words that are said over the agent: an interruption, a sign of listening, or a caller who only waits.

One table holds Saudi Arabic and English, because callers mix them. In doubt words are an interruption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from ivr.text.segment.punctuation import word_set
from ivr.text.turn_end import AGREEING, FOLDED_WORD, folded

_Phrases: TypeAlias = frozenset[tuple[str, ...]]

_PHRASE_WORDS_MOST: Final = 4
"""Words of the longest phrase below."""
_UNITS_MOST: Final = 3
"""Signs in a row that are still signs of listening: "yes yes yes yes" wants to be heard."""
_REPEATED: Final = re.compile(r"(.)\1+")


def _phrases(*phrases: str) -> _Phrases:
    return frozenset(tuple(FOLDED_WORD.findall(folded(phrase))) for phrase in phrases)


_HUMMED: Final = word_set("m mhm hm uh um huh ah aha oh uhuh uhum eh ha haha اها ها هم ام امهم اه اوه هاه هه ه هيه")
"""Never more than a sign that the caller listens; repeated letters are taken as one."""
_FOLLOWED: Final = _phrases(
    "i see", "got it", "gotcha", "i understand", "understood", "go on", "go ahead", "makes sense", "interesting",
    "really", "wow", "فهمت", "فاهم", "فهمت عليك", "مفهوم", "واضح", "عرفت", "كمل", "كملي", "تفضل", "تفضلي", "معك",
    "معاك", "انا معك", "انا معاك", "يا سلام", "ما شاء الله", "جد", "والله",
)  # fmt: skip
"""Says that the caller follows; no answer to a question either."""
_AGREED: Final = _phrases(
    "all right", "of course", "that's right", "that is right", "very good", "no problem", "اي نعم", "ان شاء الله",
    "الحمد لله", "ما في مشكله", "مافي مشكله", "ولا يهمك", "على راسي", "من عيوني",
) | {(word,) for word in AGREEING}  # fmt: skip
"""An answer to a question; after anything else a sign that the caller listens."""
_CHECKING: Final = _phrases(
    "hello", "hi", "hey", "hallo", "are you there", "are you still there", "you there", "still there",
    "anybody there", "anyone there", "is anyone there", "is anybody there", "can you hear me", "do you hear me",
    "الو", "هلو", "الوو", "مرحبا", "هلا", "انت معي", "معي", "معاي", "تسمعني", "تسمعيني", "سامعني", "سامعتني",
    "هل تسمعني", "وينك", "وين رحت", "فيه احد", "في احد", "احد هنا", "موجود", "لسا معي",
)  # fmt: skip
"""Asks whether the agent is there."""
_PATIENT: Final = _phrases(
    "thank you", "thanks", "thank you very much", "thank you so much", "many thanks", "take your time", "i'll wait",
    "i will wait", "i'm waiting", "i am waiting", "i'm here", "i am here", "please", "hurry", "hurry up", "come on",
    "one moment", "well", "so", "شكرا", "شكرا لك", "شكرا جزيلا", "مشكور", "مشكوره", "تسلم", "تسلمي", "يعطيك العافيه",
    "الله يعطيك العافيه", "خذ راحتك", "خذي راحتك", "على مهلك", "انا انتظر", "انتظرك", "انا هنا", "من فضلك",
    "لو سمحت", "بسرعه", "يلا", "طول", "طولت", "طولتي",
)  # fmt: skip
"""Said by a caller who waits, to fill the time."""
_COMMANDS: Final = word_set(
    "stop wait no nope hold listen enough quiet cancel pause sorry excuse wrong "
    "لا لاء وقف اوقف وقفي قف لحظه انتظر انتظري استني استنا اصبر اصبري اسمع اسمعني اسمعيني خلاص كفايه يكفي اسكت مهلا غلط"
)
"""Words that want the agent to be quiet."""
_COMMAND_WORDS_MOST: Final = 4
_ASKING: Final = _phrases(
    "say yes", "say no", "yes or no", "please confirm", "to confirm", "let me know", "tell me", "would you like",
    "do you want", "do you need", "shall i", "should i", "is that right", "is that correct", "okay with you", "هل",
    "نعم او لا", "نعم ام لا", "ايوه او لا", "ايوه ولا لا", "اي او لا", "قل نعم", "قول نعم", "قولي نعم", "قل لي",
    "قول لي", "قوليلي", "خبرني", "اخبرني", "اكد لي", "للتاكيد", "موافق", "تبي", "تبغي", "تريد", "تحب",
)  # fmt: skip
"""What asks the caller for words, with a question mark or without."""


def _words(text: str) -> list[str]:
    return FOLDED_WORD.findall(folded(text))


def _units(words: list[str], *tables: _Phrases) -> list[str] | None:
    """Return words as phrases of the tables, hums apart; None where there is anything else."""
    units: list[str] = []
    at = 0
    while at < len(words):
        # A hum may be as long as it likes.
        if words[at] in _HUMMED or _REPEATED.sub(r"\1", words[at]) in _HUMMED:
            at += 1
            continue
        sizes = range(min(_PHRASE_WORDS_MOST, len(words) - at), 0, -1)
        size = next((size for size in sizes if any(tuple(words[at : at + size]) in table for table in tables)), 0)
        if not size:
            return None
        units.append(" ".join(words[at : at + size]))
        at += size
    return units


def is_backchannel(text: str, *, asked: bool) -> bool:
    """Return whether the words only say "I am listening". `asked`: the agent has asked the caller something."""
    units = _units(_words(text), *((_FOLLOWED,) if asked else (_FOLLOWED, _AGREED)))
    return units is not None and len(units) <= _UNITS_MOST


def asks_nothing_new(text: str, question: str) -> bool:
    """Return whether words to an agent that works at a question ask for nothing else: they wait, or say it again."""
    words, asked = _words(text), _words(question)
    if _units(words, _FOLLOWED, _AGREED, _CHECKING, _PATIENT) is not None:
        return True
    return words == asked or (len(words) > 1 and _holds(asked, words))


def checks_presence(text: str) -> bool:
    """Return whether the caller asks whether the agent is there."""
    return any(_holds(_words(text), phrase) for phrase in _CHECKING)


def only_checks_presence(text: str) -> bool:
    """Return whether the caller asks for nothing but whether the agent is there."""
    return bool(_units(_words(text), _CHECKING))


def is_command(text: str) -> bool:
    """Return whether the words tell the agent, shortly, to stop or wait, or contradict it."""
    words = _words(text)
    return len(words) <= _COMMAND_WORDS_MOST and any(word in _COMMANDS for word in words)


def asks(text: str) -> bool:
    """Return whether the agent's words ask the caller for an answer, somewhere among them."""
    if "?" in text or "؟" in text:
        return True
    words = _words(text)
    return any(_holds(words, phrase) for phrase in _ASKING)


def _holds(words: list[str], phrase: Iterable[str]) -> bool:
    wanted = list(phrase)
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))
