"""Plan calls from a seed: who says what when, at which line, from which room, over which network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final, Literal, TypeAlias

from ivr.testbench.phone.phone import PhoneOptions, Stretch
from ivr.testbench.scenario import Scenario, from_words
from tools.tapes.room import NOISES, QUIET, Room

Language: TypeAlias = Literal["en", "ar"]
BridgeName: TypeAlias = Literal["sound", "tts", "stt"]
"""`sound`: its speech service has no fault. `tts`, `stt`: that one has."""

SOUNDS: Final = ("cough", "knock", "click", "breath", "rustle", "ringing")
"""Files of `tools.vad.sounds` that a caller's step may play."""

WORDS: Final[dict[Language, dict[str, tuple[str, ...]]]] = {
    "en": {
        "ask": (
            "what are your opening hours",
            "how much does it cost",
            "I want to change the address",
            "good morning",
            "hold on a moment",
        ),
        "halves": (
            "I would like to know [{ms}] what are your opening hours",
            "could you tell me [{ms}] how much does it cost",
            "my shipment [{ms}] where is it",
            "um [{ms}] I want to change the address",
        ),
        "track": ("where is my shipment", "I want to track my shipment"),
        "name": ("my name is sarah ahmed", "my name is [{ms}] omar khalid"),
        "number": (
            "my number is seven three five one nine four two eight six zero five four one",
            "seven three five one [{ms}] nine four two eight [{ms}] six zero five four two",
        ),
        "short": ("mhm", "yes", "okay", "right"),
        "stop": ("stop please", "no wait", "excuse me"),
        "there": ("hello", "are you there"),
        "person": ("I want to speak to a person",),
        "bye": ("thank you goodbye",),
    },
    "ar": {
        "ask": ("متى تفتح الفروع", "كم سعر الشحن", "ابغى اغير العنوان", "السلام عليكم", "لحظة من فضلك"),
        "halves": (
            "ابغى اعرف [{ms}] متى تفتح الفروع",
            "لو سمحت [{ms}] كم سعر الشحن",
            "شحنتي [{ms}] وين هي",
            "اه [{ms}] ابغى اغير العنوان",
        ),
        "track": ("وين شحنتي", "ابغى اتتبع شحنتي"),
        "name": ("انا سارة احمد", "انا [{ms}] عمر خالد"),
        "number": (
            "رقمي سبعة ثلاثة خمسة واحد تسعة اربعة اثنين ثمانية ستة صفر خمسة اربعة واحد",
            "رقمي صفر خمسة خمسة [{ms}] واحد اثنين ثلاثة [{ms}] اربعة خمسة ستة سبعة",
        ),
        "short": ("ايوه", "اها", "نعم", "طيب"),
        "stop": ("لا لا", "عفوا", "دقيقة"),
        "there": ("الو", "معي"),
        "person": ("ابغى اكلم موظف",),
        "bye": ("مع السلامة",),
    },
}
"""What callers say. `[{ms}]` is a pause in the middle of it."""


@dataclass(frozen=True, slots=True)
class DeskLine:
    """Hold one line of the bridges."""

    name: str
    language: Language
    query: str = ""
    """Of the agent's URL: modes and pace (`ivr.testbench.agent.app`)."""
    keys: str = ""
    """Further keys of its table in `ivr.toml`."""


TRANSFER: Final = 'transfer_to = "+966110000099"'
LINES: Final = (
    DeskLine("desk_en", "en"),
    DeskLine("desk_ar", "ar"),
    DeskLine("people_en", "en", "mode=tools&first=0.9&rate=90", TRANSFER),
    DeskLine("people_ar", "ar", "mode=tools&first=0.9&rate=90", TRANSFER),
    DeskLine("slow_en", "en", "script=ok,slow,ok&first=4.5&rate=60"),
    DeskLine("slow_ar", "ar", "script=busy,ok,slow&first=3.2&rate=60"),
    DeskLine("broken_en", "en", "script=ok,500,ok,late_error,cut", TRANSFER),
    DeskLine("broken_ar", "ar", "script=late_error,ok,error,ok,empty"),
    DeskLine("formats_en", "en", "script=openai,sse,json,text,split&first=0.7", 'fallback_speaker = "James"'),
    DeskLine("long_ar", "ar", "script=four,ok,four", 'fallback_speaker = "Fahd"'),
)
"""The bridges' lines; the n-th answers the n-th number."""
FAULT_RULES: Final[dict[BridgeName, tuple[str, ...]]] = {
    "sound": (),
    "tts": (
        "tts degenerate probability=0.07",
        "tts stall probability=0.04 after=1 pause=1.2",
        "tts cut probability=0.04 after=2",
        "tts error probability=0.03",
        "tts empty probability=0.03",
        "tts late probability=0.05",
        "tts odd probability=0.1",
        "socket drop probability=0.1 pause=14",
        "socket slow probability=0.1 pause=2",
    ),
    "stt": (
        "stt thinking probability=0.08 pause=1.5",
        "stt stall probability=0.08 pause=2.5",
        "stt empty probability=0.06",
        "stt error probability=0.06",
        "stt cut probability=0.06",
        "stt close probability=0.04",
    ),
}


@dataclass(frozen=True, slots=True)
class PlannedTape:
    """Hold one call to place."""

    number: int
    story: str
    line: DeskLine
    bridge: BridgeName
    steps: tuple[str, ...]
    """As `ivr call --step` takes them."""
    room: Room
    phone: PhoneOptions

    @property
    def called(self) -> str:
        """The number that is dialled."""
        return number_of(self.line)

    def scenario(self, sounds: Path = Path()) -> Scenario:
        """The caller's part; its sounds lie in a folder. A caller waits 18 s for a moment."""
        steps = [step.replace(" wav ", f" wav {sounds}/") for step in self.steps]
        written = from_words(steps, language=self.line.language)
        return replace(written, name=f"{self.number:03} {self.story}", patience_s=18.0)

    def facts(self) -> dict[str, object]:
        """What a reader of the tapes wants to know of the call."""
        network = [name for name in ("pauses", "losses", "noise") if getattr(self.phone, name)]
        return {
            "number": self.number,
            "story": self.story,
            "line": self.line.name,
            "language": self.line.language,
            "bridge": self.bridge,
            "steps": list(self.steps),
            "room": self.room.described(),
            "network": network,
        }


def number_of(line: DeskLine) -> str:
    """The number of a line."""
    return f"+96611000{LINES.index(line):04}"


def plan(count: int, seed: int) -> list[PlannedTape]:
    """The first calls of a seed. A call is the same in every plan of its seed that has it."""
    return [_planned(number, Random(f"{seed}/{number}")) for number in range(count)]


def _planned(number: int, chance: Random) -> PlannedTape:
    names = list(STORIES)
    # Every story has its turn, so that few calls have all of them; the rest is chance.
    story = names[number % len(names)]
    lines = [line for line in LINES if story != "transfer" or line.name.startswith("people")]
    line = chance.choices(lines, [3 if line.name.startswith("desk") else 1 for line in lines])[0]
    bridge: BridgeName = chance.choices(("sound", "tts", "stt"), (6, 2, 2))[0]
    say = _Sayings(line.language, chance)
    steps = STORIES[story](say, chance)
    return PlannedTape(number, story, line, bridge, tuple(steps), _room(chance), _network(chance))


def _room(chance: Random) -> Room:
    room = QUIET
    if chance.random() < 0.35:
        room = replace(room, noise=chance.choice(NOISES), noise_dbfs=round(chance.uniform(-58, -38), 1))
    if chance.random() < 0.25:
        room = replace(room, echo_db=round(chance.uniform(16, 40), 1), echo_ms=chance.randrange(100, 320, 20))
    return room


def _network(chance: Random) -> PhoneOptions:
    options = PhoneOptions(seed=chance.randrange(1 << 30), noise=chance.random() < 0.3)
    if chance.random() < 0.3:
        pauses = tuple(Stretch(chance.uniform(0, 30_000), chance.uniform(40, 260)) for _ in range(chance.randint(1, 6)))
        options = replace(options, pauses=pauses)
    if chance.random() < 0.15:
        losses = tuple(Stretch(chance.uniform(0, 30_000), chance.uniform(20, 140)) for _ in range(chance.randint(1, 5)))
        options = replace(options, losses=losses)
    return options


class _Sayings:
    """What a caller of one language says, by chance."""

    def __init__(self, language: Language, chance: Random) -> None:
        self._words, self._chance = WORDS[language], chance

    def __call__(self, kind: str, low: int = 250, high: int = 450) -> str:
        """One saying; its pauses are `low` to `high` ms."""
        text = self._chance.choice(self._words[kind])
        while "{ms}" in text:
            text = text.replace("{ms}", str(self._chance.randint(low, high)), 1)
        return text


def _questions(say: _Sayings, chance: Random) -> list[str]:
    asked = [f"after {chance.uniform(0, 1.5):.2f} say {say('ask')}" for _ in range(chance.randint(1, 2))]
    return [*asked, f"say {say('bye')}", "wait"]


def _shipment(say: _Sayings, chance: Random) -> list[str]:
    return [f"say {say('track')}", f"say {say('name')}", f"say {say('number')}", "over 2500 hang up"]


def _short_pause(say: _Sayings, chance: Random) -> list[str]:
    return [f"say {say('halves', 200, 480)}", f"say {say('halves', 200, 480)}", f"say {say('bye')}", "wait"]


def _long_pause(say: _Sayings, chance: Random) -> list[str]:
    # Longer than the silence that ends an utterance: the caller goes on while the bridge works on the first half.
    return [f"say {say('halves', 520, 1500)}", f"say {say('halves', 520, 900)}", f"say {say('bye')}", "wait"]


def _backchannel(say: _Sayings, chance: Random) -> list[str]:
    over = [f"over {chance.randint(500, 2500)} say {say('short')}" for _ in range(chance.randint(1, 2))]
    return [f"say {say('ask')}", *over, f"say {say('bye')}", "wait"]


def _interruption(say: _Sayings, chance: Random) -> list[str]:
    first = chance.choice(("stop", "ask"))
    steps = [f"say {say('ask')}", f"over {chance.randint(300, 3000)} say {say(first)}"]
    if first == "stop":
        steps.append(f"after 0.3 say {say('ask')}")
    return [*steps, f"over {chance.randint(1200, 4000)} say {say('bye')}", "wait"]


def _greeting_cut(say: _Sayings, chance: Random) -> list[str]:
    return [f"over {chance.randint(200, 1800)} say {say('ask')}", f"say {say('bye')}", "wait"]


def _noises(say: _Sayings, chance: Random) -> list[str]:
    over = [f"over {chance.randint(400, 2600)} wav {chance.choice(SOUNDS)}.wav" for _ in range(2)]
    return [f"say {say('ask')}", *over, f"say {say('bye')}", "wait"]


def _keys(say: _Sayings, chance: Random) -> list[str]:
    steps = [f"after {chance.uniform(0, 1):.2f} press {chance.choice('234')}"]
    match chance.randrange(3):
        case 0:
            steps.append(f"over {chance.randint(300, 2500)} press {chance.choice('2349')}")
        case 1:
            steps += ["press 1", f"say {say('name')}", "press 7351942860541#"]
        case _:
            steps.append(f"over {chance.randint(300, 2500)} say {say('ask')}")
    return [*steps, "press 0", "wait"]


def _silence(say: _Sayings, chance: Random) -> list[str]:
    if chance.random() < 0.5:
        return [f"at {chance.uniform(16, 26):.1f} hang up"]
    return [f"say {say('ask')}", f"after {chance.uniform(7, 14):.1f} say {say('there')}", "over 900 hang up"]


def _hang_up(say: _Sayings, chance: Random) -> list[str]:
    how = chance.choice(("", " close", " drop", " stop_open"))
    moment = chance.choice((f"over {chance.randint(200, 3000)}", f"after {chance.uniform(0, 1):.2f}", "at 5"))
    return [f"say {say('ask')}", f"{moment} hang up{how}"]


def _transfer(say: _Sayings, chance: Random) -> list[str]:
    asked = [f"say {say('ask')}"] if chance.random() < 0.5 else []
    return [*asked, f"say {say('person')}", "wait"]


def _impatient(say: _Sayings, chance: Random) -> list[str]:
    # The second question comes while the first is being understood or answered.
    gap = chance.uniform(4.5, 7.5)
    return [
        f"at 3.2 say {say('ask')}",
        f"at {gap:.2f} say {say('there')}",
        f"at {gap + chance.uniform(0.8, 4):.2f} say {say('ask')}",
        f"say {say('bye')}",
        "wait",
    ]


STORIES: Final[dict[str, Callable[[_Sayings, Random], list[str]]]] = {
    "questions": _questions,
    "shipment": _shipment,
    "short pause": _short_pause,
    "long pause": _long_pause,
    "backchannel": _backchannel,
    "interruption": _interruption,
    "greeting cut": _greeting_cut,
    "noises": _noises,
    "keys": _keys,
    "silence": _silence,
    "hang up": _hang_up,
    "transfer": _transfer,
    "impatient": _impatient,
}
