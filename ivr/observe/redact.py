"""Redact what a person may see: secrets in URLs, and telephone numbers of people."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

HIDDEN: Final = "***"


def without_secrets(url: str) -> str:
    """Return a URL with `***` for its user, the values of its query and its fragment. A text that is no URL: `***`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    _, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at else parts.netloc
    fields = (field.partition("=") for field in parts.query.split("&") if parts.query)
    query = "&".join(f"{name}={HIDDEN}" if equals else HIDDEN for name, equals, _ in fields)
    return urlunsplit((parts.scheme, netloc, parts.path, query, HIDDEN if parts.fragment else ""))


def number_hidden(number: str) -> str:
    """Return the last four digits of a person's telephone number: enough to tell two apart."""
    return f"{HIDDEN}{number[-4:]}" if len(number) > 7 else HIDDEN
