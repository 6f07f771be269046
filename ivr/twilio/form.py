"""Read the form that Twilio posts to a webhook.

Twilio signs every field, also the empty ones and those it adds without notice. A reader that drops one breaks the
signature.
Spec: https://www.twilio.com/docs/voice/twiml#request-parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

LONGEST_BODY: Final = 64 * 1024
"""Bytes of a request's body. A real one has about 1.5 KB."""
MOST_FIELDS: Final = 500
"""Fields of a form; a real one has about 30."""
_SID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Form:
    """Hold the fields of a request, in order. A name may occur more than once."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @classmethod
    def parse(cls, body: bytes) -> Form:
        """Read a form body or a raw query string. Raises ValueError with a fixed reason."""
        if len(body) > LONGEST_BODY:
            raise ValueError("too_long")
        try:
            # A form is percent-encoded: other bytes than ASCII are a fault of the sender.
            text = body.decode("ascii")
            return cls(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
        except UnicodeError:
            raise ValueError("bad_encoding") from None
        except ValueError:
            raise ValueError("too_many_fields") from None

    def with_query(self, query: bytes) -> Form:
        """Return a posted form with the fields of its URL's query behind its own. Raises ValueError as `parse` does."""
        pairs = [(name, value) for one in (self, Form.parse(query)) for name in one for value in one.getlist(name)]
        return Form(pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Form {' '.join(self._values)}>"

    def getlist(self, name: str) -> list[str]:
        """Return every value of a name."""
        return self._values.get(name, [])

    def get(self, name: str) -> str:
        """Return the first value of a name, empty without one."""
        return self._values.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Dialled:
    """Hold caller and callee of a voice webhook."""

    call_sid: str
    account_sid: str
    caller: str
    """A number, `anonymous`, a SIP address. Never logged."""
    called: str
    """The number that was dialled. Never logged."""
    direction: str
    """`inbound` or an outbound kind."""
    parameters: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What else the request says of the call. Never logged."""

    @property
    def ours(self) -> tuple[str, ...]:
        """Return the operator's own address in this call, and what else it may be."""
        return own_addresses(self.caller, self.called, self.direction)

    @classmethod
    def of(cls, form: Form) -> Dialled:
        """Take them from a form. Raises ValueError when the form names no call."""
        call_sid = form.get("CallSid")
        if not _SID.fullmatch(call_sid):
            raise ValueError("no_call")
        return cls(
            call_sid=call_sid,
            account_sid=form.get("AccountSid"),
            caller=form.get("From") or form.get("Caller"),
            called=form.get("To") or form.get("Called"),
            direction=form.get("Direction") or "inbound",
        )


def own_addresses(caller: str, called: str, direction: str) -> tuple[str, ...]:
    """Return which of two addresses is the operator's, the likelier first.

    A call that the operator places is `from` its own number; the person who is called has none of its lines.
    """
    return (caller, called) if direction.startswith("outbound") else (called,)
