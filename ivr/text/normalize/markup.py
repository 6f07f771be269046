"""Take out what is there for the eye only: markdown, tags, emoji and invisible marks.

Words, numbers and punctuation stay, also those between tags or marks; only struck text goes. A link keeps its label and
loses its target.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from ivr.text.normalize.escapes import strip_escapes
from ivr.text.normalize.patterns import MASK_MARK
from ivr.text.segment.punctuation import BULLETS, CURRENCY_SIGNS, EMOJI, NEWLINES, UNSEEN
from ivr.text.segment.tags import without_tags

_BLANKS: Final = re.compile(r"[^\S\n]{2,}")
_EMPTY_LINES: Final = re.compile(r"\n{2,}")

# `<![CDATA[`, `]]>`; the text between them is said.
_CHARACTER_DATA: Final = re.compile(r"<!\[CDATA\[|\]\]>")
# An address in brackets is no tag.
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)?[^\s<>]+[@./][^\s<>]+)>")

# CommonMark's inline and block marks, as far as language models write them.
_IMAGE: Final = re.compile(r"(?<![^\W_])!\[([^\[\]]*)\]")
_REFERENCE_LINK: Final = re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]")
# `وصلت.[1][2]`: numbers of footnotes behind a stop.
_FOOTNOTES: Final = re.compile(r"(?<=[.!?؟…])\s?(?:\[\d{1,3}\]\s?)+")
_FENCE: Final = re.compile(r"^[^\S\n]*(?:```|~~~)[\w+-]*[^\S\n]*$|```", re.MULTILINE)
_HEADING_OR_QUOTE: Final = re.compile(r"^[^\S\n]*(?:#{1,6}[^\S\n]+|>+[^\S\n]?)", re.MULTILINE)
_HORIZONTAL_RULE: Final = re.compile(
    r"^(?=(?:[^\S\n]|[|:*_=-])+$)[^\n]*?(?:---|\*\*\*|___|===|\|[^\S\n]{0,3}:?-)[^\n]*$", re.MULTILINE
)
_BULLET: Final = re.compile(rf"(^|\n)[^\S\n]*(?:[-*+–—]|[{BULLETS}])(?:[^\S\n]+|(?=[^\W\d_]))|[{BULLETS}]")
# `1. بند` at the start of a line, or behind a colon if it is the first item.
_LIST_NUMBER: Final = re.compile(r"(^|\n|(?<=:)(?=\s*\(?1\b))[^\S\n]*\(?(\d{1,2})(?:[.)-]|\.\))[^\S\n]+(?=\S)")
# `(1) التوصيل، (2) الاستلام`: the items of a list inside one sentence.
_INLINE_LIST_NUMBER: Final = re.compile(r"(?<=[\s،,;؛])\(?(\d{1,2})\)\s(?=\S)")
_BOLD_OR_CODE: Final = re.compile(r"\*\*+|(?<![A-Za-z0-9])__+|__+(?![A-Za-z0-9])|`+")
# `*مهم*` and `_مهم_`, but not `a*b` or `snake_case`.
_EMPHASIS: Final = re.compile(
    r"(?<![A-Za-z0-9*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![A-Za-z0-9*])|(?<![A-Za-z0-9_])_(?=[^\s_])([^_\n]*[^\s_])_(?!\w)"
)
_CELL: Final = re.compile(r"(?:(?<![^\S\n])[^\S\n]+)?\|[^\S\n]*")
_ROW_EDGE: Final = re.compile(r"^[^\S\n]*\||\|[^\S\n]*$", re.MULTILINE)

# `**** 4821`, `xx-xx 4421`, `4111 •••• •••• 1111`, `055****567`: hidden digits before the last ones. Two stars alone
# may be bold (`**Total:** 250`).
_STARS: Final = r"(?:\*{4,}|(?<=\d)\*{2,}(?=\d)|(?<=\d)\*+(?:[ -]\*{2,})+|\*{2,}(?:[ )-]{1,2}\*{2,})+)"
_MASK: Final = re.compile(
    rf"(?<![^\s\d(:])(?<!\*[ )-])(?<!\*[ )-][ )-]){_STARS}[ -]?(?=\d{{2,6}}(?![\d*]))"
    r"|(?<![^\s\d(:])(?<![•●∙·][ -])[•●∙·]{2,}(?:[ -][•●∙·]{2,})*[ -]?(?=\d{2,6}(?!\d))"
    r"|(?<![^\W\d_])(?<![xX][ )-])(?<![xX][ )-][ )-])[xX]{2,}(?:[ )-]{1,2}[xX]{2,})*[ -]?(?=\d{2,6}(?!\d))"
    # `1XXXXXXXX9`, `05XXXXXXXX`: all but a single digit, or the last digits, are hidden.
    r"|(?<=\d)(?:[xX]{3,}|\*{3,}|[•●]{2,})(?=\d(?![\d*]))"
    r"|(?<=\d\d)(?:[xX]{3,}|\*{4,}|[•●]{2,})(?![^\W_]|[*•●])"
    # `بطاقة ...4432`
    rf"|(?<![^\s(])(?:\.{{2,4}}|…)(?=(?!19|20)\d{{4}}(?![^\W_]|[.,:/-]\d|\s?(?:[%٪{CURRENCY_SIGNS}]|ريال|ر\.|درهم|دولار|SAR|SR)))"
)
# `الإعدادات → الشبكة`, `5 -> 10`: a way from one thing to the next.
_ARROW: Final = re.compile(r" ?(?:[\u2190-\u21ff\u27a1\u2794\u279c\u2b05]\ufe0f?|[-=]{1,2}>|<[-=]{1,2}(?= [^\W\d_])) ?")

# Unicode: emoji, keycaps (`1️⃣`), marks without a width, and characters that stand for ordinary ones (`②`, `½`, `Ａ`).
_EMOJI_RUN: Final = re.compile(f"[{EMOJI}]+")
_KEYCAP_ITEM: Final = re.compile("([0-9])\ufe0f?\u20e3 (?=[^\\W\\d_])")
_KEYCAP: Final = re.compile("([0-9#*])\ufe0f?\u20e3")
_INVISIBLE: Final = re.compile(f"[{UNSEEN}\U000e0000-\U000e007f\ufe00-\ufe0f]")
_COMPATIBILITY: Final = re.compile(
    "[\ufb50-\ufdfb\ufe70-\ufefc\uff01-\uff5e\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u249b"
    "\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289\u3380-\u33df\u00bc-\u00be\u00a0]"
)
_FRACTION_BEHIND_DIGIT: Final = re.compile("(?<=\\d)(?=[\u00bc-\u00be\u2150-\u215e])")
_PLAIN_SIGNS: Final = str.maketrans({"⁄": "/", "−": "-", "‐": "-", "‑": "-", "‒": "-", "\u00ad": None})
_ARABIC_BASE_LETTER: Final = re.compile("[\u0621-\u064a]")

# Most sentences are letters, digits, single blanks and ordinary punctuation: no rule above touches them, unless their
# marks stand so.
_ORDINARY: Final = re.compile(
    r"(?! *[-–—])[ A-Za-z0-9\u0621-\u063a\u0641-\u0652\u0660-\u0669.,،؛;:?؟!'’\"«»“”%٪/()$€£–—-]*"
)
_TOUCHING: Final = ("  ", "..", "--")
_HIDDEN_OR_LISTED: Final = re.compile(r"[xX]{2}|\d[.)-]")


def strip_markup(text: str) -> str:
    """Return a text without anything that is there for the eye only."""
    text = strip_escapes(text)
    return text if _is_ordinary(text) else _without_marks(text)


def _is_ordinary(text: str) -> bool:
    """Return whether a text surely has nothing in it but words, numbers and punctuation."""
    if _ORDINARY.fullmatch(text) is None or any(pair in text for pair in _TOUCHING):
        return False
    return _HIDDEN_OR_LISTED.search(text) is None


def _without_marks(text: str) -> str:
    """Return a text without marks of Markdown, tags, emoji and invisible marks."""

    def ordinary(found: re.Match[str]) -> str:
        char = found[0]
        plain = unicodedata.normalize("NFKC", char)
        # Some digits in circles (`➆`) have a value but no ordinary form in Unicode.
        return str(unicodedata.digit(char)) if plain == char and unicodedata.digit(char, None) is not None else plain

    def arrow(found: re.Match[str]) -> str:
        before = found.string[max(0, found.start() - 1) : found.start()]
        behind = found.string[found.end() : found.end() + 1]
        if before.isdecimal() and behind.isdecimal():
            return f" {'إلى' if comma == '،' else 'to'} "
        return f"{comma} " if before.strip() and behind.strip() else " "

    def inline_number(found: re.Match[str]) -> str:
        # `(2)` numbers an item if item 1 is there, `(1)` if item 2 is; `take (3) days` has a plain number.
        number = int(found[1])
        listed = re.search(
            rf"(?<!\d)(?:{number - 1}[)،,]|{number}[)،,].*?(?<!\d){number + 1}\)\s)", found.string, re.DOTALL
        )
        return f"{number}{comma} " if listed else found[0]

    # A lone half of a surrogate pair would break the request to the TTS service.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    for mark in NEWLINES:
        text = text.replace(mark, "\n")
    text = _BLANKS.sub(" ", _EMPTY_LINES.sub("\n", text))
    comma = _comma(text)
    text = html.unescape(text) if "&" in text else text
    text = _MASK.sub(MASK_MARK, text)
    text = _AUTOLINK.sub(r" \1 ", without_tags(_CHARACTER_DATA.sub(" ", text)))
    text = _FOOTNOTES.sub(" ", _FENCE.sub("", text))
    text = _REFERENCE_LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _HEADING_OR_QUOTE.sub("", _HORIZONTAL_RULE.sub("", text))
    text = _BULLET.sub(r"\1", text)
    text = _LIST_NUMBER.sub(rf"\1 \2{comma} ", text)
    text = _INLINE_LIST_NUMBER.sub(inline_number, text)
    text = _BOLD_OR_CODE.sub("", text)
    text = _EMPHASIS.sub(lambda found: found[1] or found[2], text)
    text = _ROW_EDGE.sub(" ", text)
    text = _CELL.sub(f"{comma} ", text)
    text = _KEYCAP_ITEM.sub(rf"\1{comma} ", text)
    text = _KEYCAP.sub(r"\1", text)
    text = _FRACTION_BEHIND_DIGIT.sub(" ", text)
    text = _COMPATIBILITY.sub(ordinary, text).translate(_PLAIN_SIGNS)
    text = _ARROW.sub(arrow, text)
    text = _INVISIBLE.sub("", _EMOJI_RUN.sub(" ", text))
    return "".join(
        char if char >= " " or char == "\n" else " "
        for char in text
        # Signs of money are kept also if they are newer than the Unicode tables of this Python.
        if char in CURRENCY_SIGNS or unicodedata.category(char) != "Cn"
    )


def strip_tags(text: str) -> str:
    """Return a text that is already fit for speech without its tags, which TTS would read out as words."""
    text = without_tags(_CHARACTER_DATA.sub(" ", text))
    return " ".join(text.replace("<", " ").replace(">", " ").split())


def _comma(text: str) -> str:
    """Return the comma of the script of a text."""
    return "،" if _ARABIC_BASE_LETTER.search(text) else ","
