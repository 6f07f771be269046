"""What a model thinks aloud: `<think>...</think>` and its like inside a reply. It is not said, and nobody has heard it.

Models that reason write it into the text itself where the server in front of them does not take it out. A block ends
with the tag it began with; blocks of the same name nest. A block that nobody closes lasts until the LLM call ends, and
is not said either. Some chat templates put the first tag into the prompt, so that only `</think>` comes
(github.com/vllm-project/vllm/issues/13125): what stands before it in the first record goes; what was said is said.

Only a `<`, `[` or `◁` that may begin such a tag waits for more, at most a dozen characters, so words are never late.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad",
                 "antthinking", "seed:think")  # fmt: skip
_TAG: Final = re.compile(rf"(?ai:<(/?)({'|'.join(_NAMES)}) ?(/?)>)|\[(/?)(THINK)\]|◁(/?)(think)▷")
_OPENERS: Final = re.compile("[<[◁]")
_LITERALS: Final = (
    *(f"<{slash}{name}{end}" for slash in ("", "/") for name in _NAMES for end in (" />", "/>")),
    *("[think]", "[/think]", "◁think▷", "◁/think▷"),
)
_STARTS: Final = frozenset(tag[:length] for tag in _LITERALS for length in range(1, len(tag)))


class ReasoningFilter:
    """Takes the thoughts out of a text that arrives in pieces; the result does not depend on where it was cut."""

    def __init__(self) -> None:
        self.seen = False
        """There were some."""
        self._held = ""
        self._name = ""
        self._depth = 0
        self._in_word = False

    def feed(self, text: str, *, first: bool = False) -> str:
        """What of `text`, after what was held back, is to be said. May be empty.

        `first`: nothing was said before, so what stands before a stray closing tag is a thought too.
        """
        if not self._depth and not self._held and not _OPENERS.search(text):
            self._in_word = not text[-1:].isspace() if text else self._in_word
            return text
        text, said, at = self._held + text, [""], 0
        for tag in _TAG.finditer(text):
            self._say(text[at : tag.start()], said)
            self._turn(tag, said, first=first)
            at = tag.end()
        end = self._begun(text, at)
        self._held = text[end:]
        self._say(text[at:end], said)
        return "".join(said)

    def end(self) -> str:
        """The LLM call is over: what was held back and was no tag after all. What follows is no thought."""
        held, self._held = "" if self._depth else self._held, ""
        self._depth = 0
        return held

    def _say(self, text: str, said: list[str]) -> None:
        if text and not self._depth:
            said.append(text)
            self._in_word = not text[-1].isspace()

    def _turn(self, tag: re.Match[str], said: list[str], *, first: bool) -> None:
        """A tag opens a thought, or closes one. What it interrupts is a whole word."""
        closes, name = (tag[1] or tag[4] or tag[6]), (tag[2] or tag[5] or tag[7]).lower()
        if tag[3]:
            return
        if not self._depth and not closes:
            self.seen, self._name = True, name
            self._say(" " * self._in_word, said)
        if not self._depth and closes and first:
            self.seen = True
            said.clear()
        if name == self._name or not self._depth:
            self._depth = max(0, self._depth + (-1 if closes else 1))

    @staticmethod
    def _begun(text: str, at: int) -> int:
        """Where a tag begins that more text may complete; the text's end if there is none."""
        begun = max(text.rfind(opener, at) for opener in "<[◁")
        return begun if begun >= 0 and text[begun:].lower() in _STARTS else len(text)


def without_thoughts(text: str) -> str:
    """The same for a text that is complete."""
    thoughts = ReasoningFilter()
    said = thoughts.feed(text, first=True)
    return said + thoughts.end()
