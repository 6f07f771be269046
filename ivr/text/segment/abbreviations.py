"""Words whose full stop may not end a sentence, in English and Arabic.

Three answers are possible for the word before a full stop: it *never* ends a sentence there (a title, a Latin
abbreviation), it ends one only *before a word that starts sentences* (`U.S.`, `p.m.`, `ر.س.`), or it is an *ordinary*
word. Words that stand before a number (`No. 5`, `p. 55`) are ordinary when no number follows.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from ivr.text.segment.punctuation import UNSEEN, bare, words


class FullStop(Enum):
    """What a full stop after a word may mean."""

    NEVER = auto()
    """The sentence goes on."""
    BEFORE_STARTER = auto()
    """The sentence ends only if a word follows that starts sentences."""
    UNLESS_JOINED = auto()
    """The sentence goes on if a word follows that joins: a preposition, a conjunction, a day."""
    BEFORE_NUMBER = auto()
    """The sentence goes on if a number follows."""
    ORDINARY = auto()


_TITLES: Final = words(
    "mr mrs ms mx dr drs prof gen sen rep lt col capt cpt cmdr sgt cpl maj adm rev hon pres gov mt messrs mme mlle eng "
    "engr sh amb fr br supt det insp atty e.g eg i.e ie vs v cf viz ca approx a.k.a incl excl"
)
_NUMBERED: Final = words(
    "no nos nr n.o p pp fig figs art arts sec secs ch chap vol ext tel mob ph bldg apt ste rm blk fl po ref "
    "para eq ed v ver"
)
_SOMETIMES: Final = words(
    "u.s u.k e.u u.n u.s.a u.a.e k.s.a inc co cos corp ltd llc plc bros jr sr m.d b.a m.a "
    "b.sc m.sc d.c st ave blvd rd ln hwy sq dept div est assn univ govt intl natl al min max hr hrs "
    " bldg apt ext w.l.l l.l.c p.o "
    "acct amt qty avg dist temp esp std orig prev misc appt oz fl ft lb lbs yd gal pt qt"
)
_CAPITALS: Final = words(
    "US UK EU Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun NE NW SE SW"
)
"""As `_SOMETIMES`, but another word when not written so."""
_BEHIND_NUMBER: Final = words("in mi am pm")
"""Ordinary words but behind a number."""
_USUALLY: Final = words("a.m p.m am pm etc b.c a.d c.e b.c.e ph.d ll.b ll.d ll.m j.d")
_EN_JOINING: Final = words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun "
    "january february march april june july august september october november december "
    "gmt ast utc est edt cst cdt pst pdt cet bst saudi riyadh makkah mecca local"
)
_FRONTED: Final = re.compile(r"\W*(?:At|By|Around|Before|After|Until|From|Since|On|In)\s[^,]*")
_DOTTED: Final = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")
_INITIAL: Final = re.compile(r"[A-Za-z]")
_STARTERS: Final = words(
    "a about after all also although and another any anything are as ask at because before both but by call can "
    "certainly could did do does each either every everyone everything feel first for "
    "from give has have he hello her here hi his how however i i'd i'll i'm i've if in is it it's its "
    "just last let let's may maybe meanwhile more most my next no not now "
    "of ok okay on once one or otherwise our please press shall she should since so some sometimes sorry sure thank "
    "thanks that that's the their then there there's therefore these they they're this those though to today tomorrow "
    "unfortunately until was we we'll we're we've welcome well were what what's when where which while who whose why "
    "will with would yes yesterday yet you you'll you're you've your "
    "never don't doesn't can't won't great good perfect here's who's keep take bring wait hold pay check choose enter "
    "visit use track send contact say tell remember note anything nothing alternatively"
)

_LABELS: Final = words(
    "مبنى المبنى فيتامين برج البرج بوابة البوابة قاعة القاعة صالة الصالة فئة الفئة قسم القسم خيار الخيار حرف الحرف "
    "مجموعة المجموعة نموذج النموذج رمز الرمز صف الصف ممر الممر رصيف الرصيف شقة الشقة دور الدور بلوك البلوك عمارة "
    "العمارة طابق الطابق نقطة النقطة كتلة الكتلة جناح الجناح وحدة الوحدة منطقة المنطقة درجة الدرجة الفقرة فقرة "
    "الجدول جدول الملحق ملحق الدفعة"
)
_TITLE_LETTER: Final = re.compile(r"[وفل]?[دم]|[بو]د|[\u0621-\u064a]")
_AR_DOTTED_TITLE: Final = re.compile(r"[وفبلك]?(?:[اأ]\.د|[اأ]\.م(?:\.د)?|د\.م|م\.د|[اأ]\.ع|ص\.ب|ص\.ف)")
_AR_DOTTED: Final = re.compile(r"(?:[\u0621-\u064a]{1,3}\.)+[\u0621-\u064a]{1,2}")
_AR_STARTERS: Final = re.compile(
    r"(?:و?(?:هل|يرجى|نرجو|الرجاء|أرجو|شكر[اً]+|نعم|لا|كم|متى|أين|وين|وش|ايش|إيش|كيف|ليش|طيب|أبشر|ابشر|تبي|تبغى|تحب|ممكن"
    r"|اذا|إذا|لو|يمكنك|يمكن|تقدر|نقدر|راح|سوف|قد|لقد|هذا|هذه|هي|هو|تم|وتم|نحن|أنا|انا|عند|بعد|لكن|ولكن|ثم|أما|يجب|اضغط"
    r"|لل(?:تفاصيل|مزيد|استفسار|تواصل|تأكيد|حجز|متابعة|مساعدة|اشتراك|إلغاء|الغاء|تحدث|اطلاع)|ل(?:مزيد|معرفة|تأكيد|تفعيل|إلغاء)"
    r"|تفضل|عزيزي|أهلا|مرحبا|حياك|وصل|وصلت|يوجد|عندك|لديك|س(?!يار|نو|ن[ةتي]|ت[ةي]|اع)[أايتن]\w{2,}|\S*كم الله))"
)
_AR_JOINING: Final = words(
    "في فى من على إلى الى لين حتى لحد لغاية عن مع ثم لكن ولكن أو او أم بل أن ان الذي التي اللي عشان علشان لأن لان "
    "بتوقيت يوم كل يوميا ومن وإلى والى وحتى صباحا مساء بالليل الفجر"
)
_HALF_DAY: Final = re.compile(r"[صم]")
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_OPENERS: Final = "\"'“‘«‹([{*_`~<" + UNSEEN
_NUMBER: Final = re.compile(r"[\d٫٬.,/:]*\d")


def stop_after(word: str, before: str) -> FullStop:
    """What a full stop after `word` may mean; `before` is the word in front of it."""
    word = bare(word.lstrip(_OPENERS))
    if word.lower() in ("n°", "nº"):
        return FullStop.BEFORE_NUMBER
    if not word.isascii():
        return _arabic(word, before)
    if word.lower() in _BEHIND_NUMBER and not _NUMBER.fullmatch(before):
        return FullStop.ORDINARY
    return _english(word)


def labelled(before: str) -> bool:
    """Whether a single letter behind this word is a label, as in `المبنى ب`."""
    return bare(before) in _LABELS


def first_word(text: str, final: bool) -> str | None:
    """The word a text begins with, '' if none. None: it is not whole yet (never if `final`)."""
    found = _WORD.match(text)
    if found is None:
        return ""
    return None if found.end() == len(text) and not final else bare(found[0])


def may_follow(word: str, kind: FullStop, sentence: str = "") -> bool:
    """Whether `word` may open a sentence after a stop of this kind; `sentence` is what goes before the stop."""
    if kind is FullStop.UNLESS_JOINED and _FRONTED.fullmatch(sentence) is None:
        return word not in _AR_JOINING and word.lower() not in _EN_JOINING
    return word.replace("’", "'").lower() in _STARTERS or _AR_STARTERS.fullmatch(word) is not None


def goes_on(rest: str) -> bool:
    """Whether a sentence goes on behind the full stop of an abbreviation: no word follows that starts sentences."""
    word = first_word(rest.lstrip(), True)
    return bool(word) and not may_follow(word or "", FullStop.BEFORE_STARTER)


def _english(word: str) -> FullStop:
    low = word.lower().lstrip("0123456789")
    if low in _TITLES:
        return FullStop.NEVER
    if low in _NUMBERED and low not in _SOMETIMES:
        return FullStop.BEFORE_NUMBER
    if low in _USUALLY:
        return FullStop.UNLESS_JOINED
    if (
        low in _SOMETIMES
        or low in _BEHIND_NUMBER
        or word in _CAPITALS
        or _DOTTED.fullmatch(word)
        or _INITIAL.fullmatch(word)
    ):
        return FullStop.BEFORE_STARTER
    return FullStop.ORDINARY


def _arabic(word: str, before: str) -> FullStop:
    if _AR_DOTTED_TITLE.fullmatch(word):
        return FullStop.NEVER
    if _AR_DOTTED.fullmatch(word):
        return FullStop.BEFORE_STARTER
    if _TITLE_LETTER.fullmatch(word):
        if _HALF_DAY.fullmatch(word) and _CLOCK.fullmatch(before):
            return FullStop.UNLESS_JOINED
        label = labelled(before) or _NUMBER.fullmatch(before) is not None
        return FullStop.ORDINARY if label else FullStop.NEVER
    return FullStop.ORDINARY
