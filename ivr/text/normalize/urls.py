"""Addresses of the web as a person would read them out: the domain of a link, an e-mail address part by part."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.numerals import tongue

_TLDS: Final = (
    "com|net|org|edu|gov|sa|ae|eg|jo|kw|qa|bh|om|uk|us|io|ai|co|app|dev|info|me|tv"
    "|shop|store|online|site|cloud|health|bank"
)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PATH: Final = r"(?::\d+)?(?:[/?#][^\s<>\"'،؛؟»)\]]*)?"
_EMAIL: Final = re.compile(
    rf"(?:mailto:)?([A-Za-z0-9._%+-]+)@((?:{_LABEL}\.)+[A-Za-z]{{2,24}})(?![A-Za-z0-9])", re.IGNORECASE
)
_URL: Final = re.compile(rf"[a-z][a-z0-9+.-]{{1,15}}://(?:[^\s/@]+@)?([^\s/:?#<>\"'،؛؟»)\]]+){_PATH}", re.IGNORECASE)
_WWW: Final = re.compile(rf"(?<![A-Za-z0-9])www\.((?:{_LABEL}\.)+[A-Za-z]{{2,24}}){_PATH}", re.IGNORECASE)
_DOMAIN: Final = re.compile(
    rf"(?<![A-Za-z0-9@./-])((?:{_LABEL}\.)+(?:{_TLDS}))(?![A-Za-z0-9-]|\.[A-Za-z0-9]){_PATH}", re.IGNORECASE
)
_FILE: Final = re.compile(
    r"(?<=[^\W_])\.(pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|zip|csv|txt|mp[34]|html?|json)(?![^\W_]|\.\w)", re.IGNORECASE
)
_STOPS: Final = re.compile(r"[.,:;!?…]+\Z")
_NAMES: Final = {
    "com": "كوم",
    "net": "نت",
    "org": "أورج",
    "gov": "جوف",
    "edu": "إديو",
    "info": "إنفو",
    "sa": "إس إيه",
    "ae": "إيه إي",
    "io": "آي أو",
}
_MARKS: Final = {
    ".": ("دوت", "dot"),
    "-": ("شرطة", "dash"),
    "_": ("شرطة سفلية", "underscore"),
    "+": ("زائد", "plus"),
    "%": ("بالمئة", "percent"),
    "@": ("آت", "at"),
}


def say_addresses(text: str, arabic: bool) -> str:
    """Every e-mail address and link in words."""
    text = _URL.sub(lambda found: _link(found, arabic), text)
    text = _EMAIL.sub(lambda found: f" {_spelled(f'{found[1]}@{found[2]}', arabic)} ", text)
    for pattern in (_WWW, _DOMAIN):
        text = pattern.sub(lambda found: _link(found, arabic), text)
    return _FILE.sub(lambda found: f" {_MARKS['.'][0 if arabic else 1]} {found[1]}", text)


def _link(found: re.Match[str], arabic: bool) -> str:
    """The domain; a stop behind the link belongs to the sentence."""
    ended = _STOPS.search(found[0])
    host = _STOPS.sub("", found[1])
    if host.lower().startswith("www."):
        host = host[4:]
    return f" {_spelled(host, arabic)}{ended[0] if ended else ''} "


def _spelled(address: str, arabic: bool) -> str:
    words = tongue(arabic)
    said: list[str] = []
    parts = re.findall(r"[A-Za-z]+|\d+|[.@_%+-]|[^\W\d_]+", address)
    for part in parts:
        if part in _MARKS:
            said.append(_MARKS[part][0 if arabic else 1])
        elif part.isdecimal():
            said.append(words.digits(part))
        elif said and said[-1] == _MARKS["."][0 if arabic else 1]:
            said.append(_name(part, arabic))
        else:
            said.append(part)
    return " ".join(said)


def _name(label: str, arabic: bool) -> str:
    """A label behind a dot: top-level names have a spoken form."""
    low = label.lower()
    if arabic:
        return _NAMES.get(low, label)
    return " ".join(label) if low in ("sa", "ae", "uk", "io", "ai") else label
