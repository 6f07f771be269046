"""Markdown, tags, emoji and invisible marks out: what is left are words, figures and the punctuation a voice minds.

Nothing between tags or marks is lost but text that is struck out. The label of a link is kept, its target is not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from ivr.text.segment.punctuation import BULLETS, EMOJI, NEWLINES, UNSEEN

_WIDE: Final = re.compile(r"[^\S\n]{2,}")
_DEEP: Final = re.compile(r"\n{2,}")
_COMMENT: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_TAG: Final = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>|<\?[^<>]*\?>")
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)?[^\s<>]+[@./][^\s<>]+)>")
_LINK: Final = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_REFERENCE: Final = re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]")
_NOTES: Final = re.compile(r"(?<=[.!?؟…])\s?(?:\[\d{1,3}\]\s?)+")
_STRUCK: Final = re.compile(r"~~[^~]+~~")
_FENCE: Final = re.compile(r"^[^\S\n]*(?:```|~~~)[\w+-]*[^\S\n]*$|```", re.MULTILINE)
_HEADING: Final = re.compile(r"^[^\S\n]*(?:#{1,6}[^\S\n]+|>+[^\S\n]?)", re.MULTILINE)
_RULE: Final = re.compile(r"^[\s|:*_=-]*(?:-{3,}|\*{3,}|_{3,}|={3,}|\|\s*:?-+)[\s|:*_=-]*$", re.MULTILINE)
_BULLET: Final = re.compile(rf"(^|\n)[^\S\n]*(?:[-*+–—]|[{BULLETS}])(?:[^\S\n]+|(?=[^\W\d_]))|[{BULLETS}]")
_ITEM: Final = re.compile(r"(^|\n|(?<=:)(?=\s*\(?1\b))[^\S\n]*\(?(\d{1,2})(?:[.)-]|\.\))[^\S\n]+(?=\S)")
_TOLD: Final = re.compile(r"(?<=[\s،,;؛])\(?(\d{1,2})\)\s(?=\S)")
"""The number of an item in a list told in one sentence."""
_STRONG: Final = re.compile(r"\*\*+|(?<![A-Za-z0-9])__+|__+(?![A-Za-z0-9])|`+")
_EMPHASIS: Final = re.compile(
    r"(?<![A-Za-z0-9*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![A-Za-z0-9*])|(?<![A-Za-z0-9_])_(?=[^\s_])([^_\n]*[^\s_])_(?!\w)"
)
_CELL: Final = re.compile(r"[^\S\n]*\|[^\S\n]*")
_EDGE_CELL: Final = re.compile(r"^[^\S\n]*\||\|[^\S\n]*$", re.MULTILINE)
_SYMBOLS: Final = re.compile(f"[{EMOJI}]+")
_KEYCAP_ITEM: Final = re.compile("([0-9])\ufe0f?\u20e3 (?=[^\\W\\d_])")
_KEYCAP: Final = re.compile("([0-9#*])\ufe0f?\u20e3")
_UNSEEN: Final = re.compile(f"[{UNSEEN}\U000e0000-\U000e007f\ufe00-\ufe0f]")
_COMPATIBLE: Final = re.compile(
    "[\ufb50-\ufdfb\ufe70-\ufefc\uff01-\uff5e\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u249b"
    "\u24ea-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289\u3380-\u33df\u00bc-\u00be\u00a0]"
)
_FRACTIONS: Final = re.compile("(?<=\\d)(?=[\u00bc-\u00be\u2150-\u215e])")
_SLASH: Final = str.maketrans({"⁄": "/", "−": "-", "‐": "-", "‑": "-", "‒": "-", "\u00ad": None})


def plain(text: str) -> str:
    """The text without anything that is there for the eye only."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    for mark in NEWLINES:
        text = text.replace(mark, "\n")
    text = _WIDE.sub(" ", _DEEP.sub("\n", text))
    text = html.unescape(text) if "&" in text else text
    text = _without_tags(text)
    text = _unmarked(text)
    text = _KEYCAP_ITEM.sub(r"\1، " if re.search("[\u0621-\u064a]", text) else r"\1, ", text)
    text = _KEYCAP.sub(r"\1", text)
    text = _FRACTIONS.sub(" ", text)
    text = _COMPATIBLE.sub(lambda found: _compatible(found[0]), text).translate(_SLASH)
    text = _UNSEEN.sub("", _SYMBOLS.sub(" ", text))
    return "".join(char if char >= " " or char == "\n" else " " for char in text if unicodedata.category(char) != "Cn")


def untagged(text: str) -> str:
    """Text that is already fit for speech, without the tags that would reach the voice as words."""
    while (bare := _TAG.sub(" ", _COMMENT.sub(" ", text))) != text:
        text = bare
    return " ".join(text.replace("<", " ").replace(">", " ").split())


def _compatible(char: str) -> str:
    """A character by the ordinary ones it stands for."""
    ordinary = unicodedata.normalize("NFKC", char)
    return str(unicodedata.digit(char)) if ordinary == char and unicodedata.digit(char, None) is not None else ordinary


def _without_tags(text: str) -> str:
    text = _AUTOLINK.sub(r" \1 ", _COMMENT.sub(" ", text))
    return _TAG.sub(" ", text)


def _told(found: re.Match[str]) -> str:
    """`(2)` if the item before it is there, `(1)` if the next is; `(3) days` is a number."""
    number = int(found[1])
    listed = re.search(
        rf"(?<!\d)(?:{number - 1}[)،,]|{number}[)،,].*?(?<!\d){number + 1}\)\s)", found.string, re.DOTALL
    )
    pause = "،" if re.search("[\u0621-\u064a]", found.string) else ","
    return f"{number}{pause} " if listed else found[0]


def _unmarked(text: str) -> str:
    text = _NOTES.sub(" ", _FENCE.sub("", text))
    text = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", text))
    text = _STRUCK.sub(" ", text)
    text = _HEADING.sub("", _RULE.sub("", text))
    text = _BULLET.sub(r"\1", text)
    text = _ITEM.sub(r"\1 \2، " if re.search("[\u0621-\u064a]", text) else r"\1 \2, ", text)
    text = _TOLD.sub(_told, text)
    text = _STRONG.sub("", text)
    text = _EMPHASIS.sub(lambda found: found[1] or found[2], text)
    text = _EDGE_CELL.sub(" ", text)
    return _CELL.sub("، " if re.search("[\u0621-\u064a]", text) else ", ", text)
