"""Place calls of callers who pause, and say what came of each."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np

from ivr.media import g711
from ivr.media.g711 import RATE
from ivr.testbench import tts
from ivr.testbench.demo import CALLER_PITCH
from ivr.testbench.hamsa import audio
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.phone.script import PhoneScript
from ivr.testbench.phone.voiced import voiced
from ivr.testbench.recording import RecordEntry
from ivr.testbench.scenario import Say, from_words
from ivr.testbench.twilio.legs.leg import Follow, Leg
from tools.line.setup import Plan, Record, Setup
from tools.turns.live.calls import AR, EN, KEY_MS, YES_NO, PauseCall, is_keys, keys_of, pieces_of
from tools.turns.spoken import trimmed
from tools.vad.cast import spoken

HELLO: Final = {EN: "good morning to you", AR: "صباح الخير عليكم"}
_THANKS: Final = {EN: "Thank you, that is noted.", AR: "شكرا لك، تم التسجيل."}
_RIGHT: Final = {EN: "Is that right?", AR: "هل هذا صحيح؟"}
_SETTLE_MS: Final = 900.0
_CALL_S: Final = 180.0
_SAMPLES: Final = RATE // 1000
_BREATH: Final = RATE // 10
"""Samples of silence between two things that are said, at least."""

Voices: TypeAlias = tuple[str, ...]
"""Voices of espeak-ng, words a minute, pitch ("ar+f2 160 55"), one for each language; none: those of the demo."""
AskedAt: TypeAlias = tuple[float, dict[str, Any]]
"""When the agent was asked, in seconds of the loop, and the request."""


class TrimmedVoice:
    """Say texts with pauses, each part cut to where it can be heard, and with its marker; keys are silence."""

    def __init__(self, markers: Mapping[str, int], voices: Voices = ()) -> None:
        self._markers = markers
        self._voices = {"ar" if voice.startswith("ar") else "en": voice for voice in voices}

    def __call__(self, text: str) -> bytes:
        """Return mu-law at 8 kHz."""
        said = b""
        for piece, ms in pieces_of(text):
            if is_keys(piece):
                said += _quiet(KEY_MS * len(keys_of(piece)))
            else:
                said += _part(piece, self._markers[piece], self._voices.get(tts.language_of(piece), ""))
            said += _quiet(ms)
        return said


def _quiet(ms: int) -> bytes:
    return bytes([g711.SILENCE]) * (_SAMPLES * ms)


@cache
def _part(text: str, marker: int, voice: str) -> bytes:
    if voice:
        name, speed, pitch = voice.split()
        pcm = spoken(text, name, int(speed), int(pitch)).astype("<i2").tobytes()
    else:
        pcm = tts.say(text, tts.language_of(text), rate=RATE, pitch=CALLER_PITCH)
    sound = trimmed(np.frombuffer(pcm, "<i2").astype(np.float64)).astype("<i2").tobytes()
    return g711.encode(audio.marked(sound, marker, RATE))


@dataclass(frozen=True, slots=True)
class CallerPart:
    """Hold what one caller says, and types, behind the agent's question."""

    sound: bytes
    """Mu-law at 8 kHz."""
    keys: tuple[tuple[float, str], ...]
    """Each with the seconds from the beginning."""
    quiet: int
    """Samples before the first sound."""


def part_of(call: PauseCall, voice: TrimmedVoice) -> CallerPart:
    """Return what is said and typed on a call."""
    sound, keys = b"", []
    for piece, ms in call.pieces:
        if is_keys(piece):
            began = len(sound) / RATE
            keys += [(began + place * KEY_MS / 1000, key) for place, key in enumerate(keys_of(piece))]
        sound += voice(piece) + _quiet(ms)
    return CallerPart(sound, tuple(keys), voiced(sound)[0])


@dataclass(slots=True)
class LiveResult:
    """Hold what came of one call."""

    call: PauseCall
    told: bool
    questions: list[str] = field(default_factory=list)
    superseded: int = 0
    """Questions that took the place of one that was withdrawn."""
    spoke: bool = False
    """The agent began to speak before the caller had finished."""
    wait_ms: float = 0.0

    @property
    def kept(self) -> list[str]:
        """Return the questions that stood."""
        return self.questions[self.superseded :]

    @property
    def is_whole(self) -> bool:
        """Return whether the agent was told all, in as many questions as may be."""
        said = "".join(" ".join(self.kept).split())
        return (len(self.kept) == 1 or (self.call.twice and bool(self.kept))) and said == "".join(
            self.call.whole.split()
        )

    @property
    def is_good(self) -> bool:
        """Return whether the agent was told all, and was silent until then."""
        return self.is_whole and (self.call.twice or not self.spoke)

    def line(self) -> str:
        """Return a row of the table."""
        name = f"{'en' if self.call.line == EN else 'ar'} {self.call.name}"
        return (
            f"| {name} | {'told' if self.told else 'by its words'} | {len(self.kept)} | {self.superseded} | "
            f"{'yes' if self.is_whole else 'NO'} | {'YES' if self.spoke else 'no'} | {self.wait_ms:.0f} |"
        )


async def paused(setup: Setup, number: int, call: PauseCall, voice: TrimmedVoice, *, told: bool) -> LiveResult:
    """Place one call of a caller who pauses."""
    expect = {"expect": call.expect} if told else {}
    thanks: Record = {"text": _THANKS[call.line]} if call.twice else {"action": "hangup", "text": _THANKS[call.line]}
    plan: Plan = {HELLO[call.line]: [{"text": call.asked, **expect}], "speech": [thanks], "dtmf": [thanks]}
    moment = f"over {call.over_ms} " if call.over_ms else ""
    part = part_of(call, voice)
    leg, asked = await _placed(setup, f"+9665010{number:05}", call.line, plan, [f"{moment}say {call.says}"], part)
    result = LiveResult(call, told)
    begin = leg.record.speech[1].start - part.quiet
    end = begin + len(part.sound)
    result.questions = [str(one["text"]) for _, one in asked[1:]]
    result.superseded = sum(bool(one.get("superseded")) for _, one in asked[1:])
    result.spoke = any(begin < start < end for start in begins(leg.record.runs))
    result.wait_ms = (asked[-1][0] - (leg.record.t0 or 0.0) - end / RATE) * 1000
    return result


def begins(runs: Sequence[PlayedRun]) -> list[int]:
    """Return where the agent began to speak: a fade belongs to what was being said."""
    ends = [-math.inf, *(run.end for run in runs)]
    return [run.start for run, before in zip(runs, ends, strict=False) if run.start - before > _BREATH]


async def answered(setup: Setup, number: int, line: str) -> list[float | None]:
    """Let one caller answer twenty questions; return the ms from the end of each answer to the question.

    None: the answer was not understood.
    """
    right: Sequence[Record] = [{"text": _RIGHT[line], "expect": {"kind": "yes_no"}}]
    answers = YES_NO[line] * 2
    says = [f"say {text}" for text in answers]
    leg, asked = await _placed(setup, f"+9665020{number:05}", line, {"speech": right}, says)
    start = leg.record.t0 or 0.0
    spans = [(start + said.start / RATE, start + said.end / RATE) for said in leg.record.speech[1:]]
    nexts = [begin for begin, _ in spans[1:]] + [math.inf]
    return [
        next(((at - end) * 1000 for at, _ in asked if end < at < until), None)
        for (_, end), until in zip(spans, nexts, strict=True)
    ]


async def _placed(
    setup: Setup, caller: str, line: str, plan: Plan, steps: Sequence[str], part: CallerPart | None = None
) -> tuple[Leg, list[AskedAt]]:
    setup.agent.plans[caller] = plan
    scenario = from_words([f"say {HELLO[line]}", *steps, "hang up"], settle_ms=_SETTLE_MS)
    voice = setup.twilio._voice or TrimmedVoice({})
    # One who only types is silent for as long.
    sounds = {place: voice(step.act.text) for place, step in enumerate(scenario.steps) if isinstance(step.act, Say)}
    leg = setup.twilio.carrier.inbound(caller=caller, called=line, script=PhoneScript(scenario, sounds))
    async with asyncio.timeout(_CALL_S), asyncio.TaskGroup() as group:
        typing = group.create_task(_typed(leg, part)) if part is not None else None
        await leg.run_inbound(Follow(f"{setup.url}/voice"))
        if typing is not None:
            typing.cancel()
    return leg, [one for one in setup.agent.told[caller] if one[1]["event"] in ("speech", "dtmf")]


async def _typed(leg: Leg, part: CallerPart) -> None:
    """Press keys when they are due."""
    answers = asyncio.Event()

    def watch(entry: RecordEntry) -> None:
        if entry.kind == "caller_speaks" and len(leg.record.speech) > 1:
            answers.set()

    leg.record.watch = watch
    await answers.wait()
    began = (leg.record.t0 or 0.0) + (leg.record.speech[1].start - part.quiet) / RATE
    for seconds, key in part.keys:
        await asyncio.sleep(max(0.0, began + seconds - leg.clock.now()))
        leg.press(key)
