"""Say amounts of money: the currency by name, Arabic agreement, and a fraction as coins.

A code that names a country is said with it (`KWD` is `دينار كويتي`), except the riyal and the dollar, which need none
in Saudi Arabia. `150.75 ر.س` is `مئة وخمسين ريال وخمس وسبعين هللة`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import Noun, counted, counted_as_written, lower_end
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.numerals import amount, amount_value, number_words, sign_word, split_decimal
from ivr.text.normalize.patterns import (
    ANY_DIGIT,
    NUMBER,
    NUMBER_START,
    SIGN,
    SILENT_STOP_MARK,
    STOP_WITHIN,
    UNIT_END,
    WORD_END,
    WORD_START,
)
from ivr.text.segment.abbreviations import goes_on
from ivr.text.segment.punctuation import CURRENCY_SIGNS


@dataclass(frozen=True, slots=True)
class Currency:
    """Hold how one currency is written and said."""

    marks: str
    """A regular expression of its signs and codes."""
    noun: Noun
    coin: Noun
    english: tuple[str, str]
    """Singular, plural."""
    english_coin: tuple[str, str]
    """Singular, plural."""
    coins: int = 100
    """Coins in one unit: 100 or 1000."""

    def name(self, arabic: bool) -> str:
        """Return the name that stands behind a number which is not inflected: `دينار كويتي`, `Kuwaiti dinars`."""
        return f"{self.noun.one} {self.noun.adjective}".strip() if arabic else self.english[1]


_HALALA: Final = Noun("هللة", "هللتين", "هللات", feminine=True)
_FILS: Final = Noun("فلس", "فلسين", "فلوس")
_CENT: Final = Noun("سنت", "سنتين", "سنتات")
_BAISA: Final = Noun("بيسة", "بيستين", "بيسات", feminine=True)
_PIASTRE: Final = Noun("قرش", "قرشين", "قروش")
_PENNY: Final = Noun("بنس", "بنسين", "بنسات")
_DIRHAM: Final = Noun("درهم", "درهمين", "دراهم")
_RIYAL: Final = Noun("ريال", "ريالين", "ريالات")
_DINAR: Final = Noun("دينار", "دينارين", "دنانير")
_POUND: Final = Noun("جنيه", "جنيهين", "جنيهات")
_DOLLAR: Final = Noun("دولار", "دولارين", "دولارات")
_YEN: Final = Noun("ين", "ينين", "ينات")
_RUPEE: Final = Noun("روبية", "روبيتين", "روبيات", feminine=True)
_LIRA: Final = Noun("ليرة", "ليرتين", "ليرات", feminine=True)
_EURO: Final = Noun("يورو", "يورو", "يورو")
_FILS_EN: Final = ("fils", "fils")
_CENTS_EN: Final = ("cent", "cents")


def _of(noun: Noun, adjective: str) -> Noun:
    """Return a noun with the adjective of its country."""
    return replace(noun, adjective=adjective)


# Signs, ISO 4217 codes and the Arabic short forms of each.
_SAUDI_RIYALS: Final = Currency(
    r"[ر]\.\s?س|SAR|SR|S\.R|﷼|\u20c1", _RIYAL, _HALALA, ("riyal", "riyals"), ("halala", "halalas")
)
_DOLLARS: Final = Currency(r"USD|US\$|\$", _DOLLAR, _CENT, ("dollar", "dollars"), _CENTS_EN)
_EUROS: Final = Currency(r"EUR|€", _EURO, _CENT, ("euro", "euros"), _CENTS_EN)
_CURRENCIES: Final = (
    _SAUDI_RIYALS,
    Currency(r"ر\.ق|QAR|QR", _of(_RIYAL, "قطري"), _DIRHAM, ("Qatari riyal", "Qatari riyals"), _CENTS_EN),
    Currency(r"ر\.ع|OMR", _of(_RIYAL, "عماني"), _BAISA, ("Omani rial", "Omani rials"), ("baisa", "baisa"), 1000),
    Currency(r"د\.إ|د\.ا|AED|Dhs?", _of(_DIRHAM, "إماراتي"), _FILS, ("dirham", "dirhams"), _FILS_EN),
    Currency(r"د\.ك|KWD|KD", _of(_DINAR, "كويتي"), _FILS, ("Kuwaiti dinar", "Kuwaiti dinars"), _FILS_EN, 1000),
    Currency(r"د\.ب|BHD|BD", _of(_DINAR, "بحريني"), _FILS, ("Bahraini dinar", "Bahraini dinars"), _FILS_EN, 1000),
    Currency(r"د\.أ|JOD|JD", _of(_DINAR, "أردني"), _FILS, ("Jordanian dinar", "Jordanian dinars"), _FILS_EN, 1000),
    Currency(r"د\.ع|IQD", _of(_DINAR, "عراقي"), _FILS, ("Iraqi dinar", "Iraqi dinars"), _FILS_EN, 1000),
    Currency(
        r"ج\.م|EGP|LE|E£", _of(_POUND, "مصري"), _PIASTRE, ("Egyptian pound", "Egyptian pounds"), ("piastre", "piastres")
    ),
    Currency(r"GBP|£", _of(_POUND, "إسترليني"), _PENNY, ("pound", "pounds"), ("penny", "pence")),
    _DOLLARS,
    _EUROS,
    Currency(r"ر\.ي|YER", _of(_RIYAL, "يمني"), _FILS, ("Yemeni rial", "Yemeni rials"), _FILS_EN),
    Currency(r"JPY|¥", _YEN, _CENT, ("yen", "yen"), _CENTS_EN),
    Currency(r"INR|₹", _RUPEE, _BAISA, ("rupee", "rupees"), ("paisa", "paise")),
    Currency(
        r"PKR|Rs\.?",
        Noun("روبية باكستانية", "روبيتين باكستانيتين", "روبيات باكستانية", feminine=True),
        _BAISA,
        ("Pakistani rupee", "Pakistani rupees"),
        ("paisa", "paise"),
    ),
    Currency(r"PHP|₱", Noun("بيزو", "بيزو", "بيزو"), _CENT, ("peso", "pesos"), _CENTS_EN),
    Currency(r"CNY|RMB", Noun("يوان", "يوان", "يوان"), _CENT, ("yuan", "yuan"), _CENTS_EN),
    Currency(r"KRW|₩", Noun("وون", "وون", "وون"), _CENT, ("won", "won"), _CENTS_EN),
    Currency(r"RUB|₽", Noun("روبل", "روبلين", "روبلات"), _CENT, ("ruble", "rubles"), ("kopeck", "kopecks")),
    Currency(
        r"CHF", Noun("فرنك", "فرنكين", "فرنكات", adjective="سويسري"), _CENT, ("Swiss franc", "Swiss francs"), _CENTS_EN
    ),
    Currency(r"CAD", _of(_DOLLAR, "كندي"), _CENT, ("Canadian dollar", "Canadian dollars"), _CENTS_EN),
    Currency(r"TRY|₺", _LIRA, _PIASTRE, ("lira", "lira"), ("kurus", "kurus")),
)
CURRENCY_CODES: Final = "|".join(
    code
    for currency in _CURRENCIES
    for code in currency.marks.split("|")
    if code.isascii() and code.isupper() and code.isalpha()
)
"""Codes of capitals (`SAR`), for a regular expression."""
# Currencies written as a word take the country from an adjective behind it, if there is one.
_CURRENCY_WORDS: Final = (
    (r"ريال(?:ات|ين|اً|ًا|ا)?|رس|riyals?|rials?", _SAUDI_RIYALS),
    (
        r"(?:درهم(?:ين|اً|ًا|ا)?|دراهم)|dirhams?",
        Currency("", _DIRHAM, _FILS, ("dirham", "dirhams"), _FILS_EN),
    ),
    (r"(?:دينار(?:ين|اً|ًا|ا)?|دنانير)|dinars?", Currency("", _DINAR, _FILS, ("dinar", "dinars"), _FILS_EN, 1000)),
    (r"جنيه(?:ات|ين|اً|ًا|ا)?|pounds?", Currency("", _POUND, _PIASTRE, ("pound", "pounds"), ("penny", "pence"))),
    (r"دولار(?:ات|ين|اً|ًا|ا)?|dollars?", _DOLLARS),
    (r"يورو|euros?", _EUROS),
    (r"هلل(?:ة|ه|ات|تين)|halalas?", Currency("", _HALALA, _HALALA, ("halala", "halalas"), ("halala", "halalas"))),
    (r"فلس(?:ين|اً|ًا|ا)?|فلوس|fils", Currency("", _FILS, _FILS, _FILS_EN, _FILS_EN)),
    (r"سنت(?:ات|ين|اً|ًا|ا)?|cents?|¢", Currency("", _CENT, _CENT, _CENTS_EN, _CENTS_EN)),
)
_COUNTRY_ADJECTIVE: Final = (
    "سعودي|يمني|قطري|عماني|[إا]ماراتي|كويتي|بحريني|[أا]ردني|عراقي|مصري|[أا]مريكي|كندي|[إا]سترليني"
)
# Words and letters behind an amount, in Arabic and in English.
_MONEY_SCALES: Final = {
    "million": ("مليون", "million"),
    "billion": ("مليار", "billion"),
    "thousand": ("ألف", "thousand"),
    "k": ("ألف", "thousand"),
    "m": ("مليون", "million"),
    "mn": ("مليون", "million"),
    "bn": ("مليار", "billion"),
    "b": ("مليار", "billion"),
}
_ANY_MARK: Final = "|".join(f"(?P<c{index}>{currency.marks})" for index, currency in enumerate(_CURRENCIES))
_ANY_WORD: Final = "|".join(f"(?P<w{index}>{marks})" for index, (marks, _) in enumerate(_CURRENCY_WORDS))
# `$2.5 million`, `1.5M SAR`
_MONEY_SCALE: Final = rf"(?:\s?(?P<scale>million|billion|thousand|(?:[kKmMbB]|mn|bn){WORD_END}))?"
_LOW_PRICE: Final = rf"(?:(?P<low>{NUMBER})\s?(?:-|–|—)\s?)?"
# `25-50 ريال`, `5.250 د.ك`, `7 ريالات سعودية`
_NUMBER_THEN_CURRENCY: Final = re.compile(
    rf"{NUMBER_START}(?P<sign>{SIGN}){_LOW_PRICE}(?P<number>{NUMBER}){_MONEY_SCALE}\s*(?:{_ANY_MARK}|(?:{_ANY_WORD})(?:\s(?P<adjective>{_COUNTRY_ADJECTIVE})(?:ة|ين|اً)?)?){UNIT_END}"
)
# `SAR 100`, `-$5`
_CURRENCY_THEN_NUMBER: Final = re.compile(
    rf"{WORD_START}(?P<sign>[-−+]?)(?:{_ANY_MARK})\s*{_LOW_PRICE}(?P<number>{NUMBER}){_MONEY_SCALE}{UNIT_END}(?!\.\d)"
)
# `SAR 1.5 مليون`: the currency belongs behind the scale.
_CURRENCY_THEN_ARABIC_SCALE: Final = re.compile(
    rf"{WORD_START}(?:{_ANY_MARK})\s*(?P<number>{NUMBER}\s(?:[أا]لف|[آا]لاف|مليون|ملايين|مليار|مليارات)){UNIT_END}"
)
# `سعر $`: a sign without an amount.
_CURRENCY_ALONE: Final = re.compile(rf"(?<![^\W_.])(?:{_ANY_MARK}){UNIT_END}")
_CURRENCY_SIGN: Final = re.compile(f"[{CURRENCY_SIGNS}]")
_LATIN_CODE: Final = re.compile(r"[A-Z.]+|Dhs?|Rs\.?")
# `ر.س` at the end of a match: its full stop may follow.
_DOTTED_CURRENCY: Final = re.compile(r"\w\.\s?\w\Z")


def say_money(text: str, arabic: bool) -> str:
    """Replace each amount of money by words."""

    def price(found: re.Match[str]) -> str:
        named = found.groupdict()
        currency, word = _currency_of(named)
        low = ""
        if figures := named.get("low"):
            inflected = arabic and figures.isdecimal()
            low = lower_end(figures, currency.noun) if inflected else amount(figures, arabic)
            low = f"{low} {number_words(arabic).to} "
        if adjective := named.get("adjective"):
            currency = replace(currency, noun=_of(currency.noun, adjective))
        if named["scale"]:
            scale = _MONEY_SCALES[named["scale"].lower()][0 if arabic else 1]
            words = f"{amount(named['number'], arabic)} {scale} {currency.name(arabic)}"
        else:
            words = _in_units_and_coins(named["number"], currency, word, arabic)
        # The full stop of `ر.س.` is not the sentence's when the sentence goes on.
        rest = found.string[found.end() :]
        silent = _DOTTED_CURRENCY.search(found[0]) and rest.startswith(". ") and goes_on(rest[2:])
        return f"{sign_word(named['sign'], arabic)}{low}{words}{SILENT_STOP_MARK if silent else ''}"

    def alone(found: re.Match[str]) -> str:
        # Latin codes without an amount stay: they may mean anything.
        if _LATIN_CODE.fullmatch(found[0]):
            return found[0]
        return _currency_of(found.groupdict())[0].name(arabic)

    if ANY_DIGIT.search(text):
        text = _CURRENCY_THEN_ARABIC_SCALE.sub(
            lambda found: f"{found['number']} {_currency_of(found.groupdict())[0].name(arabic)}", text
        )
        text = _CURRENCY_THEN_NUMBER.sub(price, _NUMBER_THEN_CURRENCY.sub(price, text))
    # All but Latin codes have a sign or a full stop within.
    if _CURRENCY_SIGN.search(text) or STOP_WITHIN.search(text):
        text = _CURRENCY_ALONE.sub(alone, text)
    return text


def _currency_of(named: dict[str, str]) -> tuple[Currency, str]:
    """Return the currency of a match, and its name as written if it is written as a word."""
    for index, currency in enumerate(_CURRENCIES):
        if named.get(f"c{index}"):
            return currency, ""
    return next(
        (currency, word) for index, (_, currency) in enumerate(_CURRENCY_WORDS) if (word := named.get(f"w{index}"))
    )


def _in_units_and_coins(figures: str, currency: Currency, word: str, arabic: bool) -> str:
    """Return an amount as whole units and coins; `word` is the currency's name as written, '' for a mark."""
    whole, fraction = split_decimal(figures)
    places = len(str(currency.coins)) - 1
    value = amount_value(whole)
    # A fraction finer than a coin is read as a decimal.
    if value is None or fraction[places:].strip("0"):
        return f"{amount(figures, arabic)} {currency.name(arabic)}"
    coins = int(fraction[:places].ljust(places, "0"))
    parts = []
    if value or not coins:
        parts.append(counted_as_written(value, currency.noun, word) if arabic else _english(value, currency.english))
    if coins:
        parts.append(counted(coins, currency.coin) if arabic else _english(coins, currency.english_coin))
    return (" و" if arabic else " and ").join(parts)


def _english(value: int, names: tuple[str, str]) -> str:
    """Return a number with the singular or plural of what it counts."""
    return f"{english_cardinal(value)} {names[0] if value == 1 else names[1]}"
