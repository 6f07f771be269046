"""The reply to one request as a list of steps in time, with a fault worked in when a rule says so. Pure functions."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from ivr.testbench.hamsa.audio import (
    BYTES_PER_SECOND,
    DEGENERATE_AT,
    END_AFTER,
    FORMAT_RATES,
    AudioFormat,
    frames,
    synthesis_time,
    times,
)
from ivr.testbench.hamsa.profile import HamsaProfile, Rule
from ivr.testbench.hamsa.stats import RequestOutcome

ACK_FRAME: Final = json.dumps({"type": "ack", "payload": {"message": "Real time text to speach connection establesh"}})
END_FRAME: Final = json.dumps({"type": "end", "payload": {"message": "End of TTS stream"}})
INFO_FRAME: Final = json.dumps({"type": "info", "payload": {"message": "Connected to realtime WebSocket server"}})
THINKING_MARKER: Final = "[THINKING]"
DROP: Final = 1006
"""The close code of a socket that dies without one."""
LATE_FRAME_AFTER: Final = 0.15
"""Seconds from `end` to the frame that must not come any more."""


@dataclass(frozen=True, slots=True)
class Hang:
    """The socket ends here."""

    code: int
    """`DROP`: without a close frame."""


@dataclass(frozen=True, slots=True)
class HamsaStep:
    """One thing that the service does."""

    after: float
    """Seconds from the beginning of the reply."""
    act: str | bytes | Hang
    content: bool = False
    """Audio or transcript."""


@dataclass(frozen=True, slots=True)
class HamsaScript:
    """A reply."""

    steps: list[HamsaStep]
    outcome: RequestOutcome | None = "done"
    """Of the request, at its closing step. None: the reply never ends."""
    trailing: int = 0
    """Steps that come after the request is over."""


def error(message: str) -> str:
    """An error frame."""
    return json.dumps({"type": "error", "payload": {"message": message}})


def speech(
    audio: bytes, form: AudioFormat, chars: int, number: int, profile: HamsaProfile, rule: Rule | None = None
) -> HamsaScript:
    """The reply to a `tts` request: `ack`, frames, `end`."""
    spoken = profile.voice == "espeak"
    cut = frames(audio, form, chars, f"{profile.seed}/{number}", spoken=spoken)
    total = synthesis_time(chars, len(audio) / BYTES_PER_SECOND[form], spoken=spoken)
    at = times(cut, form, first_frame(profile, number), total)
    whole = [
        HamsaStep(0, ACK_FRAME),
        *(HamsaStep(when, frame, content=True) for when, frame in zip(at, cut, strict=True)),
    ]
    whole.append(HamsaStep(max(whole[-1].after + END_AFTER, total), END_FRAME))
    return HamsaScript(whole) if rule is None else _spoiled(whole, form, rule)


def first_frame(profile: HamsaProfile, number: int) -> float:
    """Seconds to the first audio of a request."""
    chance = Random(f"{profile.seed}/first/{number}")
    return max(0.0, profile.first_frame + chance.uniform(-1, 1) * profile.first_frame_spread)


def _spoiled(whole: list[HamsaStep], form: AudioFormat, rule: Rule) -> HamsaScript:
    ack, audio, end = whole[0], whole[1:-1], whole[-1]
    kept = audio[: rule.after]
    broken = kept[-1].after if kept else DEGENERATE_AT
    match rule.fault:
        case "degenerate":
            one = HamsaStep(DEGENERATE_AT, audio[0].act[: BYTES_PER_SECOND[form] // 50] if audio else b"", content=True)  # type: ignore[index]
            return HamsaScript([ack, one, HamsaStep(DEGENERATE_AT + END_AFTER, END_FRAME)])
        case "empty":
            return HamsaScript([ack, HamsaStep(DEGENERATE_AT, END_FRAME)])
        case "no_ack":
            return HamsaScript([*audio, end])
        case "no_end":
            return HamsaScript([ack, *audio], outcome=None)
        case "stall" if rule.pause > 0:
            late = [replace(step, after=step.after + rule.pause) for step in [*audio[rule.after :], end]]
            return HamsaScript([ack, *kept, *late])
        case "stall":
            return HamsaScript([ack, *kept], outcome=None)
        case "cut" | "close":
            code = DROP if rule.fault == "cut" else rule.code or 1000
            return HamsaScript([ack, *kept, HamsaStep(broken, Hang(code))], outcome="lost")
        case "error":
            return HamsaScript([ack, *kept, HamsaStep(broken, error(rule.text or "aborted"))], outcome="error")
        case "late":
            last = audio[-1].act if audio else b""
            return HamsaScript([*whole, HamsaStep(end.after + LATE_FRAME_AFTER, last, content=True)], trailing=1)
        case "odd":
            return HamsaScript([ack, *_odd(audio), end])
    return HamsaScript([ack, *_headed(audio, form), end])


def hearing(transcript: str, seconds: float, profile: HamsaProfile, rule: Rule | None = None) -> HamsaScript:
    """The reply to an `stt` request: the bare transcript."""
    at = profile.hearing + profile.hearing_per_second * max(0.0, seconds - 2)
    said = [HamsaStep(at, transcript, content=True)]
    if rule is None:
        return HamsaScript(said)
    later = [replace(said[0], after=at + rule.pause)] if rule.pause > 0 else []
    match rule.fault:
        case "thinking":
            return HamsaScript([HamsaStep(at, THINKING_MARKER), *later], outcome="done" if later else None)
        case "stall":
            return HamsaScript(later, outcome="done" if later else None)
        case "cut" | "close":
            return HamsaScript(
                [HamsaStep(at, Hang(DROP if rule.fault == "cut" else rule.code or 1000))], outcome="lost"
            )
        case "error":
            return HamsaScript([HamsaStep(at, error(rule.text or "Error generating transcription"))], outcome="error")
    return HamsaScript(said)


def _odd(audio: list[HamsaStep]) -> list[HamsaStep]:
    """The same audio at the same times, cut in the middle of samples."""
    whole = b"".join(bytes(step.act) for step in audio if isinstance(step.act, bytes))
    cut, place = [], 0
    for step in audio[:-1]:
        size = len(step.act) if isinstance(step.act, bytes) else 0
        until = min(len(whole), place + size + (1 if size % 2 == 0 else 0))
        cut.append(replace(step, act=whole[place:until]))
        place = until
    return [*cut, replace(audio[-1], act=whole[place:])] if audio else []


def _headed(audio: list[HamsaStep], form: AudioFormat) -> list[HamsaStep]:
    """The same audio behind the header of a WAV file of unknown length."""
    code, width, rate = (7, 1, FORMAT_RATES[form]) if form == "mulaw" else (1, 2, FORMAT_RATES[form])
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, 1, rate, rate * width, width, 8 * width)
    header = struct.pack("<4sI4s", b"RIFF", 0xFFFFFFFF, b"WAVE") + about + struct.pack("<4sI", b"data", 0xFFFFFFFF)
    if not audio or not isinstance(audio[0].act, bytes):
        return audio
    return [replace(audio[0], act=header + audio[0].act), *audio[1:]]
