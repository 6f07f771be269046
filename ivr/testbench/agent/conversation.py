"""Answer as the demo agent, a courier's desk, in a pure machine. `phrases(language)` is all that it understands.

The conversation: name, then shipment or mobile number, then the shipment's status, then "anything else?", then goodbye.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from ivr.testbench.agent.dialogue import (
    CALLER_PHRASES,
    DIGIT_WORDS,
    FOUR,
    LINES,
    MEANINGS,
    MENU_KEYS,
    STATUSES,
    Language,
    Line,
    Meaning,
)

Stage: TypeAlias = Literal["open", "name", "number", "code", "more", "closed"]

MAX_CONVERSATIONS = 1000
"""Conversations that are remembered. The one that was asked least recently goes first."""
EVENTS: Final[Mapping[str, Line | None]] = {
    "start": "hello",
    "silence": "silence",
    "transfer_result": "back",
    "voicemail": "voicemail",
    "ended": None,
}
"""What the demo agent says to what happens beside the caller's words; None: nothing."""
CODE: Final[tuple[Mapping[str, Any], ...]] = (
    {"action": "gather", "digits": 4, "allow_speech": False, "first_timeout_ms": 15_000},
    {"action": "expect", "kind": "digits", "length": 4},
    {"action": "context", "value": {"asked": "code"}},
)
WANTED: Final[Mapping[Meaning, tuple[Mapping[str, Any], ...]]] = {
    "code": CODE,
    "tones": ({"action": "pause", "ms": 300}, {"action": "dtmf", "digits": "12w34"}),
    "music": ({"action": "play", "file": "hold.wav"},),
}
"""What the demo agent asks for behind its words, by what the caller wants."""
_NO = ("no", "لا")
_LANGUAGES: Final[tuple[tuple[Language, str], ...]] = (
    ("en", "english"), ("ar", "arabic"), ("en", "انجليزي"), ("ar", "عربي"),
)  # fmt: skip
_LINE_OF: Final[Mapping[Meaning, Line]] = {"code": "code", "tones": "tones", "music": "music"}
_NINE_DIGITS = re.compile(r"\d{9,}")
_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
_LATIN_LETTER = re.compile("[A-Za-z]")


def phrases(language: Language) -> list[str]:
    """Return all that a caller may say to the demo agent, for a recogniser with a closed grammar."""
    return list(CALLER_PHRASES[language])


def four_sentences() -> str:
    """Return the fixed Arabic reply of 32, 65, 89 and 111 characters."""
    return " ".join(FOUR)


@dataclass(frozen=True, slots=True)
class DemoReply:
    """Hold what the agent says, and whether it closes the conversation with it."""

    text: str
    closing: bool = False
    transfer: bool = False
    """Whether a person takes over, where one can."""
    how: Mapping[str, str] = field(default_factory=dict)
    """How the person is asked to."""
    message: bool = False
    """Whether the caller is to leave a message."""
    actions: tuple[Mapping[str, Any], ...] = ()
    """What else is asked for, behind the words."""

    @property
    def asks(self) -> bool:
        """Return whether anything is asked for behind the words."""
        return self.closing or self.message or bool(self.actions)


@dataclass(slots=True)
class DemoConversation:
    """Follow one call through the menu."""

    language: Language | None = None
    """None until the caller has said something."""
    stage: Stage = "open"
    last: str = ""
    """Last reply of the agent."""
    turns: int = 0
    before: tuple[Language | None, Stage, str] = (None, "open", "")
    """Where the call was when the last question came: language, stage, last reply."""

    def answer(
        self,
        text: str,
        *,
        event: str = "speech",
        language: Language = "ar",
        unheard: str = "",
        superseded: bool = False,
    ) -> DemoReply:
        """Return the agent's reply to what was said, to keys with `event="dtmf"`, or to what else has happened.

        `superseded`: the last question was withdrawn, and this one holds it as well.
        """
        self.turns += 1
        # An agent with a memory forgets the question that was withdrawn, and its answer to it.
        if superseded:
            self.language, self.stage, self.last = self.before
        self.before = self.language, self.stage, self.last
        if event in EVENTS:
            return self._to_event(event, language)
        # The letters of the caller's first words decide the language of the whole call.
        if self.language is None and _ARABIC_LETTER.search(text):
            self.language = "ar"
        elif self.language is None:
            self.language = "en" if _LATIN_LETTER.search(text) else language
        answer = self._answer(text, event, unheard)
        self.last = answer.text or next((act["text"] for act in answer.actions if "text" in act), "")
        return answer

    def _to_event(self, event: str, language: Language) -> DemoReply:
        """Return the reply to what has happened beside the caller's words."""
        line = EVENTS[event]
        # A caller who is back goes on where the conversation was.
        if event == "transfer_result":
            self.stage = "more"
        answer = DemoReply(LINES[self.language or language][line] if line else "", closing=event == "voicemail")
        self.last = answer.text or self.last
        return answer

    def _answer(self, text: str, event: str, unheard: str) -> DemoReply:
        """Choose the reply, and the next stage of the conversation."""
        # A caller who knows the menu may give the number at once. A long row of keys is a number too.
        number = _number_in(text)
        if number:
            self.stage = "more"
            return self._say(STATUSES[int(number[-1]) % len(STATUSES)], tail=number[-3:])
        spoken = " ".join(text.lower().split())
        meaning = next((meaning for meaning, signs in MEANINGS if any(sign in spoken for sign in signs)), None)
        if event == "dtmf":
            meaning = MENU_KEYS.get(text.strip())
        # What the caller did not hear yet is what the agent has to repeat.
        if meaning == "repeat":
            return DemoReply(unheard or self.last or self._text("nothing_yet"))
        # "No" to "anything else?" ends the conversation.
        if self.stage == "more" and text.strip(" .").lower() in _NO:
            meaning = "goodbye"
        if meaning in ("goodbye", "person"):
            self.stage = "closed"
            person = meaning == "person"
            return DemoReply(self._text("person" if person else "closing"), closing=True, transfer=person)
        if meaning == "message":
            return DemoReply(self._text("leave_message"), message=True)
        if self.stage == "code":
            self.stage = "more"
            return self._say("code_taken" if event == "dtmf" else "more")
        if meaning in ("language", "terms", *WANTED):
            return self.ask_for(meaning, spoken)
        # Any other words after "your name?" are a name.
        if meaning in ("yes", None) and event != "dtmf" and self.stage == "name":
            self.stage = "number"
            return self._say("ask_number")
        match meaning:
            case "track" if self.stage == "number":
                return self._say("ask_number")
            case "track":
                self.stage = "name"
                return self._say("ask_name")
            case "yes":
                return self._say("more")
            case "hours" | "price" | "move" | "hold" | "hello":
                return self._say(meaning)
        return self._say("unclear")

    def ask_for(self, meaning: Meaning, spoken: str) -> DemoReply:
        """Return a reply that asks for more than words."""
        if meaning == "language":
            other: Language = "en" if self.language == "ar" else "ar"
            wanted = next((code for code, name in _LANGUAGES if name in spoken), other)
            self.language = wanted
            words = {"action": "say", "text": self._text("language"), "interruptible": True}
            return DemoReply("", actions=({"action": "language", "language": wanted}, words))
        if meaning == "terms":
            return DemoReply("", actions=({"action": "say", "text": self._text("terms")},))
        self.stage = "code" if meaning == "code" else "more"
        return replace(self._say(_LINE_OF[meaning]), actions=WANTED[meaning])

    def _say(self, line: Line, *, tail: str = "") -> DemoReply:
        """Return a line as a reply. `tail` are the last digits of the caller's number."""
        return DemoReply(self._text(line).replace("{tail}", tail))

    def _text(self, line: Line) -> str:
        """Return a line in the language of the call."""
        return LINES[self.language or "ar"][line]


class DemoConversations:
    """Hold all conversations of the demo agent, by session."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, DemoConversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._conversations)

    def conversation(self, session_id: str) -> DemoConversation:
        """Return the conversation of a session, a new one if the session is unknown."""
        conversation = self._conversations.setdefault(session_id, DemoConversation())
        self._conversations.move_to_end(session_id)
        if len(self._conversations) > MAX_CONVERSATIONS:
            self._conversations.popitem(last=False)
        return conversation


def _number_in(text: str) -> str:
    """Return the first run of nine digits or more, written or spoken, grouped or not; empty when there is none."""
    # Groups of digits are joined; another word between them ends the number.
    words = re.split(r"[\s,.\-]+", text.lower())
    digits = "".join(DIGIT_WORDS.get(word, word if word.isdecimal() else f" {word} ") for word in words)
    found = _NINE_DIGITS.search(digits)
    return "".join(str(int(digit)) for digit in found[0]) if found else ""
