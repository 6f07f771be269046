"""Sort Arabic words by what they do to the end of an utterance. All words are folded, and without hamza."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.arabic_verbs import ArabicVerb, verb_of

ArabicKind: TypeAlias = Literal[
    "filler", "prep", "about", "with_pronoun", "of", "of_pronoun", "when", "that", "that_pronoun", "which", "link",
    "not", "pronoun", "this", "asks", "whether", "every", "rank", "must", "verb", "definite", "mine", "label",
    "construct", "head", "time", "adverb", "count", "number", "adjective", "matter", "bare", "phrase",
]  # fmt: skip
"""
        What a word is. `prep` ... `every`: they need noun. `about`: names what is to be told («بخصوص»).
        `with_pronoun`, `of_pronoun`: preposition («عندي», «فيه») and possessor («حقي») that have theirs. `when`:
        «لما», «اذا»; its clause needs another. `that`: «ان», «لان»; clause. `which`: relative pronoun. `rank`:
        «اول», «اقرب»: before noun, or alone behind one. `must`: modal without the letters of verb. `mine`: noun
        with `label`: one whose value next («رقمي»). `construct`: first half pair («شارع»). `head`: may («موعد»).
        `count`: «ثلاث». `matter`: «مشكله», «استفسار»: whole by grammar, yet callers go on. `phrase`: in word.
    """


class ArabicWord(NamedTuple):
    """Hold what one word of a transcript is."""

    text: str
    kind: ArabicKind
    joined: bool = False
    """It has «و» or «ف» in front."""
    verb: ArabicVerb | None = None


_BY_KIND: Final[dict[ArabicKind, str]] = {
    "filler": "ا اا م مم ام امم هم همم اهم ااه اوه ايم يعني الصراحه صراحه بصراحه المهم "
    "اسمع شوف شف شوفي اسمعي اسمعني بالله والله اصلا طبعا",
    "prep": """
        في من علي الي عن مع عند بين بدون قبل بعد خلال حسب ضد مثل متل زي غير بسبب رغم جنب قدام ورا خلف بجانب مقابل
        حول تجاه ضمن عبر لدي حتي لغايه لين لحد بدال بدل عشان علشان لجل لاجل الا سوي عدا ب ل ك ع منذ دون داخل وسط
        خارج امام حوالي طول نفس منشان مشان بنفس لنفس فوق تحت باتجاه
    """,
    "about": "بخصوص بالنسبه بشان",
    "of": "حق حقت حقه تبع بتاع بتاعت",
    "when": "اذا لو لما لمن حين حينما عندما وقتما بعدما قبلما كلما حالما طالما بينما",
    "that": "ان انو بان لان حيث علما لكون كون فان لعل ليت كن",
    "that_pronoun": """
        انه انها انهم اني اننا انك انكم بانه باني بانها لاني لانه لانها لانهم لاننا لانك لانكم لانو كانه كاني
        كانها كانهم لكنه لكني لكنها لكنهم
    """,
    "which": "اللي الذي التي الذين يلي اللذي",
    "link": "و او ثم بس لكن ولا ام اما ف سوا سواء",
    "not": "ما لا لم لن مو ماهو مب مهوب مش ليس ليست لست مهو ماني مانيب ماهي مهي ميب مانا محد ماحد",
    "pronoun": "انا انت انتي انتم انتو احنا حنا نحن هو هي هم هما انتوا هيا",
    "this": "هذا هذي هذه ذا ذي ذاك ذيك هذاك هذيك هذول هاذا هاذي هاي هاد هيدا ده دي دول دا هذولا تلك ذلك هذان",
    "asks": """
        وش ايش ايه شو شنو ويش وين فين متي كم بكم ليش ليه كيف شلون مين منهو ازاي امتي اين لماذا ماذا اشلون ايمتي
        قديش وينه وينها وينهم وينكم فينه فينها لمين لمتي باي بايش لوين منين بمن وشو وشي وشهو بكام كام علاش ايهم
        ايهما كيفك كيفكم
    """,
    "whether": "هل",
    "every": "كل بعض اي اغلب جميع معظم كافه مجرد",
    "rank": "اكثر اقل احسن افضل اقرب ارخص اسرع اعلي اكبر اصغر اجدد اخر ثاني اول ثالث اهم اسوا تاني رابع خامس",
    "must": """
        ممكن لازم المفروض مفروض يمكن ضروري ناوي ناويه محتاج محتاجه محتاجين عايز عايزه عاوز عاوزه بدي بدنا بدك بدكم
        بدها بده حاب حابب حابه حابين ودي ودنا ودك ودكم وده ودها ياليت ياريت ينفع يمديني يمدي مضطر مضطره قاعد قاعده
        تبون يبون تبين بامكاني بامكانك بامكانكم قصدي اقصد ابا بودي وددت نفسي يرجي ارجو نرجو ودت بغينا رح
    """,
    "label": """
        الاسم الرقم البريد الايميل العنوان التاريخ الرمز الكود القراه المبلغ الوزن السعر العمر الموقع اسمي رقمي
        عنواني ايميلي بريدي رقمه اسمه اسمها عنوانه عنوانها تاريخه ايميله ايميلها جوالي جواله هويتي اقامتي رمزي
        الجوال الهويه الاقامه استفساري سوالي مشكلتي الموضوع المشكله السوال الاستفسار السبب
    """,
    "construct": """
        شارع حي مدينه رقم اسم كود رمز سعر قيمه بنت ولد ابو بن ابن عبد عماره برج بنايه عدد رسوم صاحب شهر الساعه ام
        باسم برقم لرقم بشارع لحي بحي لمدينه بمدينه بتاريخ الدكتور الدكتوره الاستاذ المهندس السيد السيده الشيخ
        نهايه بدايه كلمه طريق اساس حاره دوار ميدان مبلغ تاريخ عنوان ابنا ال لاسم برمز عيله الدور الطابق يا ايها
        صاله بوابه ابله مستر مس مدام الملك الامير الاميره الامام الحاج
    """,
    "head": """
        موعد شركه بنك فرع حساب بطاقه شقه دكتور دكتوره استاذ مهندس شيخ فاتوره موظف مندوب مدير قسم بيت باب محطه
        مستشفي منطقه مبني قريه خدمه بريد ايميل جوال اخت اخو زوجه زوج مركز سوق مول مسجد مدرسه وزاره مخرج باقه كرت
        شهاده رخصه تامين جهاز عقد قرض تذكره رحله غرفه طاوله وجبه لحساب بحساب لحد سياره
    """,
    "time": """
        اليوم امس بكره بكرا الحين هلا هلق دلوقتي الان بدري الصبح الظهر العصر المغرب العشا الفجر الليل المسا الصباح
        الليله البارح البارحه امبارح مبارح السبت الاحد الاثنين الثلاثا الاربعا الخميس الجمعه الماضي الماضيه الجاي
        الجايه القادم القادمه شوي بعدين غدا باكر حالا فورا يوميا شهريا سنويا النهارده حاليا ساعتين يومين اسبوعين
        شهرين سنتين زمان يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر محرم رجب شعبان
        رمضان شوال الشهر الاسبوع السنه العام بالليل بالنهار الصبحيه يوم اسبوع ساعه سنه ايام دقيقه لحظه ثواني قريبا
    """,
    "adverb": """
        جدا مره كثير كتير برضو برضه كمان ايضا كذا كده هيك فقط مثلا تماما ابدا هنا هناك هنيه هون فوق تحت برا جوا
        يمين يسار دايم دايما حيل واجد اوي خالص بسرعه غالبا تقريبا لحالها لحاله لحالي مرتين مرات نهائيا اطلاقا
        مباشره زياده لسه لسا قوي توه توها توني شخصيا سوي فجاه احيانا راح عموما كلها كله كلهم نفسه نفسها اياه اياها
        عادي
    """,
    "count": "ثلاث اربع خمس ست سبع ثمان تسع عشر تلات تمن تمان",
    "number": """
        صفر واحد وحده اثنين ثنين ثنتين اتنين ثلاثه تلاته اربعه خمسه سته سبعه ثمانيه تمانيه تسعه عشره احدعش اثنعش
        طنعش ثلطعش اربعطعش خمسطعش ستطعش سبعطعش ثمنطعش تسعطعش عشرين ثلاثين تلاتين اربعين خمسين ستين سبعين ثمانين
        تمانين تسعين ميه ميتين مئه ماتين مايه الف الفين الاف مليون ثلاثميه تلتميه اربعميه خمسميه ستميه سبعميه
        ثمانميه تسعميه دبل ثمنميه نص ربع
    """,
    "bare": """
        جده مكه المدينه الرياض الدمام الخبر الطايف تبوك ابها احد مصر دبي الكويت الاردن القاهره عمان ينبع يوسف ياسر
        يحيي ياسين يزيد يارا ياسمين
    """,
    "matter": """مشكله استفسار سوال شكوي موضوع ملاحظه اقتراح طلب خدمه بلاغ مشكلتين استفسارين طلبين شي حاجه""",
    "adjective": """
        متاخر خربان غلط ناقص بارد غالي ضايع سي رخيص بطي طافي فاضي مليان زعلان راضي تعبان مريض جاهز صعب سهل حلو وسخ
        نظيف قديم جديد صغير كبير خايس موجود واقف شغال سليم تالف طويل قصير خاطي باين واضح كامل رايع ممتاز ساكن داخل
        حاجز دافع كويس وحش عالي ازرق احمر اسود ابيض اخضر بني عاطل تمام زين صحيح صح طيب مضبوط اكيد راكب نازل طالع
        جاي رايح نايم غايب بسيط كافي حار مالح حامض موافق خلاص
    """,
}

ARABIC_NAMES: Final = word_set(_BY_KIND["bare"])
"""Names whose letters say something else."""
_PREPOSITIONS: Final = word_set(
    """
        في من عن مع عند ل ب علي عل الي ال بين قبل بعد بدون مثل متل زي جنب قدام ورا خلف حول غير عشان علشان لدي ضد
        فوق تحت بدال بدل وسط داخل مقابل بجانب معا لعند فين
    """
)
_POSSESSORS: Final = word_set("حق حقت تبع بتاع بتاعت")
_PRONOUNS: Final = word_set("ي ه ها هم ك كي كم كن نا و ني يا")
_NOUN_STEMS: Final = word_set(
    """
        شحن طلب طرد فاتور بطاق حساب موعد حجز تذكر جهاز سيار غرف مبلغ فلوس اشتراك باق شريح خط رصيد راتب قرض تامين
        عقد عنوان رقم اسم بريد ايميل جوال هوي اقام رخص جواز شقق شق بيت عمار شارع حي مدين بنت ولد والد ام اب ابو اخ
        اخو اخت زوج عم خال جد عيل عايل اهل مدير موظف مندوب سايق سواق دكتور مدرس شركت شرك مؤسس موسس شغل دوام مكتب
        محل متجر مشكل سوال استفسار شكوي شكو موضوع ملاحظ معامل بلاغ سعر وزن عمر لون حجم مقاس نوع عدد تاريخ موقع رمز
        كود كلم شنط جزم عبا كرتون علب منتج قطع صور ملف تقرير نتيج تحليل عملي دوا وصف صف باص حرار صوت رسال مكالم
        عداد كهربا مويه نت راوتر تطبيق برنامج حضر اسر صلاحي بطار شاش صيان ضمان حوال ايبان وقت قصد كلام راي حق باب
        ريح شكل طعم حال بيانات معلومات صديق صاحب خوي جار خدم مطعم اكل وجب طاول توصيل عرض خصم قسيم كوبون مقعد رحل
        فرع قسم بنك ذم هاتف موبايل تلفون نمر
    """
)
"""Nouns without their ending that carry pronouns: «شحنتي», «طلبي»."""

_WITH_PRONOUNS: Final[dict[str, ArabicKind]] = {
    **dict.fromkeys((stem + pronoun for stem in _PREPOSITIONS for pronoun in _PRONOUNS), "with_pronoun"),
    **dict.fromkeys((stem + pronoun for stem in _POSSESSORS for pronoun in _PRONOUNS), "of_pronoun"),
    "مني": "with_pronoun",
    "عني": "with_pronoun",
    "مننا": "with_pronoun",
    "معاي": "with_pronoun",
}
_KIND_OF_WORD: Final = _WITH_PRONOUNS | {word: kind for kind, words in _BY_KIND.items() for word in words.split()}

_ADJECTIVES: Final = word_set(_BY_KIND["adjective"])
_PARTICIPLE: Final = re.compile(r"م..و.|مت...?|من..ي?|مست...?")
"""A passive participle tells of its subject: «مكسور», «متوقف», «منتهي», «مستعمل»."""
_MASDAR: Final = re.compile(r"ت..ي.ه?")
"""«تحويل», «تجربه»: a noun that begins as a verb does."""
_AGREEMENT: Final = ("ه", "ين", "ات", "ا")


def _noun_kind(word: str) -> ArabicKind | None:
    for pronoun in ("ي", "ه", "ها", "هم", "ك", "كم", "كي", "نا", "و"):
        if word.endswith(pronoun):
            stem = word.removesuffix(pronoun)
            if stem in _NOUN_STEMS or (stem[-1:] == "ت" and stem[:-1] in _NOUN_STEMS and len(stem) > 2):
                return "mine"
    return None


def _kind_of(word: str) -> tuple[ArabicKind, ArabicVerb | None] | None:
    """Return what a word is that tells it by itself."""
    if kind := _KIND_OF_WORD.get(word):
        return kind, None
    if word[0].isdigit():
        return "number", None
    for ending in _AGREEMENT:
        stem = word.removesuffix(ending)
        if stem in _ADJECTIVES or (len(stem) >= 4 and _PARTICIPLE.fullmatch(stem)):
            return "adjective", None
    verb = verb_of(word)
    if verb and (verb.governs == "verb" or word.endswith(("ه", "ها", "هم", "و"))):
        return "verb", verb
    if kind := _noun_kind(word):
        return kind, None
    if verb:
        return "verb", verb
    if word.startswith("ال") and len(word) > 3:
        return "definite", None
    if word.startswith(("بال", "لل", "عال", "كال", "هال")) and len(word) > 4:
        return ("definite" if word.startswith("هال") else "phrase"), None
    return None


SOME_VERB: Final = ArabicVerb("nothing", past=False, object=False, of_person=False)


@lru_cache(maxsize=4096)
def read_word(word: str) -> ArabicWord:
    """Return what a folded word is; `bare`: a noun, a name or an adjective, as far as is known."""
    plain = word.replace("ء", "") or word
    for joined, rest in ((False, plain), (True, plain[1:] if plain[0] in "وف" and len(plain) > 2 else "")):
        if rest and (found := _kind_of(rest)):
            return ArabicWord(rest, found[0], joined, found[1])
    if len(plain) >= 4 and plain[0] == "ي" and plain[1] >= "\u0600":
        return ArabicWord(plain, "verb", verb=SOME_VERB)
    if len(plain) > 4 and plain[:2] == "وي":
        return ArabicWord(plain[1:], "verb", joined=True, verb=SOME_VERB)
    if (
        len(plain) > 4
        and plain.endswith(("تها", "ته", "تهم", "وني", "توا", "وها", "تني"))
        and not _MASDAR.fullmatch(plain)
    ):
        return ArabicWord(plain, "verb", verb=ArabicVerb("nothing", past=True, object=True, of_person=False))
    if len(plain) > 3 and plain[0] in "بل" and _noun_kind(plain[1:]):
        return ArabicWord(plain, "phrase")
    return ArabicWord(plain, "bare")


_BEFORE_CLAUSE: Final = word_set("بعد قبل اول كل وقت حسب مثل زي متل بدل بدال طول حيث لين لحد ساعه غير الا يوم وين")


def read_words(texts: Sequence[str]) -> list[ArabicWord]:
    """Return what folded words are; those that open a clause together are one: «بعد ما», «عشان كذا»."""
    read = [read_word(text) for text in texts]
    words: list[ArabicWord] = []
    at = 0
    while at < len(read):
        word = read[at]
        following = read[at + 1] if at + 1 < len(read) else None
        previous = words[-1] if words else None
        if following is None:
            words.append(word)
        elif word.text in _BEFORE_CLAUSE and following.text in ("ما", "لا", "ان") and not following.joined:
            if previous is not None and previous.text == "من" and not word.joined:
                word = ArabicWord(word.text, word.kind, words.pop().joined)
            words.append(ArabicWord(word.text + " " + following.text, "when", word.joined))
            at += 1
        elif word.text in ("يوم", "لين", "لحد", "ساعه", "وقت") and following.kind == "verb" and not following.joined:
            if previous is not None and previous.text == "من" and not word.joined:
                word = ArabicWord(word.text, word.kind, words.pop().joined)
            words.append(ArabicWord(word.text, "when", word.joined))
        elif word.text in ("عشان", "علشان") and following.text in ("كذا", "كده", "هيك"):
            words.append(ArabicWord("عشان كذا", "link"))
            at += 1
        elif word.text in ("عشان", "علشان", "لجل", "حتي") and following.kind in ("verb", "not", "must", "pronoun"):
            words.append(ArabicWord(word.text, "when", word.joined))
        else:
            words.append(word)
        at += 1
    return [in_place(word, words[at - 1] if at else None) for at, word in enumerate(words)]


_VERBAL: Final = re.compile(r"(?:[تن]|ا(?!ل))...+")


def in_place(word: ArabicWord, before: ArabicWord | None) -> ArabicWord:
    """Return a word as what stands before it makes of it: a noun that looks like a verb, or the other way round."""
    kind = before.kind if before else None
    noun = word.verb is not None and word.verb.stem and not word.joined
    if noun and kind in ("prep", "with_pronoun", "construct", "every", "number", "count", "rank", "of", "head"):
        return ArabicWord(word.text, "bare")
    if word.kind == "bare" and _VERBAL.fullmatch(word.text) and kind in ("not", "must", "when", "which", "pronoun"):
        return ArabicWord(word.text, "verb", word.joined, SOME_VERB)
    return word
