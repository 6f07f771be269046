"""Say numbers that name something: phone numbers, waybills, IBANs, cards, one-time codes, versions, plates.

They are read digit by digit, in groups with a pause between: the groups as written, else a phone number as 3-3-4, an
account by fours, any other by threes with no single digit left over. Letters are named.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.money import CURRENCY_CODES
from ivr.text.normalize.numbers.numerals import number_words
from ivr.text.normalize.numbers.phone_numbers import by_threes, say_phone_numbers
from ivr.text.normalize.patterns import ANY_DIGIT, JOIN_MARK, MASK_MARK, NUMBER_END, WORD_END, WORD_START

# As `NUMBER_START`, but a hyphen may stand in front: `NQL-123`.
_DIGITS_START: Final = rf"{WORD_START}(?<!\d[.,:/])"

# What several of the rules need.
_CAPITAL: Final = re.compile("[A-Z]")
_KEY_OR_MASK: Final = re.compile(rf"[*#{MASK_MARK}]")
_TWO_GROUPS: Final = re.compile(r"\d[ -]\d")
_THREE_DIGITS: Final = re.compile(r"\d{3}")

# Found by their shape.
# ISO 13616: two letters, two check digits, then up to 30 characters by fours.
_IBAN: Final = re.compile(
    rf"{WORD_START}[A-Z]{{2}}\s?\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{3,7}}(?:[ -]?[A-Z0-9]{{1,3}})?{WORD_END}"
)
# `4111-1111-1111-1111`: three groups or more with one separator.
_GROUPED: Final = re.compile(rf"{_DIGITS_START}(?<!\d[ -])\d{{2,6}}(?:([ -])\d{{2,6}})(?:\1\d{{2,6}})+{NUMBER_END}")
# `RHMA 3184`: the Saudi national address, four letters and four digits.
_NATIONAL_ADDRESS: Final = re.compile(rf"{WORD_START}([A-Z]{{4}})\s?(\d{{4}}){WORD_END}")
# `NQL 7826459301`: capitals, then digits; a currency's code makes it an amount.
_NO_CURRENCY: Final = rf"(?!(?:{CURRENCY_CODES}){WORD_END})"
_CAPITALS_AND_DIGITS: Final = re.compile(
    rf"{WORD_START}{_NO_CURRENCY}([A-Z]{{2,5}})[ -]+(\d{{3,}})(?![^\W_]|[.,:/]\d|[-_/]\w)"
)
# `*966#`, `1*`: what a caller types on the keys.
_KEY_CODE: Final = re.compile(rf"{WORD_START}(?<![*#])[*#]+\d[\d*#]*[*#]?|(?<![\w*])\d+[*#](?![\w*])")
# `**** 4821`, `4111 **** 1111`: of a card only these digits are shown; `strip_markup` has put a mark for the stars.
_MASKED: Final = re.compile(
    rf"(?:{WORD_START}(?P<front>\d{{1,6}}(?:[ -]\d{{1,6}})?)[ -]?)?{MASK_MARK}\s?(?P<figures>\d{{1,6}}){WORD_END}"
    rf"|{WORD_START}(?P<only>\d{{2,6}}){MASK_MARK}"
)
# A Saudi number plate: three Arabic letters with blanks between, and one to four digits before or behind.
_PLATE: Final = re.compile(
    rf"{WORD_START}(?<!\d\s)(?P<letters>(?:[\u0621-\u064a]\s){{2}}[\u0621-\u064a])[{JOIN_MARK}\s-]+(?P<figures>\d{{1,4}}){NUMBER_END}"
    rf"|{WORD_START}(?<![.,:/]\d)(?P<before>\d{{1,4}})[\s-]+(?P<behind>(?:[\u0621-\u064a]\s){{2}}[\u0621-\u064a]){WORD_END}(?!\s?\d)"
)
# A token of letters and digits: `NQL-123`, `TRX-99812-AB`, `5G`, `SAVE20`.
_LETTERS_WITH_DIGITS: Final = re.compile(
    rf"{WORD_START}(?<!\d\.)(?<![A-Za-z0-9][-/_])(?=[A-Za-z0-9])(?=[A-Za-z/_-]{{0,40}}\d)(?=[\d/_-]{{0,40}}[A-Za-z])"
    r"[A-Za-z0-9]+(?:[-/_][A-Za-z0-9]+)*(?![^\W_]|[-_][A-Za-z])"
)

# Found by the words around them.
# Behind these a number is a code, with up to four words between: `رقم الشحنة هو 8890`.
_CODE_LABEL: Final = (
    r"رقم\w*|الرقم|برقم|[أا]رقام\w*|كود\w*|الكود|رمز\w*|الرمز|هوي[ةت]\w*|الهوية|ال[إا]قامة|تحويل[ةه]|التحويل[ةه]|بوليص[ةت]\w*|البوليصة|الآيبان|آيبان"
    r"|ايبان|ص\.ب\.?|صندوق بريد|المنتهي[ةه]?|تنتهي|ينتهي|آخر"
    r"|السجل|المرجع|المرجعي|الفاتورة|المبنى|مبنى|البريدي|ال[إا]ضافي|جوال\w*|الجوال"
    r"|هاتف\w*|الهاتف|تلفون\w*|بالرقم|التحقق|كلم[ةه] (?:ال)?(?:مرور|سر)|(?:ال)?باسوو?رد"
    r"|numbers?|no\.?|code|otp|pin|ref\.?|reference|order|waybill|tracking|ticket|account|id|ext\.?|extension|zip|postal|box|invoice"
    r"|building|ending|ends|phone|mobile|tel\.?|dial|flight|booking|case|shipment|call|digits|passcode|passphrase|password"
    r"|room|suite|apartment|gate|plate|mrn|لوح[ةت]\w*|اللوحة|اللوحات"
)
# Behind these a number is a code only if nothing, or `is`, stands between: `شحنتك هي 8890`, not `شحنتك وصلت 8890`.
_OWNED_LABEL: Final = (
    r"شحنت?\w*|الشحنة|طلب\w*|الطلب|تذكرة|التذكرة|حساب\w*|الحساب|بطاق[ةت]\w*|البطاقة|عقد|العقد|فاتورة|رحلة|الرحلة|واصل"
    r"|قسيم[ةه]|القسيم[ةه]|confirmation|verification|voucher|token|coupon|membership|policy"
)
# What stands between a label and its code; a hyphen only with blanks around it, for `رقم INV-2025` is one code.
_BEFORE_CODE: Final = rf"[\s:#*\"'«(={JOIN_MARK}–—]*(?:(?<=\s)-\s+)?"
_LABELLED_CODE: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:[وف]?[بل]?(?:{_CODE_LABEL}){WORD_END}(?:[^\S\n]+\(?[^\W\d]+\)?){{0,4}}|[وف]?[بل]?(?:{_OWNED_LABEL}){WORD_END}(?:[^\S\n]+(?:هو|هي|is))?){_BEFORE_CODE})"
    rf"(?P<figures>\d{{3,6}}){NUMBER_END}(?!\s?[%٪])",
    re.IGNORECASE,
)
# `رمز التحقق 739-204`: a code in two halves.
_TWO_HALVES: Final = re.compile(
    rf"(?P<front>{WORD_START}[وف]?[بل]?(?:{_CODE_LABEL}){WORD_END}(?:[^\S\n]+[^\W\d]+){{0,2}}{_BEFORE_CODE})"
    rf"(?P<figures>\d{{3,5}}[ -]\d{{3,4}}){NUMBER_END}"
    r"(?!\s?[%٪]|[ -]\d)",
    re.IGNORECASE,
)
# `أرسل الرمز إلى 5656`: a short number that messages go to.
_SENT_TO: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:[وف]?(?:[أاإ]رسل|[أاإ]رسال|ابعث|اتصل|راسل|كلم|sms|text|send|sent|dial|call)[^\W\d_]*)"
    r"(?:[^\S\n]+[^\s\d.،؛;؟?!]+){0,4}[^\S\n]+(?:إلى|الى|على|to|at|on)\s)(?P<figures>\d{3,6})"
    rf"(?=\s*(?:[.,،؛;!?؟)](?!\d)|\Z)|\s(?:من|أو|او|مجان|لل?[^\W\d_]{{3}}|و[^\W\d_]{{3}}|or|from|and|for)[^\W\d_]*{WORD_END})",
    re.IGNORECASE,
)
# Behind these a code may have only three digits.
_SHORT_CODE_LABEL: Final = re.compile(
    r"كود|الكود|رمز|تحويل|التحويل|المنتهي|تنتهي|ينتهي|[آا]خر|[أا]رقام|التحقق|code|otp|pin|ext|building|ending|ends|flight",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r"#\s?(?=\d)")
_NUMBER_WORD: Final = re.compile(r"رقم|رمز|كود|number|no\.?\s|code\s|pin\s|otp\s", re.IGNORECASE)
# `8118 King Fahd Road`: a house number.
_HOUSE_NUMBER: Final = re.compile(
    rf"{WORD_START}\d{{4,5}}(?=\s(?:[A-Z][a-z]+\s){{1,3}}(?:Street|Road|Avenue|Boulevard|Drive|Lane|Highway){WORD_END})"
)
# Found by the digits alone: five or more, a short public number (`911`, `937`), or a zero in front (`007`).
_LONG: Final = re.compile(rf"{_DIGITS_START}\d{{5,}}(?![^\W_]|,\d{{3}}|\.\d)")
_EMERGENCY: Final = re.compile(rf"{_DIGITS_START}(?:911|112|99[6-9]|93[07]|940){NUMBER_END}")
_LEADING_ZERO: Final = re.compile(rf"{_DIGITS_START}0\d+{NUMBER_END}")

# Letters. Capitals with a vowel in each syllable can be read as a word: `SAVE`, not `NQL`.
_READABLE_CAPITALS: Final = re.compile(r"[^AEIOUY]{0,2}(?:[AEIOUY]{1,2}[^AEIOUY]{1,2})*[AEIOUY]{0,2}")
# `HbA1c`, `pH`: small and capital letters mixed.
_FORMULA: Final = re.compile(r"[A-Z]?[a-z][A-Z]")
# In Arabic text: capitals without a vowel, two capitals that are no English word, and well-known short forms.
_ACRONYM: Final = re.compile(
    rf"{WORD_START}(?:[B-DF-HJ-NP-TV-Z]{{2,5}}|(?!OK|NO|GO|TO|MY|WE|ON|UP|IN|SO|DO|BE|HI|IF|IS|OR|AT|BY|ME|HE|OF|AN|AS|US)[A-Z]{{2}}|ATM|OTP|ID|UAE|USA|UK|AI|API|URL|VIP|FAQ|KSA|UPS|PO){WORD_END}"
)


def say_identifiers(text: str, arabic: bool) -> str:
    """Replace each identifier that its shape gives away. This runs before the rules for times and money."""
    words = number_words(arabic)

    def key_code(found: re.Match[str]) -> str:
        code = found[0]
        # `#45` is a number, not something to type.
        if "*" not in code and code.startswith("#") and not code.endswith("#"):
            return code
        keys = {"*": "نجمة", "#": "مربع"} if arabic else {"*": "star", "#": "hash"}
        return " ".join(keys.get(part) or words.digits(part) for part in re.findall(r"[*#]|\d+", code))

    def iban(found: re.Match[str]) -> str:
        # `SA0380000000` is said as `SA`, `03`, `8000`, `0000`.
        code = re.sub(r"[ -]", "", found[0])
        groups = [code[:2], code[2:4], *re.findall(".{1,4}", code[4:])]
        return _in_groups([part for group in groups for part in re.findall(r"\d+|\D+", group)], arabic)

    def masked(found: re.Match[str]) -> str:
        return _in_groups(re.findall(r"\d+", f"{found['front'] or ''} {found['figures'] or found['only']}"), arabic)

    def plate(found: re.Match[str]) -> str:
        if found["letters"]:
            return f"{found['letters']} {words.digits(found['figures'])}"
        return f"{words.digits(found['before'])} {found['behind']}"

    if ANY_DIGIT.search(text) is None:
        return text
    if _KEY_OR_MASK.search(text):
        text = _MASKED.sub(masked, _KEY_CODE.sub(key_code, text))
    capitals = _CAPITAL.search(text) is not None
    if capitals:
        text = _IBAN.sub(iban, text)
    text = _PLATE.sub(plate, say_phone_numbers(text, arabic))
    if capitals:
        text = _NATIONAL_ADDRESS.sub(lambda found: _in_groups([found[1], found[2]], arabic), text)
    if _TWO_GROUPS.search(text):
        text = _GROUPED.sub(lambda found: _in_groups(re.findall(r"\d+", found[0]), arabic), text)
        text = _TWO_HALVES.sub(
            lambda found: found["front"] + _in_groups(re.findall(r"\d+", found["figures"]), arabic), text
        )
    if capitals:
        text = _CAPITALS_AND_DIGITS.sub(lambda found: _in_groups([found[1], *by_threes(found[2])], arabic), text)
    return text


def say_codes(text: str, arabic: bool) -> str:
    """Replace each identifier that needs its context or its length. This runs after amounts have become words."""
    words = number_words(arabic)

    def hash_sign(found: re.Match[str]) -> str:
        # `ticket no. #45`: the number was announced already.
        if _NUMBER_WORD.search(found.string[max(0, found.start() - 24) : found.start()]):
            return ""
        return "رقم " if arabic else "number "

    def labelled_code(found: re.Match[str]) -> str:
        figures = found["figures"]
        if len(figures) == 3 and not _SHORT_CODE_LABEL.search(found["front"]):
            return found[0]
        return found["front"] + _in_groups(by_threes(figures) if len(figures) > 4 else [figures], arabic)

    def long_number(found: re.Match[str]) -> str:
        # A round number is an amount; other long numbers name something.
        figures = found[0]
        if figures.endswith("000") or (len(figures) < 7 and figures.endswith("00")):
            return figures
        return _in_groups(by_threes(figures), arabic)

    if ANY_DIGIT.search(text):
        text = _LETTERS_WITH_DIGITS.sub(lambda found: _say_token(found[0], arabic), text)
        long = _THREE_DIGITS.search(text) is not None
        if long:
            text = _HOUSE_NUMBER.sub(lambda found: words.digits(found[0]), text)
        if "#" in text:
            text = _HASH.sub(hash_sign, text)
        if long:
            text = _LABELLED_CODE.sub(labelled_code, text)
            text = _SENT_TO.sub(lambda found: found["front"] + words.digits(found["figures"]), text)
            text = _LONG.sub(long_number, text)
        for pattern in (_EMERGENCY, _LEADING_ZERO):
            text = pattern.sub(lambda found: words.digits(found[0]), text)
    if arabic and _CAPITAL.search(text):
        text = _ACRONYM.sub(lambda found: words.spell(found[0]), text)
    return text


def _in_groups(groups: list[str], arabic: bool) -> str:
    """Return digits and letters one by one, with a pause between the groups."""
    words = number_words(arabic)
    return words.pause.join(words.digits(group) if group.isdecimal() else words.spell(group) for group in groups)


def _say_token(token: str, arabic: bool) -> str:
    """Return a token of letters and digits part by part: `NQL-123` as letters and digits, `SAVE20` as two words."""
    words = number_words(arabic)
    groups: list[str] = []
    for part in re.findall(r"\d+|[A-Za-z]+", token):
        long = part.isdecimal() and len(part) > 4
        groups += [words.digits(few) for few in by_threes(part)] if long else [part]
    said: list[str] = []
    for group in groups:
        if group.isdecimal():
            # `A-12` is `A twelve`; in a token of many parts, and from three digits on, each digit is said.
            said.append(words.whole(group) if len(group) <= 2 and len(groups) <= 3 else words.digits(group))
        elif (
            len(group) == 1
            or _FORMULA.fullmatch(group)
            or (group.isupper() and not (len(group) > 3 and _READABLE_CAPITALS.fullmatch(group)))
        ):
            said.append(words.spell(group))
        else:
            said.append(group)
    short = len(token) <= 4 or re.search(r"\d{3}", token) is None
    return (" " if short else words.pause).join(said)
