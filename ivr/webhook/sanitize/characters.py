"""Read characters: whole ones, nothing invisible that breaks the speech service, and what escapes stand for."""

from __future__ import annotations

import html
import re
from typing import Final

# Control characters, NUL, noncharacters, lone surrogates, and U+FFFD, which broken UTF-8 leaves behind. Newlines and
# tabs stay; so do bidi marks and joiners, which belong to the language.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffd-\uffff\ud800-\udfff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")

# `\times`, `\neq`, `\rho` are a formula's words.
_FORMULA_WORD: Final = (
    r"(?!(?:(?<=t)(?:imes|ext(?:bf|it)?|heta|frac|au|op?)|(?<=n)(?:eq?|abla|ot|u)|(?<=r)(?:ho|ight))(?![a-z]))"
)
_LESS: Final = r"(?:&(?:amp;)?lt;|\\{1,2}u003[cC])"
_MORE: Final = r"(?:&(?:amp;)?gt;|\\{1,2}u003[eE])"
_IN_TAG: Final = r"[/|｜A-Za-z][^<>&\\\n]{0,60}"
ESCAPE: Final = re.compile(
    rf"{_LESS}({_IN_TAG}){_MORE}|"
    rf"\\{{1,4}}(?:([nrt]){_FORMULA_WORD}|(u[dD][89abAB][0-9A-Fa-f]{{2}}\\{{1,4}}u[dD][c-fC-F][0-9A-Fa-f]{{2}}|"
    r"u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|([\"'/]))|&(?:amp;){0,2}(#?[A-Za-z0-9]{1,8};)?"
)
"""`\\n`, `\\\\n`, `\\u0645`, `\\"`, `&nbsp;`, `&amp;nbsp;`, `&lt;think&gt;`. Markdown and formulas keep theirs."""
HALF_ESCAPE: Final = re.compile(
    rf"{_LESS}{_IN_TAG}(?:&[amp;gt]{{0,7}}|\\{{1,2}}u?0{{0,2}}3?)?|{_LESS}|"
    r"\\{1,4}(?:x[0-9A-Fa-f]?|u(?:[0-9A-Fa-f]{0,3}|[dD][89abAB][0-9A-Fa-f]{2}\\{0,4}(?:u[0-9A-Fa-f]{0,3})?)|[nrt][a-z]{0,9})?"
    r"|&(?:amp;){0,2}(?:#?[A-Za-z0-9]{0,8})?"
)
"""What may become an escape, some eighty characters at most."""
_DRIVE: Final = re.compile(r"(?<![^\W\d_])[A-Za-z]:\Z")


class Characters:
    """Read a text that arrives in pieces. The result does not depend on where it was cut."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return the speakable part of `text`, after what was held back. May be empty."""
        if text.isprintable() and "\ufffd" not in text and not self._half:
            return text
        text, self._half = self._half + text, ""
        # A model's token may hold half an emoji: its UTF-16 halves arrive as "\ud83d" and "\ude00" in two JSON strings.
        if _SURROGATES.search(text):
            if "\ud800" <= text[-1] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return _UNSPEAKABLE.sub("", text)


def unescaped(escape: re.Match[str], before: str) -> str | None:
    """Return what a match of `ESCAPE` stands for, behind the text `before`; None where it is none."""
    tag, blank, code, sign, entity = escape.groups()
    if tag:
        return f"<{tag}>"
    if entity:
        char = html.unescape(f"&{entity}")
        return None if char.endswith(";") else Characters().feed(char)
    if blank:
        # `C:\new` is a path.
        return None if _DRIVE.search(before) else "\t" if blank == "t" else "\n"
    if code:
        halves = (int(half, 16) for half in re.findall("[0-9A-Fa-f]{4}|(?<=x)..", code))
        return Characters().feed("".join(map(chr, halves)))
    return sign or "&"
