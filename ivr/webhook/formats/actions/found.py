"""Find what the agent asks for beside its words, and read it by the table of actions.

An action is written `{"action": "play", "url": ...}`, `{"play": {"url": ...}}`, or as one of `{"actions": [...]}`; some
have a short form, such as `"is_closing": true`. What cannot be read is left out, with a fault.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast

from ivr.call.actions import Expect, Gather, Message, TransferOptions
from ivr.text.turn.words import AnswerKind
from ivr.webhook.formats.actions.fields import BadValue
from ivr.webhook.formats.actions.table import CLOSING_FLAGS, MOST_ACTIONS, ActionType, known
from ivr.webhook.formats.parts import (
    Acting,
    Action,
    Closing,
    Expecting,
    Failure,
    Gathering,
    Keeping,
    TakingMessage,
    Transferring,
    Waiting,
)
from ivr.webhook.formats.record_types import words_of_name
from ivr.webhook.formats.text_fields import find_text, objects_within

_LOOKED_AT: Final = 30
"""Objects of a token's record, at most."""
_MOST_KEYS: Final = 100
"""Keys of one object that are looked at."""
_NAMES_NO_ACTION: Final = frozenset(
    ["none", "null", "continue", "speak", "talk", "respond", "response", "reply", "answer", "finalanswer", "message"]
)
"""What agents write under `action` when they just talk."""
_OF_FRAMEWORKS: Final = ("action_input", "intent", "queryText")
"""Keys beside an `action` that is a framework's own."""

Values = dict[str, Any]


def actions_of(record: dict[str, Any]) -> list[Action | Failure]:
    """Return what a record asks for, in the order in which it stands: one more than `MOST_ACTIONS` at most."""
    # Nearly every record is a token of an answer, and asks for nothing.
    if not _may_ask(record):
        return []
    found = (piece for part in objects_within(record) for piece in _of_object(part))
    return list(islice(found, MOST_ACTIONS + 1))


def _may_ask(record: dict[str, Any]) -> bool:
    """Return whether a key of a record, or of an object inside it, may name an action."""
    waiting: list[Any] = [record]
    for part in islice(iter(waiting.pop, None), _LOOKED_AT):
        for key, value in islice(part.items(), _MOST_KEYS):
            if _names_action(key):
                return True
            if isinstance(value, dict):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [one for one in value if isinstance(one, dict)]
        if not waiting:
            return False
    # A record so large is looked at within the bounds of its readers.
    return True


@functools.lru_cache(1024)
def _names_action(key: str) -> bool:
    return "".join(words_of_name(key)) in ("action", "actions", *CLOSING_FLAGS) or known(key) is not None


def _of_object(part: Values) -> Iterator[Action | Failure]:
    """Yield what one object asks for by its keys."""
    name = part.get("action")
    named = known(name) if isinstance(name, str) else None
    for key, value in islice(part.items(), _MOST_KEYS):
        if key == "action":
            # `{"text": "Goodbye.", "action": "hangup"}` is an answer that hangs up: its words are the answer's.
            if named is not None and named.name == "hangup" and "interruptible" not in part:
                yield Closing()
            elif named is not None:
                yield from _asked(named, part)
            elif isinstance(value, str) and _is_unknown(value, part):
                yield Failure("unknown_action")
        elif key == "actions":
            for entry in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
                yield from _of_entry(entry)
        elif "".join(words_of_name(key)) in CLOSING_FLAGS and _is_true(value):
            yield Closing()
        elif (action := known(key)) is not None and action is not named:
            yield from _under_name(action, value, part)


def _is_unknown(name: str, part: Values) -> bool:
    """Return whether a name under `action` is meant for the bridge, and means nothing to it."""
    if (
        not name
        or "".join(words_of_name(name)) in _NAMES_NO_ACTION
        or "." in name
        or any(key in part for key in _OF_FRAMEWORKS)
    ):
        return False
    return find_text(part) is None


def _of_entry(entry: Any) -> Iterator[Action | Failure]:
    """Yield what one of a list of actions asks for."""
    if isinstance(entry, str):
        entry = {"action": entry}
    if not isinstance(entry, dict):
        yield Failure("unknown_action")
        return
    # Models call the name of an action what they like.
    names = (entry.get(key) for key in ("action", "type", "name"))
    action = next((found for name in names if isinstance(name, str) and (found := known(name))), None)
    if action is not None:
        yield from _asked(action, entry)
        return
    asked = False
    for key in islice(entry, MOST_ACTIONS):
        if (action := known(key)) is not None:
            asked = True
            yield from _under_name(action, entry[key], entry)
    if not asked:
        yield Failure("unknown_action")


def _under_name(action: ActionType, value: Any, part: Values) -> Iterator[Action | Failure]:
    """Yield what a value asks for that stands under an action's name."""
    if isinstance(value, dict) and dict not in action.bare:
        yield from _asked(action, value)
    elif action.main and isinstance(value, action.bare) and not (isinstance(value, bool) and action.name != "idle"):
        yield from _asked(action, {action.main: value})
    elif _is_true(value) and action.name == "hangup":
        yield Closing()
    elif _is_true(value) and action.name == "transfer":
        # The short form stands among other things: what is no text is no number.
        yield from _asked(action, {key: part[key] for key in ("to",) if isinstance(part.get(key), str)})
    elif _is_true(value) and action.strict and not any(field.required for field in action.fields):
        yield from _asked(action, {})
    elif action.strict and value not in (None, False, "", "false", "False"):
        yield Failure(action.fault)


def _asked(action: ActionType, values: Mapping[str, Any]) -> Iterator[Action | Failure]:
    """Yield an action with its values, or why it is left out."""
    try:
        yield from _built(action.name, _read(action, values))
    except BadValue:
        yield Failure(action.fault)


def _read(action: ActionType, values: Mapping[str, Any]) -> Values:
    """Return the values of an action, checked; those that are not given are left out. Raises BadValue."""
    given: Values = {}
    for field in action.fields:
        name = next((name for name in (field.name, *field.also) if values.get(name) is not None), None)
        if name is not None:
            given[field.name] = field.read(values[name])
        elif field.required:
            # `null` is JSON too.
            if field.kind != "json" or field.name not in values:
                raise BadValue
            given[field.name] = "null"
    if action.either and not any(given.get(name) for name in action.either):
        raise BadValue
    return given


def _built(name: str, values: Values) -> list[Action]:
    """Return the pieces of an action whose values were checked. Raises BadValue for a source that is not loaded."""
    match name:
        case "say":
            return [Acting("say", values["text"], interruptible=values.get("interruptible", False))]
        case "play":
            source = values.get("url") or values["file"]
            is_url = source.lower().startswith(("https://", "http://"))
            # A name without a scheme is a file's; nothing else is loaded.
            if not is_url and ("://" in source or source.lower().startswith("file:")):
                raise BadValue
            return [Acting("play", source, interruptible=values.get("interruptible", True))]
        case "pause":
            return [Acting("pause", ms=round(values.get("ms") or 1000 * values["seconds"]))]
        case "dtmf":
            return [Acting("dtmf", values["digits"])]
        case "language":
            return [Acting("language", values["language"])]
        case "hangup":
            last: list[Action] = [Acting("say", values["text"], interruptible=False)] if values.get("text") else []
            return [*last, Closing()]
        case "transfer":
            number = values.pop("to", "")
            if not values:
                return [Transferring(number)]
            returns = values.pop("on_failure", "return") == "return"
            return [Transferring(number, TransferOptions(**values, returns=returns))]
        case "voicemail":
            names = {"announce": "announce", "max_s": "longest_s", "silence_s": "silence_s"}
            return [TakingMessage(Message(**{names[name]: value for name, value in values.items()}))]
        case "gather":
            gather = Gather(
                digits=int(values.get("digits", 0)),
                terminator=values.get("terminator"),
                timeout_s=_seconds(values.get("timeout_ms")),
                first_timeout_s=_seconds(values.get("first_timeout_ms")),
                allow_speech=values.get("allow_speech", True),
            )
            return [Gathering(gather)]
        case "expect":
            return [Expecting(Expect(cast("AnswerKind", values["kind"]), int(values.get("length", 0))))]
        case "idle":
            return [Waiting(values["seconds"])]
    return [Keeping(values["value"])]


def _is_true(value: Any) -> bool:
    """Return whether a value is true: models write booleans as strings too."""
    return value is True or (isinstance(value, str) and value in ("true", "True"))


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000
