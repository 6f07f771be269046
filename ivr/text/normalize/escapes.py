r"""Take out what only a program reads: backslashes of Markdown and JSON, and the commands of LaTeX.

`5\%` is `5%`, `5\/12` is `5/12`, `\(3 \times 4\)` is `3 × 4`. A backslash before anything else stays (`C:\Users`).
"""

from __future__ import annotations

import re
from typing import Final

# `\u0661`: a character that JSON wrote by its number.
_UNICODE_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})")
# `\(`, `\[` and `$$` only tell where a formula is; `\,` and `\;` are blanks inside one.
_FORMULA_MARK: Final = re.compile(r"\\[()\[\]]|\$\$")
_FORMULA_BLANK: Final = re.compile(r"\\(?:[,;:!]|q?quad(?![A-Za-z]))(?=\s|[\d\\A-Za-z])")
_FORMULA_THOUSANDS: Final = re.compile(r"(?<=\d)\\,(?=\d{3}(?!\d))")
# A fraction and the commands around one text (`\text{SAR}`, `\boxed{42}`, `\mathbf{x}`).
_FRACTION_COMMAND: Final = re.compile(r"\\[dt]?frac\{([^{}]{1,20})\}\{([^{}]{1,20})\}")
_TEXT_COMMAND: Final = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|boxed|underline|emph)\{([^{}]{0,200})\}")
_LATEX_SIGNS: Final = {
    "times": "×",
    "cdot": "×",
    "div": "÷",
    "pm": "±",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "approx": "≈",
    "neq": "≠",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "Rightarrow": "→",
    "degree": "°",
    "circ": "°",
    "left": "",
    "right": "",
    "dots": "…",
    "ldots": "…",
}
_SIGN_COMMAND: Final = re.compile(
    rf"\^?\{{?\\({'|'.join(sorted(_LATEX_SIGNS, key=len, reverse=True))})(?![A-Za-z])\}}?"
)
# CommonMark: a backslash before a sign of ASCII writes that sign.
_ESCAPED_SIGN: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def strip_escapes(text: str) -> str:
    """Return a text with each escaped character as itself, and formulas as plain signs."""
    if "\\" not in text and "$$" not in text:
        return text
    text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Twice, for a text inside a box.
    text = _TEXT_COMMAND.sub(r"\1", _TEXT_COMMAND.sub(r"\1", text))
    text = _FRACTION_COMMAND.sub(r" \1/\2 ", text)
    text = _SIGN_COMMAND.sub(lambda found: _LATEX_SIGNS[found[1]], text)
    text = _FORMULA_THOUSANDS.sub(",", text)
    text = _FORMULA_BLANK.sub(" ", _FORMULA_MARK.sub(" ", text))
    return _ESCAPED_SIGN.sub(r"\1", text)
