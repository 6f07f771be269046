"""Name every action that an agent may ask for, with its values: the one table behind parser, JSON Schema and docs."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.webhook.formats.actions.fields import Field
from ivr.webhook.formats.record_types import words_of_name

When: TypeAlias = Literal["place", "end", "answer"]
"""`place`: where it stands among the words. `end`: once all of the reply was heard. `answer`: it is about what the
caller says or types next."""

MOST_ACTIONS: Final = 50
"""Actions of one reply that are done."""
LONGEST_IDLE_S: Final = 600.0
"""Seconds of patience that an agent may ask for."""
CONTEXT_BYTES: Final = 8192
"""Bytes of JSON that are given back with every request."""


@dataclass(frozen=True, slots=True)
class ActionType:
    """Describe one action."""

    name: str
    when: When
    about: str
    """For docs/agents.md."""
    fields: tuple[Field, ...] = ()
    also: tuple[str, ...] = ()
    """Other names that count as this one."""
    main: str = ""
    """The field that a bare value under the action's name fills; empty: only an object is an action."""
    bare: tuple[type, ...] = ()
    """What a bare value is then."""
    either: tuple[str, ...] = ()
    """Fields: one of these is needed."""
    strict: bool = False
    """A bare value that cannot be used is a fault: nothing else has this name."""

    @property
    def fault(self) -> str:
        """Return the word for an action whose values cannot be used."""
        return f"bad_{self.name}"


def _interruptible(default: bool) -> Field:
    return Field("interruptible", "flag", "the caller's voice and keys cut it", default)


ACTIONS: Final = (
    ActionType(
        "say", "place", "words that the caller cannot cut, made fit for speech like any",
        (Field("text", "text", "what is said", least=1, most=4000, required=True), _interruptible(False)),
    ),
    ActionType(
        "play", "place", "a recording (WAV, mp3) from a host or a folder that the operator allows",
        (
            Field("url", "text", "where it is", least=1, most=2048),
            Field("file", "text", "or its name in the operator's folder", least=1, most=255),
            _interruptible(True),
        ),
        main="url", bare=(str,), either=("url", "file"),
    ),
    ActionType(
        "pause", "place", "silence",
        (
            Field("ms", "number", "how long", least=20, most=30_000),
            Field("seconds", "number", "or the same in seconds", least=0.02, most=30),
        ),
        main="ms", bare=(int, float), either=("ms", "seconds"),
    ),
    ActionType(
        "dtmf", "place", "keys as tones, 0.1 s each; `w` waits 0.5 s",
        (Field("digits", "keys", "`0-9 * # A-D w`", least=1, most=64, also=("dtmf", "keys"), required=True),),
        main="digits", bare=(str, int), strict=True,
    ),
    ActionType(
        "language", "place", "all that follows in this call is in it: STT, voice, phrases, numbers",
        (Field("language", "language", "`ar` or `en`", also=("code", "to"), required=True),),
    ),
    ActionType(
        "hangup", "end", "the call ends; the last words cannot be cut",
        (Field("text", "text", "the last words", "", most=2000),),
        also=("hang_up", "end_call"),
    ),
    ActionType(
        "transfer", "end", "a person takes over",
        (
            Field("to", "callee", "who, of the line's list: a number, `sip:...` or `queue:...`", "", most=256),
            Field("mode", "choice", "with `warm` the person hears the whisper first, and accepts by a key", "cold",
                  choices=("cold", "warm")),
            Field("whisper", "text", "what the person is told", "", most=1000),
            Field("accept_key", "key", "the key that accepts; empty: any", "1", most=1),
            Field("timeout_s", "number", "how long it rings", 25, least=5, most=120),
            Field("caller_id", "callee", "the number that the person is shown; empty: the caller's", "", most=64),
            Field("on_failure", "choice", "whether the caller comes back", "return", choices=("return", "hangup")),
        ),
    ),
    ActionType(
        "voicemail", "end", "the caller leaves a message, which comes as the event `voicemail`",
        (
            Field("announce", "text", "what is said before the tone; empty: the line's phrase", "", most=1000),
            Field("max_s", "number", "how long it may be", 120, least=5, most=600),
            Field("silence_s", "number", "silence that ends it", 4, least=1, most=30),
        ),
        strict=True,
    ),
    ActionType(
        "gather", "answer", "how the keys of the answer are gathered",
        (
            Field("digits", "number", "keys after which the entry is whole; 0: any number", 0, most=64, whole=True),
            Field("terminator", "key", "the key that ends it; empty: none", most=1),
            Field("timeout_ms", "number", "pause after a key that ends it", least=200, most=30_000),
            Field("first_timeout_ms", "number", "wait for the first key", least=1000, most=600_000),
            Field("allow_speech", "flag", "the caller may answer in words", True),
        ),
        strict=True,
    ),
    ActionType(
        "expect", "answer", "the kind of the answer, which helps to tell when it is whole",
        (
            Field("kind", "choice", "what it will be", also=("expect", "type"), required=True,
                  choices=("digits", "yes_no", "name", "date", "address", "email", "open")),
            Field("length", "number", "of `digits`: how many; 0: as your words say", 0, most=64, whole=True),
        ),
        main="kind", bare=(str,), strict=True,
    ),
    ActionType(
        "idle", "answer", "the caller's silence before \"are you still there?\"",
        (Field("seconds", "number", "how long", least=1, most=LONGEST_IDLE_S, clamped=True, also=("idle",),
               required=True),),
        main="seconds", bare=(object,), strict=True,
    ),
    ActionType(
        "context", "answer", "given back with every later request of the call",
        (Field("value", "json", "any JSON", most=CONTEXT_BYTES, also=("context",), required=True),),
        main="value", bare=(dict,),
    ),
)  # fmt: skip
"""In the order of docs/agents.md."""


@functools.lru_cache(1024)
def known(name: str) -> ActionType | None:
    """Return the action that a name means, however it is spelled: `hang_up`, `hang-up`, `hangUp`. None: none."""
    return _BY_NAME.get("".join(words_of_name(name)))


_BY_NAME: Final = {"".join(words_of_name(name)): action for action in ACTIONS for name in (action.name, *action.also)}
CLOSING_FLAGS: Final = frozenset(("isclosing", "hangup", "endcall"))
"""Keys that end the call where they are true, as their words are joined."""
