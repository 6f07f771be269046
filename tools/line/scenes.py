"""Name the scenes: what a caller does, who is dialled, what the agent answers, and what has to come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.testbench.twilio.people import FarParty
from tools.line.setup import BLOCKED, BRIEF, FIRST, NUMBER, SHUT, Plan

GOODBYE: Final = "thank you goodbye"
CONNECT: Final = "please connect me"
_LEAVES: Final = "+9661100001"
"""The beginning of the numbers of people."""

PEOPLE: Final[Mapping[str, FarParty]] = {
    f"{_LEAVES}10": FarParty(ring_s=1, talks_s=3),
    f"{_LEAVES}11": FarParty(ring_s=1, does="busy"),
    f"{_LEAVES}12": FarParty(ring_s=60),
    f"{_LEAVES}13": FarParty(ring_s=1, kind="machine", greeting_s=8),
    f"{_LEAVES}14": FarParty(ring_s=2, does="reject"),
    f"{_LEAVES}15": FarParty(ring_s=8),
    f"{_LEAVES}16": FarParty(ring_s=1),
    f"{_LEAVES}17": FarParty(ring_s=0, does="failed"),
    f"{_LEAVES}20": FarParty(ring_s=1, keys=("1",), talks_s=3),
    f"{_LEAVES}21": FarParty(ring_s=1, keys=("2",)),
    f"{_LEAVES}22": FarParty(ring_s=1),
    f"{_LEAVES}23": FarParty(ring_s=1, kind="machine", greeting_s=12),
    f"{_LEAVES}24": FarParty(ring_s=1, does="busy"),
    f"{_LEAVES}25": FarParty(ring_s=9, keys=("1",)),
    f"{_LEAVES}26": FarParty(ring_s=1, keys=("1",)),
    "sip:desk@pbx.example": FarParty(ring_s=1, talks_s=3),
    "queue:support": FarParty(ring_s=3, talks_s=3),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold one scene."""

    name: str
    steps: Sequence[str]
    plan: Plan = field(default_factory=dict)
    told: Sequence[str] = ()
    """What the agent has to be told, in order: `event` or `event: words`, or `event=outcome`."""
    called: str = NUMBER
    caller: str = ""
    """The caller's number; empty: one of the scene's own."""
    party: FarParty = field(default_factory=FarParty)
    """What the caller does outside the stream."""
    heard: Sequence[str] = ()
    """What the carrier's documents have to say to the caller, each a part of it."""
    verbs: Sequence[str] = ()
    """Verbs that have to be run for the caller, in this order, among others."""
    speech: Sequence[str] = ()
    """What TTS has to be asked for, each a part of it."""
    settle_ms: float = 2500.0
    """Silence after which the agent has finished: longer than the longest within the scene."""
    ends: Sequence[str] = ("completed",)
    """What the carrier may say of the call in the end."""
    comes_back: bool = False
    """The caller is with the agent again; how long that took is measured."""


def _handed(to: str, **more: Any) -> Plan:
    """Return the plan of an agent that hands a caller over, and says goodbye where that fails."""
    return {
        CONNECT: [{"text": "I connect you now."}, {"action": "transfer", "to": to, **more}],
        "transfer_result": [{"text": "Nobody took your call. What else can I do?"}],
        GOODBYE: [{"action": "hangup", "text": "You are welcome. Goodbye."}],
    }


def _returns(name: str, end: str, outcome: str, **more: Any) -> Scene:
    """Return the scene of a transfer that brings the caller back."""
    to = f"{_LEAVES}{end}"
    told = [f"speech: {CONNECT}", "ended", f"transfer_result={outcome}", f"speech: {GOODBYE}", "ended"]
    return Scene(
        name, (f"say {CONNECT}", f"say {GOODBYE}", "wait"), _handed(to, **more), told,
        comes_back=True, settle_ms=14_000.0, speech=("I connect you now", "Nobody took your call"),
    )  # fmt: skip


def _goes(name: str, to: str, party: FarParty = FarParty(), heard: Sequence[str] = (), **more: Any) -> Scene:  # noqa: B008
    """Return the scene of a transfer from which the caller does not come back."""
    told = [f"speech: {CONNECT}", "ended"]
    return Scene(name, (f"say {CONNECT}", "wait"), _handed(to, **more), told, party=party, heard=heard)


_WARM: Final[Mapping[str, Any]] = {"mode": "warm", "whisper": "Order 4711 has not come."}

TRANSFERS: Final = (
    _goes("cold, answered; the person hangs up", f"{_LEAVES}10", heard=["Goodbye"]),
    _returns("cold, busy", "11", "busy"),
    _returns("cold, no answer within 5 s", "12", "no_answer", timeout_s=5),
    _returns("cold, a machine answers", "13", "voicemail"),
    _returns("cold, the person refuses", "14", "busy"),
    _returns("cold, cannot be reached", "17", "failed"),
    _goes("cold, the caller hangs up while it rings", f"{_LEAVES}15", FarParty(leaves={"Dial": 2.0})),
    _goes("cold, the caller hangs up first", f"{_LEAVES}16", FarParty(leaves={"Dial": 5.0})),
    _goes("SIP, answered", "sip:desk@pbx.example", heard=["Goodbye"]),
    _goes("queue, answered", "queue:support", heard=["Goodbye"]),
    _goes("warm, accepted by key; the person hangs up", f"{_LEAVES}20", heard=["Goodbye"], **_WARM),
    _returns("warm, declined by key", "21", "declined", **_WARM),
    _returns("warm, no key", "22", "declined", **_WARM),
    _returns("warm, a machine answers", "23", "voicemail", **_WARM),
    _returns("warm, busy", "24", "busy", **_WARM),
    _goes("warm, the caller hangs up while it rings", f"{_LEAVES}25", FarParty(leaves={"Dial": 3.0}), mode="warm"),
    _goes("warm, the caller hangs up first", f"{_LEAVES}26", FarParty(leaves={"Dial": 12.0}), mode="warm"),
)  # fmt: skip

_BYE: Final = {GOODBYE: [{"action": "hangup", "text": "Goodbye then."}]}

ACTIONS: Final = (
    Scene(
        "gather, by key", ("say i want to pay", "press 4711", f"say {GOODBYE}", "wait"),
        {"i want to pay": [{"text": "Enter your four digits."}, {"action": "gather", "digits": 4}],
         "4711": [{"text": "Thank you for the digits."}], **_BYE},
        ["speech: i want to pay", "dtmf: 4711", f"speech: {GOODBYE}", "ended"],
        speech=("Enter your four digits", "Thank you for the digits"),
    ),
    Scene(
        "gather, by voice", ("say i want to pay by voice", "say one two three four", f"say {GOODBYE}", "wait"),
        {"i want to pay by voice": [{"text": "Say your four digits."}, {"action": "gather", "digits": 4}],
         "one two three four": [{"text": "Thank you for saying them."}], **_BYE},
        ["speech: i want to pay by voice", "speech: one two three four", f"speech: {GOODBYE}", "ended"],
        speech=("Thank you for saying them",),
    ),
    Scene(
        "gather, keys alone", ("say keys alone", "after 1 press 7", f"say {GOODBYE}", "wait"),
        {"keys alone": [{"text": "Type one key."},
                        {"action": "gather", "digits": 1, "allow_speech": False, "first_timeout_ms": 9000}],
         "7": [{"text": "That was a seven."}], **_BYE},
        ["speech: keys alone", "dtmf: 7", f"speech: {GOODBYE}", "ended"], speech=("That was a seven",),
    ),
    Scene(
        "say without a cut, pause, play, tones, context",
        ("say play it", "over 500 say stop stop", f"say {GOODBYE}", "wait"),
        {"play it": [{"action": "say", "text": "This sentence must be heard to its very end by every caller."},
                     {"action": "pause", "ms": 400}, {"action": "play", "file": "jingle.wav"},
                     {"action": "dtmf", "digits": "12"}, {"text": "That was the jingle."},
                     {"action": "context", "value": {"step": 2}}],
         "stop stop": [{"text": "I have stopped."}], **_BYE},
        ["speech: play it", "speech: stop stop", f"speech: {GOODBYE}", "ended"],
        speech=("This sentence must be heard",),
    ),
    Scene(
        "language, by the agent", ("say arabic please", "say shukran", "wait"),
        {"arabic please": [{"action": "language", "language": "ar"}, {"text": "أهلاً بك، كيف أخدمك؟"}],
         "shukran": [{"action": "hangup", "text": "مع السلامة."}]},
        ["speech: arabic please", "speech: shukran", "ended"], speech=("أهلاً بك",),
    ),
    Scene(
        "language, by key", ("press 2", "say shukran", "wait"),
        {"shukran": [{"action": "hangup", "text": "مع السلامة."}]},
        ["speech: shukran", "ended"],
    ),
    Scene(
        "a key repeats what was said", ("say what time is it", "press 9", f"say {GOODBYE}", "wait"),
        {"what time is it": [{"text": "It is half past nine."}], **_BYE},
        ["speech: what time is it", f"speech: {GOODBYE}", "ended"], speech=("It is half past nine",),
    ),
    Scene(
        "a key leads to a person", ("press 0", "wait"), {}, ["ended"], heard=["Goodbye"], verbs=["Dial"],
    ),
    Scene(
        "voicemail", ("say leave a message", "after 2 say my parcel is late", "wait"),
        {"leave a message": [{"text": "Nobody is here."}, {"action": "voicemail", "silence_s": 5}],
         "voicemail": [{"action": "hangup", "text": "We have your message. Goodbye."}]},
        ["speech: leave a message", "voicemail: my parcel is late", "ended"], speech=("We have your message",),
    ),
    Scene(
        "voicemail, the caller hangs up within it",
        ("say leave a message", "after 2 say my parcel is late", "after 3 hang up"),
        {"leave a message": [{"text": "Nobody is here."}, {"action": "voicemail", "silence_s": 20}]},
        ["speech: leave a message", "voicemail: my parcel is late", "ended"],
    ),
)  # fmt: skip

LINES: Final = (
    Scene(
        "the agent speaks first, asks the silent, is told the end", ("wait",),
        {"start": [{"text": "Good morning, I am the agent."}], "silence": [{"text": "Can you still hear me?"}]},
        ["start", "silence", "silence", "ended"], called=FIRST,
        speech=("Good morning, I am the agent", "Can you still"),
    ),
    Scene("a closed line", ("wait",), called=SHUT, heard=["closed"], verbs=["Hangup"]),
    Scene("a blocked caller", ("wait",), caller=BLOCKED, verbs=["Reject"], ends=("busy", "no-answer")),
    Scene("the end of a long call is announced", ("wait",), called=BRIEF, speech=("we have about a minute left",)),
)  # fmt: skip

SCENES: Final = (*TRANSFERS, *ACTIONS, *LINES)


def texts() -> list[str]:
    """Return all that callers say in the scenes."""
    found = {GOODBYE, CONNECT}
    for scene in SCENES:
        for step in scene.steps:
            found |= {step.partition("say ")[2]} if "say " in step else set()
    return sorted(found)
