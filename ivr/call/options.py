"""Hold what a line decides about its calls: plain values, no defaults hidden elsewhere.

The settings fill one `CallOptions` a line; a call reads nothing else. Durations of speech and silence are media time in
milliseconds; waits for peers are seconds of `now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

PhraseName: TypeAlias = Literal[
    "recorded", "greeting", "notice", "reprompt", "apology", "still_there", "goodbye", "filler", "still_working",
    "transfer", "transfer_back", "farewell", "shutdown", "resumed", "message_announce", "message_taken",
    "last_minute", "machine_message", "language_choice"
]  # fmt: skip
"""`recorded`: the call is recorded, said before all else, uninterrupted. `greeting`: first words. `notice`: what must
be said after them, uninterrupted. `reprompt`: nothing understood. `apology`: an upstream failed. `still_there`: the
caller is silent. `goodbye`: the bridge ends the call. `filler`, then `still_working`: the caller waits. `transfer`: a
person takes over. `transfer_back`: the person did not, and the caller is with the agent again. `farewell`: an upstream
failed for good, the call ends. `shutdown`: the bridge is stopped; two seconds of it are said at most. `resumed`: the
call was cut off for a moment and goes on. `message_announce`: the caller may leave a message after the tone.
`message_taken`: it was taken. `last_minute`: the time of the call is almost over.
`machine_message`: left with an answering machine. `language_choice`: how to go on in this language, said behind a
greeting in another."""

Language: TypeAlias = Literal["ar", "en"]
"""A language that a call may be in."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Hold fixed words of the line, with their audio when it was rendered before the call."""

    text: str
    """Empty: the phrase is not spoken."""
    audio: bytes = b""
    """G.711 mu-law at 8 kHz, level already normal. Empty: synthesised during the call."""


def phrase_key(name: PhraseName, language: Literal["ar", "en", ""]) -> str:
    """Return how a phrase is known among those of all languages; an empty language is the line's."""
    return f"{language}/{name}" if language else name


@dataclass(frozen=True, slots=True)
class KeyAction:
    """Hold what a key of the line does without the agent."""

    act: Literal["transfer", "repeat", "hang_up", "language"]
    """`transfer`: hand the caller to a person. `repeat`: say again what was said last. `hang_up`: end the call after a
    goodbye. `language`: go on in another language of the line."""
    value: str = field(default="", repr=False)
    """The number of `transfer`, empty for the line's first; the code of `language`. Never logged."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """Hold one line's choices."""

    language: Language = "ar"
    phrases: Mapping[PhraseName, Phrase] = field(default_factory=dict)
    languages: Mapping[Language, Mapping[PhraseName, Phrase]] = field(default_factory=dict)
    """The phrases of each other language that a call of the line may change to."""
    language_by_words: bool = False
    """The caller's first words decide which of its languages the call goes on in."""
    changed_to: Literal["ar", "en", ""] = ""
    """The language that this call has changed to; empty: the line's. Set by the call alone."""
    speakable_reply: bool = False
    """The agent's text is already fit for speech: say it as it is."""
    transfer_to: tuple[str, ...] = ()
    """Numbers of people who may take over a call, E.164; the first where the agent names none. Empty: no transfers."""

    keys: Mapping[str, KeyAction] = field(default_factory=dict)
    """What keys do without the agent, while it waits for none."""

    endpoint_ms: int = 500
    """Silence that ends an utterance where nothing tells whether it is all, ms."""
    endpoint_least_ms: int = 300
    """Silence, ms, that ends one whose words are just sure enough to be called complete: surer ones end sooner."""
    endpoint_more_ms: int = 1500
    """Silence, ms, added where the words are open; a part of it where they lean that way."""
    endpoint_most_ms: int = 2500
    """Silence, ms, that ends one in the middle of a number, an address or what is spelled: the longest, unless that of
    open words is longer. Also between the keys of a number whose length is known."""
    eager: bool = False
    """The agent is asked before the turn is sure to be over, and asked again where it was not: for agents whom asking
    twice does no harm."""
    turn_model: bool = False
    """A model of the operator's is asked at every pause whether the caller has finished. Set by the bridge."""
    speculate_ms: int = 250
    """Silence after which the utterance goes to STT, in case it is over: no more than half of `endpoint_ms`, or 100.
    0: it waits for its end."""

    start_ms: int = 60
    """Speech that counts as the caller talking; over the agent it makes the agent yield."""
    commit_ms: int = 600
    """Speech over the agent that makes it yield after it has yielded to a voice without words for it; behind a question
    whose answer has not sounded, speech that goes on with the question whatever its words are."""
    word_ms: int = 100
    """Speech over the agent that may have been a word: its transcript decides. Less is a click or a cough."""
    resume_ms: int = 300
    """Silence after which a yield to less than a word is over and the agent goes on."""
    verdict_ms: int = 700
    """How long the agent is quiet at least for the words of an overlap, counted from the request to STT; longer where
    STT takes longer on this call. Then it goes on, and they may still count."""
    caution_ms: int = 60
    """Speech more that it takes to make the agent yield, for each time in a row that it yielded to nothing."""
    caution_most: int = 3
    """How many such times count."""
    caution_s: float = 60.0
    """Seconds after which they are forgotten."""
    pre_roll_ms: int = 300
    """Audio kept from before the first voiced frame."""
    max_utterance_ms: int = 30_000
    interruptible_greeting: bool = True
    say_first: bool = False
    """The agent greets: it is told of the call's start, and says what `greeting` would. The greeting takes its place
    where it fails."""
    greeting_after_ms: int = 0
    """Silence before the greeting, for callers who have the phone not at the ear yet."""

    lead_ms: int = 480
    """Audio sent ahead of the caller's ear."""
    fade_ms: int = 40
    """Length of the fade at a yield; 0: a hard cut."""

    filler_after_ms: int = 2200
    """Silence at the caller's ear, while a reply is owed, after which a filler is said; 0: never."""
    filler_grace_ms: int = 300
    """Silence more before the filler when the answer has begun to arrive."""
    fillers_most: int = 5
    """Fillers for one reply."""

    transcript_timeout: float = 10.0
    """Seconds from an utterance's end to its transcript, retries included."""
    reply_timeout: float = 15.0
    """Seconds without a word from the agent, first or next."""
    speech_timeout: float = 10.0
    """Seconds in which the caller hears nothing of a sentence that is due."""
    silence_timeout: float = 12.0
    """Seconds in which neither side says anything before the caller is asked; 0: never."""
    silence_prompts: int = 2
    """Times the caller is asked before the call is ended."""
    ask_agent_on_silence: bool = False
    """The agent is told that the caller is silent, and says what `still_there` would."""
    message_first: bool = False
    """The caller leaves a message behind the first words, before the agent is asked anything."""
    record_messages: bool = False
    """The audio of a message is recorded, also where the call is not. The caller is told so before the tone."""
    tell_end: bool = False
    """The agent is told that the call is over. It needs no answer."""
    failures_in_a_row: int = 3
    """Questions left without an answer before the call is given up."""
    media_timeout: float = 10.0
    """Seconds without a single chunk from the phone before the stream counts as dead."""
    mark_grace: float = 1.0
    """Seconds a due mark may be late before the play clock says what was heard, instead of the phone's marks."""
    placed: bool = False
    """The bridge has placed this call: who has answered is found out first. Set for the call alone."""
    machine: Literal["talk", "hang_up", "message"] = "talk"
    """What is done where a machine answers a call that the bridge has placed. `message`: the phrase is left there."""
    max_call: float = 3600.0
    """Seconds a call may last; 0: no limit."""
    max_call_warning: float = 60.0
    """Seconds before that at which the caller is told so, with `last_minute`; 0: never."""
    keypad_timeout: float = 2.0
    """Seconds after a key before the digits so far are sent to the agent."""
    keypad_terminator: str = "#"


def every_phrase(options: CallOptions) -> dict[str, Phrase]:
    """Return the phrases of a line in all of its languages, by their keys."""
    found: dict[str, Phrase] = dict(options.phrases.items())
    for language, phrases in options.languages.items():
        found |= {phrase_key(name, language): phrase for name, phrase in phrases.items()}
    return found
