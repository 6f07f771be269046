"""Say telephone numbers digit by digit, in the groups of the writer or the usual ones, with a pause between.

Known by their shape: a country's prefix, Saudi landlines, mobiles, 9200 and 800 numbers, North American numbers with
brackets, dots or hyphens, and numbers of letters (`1-800-FLOWERS`).
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.numerals import number_words
from ivr.text.normalize.patterns import NUMBER_END, WORD_END, WORD_START

# A hyphen or a bracket may stand in front.
_PHONE_START: Final = rf"{WORD_START}(?<!\d[.,:/])(?<!\d[ -])"
# Numbers with a country prefix (ITU-T E.164), Saudi landlines (`011`), mobiles (`050`), 9200 and toll-free 800 numbers;
# `(555) 010-4477`, `1-800-555-0199`, `555.010.4477`, `+966.50.123.4567`. The last group is an extension (`x12`).
_PHONE_NUMBER: Final = re.compile(
    # No telephone number has 19 digits in a row; a long run of zeros has too many readings to try.
    rf"{_PHONE_START}(?!\d{{19}})(?:"
    r"\(?(?:\+|00)\d{1,3}\)?[ –-]?(?:\(\d{1,4}\)[ –-]?)?\d{1,4}(?:[ –-]?\d{2,9}){1,4}"
    r"|\+\d{1,3}(?:\.\d{2,4}){2,4}"
    r"|\(?0\d{1,2}\)?[ –-]\d{3,4}[ –-]?\d{3,4}|0\d{2,3}[ /-]\d{6,7}|0[15]\d(?:[ –-]?\d{3})[ –-]?\d{4}"
    r"|(?:1[ –-]?)?\(\d{2,4}\)[ –-]?\d{3,4}[ –-]?\d{3,4}|1[ –-]\d{3}[ –-]\d{3}[ –-]\d{4}|\d{3}–\d{3}–\d{4}"
    r"|(?:1\.)?\d{3}\.\d{3}\.\d{4}"
    r"|966\.\d{2}\.\d{3}\.\d{4}"
    r"|966[ -]?\d{2}[ -]?\d{3}[ -]?\d{4}|9200[ -]?\d{5}|920[ -]?\d{3}[ -]?\d{3}|800[ -]?\d{3}[ -]?\d{4}"
    rf")(?:(?:\s?(?:ext\.?|تحويلة)\s?|\s?x)(?P<extension>\d{{1,5}}))?{NUMBER_END}"
)
# `1-800-FLOWERS`
_LETTERED_NUMBER: Final = re.compile(rf"{_PHONE_START}((?:1[ -])?8\d\d)[ -]([A-Z]{{3,9}}(?:-[A-Z]{{2,9}})?){WORD_END}")
# Country prefixes of Saudi Arabia and its neighbours, then a national number without its 0.
_PREFIX_AND_NATIONAL: Final = re.compile(r"((?:00)?(?:966|971|965|973|974|968|96[1-47]|970))(\d{8,9})")


def say_phone_numbers(text: str, arabic: bool) -> str:
    """Replace each telephone number, and the extension behind it, by words."""
    words = number_words(arabic)
    plus = "زائد " if arabic else "plus "

    def phone(found: re.Match[str]) -> str:
        extension = found["extension"]
        written = found[0] if extension is None else found.string[found.start() : found.start("extension")]
        said = (plus if "+" in written else "") + words.pause.join(words.digits(few) for few in _phone_groups(written))
        if extension is None:
            return said
        return f"{said} {'تحويلة' if arabic else 'extension'} {words.digits(extension)}"

    def lettered(found: re.Match[str]) -> str:
        groups = [words.digits(few) for few in re.findall(r"\d+", found[1])]
        return words.pause.join([*groups, found[2].replace("-", " ")])

    return _PHONE_NUMBER.sub(phone, _LETTERED_NUMBER.sub(lettered, text))


def by_threes(figures: str) -> list[str]:
    """Split digits into groups of three, the last of four if one digit were left; 12, 16 or 20 digits by fours."""
    if len(figures) in (12, 16, 20):
        return re.findall(".{4}", figures)
    groups = re.findall(".{1,3}", figures)
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _phone_groups(written: str) -> list[str]:
    """Split a phone number into the groups it is said in: those of the writer, or the usual ones."""
    # The zero of `+966 (0)50` is dialled only inside the country.
    groups = re.findall(r"\d+", written.replace("(0)", ""))
    if len(groups) == 2 and len(groups[1]) > 6:
        return [groups[0], *_national_groups(groups[1])]
    if len(groups) > 1:
        return groups
    figures = groups[0]
    if found := _PREFIX_AND_NATIONAL.fullmatch(figures):
        return [found[1], *_national_groups(found[2])]
    if len(figures) == 10:
        return [figures[:3], figures[3:6], figures[6:]]
    if figures.startswith("9200"):
        return [figures[:4], figures[4:]]
    return by_threes(figures)


def _national_groups(figures: str) -> list[str]:
    """Split what follows a country's prefix: `50 123 4567`."""
    return [figures[:2], figures[2:5], figures[5:]] if len(figures) == 9 else by_threes(figures)
