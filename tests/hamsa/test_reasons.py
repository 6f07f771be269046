"""The table of reasons: what follows from each word, and that no other word is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from ivr.hamsa import messages
from ivr.hamsa.pool import socket
from ivr.hamsa.reasons import REASONS, LinkLost, Reason

ROOM: Final = Path(messages.__file__).parent
FOLLOWS: Final = {
    "retry": "!funds auth voice invalid audio_format http_3xx http_4xx thinking too_long breaker no_link shut",
    "service_is_bad": "!voice invalid audio_format aborted http_3xx http_4xx thinking too_long breaker no_link flood"
    " cancelled replaced surplus shut",
    "account_is_bad": "funds auth",
    "too_many": "rate_limit",
    "link_was_silent": "broken dead first_audio_timeout gap_timeout transcript_timeout",
    "no_link": "connect_timeout breaker no_link",
    "away": "rate_limit http_5xx connect connect_timeout refused breaker no_link",
    "request_is_bad": "voice invalid",
    "other_speaker_may_help": "voice invalid audio_format unknown_error first_audio_timeout degenerate too_long",
    "final": "shut",
    "no_more": "too_long shut",
}
"""The words of each consequence; after `!` those without it."""
TAKERS: Final = {"LinkLost", "drop", "TtsError", "SttError", "Error", "Unusable"}
"""What is called with a reason as its first argument."""


def test_what_follows_from_each_reason() -> None:
    for name, listed in FOLLOWS.items():
        wanted = not listed.startswith("!")
        found = {word for word, row in REASONS.items() if getattr(row, name) is wanted}
        assert found == set(listed.removeprefix("!").split()), name
    assert FOLLOWS.keys() == {field.name for field in fields(Reason)} - {"why"}


def test_each_reason_says_in_words_why() -> None:
    assert [word for word, row in REASONS.items() if not row.why.endswith(".")] == []
    assert len({row.why for row in REASONS.values()}) == len(REASONS)


def test_a_reason_outside_the_table_raises() -> None:
    with pytest.raises(KeyError, match="no_such_reason"):
        LinkLost("no_such_reason")


def _literals(node: ast.expr) -> Iterator[str]:
    """Yield the words an expression may be: a literal, or either side of a choice."""
    match node:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp(body=body, orelse=other):
            yield from (*_literals(body), *_literals(other))
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
            yield from _literals(default)


def _used() -> Iterator[tuple[str, str]]:
    """Yield each reason the code names, with its file."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in TAKERS:
                    yield from ((word, path.name) for word in _literals(first))
                case ast.Compare(left=ast.Attribute(attr="reason"), comparators=[other]):
                    yield from ((word, path.name) for word in _literals(other))


def test_the_code_uses_every_reason_and_no_other() -> None:
    used = {word for word, _ in _used()}
    used |= {kind for kind, _ in messages.ERRORS} | {*socket.REFUSALS.values(), *socket.CLOSE_CODES.values()}
    used |= {"dead", "stuck"}  # `Link.due` names them
    used |= {"http_3xx", "http_4xx", "http_5xx"}  # by the status of an answer over REST
    assert used - REASONS.keys() == set()
    assert REASONS.keys() - used == set()
