"""English number words as a telephone voice says them. The same verbs as `ivr.text.normalize.numbers.cardinal_ar`."""

from __future__ import annotations

from typing import Final

AND: Final = "and "
TO: Final = "to"
POINT: Final = "point"
DOT: Final = "dot"
PAUSE: Final = ", "
_SMALL: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINALS: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int) -> str:
    """0 <= number < 10**15 in words."""
    parts = []
    for scale, name in _SCALES:
        count, number = divmod(number, scale)
        if count:
            parts.append(f"{cardinal(count)} {name}")
    hundreds, rest = divmod(number, 100)
    if hundreds:
        parts.append(f"{_SMALL[hundreds]} hundred")
    if rest or not parts:
        parts.append(_below_hundred(rest))
    return " ".join(parts)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[unit]}" if unit else _TENS[tens]


def ordinal(number: int) -> str:
    """`21` -> `twenty-first`."""
    words = cardinal(number)
    head, mark, last = words.rpartition("-" if "-" in words.rpartition(" ")[2] else " ")
    if last in _ORDINALS:
        return head + mark + _ORDINALS[last]
    return head + mark + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int) -> str:
    """`1994` -> `nineteen ninety-four`, `2025` -> `twenty twenty-five`, `2005` -> `two thousand five`."""
    century, rest = divmod(number, 100)
    if not 11 <= century <= 99 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(figures: str) -> str:
    """Every digit by itself."""
    return " ".join(_SMALL[int(figure)] for figure in figures)


def whole(figures: str) -> str:
    """A run of digits as an amount, or digit by digit when it is none."""
    if len(figures) > 15 or (len(figures) > 1 and figures[0] == "0"):
        return digits(figures)
    return cardinal(int(figures))


def decimal(figures: str, fraction: str) -> str:
    """`25.75` -> `twenty-five point seven five`."""
    return f"{whole(figures)} {POINT} {digits(fraction)}"


def spell(letters: str) -> str:
    """Letters one by one."""
    return " ".join(letters.upper())
