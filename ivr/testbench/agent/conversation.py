"""The demo agent: what a courier's desk answers, as a pure machine. `phrases(language)` is all that it understands.

The conversation: name, then shipment or mobile number, then the shipment's status, then "anything else?", then goodbye.
A caller who knows the way may give the number at once. The language is that of the caller's first words, for the whole
call. A key press is a menu choice, a long run of keys is a number. Asked to repeat, it begins with what was not heard.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, TypeAlias

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

Stage: TypeAlias = Literal["open", "name", "number", "more", "closed"]

MAX_CONVERSATIONS = 1000
"""Conversations remembered; the one asked least recently goes first."""
_NO = ("no", "لا")
_NINE_DIGITS = re.compile(r"\d{9,}")
_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
_LATIN_LETTER = re.compile("[A-Za-z]")


def phrases(language: Language) -> list[str]:
    """All that a caller may say to the demo agent, for a recogniser with a closed grammar."""
    return list(CALLER_PHRASES[language])


def four_sentences() -> str:
    """The fixed Arabic reply of 32, 65, 89 and 111 characters."""
    return " ".join(FOUR)


@dataclass(frozen=True, slots=True)
class DemoReply:
    """What the agent says, and whether it closes the conversation with it."""

    text: str
    closing: bool = False
    transfer: bool = False
    """And whether a person takes over, where one can."""


@dataclass(slots=True)
class DemoConversation:
    """One call's way through the menu."""

    language: Language | None = None
    """None until the caller has said something."""
    stage: Stage = "open"
    last: str = ""
    """The agent's last words."""
    turns: int = 0

    def answer(self, text: str, *, event: str = "speech", language: Language = "ar", unheard: str = "") -> DemoReply:
        """The agent's reply to what was said, or to keys with `event="dtmf"`."""
        self.turns += 1
        self.language = self.language or _language_of(text) or language
        answer = self._answer(text, event, unheard)
        self.last = answer.text
        return answer

    def _answer(self, text: str, event: str, unheard: str) -> DemoReply:
        number = _number_in(text)
        if number:
            self.stage = "more"
            return self._say(STATUSES[int(number[-1]) % len(STATUSES)], tail=number[-3:])
        meaning = MENU_KEYS.get(text.strip()) if event == "dtmf" else _meaning_of(text)
        if meaning == "repeat":
            return DemoReply(unheard or self.last or self._text("nothing_yet"))
        if self.stage == "more" and text.strip(" .").lower() in _NO:
            meaning = "goodbye"
        if meaning in ("goodbye", "person"):
            self.stage = "closed"
            person = meaning == "person"
            return DemoReply(self._text("person" if person else "closing"), closing=True, transfer=person)
        if meaning in ("yes", None) and event != "dtmf" and self.stage == "name":
            self.stage = "number"
            return self._say("ask_number")
        return self._say(self._line_for(meaning))

    def _line_for(self, meaning: Meaning | None) -> Line:
        match meaning:
            case "track":
                self.stage = "number" if self.stage == "number" else "name"
                return "ask_number" if self.stage == "number" else "ask_name"
            case "yes":
                return "more"
            case "hours" | "price" | "move" | "hold" | "hello":
                return meaning
        return "unclear"

    def _say(self, line: Line, *, tail: str = "") -> DemoReply:
        return DemoReply(self._text(line).replace("{tail}", tail))

    def _text(self, line: Line) -> str:
        return LINES[self.language or "ar"][line]


class DemoConversations:
    """All conversations of the demo agent, by session."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, DemoConversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._conversations)

    def conversation(self, session_id: str) -> DemoConversation:
        """The conversation of a session; a new one if it is unknown."""
        conversation = self._conversations.setdefault(session_id, DemoConversation())
        self._conversations.move_to_end(session_id)
        if len(self._conversations) > MAX_CONVERSATIONS:
            self._conversations.popitem(last=False)
        return conversation


def _language_of(text: str) -> Language | None:
    if _ARABIC_LETTER.search(text):
        return "ar"
    return "en" if _LATIN_LETTER.search(text) else None


def _number_in(text: str) -> str:
    """The first run of nine digits or more, written or spoken, grouped or not; empty when there is none."""
    words = re.split(r"[\s,.\-]+", text.lower())
    digits = "".join(DIGIT_WORDS.get(word, word if word.isdecimal() else f" {word} ") for word in words)
    found = _NINE_DIGITS.search(digits)
    return "".join(str(int(digit)) for digit in found[0]) if found else ""


def _meaning_of(text: str) -> Meaning | None:
    spoken = " ".join(text.lower().split())
    return next((meaning for meaning, signs in MEANINGS if any(sign in spoken for sign in signs)), None)
