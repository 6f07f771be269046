"""Read telephone numbers and SIP addresses as people, carriers and switchboards write them.

`telephone` makes one form of a number that can be dialled. `line_keys` makes what two ways to write one address have in
common: both a configured number and the one a carrier names go through it, so that they meet.

    +966 11 000-0000   00966110000000   966110000000   tel:+966-11-000-0000   sip:+966110000000@host:5060;user=phone
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_DIGITS: Final = re.compile(r"\+?[0-9]{3,15}")
_BETWEEN_DIGITS: Final = re.compile(r"[\s().,/_\u2010-\u2015\u2212-]")
_TRUNK_ZERO: Final = re.compile(r"(?<=[0-9])[\s.-]*\(0\)")
"""The zero that is dialled inside the country only, as in +44 (0) 20."""
_SIP_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]*)?")
_LONGEST_ADDRESS: Final = 256
"""Characters of an address that are read."""
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_HIDDEN: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What carriers write for a number that is withheld: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE in keys."""
_WITHHELD: Final = frozenset(
    {"", "anonymous", "restricted", "private", "blocked", "unknown", "unavailable", "withheld"}
)
"""Words in the place of a number that is withheld."""
_EXAMPLE: Final = "+966110000000"


def telephone(written: str) -> str:
    """Return a number with + before an international one, without what only helps to read it."""
    text = _plain(written)
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "tel":
        text, _, parameters = rest.partition(";")
        context = re.search(r"phone-context=(\+[0-9.()-]+)", parameters)
        # A local number of RFC 3966 names the country apart.
        text = context[1] + text if context and not text.startswith("+") else text
    if text.startswith(("+", "00")):
        text = _TRUNK_ZERO.sub("", text)
    digits = _BETWEEN_DIGITS.sub("", text)
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def line_keys(written: str) -> tuple[str, ...]:
    """Return the forms under which an address is known, the one that says most first: `sip:user@host`, then digits."""
    text = _plain(written)
    bracketed = re.search(r"<(.+)>", text)
    if bracketed is not None:
        text = bracketed[1].strip()
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower() if colon else ""
    if scheme in ("sip", "sips") or (not colon and "@" in text):
        user, _, host = (rest if scheme else text).partition("@")
        user = unquote(user).partition(";")[0].partition(":")[0].casefold()
        host = re.split("[;?]", host, maxsplit=1)[0].strip().lower()
        found = _SIP_HOST.fullmatch(host)
        address = f"sip:{user}@{found[1].rstrip('.') if found else host}"
        return (address, _number(user)) if _DIGITS.fullmatch(telephone(user)) else (address,)
    if scheme == "client":
        return (f"client:{rest.partition('?')[0].strip().casefold()}",)
    # Such as whatsapp:+966110000000.
    if scheme and scheme != "tel":
        return (f"{scheme}:{_number(rest)}", _number(rest))
    return (_number(text),)


def shown(written: str) -> str:
    """Return an address in one form that is good to read: a number with its +, any other address as its first key."""
    key = line_keys(written)[0]
    return key if ":" in key else telephone(written)


def callable_number(written: str) -> str:
    """Return an address as a number that may be shown to a person who is called, E.164. Empty: it is none."""
    number = telephone(written)
    return number if _E164.fullmatch(number) and number not in _HIDDEN else ""


def is_withheld(written: str) -> bool:
    """Return whether an address, as a carrier writes it, is that of a caller who withholds the number."""
    key = line_keys(written)[0]
    user = key.removeprefix("sip:").partition("@")[0] if key.startswith("sip:") else key
    return user in _WITHHELD or f"+{user}" in _HIDDEN


def check_number(written: str) -> str | None:
    """Return why no call can be for this number, as a carrier writes numbers."""
    key = line_keys(written)[0]
    kind, colon, rest = key.partition(":")
    if kind == "sip" and colon:
        user, _, host = rest.partition("@")
        return None if user and _SIP_HOST.fullmatch(host) else "write sip:user@host, as the provider shows it"
    if kind == "client" and colon:
        return None if rest else "write client: and the name of the client"
    number = rest if colon else key
    if not _DIGITS.fullmatch(number):
        return "write + and digits, as the provider shows it, or sip:user@host"
    # A carrier writes the country code, so a number without it is never the one that was dialled.
    if number.startswith("0"):
        return f"no call can match it without its country code: write + and that code first, such as {_EXAMPLE}"
    return None


def _plain(written: str) -> str:
    """Return a text with Latin digits and signs, and without the marks that programs put around numbers."""
    # What carriers write: nothing to change, and read for every call.
    if written.isascii():
        return written[:_LONGEST_ADDRESS].strip()
    text = unicodedata.normalize("NFKC", written[:_LONGEST_ADDRESS])
    kept = (character for character in text if unicodedata.category(character) != "Cf")
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in kept).strip()


def _number(written: str) -> str:
    """Return the digits of a number. With + or without, it is the same number."""
    return telephone(written).removeprefix("+").casefold()
