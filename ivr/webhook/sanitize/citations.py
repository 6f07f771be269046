"""Find citations: `[1]`, `[^2]`, `【4:0†a.pdf】`, `[doc1]`, `[[1]](https://...)`, `<sup>1</sup>`, `(source: a.pdf)`.

A number in brackets is also how a list offers its options: behind a word such as `press` or `option`, or at the
beginning of a line, it stays, and so do those that follow in the same reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ivr.webhook.sanitize.leftovers import prefixes


class CitationKind(Enum):
    """Say what became of a bracket."""

    TEXT = auto()
    UNCLEAR = auto()
    """More text decides."""
    CITATION = auto()
    FOOTNOTE = auto()
    """The line is a footnote: all of it is left out."""
    OPTION = auto()
    """It numbers what the caller may choose."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Hold what a bracket is, and how many characters it takes."""

    kind: CitationKind
    length: int = 0
    said: str = ""
    """What is said in its place."""


_UNCLEAR_CITATION: Final = Citation(CitationKind.UNCLEAR)
_NO_CITATION: Final = Citation(CitationKind.TEXT)

_FIGURES: Final = r"[0-9\u0660-\u0669]{1,3}"
_BRACKET: Final = re.compile(r"\[\[?([^\[\]\n]{1,160})\]?\](?:\([^()\s]{0,300}\))?(:|\s{0,3}https?:)?")
_HALF_BRACKET: Final = re.compile(
    r"\[\[?[^\[\]\n]{0,160}(?:\]?\]?|\]?\](?:\([^()\s]{0,300}\)?)?\s{0,3}(?:h(?:t(?:t(?:p(?:s)?)?)?)?)?)"
)
_NUMBERS: Final = re.compile(rf"\s*\^?{_FIGURES}(?:\s*[,،;–-]\s*\^?{_FIGURES})*\s*")
_SOURCE_FILE: Final = re.compile(
    r"\.(?:pdf|docx?|txt|md|html?|xlsx?|csv|json|pptx?)\b|https?://|www\.|[†‡]", re.IGNORECASE
)
_SOURCE: Final = re.compile(
    r"\s*(?:\^\w+|(?:doc|document|source|src|ref|reference|citation|cite|page|chunk|context|oaicite|"
    r"المصدر|مصدر|مرجع|المرجع)s?(?:[\s:_#.-]{0,3}\d.*|\s*:.*|\s+needed)|p{1,2}\.\s*\d.*)",
    re.IGNORECASE,
)
# `[get_weather(city="Riyadh")]` is how Llama 4 calls a tool.
_CALL: Final = re.compile(r"\s*[A-Za-z_][\w.]*\(.*\)\s*")
_OPTION_WORD: Final = re.compile(
    r"(?:(?i:\b(?:option|press|pressing|number|no\.?|step|choice|choose|key|item|button|row|gate|room|floor|digit|dial|"
    r"enter|say|type|send|is|are|was|line|level|zone|ticket)(?:\s+the)?)|=|"
    r"\b(?:رقم|الرقم|الخيار|خيار|(?:اضغط|اضغطي|الضغط|انقر)(?:\s+على)?|اختر|زر|الزر|قل|أرسل|ادخل|أدخل|خطوة|الخطوة)|[:：])[:：]?[^\S\n]*\Z"
)

_SOURCE_WORDS: Final = ("sources", "ref", "reference", "see", "citation", "oai_citation", "المصدر", "مصدر", "المصادر")
_PARENTHESIS: Final = re.compile(
    r"\((?:sources?|ref|reference|see|citation|oai_citation|المصدر|مصدر|المصادر)\b[^()\n]{0,200}\)", re.IGNORECASE
)
_HALF_PARENTHESIS: Final = re.compile(
    rf"\((?:{'|'.join(map(prefixes, _SOURCE_WORDS))}|"
    r"(?:sources?|ref|reference|see|citation|oai_citation|المصدر|مصدر|المصادر)\b[^()\n]{0,200})",
    re.IGNORECASE,
)
_LENTICULAR: Final = re.compile(r"[【〔〖]([^【】〔〕〖〗\n]{0,200})[】〕〗]")
_HALF_LENTICULAR: Final = re.compile(r"[【〔〖][^【】〔〕〖〗\n]{0,200}")
_PRIVATE: Final = re.compile("\ue200[^\ue200\ue201\n]{0,400}\ue201|[\ue000-\uf8ff]")
_HALF_PRIVATE: Final = re.compile("\ue200[^\ue200\ue201\n]{0,400}")
_RAISED: Final = re.compile(r"<sup(?:\s[^<>]{0,60})?>(.{0,200}?)</sup\s*>", re.IGNORECASE)
_HALF_RAISED: Final = re.compile(
    r"<(?:s(?:u(?:p(?:\s[^<>]{0,60})?)?)?)?|<sup(?:\s[^<>]{0,60})?>(?:(?!</sup\s*>).){0,200}", re.IGNORECASE
)
_TAGS: Final = re.compile(r"<[^<>]*>")
_POWERS: Final = {"2": "²", "3": "³"}
# Behind a unit or a number a raised figure is a power: `m<sup>2</sup>`.
_BASE: Final = re.compile(
    r"(?:\d|\b(?:[kcdm]?m|ft|in|mi|yd|x|y|r|متر|م|كم|سم|قدم)|(?i:met(?:re|er)s?|feet|inch(?:es)?))\s?\Z"
)
_RAISED_DIGITS: Final = "¹²³⁰⁴⁵⁶⁷⁸⁹"
_STOP: Final = re.compile(r"[.!?؟،,»”\"]\Z")
_NUMBERED_SOURCE: Final = re.compile(r"\d|source|citation|مصدر", re.IGNORECASE)


def read_citation(text: str, at: int, before: str, *, listed: bool, final: bool) -> Citation:
    """Return what the sign at `at` begins, behind the text `before`.

    `listed`: a number in brackets was an option before. `final`: nothing comes after the text.
    """
    match text[at]:
        case "[":
            return _bracket(text, at, before, listed=listed, final=final)
        case "<":
            return _raised(text, at, before, final=final)
    if text[at] in _RAISED_DIGITS:
        # Behind a stop a raised digit is a footnote's, and no power.
        return Citation(CitationKind.CITATION, 1) if _STOP.search(before) else _NO_CITATION
    return _source(text, at, final=final)


def _bracket(text: str, at: int, before: str, *, listed: bool, final: bool) -> Citation:
    if not final and _HALF_BRACKET.fullmatch(text, at):
        return _UNCLEAR_CITATION
    found = _BRACKET.match(text, at)
    if found is None:
        return _NO_CITATION
    inner, target = found[1], found[2] or ""
    length, begins_line = len(found[0]) - len(target), before.endswith("\n")
    is_number = bool(_NUMBERS.fullmatch(inner))
    offers = (begins_line and not target) or _OPTION_WORD.search(before) or (listed and not begins_line)
    if offers and is_number and "^" not in inner and not found[0].startswith("[["):
        return Citation(CitationKind.OPTION, length, text[at : at + length])
    if not (is_number or _SOURCE.fullmatch(inner) or _SOURCE_FILE.search(inner) or _CALL.fullmatch(inner)):
        return _NO_CITATION
    return Citation(CitationKind.FOOTNOTE if begins_line and target else CitationKind.CITATION, length)


def _source(text: str, at: int, *, final: bool) -> Citation:
    for half, whole in ((_HALF_PARENTHESIS, _PARENTHESIS), (_HALF_LENTICULAR, _LENTICULAR), (_HALF_PRIVATE, _PRIVATE)):
        if not final and half.fullmatch(text, at):
            return _UNCLEAR_CITATION
        if found := whole.match(text, at):
            # `(see below)` and `【مهم】` are words.
            is_source = (
                _SOURCE_FILE.search(found[0])
                or whole is _PRIVATE
                or (whole is _LENTICULAR and _NUMBERED_SOURCE.search(found[0]))
            )
            return Citation(CitationKind.CITATION, len(found[0])) if is_source else _NO_CITATION
    return _NO_CITATION


def _raised(text: str, at: int, before: str, *, final: bool) -> Citation:
    if not final and _HALF_RAISED.fullmatch(text, at):
        return _UNCLEAR_CITATION
    found = _RAISED.match(text, at)
    inner = _TAGS.sub("", found[1]).strip() if found else ""
    if found is None or not _NUMBERS.fullmatch(inner.strip("[]")):
        return _NO_CITATION
    return Citation(CitationKind.CITATION, len(found[0]), _POWERS.get(inner, "") if _BASE.search(before) else "")
