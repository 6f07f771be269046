"""What a key of the line stands for, and when."""

from __future__ import annotations

import pytest

from ivr.call.actions import Expect, Gather
from ivr.call.caller.key_map import KeyMap
from ivr.call.events import ReplyEnded
from ivr.call.options import CallOptions, KeyAction

KEYS = {"0": KeyAction("transfer"), "9": KeyAction("repeat")}


def test_only_mapped_keys_stand_for_something() -> None:
    keys = KeyMap(CallOptions(keys=KEYS, transfer_to=("+966110000001",)))
    assert keys.find("0") == KEYS["0"]
    assert keys.find("9") == KEYS["9"]
    assert keys.find("1") is None
    assert repr(keys) == "<KeyMap 2 keys>"


def test_without_a_person_the_key_is_for_the_agent() -> None:
    keys = KeyMap(CallOptions(keys=KEYS))
    assert keys.find("0") is None
    keys.change(CallOptions(keys=KEYS, transfer_to=("+966110000001",)))
    assert keys.find("0") == KEYS["0"]


@pytest.mark.parametrize(
    ("ended", "awaited"),
    [
        (ReplyEnded(1), False),
        (ReplyEnded(1, gather=Gather(digits=4)), True),
        (ReplyEnded(1, expect=Expect("digits")), True),
        (ReplyEnded(1, expect=Expect("name")), False),
    ],
)
def test_an_agent_that_waits_for_keys_gets_them(ended: ReplyEnded, awaited: bool) -> None:
    keys = KeyMap(CallOptions(keys=KEYS))
    keys.answered(ended)
    assert (keys.find("9") is None) is awaited
    keys.asked()
    assert keys.find("9") == KEYS["9"]
