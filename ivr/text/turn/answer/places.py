"""Judge an address, or a name, that was asked for: whole, or more of it is to come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.letters import spelled_tail
from ivr.text.turn.answer.numbers import SPOKEN_DIGITS
from ivr.text.turn.words import NOT_TOLD, Judged, is_arabic

_AWAITS_MORE: Final = word_set(
    "flat unit apartment apt suite building block floor number district gate villa plot sector zone p.o شارع الشارع "
    "طريق حي الحي عماره "
    "العماره "
    "شقه الشقه مبني بنايه فيلا رقم الدور مدينه برج مجمع ممر حاره منطقه مخرج دوار ميدان بلوك قطعه بجنب جنب قبال قدام "
    "ورا "
    "خلف مقابل عند قريب امام بين قرب بجوار"
)
"""Words that a name or a number follows: "flat", «شارع»."""
_ROUTE_GOES_ON: Final = word_set("then next after بعدين وبعدين بعدها وبعدها ثم in at near behind opposite beside")
_POINTS_AT: Final = word_set("the my this that same your our big new old نفس هذا هذي هالحي اي")
_STREETS: Final = word_set(
    "street st road rd avenue ave lane ln drive dr boulevard blvd court ct way close place square terrace crescent "
    "park "
    "gardens hill walk quay mews quayside"
)
_ADDRESS_PIECES: Final = word_set(
    "شارع طريق حي عماره شقه مبني بنايه فيلا الدور مدينه برج مجمع منطقه مخرج دوار ميدان بلوك قطعه جنب قبال خلف مقابل "
    "رقم "
    "منزل بيت بوابه دور flat unit apartment apt suite building block floor district number villa plot sector zone "
    "house "
    "tower gate exit"
)
"""Words before a piece of an address."""
ADDRESS_CITIES: Final = word_set(
    "الرياض جده مكه الدمام الخبر الظهران تبوك ابها الطايف بريده عنيزه حايل نجران جازان ينبع الجبيل القصيم الاحساء "
    "القطيف "
    "عرعر سكاكا الباحه بيشه الخرج القاهره الاسكندريه الجيزه عمان بيروت دمشق بغداد دبي ابوظبي الشارقه الدوحه المنامه "
    "الكويت "
    "مسقط صنعاء عدن القدس غزه الخرطوم تونس الرباط اربد الزرقاء السعوديه مصر الاردن "
    "riyadh jeddah mecca makkah medina madinah dammam khobar dhahran tabuk abha taif buraidah hail jubail yanbu jizan "
    "cairo alexandria amman beirut dubai doha kuwait manama muscat london manchester birmingham leeds liverpool "
    "bristol "
    "glasgow edinburgh cardiff belfast dublin cork chicago boston seattle houston dallas austin denver miami atlanta "
    "phoenix philadelphia toronto vancouver montreal sydney melbourne california texas florida illinois ohio arizona "
    "colorado georgia michigan oregon nevada virginia massachusetts pennsylvania england scotland wales ireland"
)
"""Ends of an address: a code follows at most."""
_POSTCODE: Final = re.compile(r"\b(?:[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]{4} ?\d{4})\W*$")
"""A British postcode, or a Saudi short address."""
_ZIP_DIGITS: Final = (5, 9)
_MANY_PIECES, _WORDS_OF_PIECE, _SHORT_ADDRESS, _LONG_ADDRESS, _SHORT_CODE = 3, 3, 5, 14, 8
_BEHIND_COMMA: Final = re.compile(r"[,،] *(?:[^\W\d]+ ?){1,2}\W*$")
_COMMA: Final = re.compile(r"[,،\-–—]\s*$")

_NAME_AWAITS: Final = word_set(
    "mr mrs ms miss doctor dr professor prof sir madam van von de der den la le del di al el bin ibn abd abdul abu "
    "umm bint mister miss sheikh "
    "mac mc saint عبد بن بنت ابو ابن ام ال دكتور دكتوره الدكتور الدكتوره استاذ الاستاذ والاب والام والاسم السيد "
    "السيده ولد مستر مسز مدام ابله مهندس المهندس مهندسه المهندسه الشيخ"
)
"""Beginnings of a name, or titles before one."""
_ABOUT_NAME: Final = word_set(
    "my the full first last name names surname family given is it's its it that's that yes yeah sure ok okay so well "
    "of "
    "course i'm i am this here under booking and hi hello should be would um uh er please thanks thank you sir "
    "speaking "
    "company called in اسمي الاسم اسم هو انا معك معاك معاكي معكم اخوك اختك ايه نعم باسم الحجز حضرتك الكامل كامل طيب "
    "والله "
    "لو سمحت شكرا اسمه اسمها ب هلا اهلا الاول العايله"
)
"""Words around a name."""
_NAMES_ONESELF: Final = word_set("name اسمي الاسم اسمه اسمها معك")
_NO_NAME: Final = word_set(
    "not don't didn't no same why what already you your he she they we don't can't do does did have has had who "
    "which how "
    "was were like just everyone because if when ما ليش لا نفس وش كيف مين مو مب عندكم عندي لان اذا هذا هذي اللي ابي "
    "ابغي"
)
"""Words that no name has."""
_COMPANY: Final = word_set("شركه مؤسسه الشركه المؤسسه مؤسسه موسسه company")
FULL_NAME: Final = 2
"""How many names a full name has at least."""
_LONG_NAME: Final = 4
_MAY_END: Final = Judged("unknown", "answer_part")


def judge_address(plain: str, words: Sequence[str]) -> Judged:
    """Judge a folded text and its words as an address that was asked for. `NOT_TOLD` where grammar has to tell."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    bare = last[1:] if last[0] == "و" else last
    if last in _ROUTE_GOES_ON or (bare in _AWAITS_MORE and before not in _POINTS_AT):
        return Judged("open", "answer_part")
    if len(words) > _LONG_ADDRESS:
        return NOT_TOLD
    is_zip = last.isdecimal() and len(last) in _ZIP_DIGITS and len(words) > 2 and before not in _ADDRESS_PIECES
    if _POSTCODE.search(plain) or is_zip:
        return Judged("complete", "answer_whole")
    if last in ADDRESS_CITIES:
        return Judged("complete", "short_answer")
    letters, start = spelled_tail(words)
    if letters and start == 0 and len(words) < _SHORT_CODE:
        return Judged("open", "answer_part")
    pieces = sum(word.removeprefix("ال") in _ADDRESS_PIECES for word in words)
    streets = sum(word in _STREETS for word in words)
    if (pieces or streets) and _COMMA.search(plain):
        return Judged("open", "answer_part")
    parts = pieces + streets
    if parts:
        # A city, the number before a street, and what stands behind one: "Crossley Lane, Huddersfield".
        parts += not ADDRESS_CITIES.isdisjoint(words)
        parts += streets > 0 and (words[0].isdecimal() or words[0] in SPOKEN_DIGITS)
        behind = _BEHIND_COMMA.search(plain)
        is_place = behind is not None and _ADDRESS_PIECES.isdisjoint(behind[0].split())
        parts += last not in _STREETS and (is_place or before in _STREETS)
    if parts >= _MANY_PIECES and len(words) <= _WORDS_OF_PIECE * parts:
        return Judged("complete", "short_answer")
    is_number = last.isdecimal() or last in SPOKEN_DIGITS
    if is_number and before in _ADDRESS_PIECES and pieces == 1 and len(words) <= _SHORT_ADDRESS:
        return Judged("open", "answer_part")
    return _MAY_END if pieces or streets or is_number else NOT_TOLD


def judge_name(words: Sequence[str], length: int) -> Judged:
    """Judge folded words as a name that was asked for. `NOT_TOLD` where grammar has to tell.

    `length`: how many names are awaited, "full name": two; 0: not known.
    """
    if words[-1] in _NAME_AWAITS:
        return Judged("open", "answer_part")
    names = [word for word in words if word not in _ABOUT_NAME and word not in _NAME_AWAITS]
    if len(names) > _LONG_NAME or words[-1] in _ABOUT_NAME or not _NO_NAME.isdisjoint(words):
        return NOT_TOLD
    names = [word for word in names if word not in _COMPANY]
    # Behind other words than "my name is" a name is seldom all: "it's double barrelled, it's Harcourt".
    framed = words[0] in _ABOUT_NAME and _NAMES_ONESELF.isdisjoint(words)
    if len(names) >= 2 and framed:
        return _MAY_END
    if len(names) >= 2:
        # An Arabic name ends with that of the family, which has an article or is an adjective.
        family = (
            not is_arabic(names[-1])
            or len(names) > 2
            or any(name.startswith("ال") or name.endswith("ي") for name in names[1:])
        )
        return Judged("complete", "short_answer") if family else _MAY_END
    if length >= FULL_NAME:
        return Judged("open", "answer_part")
    return _MAY_END
