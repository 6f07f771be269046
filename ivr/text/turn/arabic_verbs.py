"""Tell an Arabic verb from its stem, and what it governs: nothing, an object, two, a clause, another verb.

Dialects conjugate with the same few letters (ت نا وا before the object in the past, ا ي ت ن in front in the present,
ب ح ه س for what will be), so a table of stems is enough. All words are folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from ivr.text.segment.punctuation import word_set

Governs: TypeAlias = Literal["nothing", "object", "two", "clause", "thought", "verb", "subject", "moves", "is", "may"]
"""What a verb needs behind it. `object`: a thing. `two`: a person and a thing. `clause`: what is said or asked.
`thought`: what is known or believed. `verb`: another verb, or a thing. `moves`: nothing, and a verb may follow that
tells what for. `is`: a predicate. `may`: an object, or none. `subject`: nothing but who does it."""


@dataclass(frozen=True, slots=True)
class ArabicVerb:
    """Hold what is known of one form of a verb."""

    governs: Governs
    past: bool
    object: bool
    """A pronoun hangs on it: «أرسلته», «عطني»."""
    of_person: bool
    """The pronoun is a person who says, hears or gets: «عطني», «كلمك»."""
    stem: bool = False
    """It has no letters but those of its stem: it may be a noun as well («طلب», «عرض»)."""


_STEMS: Final[dict[Governs, str]] = {
    # past stems / present stems; stems of several forms with a comma between them.
    "object": """
        طلب/طلب استلم/ستلم ارسل,رسل,رسلو,ارسلو/رسل شري,شرا,اشتري,اشترا/شتري,شتر دفع/دفع,دفعو حجز/حجز غير/غير
        الغي,لغي,الغا,لغا/لغي,لغ حول/حول فتح/فتح حمل/حمل نزل/نزل سوي,سوا/سوي,سو عمل/عمل كتب/كتب سجل/سجل حدث/حدث
        جدد/جدد فعل/فعل شغل/شغل ركب/ركب شال,شل/شيل حط,حطي/حط نسي,نسا/نسا,نسي اخذ,خذ/اخذ,خذ جاب,جب/جيب
        لقي,لقا/لقي,لقا,لاقي رفع/رفع كسر/كسر صور/صور رفض/رفض قبل/قبل استخدم/ستخدم ضغط/ضغط عبي,عبا/عبي,عبا بدل/بدل
        استبدل/ستبدل ضيف,اضاف,ضاف,اضف/ضيف شاف,شف/شوف -/رجع حذف/حذف مسح/مسح سحب/سحب خصم/خصم وقف,اوقف/وقف قفل/قفل
        سكر/سكر ثبت/ثبت نظف/نظف صلح/صلح شحن/شحن عدل/عدل كلم/كلم راسل/راسل ضيع/ضيع فقد/فقد قدم/قدم عرض/عرض
        اختار,اختر/ختار طبع/طبع استرجع/سترجع استرد/سترد قسط/قسط مدد/مدد نقل/نقل سدد/سدد استعمل/ستعمل استاجر/ستاجر
        اجر/اجر باع,بع/بيع وصي/وصي زود/زود نقص/نقص قابل/قابل ودي/ودي سلم/سلم جهز/جهز رتب/رتب قيم/قيم حل/حل ضرب/ضرب
        صدم/صدم لمس/لمس شاهد/شاهد ذكر/ذكر احط/حط انشا/نشي ربط/ربط مسك,امسك/مسك دور/دور ابلغ,بلغ/بلغ شكر/شكر
    """,
    "two": """
    عطي,اعطي,عطا,اعطا,عط,اعط,عطو,عطيتو/عطي,عط وري,ورا/وري,ور ناول/ناول
    """,
    "clause": """
    قال,قل,قالو,قالي/قول,قل خبر,اخبر/خبر سال/سال استفسر/ستفسر استعلم/ستعلم ظن/ظن اعتقد/عتقد توقع/توقع حسب/حسب حس/حس
    """,
    "thought": """
    عرف/عرف دري/دري فهم/فهم فكر/فكر تاكد/تاكد لاحظ/لاحظ اكتشف/كتشف
    اكد/اكد اتاكد/تاكد تذكر/تذكر
    """,
    "verb": """
        بغي,بغا/بغي,بغا,بي,بغ ابي/بي راد,اراد/ريد رغب/رغب قدر/قدر حاول/حاول حب,حبي/حب احتاج,احتج/حتاج قرر/قرر
        ود/ود بدا,بدي/بدا نوي/نوي فضل/فضل استطاع/ستطيع امكن/مكن تمني/تمني ضطر,اضطر/ضطر خلي,خلا/خلي,خل كمل/كمل
        استمر/ستمر عجز/عجز
    """,
    "moves": """
        راح,رح/روح جا,جي,جاي,اجي,اجا,جت/جي قام,قم/قوم قعد/قعد جلس/جلس رجع/رجع طلع/طلع نزل/نزل دخل/دخل مشي,مشا/مشي
        مر,مري/مر
    """,
    "is": """
    كان,كن,كانو/كون صار,صر/صير ظل/ظل اصبح/صبح بقي/بقي
    """,
    "nothing": """
        وصل/وصل خرب/خرب تاخر/تاخر خلص/خلص انتهي,انته,انتها/نتهي,نته اشتغل/شتغل انقطع/نقطع فصل/فصل علق/علق
        مات,مت/موت توفي,توفا/توفي سافر/سافر نام,نم/نام حضر/حضر رد,ردي/رد اتصل,تصل/تصل تواصل/تواصل سكن/سكن
        داوم/داوم تكلم/تكلم تحدث/تحدث انتظر/نتظر استني/ستني اصبر/صبر ضبط/ضبط زبط/زبط انكسر/نكسر انسرق/نسرق
        انخصم/نخصم انقفل/نقفل اختفي/ختفي سقط/سقط طاح,طح/طيح هبط/هبط ارتفع/رتفع زاد,زد/زيد زعل/زعل تعب/تعب مرض/مرض
        ولد/ولد تزوج/تزوج اشترك/شترك سجد/سجد تعطل/تعطل تكرر/تكرر نفع/نفع سمح/سمح عجب/عجب ناسب/ناسب
        استفاد,استفد/ستفيد اعترض/عترض تاثر/تاثر صرخ/صرخ تهاوش/تهاوش اشتكي,شتكي,شكي/شتكي,شكي ضحك/ضحك كذب/كذب
        ماطل/ماطل تمزق/تمزق انفجر/نفجر وافق/وافق اعتذر/عتذر حصل/حصل بدء/بدء انلغي/نلغي الغت/لغت اتاخر/تاخر
        انفصل/نفصل سرب/سرب هرب/هرب نقط/نقط قطع/قطع هز,اهتز/هتز فرق/فرق اتغير,تغير/تغير تحول/تحول اتفق/تفق
        انرفض/نرفض تسكر/تسكر ستاهل/ستاهل بان/بين نقبل/نقبل نبعت,انبعت/نبعت ضاع,ضع/ضيع
    """,
    "may": """
        عيد,عاد,اعاد/عيد كرر/كرر ساعد/ساعد سمع/سمع جرب/جرب خدم/خدم رحب/رحب قرا,قري/قرا شرح/شرح وضح/وضح اكل/اكل
        شرب/شرب لبس/لبس طلق/طلق رفق/رفق بعت,بعث/بعت,بعث غلط/غلط راجع/راجع تابع/تابع عاين/عاين جاوب/جاوب صدق/صدق
        وقع/وقع اكتفي/كتفي الزم/لزم كفي/كفي ترك/ترك سحب/سحب اسكت/سكت اقفل/قفل
    """,
}


def _table(tense: int) -> dict[str, Governs]:
    table: dict[str, Governs] = {}
    for governs, stems in _STEMS.items():
        for entry in stems.split():
            table |= {stem: governs for stem in entry.split("/")[tense].split(",") if stem not in table}
    return table


_PAST_STEMS: Final = _table(0)
_PRESENT_STEMS: Final = _table(1)

_OBJECTS: Final = (
    ("", False, False), ("وني", True, True), ("ني", True, True), ("نا", True, True), ("ه", True, False),
    ("ها", True, False), ("هم", True, False), ("ك", True, True), ("كم", True, True), ("وه", True, False),
    ("وها", True, False), ("ونا", True, True), ("لي", False, True), ("له", False, True), ("لها", False, True),
    ("لك", False, True), ("لنا", False, True), ("لهم", False, True), ("لكم", False, True),
)  # fmt: skip
"""Endings that are an object, whether it is a thing that satisfies the verb, and whether it is a person."""
_PAST_ENDINGS: Final = ("", "ت", "تي", "نا", "وا", "و", "توا", "تو", "تم", "ا")
_PRESENT_ENDINGS: Final = ("", "ي", "ين", "ون", "وا", "و", "ن")
_PRESENT_PREFIXES: Final = (
    "ا",
    "ي",
    "ت",
    "ن",
    "با",
    "بي",
    "بت",
    "بن",
    "حا",
    "حي",
    "حت",
    "حن",
    "هي",
    "هن",
    "سا",
    "سي",
    "ست",
    "سن",
)


def stem_of(word: str) -> tuple[Governs, bool] | None:
    """Return what a form without its object governs, and whether it is of the past."""
    for ending in _PAST_ENDINGS:
        if word.endswith(ending) and (governs := _PAST_STEMS.get(word.removesuffix(ending))):
            return governs, True
    for ending in _PRESENT_ENDINGS:
        if word.endswith(ending):
            rest = word.removesuffix(ending)
            for size in (1, 2):
                if rest[:size] in _PRESENT_PREFIXES and (governs := _PRESENT_STEMS.get(rest[size:])):
                    return governs, False
    return None


_IMPERATIVES: Final = word_set(
    "عط حول كلم ارسل رسل غير الغ لغ اكتب كتب سجل جيب شيل حط خل خلي شوف قول قل خذ روح تعال عيد كرر ساعد كمل وقف قفل "
    "اتصل اختار عدل صلح دور اقرا سو سوي بدل رجع حدث فعل جدد افتح افتحي انتظر استن اصبر فهم ابعت ابعث خبر علم بلغ وري ور"
)
"""What a caller bids: the present without its first letter."""


@lru_cache(maxsize=4096)
def verb_of(word: str) -> ArabicVerb | None:
    """Return the verb that a folded word is a form of; None: none that is known."""
    for ending, is_object, of_person in _OBJECTS:
        if ending and not (word.endswith(ending) and len(word) > len(ending) + 1):
            continue
        rest = word[: len(word) - len(ending)]
        if found := stem_of(rest):
            return ArabicVerb(found[0], found[1], is_object, of_person, stem=word in _PAST_STEMS)
        for form in (rest, rest.removesuffix("وا"), rest.removesuffix("و"), rest.removesuffix("ي")):
            if form in _IMPERATIVES and (
                governs := _PRESENT_STEMS.get(form, _PRESENT_STEMS.get(form.removeprefix("ا")))
            ):
                return ArabicVerb(governs, False, is_object, of_person)
    return None
