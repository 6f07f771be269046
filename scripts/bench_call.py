"""Measure what a frame of the caller costs behind the socket: decoded and scored, decided, its timer looked up.

Microseconds of CPU a frame, best of some passes. Scoring is measured for calls whose frames share a run, as
`VadBatching` does it; frames are decided one by one. The baseline of the same run is the least that a frame needs,
decoding it and taking its level, so that figures of different machines can be compared.

What the end of a turn costs comes once a pause, and once a transcript: it is told beside what a second of a call costs,
its frames scored alone and decided.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

from ivr.call import events
from ivr.call.call import Call
from ivr.call.options import CallOptions
from ivr.media import g711
from ivr.media.g711 import FRAME, RATE, audioop
from ivr.media.vad import scorer
from ivr.media.voice.prosody import HEARD_MS, measure
from ivr.session.vad_batching import VadBatching
from ivr.text.turn.asked import asked_for
from ivr.text.turn_end import judge_words

SECONDS = 8
PASSES = 3
PAUSES = 200
QUIET = [b"\xff\x7e" * (FRAME // 2)] * (50 * SECONDS)
SPOKEN = b"\x10\x90" * (FRAME // 2)


ASKED = "May I have your order number, please? It has ten digits."
TRANSCRIPTS = (
    "well I have been waiting for my parcel since last Sunday and nobody has called me about",
    "it is oh five five two three seven",
    "أنا طلبت طلبية من أسبوع وما وصلتني إلى الآن وأبغى أعرف وين",
    "رقم الطلب سبعة ثمانية خمسة",
)


def voice() -> list[bytes]:
    """Make syllables of 200 ms, 50 ms apart, as frames of mu-law: pulses of a throat through a vowel."""
    time_s = np.arange(RATE * SECONDS) / RATE
    pulses = np.diff(np.floor(np.cumsum(120 + 20 * np.sin(5 * time_s)) / RATE), prepend=0)
    decay = np.arange(400) / RATE
    vowel = np.exp(-280 * decay) * np.sum([np.sin(2 * np.pi * hz * decay) for hz in (700, 1220, 2600)], axis=0)
    sound = np.convolve(pulses, vowel)[: len(time_s)] * (time_s % 0.25 < 0.2)
    ulaw = g711.encode(np.rint(sound / np.abs(sound).max() * 9000).astype("<i2").tobytes())
    return [ulaw[at : at + FRAME] for at in range(0, len(ulaw), FRAME)]


def cost(one_pass: Callable[[], int]) -> float:
    """Return the microseconds of a frame; `one_pass` returns how many there were."""
    best = float("inf")
    for _ in range(PASSES):
        began = time.process_time()
        frames = one_pass()
        best = min(best, (time.process_time() - began) / frames)
    return best * 1e6


class Line:
    """Take the frames of one call back, scored."""

    def __init__(self) -> None:
        self.scorer = scorer.factory()

    def hear(self, frame: events.AudioIn) -> None:
        """Need nothing of a frame."""

    def scoring_failed(self, error: Exception) -> None:
        """Stop: every frame is fine."""
        raise error


def scored(frames: list[bytes], calls: int) -> int:
    """Score frames of calls that come together; each call is elsewhere in the sound."""
    batching, lines = VadBatching(lambda: 2), [Line() for _ in range(calls)]
    turns = max(50, len(frames) // calls)
    for turn in range(turns):
        for number, line in enumerate(lines):
            batching.add(line, events.AudioIn(20 * turn, frames[(turn + 37 * number) % len(frames)]))
        batching.flush()
    return turns * calls


def decided(frames: list[bytes], speech: float, *, speaking: bool = False) -> int:
    """Let a call decide frames with this score, 20 ms apart; `speaking`: while the agent speaks."""
    call, now = Call(CallOptions(silence_timeout=0.0)), 1000.0
    call.receive(events.CallStarted("CA1", "MZ1"), now)
    if speaking:
        long = events.TtsAudio(0, 1, SPOKEN * (len(frames) + 100), 8000, "mulaw")
        reply = events.ReplyDelta(0, "Hello there, my friend. "), events.ReplyEnded(0)
        for event in (events.DigitPressed("1"), events.DigitPressed("#"), *reply, long):
            call.receive(event, now)
    for number, frame in enumerate(frames):
        now += 0.02
        call.receive(events.AudioIn(20 * number, frame, speech), now)
        if (wake_at := call.wake_at()) is not None and wake_at <= now:
            call.receive(events.Tick(), now)
            call.wake_at()
    return len(frames)


def bare(frames: list[bytes]) -> int:
    """Do the least that a frame needs."""
    for frame in frames:
        audioop.rms(g711.decode(frame), 2)
    return len(frames)


def measured(pcm: bytes) -> int:
    """Measure the voice at a pause, again and again."""
    if not all(measure(pcm) for _ in range(PAUSES)):
        raise AssertionError("a voice that tells nothing costs less")
    return PAUSES


def judged() -> int:
    """Judge transcripts, and what was asked before them, again and again."""
    for _ in range(PAUSES):
        for text in TRANSCRIPTS:
            judge_words(text, *asked_for(ASKED))
    return PAUSES * len(TRANSCRIPTS)


async def main() -> None:
    """Run the benchmark and print its figures."""
    spoken = voice()
    least = cost(lambda: bare(spoken))
    print(f"{'decoded and measured alone (baseline)':42}{least:7.2f} us a frame")
    for name, frames in (("a quiet line", QUIET), ("a voice", spoken)):
        for calls in (1, 8, 32, 64):
            us = cost(lambda frames=frames, calls=calls: scored(frames, calls))  # type: ignore[misc]
            print(f"{f'scored: {name}, {calls} calls a run':42}{us:7.2f} us a frame, {us / least:5.1f} x baseline")
    for name, work in (
        ("a quiet line", lambda: decided(QUIET, 0.0)),
        # Long enough that what a reply costs is little beside.
        ("a quiet line, the agent speaks", lambda: decided(QUIET * 8, 0.0, speaking=True)),
        ("a voice", lambda: decided(spoken, 0.9)),
    ):
        us = cost(work)
        print(f"{f'decided: {name}':42}{us:7.2f} us a frame, {us / least:5.1f} x baseline")
    second = 50 * (us + cost(lambda: scored(spoken, 1)))
    heard = b"".join(map(g711.decode, spoken))[-16 * HEARD_MS :]
    for name, once, work in (
        ("the voice measured", "pause", lambda: measured(heard)),
        ("words and question judged", "transcript", judged),
    ):
        us = cost(work)
        print(f"{f'at a pause: {name}':42}{us:7.2f} us a {once}, {us / second:.1%} of a second of a call")


if __name__ == "__main__":
    asyncio.run(main())
