"""Tell from the agent's words what the caller is asked for, in Arabic and English.

The last sentence that asks counts; what is said behind it ("It has 13 digits.") belongs to it. A choice between things
("morning or evening?") has no kind of its own: it is `open`.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.dates import BIRTH_DIGITS
from ivr.text.turn.answer.numbers import LONG_NUMBER, SPOKEN_DIGITS, read_dictation
from ivr.text.turn.answer.places import FULL_NAME
from ivr.text.turn.answers import CHOICE
from ivr.text.turn.words import AnswerKind, folded, words_of

_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟]*")
_MOST_CHARACTERS: Final = 600
"""Characters of the agent's last words that are looked at."""
_MOST_BEFORE_NOUN, _MOST_BEHIND_REQUEST = 40, 25
"""Characters between the beginning of a question, or a word that requests, and what it asks for."""

_LEAD: Final = re.compile(
    r"(?:(?:and|so|okay|ok|great|thanks|thank you|perfect|alright|all right|sure|sorry|now|well|then|but|please|good|"
    r"fine|lovely|right|yes|no|hello|hi|طيب|تمام|ممتاز|حسنا|شكرا|اهلا|حياك|تفضل|تفضلي|حضرتك|بس|لو سمحتي?|من فضلك)"
    r"(?!\w)\W*|\W+)*"
)
"""What a question may begin with."""
_OPEN: Final = re.compile(
    r"\b(?:how (?:can|may|could|should) (?:i|we) (?!spell|write)|how (?:did|was|are)|anything|any questions|can (?:i|"
    r"we) help|may i help|"
    r"(?:still|you) there|hear me|(?:could|can|would|will) you hold|hold on|please (?:hold|wait)|why|how come|"
    r"what (?:happened|seems|can|do you|did you|would you|else|are your symptoms|is (?:the|your) (?:problem|issue|"
    r"complaint|question))|"
    r"more about|tell me more|describe|explain|"
    r"(?:اي|هل من|عندك|لديك|في|فيه) (?:اي )?(?:استفسار|خدمه|ملاحظ|سؤال|اسئل|شي\b|شيء|مساعد)\w*|اي (?:طلب|شكوي|"
    r"مشكل)\w*|"
    r"شيء? (?:ثاني|اخر|تاني|غيره)|غير كذا|ممكن ت(?!عط|زود|قول|كتب|قرا|هج|رسل|ذكر|مل|نطق|عيد|كرر|حدد|خبر|علم|سجل|دخل|"
    r"اكد)\w+|ت?شرح|اشرح|ت?وضح|ا?حكي?لي|تحكي|"
    r"صف لي(?! (?:ال)?(?:موقع|عنوان|مكان|طريق|بيت|منزل))|"
    r"^(?:انتظر|لحظ|دقيق|ثواني)\w*|كيف(?! (?:\w+ )?(?:[يتنا]ن?|تت|نت|يت)(?:كتب|هج)\w*| (?:يوصل|نوصل|اوصل))|شلون|ازاي|"
    r"ليش|لماذا|ليه|تسمعني|"
    r"معي علي الخط)\b"
)
"""Questions that may be answered with anything, although they begin as others do."""
_REQUEST_EN: Final = re.compile(
    r"(?:^|, )(?:(?:can|could|would|will) you (?:please |just |kindly |also |mind )*(?:tell|telling|giving|spelling|"
    r"give|say|spell|confirm|read|repeat|provide|"
    r"enter|type|share|let|state|verify|key|send|remind)|(?:may|can|could) (?:i|we) (?:please |just |also )*"
    r"(?:have|ask|know|take|get|see)|would you mind)\b"
)
"""A request in the form of a question that is answered with yes or no."""
_TELL_EN: Final = re.compile(
    r"(?:^|, |\b(?:please|and) )(?:please )?(?:give|tell|say|enter|provide|spell|confirm|read|key in|type|state|"
    r"share|let me)\b|"
    r"\bi(?:'ll| will|'d)? (?:just |also )?(?:need|like) (?:your|the|to know)\b|\bplease\W*$"
)
_TELL_AR: Final = re.compile(
    r"\b(?:ا?عط(?:ني|يني|نا|ينا)|ا?ت?مل(?:ني|يني|ي)?|ت?وصف لي|صف لي|انطق|انطقي|سجل لي|سجلي|هات|هاتي|[اتع]?عيدي? علي|"
    r"كرر|"
    r"[اك]?كملي? لي|تفضلي?|ارسل(?! لك)|ارسلي|اقرا|اقري|ق[وا]?لي?|حدد|حددي|احتاج|نحتاج|اذكر|"
    r"اذكري|تهج[يا]\w*|زودني|زودنا|زوديني|اكتب|ادخل|ادخلي|ارجو|يرجي|الرجاء|خبرني|علمني|"
    r"تعط(?:ني|يني|نا|ينا)|تزود(?:ني|نا|يني)|تقول لي|تقولي|تكتب لي|تقرا لي|اب[يغ]ي?|نب[يغ]ي?|اعرف|لو سمحتي?|"
    r"من فضلك|ممكن(?! (?!اعرف|نعرف|اخذ|ناخذ|ال|اسم|ايميل|اخر|ارقام|اعط)[ان]\w\w))\b"
)
_WHETHER: Final = re.compile(
    r"\b(?:confirm|tell me|know|say|verify) (?:that|whether|if)\b|\byes or no\b|\bsay yes\b|\bنعم (?:او|ولا|ام) لا\b"
)
_AGAIN: Final = re.compile(r"\b(?:spell|repeat|read|say) (?:that|it|this)\b")
_REFERS: Final = re.compile(
    r"(?:(?:what(?:'s|s| is| was)|which is) (?:it|that|this)|(?:can|could|would|will)? ?(?:you )?(?:please )?(?:tell|"
    r"give|"
    r"read|spell|say|repeat)(?: me| us)? (?:it|that|them)|(?:وش|ايش|ما|كم|شنو) (?:هو|هي)|(?:ا?عطني|عطنا|اقرا|قول|املي|"
    r"ارسل)\w*(?: لي| علي)? ?(?:اياه|اياها)|(?:اقراه|اقراها|قوله|قولها|املاه)(?: لي| علي)?)(?: (?:for me|to me|"
    r"please|out|"
    r"again|now|لو سمحتي?|بالضبط))*\W*$"
)
"""Asks for what was named before."""
_AUXILIARY: Final = re.compile(
    r"(?:is|are|am|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|must)(?:n't)?\b|"
    r"won't\b"
)
_QUESTION_TAG: Final = re.compile(
    r"\b(?:right|correct|okay|ok|or not|isn't it|aren't you|sounds? good|all good|is that (?:so|fine|all right)|"
    r"does that (?:work|suit)\b.*|yes or no|"
    r"صح|صحيح|صحيحه|نفسها?|شغال|يناسبك|لسه|تمام|مضبوط|اوكي|مزبوط|(?:ولا|او|ام) لا|موافق|اليس كذلك|كذا|زين)\W*$"
)
"""Last words that make a question of a statement."""
_WH: Final = re.compile(
    r"\b(?:what|what's|which|who|who's|whom|whose|where|where's|when|when's|how)\b|"
    r"^و?ما (?:هو|هي|ال\w+|اسم\w*|رقم\w*|عنوان\w*|تاريخ\w*|عدد|موعد|قيمه|مبلغ)\b|\b(?:ماذا|مين|ل?مين|اين|و?وين\w*|"
    r"فين|متي|امتي|كم|بكم|ايش|ايه|وش|شو|شنو|[بل]?اي|ايهما?|ايهم)\b|^من\b"
)
_CHOICE: Final = re.compile(r"\b(?:or|ولا|او|ام|والا|ايهما?|ايهم|اي واحد\w?)\b")
_ASIDE: Final = re.compile(
    r"\b(?:(?:by|via|to|with|into|from|against|under|in|on|at) (?:your |the |my |an? |this |that )?|the same |"
    r"(?:(?<!قرا )(?<!قري )(?<!عيد )(?<!عيدي )(?<!مل )(?<!ملي )(?<!كرر )علي|الي|في|عن|مع|من|نفس) )$"
)
"""Words before what is named, but not asked for."""
_INTERROGATIVE: Final = ("what ", "which ", "where", "when", "who", "اي ", "وين", "اين", "فين", "متي", "كم")
_PREFERS: Final = re.compile(r"\b(?:better|prefer|rather)\b.*\bor\b|\bhow would you like\b")
_STATEMENT: Final = re.compile(
    r"(?:you|you're|you've|you'd|it's|this is|these are|any|(?:your|the) [\w ]{2,40}? (?:is|was|are|has|hasn't|"
    r"isn't)|it|that's|there|there's|i|i'm|we|we're|he|she|they)\b|"
    r"(?:وصل|استلم|اقدر|نقدر|اتصل|متاكد|تبي|تبغي|تبغ|تحب|تريد|تود|تفضل|عندك|لديك|معك|تقدر|تعرف|تتذكر|تذكر|ترغب|توافق|"
    r"[ان]\w{2,5} لك(?:م)?\b|ودك|عاوز|بدك|حاب|نرسل|نكلم|"
    r"اكمل|احول|اكد|اقفل|انت|هو|هي|هذا|هذي|هذه|في|فيه|تم|جربت|فتحت|سبق|دفعت)\w*"
)
"""Beginnings of a question for yes or no that names things."""

_ANSWER_NOUNS: Final[tuple[tuple[AnswerKind, re.Pattern[str]], ...]] = (
    ("email", re.compile(r"\be-?mail|ايميل|\b(?:علي اي |وش )?(?:ال)?بريد(?:ك|كم)?\b(?! ?سعودي)")),
    (
        "date",
        re.compile(
            r"\b(?:(?:what|which) (?:\w+ )?(?:days?|date|time|month|year|night|week|morning|evening)|dates?|(?:month|"
            r"year) of|birth ?(?:day|date)|from when|"
            r"until when|"
            r"since when|when(?:'s)?|(?:best|good|preferred) (?:day|time|date))\b|متي\b|\bامت[يا]\b|"
            r"\b(?:كم )?(?:ال)?(?:تاريخ\w*|تواريخ\w*|ميلاد\w*)|"
            r"\b(?:من |في )?[بل]?اي (?:يوم|تاريخ|ساعه|وقت|شهر|سنه|ليله|اسبوع|فتره|موعد)|الساعه كم|كم الساعه|"
            r"(?:ال)?(?:يوم|وقت|"
            r"موعد) المناسب|\b(?:وش|ايش) (?:ال)?(?:يوم|وقت)"
        ),
    ),
    (
        "address",
        re.compile(
            r"\baddress\b|\bwhere\b|\bwhere's\b|\b(?:which|what) (?:\w+ )?(?:city|street|district|area|town|"
            r"neighbou?rhood|country|apartment|flat|building|suburb|block|villa|branch|emirate|state|village|zone|"
            r"gate|exit|compound)\b|\b(?:suburb|villa|emirate|neighbou?rhood)\b|\bstreet\b|\b(?:house|building|flat|"
            r"apartment) number|\blandmark|\blocation\b|"
            r"post ?code\b|\b(?:ال)?عنوان|\b(?:ال)?(?:موقع|مكان|لوكيشن|سكن)(?:ك|كم)?\b|\b(?:تسكن|ساكن)\w*|"
            r"\b[ولب]?وين|\bاين\b|\bفين|\bمنين\b|"
            r"\b(?:اسم |اي |رقم |وش |ايش |ما |حدد لي |سجل لي |عطني |اعطني )(?:هو |هي )?(?:ال)?(?:حي|شارع|مدينه|عماره|"
            r"منطقه|شقه|بيت|منزل|مبني|فيلا|"
            r"قطعه|مخرج|"
            r"بوابه|قريه|مركز|مجمع|دوار|فرع|محافظه|بلوك|دور)\b|^(?:ال)?(?:حي|شارع|مدينه)\b|\bمعلم\b|\bكيف (?:يوصل|"
            r"نوصل|اوصل)"
        ),
    ),
    (
        "name",
        re.compile(
            r"\bnames?\b|\bcalled\b|\bcall you\b|\bsurname|\bwho\b|\bwho's\b|\bwhom\b|"
            r"\b(?:which|what) (?:company|colleague|doctor|agent|passenger)|"
            r"\b[بل]?(?:ال)?(?:اسم|لقب|كنيه)(?:ك|كم|ها|ه|اء|كي|هم)?\b|\b[بل]?مين\b|\bمع من\b|\bمن (?:معي|المتصل|"
            r"الشخص|هو|هي|المستلم|المرسل|المريض|صاحب)\b|"
            r"\bاي (?:طبيب|دكتور|موظف)|\bمع اي\b"
        ),
    ),
    (
        "digits",
        re.compile(
            r"\bnumbers?\b|\bcodes?\b|\bplate\b|\bserial\b|\bpins?\b|\bdigits?\b|\b(?:id|iqama|iban|waybill|otp|zip|"
            r"reference|(?:last|"
            r"first) (?:three|four|five|six|\d)(?! \w+s\b)|"
            r"mobile|extension|mileage|odometer|temperature|weight|height|total|budget|salary|income|imei|barcode|"
            r"pnr|vin|cvv|registration|how (?:many|much|old|heavy)|age|reading|"
            r"amount|quantity|passcode)\b|"
            r"\b[بل]?(?:ال)?(?:رقم|ارقام|رمز|كود|هويه|هويت|اقامه|اقامت|جوال|ايبان|بوليصه|موبايل|تلفون|رقام|لوحه|"
            r"لوحات|سيريال|تحويله|باركود)"
            r"(?:ي|ك|كم|ها|ه|نا)?\b|\bكم\b"
        ),
    ),
)
"""What is asked for: the first of a question that is named decides."""

_BOTH: Final = re.compile(r"\b(?:and|or) (?:the |your )?|\bاو |\bو(?=ا)")
_FULL_NAME: Final = re.compile(
    r"full name|first and last|first name and|(?:ال)?اسم\w* (?:ال)?(?:كامل|ثلاثي|رباعي)|واسم"
)
_BIRTH: Final = re.compile(r"\bbirth|born\b|ميلاد")
_ARTICLE: Final = re.compile(r"(?:(?:the|your|ال) ?(?:\w+ )?)?")
_OF_TEN: Final = re.compile(r"\bال(\w+ عشره?\b)")
_SIZES: Final = word_set("digit digits character characters figures ارقام رقم رقما خانه خانات حرف حروف حرفا")
_LAST_SOME: Final = re.compile(r"\b(?:last|first|final|اخر|اول) (\w+)(?! (?:name|time))")
_KNOWN_LENGTHS: Final = (
    (re.compile(r"\biqama\b|\bnational id\b|\bresidence (?:id|permit)|هويه|هويت|اقامه|اقامت|سجل المدني"), 10),
    (re.compile(r"\biban\b|ايبان"), 24),
    (re.compile(r"\b(?:long|credit|debit|bank) card number|رقم (?:ال)?بطاقه (?:ال)?(?:مدي|ائتمان\w*|بنك\w*)"), 16),
    (re.compile(r"\bsort code"), 6),
    (re.compile(r"\bzip\b|رمز البريدي|رمزك البريدي"), 5),
    (re.compile(r"(?<!اخر )(?<!او )\b(?:ال)?جوال(?:ك|كم)?\b"), 10),
    (re.compile(r"رباعي"), 4),
    (re.compile(r"سداسي"), 6),
    (re.compile(r"سجل التجاري|رقم الموحد"), 10),
    (re.compile(r"ضريبي|\bvat (?:registration )?number"), 15),
    (re.compile(r"قومي"), 14),
)
"""Numbers whose length is known where it is not said: Saudi ones, the Egyptian identity number, cards, sort codes."""
_LONG_NAMES: Final = re.compile(
    r"\b(?:(?:air ?)?way ?bill|awb|tracking|consignment|shipment|imei) (?:number|code|id)\b|"
    r"\b(?:number|code) (?:of|for|on) (?:(?:the|your) )?(?:(?:air ?)?way ?bill|consignment|shipment)\b|"
    r"\b[بل]?(?:ال)?(?:رقم|كود|رمز) (?:ال)?(?:بوليص|شحن|تتبع)[هت]?(?:ك|كم|ي|ها|ه|نا)?\b"
)
"""Names of numbers that are long, of eight digits or more, without one length."""
_LEAST_LENGTH, _GREATEST_LENGTH = 3, 34


def asked_for(said: str) -> tuple[AnswerKind, int]:
    """Return what kind of answer the agent's last words ask for, and how many digits; 0: not known.

    `open` where they ask for nothing that has an end of its own. A length is told of other kinds too: `FULL_NAME` of a
    `name`, `BIRTH_DIGITS` of a `date`, `LONG_NUMBER` of `digits` whose name is that of long
    ones, `CHOICE` of an `open` answer that is one of the things that are offered.
    """
    behind = ""
    refers = False
    for one in reversed(_SENTENCE.findall(folded(said[-_MOST_CHARACTERS:]))):
        behind = f"{one} {behind}"
        sentence = one.strip()
        plain = _LEAD.sub("", sentence, count=1)
        # "I've sent you a code. What is it?"
        kind = (_first_noun(plain)[0] if refers else None) or _kind_of(sentence)
        refers = _REFERS.match(plain) is not None
        if refers:
            continue
        if kind == "digits":
            return kind, _length_of(behind)
        if kind == "name" and _FULL_NAME.search(sentence):
            return kind, FULL_NAME
        if kind == "date" and _BIRTH.search(sentence):
            return kind, BIRTH_DIGITS
        if kind == "open" and _CHOICE.search(sentence) and sentence.endswith(("?", "؟")) and not _OPEN.search(sentence):
            return kind, CHOICE
        if kind is not None:
            return kind, 0
    return "open", 0


def _kind_of(sentence: str) -> AnswerKind | None:
    """Return what a folded sentence asks for; None where it asks nothing."""
    is_question = sentence.endswith(("?", "؟"))
    plain = _LEAD.sub("", sentence, count=1)
    if not plain:
        return None
    asks = _WH.search(plain) is not None
    if _OPEN.search(plain) or (asks and _PREFERS.search(plain)):
        return "open"
    noun, at = _first_noun(plain)
    request = _REQUEST_EN.search(plain)
    # "Please tell me your ...", «عطني رقم ...»
    told = any(
        at - found.end() <= _MOST_BEHIND_REQUEST if found.start() < at else at <= _MOST_BEFORE_NOUN
        for pattern in (_TELL_EN, _TELL_AR)
        for found in pattern.finditer(plain)
    )
    if noun and not _WHETHER.search(plain) and (request or told):
        return noun
    if _WHETHER.search(plain) or plain.startswith("هل "):
        return "yes_no"
    if request:
        # "Can you spell that for me?" belongs to the question before it.
        return None if _AGAIN.search(plain) else "open"
    if not is_question:
        # «رقم الفاتورة، ثمانية أرقام.»
        short = _ARTICLE.fullmatch(plain[:at]) and len(plain) <= _MOST_BEFORE_NOUN
        return noun if short and (noun != "digits" or _length_of(plain)) else None
    if noun and asks and not plain.isascii():
        return noun
    # "Email or phone?", and not «رقم هوية أو إقامة؟»
    is_choice = _CHOICE.search(plain) is not None
    chooses = is_choice and not asks and noun != "digits"
    tag = _QUESTION_TAG.search(plain)
    inverted = _AUXILIARY.match(plain) or _AUXILIARY.match(plain.rsplit(", ", 1)[-1])
    for_yes_or_no = tag or inverted or _STATEMENT.match(plain)
    if noun and not chooses and not for_yes_or_no and (asks or at <= _MOST_BEFORE_NOUN):
        return noun
    if tag:
        return "yes_no"
    if is_choice or (asks and not _AUXILIARY.match(plain)):
        return "open"
    return "yes_no"


def _first_noun(plain: str) -> tuple[AnswerKind | None, int]:
    """Return the kind of what is named first, and where; None: nothing is."""
    first: AnswerKind | None = None
    start = len(plain)
    for kind, pattern in _ANSWER_NOUNS:
        for found in pattern.finditer(plain, 0, start):
            if found[0].startswith(_INTERROGATIVE) or not _ASIDE.search(plain[: found.start()]):
                first, start = kind, found.start()
                break
    if first == "address" and _ANSWER_NOUNS[0][1].search(plain) and not _BOTH.search(plain):
        # "Which address should I e-mail?"
        return "email", start
    if first == "digits" and (behind := _BOTH.search(plain, start)) and _ANSWER_NOUNS[2][1].match(plain, behind.end()):
        # "The zip and street?"
        return "address", start
    return first, start


def _length_of(text: str) -> int:
    """Return how many digits are asked for, or `LONG_NUMBER`; 0: not said, and not known."""
    # «الأحد عشر رقم»
    words = words_of(_OF_TEN.sub(r"\1", text))
    words = [word[2:] if word.startswith("ال") and word[2:] in SPOKEN_DIGITS else word for word in words]
    for at, word in enumerate(words):
        if word in _SIZES and at:
            said = read_dictation(words[max(0, at - 3) : at])
            if said.digits and said.end == min(3, at) and _LEAST_LENGTH <= int(said.digits) <= _GREATEST_LENGTH:
                return int(said.digits)
    for found in _LAST_SOME.finditer(text):
        said = read_dictation([found[1]])
        if said.digits and _LEAST_LENGTH <= int(said.digits) <= _GREATEST_LENGTH:
            return int(said.digits)
    known = next((length for pattern, length in _KNOWN_LENGTHS if pattern.search(text)), 0)
    return known or (LONG_NUMBER if _LONG_NAMES.search(text) else 0)
