"""Make the reply to one request: a list of steps in time, with a fault in it when a rule says so."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from itertools import pairwise
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
"""Close code of a socket that dies without a close frame (RFC 6455, section 7.4.1)."""
LATE_FRAME_AFTER: Final = 0.15
"""Seconds from `end` to a frame that must not come any more."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Represent the end of the socket."""

    code: int
    """Close code; `DROP`: without a close frame; 0: the socket goes deaf."""


@dataclass(frozen=True, slots=True)
class HamsaStep:
    """Hold one thing that the service does."""

    after: float
    """Seconds since the reply began."""
    act: str | bytes | Hang
    content: bool = False
    """Whether it is audio or transcript."""


@dataclass(frozen=True, slots=True)
class HamsaScript:
    """Hold the steps of a reply."""

    steps: list[HamsaStep]
    outcome: RequestOutcome | None = "done"
    """Outcome of the request, at its closing step. None: the reply never ends."""
    trailing: int = 0
    """Number of steps that come after the request is over."""


def error(message: str) -> str:
    """Return an error frame."""
    return json.dumps({"type": "error", "payload": {"message": message}})


def speech(
    audio: bytes, form: AudioFormat, chars: int, number: int, profile: HamsaProfile, rule: Rule | None = None
) -> HamsaScript:
    """Return the reply to a `tts` request: `ack`, frames, `end`."""
    spoken = profile.voice == "espeak"
    cut = frames(audio, form, chars, f"{profile.seed}/{number}", spoken=spoken)
    total = synthesis_time(chars, len(audio) / BYTES_PER_SECOND[form], spoken=spoken)
    at = times(cut, form, first_frame(profile, number), total)
    whole = [
        HamsaStep(0, ACK_FRAME),
        *(HamsaStep(when, frame, content=True) for when, frame in zip(at, cut, strict=True)),
    ]
    whole.append(HamsaStep(max(whole[-1].after + END_AFTER, total), END_FRAME))
    if rule is None:
        return HamsaScript(whole)
    # A fault breaks the reply off after the last frame that is kept, or when a degenerate reply would come.
    ack, *audio_steps, end = whole
    kept = audio_steps[: rule.after]
    broken = kept[-1].after if kept else DEGENERATE_AT
    match rule.fault:
        case "degenerate":
            # Published logs show replies with one frame of 20 ms, then `end`, without an error.
            first = audio[: BYTES_PER_SECOND[form] // 50]
            one = HamsaStep(DEGENERATE_AT, first, content=True)
            return HamsaScript([ack, one, HamsaStep(DEGENERATE_AT + END_AFTER, END_FRAME)])
        case "empty":
            return HamsaScript([ack, HamsaStep(DEGENERATE_AT, END_FRAME)])
        case "no_ack":
            return HamsaScript([*audio_steps, end])
        case "no_end":
            return HamsaScript([ack, *audio_steps], outcome=None)
        case "stall" if rule.pause > 0:
            late = [replace(step, after=step.after + rule.pause) for step in [*audio_steps[rule.after :], end]]
            return HamsaScript([ack, *kept, *late])
        case "stall":
            return HamsaScript([ack, *kept], outcome=None)
        # Without a code the socket is closed with 1000, as the service closes an idle one.
        case "cut" | "close":
            code = DROP if rule.fault == "cut" else rule.code or 1000
            return HamsaScript([ack, *kept, HamsaStep(broken, Hang(code))], outcome="lost")
        case "error":
            return HamsaScript([ack, *kept, HamsaStep(broken, error(rule.text or "aborted"))], outcome="error")
        # No public log shows audio after `end`, but one client waits 2 s for it.
        case "late":
            last = cut[-1] if cut else b""
            return HamsaScript([*whole, HamsaStep(end.after + LATE_FRAME_AFTER, last, content=True)], trailing=1)
        case "odd":
            return HamsaScript([ack, *_cut_in_samples(audio_steps, cut), end])
    if cut:
        audio_steps[0] = replace(audio_steps[0], act=_unsized_header(form) + cut[0])
    return HamsaScript([ack, *audio_steps, end])


def first_frame(profile: HamsaProfile, number: int) -> float:
    """Return the seconds to the first audio of a request."""
    chance = Random(f"{profile.seed}/first/{number}")
    return max(0.0, profile.first_frame + chance.uniform(-1, 1) * profile.first_frame_spread)


def transcription(transcript: str, seconds: float, profile: HamsaProfile, rule: Rule | None = None) -> HamsaScript:
    """Return the reply to an `stt` request: the bare transcript."""
    # Published times grow little with the length: 0.6 s for 2 s of speech, 1.1 s for 30 s on a self-hosted model.
    at = profile.hearing + profile.hearing_per_second * max(0.0, seconds - 2)
    said = [HamsaStep(at, transcript, content=True)]
    if rule is None:
        return HamsaScript(said)
    later = [replace(said[0], after=at + rule.pause)] if rule.pause > 0 else []
    match rule.fault:
        case "thinking":
            # With end-of-speech detection on, the service was seen to send this marker and then nothing.
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


def _cut_in_samples(steps: list[HamsaStep], frames_of: list[bytes]) -> list[HamsaStep]:
    """Return the same audio at the same times, cut in the middle of samples."""
    whole, ends, place = b"".join(frames_of), [], 0
    for frame in frames_of[:-1]:
        place += len(frame) + (len(frame) % 2 == 0)
        ends.append(place)
    cut = [whole[begin:end] for begin, end in pairwise([0, *ends, len(whole)])]
    return [replace(step, act=frame) for step, frame in zip(steps, cut, strict=False)]


def _unsized_header(form: AudioFormat) -> bytes:
    """Return the header of a WAV file of unknown length: the sizes are 0xFFFFFFFF, as in the service's REST samples."""
    code, width, rate = (7, 1, FORMAT_RATES[form]) if form == "mulaw" else (1, 2, FORMAT_RATES[form])
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, 1, rate, rate * width, width, 8 * width)
    return struct.pack("<4sI4s", b"RIFF", 0xFFFFFFFF, b"WAVE") + about + struct.pack("<4sI", b"data", 0xFFFFFFFF)
