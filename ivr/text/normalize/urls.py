"""Say web and e-mail addresses as a person reads them out: the domain of a link, an e-mail part by part."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.numerals import number_words

_TOP_LEVEL: Final = (
    "com|net|org|edu|gov|sa|ae|eg|jo|kw|qa|bh|om|uk|us|io|ai|co|app|dev|info|me|tv"
    "|shop|store|online|site|cloud|health|bank"
)
# One label of a host name: letters, digits and inner hyphens, 63 at most (RFC 1035, section 2.3.4).
_HOST_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PORT_AND_PATH: Final = r"(?::\d+)?(?:[/?#][^\s<>\"'،؛؟»)\]]*)?"
_EMAIL: Final = re.compile(
    rf"(?<![A-Za-z0-9._%+-])(?:mailto:)?([A-Za-z0-9._%+-]{{1,64}})@((?:{_HOST_LABEL}\.)+[A-Za-z]{{2,24}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# `https://user@host:80/path`: group 1 is the host, also one of Arabic letters.
_WITH_SCHEME: Final = re.compile(
    rf"[a-z][a-z0-9+.-]{{1,15}}://(?:[^\s/@]+@)?([^\s/:?#<>\"'،؛؟»)\]]+){_PORT_AND_PATH}", re.IGNORECASE
)
_WITH_WWW: Final = re.compile(
    rf"(?<![A-Za-z0-9])www\.((?:{_HOST_LABEL}\.)+[A-Za-z]{{2,24}}){_PORT_AND_PATH}", re.IGNORECASE
)
# `naqel.com`: without scheme or www only names that end in a known domain; `v2.0` and `ok.So` are none.
_BARE_DOMAIN: Final = re.compile(
    rf"(?<![A-Za-z0-9@./-])((?:{_HOST_LABEL}\.)+(?:{_TOP_LEVEL}))(?![A-Za-z0-9-]|\.[A-Za-z0-9]){_PORT_AND_PATH}",
    re.IGNORECASE,
)
_FILE_SUFFIX: Final = re.compile(
    r"(?<=[^\W_])\.(pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|zip|csv|txt|mp[34]|html?|json)(?![^\W_]|\.\w)", re.IGNORECASE
)
# `@alnoor_sa`: the name of an account, which the caller will type.
_HANDLE: Final = re.compile(r"(?<![\w@.])@([A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9_])(?![\w@])")
# What every rule but none of the sentences of words has: `naqel.com`, `@alnoor`, `https://`.
_ADDRESS_SIGN: Final = re.compile(r"\.\S|@|://")
_FINAL_STOPS: Final = re.compile(r"(?<![.,:;!?…])[.,:;!?…]+\Z")
_ARABIC_DOMAIN_NAMES: Final = {
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
_MARK_NAMES: Final = {
    ".": ("دوت", "dot"),
    "-": ("شرطة", "dash"),
    "_": ("شرطة سفلية", "underscore"),
    "+": ("زائد", "plus"),
    "%": ("بالمئة", "percent"),
    "@": ("آت", "at"),
}


def say_urls(text: str, arabic: bool) -> str:
    """Replace each link, e-mail address and file suffix by words."""

    def link(found: re.Match[str]) -> str:
        # A stop behind a link belongs to the sentence.
        ended = _FINAL_STOPS.search(found[0])
        host = _FINAL_STOPS.sub("", found[1])
        if host.lower().startswith("www."):
            host = host[4:]
        return f" {_spoken_address(host, arabic)}{ended[0] if ended else ''} "

    if _ADDRESS_SIGN.search(text) is None:
        return text
    text = _WITH_SCHEME.sub(link, text)
    text = _EMAIL.sub(lambda found: f" {_spoken_address(f'{found[1]}@{found[2]}', arabic)} ", text)
    text = _BARE_DOMAIN.sub(link, _WITH_WWW.sub(link, text))
    text = _HANDLE.sub(lambda found: f" {_spoken_address(found[0], arabic)} ", text)
    return _FILE_SUFFIX.sub(lambda found: f" {_MARK_NAMES['.'][0 if arabic else 1]} {found[1]}", text)


def _spoken_address(address: str, arabic: bool) -> str:
    """Return a host or an e-mail address in words: names as they are, marks by name, digits one by one."""
    dot = _MARK_NAMES["."][0 if arabic else 1]
    said: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+|[.@_%+-]|[^\W\d_]+", address):
        if part in _MARK_NAMES:
            said.append(_MARK_NAMES[part][0 if arabic else 1])
        elif part.isdecimal():
            said.append(number_words(arabic).digits(part))
        elif said and said[-1] == dot and arabic:
            said.append(_ARABIC_DOMAIN_NAMES.get(part.lower(), part))
        elif said and said[-1] == dot and part.lower() in ("sa", "ae", "uk", "io", "ai"):
            # Country domains are read letter by letter: `dot s a`.
            said.append(" ".join(part))
        else:
            said.append(part)
    return " ".join(said)
