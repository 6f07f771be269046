"""Figures that are names, not amounts: phone numbers, waybills, IBANs, cards, one-time codes, versions.

They are read digit by digit in the groups a person would say: as written if the writer grouped them, else a phone
number as 3-3-4, an account by fours, anything else by threes with no single digit left over. Letters are spelled.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.numerals import JOIN, tongue

_EDGE: Final = r"(?<![^\W_])(?<!\d[.,:/])"
_NOT_MORE: Final = r"(?![^\W_]|[.,:/]\d)"
_IBAN: Final = re.compile(r"(?<![^\W_])[A-Z]{2}\s?\d{2}(?:[ -]?[A-Z0-9]{4}){3,7}(?:[ -]?[A-Z0-9]{1,3})?(?![^\W_])")
_PHONE: Final = re.compile(
    rf"{_EDGE}(?<!\d[ -])(?:\(?(?:\+|00)\d{{1,3}}\)?[ -]?(?:\(\d{{1,4}}\)[ -]?)?\d{{1,4}}(?:[ -]?\d{{2,9}}){{1,4}}"
    rf"|\(?0\d{{1,2}}\)?[ -]\d{{3,4}}[ -]?\d{{3,4}}|0[15]\d(?:[ -]?\d{{3}})[ -]?\d{{4}}"
    rf"|966[ -]?\d{{2}}[ -]?\d{{3}}[ -]?\d{{4}}|9200[ -]?\d{{5}}|800[ -]?\d{{3}}[ -]?\d{{4}}){_NOT_MORE}"
)
_NEIGHBOUR: Final = re.compile(r"((?:00)?(?:966|971|965|973|974|968|96[1-47]|970))(\d{8,9})")
_GROUPED: Final = re.compile(rf"{_EDGE}(?<!\d[ -])\d{{2,6}}(?:([ -])\d{{2,6}})(?:\1\d{{2,6}})+{_NOT_MORE}")
_MIXED: Final = re.compile(
    r"(?<![^\W_])(?<!\d\.)(?=[A-Za-z/_-]*\d)(?=[\d/_-]*[A-Za-z])[A-Za-z0-9]+(?:[-/_][A-Za-z0-9]+)*(?![^\W_]|[-_][A-Za-z])"
)
_MONEY: Final = r"(?!(?:SAR|SR|AED|QAR|QR|OMR|KWD|KD|BHD|BD|JOD|JD|IQD|EGP|LE|GBP|USD|EUR)(?![^\W_]))"
_SPACED: Final = re.compile(rf"(?<![^\W_]){_MONEY}([A-Z]{{2,5}})[ -]+(\d{{3,}})(?![^\W_]|[.,:/]\d|[-_/]\w)")
_LONG: Final = re.compile(rf"{_EDGE}\d{{5,}}(?![^\W_]|,\d{{3}}|\.\d)")
_STRONG: Final = (
    r"رقم\w*|الرقم|برقم|[أا]رقام\w*|كود\w*|الكود|رمز\w*|الرمز|هوي[ةت]\w*|الهوية|ال[إا]قامة|تحويل[ةه]|التحويل[ةه]|بوليص[ةت]\w*|البوليصة|الآيبان|آيبان"
    r"|ايبان|ص\.ب\.?|صندوق بريد|المنتهي[ةه]?|تنتهي|ينتهي|آخر"
    r"|السجل|المرجع|المرجعي|الفاتورة|المبنى|مبنى|البريدي|ال[إا]ضافي|جوال\w*|الجوال"
    r"|هاتف\w*|الهاتف|تلفون\w*|بالرقم|التحقق"
    r"|numbers?|no\.?|code|otp|pin|ref\.?|reference|order|waybill|tracking|ticket|account|id|ext\.?|extension|zip|postal|box|invoice"
    r"|building|ending|ends|phone|mobile|tel\.?|dial|flight|booking|case|shipment|call|digits|passcode|password"
    r"|room|suite|apartment|gate|plate|mrn|لوح[ةت]\w*|اللوحة|اللوحات"
)
_WEAK: Final = (
    r"شحنت?\w*|الشحنة|طلب\w*|الطلب|تذكرة|التذكرة|حساب\w*|الحساب|بطاق[ةت]\w*|البطاقة|عقد|العقد|فاتورة|رحلة|الرحلة|واصل"
)
_CODE: Final = re.compile(
    rf"(?P<front>(?<![^\W_])(?:(?:{_STRONG})(?![^\W_])(?:[^\S\n]+[^\W\d]+){{0,4}}|(?:{_WEAK})(?![^\W_])(?:[^\S\n]+(?:هو|هي|is))?)[\s:#*\"'«({JOIN}]*)"
    rf"(?P<figures>\d{{3,6}}){_NOT_MORE}(?!\s?[%٪])",
    re.IGNORECASE,
)
_HALVES: Final = re.compile(
    rf"(?P<front>(?<![^\W_])(?:{_STRONG})(?![^\W_])(?:[^\S\n]+[^\W\d]+){{0,2}}[\s:#*\"'«({JOIN}]*)"
    rf"(?P<figures>\d{{3,4}}[ -]\d{{3,4}}){_NOT_MORE}"
    r"(?!\s?[%٪]|[ -]\d)",
    re.IGNORECASE,
)
_SENT_TO: Final = re.compile(
    r"(?P<front>(?<![^\W_])(?:[وف]?(?:[أاإ]رسل|[أاإ]رسال|ابعث|اتصل|راسل|كلم|sms|text|send|sent|dial|call)[^\W\d_]*)"
    r"(?:[^\S\n]+[^\s\d.،؛;؟?!]+){0,4}[^\S\n]+(?:إلى|الى|على|to|at|on)\s)(?P<figures>\d{3,6})"
    r"(?=\s*(?:[.,،؛;!?؟)](?!\d)|\Z)|\s(?:من|أو|او|مجان|لل?[^\W\d_]{3}|و[^\W\d_]{3}|or|from|and|for)[^\W\d_]*(?![^\W_]))",
    re.IGNORECASE,
)
"""`أرسل الرمز إلى 5656`: a short number that messages go to."""
_SHORT_CODE: Final = re.compile(
    r"كود|الكود|رمز|تحويل|التحويل|المنتهي|تنتهي|ينتهي|[آا]خر|[أا]رقام|التحقق|code|otp|pin|ext|building|ending|ends|flight",
    re.IGNORECASE,
)
_SAYABLE: Final = re.compile(r"[^AEIOUY]{0,2}(?:[AEIOUY]{1,2}[^AEIOUY]{1,2})*[AEIOUY]{0,2}")
_FORMULA: Final = re.compile(r"[A-Z]?[a-z][A-Z]")
_NATIONAL: Final = re.compile(r"(?<![^\W_])([A-Z]{4})\s?(\d{4})(?![^\W_])")
_ACRONYM: Final = re.compile(
    r"(?<![^\W_])(?:[B-DF-HJ-NP-TV-Z]{2,5}|(?!OK|NO|GO|TO|MY|WE|ON|UP|IN|SO|DO|BE|HI|IF|IS|OR|AT|BY|ME|HE|OF|AN|AS|US)[A-Z]{2}|ATM|OTP|ID|UAE|USA|UK|AI|API|URL|VIP|FAQ|KSA|UPS|PO)(?![^\W_])"
)
_ALWAYS: Final = re.compile(rf"{_EDGE}(?:911|112|99[6-9]|93[07]|940){_NOT_MORE}")
_HASH: Final = re.compile(r"#\s?(?=\d)")
_STAR_CODE: Final = re.compile(r"(?<![^\W_])[*#]+\d[\d*#]*[*#]?|(?<![\w*])\d+[*#](?![\w*])")
_MASK: Final = re.compile(r"(?<![^\W_])[*xX•]{2,}(?:[ -][*xX•]{2,})*[ -]?(?=\d{2,6}(?!\d))")
_PLATE: Final = re.compile(
    rf"(?<![^\W_])(?<!\d\s)(?P<letters>(?:[\u0621-\u064a]\s){{2}}[\u0621-\u064a])[{JOIN}\s-]+(?P<figures>\d{{1,4}}){_NOT_MORE}"
    r"|(?<![^\W_])(?<![.,:/]\d)(?P<before>\d{1,4})[\s-]+(?P<behind>(?:[\u0621-\u064a]\s){2}[\u0621-\u064a])(?![^\W_])(?!\s?\d)"
)
_STREET: Final = re.compile(
    r"(?<![^\W_])\d{4,5}(?=\s(?:[A-Z][a-z]+\s){1,3}(?:Street|Road|Avenue|Boulevard|Drive|Lane|Highway)(?![^\W_]))"
)
_ZEROS: Final = re.compile(rf"{_EDGE}0\d+{_NOT_MORE}")


def say_names(text: str, arabic: bool) -> str:
    """IBANs, phone numbers, grouped figures, and tokens of letters and digits. Goes before amounts."""
    text = _STAR_CODE.sub(lambda found: _starred(found[0], arabic), text)
    text = _MASK.sub("", text)
    text = _IBAN.sub(lambda found: _in_groups(_letters_apart(found[0]), arabic), text)
    text = _PHONE.sub(lambda found: _phone(found[0], arabic), text)
    text = _PLATE.sub(lambda found: _plate(found, arabic), text)
    text = _NATIONAL.sub(lambda found: _in_groups([found[1], found[2]], arabic), text)
    text = _GROUPED.sub(lambda found: _as_written(found[0], arabic), text)
    text = _HALVES.sub(lambda found: found["front"] + _as_written(found["figures"], arabic), text)
    return _SPACED.sub(lambda found: _in_groups([found[1], *_by_threes(found[2])], arabic), text)


def say_codes(text: str, arabic: bool) -> str:
    """Tokens of letters and digits, figures behind `رقم`, `code` and the like, long figures. Goes after amounts."""
    text = _MIXED.sub(lambda found: _mixed(found[0], arabic), text)
    text = _STREET.sub(lambda found: tongue(arabic).digits(found[0]), text)
    text = _HASH.sub(lambda found: _hash(found, arabic), text)
    text = _CODE.sub(lambda found: _code(found, arabic), text)
    text = _SENT_TO.sub(lambda found: found["front"] + tongue(arabic).digits(found["figures"]), text)
    text = _LONG.sub(lambda found: _long(found[0], arabic), text)
    text = _ALWAYS.sub(lambda found: tongue(arabic).digits(found[0]), text)
    text = _ZEROS.sub(lambda found: tongue(arabic).digits(found[0]), text)
    return _ACRONYM.sub(lambda found: tongue(arabic).spell(found[0]), text) if arabic else text


def _plate(found: re.Match[str], arabic: bool) -> str:
    """The letters and the digits of a car's plate."""
    if found["letters"]:
        return f"{found['letters']} {tongue(arabic).digits(found['figures'])}"
    return f"{tongue(arabic).digits(found['before'])} {found['behind']}"


def _in_groups(groups: list[str], arabic: bool) -> str:
    words = tongue(arabic)
    return words.PAUSE.join(words.digits(group) if group.isdecimal() else words.spell(group) for group in groups)


def _letters_apart(code: str) -> list[str]:
    """`SA0380000000` -> `SA`, `03`, `8000`, `0000`."""
    code = re.sub(r"[ -]", "", code)
    groups = [code[:2], code[2:4], *re.findall(".{1,4}", code[4:])]
    return [part for group in groups for part in re.findall(r"\d+|\D+", group)]


def _by_threes(figures: str) -> list[str]:
    if len(figures) in (12, 16, 20):
        return re.findall(".{4}", figures)
    groups = re.findall(".{1,3}", figures)
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _as_written(figures: str, arabic: bool) -> str:
    return _in_groups(re.findall(r"\d+", figures), arabic)


def _phone(written: str, arabic: bool) -> str:
    plus = "زائد " if arabic else "plus "
    groups = re.findall(r"\d+", written.replace("(0)", ""))
    figures = "".join(groups)
    if len(groups) == 1:
        groups = _phone_groups(figures)
    elif len(groups) == 2 and len(groups[1]) > 6:
        groups = [groups[0], *_national(groups[1])]
    return (plus if "+" in written else "") + _in_groups(groups, arabic)


def _phone_groups(figures: str) -> list[str]:
    found = _NEIGHBOUR.fullmatch(figures)
    if found:
        return [found[1], *_national(found[2])]
    if len(figures) == 10:
        return [figures[:3], figures[3:6], figures[6:]]
    if figures.startswith("9200"):
        return [figures[:4], figures[4:]]
    return _by_threes(figures)


def _national(figures: str) -> list[str]:
    """What follows a country's prefix: `50 123 4567`."""
    return [figures[:2], figures[2:5], figures[5:]] if len(figures) == 9 else _by_threes(figures)


def _mixed(token: str, arabic: bool) -> str:
    """Letters are spelled if they look like a code (capitals), else they are a word."""
    words = tongue(arabic)
    groups: list[str] = []
    for part in re.findall(r"\d+|[A-Za-z]+", token):
        if part.isdecimal():
            groups += [words.digits(few) for few in _by_threes(part)] if len(part) > 4 else [part]
        else:
            groups.append(part)
    many = len(groups) > 3
    said = [words.digits(group) if many and group.isdecimal() else _part(group, arabic) for group in groups]
    short = len(token) <= 4 or re.search(r"\d{3}", token) is None
    return (" " if short else words.PAUSE).join(said)


def _part(group: str, arabic: bool) -> str:
    words = tongue(arabic)
    if group.isdecimal():
        return words.whole(group) if len(group) <= 2 else words.digits(group)
    letters = len(group) == 1 or _FORMULA.fullmatch(group) or (group.isupper() and not _word(group))
    return words.spell(group) if letters else group


def _word(capitals: str) -> bool:
    """Whether capitals can be read as a word: `SAVE`, not `NQL`."""
    return len(capitals) > 3 and _SAYABLE.fullmatch(capitals) is not None


def _hash(found: re.Match[str], arabic: bool) -> str:
    """`#45`, unless it was announced as a number already."""
    if re.search(r"رقم|number|no\.?\s", found.string[max(0, found.start() - 24) : found.start()], re.IGNORECASE):
        return ""
    return "رقم " if arabic else "number "


def _code(found: re.Match[str], arabic: bool) -> str:
    figures = found["figures"]
    if len(figures) == 3 and not _SHORT_CODE.search(found["front"]):
        return found[0]
    groups = _by_threes(figures) if len(figures) > 4 else [figures]
    return found["front"] + _in_groups(groups, arabic)


def _long(figures: str, arabic: bool) -> str:
    """A long number nobody counts with is a name, unless it is round."""
    if figures.endswith("000") or (len(figures) < 7 and figures.endswith("00")):
        return figures
    return _in_groups(_by_threes(figures), arabic)


def _starred(code: str, arabic: bool) -> str:
    """`*966#` -> `نجمة تسعة ستة ستة مربع`."""
    names = {"*": "نجمة" if arabic else "star", "#": "مربع" if arabic else "hash"}
    words = tongue(arabic)
    if code.startswith("#") and not code.strip("#").endswith(("*", "#")) and "*" not in code and not code.endswith("#"):
        return code
    return " ".join(names.get(part) or words.digits(part) for part in re.findall(r"[*#]|\d+", code))
