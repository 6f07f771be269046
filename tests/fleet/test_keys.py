"""The names of what the fleet keeps."""

from __future__ import annotations

from ivr.fleet.keys import PREFIX, key


def test_every_key_begins_with_the_version() -> None:
    assert key("call", "CA1") == f"{PREFIX}call:CA1" == "ivr:1:call:CA1"
    assert key("slots") == "ivr:1:slots"
