"""Find what a program left where a value belongs: `{{ $json.output }}`, `${name}`, `undefined`, `[object Object]`."""

from __future__ import annotations

import re
from typing import Final


def names(text: str) -> frozenset[str]:
    """Return the words of a text, for a table of them."""
    return frozenset(text.split())


def prefixes(word: str) -> str:
    """Return a pattern of all beginnings of a word, the empty one and the whole word included."""
    return "".join(f"(?:{re.escape(char)}" for char in word) + ")?" * len(word)


_PATHS: Final = r"(?:\.\w{1,40}|\[[^\]\n]{0,60}\]|\([^)\n]{0,60}\)){0,8}"
_HALF_PATHS: Final = r"(?:\.\w{0,40}|\[[^\]\n]{0,60}\]?|\([^)\n]{0,60}\)?){0,8}"
_ROOT: Final = "(?:json|node|input|vars|item)"
_HALF_ROOT: Final = "(?:" + "|".join(map(prefixes, ("json", "node", "input", "vars", "item"))) + ")"
_TEMPLATES: Final = tuple(
    (first, re.compile(half, re.DOTALL), re.compile(whole, re.DOTALL))
    for first, half, whole in (
        ("{", r"\{(?:\{[^{}]{0,300}\}?)?", r"\{\{[^{}]{0,300}\}\}"),
        ("{", r"\{(?:[%#][^{}]{0,200})?", r"\{[%#][^{}]{0,200}\}"),
        (
            "{",
            r"\{(?:[^\W\d][\w.$-]{0,60}(?: [\w.$-]{0,30})?(?:\[[^\]\n]{0,40}\]?)?|\d{0,2})",
            r"\{(?:[^\W\d][\w.$-]{0,60}(?: [\w.$-]{1,30})?(?:\[[^\]\n]{0,40}\])?|\d{0,2})\}",
        ),
        ("$", r"\$(?:\{[^{}\n]{0,200})?", r"\$\{[^{}\n]{0,200}\}"),
        (
            "$",
            rf"\$(?:{_HALF_ROOT}|{_ROOT}{_HALF_PATHS}|(?=\(){_HALF_PATHS})",
            rf"\$(?:{_ROOT}\b|(?=\([\"'])){_PATHS}",
        ),
        ("%", r"(?<![\w%])%(?:\d\$?|\(\w{0,40}\)?)?[sdifj@]?", r"(?<![\w%])%(?:\d\$|\(\w{1,40}\))?[sdifj@](?!\w)"),
        ("%", r"(?<![\w%])%[A-Za-z_]{0,40}", r"(?<![\w%])%[A-Za-z_]{2,40}%"),
        ("<", r"<(?:%[^<>]{0,200})?", r"<%[^<>]{0,200}>"),
        (":", rf":(?:{prefixes('contentReference')}|contentReference(?:\[[^\]\n]{{0,60}}\]?)?(?:\{{[^}}\n]{{0,40}})?)",
         r":contentReference\[[^\]\n]{0,60}\](?:\{[^}\n]{0,40}\})?"),
    )
)  # fmt: skip


def read_template(text: str, at: int, *, final: bool) -> int | None:
    """Return how many characters of a template's leftover begin at `at`; None while more text decides."""
    for first, half, whole in _TEMPLATES:
        if first == text[at]:
            if not final and half.fullmatch(text, at):
                return None
            if found := whole.match(text, at):
                return len(found[0])
    return 0


VALUE_WORDS: Final = ("undefined", "null", "NaN", "None")
"""What JavaScript and Python write where there is no value."""
WHOLE_LEFTOVERS: Final = frozenset((*VALUE_WORDS, "nil", "<nil>", "(null)", "null.", "undefined."))
"""Replies that hold nothing else."""
ACKNOWLEDGEMENTS: Final[frozenset[str]] = frozenset({
    "Accepted", "OK", "Ok", "ok", "Created", "Success", "success", "Workflow was started", "Workflow got started."
})  # fmt: skip
"""Words with which Make, Express and n8n say that they received a request, as a plain body or a lone `message`."""
WHOLE_BODIES: Final = WHOLE_LEFTOVERS | ACKNOWLEDGEMENTS
"""Plain bodies that hold nothing else."""

_ALL_WORDS: Final = (*VALUE_WORDS, "citeturn", "fileciteturn", "turn0")
LEFTOVER_WORD: Final = (
    rf"(?<![^\W_])(?:{'|'.join(_ALL_WORDS)}|turn\d|(?:{'|'.join(prefixes(word) for word in _ALL_WORDS)})(?<=\w)\Z)"
)
"""A pattern of the beginning of such a word, or of a word that may become one."""
_LONGEST_STUCK_WORD: Final = 100
_WRITTEN_WORD: Final = re.compile(rf"[A-Za-z0-9]{{1,{_LONGEST_STUCK_WORD}}}")
_STUCK_CITATION: Final = re.compile(r"(?:(?:file)?cite)?(?:turn\d{1,3}[a-z]{2,10}\d{1,3})+")
_HALF_STUCK_CITATION: Final = re.compile(
    rf"(?:(?:file)?cite)?(?:turn\d{{1,3}}[a-z]{{2,10}}\d{{1,3}})*(?:{prefixes('turn')}|turn\d{{0,3}}[a-z]{{0,10}})"
)
# Where a value stands: behind a greeting, a title, a label, a word of Arabic.
_VALUE_PLACE: Final = re.compile(
    r"(?:(?i:\b(?:hello|hi|hey|dear|welcome|mr|mrs|ms|dr|order|number|no|code|id|morning|evening|afternoon))[,.]?|[:=#]|"
    r"[\u0621-\u0652][،,]?)[^\S\n]+\Z|[:=#]\Z"
)
_BEHIND_STOP: Final = re.compile(r"[.!?؟]\Z")
_UNIT: Final = re.compile(r"\s?(?:SAR|USD|EUR|AED|riyals?|dollars?|ريال|دولار|%|\$)")
_HALF_UNIT: Final = re.compile(r"\s?[A-Za-z\u0621-\u0652]{0,7}")
_NEXT_LETTER: Final = re.compile(r"[^\W\d_]")
_NEXT_SENTENCE: Final = re.compile(r"[A-Z\u0621-\u064a]")


def read_word(text: str, at: int, before: str, *, starts: bool, final: bool) -> int | None:
    """Return how many characters of a leftover word begin at `at`; None while more text decides.

    `before`: what was read before it. `starts`: nothing was said before.
    """
    value = next((word for word in VALUE_WORDS if text.startswith(word, at)), "")
    end = at + len(value)
    if value:
        if not final and _HALF_UNIT.fullmatch(text, end):
            return None
        # `let said; said += delta` begins every reply with "undefined".
        if _NEXT_LETTER.match(text, end):
            return len(value) if starts and _NEXT_SENTENCE.match(text, end) else 0
        if value == "None" and text.startswith(" of", end):
            return 0
        is_left = value == "NaN" or _VALUE_PLACE.search(before) or _BEHIND_STOP.search(before) or _UNIT.match(text, end)
        return len(value) if is_left else 0
    word = _WRITTEN_WORD.match(text, at)
    if not final and word is not None and word.end() == len(text):
        is_half = any(known.startswith(word[0]) for known in _ALL_WORDS) or _HALF_STUCK_CITATION.fullmatch(word[0])
        if is_half and len(word[0]) < _LONGEST_STUCK_WORD:
            return None
    cited = _STUCK_CITATION.match(text, at)
    return len(cited[0]) if cited else 0
