"""Know Arabic phrases that stand aside from the grammar: thanks, greetings, answers, what a caller says who thinks.

All are folded, and without hamza.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from ivr.text.segment.punctuation import word_set

AR_AGREEING: Final = word_set("نعم ايوه ايوا اي ايه تمام طيب اوكي اوك زين صح صحيح ماشي حاضر اكيد مضبوط ممتاز حلو")
_ANSWER_WORDS: Final = AR_AGREEING | word_set(
    "لا لاا ابدا خلاص موافق موافقه طب كويس اه ايي مظبوط بالضبط بالزبط بلي ابشر "
    "ابشري تم كلا طبعا عادي اوكيه هلا يلا وقف سلام بلا"
)
_AR_YES: Final = word_set("نعم ايوه ايوا اي ايه صح صحيح اكيد مضبوط اه بلي")
_AR_NO: Final = word_set("لا لاا")


def _texts(table: str) -> list[str]:
    return [phrase.strip() for phrase in table.replace("\n", "|").split("|") if phrase.strip()]


CLOSING: Final = frozenset(
    _texts("""
    مع السلامه | في امان الله | شكرا لك | شكرا | شكرا جزيلا | لا شكرا | يعطيك العافيه | يعطيكم العافيه
    الله يعطيك العافيه | الله يعافيك | الله يسعدك | الله يخليك | جزاك الله خير | جزاكم الله خير | مشكور
    مشكوره | مشكورين | تسلم | تسلمي | تسلمين | ما قصرت | ما قصرتي | ما قصرتوا | ما تقصر | متشكر | متشكره
    الف شكر | كثر خيرك | كثر الله خيرك | باي | الحمد لله | ان شا الله | انشالله | ان شالله | ما شا الله | يسلمو
    تحياتي | وعليكم السلام | الله يحفظك | الله يوفقك | تشكر | ممنون | ممنونك | بس كذا | هذا كل شي | ولا شي
    لا شي | كل شي تمام | الله يبارك فيك | الله يبارك فيكم | من ذوقك | اشكرك | نشكرك | اشكركم | وانت بخير
""")
)
"""Whole as they are, and whole what stands before them."""
_COURTESY: Final = _texts("""
    لو سمحت | لو سمحتي | لو سمحتوا | من فضلك | من فضلكم | لو تكرمت | لو تكرمتي | اذا سمحت | اذا سمحتي
    اذا ممكن | لو ممكن | ما عليك امر | ولا عليك امر | لا هنت | لا هنتي | الله لا يهينك | تكفي | تكفين | تكفون
    بالله عليك | الله يرضي عليك | ارجوك | رجا | اذا ما عليك امر | اذا تكرمت | عفوا | اسف | معليش | ما عليه
    بعد اذنك | بعد اذنكم | يا اخي | يا اختي | يا عم | ياخي | اخوي | اختي | اخي | حبيبي | يا استاذ | يا استاذه
    يا دكتور | يا باشا | يا فندم | يا طويل العمر | طال عمرك | يا شيخ | يا غالي | يا خوي | يا خسار | يا ليت
    يا هلا | يا مرحبا | يا ولدي | يا وليدي | يا بنتي | يا حبيبي | الله يرحمه | الله يرحمها | حفظك الله | حضرتك
    اذا تقدر | اذا تقدرون | اذا تقدرين | لو تقدر | لو تقدرون | لو تقدرين | اذا امكن | لو امكن
    مدري كيف اشرحها | مدري كيف اقولها | يا ريت | وش اسمه | ايش اسمه | شو اسمه | الله يعزك | الله يخليكم | الله يصلحكم
""")
"""Change nothing, wherever they stand."""
_GREETINGS: Final = _texts("""
    السلام عليكم | السلام عليكم ورحمه الله | السلام عليكم ورحمه الله وبركاته | سلام عليكم | مرحبا | مرحبتين
    اهلا | اهلا وسهلا | هلا | هلا والله | صباح الخير | مسا الخير | صباح النور | مسا النور | الو | حياك الله
    هاي | هلو | يا هلا | هلا اخوي
""")
_THINKING: Final = _texts("""
    خليني اشوف | خلني اشوف | خلينا نشوف | خليني اتذكر | خلني اتذكر | خليني اتاكد | خلني اتاكد | خليني افكر
    خلني افكر | لحظه | لحظه اشوف | ثواني | ثانيه | دقيقه | دقيقه اشوف | لحظه بس | ثواني بس | دقيقه بس | استني
    استنا شوي | انتظر شوي | اصبر شوي | بشوف | وش اسمه | ايش اسمه | شو اسمه | كيف اقول | كيف اقولها | كيف اشرحها
    لا تستعجل | مدري والله | ما ادري والله | دقيقه من فضلك | لحظه لو سمحت | لحظه من فضلك | لحظه شوي | لحظات
    موضوع وما فيه | الموضوع وما فيه | اول شي | ثاني شي | ثالث شي | اخر شي | وبعدين | وبعد | وكمان | اولا
    ثانيا | ثالثا
""")
"""At the end: the caller thinks, or has begun to count up."""

_ADDRESSING: Final = ("يا", "اخوي", "اختي", "اخي", "حبيبي", "ياخي", "عفوا")
"""The first word of what only calls the other: something follows."""


def _by_first_word(texts: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Return phrases by their first word, the longest first."""
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for text in sorted(texts, key=len, reverse=True):
        words = tuple(text.split())
        by_first.setdefault(words[0], []).append(words)
    return by_first


_ASIDES: Final = _by_first_word([*_COURTESY, *_GREETINGS, *CLOSING])
_THOUGHTS: Final = _by_first_word(_THINKING)
_THOUGHT_WORDS_MOST: Final = 3
_IS_MEASURED: Final = word_set("كم بعد قبل كل من طيب الي خلال")
"""In front of «دقيقه», «وبعدين»: it is a time, or asks."""
_AR_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")

ArabicAnswer = Literal["", "yes", "no"]


class ArabicSpoken(NamedTuple):
    """Hold the words of an utterance without what stands aside."""

    words: list[str]
    last_aside: str
    """The phrase aside that stands at the end; empty: none."""
    answer: ArabicAnswer
    """What was answered in front of the words."""
    has_answer: bool
    """An answer, or a word like «طيب», was in front."""

    @property
    def is_address(self) -> bool:
        """Return whether the last words only call the other: «يا أخي»."""
        return self.last_aside.startswith(_ADDRESSING)

    @property
    def is_thinking(self) -> bool:
        """Return whether the last words are what a caller says who thinks: «خليني أشوف»."""
        words = self.words
        for start in range(max(0, len(words) - _THOUGHT_WORDS_MOST), len(words)):
            if tuple(words[start:]) in _THOUGHTS.get(words[start], ()):
                return start == 0 or words[start - 1] not in _IS_MEASURED
        return False


def spoken(folded: Sequence[str]) -> ArabicSpoken:
    """Return folded words, at least one, without hamza, courtesy and the answer in front."""
    plain = [_AR_DRAWN_OUT.sub(r"\1", word.replace("ء", "") or word) for word in folded]
    rest: list[str] = []
    last_aside = ""
    at = 0
    while at < len(plain):
        phrase = next((one for one in _ASIDES.get(plain[at], ()) if tuple(plain[at : at + len(one)]) == one), None)
        last_aside = " ".join(phrase) if phrase else ""
        if phrase is None:
            rest.append(plain[at])
        at += len(phrase) if phrase else 1
    answered = 0
    while (
        answered < len(rest) and (rest[answered] if not answered else rest[answered].removeprefix("و")) in _ANSWER_WORDS
    ):
        answered += 1
    given = frozenset(rest[:answered])
    answer: ArabicAnswer = "no" if given & _AR_NO else "yes" if given & _AR_YES else ""
    return ArabicSpoken(rest[answered:], last_aside, answer, answered > 0)
