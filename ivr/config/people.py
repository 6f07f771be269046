"""Read and check who may take over a call: a telephone number, a SIP address, or a queue of the carrier's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.config.address import telephone

QUEUE: Final = "queue:"
"""What stands in front of a queue's name."""
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SIP: Final = re.compile(
    r"sips?:[A-Za-z0-9._~!$&'*+=%-]{1,64}@[A-Za-z0-9.-]{1,190}(:[0-9]{1,5})?(;[a-z-]{1,20}=[A-Za-z0-9.-]{1,40})*"
)
_LONGEST_SIP: Final = 255


def read_person(written: str) -> str:
    """Return one entry of a line's list in the form in which it is dialled."""
    text = written.strip()
    kind, colon, rest = text.partition(":")
    if colon and kind.lower() in ("sip", "sips", "queue"):
        return f"{kind.lower()}:{rest.strip()}"
    return telephone(text)


def check_people(people: Sequence[str]) -> str | None:
    """Return what is wrong with those who may take over a call."""
    for person in people:
        if person.startswith(QUEUE):
            if not _QUEUE_NAME.fullmatch(person.removeprefix(QUEUE)):
                return "is not a queue: write queue: and its name, of letters, digits, dots, dashes and _"
        elif person.startswith(("sip:", "sips:")):
            if len(person) > _LONGEST_SIP or not _SIP.fullmatch(person):
                return "is not a SIP address: write sip:user@host"
        elif not _E164.fullmatch(person):
            return (
                "is not a telephone number: write + and the country code, such as +966110000001, or sip:user@host, or"
                " queue:name"
            )
    return None
