"""Judge words whose full stop may not end a sentence, in English and Arabic.

`stop_after` looks at the word before a full stop and gives one of the meanings in `FullStop`. Some of them leave the
decision to the next word: `may_follow` takes it.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from ivr.text.segment.punctuation import UNSEEN, bare, word_set


class FullStop(Enum):
    """List what a full stop after a word may mean."""

    NEVER = auto()
    """The sentence goes on: a title, a Latin abbreviation (`Dr.`, `e.g.`, `د.`)."""
    BEFORE_STARTER = auto()
    """The sentence ends only if a word follows that starts sentences (`U.S.`, `ر.س.`)."""
    UNLESS_JOINED = auto()
    """The sentence goes on if a word follows that joins: a preposition, a conjunction, a day (`p.m. Monday`)."""
    BEFORE_NUMBER = auto()
    """The sentence goes on if a number follows (`No. 5`)."""
    ORDINARY = auto()
    """The sentence ends, as after any other word."""


# English.
_TITLES_AND_LATIN: Final = word_set(
    "mr mrs ms mx dr drs prof gen sen rep lt col capt cpt cmdr sgt cpl maj adm rev hon pres gov mt messrs mme mlle eng "
    "engr sh amb fr br supt det insp atty e.g eg i.e ie vs v cf viz ca approx a.k.a incl excl"
)
_BEFORE_NUMBERS: Final = word_set(
    "no nos nr n.o p pp fig figs art arts sec secs ch chap vol ext tel mob ph bldg apt ste rm blk fl po ref "
    "para eq ed v ver exp"
)
_ABBREVIATIONS: Final = word_set(
    "u.s u.k e.u u.n u.s.a u.a.e k.s.a inc co cos corp ltd llc plc bros jr sr m.d b.a m.a "
    "b.sc m.sc d.c st ave blvd rd ln hwy sq dept div est assn univ govt intl natl al min max hr hrs "
    " bldg apt ext w.l.l l.l.c p.o "
    "acct amt qty avg dist temp esp std orig prev misc appt oz fl ft lb lbs yd gal pt qt"
)
_CAPITALIZED_ABBREVIATIONS: Final = word_set(
    "US UK EU Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun NE NW SE SW"
)
"""They abbreviate only when written so: `us` and `sat` are words."""
_BEHIND_NUMBERS: Final = word_set("in mi am pm")
"""They abbreviate only behind a number: `6 in.`, `5 am.`."""
_MOSTLY_AT_END: Final = word_set("a.m p.m am pm etc b.c a.d c.e b.c.e ph.d ll.b ll.d ll.m j.d")
_ENGLISH_JOINING: Final = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun "
    "january february march april june july august september october november december "
    "gmt ast utc est edt cst cdt pst pdt cet bst saudi riyadh makkah mecca local"
)
# `At 6 p.m.` opens a sentence and does not end one: a capital behind it is a name.
_TIME_IN_FRONT: Final = re.compile(r"\W*(?:At|By|Around|Before|After|Until|From|Since|On|In)\s[^,]*")
_DOTTED_LATIN: Final = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")
_INITIAL: Final = re.compile(r"[A-Za-z]")
_ENGLISH_STARTERS: Final = word_set(
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

# Arabic. Behind these words a single letter is a label and no title: `المبنى ب`, `فيتامين د`.
_LABELLED_THINGS: Final = word_set(
    "مبنى المبنى فيتامين برج البرج بوابة البوابة قاعة القاعة صالة الصالة فئة الفئة قسم القسم خيار الخيار حرف الحرف "
    "مجموعة المجموعة نموذج النموذج رمز الرمز صف الصف ممر الممر رصيف الرصيف شقة الشقة دور الدور بلوك البلوك عمارة "
    "العمارة طابق الطابق نقطة النقطة كتلة الكتلة جناح الجناح وحدة الوحدة منطقة المنطقة درجة الدرجة الفقرة فقرة "
    "الجدول جدول الملحق ملحق الدفعة"
)
# `د.`, `م.` and the like, with a conjunction or preposition written to them, or any single letter.
_TITLE_LETTER: Final = re.compile(r"[وفل]?[دم]|[بو]د|[\u0621-\u064a]")
_DOTTED_TITLE: Final = re.compile(r"[وفبلك]?(?:[اأ]\.د|[اأ]\.م(?:\.د)?|د\.م|م\.د|[اأ]\.ع|ص\.ب|ص\.ف)")
# `ر.س`, `ج.م.ع`
_DOTTED_ARABIC: Final = re.compile(r"(?:[\u0621-\u064a]{1,3}\.)+[\u0621-\u064a]{1,2}")
# Questions, requests, pronouns, future verbs (`سيتم`) and the like.
_ARABIC_STARTER: Final = re.compile(
    r"(?:و?(?:هل|يرجى|نرجو|الرجاء|أرجو|شكر[اً]+|نعم|لا|كم|متى|أين|وين|وش|ايش|إيش|كيف|ليش|طيب|أبشر|ابشر|تبي|تبغى|تحب|ممكن"
    r"|اذا|إذا|لو|يمكنك|يمكن|تقدر|نقدر|راح|سوف|قد|لقد|هذا|هذه|هي|هو|تم|وتم|نحن|أنا|انا|عند|بعد|لكن|ولكن|ثم|أما|يجب|اضغط"
    r"|لل(?:تفاصيل|مزيد|استفسار|تواصل|تأكيد|حجز|متابعة|مساعدة|اشتراك|إلغاء|الغاء|تحدث|اطلاع)|ل(?:مزيد|معرفة|تأكيد|تفعيل|إلغاء)"
    r"|تفضل|عزيزي|أهلا|مرحبا|حياك|وصل|وصلت|يوجد|عندك|لديك|س(?!يار|نو|ن[ةتي]|ت[ةي]|اع)[أايتن]\w{2,}|\S*كم الله))"
)
_ARABIC_JOINING: Final = word_set(
    "في فى من على إلى الى لين حتى لحد لغاية عن مع ثم لكن ولكن أو او أم بل أن ان الذي التي اللي عشان علشان لأن لان "
    "بتوقيت يوم كل يوميا ومن وإلى والى وحتى صباحا مساء بالليل الفجر"
)
# `3:30 م.`, `10 ص.`: morning or evening, not a title.
_AM_OR_PM_LETTER: Final = re.compile(r"[صم]")
_CLOCK_TIME: Final = re.compile(r"(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?")

_FIRST_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_OPENING_MARKS: Final = "\"'“‘«‹([{*_`~<" + UNSEEN
# `24-Jan. 2`, `Nov.–Jan.`, `Mr./Ms.`: the last of two words that are written together.
_FIRST_OF_TWO: Final = re.compile(r"\A(?:\S*[/–—]|(?:\d{1,2}|[A-Z][a-z]{1,8}\.?)-)(?=[^\W\d_])")
_WRITTEN_NUMBER: Final = re.compile(r"[\d٫٬.,/:]*\d")


def stop_after(word: str, before: str) -> FullStop:
    """Return what a full stop after `word` may mean; `before` is the word in front of it."""
    word = bare(_FIRST_OF_TWO.sub("", word.lstrip(_OPENING_MARKS)))
    if word.lower() in ("n°", "nº"):
        return FullStop.BEFORE_NUMBER
    if not word.isascii():
        return _stop_after_arabic(word, before)
    if word.lower() in _BEHIND_NUMBERS and not _WRITTEN_NUMBER.fullmatch(before):
        return FullStop.ORDINARY
    # `6a.m.`: digits may be written to the word.
    low = word.lower().lstrip("0123456789")
    if low in _TITLES_AND_LATIN:
        return FullStop.NEVER
    if low in _BEFORE_NUMBERS and low not in _ABBREVIATIONS:
        return FullStop.BEFORE_NUMBER
    if low in _MOSTLY_AT_END:
        return FullStop.UNLESS_JOINED
    if (
        low in _ABBREVIATIONS
        or low in _BEHIND_NUMBERS
        or word in _CAPITALIZED_ABBREVIATIONS
        or _DOTTED_LATIN.fullmatch(word)
        or _INITIAL.fullmatch(word)
    ):
        return FullStop.BEFORE_STARTER
    return FullStop.ORDINARY


def _stop_after_arabic(word: str, before: str) -> FullStop:
    """Return what a full stop after an Arabic word may mean."""
    if _DOTTED_TITLE.fullmatch(word):
        return FullStop.NEVER
    if _DOTTED_ARABIC.fullmatch(word):
        return FullStop.BEFORE_STARTER
    if not _TITLE_LETTER.fullmatch(word):
        return FullStop.ORDINARY
    if _AM_OR_PM_LETTER.fullmatch(word) and _CLOCK_TIME.fullmatch(before):
        return FullStop.UNLESS_JOINED
    # A single letter is a title, but a label in `المبنى ب.` and a unit in `50 م.`.
    return FullStop.ORDINARY if labelled(before) or _WRITTEN_NUMBER.fullmatch(before) else FullStop.NEVER


def labelled(before: str) -> bool:
    """Return whether a single letter behind this word is a label, as in `المبنى ب`."""
    return bare(before) in _LABELLED_THINGS


def first_word(text: str, final: bool) -> str | None:
    """Return the word a text begins with, '' if none; None if it may go on. With `final` it is always whole."""
    found = _FIRST_WORD.match(text)
    if found is None:
        return ""
    return None if found.end() == len(text) and not final else bare(found[0])


def may_follow(word: str, kind: FullStop, sentence: str = "") -> bool:
    """Return whether `word` may open a sentence after a stop of this kind; `sentence` is what goes before the stop."""
    if kind is FullStop.UNLESS_JOINED and _TIME_IN_FRONT.fullmatch(sentence) is None:
        return word not in _ARABIC_JOINING and word.lower() not in _ENGLISH_JOINING
    return word.replace("’", "'").lower() in _ENGLISH_STARTERS or _ARABIC_STARTER.fullmatch(word) is not None


def goes_on(rest: str) -> bool:
    """Return whether a sentence goes on with `rest` behind an abbreviation: with a word that starts no sentence."""
    word = first_word(rest.lstrip(), True)
    return bool(word) and not may_follow(word or "", FullStop.BEFORE_STARTER)
