"""Name the callers of `python -m tools.turns.live`: what each is asked, and says, with its pauses.

five five two [900] oh one four [700] {9987}        words, silences in ms, keys
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from tools.line.setup import Record

EN, AR = "+966110000010", "+966110000011"
"""The lines of the two languages."""
CallSet: TypeAlias = Literal["first", "groups", "pieces", "keys", "over"]
"""`first`: those that are called where nothing else is asked for. `groups`: other numbers. `pieces`: addresses, dates,
hesitations. `keys`: what is typed. `over`: callers who interrupt, and who correct themselves."""
KEY_MS: Final = 250
"""From one key to the next."""
_PAUSE: Final = re.compile(r"\s*\[(\d+)\]\s*")
_KEYS: Final = "{}"


@dataclass(frozen=True, slots=True)
class PauseCall:
    """Hold what one caller is asked and says."""

    name: str
    line: str
    asked: str
    says: str
    """Words, with pauses `[900]` and keys `{0551}`."""
    expect: Record = field(default_factory=dict)
    """What an agent tells that it expects; empty: nothing, and it is called only so."""
    group: CallSet = "first"
    over_ms: int = 0
    """The caller begins when so much of the question was heard; 0: behind it."""
    twice: bool = False
    """The agent may be asked twice: what is said first is whole."""

    @property
    def pieces(self) -> list[tuple[str, int]]:
        """Return words and keys in turn, each with the silence in ms behind it."""
        return pieces_of(self.says)

    @property
    def whole(self) -> str:
        """Return all that the agent is to be told, as one text."""
        return " ".join(piece.strip(_KEYS) for piece, _ in self.pieces)


def pieces_of(says: str) -> list[tuple[str, int]]:
    """Return words and keys in turn, each with the silence in ms behind it."""
    split = _PAUSE.split(says)
    return [(piece, int(ms)) for piece, ms in zip(split[::2], [*split[1::2], "0"], strict=True)]


def is_keys(piece: str) -> bool:
    """Return whether a piece is typed."""
    return piece.startswith(_KEYS[0])


def keys_of(piece: str) -> str:
    """Return the keys of a piece that is typed."""
    return piece.strip(_KEYS)


_NUMBER: Final[Record] = {"kind": "digits", "length": 13}
_MOBILE: Final[Record] = {"kind": "digits", "length": 10}
_EMAIL: Final[Record] = {"kind": "email"}
_ADDRESS: Final[Record] = {"kind": "address"}
_DATE: Final[Record] = {"kind": "date"}
_OPEN: Final[Record] = {"kind": "open"}

CALLS: Final = (
    PauseCall(
        "13 digits in groups", EN, "What is the waybill number?",
        "five five two four [900] oh one four [900] nine nine eight [900] three six two", _NUMBER,
    ),
    PauseCall(
        "spelled e-mail", EN, "What is your e-mail address?",
        "it's sarah dot [740] wilkins seven [900] at gmail [520] dot com", _EMAIL,
    ),
    PauseCall(
        "wanted to ask", EN, "How can I help you?",
        "hello I wanted to ask [1500] whether my parcel has left the warehouse", _OPEN,
    ),
    PauseCall(
        "13 digits in groups", AR, "كم رقم البوليصة؟",
        "خمسة خمسة اثنين أربعة [900] واحد صفر أربعة [900] تسعة ثمانية أربعة [900] ثلاثة واحد اثنين", _NUMBER,
    ),
    PauseCall(
        "spelled e-mail", AR, "ايش بريدك الإلكتروني؟",
        "سارة دوت [740] العتيبي سبعة [900] ات جيميل [520] دوت كوم", _EMAIL,
    ),
    PauseCall(
        "wanted to ask", AR, "كيف أقدر أخدمك؟",
        "السلام عليكم كنت أبغى أسأل [1500] شحنتي طلعت من المستودع ولا لا", _OPEN,
    ),
    PauseCall(
        "13 digits, asked for as such", EN, "Please read me the thirteen digits of your waybill.",
        "one oh four [1200] two two nine [700] eight one four [1000] six oh three five", _NUMBER, "groups",
    ),
    PauseCall(
        "mobile in three groups", EN, "Which mobile number can we call?",
        "oh five five [600] four one two [1400] nine eight seven six", _MOBILE, "groups",
    ),
    PauseCall(
        "identity number in pairs", EN, "Could you tell me your national ID?",
        "one oh [700] two three [600] four four [1200] nine one [800] six two", _MOBILE, "groups",
    ),
    PauseCall(
        "13 digits in six groups", EN, "And the tracking number?",
        "four one [1000] two two [800] oh six [1300] nine four [600] one one [900] three eight five", _NUMBER, "groups",
    ),
    PauseCall(
        "a number nobody asked for", EN, "How can I help you?",
        "my waybill number is [800] five oh two [900] four one one four [1100] nine two eight three six two",
        group="groups",
    ),
    PauseCall(
        "13 digits, asked for as such", AR, "ممكن تقرأ لي رقم البوليصة من ثلاثة عشر رقم؟",
        "واحد صفر أربعة [1200] اثنين اثنين تسعة [700] ثمانية واحد أربعة [1000] خمسة صفر ثلاثة خمسة", _NUMBER, "groups",
    ),
    PauseCall(
        "mobile in three groups", AR, "وش رقم جوالك؟",
        "صفر خمسة خمسة [600] أربعة واحد اثنين [1400] تسعة ثمانية سبعة واحد", _MOBILE, "groups",
    ),
    PauseCall(
        "identity number in pairs", AR, "عطني رقم الهوية لو سمحت",
        "واحد صفر [700] اثنين ثلاثة [600] أربعة أربعة [1200] تسعة واحد [800] خمسة اثنين", _MOBILE, "groups",
    ),
    PauseCall(
        "13 digits in six groups", AR, "وكم رقم التتبع؟",
        "أربعة واحد [1000] اثنين اثنين [800] صفر ثمانية [1300] خمسة ثلاثة [600] واحد ثمانية [900] ثلاثة ثمانية خمسة",
        _NUMBER, "groups",
    ),
    PauseCall(
        "a number nobody asked for", AR, "كيف أقدر أخدمك؟",
        "رقم الشحنة [800] خمسة صفر اثنين [900] أربعة واحد واحد أربعة [1100] تسعة اثنين ثمانية ثلاثة ثمانية اثنين",
        group="groups",
    ),
    PauseCall(
        "address in three pieces", EN, "What is the delivery address?",
        "villa twelve [900] king fahd road [1200] riyadh", _ADDRESS, "pieces",
    ),
    PauseCall(
        "date in pieces", EN, "What is your date of birth?",
        "the ninth of [900] march [700] nineteen eighty seven", _DATE, "pieces",
    ),
    PauseCall(
        "let me see", EN, "Which day suits you?",
        "uh [800] let me see [1400] it's tuesday the fourteenth", _DATE, "pieces",
    ),
    PauseCall(
        "surname spelled", EN, "What is your name, please?",
        "my name is [900] joanna kowalczyk that's k o w [800] a l c z y k", {"kind": "name"}, "pieces",
    ),
    PauseCall(
        "address in three pieces", AR, "وين عنوان التوصيل؟",
        "حي النرجس [900] شارع عثمان بن عفان [1200] عمارة أربعة عشر", _ADDRESS, "pieces",
    ),
    PauseCall(
        "date in pieces", AR, "متى تاريخ ميلادك؟",
        "تسعة مارس [700] ألف وتسعمية و [900] سبعة وثمانين", _DATE, "pieces",
    ),
    PauseCall(
        "let me see", AR, "أي يوم يناسبك؟",
        "ااا [800] خليني أشوف [1400] يوم الثلاثاء", _DATE, "pieces",
    ),
    PauseCall(
        "typed with pauses", EN, "Please enter your ten digit mobile number.",
        "{0554} [2000] {129} [2000] {876}", _MOBILE, "keys",
    ),
    PauseCall(
        "said, then typed", EN, "What is your ten digit mobile number?",
        "oh five five [900] {412} [1800] {9876}", _MOBILE, "keys",
    ),
    PauseCall(
        "typed, then said", EN, "What is your ten digit mobile number?",
        "{055} [1200] four one two [900] nine eight seven six", _MOBILE, "keys",
    ),
    PauseCall(
        "typed with pauses", AR, "أدخل رقم الجوال من عشرة أرقام",
        "{0554} [2000] {129} [2000] {876}", _MOBILE, "keys",
    ),
    PauseCall(
        "said, then typed", AR, "ممكن رقم الجوال من عشرة أرقام؟",
        "صفر خمسة خمسة [900] {412} [1800] {9876}", _MOBILE, "keys",
    ),
    PauseCall(
        "interrupts the question", EN,
        "Please read me the thirteen digits of the waybill number that is printed on the label of your parcel.",
        "five five two four [900] oh one four [900] nine nine eight [900] three six two", _NUMBER, "over", 2500,
    ),
    PauseCall(
        "corrects the whole number", EN, "What is your ten digit mobile number?",
        "oh five five [600] four one two [600] nine eight seven six [1300] no sorry it ends in five", _MOBILE, "over",
        twice=True,
    ),
    PauseCall(
        "interrupts the question", AR,
        "لو سمحت اقرأ لي رقم البوليصة من ثلاثة عشر رقم وهو مكتوب على الملصق فوق الكرتون",
        "خمسة خمسة اثنين أربعة [900] واحد صفر أربعة [900] تسعة ثمانية أربعة [900] ثلاثة واحد اثنين", _NUMBER, "over",
        2500,
    ),
    PauseCall(
        "corrects the whole number", AR, "ممكن رقم الجوال من عشرة أرقام؟",
        "صفر خمسة خمسة [600] أربعة واحد اثنين [600] تسعة ثمانية سبعة واحد [1300] لا آخر رقم ثلاثة", _MOBILE, "over",
        twice=True,
    ),
)  # fmt: skip

YES_NO: Final[Mapping[str, tuple[str, ...]]] = {
    EN: ("yes", "no", "yes please", "no thanks", "yeah", "okay", "correct", "yes it is", "no it isn't", "that's right"),
    AR: ("نعم", "لا", "إي نعم", "لا شكرا", "أيوه", "تمام", "صحيح", "أكيد", "لا أبدا", "نعم صحيح"),
}
"""Answers; each is given twice."""


def parts(calls: Iterable[PauseCall]) -> list[str]:
    """Return all words that are said of these calls, and the answers with yes or no, each part once."""
    said = [piece for call in calls for piece, _ in call.pieces if not is_keys(piece)]
    return list(dict.fromkeys([*said, *(text for some in YES_NO.values() for text in some)]))
