"""Amounts of money: a table of currencies, Arabic agreement, halalas and fils.

The country is said where the written code names it (`KWD` -> `دينار كويتي`), except for the riyal and the dollar, which
at home need none. A fraction is said as coins: `150.75 ر.س` -> `مئة وخمسين ريال وخمسة وسبعين هللة`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import Noun, counted, counted_as_written, lower_end
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.numerals import END, GONE, NUMBER, SIGN, START, amount, exact, parted, signed
from ivr.text.segment.abbreviations import goes_on


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency: how it is written, and what is said."""

    marks: str
    """A regular expression of its written forms."""
    noun: Noun
    coin: Noun
    english: tuple[str, str]
    """One, many."""
    english_coin: tuple[str, str]
    coins: int = 100
    """Coins to one."""


_HALALA: Final = Noun("هللة", "هللتين", "هللات", feminine=True)
_FILS: Final = Noun("فلس", "فلسين", "فلوس")
_CENT: Final = Noun("سنت", "سنتين", "سنتات")
_BAISA: Final = Noun("بيسة", "بيستين", "بيسات", feminine=True)
_PIASTRE: Final = Noun("قرش", "قرشين", "قروش")
_PENNY: Final = Noun("بنس", "بنسين", "بنسات")
_DIRHAM: Final = Noun("درهم", "درهمين", "دراهم", adjective="إماراتي")


def _riyal(adjective: str = "") -> Noun:
    return Noun("ريال", "ريالين", "ريالات", adjective=adjective)


def _dinar(adjective: str = "") -> Noun:
    return Noun("دينار", "دينارين", "دنانير", adjective=adjective)


def _pound(adjective: str = "") -> Noun:
    return Noun("جنيه", "جنيهين", "جنيهات", adjective=adjective)


_FILS_EN: Final = ("fils", "fils")
_CENTS_EN: Final = ("cent", "cents")
_DOLLAR: Final = Noun("دولار", "دولارين", "دولارات")
_YEN: Final = Noun("ين", "ينين", "ينات")
_RUPEE: Final = Noun("روبية", "روبيتين", "روبيات", feminine=True)
_PAISA: Final = Noun("بيسة", "بيستين", "بيسات", feminine=True)
_LIRA: Final = Noun("ليرة", "ليرتين", "ليرات", feminine=True)
_EURO: Final = Noun("يورو", "يورو", "يورو")
_SAUDI: Final = r"[ر]\.\s?س|SAR|SR|S\.R|﷼|\u20c1"
CURRENCIES: Final = (
    Currency(_SAUDI, _riyal(), _HALALA, ("riyal", "riyals"), ("halala", "halalas")),
    Currency(
        r"ر\.ق|QAR|QR", _riyal("قطري"), Noun("درهم", "درهمين", "دراهم"), ("Qatari riyal", "Qatari riyals"), _CENTS_EN
    ),
    Currency(r"ر\.ع|OMR", _riyal("عماني"), _BAISA, ("Omani rial", "Omani rials"), ("baisa", "baisa"), 1000),
    Currency(r"د\.إ|د\.ا|AED|Dhs?", _DIRHAM, _FILS, ("dirham", "dirhams"), _FILS_EN),
    Currency(r"د\.ك|KWD|KD", _dinar("كويتي"), _FILS, ("Kuwaiti dinar", "Kuwaiti dinars"), _FILS_EN, 1000),
    Currency(r"د\.ب|BHD|BD", _dinar("بحريني"), _FILS, ("Bahraini dinar", "Bahraini dinars"), _FILS_EN, 1000),
    Currency(r"د\.أ|JOD|JD", _dinar("أردني"), _FILS, ("Jordanian dinar", "Jordanian dinars"), _FILS_EN, 1000),
    Currency(r"د\.ع|IQD", _dinar("عراقي"), _FILS, ("Iraqi dinar", "Iraqi dinars"), _FILS_EN, 1000),
    Currency(
        r"ج\.م|EGP|LE|E£", _pound("مصري"), _PIASTRE, ("Egyptian pound", "Egyptian pounds"), ("piastre", "piastres")
    ),
    Currency(r"GBP|£", _pound("إسترليني"), _PENNY, ("pound", "pounds"), ("penny", "pence")),
    Currency(r"USD|US\$|\$", _DOLLAR, _CENT, ("dollar", "dollars"), _CENTS_EN),
    Currency(r"EUR|€", _EURO, _CENT, ("euro", "euros"), _CENTS_EN),
    Currency(r"ر\.ي|YER", _riyal("يمني"), _FILS, ("Yemeni rial", "Yemeni rials"), _FILS_EN),
    Currency(r"JPY|¥", _YEN, _CENT, ("yen", "yen"), _CENTS_EN),
    Currency(r"INR|₹", _RUPEE, _PAISA, ("rupee", "rupees"), ("paisa", "paise")),
    Currency(r"TRY|₺", _LIRA, _PIASTRE, ("lira", "lira"), ("kurus", "kurus")),
)
_WORDS: Final = (
    (r"ريال(?:ات|ين|اً|ًا|ا)?|riyals?|rials?", CURRENCIES[0]),
    (
        r"(?:درهم(?:ين|اً|ًا|ا)?|دراهم)|dirhams?",
        Currency("", Noun("درهم", "درهمين", "دراهم"), _FILS, ("dirham", "dirhams"), _FILS_EN),
    ),
    (r"(?:دينار(?:ين|اً|ًا|ا)?|دنانير)|dinars?", Currency("", _dinar(), _FILS, ("dinar", "dinars"), _FILS_EN, 1000)),
    (r"جنيه(?:ات|ين|اً|ًا|ا)?|pounds?", Currency("", _pound(), _PIASTRE, ("pound", "pounds"), ("penny", "pence"))),
    (r"دولار(?:ات|ين|اً|ًا|ا)?|dollars?", CURRENCIES[10]),
    (r"يورو|euros?", CURRENCIES[11]),
    (r"هلل(?:ة|ه|ات|تين)|halalas?", Currency("", _HALALA, _HALALA, ("halala", "halalas"), ("halala", "halalas"))),
    (r"فلس(?:ين|اً|ًا|ا)?|فلوس|fils", Currency("", _FILS, _FILS, _FILS_EN, _FILS_EN)),
    (r"سنت(?:ات|ين|اً|ًا|ا)?|cents?", Currency("", _CENT, _CENT, _CENTS_EN, _CENTS_EN)),
)
_ADJECTIVE: Final = "سعودي|يمني|قطري|عماني|[إا]ماراتي|كويتي|بحريني|[أا]ردني|عراقي|مصري|[أا]مريكي|كندي|[إا]سترليني"
_SCALES: Final = {
    "million": ("مليون", "million"),
    "billion": ("مليار", "billion"),
    "thousand": ("ألف", "thousand"),
    "k": ("ألف", "thousand"),
    "m": ("مليون", "million"),
    "mn": ("مليون", "million"),
    "bn": ("مليار", "billion"),
    "b": ("مليار", "billion"),
}
_ALL: Final = "|".join(f"(?P<c{index}>{currency.marks})" for index, currency in enumerate(CURRENCIES))
_ALL_WORDS: Final = "|".join(f"(?P<w{index}>{marks})" for index, (marks, _) in enumerate(_WORDS))
_SCALE: Final = r"(?:\s?(?P<scale>million|billion|thousand|(?:[kKmMbB]|mn|bn)(?![^\W_])))?"
_RANGE: Final = rf"(?:(?P<low>{NUMBER})\s?(?:-|–|—)\s?)?"
_BEHIND: Final = re.compile(
    rf"{START}(?P<sign>{SIGN}){_RANGE}(?P<number>{NUMBER}){_SCALE}\s*(?:{_ALL}|(?:{_ALL_WORDS})(?:\s(?P<adjective>{_ADJECTIVE})(?:ة|ين|اً)?)?){END}"
)
_BEFORE: Final = re.compile(rf"(?<![^\W_])(?P<sign>[-−+]?)(?:{_ALL})\s*(?P<number>{NUMBER}){_SCALE}{END}(?!\.\d)")
_ALONE: Final = re.compile(rf"(?<![^\W_.])(?:{_ALL}){END}")
_ALONE_ASCII: Final = re.compile(r"[A-Z$€£.]+|Dhs?")


def say_money(text: str, arabic: bool) -> str:
    """Every amount of money in words."""

    def say(found: re.Match[str]) -> str:
        named = found.groupdict()
        currency, word = _currency(named)
        low = f"{_low(named['low'], currency.noun, arabic)} {'إلى' if arabic else 'to'} " if named.get("low") else ""
        words = _spoken(named["number"], named["scale"], currency, word, named.get("adjective"), arabic)
        return f"{signed(named['sign'], arabic)}{low}{words}{_gap(found)}"

    text = _BEFORE.sub(say, _BEHIND.sub(say, text))
    return _ALONE.sub(lambda found: _name(found, arabic), text)


def _currency(named: dict[str, str]) -> tuple[Currency, str]:
    """The currency, and its name if it is written as a word."""
    for index, currency in enumerate(CURRENCIES):
        if named.get(f"c{index}"):
            return currency, ""
    return next((currency, word) for index, (_, currency) in enumerate(_WORDS) if (word := named.get(f"w{index}")))


def _low(figures: str, noun: Noun, arabic: bool) -> str:
    return lower_end(figures, noun) if arabic and figures.isdecimal() else amount(figures, arabic)


def _gap(found: re.Match[str]) -> str:
    """The full stop of `ر.س.` is not the sentence's when the sentence goes on."""
    rest = found.string[found.end() :]
    return GONE if re.search(r"\w\.\s?\w\Z", found[0]) and rest.startswith(". ") and goes_on(rest[2:]) else ""


def _name(found: re.Match[str], arabic: bool) -> str:
    """A currency's mark without an amount. Latin codes stay what they are: they may be anything."""
    if _ALONE_ASCII.fullmatch(found[0]) and found[0] not in "$€£":
        return found[0]
    currency, _ = _currency(found.groupdict())
    noun = currency.noun
    return f"{noun.one} {noun.adjective}".strip() if arabic else currency.english[1]


def _spoken(figures: str, scale: str | None, currency: Currency, word: str, adjective: str | None, arabic: bool) -> str:
    whole, fraction = parted(figures)
    noun = currency.noun
    if adjective:
        noun = Noun(noun.one, noun.two, noun.few, noun.feminine, adjective)
    if scale:
        return _scaled(figures, scale, noun, currency, arabic)
    value, coins = exact(whole), _coins(fraction, currency.coins)
    if value is None or coins is None:
        name = f"{noun.one} {noun.adjective}".strip() if arabic else currency.english[1]
        return f"{amount(figures, arabic)} {name}"
    if arabic:
        parts = [counted_as_written(value, noun, word)] if value or not coins else []
        return " و".join(parts + ([counted(coins, currency.coin)] if coins else []))
    parts = [_english(value, currency.english)] if value or not coins else []
    return " and ".join(parts + ([_english(coins, currency.english_coin)] if coins else []))


def _scaled(figures: str, scale: str, noun: Noun, currency: Currency, arabic: bool) -> str:
    in_arabic, in_english = _SCALES[scale.lower()]
    if not arabic:
        return f"{amount(figures, arabic)} {in_english} {currency.english[1]}"
    return f"{amount(figures, arabic)} {in_arabic} {noun.one} {noun.adjective}".rstrip()


def _coins(fraction: str, coins: int) -> int | None:
    """The fraction in coins; None if it is finer than a coin."""
    places = len(str(coins)) - 1
    kept, rest = fraction[:places], fraction[places:]
    return None if rest.strip("0") else int(kept.ljust(places, "0"))


def _english(value: int, names: tuple[str, str]) -> str:
    return f"{english_cardinal(value)} {names[0] if value == 1 else names[1]}"
