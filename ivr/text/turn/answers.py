"""Judge words against what was asked: a number of so many digits, yes or no, a name, a date, an address, an e-mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.dates import judge_date
from ivr.text.turn.answer.numbers import SPOKEN_DIGITS, judge_number, read_dictation
from ivr.text.turn.answer.places import judge_address, judge_name
from ivr.text.turn.answer.spelled import judge_email, judge_spelled
from ivr.text.turn.words import NOT_TOLD, Judged

PARTICULARS: Final = ("digits", "name", "date", "address", "email")
"""Kinds of an answer that is looked up or thought of."""

_FRAME: Final = word_set(
    "yes yeah yep yup sure ok okay right well so um uh er erm hmm ah oh alright of course no problem certainly gladly "
    "it's it is that's that this here my the our your is number code name address email mail date birth full first "
    "last "
    "phone mobile account order tracking reference booking let me us i'll i'm i just have to look check see find get "
    "grab "
    "one moment second sec minute hold on wait hang please up for you give and postcode waybill "
    "ايه ايوه نعم اي طيب تمام اوك اوكي اكيد ابشر حاضر سم لحظه لحظات ثانيه ثواني دقيقه وحده واحده شوي شويه بس خليني "
    "خلني "
    "اشوف اشوفه اشوفها اطلعه اطلعها اطلع اجيبه اجيبها اجيب اتاكد ادور الرقم رقمي رقم هو هي هذا هذي انا اسمي الاسم اسم "
    "العنوان عنواني الايميل ايميلي البريد تاريخ ميلادي الميلاد التاريخ الكود الرمز الهويه هويتي جوالي الجوال الشحنه "
    "البوليصه الطلب الحجز الفاتوره الاقامه اقامتي اكتب سجل عندك معك تفضل والله يعني اه ااه امم ااا ها لو سمحت علي "
    "الخط "
    "انتظر استني خلك معي يكون مكتوب اقرا لك اقراه اعطيك اعطيك اياه مستعد جاهز عفوا"
)
"""Words before an answer: "yes, my number is", «لحظة أشوف»."""
_HEADS: Final = {
    "digits": (r"numbers?|code|pin|reading|reference", r"رقم\w*|الرقم|القراءه|الكود|الرمز|رمز|الهويه|الاقامه"),
    "name": (r"name|surname|person|account holder", r"الاسم|اسم|الشخص|المستلم|صاحب"),
    "date": (r"date|day|birthday|appointment", r"تاريخ\w*|التاريخ|اليوم|الموعد|موعد\w*"),
    "address": (r"address|street|house|flat|place", r"العنوان|عنوان\w*|الموقع|البيت|بيتي|الشارع"),
    "email": (r"e?-?mail|address", r"الايميل|ايميلي|البريد"),
}
"""What is asked for by its name, in English and in Arabic."""
_ECHO: Final = {
    kind: re.compile(
        r"(?:(?:yes|yeah|well|so|ok|okay|um|uh|sure|ايه|ايوه|طيب|نعم|والله)\W+)*(?:(?:the|my|our|his|her|their)\b"
        rf"(?: [\w']+){{0,3}}? (?:{english})\b"
        r"(?:\W*$| (?:on|of|at|in|that|which|you|we|i|from|for|under|behind|to|with|as|is|here)\b)"
        rf"|(?:{arabic})(?: \w+)?"
        r"(?:\W*$| (?:اللي|الذي|التي|ال\w+|مكتوب\w*|حق|حقي|تبع\w*|بتاع\w*|علي|في|تحت|من)\b))"
    )
    for kind, (english, arabic) in _HEADS.items()
}
"""What was asked for named again, without an answer: "the name on the label"."""
_ANSWERED: Final = re.compile(
    r"\d|[?؟]|\b(?:is|isn't|was|wasn't|are|has|hasn't|doesn't|don't|can't|same|file|you have|you've|change\w*|after|"
    r"before|نفس\w*|عندكم|مسجل|المسجل|ما|مو|مب|تغير\w*|زي|مثل|غلط|صحيح|لسه)\b"
)
_LONG_ECHO: Final = 12

_HAS_NONE: Final = re.compile(
    r"\b(?:(?:i )?(?:do not|don't|haven't|have not|did not|didn't) (?:really |actually )?(?:have|know|got|remember|"
    r"get)"
    r"(?: (?:one|it|any|that|them|the number|on me|yet|here|with me|right now|the code|(?:an? )?e-?mail))*|no idea|"
    r"not sure|"
    r"can't (?:find|see|remember|read) (?:it|that|one)|(?:i )?forgot(?: it)?|"
    r"ما (?:عندي|ادري|اعرف|معي|معايا|اذكر|حافظه|احفظه|عرفه|وصلني|لقيته)(?: (?:الرقم|شي|رقم|الحين|اياه))?|مدري|نسيته?|"
    r"مو عندي|مش فاكر|ماعندي)(?: (?:love|sir|sorry|mate|though|يا \w+|والله|للاسف))?\W*$"
)
"""The caller has none of it."""

_YES_NO: Final = word_set(
    "yes yeah yep yup yea aye no nope nah sure please thanks thank you that's right correct ok okay fine of course "
    "absolutely definitely certainly exactly indeed not yet maybe later go ahead probably really perfect great good "
    "alright it is i do think so hope guess suppose never mind need at all sounds works for me any more a bit "
    "نعم ايوه ايوا ايوة اي ايه اه لا لاء لأ صح صحيح تمام طيب اكيد ان شاء الله لو سمحت سمحتي شكرا ممكن يمكن بعدين لسه "
    "مو "
    "الحين كمل موافق ماشي اوكي اوك والله ليه طبعا بالتاكيد مضبوط زين حاضر ابشر تسلم مشكور يا ريت اتفضل تفضل كذا خلاص "
    "بالضبط ابدا مافي مشكله عندي مش دلوقتي لسا هلا حبيبي اخوي عادي يعطيك العافيه فيه في هو ابي ابغي بلا هيه"
)
"""Words of a plain yes or no."""
_YES_OR_NO_FIRST: Final = word_set(
    "yes yeah yep yup yea no nope nah sure please correct ok okay fine absolutely definitely certainly exactly right "
    "not "
    "maybe probably نعم ايوه ايوا اي ايه اه لا لاء صح صحيح تمام طيب اكيد ان موافق ماشي اوكي اوك طبعا بالتاكيد مضبوط "
    "لسه "
    "ممكن يمكن حاضر ابشر بالضبط ابدا كمل مو عادي بلا"
)
_YES_BEHIND: Final = word_set("yes yeah yep no nope نعم ايوه ايه اكيد")
"""Of these, those that answer behind what was asked as well."""
_HANGS_IN_YES_NO: Final = word_set(
    "that's it's i of at for any a not think the go works sounds is ان لو يا ما هو مو في فيه يعطيك"
)
"""Of the words of a yes or no, those that do not end one."""
_BEGINS_MORE: Final = word_set("والله بعدين طيب ممكن يمكن لسه لسا الحين هلا دلوقتي اخوي حبيبي really probably")
"""Behind a yes or no, the end of it or the beginning of more."""
_ENDS_YES_NO: Final = (
    ("think", "so"),
    ("hope", "so"),
    ("guess", "so"),
    ("do", "that"),
    ("know", "of"),
    ("it", "is"),
    ("of", "course", "not"),
    ("think", "not"),
    ("hope", "not"),
    ("ايه", "فيه"),
)
_NO_NEED: Final = ("need", "to")
_SHORT_REPLY: Final = 4
CHOICE: Final = 1
"""Length of an open answer that is one of the things that were offered."""
_SAYS_MORE: Final = word_set(
    "i i'd i'll we it's it is are was does do did can could what when where how if because so then and or but that "
    "انا اذا لو ابي ابغي هل كم وش ليش وين كيف متي طيب بس ما احنا عندي"
)
"""Words of a reply to an offer that is a sentence."""
_WITH_NUMBERS: Final = ("date", "address", "name")
"""Kinds of an answer with numbers that are not dictated."""
_ECHOED_VERB: Final = re.compile(
    r"(?:(?:yes|no|yeah|of course|sure|well|oh|actually)\W+)*(?:i|it|you|we|they|he|she|there|that)(?:'d|'ve)? "
    r"(?:\w+ly |already |still |just |do |rather )?"
    r"(?:do|did|does|is|am|are|was|were|can|could|will|would|have|has|had|do not|not|don't|didn't|isn't|can't|wasn't|"
    r"haven't|hasn't|won't|like to|love to)(?:\W+(?:yes|no|thanks|thank you|please|yeah))*\W*$"
)
"""The question's own verb: "I do", "it certainly is", "I'd like to"."""


def judge_answer(plain: str, words: Sequence[str], expected: str, length: int) -> Judged:
    """Judge a folded text and its words, at least one, as an answer of this kind; `expected` may be empty.

    `length`: how many digits, or what else `asked_for` tells; 0: not known. `NOT_TOLD` where grammar has to tell.
    """
    judged = NOT_TOLD
    if expected == "yes_no":
        last = words[-1]
        ends = any(tuple(words[-len(end) :]) == end for end in _ENDS_YES_NO)
        hangs = last in _HANGS_IN_YES_NO and not ends
        if not hangs and len(words) <= 2 * _SHORT_REPLY and all(word in _YES_NO for word in words):
            # «لا بعدين»: a reason or a time begins as well.
            begins = len(words) > 1 and last in _BEGINS_MORE
            return Judged("unknown", "short_answer") if begins else Judged("complete", "answer_whole")
        if _ECHOED_VERB.fullmatch(plain) or tuple(words[-2:]) == _NO_NEED or ends:
            return Judged("complete", "short_answer")
    elif expected in PARTICULARS:
        judged = _judge_particular(plain, words, expected, length)
    if judged == NOT_TOLD and expected not in _WITH_NUMBERS:
        asked = expected == "digits"
        judged = judge_number(words, asked=asked, length=length if asked else 0)
    if judged == NOT_TOLD and expected != "email":
        judged = judge_email(plain, words, asked=False)
    return judged


def judge_short_reply(words: Sequence[str], expected: str, length: int) -> Judged:
    """Judge folded words that grammar leaves open, as a short reply. `NOT_TOLD` where they are none."""
    replies = len(words) == 1 or words[0] in _YES_OR_NO_FIRST
    if expected == "yes_no" and len(words) <= _SHORT_REPLY and replies and words[-1] not in _HANGS_IN_YES_NO:
        return Judged("complete", "short_answer")
    # "Ground floor, yes."
    if expected == "yes_no" and len(words) <= _SHORT_REPLY + 1 and words[-1] in _YES_BEHIND:
        return Judged("complete", "short_answer")
    # One of the things that were offered.
    if expected == "open" and length == CHOICE and len(words) <= _SHORT_REPLY and _SAYS_MORE.isdisjoint(words):
        return Judged("complete", "short_answer")
    return NOT_TOLD


def _judge_particular(plain: str, words: Sequence[str], expected: str, length: int) -> Judged:
    """Judge an answer that is a number, a name, a date, an address or an e-mail."""
    if all(word in _FRAME for word in words) and not read_dictation(words).digits:
        return Judged("open", "answer_part")
    if _HAS_NONE.search(plain):
        return Judged("complete", "short_answer")
    answered = _ANSWERED.search(plain) or not SPOKEN_DIGITS.isdisjoint(words)
    if len(words) <= _LONG_ECHO and _ECHO[expected].match(plain) and not answered:
        return Judged("open", "answer_part")
    judged = NOT_TOLD
    if expected == "date":
        judged = judge_date(words, length)
    elif expected == "address":
        judged = judge_address(plain, words)
    elif expected == "email":
        judged = judge_email(plain, words, asked=True)
    elif expected == "name":
        judged = judge_spelled(words)
        judged = judged if judged != NOT_TOLD else judge_name(words, length)
    return judged
