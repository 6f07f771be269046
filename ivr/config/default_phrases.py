"""Hold the fixed words and voices of a line whose operator wrote none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.call.options import Language, PhraseName

# The Arabic is Saudi, as an agent on the phone would say it. Its spelling addresses a man and a woman alike, because
# the bridge does not know which of the two calls. The English says the same.
PHRASES: Final[Mapping[Language, Mapping[PhraseName, str]]] = {
    "ar": {
        "recorded": "",
        "greeting": "السلام عليكم، حياك الله. كيف أقدر أخدمك اليوم؟",
        "notice": "",
        "reprompt": "عفواً، ما سمعتك زين. ممكن تعيد لو سمحت؟",
        "apology": "المعذرة، واجهتنا مشكلة بسيطة. ممكن تعيد كلامك مرة ثانية؟",
        "still_there": "ألو، معي على الخط؟ تفضل، أنا أسمعك.",
        "goodbye": "شكراً لاتصالك، ونتشرف بخدمتك دايماً. مع السلامة.",
        "filler": "لحظة من فضلك.",
        "still_working": "لسا أراجع لك، ثواني وأكون معك.",
        "transfer": "لحظة من فضلك، بحوّلك لموظف يساعدك.",
        "transfer_back": "المعذرة، ما قدرنا نوصلك بالموظف الحين.",
        "farewell": "المعذرة منك، عندنا مشكلة فنية وما نقدر نكمل المكالمة. نسعد باتصالك بعد شوي. مع السلامة.",
        "shutdown": "المعذرة، نوقف هنا.",
        "resumed": "المعذرة، انقطع الخط لحظة.",
        "message_announce": "نسجّل رسالتك بعد الصافرة، وزر المربّع ينهيها.",
        "message_taken": "شكراً لك، وصلتنا رسالتك.",
        "last_minute": "عذراً على المقاطعة، باقي دقيقة تقريباً وتنتهي المكالمة.",
        "machine_message": "",
        "language_choice": "",
    },
    "en": {
        "recorded": "",
        "greeting": "Hello, and welcome. How can I help you today?",
        "notice": "",
        "reprompt": "Sorry, I didn't catch that. Could you say it again, please?",
        "apology": "Sorry, something went wrong on our side. Could you say that once more, please?",
        "still_there": "Hello, are you still there? Go ahead, I'm listening.",
        "goodbye": "Thank you for calling. Goodbye.",
        "filler": "One moment, please.",
        "still_working": "Still looking into it, thank you for waiting.",
        "transfer": "One moment, please. I'm putting you through to a colleague.",
        "transfer_back": "Sorry, I couldn't reach my colleague just now.",
        "farewell": "Sorry, we have a technical problem and can't go on. Please call again a little later. Goodbye.",
        "shutdown": "Sorry, we must stop.",
        "resumed": "Sorry, we were cut off for a moment.",
        "message_announce": "We record your message after the tone. Press hash when you are done.",
        "message_taken": "Thank you, we have your message.",
        "last_minute": "Sorry to interrupt: we have about a minute left on this call.",
        "machine_message": "",
        "language_choice": "",
    },
}

ANNOUNCEMENTS: Final[Mapping[Language, str]] = {
    "ar": "نود إعلامك بأن هذي المكالمة مسجّلة.",
    "en": "This call is recorded.",
}
"""The phrase `recorded` of a line whose calls are recorded."""

CHOICES: Final[Mapping[Language, str]] = {"ar": "للعربية، اضغط {key}.", "en": "For English, press {key}."}
"""The phrase `language_choice` of a line whose callers choose the language by a key."""
KEY_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "ar": dict(
        zip(
            "0123456789*",
            ("صفر", "واحد", "اثنين", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "النجمة"),
            strict=True,
        )
    ),
    "en": dict(
        zip(
            "0123456789*",
            ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "star"),
            strict=True,
        )
    ),
}
"""How a key is called; another one is called by its sign."""

CLOSED_GREETINGS: Final[Mapping[Language, str]] = {
    "ar": "حياك الله، إحنا خارج أوقات الدوام الحين، بس أقدر أساعدك. تفضل.",
    "en": "Hello. Our office is closed at the moment, but I may be able to help you. Go ahead, please.",
}
"""What a caller of a closed line hears first, where the agent answers."""
CLOSED_MESSAGES: Final[Mapping[Language, str]] = {
    "ar": "حياك الله، إحنا خارج أوقات الدوام الحين.",
    "en": "Hello. Our office is closed at the moment.",
}
"""What a caller of a closed line hears before a message is taken."""

MACHINE_MESSAGES: Final[Mapping[Language, str]] = {
    "ar": "السلام عليكم، اتصلنا عليك ولم نتمكن من الوصول إليك. نسعد باتصالك على هذا الرقم. مع السلامة.",
    "en": "Hello, we called and could not reach you. Please call us back at this number. Goodbye.",
}
"""The phrase `machine_message` of a line that leaves messages with machines."""

# The voices that Hamsa documents for the dialect.
VOICES: Final[Mapping[Language, tuple[str, str]]] = {"ar": ("Hiba", "ksa"), "en": ("Emma", "en")}
"""Speaker and dialect."""
