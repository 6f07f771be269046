"""Read the keys of a line that act without the agent:

[line.keys]                     # or [keys] at the top of ivr.toml
0 = "transfer"                  # to the first person of the line's list
3 = "transfer:+966110000002"    # to this one of the list
9 = "repeat"                    # what was said last
2 = "english"                   # or "arabic": go on in this language of the line
"*" = "hang_up"                 # after a goodbye
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ivr.call.options import KeyAction, Language
from ivr.config.address import telephone

_PHONE_KEYS: Final = "0123456789*#"
_PLAIN_ACTIONS: Final[Mapping[str, KeyAction]] = {
    "transfer": KeyAction("transfer"),
    "repeat": KeyAction("repeat"),
    "hang_up": KeyAction("hang_up"),
    "arabic": KeyAction("language", "ar"),
    "english": KeyAction("language", "en"),
}
KEYS_FIX: Final = 'write "transfer", "transfer:+966...", "repeat", "hang_up", "arabic" or "english"'


def read_keys(table: Any) -> tuple[dict[str, KeyAction], list[str]]:
    """Return what each key of a table stands for, and a sentence for every fault."""
    if not isinstance(table, dict):
        return {}, ['write a table of keys, such as 0 = "transfer"']
    found: dict[str, KeyAction] = {}
    problems = []
    for key, written in table.items():
        action = _action(written)
        if len(key) != 1 or key not in _PHONE_KEYS:
            problems.append(f"{key[:20]}: write one key, 0 to 9, * or #")
        elif action is None:
            problems.append(f"{key}: {KEYS_FIX}")
        else:
            found[key] = action
    return found, problems


def check_keys(
    keys: Mapping[str, KeyAction], people: Collection[str], languages: Collection[Language], terminator: str
) -> list[str]:
    """Return what of a line's keys cannot be: a person or a language that the line has not, or a key with a meaning.

    `people`: numbers of the line's list. `languages`: all that it speaks. `terminator`: the key that ends an entry.
    """
    problems = []
    for key, action in keys.items():
        if key == terminator:
            problems.append(
                f"keys {key}: the key ends what a caller types: write another, or keypad_terminator in [call]"
            )
        elif action.act == "transfer" and not people:
            problems.append(f"keys {key}: the line has no person to transfer to: write transfer_to")
        elif action.act == "transfer" and action.value not in ("", *people):
            problems.append(f"keys {key}: the number is not in the line's transfer_to: add it there")
        elif action.act == "language" and action.value not in languages:
            problems.append(f'keys {key}: the line does not speak this language: write languages = ["ar", "en"]')
    return problems


def _action(written: Any) -> KeyAction | None:
    """Return what is written for a key. None: that is nothing."""
    if not isinstance(written, str):
        return None
    name, _, number = written.partition(":")
    if name.strip() == "transfer" and (number := number.strip()):
        # SIP addresses and queues are written as in the list.
        return KeyAction("transfer", telephone(number) if number[0] in "+0123456789" else number)
    return _PLAIN_ACTIONS.get(written.strip())
