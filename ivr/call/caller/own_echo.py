"""Notice the agent's own words among what the caller seems to say.

The echo gate keeps the agent's echo out once it knows when the echo comes. Until then, or on a line whose echo is too
strong or too changing for it, the bridge would answer itself. So words that the agent has just said are dropped when
their sound follows what was played as well. After the first such time on a call, likeness of the words is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from ivr.text.turn_end import FOLDED_WORD, folded

_LIKE: Final = 0.75
"""Share of the words that stand in the agent's, in their order."""
_FEWEST, _FEWEST_KNOWN = 3, 2
"""Words from which likeness tells something: at first, and on a line that is known to have an echo."""
_FOLLOWS: Final = 0.8
"""Correlation of the two loudness curves from which the sound is an echo. A caller who repeats words of the agent has
them in another rhythm."""


class OwnEcho:
    """Tell the agent's words from the caller's on one call."""

    def __init__(self) -> None:
        self._known = False

    def __repr__(self) -> str:
        return f"<OwnEcho known={self._known}>"

    def hears(self, text: str, said: Iterable[str], agreement: float) -> bool:
        """Return whether these words are the agent's own.

        `said`: what the agent has said lately, as text. `agreement`: correlation, -1 to 1, of the utterance's loudness
        with what was played before it.
        """
        if not self._known and agreement < _FOLLOWS:
            return False
        words = _words(text)
        if len(words) < (_FEWEST_KNOWN if self._known else _FEWEST):
            return False
        if not any(_share(words, _words(one)) >= _LIKE for one in said):
            return False
        self._known = True
        return True


def _words(text: str) -> list[str]:
    return FOLDED_WORD.findall(folded(text))


def _share(words: list[str], said: list[str]) -> float:
    """Return which share of `words`, 0 to 1, stands in `said` in runs of two or more."""
    blocks = SequenceMatcher(None, words, said, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(words)
