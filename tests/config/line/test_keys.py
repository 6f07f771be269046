"""Keys of a line that act without the agent, as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.options import KeyAction, Language
from ivr.config.line.keys import KEYS_FIX, check_keys, read_keys
from ivr.config.lines import plain_line, read_lines

AGENT = "https://agent.example/webhook"
ARABIC: tuple[Language, ...] = ("ar",)
LINE = '[[line]]\nnumber = "+12345"\n'


def test_every_action_is_read() -> None:
    written = {
        "0": "transfer",
        "3": "transfer: 00966 11 000-0002",
        "4": "transfer:sip:desk@office.example",
        "9": "repeat",
        "1": "arabic",
        "2": " english ",
        "*": "hang_up",
    }
    assert read_keys(written) == (
        {
            "0": KeyAction("transfer"),
            "3": KeyAction("transfer", "+966110000002"),
            "4": KeyAction("transfer", "sip:desk@office.example"),
            "9": KeyAction("repeat"),
            "1": KeyAction("language", "ar"),
            "2": KeyAction("language", "en"),
            "*": KeyAction("hang_up"),
        },
        [],
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (["transfer"], 'write a table of keys, such as 0 = "transfer"'),
        ({"10": "repeat"}, "10: write one key, 0 to 9, * or #"),
        ({"": "repeat"}, ": write one key, 0 to 9, * or #"),
        ({"A": "repeat"}, "A: write one key, 0 to 9, * or #"),
        ({"1": "dance"}, f"1: {KEYS_FIX}"),
        ({"1": 5}, f"1: {KEYS_FIX}"),
        ({"1": "transfer:"}, f"1: {KEYS_FIX}"),
        ({"1": "repeat:2"}, f"1: {KEYS_FIX}"),
    ],
)
def test_a_slip_is_one_line(written: Any, problem: str) -> None:
    assert read_keys(written) == ({}, [problem])


@pytest.mark.parametrize(
    ("action", "people", "problem"),
    [
        (KeyAction("transfer"), (), "keys 5: the line has no person to transfer to: write transfer_to"),
        (
            KeyAction("transfer", "+9662"),
            ("+9661",),
            "keys 5: the number is not in the line's transfer_to: add it there",
        ),
        (
            KeyAction("language", "en"),
            (),
            'keys 5: the line does not speak this language: write languages = ["ar", "en"]',
        ),
    ],
)
def test_a_line_must_have_what_a_key_asks_for(action: KeyAction, people: tuple[str, ...], problem: str) -> None:
    assert check_keys({"5": action}, people, ARABIC, "#") == [problem]
    assert check_keys({"5": action}, ("+9661", "+9662"), ("ar", "en"), "#") == []
    assert check_keys({"5": action}, ("+9661", "+9662"), ("ar", "en"), "5") == [
        "keys 5: the key ends what a caller types: write another, or keypad_terminator in [call]"
    ]


def test_keys_of_the_file_and_of_a_line() -> None:
    text = f'[keys]\n9 = "repeat"\n{LINE}[[line]]\nnumber = "+12346"\n[line.keys]\n"*" = "hang_up"\n'
    (plain, own), default, problems = read_lines(text, plain_line("ar", AGENT))
    assert problems == []
    assert dict(default.options().keys) == dict(plain.options().keys) == {"9": KeyAction("repeat")}
    assert dict(own.options().keys) == {"*": KeyAction("hang_up")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{LINE}[line.keys]\n0 = "dance"', f"[[line]] 1: [line.keys] 0: {KEYS_FIX}"),
        (f"{LINE}keys = 3", '[[line]] 1: [line.keys] write a table of keys, such as 0 = "transfer"'),
        (
            '[keys]\n"#" = "repeat"',
            "keys #: the key ends what a caller types: write another, or keypad_terminator in [call]",
        ),
        (
            f'{LINE}[line.keys]\n0 = "transfer"',
            "[[line]] 1: keys 0: the line has no person to transfer to: write transfer_to",
        ),
    ],
)
def test_faults_name_their_place(text: str, problem: str) -> None:
    _, _, problems = read_lines(text, plain_line("ar", AGENT))
    assert problems == [problem]
