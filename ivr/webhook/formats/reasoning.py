"""Take out what a model thinks aloud: `<think>...</think>` and its like inside a reply. The caller never hears it.

Models that reason write it into the text itself where the server in front of them does not take it out. A block ends
with the tag it began with; blocks of the same name nest. A block without an end lasts until the LLM call ends.
"""

from __future__ import annotations

import re
from typing import Final

_TAG_NAMES: Final = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad",
                     "antthinking", "seed:think")  # fmt: skip
_REASONING_TAG: Final = re.compile(rf"(?ai:<(/?)({'|'.join(_TAG_NAMES)}) ?(/?)>)|\[(/?)(THINK)\]|◁(/?)(think)▷")
_TAG_OPENERS: Final = "<[◁"
_ANY_OPENER: Final = re.compile("[<[◁]")
_LITERALS: Final = (
    *(f"<{slash}{name}{end}" for slash in ("", "/") for name in _TAG_NAMES for end in (" />", "/>")),
    *("[think]", "[/think]", "◁think▷", "◁/think▷"),
)
_TAG_STARTS: Final = frozenset(tag[:length] for tag in _LITERALS for length in range(1, len(tag)))


class ReasoningFilter:
    """Take the thoughts out of a text that arrives in pieces. The result does not depend on where it was cut."""

    def __init__(self) -> None:
        self.seen = False
        """Whether there were thoughts."""
        self._held = ""
        self._name = ""
        self._depth = 0
        self._in_word = False

    def feed(self, text: str, *, first: bool = False) -> str:
        """Return what of `text`, after what was held back, is to be spoken. May be empty.

        `first`: nothing was spoken before, so what stands before a stray closing tag is a thought too.
        """
        if not self._depth and not self._held and not _ANY_OPENER.search(text):
            self._in_word = not text[-1:].isspace() if text else self._in_word
            return text
        text, spoken, at = self._held + text, [""], 0
        for tag in _REASONING_TAG.finditer(text):
            self._speak(text[at : tag.start()], spoken)
            at = tag.end()
            closes, name = (tag[1] or tag[4] or tag[6]), (tag[2] or tag[5] or tag[7]).lower()
            # `<think/>` opens nothing.
            if tag[3]:
                continue
            if not self._depth and not closes:
                self.seen, self._name = True, name
                # A thought never joins the words before it and after it into one.
                self._speak(" " * self._in_word, spoken)
            # Some chat templates put the first tag into the prompt, so that only `</think>` comes
            # (github.com/vllm-project/vllm/issues/13125). What was spoken in an earlier record cannot be taken back.
            if not self._depth and closes and first:
                self.seen = True
                spoken.clear()
            if name == self._name or not self._depth:
                self._depth = max(0, self._depth + (-1 if closes else 1))
        # Only what may begin a tag waits for more text, at most a dozen characters: words are never late.
        begun = max(text.rfind(opener, at) for opener in _TAG_OPENERS)
        end = begun if begun >= 0 and text[begun:].lower() in _TAG_STARTS else len(text)
        self._held = text[end:]
        self._speak(text[at:end], spoken)
        return "".join(spoken)

    def end(self) -> str:
        """End an LLM call: return what was held back and was no tag. Text that follows is no thought."""
        held, self._held = "" if self._depth else self._held, ""
        self._depth = 0
        return held

    def _speak(self, text: str, spoken: list[str]) -> None:
        if text and not self._depth:
            spoken.append(text)
            self._in_word = not text[-1].isspace()


def without_thoughts(text: str) -> str:
    """Return a text that is complete, without its thoughts."""
    thoughts = ReasoningFilter()
    spoken = thoughts.feed(text, first=True)
    return spoken + thoughts.end()
