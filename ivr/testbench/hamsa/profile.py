"""Describe how a mock Hamsa behaves: its times, its answers, its faults. Plain values; the machine is `mock`.

The defaults are the service as published logs show it. Faults are rules: what happens, to which kind of thing, when.
All conditions of a rule must hold, and the first rule that fits decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Final, Literal, TypeAlias, get_args

RuleKind: TypeAlias = Literal["tts", "stt", "socket"]
Fault: TypeAlias = Literal[
    "degenerate", "empty", "no_ack", "no_end", "stall", "cut", "close", "error", "late", "odd", "riff",
    "say", "thinking",
    "refuse", "http", "drop", "deaf", "no_info", "slow_info", "slow",
]  # fmt: skip

FAULTS: Final[Mapping[RuleKind, tuple[Fault, ...]]] = {
    "tts": ("degenerate", "empty", "no_ack", "no_end", "stall", "cut", "close", "error", "late", "odd", "riff"),
    "stt": ("say", "empty", "thinking", "stall", "cut", "close", "error"),
    "socket": ("refuse", "http", "close", "drop", "deaf", "no_info", "slow_info", "slow"),
}
"""Faults of each kind.

tts. `degenerate`: 20 ms of audio, no error. `empty`: no audio. `stall`: after `after` frames nothing, for `pause`
seconds or for good. `cut`, `close`, `error`: after `after` frames the socket dies, is closed with `code`, or an error
`text` comes. `late`: one more frame after `end`. `odd`: frames of odd length. `riff`: a WAV header first.
stt. `say`: the transcript is `text`. `thinking`: `[THINKING]`, then the transcript `pause` seconds later or never.
`stall`: the transcript `pause` seconds late or never. `cut`, `close`, `error`: instead of a transcript.
socket. `refuse`: accepted, then closed with `code`. `http`: status `code` instead of an upgrade. `close`, `drop`,
`deaf`: after `pause` seconds closed with `code`, dead, or half open: nothing heard, nothing said. `slow`: `pause`
seconds more to connect; `slow_info`: the greeting `pause` seconds late."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Hold what the conditions of a rule are compared with."""

    kind: RuleKind
    number: int
    """Number of the request of this kind since the mock began, from 1."""
    socket: int
    """Number of the socket, from 1."""
    on_socket: int = 1
    """Number of the request on its socket, of both kinds together."""
    chars: int = 0
    connects: tuple[float, ...] = ()
    """Seconds since each of the last connects."""
    eos: bool = False
    """Whether the client asked for end-of-speech detection."""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold a fault and when it happens. A condition left out always holds."""

    kind: RuleKind
    fault: Fault
    requests: frozenset[int] = frozenset()
    """Numbers of requests (of sockets, for kind `socket`), from 1."""
    sockets: frozenset[int] = frozenset()
    on_socket: frozenset[int] = frozenset()
    """Numbers of requests on their socket: {1} is the first of each."""
    chars_below: int = 0
    """Only texts shorter than this; 0: any."""
    connects_over: int = 0
    """Only when more connects than this came in the last `window` seconds; 0: always."""
    window: float = 20.0
    probability: float = 1.0
    limit: int = 0
    """Times that the rule applies at most; 0: no limit."""
    eos: bool | None = None
    """Only when `isEosEnabled` is this."""
    speaker: str = ""
    """Only when this speaker is asked for; empty: any."""
    text: str = ""
    code: int = 0
    """Close code or HTTP status; 0: the usual one."""
    after: int = 1
    """Frames of audio that come first."""
    pause: float = 0.0
    """Seconds that the fault takes; 0: see the fault."""

    def __post_init__(self) -> None:
        if self.kind not in FAULTS or self.fault not in FAULTS[self.kind]:
            raise ValueError(f"no fault {self.fault!r} of kind {self.kind!r}: {', '.join(FAULTS.get(self.kind, ()))}")

    def fits(self, occasion: Occasion, seed: int, used: int) -> bool:
        """Return whether the rule applies, after it applied `used` times before."""
        crowd = sum(age <= self.window for age in occasion.connects)
        # Chance comes from the seed and the number of the request, not from the order of events: the same in every run.
        chance = Random(f"{seed}/{self.kind}/{self.fault}/{occasion.number}")
        return (
            self.kind == occasion.kind
            and not (self.limit and used >= self.limit)
            and (not self.requests or occasion.number in self.requests)
            and (not self.sockets or occasion.socket in self.sockets)
            and (not self.on_socket or occasion.on_socket in self.on_socket)
            and (not self.chars_below or occasion.chars < self.chars_below)
            and (self.eos is None or self.eos == occasion.eos)
            and (not self.speaker or self.speaker == occasion.speaker)
            and (not self.connects_over or crowd > self.connects_over)
            and (self.probability >= 1 or chance.random() < self.probability)
        )


@dataclass(frozen=True, slots=True)
class HamsaProfile:
    """Hold the behaviour of one mock service. Times in seconds of the real service; `speed` divides them all."""

    speed: float = 1.0
    seed: int = 1
    keys: frozenset[str] = frozenset()
    """API keys that are right; empty: any key."""
    refuse_with: int = 4001
    """Answer to a wrong key: a close code after accepting, or an HTTP status below 1000."""
    connect: float = 1.15
    """From the client's connect to the open socket. A log shows that a new socket costs about this much."""
    ping: float = 30.0
    """Between two keepalive pings."""
    idle: float = 3600.0
    """Inactivity after which a socket is closed: 60 minutes, as the service documents."""
    max_age: float = 0.0
    """Age at which a socket is closed; 0: none."""
    close_after_end: bool = False
    overlap: Literal["queue", "interleave", "error"] = "queue"
    """What happens to a request while another is in flight: the service does not document it. Always a violation."""

    voice: Literal["tone", "espeak"] = "tone"
    """`tone`: one tone a request, lengths as observed. `espeak`: real speech, as long as it takes."""
    first_frame: float = 0.45
    """From a request to its first audio on a warm socket."""
    first_frame_spread: float = 0.0
    """Largest deviation from `first_frame`, by seed and request."""
    ms_per_char: float = 95.0
    """Audio for each character of a text whose length was not observed. Logs show 80 to 110 ms."""

    hearing: float = 0.8
    """From a request to its transcript."""
    hearing_per_second: float = 0.018
    """Added for each second of speech beyond two."""
    transcripts: tuple[str, ...] = ()
    """Transcripts in the order of the requests. After the last one: what the recogniser hears, or `transcript`."""
    marked: Mapping[int, str] = field(default_factory=dict)
    """Transcripts by the marker in the audio (`audio.marked`), in any order."""
    transcript: str = ""
    """Transcript when nothing else is known."""
    nested_transcript: bool = False
    """REST only: `{"success", "data": {"text"}}` instead of `{"text"}`."""

    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ValueError("speed must be above zero")
        if self.overlap not in ("queue", "interleave", "error"):
            raise ValueError(f"overlap is queue, interleave or error, not {self.overlap!r}")
        if self.voice not in ("tone", "espeak"):
            raise ValueError(f"voice is tone or espeak, not {self.voice!r}")


def parse_rule(line: str) -> Rule:
    """Parse a rule from one line: `tts degenerate requests=2,4 probability=0.25 text=two words`.

    `text=` goes on to the end of the line. Raises ValueError with what is wrong with the line.
    """
    head, _, text = line.partition(" text=")
    words = head.split()
    if len(words) < 2 or words[0] not in get_args(RuleKind):
        raise ValueError(f"a rule begins with a kind ({', '.join(get_args(RuleKind))}) and a fault: {line!r}")
    values: dict[str, object] = {"text": text} if text else {}
    for word in words[2:]:
        name, equals, value = word.partition("=")
        if not equals or name not in _CONDITIONS:
            raise ValueError(f"not a condition: {word!r}; there are {', '.join(_CONDITIONS)}, text")
        try:
            values[name] = _READERS[_CONDITIONS[name]](value)
        except (ValueError, KeyError):
            raise ValueError(f"not a value for {name}: {value!r}") from None
    return Rule(words[0], words[1], **values)  # type: ignore[arg-type]


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "frozenset[int]": lambda value: frozenset(int(number) for number in value.split(",")),
    "int": int,
    "float": float,
    "str": str,
    "bool | None": {"true": True, "false": False}.__getitem__,
}
"""How a value of a condition is read, by the type of its field."""
_CONDITIONS: Final = {spot.name: str(spot.type) for spot in fields(Rule) if spot.name not in ("kind", "fault", "text")}
