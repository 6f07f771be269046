"""Say texts whole and in random pieces, and count the differences.

    python -m tools.text.reply_splits [--splits 10000] [--seed 1] [--show 20]

Each text goes through the reply of a call (segmenter, chunker, normalizer) in random deltas, at a random pace, with
more or less audio queued, with or without a pause of the agent. What is said must have the words of the whole text.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.call.agent.reply import Pieces, Reply
from ivr.text.normalize.normalize import normalize

_OPENINGS = {
    "ar": (
        *(
            "",
            "أبشر، ",
            "طيب، لحظة: ",
            "حياك الله أستاذ محمد، ",
            "نعم! ",
            "تمام. ",
            "أهلاً بك؛ ",
            "لقيت طلبك في النظام، ",
        ),
        *("شكراً لانتظارك. ", "معك سارة من خدمة العملاء، ", "حسب السجل عندي - ", "بعد مراجعة الطلب مع الفرع تبين أن "),
    ),
    "en": (
        *(
            "",
            "Okay, ",
            "Sure: ",
            "Thank you for waiting. ",
            "Right, Mr. Smith, ",
            "Yes! ",
            "I have found it; ",
            "Done. ",
        ),
        *("According to our records - ", "After a look at your order with the branch in Riyadh ", "So, as I said, "),
    ),
}
_CLOSINGS = {
    "ar": (
        *("", ".", "؟", "، وشكراً لك.", ". هل تحتاج شيئاً آخر؟", "، تمام؟", "؛ والمندوب يتواصل معك اليوم.", "!"),
        *(" حسب كلام الفرع.", "، ويوصلك تأكيد برسالة نصية على جوالك المسجل عندنا.", " مع السلامة."),
    ),
    "en": (
        *("", ".", "?", ", thank you.", ". Anything else?", ", okay?", "; the courier will call you today.", "!"),
        *(
            " as the branch says.",
            ", and we will send a text message to the phone that you have registered.",
            " or so.",
        ),
    ),
}
_CORES = {
    "ar": """
أرسلت لك رمز التحقق: 4821
رقم الشحنة هو: NQL-7826459301
رمز الدخول المؤقت لحسابك في التطبيق هو 739-204
الموعد بتاريخ: 3/4
الموعد يوم الأحد: 12/8 الساعة: 4:30 م
تاريخ التسليم المتوقع: 2025-12-01
عقدك ينتهي في 15/9/1446 هـ
الفرع يفتح من 9 ص - 6 م
الفرع يفتح من 4 إلى 6 مساءً
المبلغ المستحق: 1,250.75 ر.س
المبلغ المتبقي هو ١٬٢٥٠٫٧٥ ريال
رسوم التوصيل: 25-50 ريال
سعر الصرف: 1 دولار = 3.75 ريال
الخصم: 15٪
نسبة الزيادة: 5.5%
وزن الشحنة: 2.5 كجم
المقاس: 40 × 30 × 20 سم
المسافة: 12 كم
اتصل على: 0501234567
اتصل على الرقم الموحد: 9200 12345
رقم جوالك المسجل: +966 50 123 4567
رقم الآيبان: SA44 2000 0001 2345 6789 1234
بطاقتك المنتهية بـ: 4432
عندك 3 شحنات و2 طرود
باقي عليك: 5 أقساط
تحتاج إلى 1/2 كيلو
أضف 3/4 كوب
الدور: 3، مكتب 304
الدور 2
للمرة الـ5
الخطوات: 1. افتح التطبيق، 2. أدخل الرمز
خياران: (1) دفع الآن، (2) دفع عند الاستلام
درجة الحرارة: 38.5°C
الموعد مع د. سارة العتيبي الساعة 10 ص
العنوان: شارع الملك فهد، مبنى رقم 7421، الرمز البريدي 12345
رقم اللوحة: أ ب ج 1234
الضمان لمدة: 24 شهراً
مدة المكالمة: 2:35 دقيقة
السعر 99 ر.س شهرياً
رقم المرجع: 8890 ورقم الطلب: 5521
اضغط: 1 للعربية و2 للإنجليزية
اضغط 9 ثم #
الرصيد: -50 ريال
النسخة: 2.0.1
البريد: info@naqel.com
الموقع: https://naqel.com/track?id=5
دخول بكود: A1B2C3
غرفة رقم: 305
سنة التأسيس: 1998
من 3-5 أيام عمل
خلال 2-3 ساعات
شحنتك رقم 8890 في جدة، وشحنتك رقم 8891 في مكة، وشحنتك رقم 8892 في الطائف
القسط الشهري 2,350 ريالاً لمدة 60 شهراً، بنسبة ربح 3.75٪ سنوياً
آخر أربعة أرقام: 4432
حول 500 دولار إلى أ. د. منى العتيبي، والرسوم 2.5%
""",
    "en": """
I have sent you the code: 4821
your tracking number is: NQL-7826459301
the one-time password for your account in the app is 739-204
the appointment is on: 3/4
your meeting is on Sunday: 12/8 at: 4:30 p.m.
the expected delivery date: 2025-12-01
it was due on Dec. 24, 2026
the branch is open from: 9 am - 6 pm
we are open from 9 to 5 pm on weekdays
the amount due: SAR 1,250.75
the amount left is $1,250.75
the delivery fee: $5-$10
the exchange rate: 1 USD = 3.75 SAR
the discount: 15%
the rate went up by: 5.5%
the weight: 2.5 kg
the size: 40 x 30 x 20 cm
the distance: 12 km
please call: 0501234567
please call: +966 50 123 4567
please dial: 9200 12345
your IBAN: SA44 2000 0001 2345 6789 1234
your card ending in: 4432
you have 3 parcels and 2 letters
you still owe: 5 payments
you need 1/2 a cup
add: 3/4 cup
floor: 3, office 304
on the 3rd floor
this is the 5th time
the steps: 1. open the app, 2. enter the code
there are two ways: (1) pay now, (2) pay later
the temperature: 38.5°C
the appointment is with Dr. Sarah Smith at 10 a.m.
the address: 8118 King Fahd Road, building 7421, postal code 12345
flight: SV 1023
the warranty lasts: 24 months
the call took: 2:35 minutes
the price is $99/month
your reference: 8890 and your order: 5521
press: 1 for English and 2 for Arabic
press 9 then #
the balance: -$50
the version: 2.0.1
the e-mail: info@naqel.com
the site: https://naqel.com/track?id=5
enter with the code: A1B2C3
room no. 305
founded in: 1998
within 3-5 business days
it takes 2-3 hours
parcel 8890 is in Jeddah, parcel 8891 is in Makkah, and parcel 8892 is in Taif
you pay $2.5 million dollars over 60 months, at a rate of 3.75% a year
the last four digits: 4432
I sent USD 500 to Prof. Mona, and the fee is 2.5%
""",
}


@dataclass(frozen=True, slots=True)
class Split:
    """Hold how one text comes."""

    cuts: tuple[int, ...]
    """Characters of each delta, again and again."""
    pace: float
    """Seconds between deltas."""
    queued_ms: int
    """Audio that the caller has not heard, in ms."""
    pauses: bool
    """The agent pauses behind each delta that ends in a mark (but no full stop) and a blank."""


def texts(seed: int) -> list[tuple[str, str]]:
    """Return 400 texts, each with its language."""
    chance = random.Random(seed)
    out: dict[tuple[str, str], None] = {}
    for language, cores in _CORES.items():
        lines = cores.strip().split("\n")
        while len(out) < (200 if language == "ar" else 400):
            core = lines[len(out) % len(lines)]
            second = f", {chance.choice(lines)}" if chance.random() < 0.25 else ""
            text = chance.choice(_OPENINGS[language]) + core + second + chance.choice(_CLOSINGS[language])
            out[language, text] = None
    return list(out)


def splits(chance: random.Random) -> Iterator[Split]:
    """Yield random ways in which a text may come."""
    while True:
        most = chance.choice((1, 4, 12, 40, 400))
        yield Split(
            tuple(chance.randint(1, most) for _ in range(7)),
            chance.choice((0.0, 0.016, 0.1, 0.3, 0.8, 2.0)),
            chance.choice((0, 1000, 5000)),
            chance.random() < 0.2,
        )


def pieces(text: str, language: str, split: Split) -> Pieces:
    """Return the pieces of a text as written and as spoken."""
    reply, out, now, at = Reply(language), Pieces(), 0.0, 0
    for turn in range(len(text)):
        if at >= len(text):
            break
        delta = text[at : at + split.cuts[turn % len(split.cuts)]]
        at += len(delta)
        while (due := reply.wake_at()) is not None and due < now:
            out += reply.tick(split.queued_ms, due)
            if reply.wake_at() == due:
                break
        out += reply.feed(delta, split.queued_ms, now)
        if split.pauses and re.search(r"[:،,;؛؟?!]\s\Z", text[:at]):
            out += reply.pause(now)
        now += split.pace
    return out + reply.finish()


def words(said: str) -> list[str]:
    """Return the words of what is said."""
    return re.findall(r"\w+", said)


def main() -> None:
    """Print how many splits said something else than the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    chance, lines = random.Random(options.seed), texts(options.seed)
    ways, wholes, wrong, parts = splits(chance), dict[tuple[str, str], list[str]](), 0, 0
    for number in range(options.splits):
        language, text = lines[number % len(lines)]
        whole = wholes.get((language, text))
        if whole is None:
            whole = wholes[language, text] = words(normalize(text, language))
        split = next(ways)
        said = pieces(text, language, split)
        parts += len(said)
        if words(" ".join(spoken for _, spoken in said)) != whole:
            wrong += 1
            if wrong <= options.show:
                print(f"{text!r} {split}\n  whole  {' '.join(whole)}\n  pieces {[spoken for _, spoken in said]}")
    print(f"{options.splits} splits of {len(lines)} texts in {parts} pieces: {wrong} differ")


if __name__ == "__main__":
    main()
