"""Read the digits that a caller says, as digits or as words, in Arabic and English, and judge whether they are all.

Words become groups of digits in the order they are said: «سبعة ثمانية», "double seven", "twenty six", "NQL 78 26".
What was said before a correction ("no sorry", «لا غلط») counts apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.letters import is_plain_letter, letter_of
from ivr.text.turn.words import NOT_TOLD, Judged


def _values(text: str) -> dict[str, int]:
    """Return the value of each word of a table: a value, a colon, its words; then a comma."""
    rows = (row.partition(":") for row in text.split(","))
    return {word: int(value) for value, _, words in rows for word in words.split()}


_SINGLE: Final = _values(
    "0: zero nought naught صفر زيرو, 1: one واحد واحده وحده وان ون, "
    "2: two اثنين اثنان ثنين ثنتين اتنين تنين اثنتين اثنينن تو, 3: three ثلاث ثلاثه تلات تلاته ثلاثا ثري تري, "
    "4: four اربع اربعه فور, "
    "5: five خمس خمسه فايف, 6: six ست سته سيكس سكس, 7: seven سبع سبعه سفن سيفن, "
    "8: eight ثمان ثماني ثمانيه تمان تماني تمانيه تمنيه ثمنيه ثمن ايت, 9: nine تسع تسعه ناين"
)
_TEENS: Final = _values(
    "10: ten عشر عشره, 11: eleven احدعش حداعش احداشر حدعش ايدعش حداشر احدعشر, "
    "12: twelve اثنعش اثناعش اطنعش ثنعش اتناشر اثنعشر طنعش, "
    "13: thirteen ثلاثطعش ثلطعش تلطعش ثلاثتعش تلتاشر ثلاثطعشر ثلتعش تلاتاشر, "
    "14: fourteen اربعطعش اربعتعش اربعتاشر اربعطعشر, 15: fifteen خمسطعش خمستعش خمستاشر خمسطعشر خمسطاشر, "
    "16: sixteen ستطعش سطعش ستعش ستاشر ستطعشر سطاشر, 17: seventeen سبعطعش سبعتعش سبعتاشر سبعطعشر, "
    "18: eighteen ثمنطعش ثمانطعش تمنطعش ثمنتعش تمنتاشر ثمنطعشر ثمانتعش, 19: nineteen تسعطعش تسعتعش تسعتاشر تسعطعشر"
)
_TENS: Final = _values(
    "20: twenty عشرين عشرون, 30: thirty ثلاثين تلاتين ثلاثون, 40: forty fourty اربعين اربعون, 50: fifty خمسين خمسون, "
    "60: sixty ستين ستون, 70: seventy سبعين سبعون, 80: eighty ثمانين تمانين ثمانون, 90: ninety تسعين تسعون"
)
_WHOLE_HUNDREDS: Final = _values(
    "100: ميه مايه ميت, 200: ميتين مايتين ميتان مايتان, 300: ثلاثميه تلتميه ثلثميه ثلاثمايه, "
    "400: اربعميه ربعميه اربعمايه, "
    "500: خمسميه خمسمايه, 600: ستميه ستمايه, 700: سبعميه سبعمايه, 800: ثمانميه ثمنميه تمنميه ثمانمايه, "
    "900: تسعميه تسعمايه"
)
_MAGNITUDES: Final = _values("100: hundred ميه مايه ميت, 1000: thousand الف الاف تلاف, 1000000: million مليون ملايين")
_THOUSANDS: Final = _values("1000: الف, 2000: الفين الفان, 1000000: مليون, 2000000: مليونين")
_BELOW_HUNDRED: Final = _SINGLE | _TEENS | _TENS
_ARABIC: Final = {
    word: value for word, value in (_BELOW_HUNDRED | _WHOLE_HUNDREDS | _THOUSANDS).items() if not word.isascii()
}
SPOKEN_UNITS: Final = frozenset(_SINGLE)
"""Words of the numbers below ten."""


def _of_digits(*tables: dict[str, int]) -> tuple[frozenset[str], ...]:
    """Return the words of each table but those for nought: English ones, and Arabic ones."""
    return tuple(
        frozenset(word for word, value in table.items() if value and word.isascii() is latin)
        for table in tables
        for latin in (True, False)
    )


_AR_TENS: Final = frozenset(word for word in _TENS if not word.isascii())
_TENS_VALUES: Final = range(20, 100, 10)
_DUAL: Final = _values(
    "0: صفرين, 1: واحدين, 3: ثلاثتين, 4: اربعتين, 5: خمستين, 6: ستتين, 7: سبعتين, 8: ثمانيتين ثمنيتين, 9: تسعتين"
)
_PLURAL: Final = _values(
    "0: zeros zeroes noughts ohs اصفار, 1: ones واحدات, 2: twos ثنتينات, 3: threes ثلاثات تلاتات, 4: fours اربعات, "
    "5: fives خمسات, 6: sixes ستات, 7: sevens سبعات, 8: eights ثمانيات ثمنيات, 9: nines تسعات"
)
_SEVERAL: Final = _DUAL | _PLURAL
"""Several of a digit: two, or as many as the number before says."""
_OH: Final = word_set("oh o")
NUMBER_CLASSES: Final = _of_digits(
    _SINGLE, _TEENS, _TENS, _WHOLE_HUNDREDS, dict.fromkeys(_PLURAL, 1), dict.fromkeys(_DUAL, 1)
)
"""Words of numbers that are read in the same way: those of a class have as many digits."""
NOUGHTS: Final = frozenset(word for word, value in _SINGLE.items() if not value) | _OH
_MSA_TEENS: Final = _values("1: احد احدي, 2: اثنا اثني اثنتا")
"""First words of a teen that is written in two, besides the units."""
_TIMES: Final = _values("2: double dubble دبل, 3: triple treble تربل")
SPOKEN_DIGITS: Final = (
    frozenset(_BELOW_HUNDRED)
    | frozenset(_ARABIC)
    | frozenset(_MAGNITUDES)
    | frozenset(_TIMES)
    | frozenset(_SEVERAL)
    | _OH
)
"""Words that make a number."""

_NO_ONE_AFTER: Final = word_set("moment second sec minute more of thing day that which who لحظه ثانيه دقيقه")
_NO_ONE_BEFORE: Final = word_set(
    "the no this that which other another any each every some only first last next wrong right have got need find see "
    "لحظه ثانيه دقيقه في كل من ولا اي مره"
)
"""Words about a "one" that counts nothing."""
_JOINS: Final = word_set("and و")
_AGAIN_BEHIND: Final = word_set("twice مرتين")
"""Behind a digit: it counts twice."""
_NUMBER_SIGNS: Final = word_set("slash dash hyphen minus dot سلاش شرطه داش نقطه")
"""Signs in a number, which goes on behind them."""
_CORRECTS: Final = word_set("sorry scratch mistake correction actually اسف عفوا قصدي اقصد غلط معذره")
"""Words after which a number begins again; "no" and «لا» too, between digits."""
_DENIES: Final = word_set("no لا")
_AFTER_WHOLE: Final = word_set(
    "please thanks thank you that's that is it all yes yeah okay ok right the last one full stop end sir there "
    "done شكرا لك بس هذا هو كذا خلاص تمام نعم ايوه طال عمرك لو سمحت من فضلك هذي هي انتهي يا اخي اختي استاذ صح"
)
"""Words that may stand behind a whole number and add nothing."""
_INSIDE: Final = word_set(
    "and then dash hyphen slash space comma um uh er erm the next is it's plus followed by again first number numbers "
    "wait hold on let me see one moment so ah there's there a an "
    "و ثم بعدين بعدها شرطه داش فاصله اه ااا امم زايد بلس يعني وبعدين وبعدها مسافه اوله لحظه ثانيه طيب ايه"
)
"""Words inside a number, which goes on behind them."""
_STAND_BEHIND: Final = _AFTER_WHOLE | _INSIDE
_CLOSES: Final = word_set("all only just missing بس فقط كذا خلاص")
"""Words that say that a number has no more digits, although some are missing."""
_COUNTS_LETTERS: Final = (4, 5, 6, 7, 8, 9, 24)
"""Lengths of codes that may have letters among their digits."""
_IBAN_LETTERS, _IBAN_DIGITS = 2, 22
_MOBILE_DIGITS, _FEW_DIGITS, _SHORT_TAIL = 10, 3, 4
_LONG_NUMBERS: Final = (15, 16)
"""Digits of cards, of devices and of taxpayers: within a longer number a caller seldom pauses behind so many."""
LONG_NUMBER: Final = -1
"""Length of a number that is long, by its name, and of no known length: a waybill's."""
_LONG_LEAST: Final = 8
"""Digits of a long number at least."""
_SHORT_CODE: Final = 4
"""Letters and digits up to which a code of no known length goes on."""

_KNOWN_NUMBERS: Final = (
    ("05", 10),
    ("9665", 12),
    ("009665", 14),
    ("010", 11),
    ("015", 11),
    ("01", 10),
    ("9200", 9),
    ("800", 10),
)
"""First digits of Saudi telephone numbers, and of Egyptian ones where no Saudi one has them; how many digits they "
"have."""
_PIN_DIGITS, _CODE_DIGITS, _ID_DIGITS, _WAYBILL_DIGITS = 4, 6, 10, 13
_SHORT_NUMBERS: Final = word_set(
    "room gate seat table desk counter extension floor row platform bay page size flat unit apartment suite block "
    "villa "
    "house building tower bus flight slot locker bed ward غرفه غرفتي الغرفه بوابه مقعد طاوله تحويله "
    "شباك كاونتر مقاس"
)
"""What has a number of a few digits."""
_TWO_LETTERS: Final = word_set("is it so at to on my of ok um uh er oh ah")
_AMOUNTS_OF: Final = word_set(
    "riyal riyals dollar dollars pound pounds euro euros dirham dirhams dinar dinars kilo kilos km kilometers "
    "kilometres miles percent years people persons guests adults ريال ريالات دولار درهم دراهم دينار جنيه كيلو متر سنه "
    "سنوات شخص اشخاص شخصين نفر انفار"
)
"""What an amount counts: the number is whole before it."""
_NAMES_A_NUMBER: Final = word_set(
    "number code pin id iqama waybill tracking reference ref phone mobile account extension card otp digits iban "
    "رقم رقمه رقمها رقمي الرقم رمز الرمز كود الكود جوال جوالي الجوال هويتي الهويه الاقامه اقامتي البوليصه ايبان الايبان"
)


MAY_BE_WHOLE: Final = Judged("unknown", "number_part")
"""A number that could end here."""


@dataclass(frozen=True, slots=True)
class Dictation:
    """Hold the digits that were said, from the last correction on."""

    digits: str = ""
    before: str = ""
    """Digits that a correction took back, or some of them."""
    letters: int = 0
    """Single letters, and letters written together with digits."""
    groups: int = 0
    start: int = 0
    """Words before the first digit."""
    end: int = 0
    """Words up to the end of the last digit."""
    grows: bool = False
    """The last group may have more to it in as many digits: "forty", "seven hundred"."""
    hangs: bool = False
    """The last word announces a digit: "double"."""
    amount: bool = False
    """It is said as an amount, with hundreds or thousands."""
    first_letters: str = ""
    """Single letters before the first digit."""


class _Reader:
    """Hold the groups of digits while words are read."""

    def __init__(self, before: str = "") -> None:
        self.before = before
        self.groups: list[str] = []
        self.letters = self.start = self.end = 0
        self.amount = False
        self.first_letters = ""
        self.times = 1
        """How often the next digit counts: after "double" twice."""
        # The open group is `_total + _part`; it takes what is less than `room`, and in Arabic tens behind a unit.
        self._total = self._part = self.room = 0
        self._is_unit = False

    def add(self, at: int, digits: str) -> None:
        """Add a group as it stands."""
        self.start = self.start if self.groups else at
        self.end = at + 1
        self.groups.append(digits * self.times if len(digits) == 1 else digits)
        self._total, self._part, self.room, self._is_unit = 0, int(digits), 0, False

    def add_value(self, at: int, value: int, *, joined: bool, arabic: bool) -> None:
        """Add a number word: to the group before it, if it fits in. `joined`: an "and" stands before it."""
        fits = 0 < value < self.room and (joined or not arabic)
        tens_after_unit = arabic and joined and self._is_unit and value in _TENS_VALUES
        if self._touches(at, joined=joined) and self.times == 1 and (fits or tens_after_unit):
            self._part += value
            self.groups[-1] = str(self._total + self._part)
            self.end = at + 1
        else:
            self.add(at, str(value))
        self.amount |= value >= 100
        if value < 10 or value in _TENS_VALUES:
            self.room = 10 if value >= 20 and not arabic else 0
        else:
            self.room = 1000 if value >= 1000 else 100 if value >= 100 else 0
        self._is_unit = 0 < value < 10 and self.times == 1

    def multiply(self, at: int, magnitude: int) -> bool:
        """Make hundreds, thousands or millions of the group before; return False where there is none."""
        base = self._part if magnitude == 100 else self._total + self._part
        if not self._touches(at, joined=False) or not 0 < base < magnitude:
            return False
        if magnitude == 100:
            self._part *= magnitude
        else:
            self._total, self._part = base * magnitude, 0
        self.groups[-1] = str(self._total + self._part)
        self.end, self.room, self._is_unit, self.amount = at + 1, magnitude, False, True
        return True

    def take_letter(self, letter: str) -> None:
        """Count a letter, as often as it was said."""
        self.letters += self.times
        self.first_letters += "" if self.groups else letter * self.times

    def repeat(self, at: int) -> None:
        """Count the digit before once more."""
        if self.end == at and len(self.groups[-1:]) == len("".join(self.groups[-1:])) == 1:
            self.groups[-1] *= 2
            self.end = at + 1

    def make_teen(self, at: int) -> bool:
        """Make a teen of the unit before «عشر»; return False where there is none."""
        if not self._is_unit or self.end != at:
            return False
        self.groups[-1] = str(int(self.groups[-1]) + 10)
        self.end, self._is_unit = at + 1, False
        return True

    def add_several(self, at: int, digit: str, *, dual: bool) -> None:
        """Add a digit twice, or as often as the number before it says: "three fives"."""
        counted = not dual and self._touches(at, joined=False) and self.groups[-1] in ("2", "3", "4")
        times = int(self.groups[-1]) if counted else 0
        if times:
            self.groups.pop()
        self.add(at, digit)
        self.groups[-1] = digit * (times or 2)

    def _touches(self, at: int, *, joined: bool) -> bool:
        return bool(self.groups) and at - self.end <= joined


def read_dictation(words: Sequence[str]) -> Dictation:
    """Return the digits among folded words."""
    reader = _Reader()
    for at, word in enumerate(words):
        if word in _TIMES and not (reader.groups and at - reader.end > 3):
            reader.times = _TIMES[word]
            continue
        if reader.groups and (word in _CORRECTS or word in _DENIES):
            reader = _Reader(reader.before + "".join(reader.groups))
        elif word in _AGAIN_BEHIND:
            reader.repeat(at)
        elif word in _SEVERAL:
            reader.add_several(at, str(_SEVERAL[word]), dual=word in _DUAL)
        elif word.isascii():
            _take_latin(reader, words, at)
        else:
            _take_arabic(reader, words, at)
        reader.times = 1
    return Dictation(
        "".join(reader.groups),
        reader.before,
        reader.letters,
        len(reader.groups),
        reader.start,
        reader.end,
        reader.room > 0,
        reader.times > 1,
        reader.amount,
        reader.first_letters,
    )


def _take_latin(reader: _Reader, words: Sequence[str], at: int) -> None:
    """Take a word in ASCII: digits, a number word, a letter, a code."""
    word = words[at]
    if word.isdecimal():
        reader.add(at, word)
    elif word in _MAGNITUDES:
        reader.multiply(at, _MAGNITUDES[word])
    elif word in _OH:
        # An "oh" before or behind a number word is a nought; before digits it is a sigh.
        after = words[at + 1] if at + 1 < len(words) else ""
        if (reader.groups and reader.end == at) or (after in SPOKEN_DIGITS and after.isascii()):
            reader.add(at, "0")
    elif (value := _BELOW_HUNDRED.get(word)) is not None and not (value == 1 and _counts_nothing(words, at)):
        reader.add_value(at, value, joined=words[at - 1] in _JOINS if at else False, arabic=False)
    elif any(char.isdecimal() for char in word):
        reader.add(at, "".join(char for char in word if char.isdecimal()))
        reader.letters += sum(not char.isdecimal() for char in word)
    elif len(word) == 1:
        reader.take_letter(word)


def _take_arabic(reader: _Reader, words: Sequence[str], at: int) -> None:
    """Take a word that is not in ASCII, with or without the «و» before it."""
    word = words[at]
    joined = bool(at) and words[at - 1] in _JOINS
    if word not in _ARABIC and word[0] == "و" and word[1:] in _ARABIC:
        word, joined = word[1:], True
    if not joined and ((word == "عشر" and reader.make_teen(at)) or reader.multiply(at, _MAGNITUDES.get(word, 0))):
        return
    if words[at + 1 : at + 2] in (["عشر"], ["عشره"]) and word in _MSA_TEENS:
        reader.add_value(at, _MSA_TEENS[word], joined=joined, arabic=True)
    elif (value := _ARABIC.get(word)) is not None and not (value == 1 and _counts_nothing(words, at)):
        reader.add_value(at, value, joined=joined, arabic=True)
    elif letter_of(word) and (is_plain_letter(word) or (reader.groups and reader.end == at)):
        # «كي سبعة ام»
        reader.take_letter(letter_of(word))


def _counts_nothing(words: Sequence[str], at: int) -> bool:
    """Return whether a "one" is no digit: "one moment", "the other one"."""
    return (at + 1 < len(words) and words[at + 1] in _NO_ONE_AFTER) or (at > 0 and words[at - 1] in _NO_ONE_BEFORE)


def judge_number(words: Sequence[str], *, asked: bool, length: int) -> Judged:
    """Judge words as a number that is dictated. `NOT_TOLD` where they are none.

    `asked`: the caller was asked for a number. `length`: of how many digits, or `LONG_NUMBER`; 0: not known.
    """
    said = read_dictation(words)
    if asked and words and words[-1] in _NUMBER_SIGNS:
        return Judged("open", "answer_part")
    if not said.digits:
        begins = said.hangs or said.before or (said.letters and length in _COUNTS_LETTERS)
        return Judged("open", "answer_part") if asked and begins else NOT_TOLD
    tail = words[said.end :]
    # "3 boxes", "two hundred riyals": an amount, no dictation.
    code = bool(said.letters) and length in _COUNTS_LETTERS
    short = len(said.digits) <= 2 and said.groups == 1 and not code
    if tail and (said.amount or short) and not _stands_behind(tail[0]):
        counts = asked and not length and len(tail) == 1 and tail[0] in _AMOUNTS_OF
        return Judged("complete", "short_answer") if counts else NOT_TOLD
    if asked and length == _IBAN_LETTERS + _IBAN_DIGITS and _is_foreign(words[: said.start]):
        # Of another country: it has another length.
        return MAY_BE_WHOLE
    if asked and length > 0:
        return _judge_of_length(said, tail, length)
    if asked and length == LONG_NUMBER and _is_too_short(said, tail):
        return Judged("open", "answer_part")
    if asked:
        return _judge_asked(said, words[: said.start], words[-1], tail)
    # Dictated, rather than counted, paid or called by.
    if said.amount or len(said.digits) <= 2 or not all(map(_stands_behind, tail)):
        return NOT_TOLD
    if any(len(word) > 1 and not _is_number_word(word) for word in words[said.start : said.end]):
        return NOT_TOLD
    before = words[: said.start]
    if said.groups < 3 and len(said.digits) < 5 and len(before) > 1 and _NAMES_A_NUMBER.isdisjoint(before):
        return NOT_TOLD
    length = len(said.digits)
    whole, known = _known(said.digits)
    if said.hangs or (known and not whole):
        return Judged("open", "number_part")
    if known:
        return Judged("complete", "number_whole")
    if length in (_PIN_DIGITS, _CODE_DIGITS, _ID_DIGITS) or length > _WAYBILL_DIGITS or said.before:
        return MAY_BE_WHOLE
    return Judged("open", "number_part")


def _is_foreign(before: Sequence[str]) -> bool:
    """Return whether the words before the digits of an IBAN end with the letters of another country than Saudi "
    "Arabia."""
    country = before[-1] if before and len(before[-1]) == _IBAN_LETTERS else "".join(map(letter_of, before[-2:]))
    return country.isascii() and len(country) == _IBAN_LETTERS and country not in ("sa", *_TWO_LETTERS)


def _is_too_short(said: Dictation, tail: Sequence[str]) -> bool:
    """Return whether digits are too few for a long number, and more may come."""
    # A code may be short: letters tell.
    count = len(said.digits) + len(said.before)
    return count < _LONG_LEAST and not said.letters and not said.amount and all(map(_stands_behind, tail))


def _judge_of_length(said: Dictation, tail: Sequence[str], length: int) -> Judged:
    """Judge digits of a number whose length is known."""
    count = len(said.digits)
    if said.digits.startswith(("966", "00966")) and length == _MOBILE_DIGITS:
        # A mobile with the code of the country, and without the nought.
        length += said.digits.index("966") + 2
    code = count + said.letters if length in _COUNTS_LETTERS else count
    iban = length == _IBAN_LETTERS + _IBAN_DIGITS and said.letters != _IBAN_LETTERS
    whole = length in (count, code) or (iban and count == _IBAN_DIGITS)
    behind = all(word in _AFTER_WHOLE for word in tail)
    if whole and not said.hangs:
        if said.grows and not tail:
            return MAY_BE_WHOLE
        return Judged("complete", "answer_whole") if behind else NOT_TOLD
    if max(count, code) > length:
        return NOT_TOLD
    # Its letters may count, and the nought of a mobile may have been left out.
    without_nought = length == _MOBILE_DIGITS == count + 1 and said.digits.startswith("5")
    if (count + said.letters == length or without_nought) and not said.hangs:
        return MAY_BE_WHOLE
    # A correction takes all of it back, or the last group alone.
    if said.before and said.before[0] != said.digits[0] and len(said.before) + count >= length:
        return MAY_BE_WHOLE
    return Judged("open", "answer_part") if len(tail) <= _SHORT_TAIL and not _CLOSES.intersection(tail) else NOT_TOLD


def _judge_asked(said: Dictation, before: Sequence[str], last: str, tail: Sequence[str]) -> Judged:
    """Judge digits that were asked for, of a number whose length is not known."""
    count = len(said.digits)
    whole, known = _known(said.digits)
    if said.amount and not tail and last.removeprefix("و") in _AR_TENS:
        # «ألفين وثلاثة وعشرين»: its tens are the last.
        return Judged("complete", "short_answer")
    if said.hangs or (tail and tail[-1] in _JOINS):
        return Judged("open", "answer_part")
    if count <= _FEW_DIGITS and before and before[-1] in _SHORT_NUMBERS:
        return MAY_BE_WHOLE
    if known and all(word in _AFTER_WHOLE for word in tail):
        return Judged("complete", "answer_whole") if whole else Judged("open", "answer_part")
    if said.first_letters and count + said.letters <= _SHORT_CODE and not tail:
        return Judged("open", "answer_part")
    if count in _LONG_NUMBERS and not said.letters and not tail:
        return Judged("complete", "short_answer")
    # Groups of a few digits: the next one comes.
    if count <= _FEW_DIGITS and not said.amount and (said.groups >= 2 or count == _FEW_DIGITS) and not tail:
        return Judged("open", "answer_part")
    return MAY_BE_WHOLE if not tail and not said.amount and count > 2 else NOT_TOLD


def _known(digits: str) -> tuple[bool, bool]:
    """Return whether a number is whole, and whether its length is known, by its first digits."""
    for start, whole in _KNOWN_NUMBERS:
        if digits.startswith(start):
            return len(digits) >= whole, True
    return (True, True) if len(digits) == _WAYBILL_DIGITS else (False, False)


def known_start(digits: str) -> str:
    """Return the first digits by which the length of a number is known; empty: it is not known by them."""
    return max((start for start, _ in _KNOWN_NUMBERS if digits.startswith(start)), key=len, default="")


def digit_of(word: str) -> str:
    """Return the digit that a folded word is; empty: it is none."""
    return str(_SINGLE[word]) if word in _SINGLE else "0" if word in _OH else ""


def _stands_behind(word: str) -> bool:
    """Return whether a word may stand behind digits that are dictated."""
    return word in _STAND_BEHIND or word in _TIMES or len(word) == 1 or is_plain_letter(word)


def _is_number_word(word: str) -> bool:
    if word in SPOKEN_DIGITS or (word[0] == "و" and word[1:] in SPOKEN_DIGITS):
        return True
    return word in _STAND_BEHIND or any(char.isdecimal() for char in word)
