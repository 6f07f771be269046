"""What may be shown: URLs without the password in front of the host and the values behind the question mark, people's
numbers by their last digits."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

HIDDEN: Final = "***"


def without_secrets(url: str) -> str:
    """The URL with `***` in place of its user, its query's values and its fragment; what is no URL as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    _, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at else parts.netloc
    query = "&".join(_value_hidden(field) for field in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, HIDDEN if parts.fragment else ""))


def _value_hidden(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN


def number_hidden(number: str) -> str:
    """A person's telephone number, as much of it as tells one from another."""
    return f"{HIDDEN}{number[-4:]}" if len(number) > 7 else HIDDEN
