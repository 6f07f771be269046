"""Take tags, the targets of links and struck text out of streamed text, before it is cut into sentences.

A cut inside a tag would leave marks that no rule recognises, and a tag would fill the room of the first chunk. So what
opens such markup is held until it closes. It is text after all if it breaks the grammar of a tag or a link, or when it
is longer than `LONGEST_TAG`: no open mark holds a reply for good. Each character is looked at once or twice.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_TAG: Final = 2000
"""Characters of a tag or of the target of a link, at most."""
LONGEST_STRUCK: Final = 300
"""Characters of struck text, at most."""

_MARKUP_OPENER: Final = re.compile(r"[<\]~]")
# A tag between blocks of text ends a line, one inside a word is nothing, and any other is a blank.
_BLOCK_TAG: Final = re.compile(
    r"</?(?:p|br|div|li|ul|ol|tr|table|h[1-6]|s|section|article|blockquote|header|footer|paragraph|sentence)[\s/>]",
    re.I,
)
_INLINE_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|em|strong|span|font|small|big|code|mark|w|say-as|emphasis|prosody|lang|voice|phoneme)[\s/>]", re.I
)
# `<naqel.com>` and `<info@naqel.com>` are addresses: the name of a tag has neither a dot nor an `@`.
_SIGN_KINDS: Final = {":": "colon", "_": "colon", "-": "inner", "@": "start", "*": "start", "#": "start", ".": "dot"}
_NO_MARKUP: Final = ""
"""The state outside of markup."""
# What a character does in each part of a tag: the next state, by the kind of the character; no entry: this is no tag.
_TAG_STATES: Final[dict[str, dict[str, str]]] = {
    "<": {"letter": "name", "/": "</", "!": "<!", "?": "<!"},
    "</": {"letter": "name"},
    "name": {**dict.fromkeys(("letter", "colon", "inner"), "name"), "blank": "gap", "/": "/", ">": "end"},
    "gap": {**dict.fromkeys(("letter", "colon", "start"), "attribute"), "blank": "gap", "/": "/", ">": "end"},
    "attribute": {
        **dict.fromkeys(("letter", "colon", "start", "inner", "dot"), "attribute"),
        "blank": "behind attribute",
        "=": "value",
        "/": "/",
        ">": "end",
    },
    "behind attribute": {
        **dict.fromkeys(("letter", "colon", "start"), "attribute"),
        "blank": "behind attribute",
        "=": "value",
        "/": "/",
        ">": "end",
    },
    "value": {"blank": "value", '"': '"', "'": "'", ">": "end", "<": "", "": "bare"},
    "bare": {"blank": "gap", ">": "end", "<": "", "": "bare"},
    "/": {"blank": "/", ">": "end"},
    '"': {'"': "gap", "": '"'},
    "'": {"'": "gap", "": "'"},
}
# States in which what is held is surely markup and no text, also when nothing follows.
_SURELY_MARKUP: Final = frozenset({"value", "bare", '"', "'", "<!", "target"})


def without_tags(text: str) -> str:
    """Return a whole text without its tags, the targets of its links and its struck text."""
    tags = TagFilter()
    return tags.feed(text) + tags.flush() if _MARKUP_OPENER.search(text) else text


class TagFilter:
    """Filter one text after the other; `flush` ends each text."""

    def __init__(self) -> None:
        self._held = ""
        self._state = _NO_MARKUP
        self._depth = 0
        """Brackets that are open in the target of a link."""

    def __repr__(self) -> str:
        return f"<TagFilter {self._state or 'text'} held={len(self._held)}>"

    def feed(self, text: str) -> str:
        """Return what of the text so far is surely no markup and was not returned before."""
        if self._state == _NO_MARKUP and _MARKUP_OPENER.search(text) is None:
            return text
        out: list[str] = []
        at = 0
        while at < len(text):
            if self._state == _NO_MARKUP:
                found = _MARKUP_OPENER.search(text, at)
                end = found.start() if found else len(text)
                out.append(text[at:end])
                if found:
                    self._held = self._state = found[0]
                at = end + 1
                continue
            char = text[at]
            state = self._next(char)
            if state == _NO_MARKUP:
                # It was text after all; the character may open markup itself.
                out.append(self._given_up())
                continue
            self._held += char
            at += 1
            self._state = state
            if state == "end":
                out.append(self._replacement())
            elif len(self._held) >= (LONGEST_STRUCK if state[0] == "~" else LONGEST_TAG):
                out.append(self._given_up())
        return "".join(out)

    def flush(self) -> str:
        """Return the rest, as if the text ended here: an open tag goes, other marks are text."""
        if self._state in _SURELY_MARKUP and ">" not in self._held:
            rest = "]" if self._state == "target" else " "
            self._held, self._state = "", _NO_MARKUP
            return rest
        return self._given_up()

    def _next(self, char: str) -> str:
        """Return the state behind one more character; `_NO_MARKUP` if what is held is no markup."""
        state = self._state
        if state in _TAG_STATES:
            table = _TAG_STATES[state]
            return table.get(_kind(char), table.get("", _NO_MARKUP))
        if state == "<!":
            # A comment ends with `-->` only, a declaration with `>`.
            comment = self._held.startswith("<!-")
            opening = self._held == "<!" and char == "["
            return (
                _NO_MARKUP
                if opening
                else "end"
                if char == ">" and (not comment or self._held.endswith("--"))
                else state
            )
        if state == "]":
            self._depth = 1
            return "target" if char == "(" else _NO_MARKUP
        if state == "target":
            self._depth += (char == "(") - (char == ")")
            return "end" if not self._depth else "title" if char in " \t" else state if char != "\n" else _NO_MARKUP
        if state == "title":
            return {'"': 'title "', "'": "title '", " ": "title", ")": "end"}.get(char, _NO_MARKUP)
        if state.startswith("title"):
            return "title" if char == state[-1] else state
        # `~~` opens struck text in one line, and `~~` closes it.
        if state == "~":
            return "~~" if char == "~" else _NO_MARKUP
        return "end" if len(self._held) > 3 and self._held[-1] + char == "~~" else state if char != "\n" else _NO_MARKUP

    def _replacement(self) -> str:
        """Return what stands for the markup that is held and has closed."""
        held, self._held, self._state = self._held, "", _NO_MARKUP
        # The brackets of a link's label stay: they keep it together and are not said.
        if held[0] == "]":
            return "]"
        return "\n" if _BLOCK_TAG.match(held) else "" if _INLINE_TAG.match(held) else " "

    def _given_up(self) -> str:
        """Return what is held, as text. A quote that never closed may have hidden the end of its tag."""
        held, state, self._held, self._state = self._held, self._state, "", _NO_MARKUP
        if state in ('"', "'", "<!") and ">" in held:
            return f" {held.partition('>')[2]}"
        return held


def _kind(char: str) -> str:
    """Return which kind of character this is inside a tag: a kind's name, or the character itself."""
    if char.isspace():
        return "blank"
    if char.isascii() and char.isalpha():
        return "letter"
    return _SIGN_KINDS.get(char, "inner" if char.isdecimal() else char)
