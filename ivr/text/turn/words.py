"""Read a transcript as words in which different spellings are the same, and name what can be found of them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Completeness: TypeAlias = Literal["complete", "open", "unknown"]

AnswerKind: TypeAlias = Literal["digits", "yes_no", "name", "date", "address", "email", "open"]
"""What the caller is expected to answer."""

TurnRule: TypeAlias = Literal[
    "answer_whole", "answer_part", "number_whole", "number_part", "spelled_whole", "spelled_part", "governs", "filler",
    "clause", "subject", "fragment", "list", "mark", "short_answer", "closing", "question", "request", "sentence",
    "story", "stop", "none"
]  # fmt: skip
"""What of the words tells. `answer_*`: the answer to what was asked is whole, or a part of it. `number_*`: a number of
which the caller says the digits. `spelled_*`: an e-mail or a code that is spelled. `governs`: the last words need
others behind them. `filler`: the caller thinks. `clause`: what was begun has no main clause, or no verb. `subject`:
a person or a thing is named, and nothing is said of it. `fragment`: words without a verb, which may be an answer.
`list`: more is announced. `mark`: a comma or a dash behind the last word. `short_answer`, `closing`, `question`,
`request`, `sentence`: whole as they are. `story`: a whole sentence that tells what happened, so that more may follow.
`stop`: nothing but the recogniser's full stop. `none`: the words do not tell."""

# STT spells alef, yeh, teh marbuta and hamza in several ways, with or without vowel signs and tatweel.
_FOLD: Final = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None, "’": "'"}
    | {chr(base + digit): str(digit) for base in (0x0660, 0x06F0) for digit in range(10)}
)
FOLDED_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


_PART_MOST: Final = -1.0
"""The greatest weight of what is taken as a part."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what the words of a transcript say of its end."""

    completeness: Completeness
    rule: TurnRule
    weight: float = 0.0
    """Log-odds that the caller has finished (`ivr/text/turn/leaning.py`); 0: not weighed."""

    @property
    def is_part(self) -> bool:
        """Return whether a number, an address or what is spelled has begun: the rest comes, in its own time."""
        return self.rule.endswith("_part") and (self.completeness == "open" or self.weight < _PART_MOST)

    @property
    def is_whole(self) -> bool:
        """Return whether it is all of what was asked for, so that nothing can follow."""
        return self.completeness == "complete" and self.rule in ("answer_whole", "number_whole")


NOT_TOLD: Final = Judged("unknown", "none")


def folded(text: str) -> str:
    """Return a text in which different spellings of a word are the same."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD)).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_FOLD)


def words_of(plain: str) -> list[str]:
    """Return the words of a folded text, numbers included."""
    return FOLDED_WORD.findall(plain)


def is_arabic(word: str) -> bool:
    """Return whether a folded word is written in Arabic letters."""
    return "\u0600" <= word[0] <= "\u06ff"
