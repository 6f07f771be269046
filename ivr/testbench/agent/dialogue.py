"""List what the demo agent says and understands, in English and Arabic: a courier's shipment desk.

The company, its numbers and its callers are made up. The Arabic is Saudi, as a shipment desk speaks.
`CALLER_PHRASES` is all that a caller can say to it in one breath: the closed grammar of a small recogniser.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ar", "en"]
Line: TypeAlias = Literal[
    "hello", "ask_name", "ask_number", "delivered", "transit", "address", "refused", "hours", "price",
    "move", "person", "hold", "more", "closing", "nothing_yet", "unclear", "silence", "voicemail", "back",
    "leave_message", "language", "code", "code_taken", "terms", "tones", "music",
]  # fmt: skip
Meaning: TypeAlias = Literal[
    "goodbye", "repeat", "hours", "price", "move", "person", "hold", "track", "hello", "yes", "message",
    "language", "code", "terms", "tones", "music",
]  # fmt: skip

STATUSES: Final[tuple[Line, ...]] = ("delivered", "transit", "address", "refused")
"""Lines for the status of a shipment, by the last digit of the number modulo four."""

LINES: Final[dict[Language, dict[Line, str]]] = {
    "en": {
        "hello": "Hello, this is Rimal Express. How can I help you with your shipment today?",
        "ask_name": "Certainly, I can check that for you. May I have your full name, please?",
        "ask_number": "Thank you. Please tell me your shipment number, or the mobile number registered with it.",
        "delivered": (
            "Good news. The shipment ending in {tail} was delivered yesterday at half past four in the afternoon."
            " It was signed for at the reception desk of your building."
            " Is there anything else I can do for you?"
        ),
        "transit": (
            "The shipment ending in {tail} left our hub in Riyadh this morning and is on its way to you."
            " The courier will call you about half an hour before he arrives, so please keep your phone close."
            " We expect it at your door before eight in the evening."
            " Is there anything else I can do for you?"
        ),
        "address": (
            "The shipment ending in {tail} is waiting at our branch, because the address on it is not complete."
            " Please send us your location in the app, and it will go out with the next courier."
            " Is there anything else I can do for you?"
        ),
        "refused": (
            "The shipment ending in {tail} came back to our branch, because nobody accepted it at the door."
            " We keep it for seven days, and you can ask for a new delivery in the app."
            " Is there anything else I can do for you?"
        ),
        "hours": (
            "Our branches are open from Saturday to Thursday, from eight in the morning until ten in the evening."
            " On Friday they open at four in the afternoon. Is there anything else I can do for you?"
        ),
        "price": (
            "Inside the city a parcel of up to five kilograms costs 25 riyals, and between cities 35 riyals."
            " Every further kilogram is 3.50 riyals. Is there anything else I can do for you?"
        ),
        "move": (
            "You can change the address until the courier has left the branch."
            " Please open the shipment in the app and choose a new location. Is there anything else I can do for you?"
        ),
        "person": "Thank you for calling Rimal Express. I am transferring you to a colleague now.",
        "hold": "Of course, take your time.",
        "more": "Of course. What else can I do for you?",
        "closing": "Thank you for calling Rimal Express. Goodbye.",
        "nothing_yet": "I have not said anything yet. How can I help you with your shipment?",
        "unclear": "Sorry, I did not get that. Could you say it once more?",
        "silence": "Take your time. I am here whenever you are ready.",
        "back": "None of my colleagues is free right now. Can I help you with something else?",
        "leave_message": "Of course. I will pass it on.",
        "language": "We go on in English. How can I help you?",
        "code": "Please type the four digits of your code.",
        "code_taken": "Thank you, the code is right. Is there anything else I can do for you?",
        "terms": "This must be heard. Rimal Express pays for damage up to 1000 riyals.",
        "tones": "These are the tones of four keys.",
        "music": "Here is the music that callers hear while they wait.",
        "voicemail": "Thank you, I have passed your message on. A colleague will call you back. Goodbye.",
    },
    "ar": {
        "hello": "حياك الله في رمال اكسبرس. كيف اقدر اساعدك في شحنتك اليوم؟",
        "ask_name": "ابشر، اتأكد لك الان. اذا ممكن تعطيني اسمك الكامل؟",
        "ask_number": "شكرا لك. عطني رقم الشحنة، او رقم الجوال المسجل عليها.",
        "delivered": (
            "الشحنة اللي اخر ارقامها {tail} تم تسليمها امس الساعة اربع ونص العصر."
            " واستلمها موظف الاستقبال في العمارة. تامرني بخدمة ثانية؟"
        ),
        "transit": (
            "الشحنة اللي اخر ارقامها {tail} طلعت من مركز الرياض اليوم الصباح وهي في الطريق لك."
            " المندوب راح يتصل عليك قبل الوصول بنص ساعة تقريبا، خل جوالك قريب منك."
            " نتوقع توصلك قبل الساعة ثمان المغرب. تامرني بخدمة ثانية؟"
        ),
        "address": (
            "الشحنة اللي اخر ارقامها {tail} موجودة في الفرع عشان العنوان ناقص."
            " ارسل لنا موقعك من التطبيق وتطلع مع اول مندوب. تامرني بخدمة ثانية؟"
        ),
        "refused": (
            "للاسف الشحنة اللي اخر ارقامها {tail} رجعت للفرع لان ما احد استلمها عند الباب."
            " نحتفظ فيها سبعة ايام وتقدر تطلب توصيل جديد من التطبيق. تامرني بخدمة ثانية؟"
        ),
        "hours": (
            "فروعنا تفتح من السبت الى الخميس من ثمان الصباح الى عشر الليل."
            " ويوم الجمعة من اربع العصر. تامرني بخدمة ثانية؟"
        ),
        "price": (
            "داخل المدينة الطرد لحد خمسة كيلو بـ 25 ريال، وبين المدن بـ 35 ريال."
            " وكل كيلو زيادة بـ 3.50 ريال. تامرني بخدمة ثانية؟"
        ),
        "move": (
            "تقدر تغير العنوان قبل ما يطلع المندوب من الفرع."
            " افتح الشحنة في التطبيق واختر الموقع الجديد. تامرني بخدمة ثانية؟"
        ),
        "person": "شكرا لاتصالك على رمال اكسبرس. راح احولك الان على زميلي.",
        "hold": "خذ راحتك.",
        "more": "ابشر. وش الخدمة الثانية؟",
        "closing": "شكرا لاتصالك على رمال اكسبرس. مع السلامة.",
        "nothing_yet": "ما قلت شي للحين. كيف اقدر اساعدك في شحنتك؟",
        "unclear": "عفوا، ما فهمت عليك. ممكن تعيد مرة ثانية؟",
        "silence": "خذ راحتك، انا معك على الخط.",
        "back": "كل الزملاء مشغولين الحين. تحب اساعدك بشي ثاني؟",
        "leave_message": "ابشر، وراح اوصلها لهم.",
        "language": "نكمل بالعربي. كيف اقدر اساعدك؟",
        "code": "من فضلك اكتب اربع ارقام الرمز.",
        "code_taken": "شكرا، الرمز صحيح. تحتاج شي ثاني؟",
        "terms": "هذي لازم تسمعها. رمال اكسبرس تعوض عن الضرر لين 1000 ريال.",
        "tones": "هذي نغمات اربع ارقام.",
        "music": "هذي الموسيقى اللي يسمعها المتصل وهو ينتظر.",
        "voicemail": "شكرا لك، وصلت رسالتك وراح يتواصل معك زميلي. مع السلامة.",
    },
}

MEANINGS: Final[tuple[tuple[Meaning, tuple[str, ...]], ...]] = (
    ("goodbye", ("goodbye", "bye", "no thank", "that is all", "nothing else", "وداع", "مع السلامة", "لا شكرا", "خلاص")),
    ("repeat", ("repeat", "again", "say that", "عيد", "كرر", "ما سمعت")),
    ("hours", ("opening", "open", "hours", "دوام", "تفتح")),
    ("price", ("how much", "cost", "price", "كم سعر", "بكم", "السعر")),
    ("move", ("change", "address", "العنوان", "عنوان")),
    ("message", ("leave a message", "اترك رسالة")),
    ("language", ("english", "arabic", "انجليزي", "عربي")),
    ("code", ("my code", "رمز")),
    ("terms", ("terms", "conditions", "شروط")),
    ("tones", ("tones", "نغمات")),
    ("music", ("music", "موسيقى")),
    ("person", ("person", "colleague", "agent", "موظف", "احد يكلمني")),
    ("hold", ("moment", "hold on", "لحظة", "ثواني")),
    ("track", ("track", "shipment", "parcel", "where", "شحن", "طرد", "تتبع", "وين")),
    ("hello", ("hello", "good morning", "good evening", "السلام", "مرحبا", "صباح", "مساء")),
    ("yes", ("yes", "please", "نعم", "ايوه", "ايه")),
)
"""Meanings and the parts of speech that show them. The first that fits decides."""

MENU_KEYS: Final[dict[str, Meaning]] = {
    "1": "track", "2": "hours", "3": "price", "4": "move", "5": "person", "6": "message", "7": "code", "8": "language",
    "9": "repeat", "0": "goodbye",
}  # fmt: skip

DIGIT_WORDS: Final[dict[str, str]] = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "صفر": "0", "واحد": "1", "اثنين": "2", "ثلاثة": "3", "اربعة": "4", "خمسة": "5",
    "ستة": "6", "سبعة": "7", "ثمانية": "8", "تسعة": "9",
}  # fmt: skip

CALLER_PHRASES: Final[dict[Language, tuple[str, ...]]] = {
    "en": (
        "hello",
        "good morning",
        "where is my shipment",
        "I want to track my shipment",
        "my name is sarah ahmed",
        "my name is omar khalid",
        "my number is seven three five one nine four two eight six zero five four one",
        "my number is seven three five one nine four two eight six zero five four two",
        "my number is seven three five one nine four two eight six zero five four zero",
        "my number is zero five five one two three four five six seven",
        "what are your opening hours",
        "how much does it cost",
        "I want to change the address",
        "I want to speak to a person",
        "I want to leave a message",
        "please say that again",
        "hold on a moment",
        "yes please",
        "no thank you",
        "thank you goodbye",
    ),
    "ar": (
        "السلام عليكم",
        "وين شحنتي",
        "ابغى اتتبع شحنتي",
        "انا سارة احمد",
        "انا عمر خالد",
        "رقمي سبعة ثلاثة خمسة واحد تسعة اربعة اثنين ثمانية ستة صفر خمسة اربعة واحد",
        "رقمي صفر خمسة خمسة واحد اثنين ثلاثة اربعة خمسة ستة سبعة",
        "متى تفتح الفروع",
        "كم سعر الشحن",
        "ابغى اغير العنوان",
        "ابغى اكلم موظف",
        "ابغى اترك رسالة",
        "ممكن تعيد",
        "لحظة من فضلك",
        "نعم",
        "لا شكرا",
        "مع السلامة",
    ),
}

FOUR: Final = (
    "شحنتك موجودة الان في فرع الرياض.",
    "وصلت الشحنة الى مستودع الرياض اليوم وهي جاهزة للتوصيل مع المندوب.",
    "وسوف يتصل بك المندوب على رقم الجوال المسجل عندنا قبل الوصول الى العنوان بنصف ساعة تقريبا.",
    "واذا رغبت تغيير العنوان او تحديد موعد ثاني للتوصيل فتقدر ترسل لنا الموقع عن طريق التطبيق او تتصل بنا في اي وقت.",
)
"""Reply of four sentences of 32, 65, 89 and 111 characters: lengths with known synthesis times."""
