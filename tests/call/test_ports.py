"""A socket that is over says how."""

from __future__ import annotations

import pytest

from ivr.call.ports import WireClosed


@pytest.mark.parametrize(("code", "words"), [(1000, "wire closed with code 1000"), (None, "wire died")])
def test_a_closed_wire(code: int | None, words: str) -> None:
    closed = WireClosed(code)
    assert (closed.code, str(closed)) == (code, words)
