#!/usr/bin/env python3
"""Measure what the agent's speech costs from the socket to the phone: microseconds of CPU for a second of its audio.

    python scripts/bench_speech.py               # all rows
    python scripts/bench_speech.py --calls 185   # on as many calls, which share their links

Every row is the best of some passes. `sound` is a voice made of noise, `tone` the steady tone that load harnesses like.
A sentence is two seconds in frames of 500 ms, as the service sends them, over sockets in memory: the cost of the
WebSocket library and of the kernel is not in it. Pool and tasks cost by the sentence, which the last rows show.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import uvloop

from ivr.call import commands, events
from ivr.call.agent.output import SpeechOutput
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.pool.socket import SpeechSocket
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.media import g711
from ivr.media.agc import GainControl
from ivr.media.resample import Resampler
from ivr.session.peer_requests import PeerRequests

RATE, PASSES, SECONDS, FRAME_S, FRAMES = 16000, 9, 8, 0.5, 4
ACK, END = '{"type":"ack","payload":{"message":"ok"}}', '{"type":"end","payload":{"message":"done"}}'
TEXT = "Your order is on its way to you and will be there tomorrow."


@dataclass
class Ports:
    """Stand for the ports of a call: the two that speech needs."""

    tts: Synthesizer
    stt: Transcriber


def sound() -> bytes:
    """Return noise that swells and falls as a voice does."""
    t = np.arange(SECONDS * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 3000, len(t)) * (0.55 + 0.45 * np.sin(2 * np.pi * 3.3 * t))
    return np.clip(noise, -32768, 32767).astype("<i2").tobytes()


def tone() -> bytes:
    t = np.arange(SECONDS * RATE) / RATE
    return ((0.25 * np.sin(2 * np.pi * 400 * t) + 0.2 * np.sin(2 * np.pi * 1000 * t)) * 32767).astype("<i2").tobytes()


def framed(pcm: bytes) -> list[bytes]:
    size = int(RATE * FRAME_S) * 2
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


def cost(one_pass: Callable[[], None]) -> float:
    """Return the CPU seconds of the best pass."""
    times = []
    for _ in range(PASSES):
        start = time.process_time()
        one_pass()
        times.append(time.process_time() - start)
    return min(times)


def row(name: str, seconds: float, note: str = "") -> None:
    print(f"{name:<48} {seconds * 1e6:8.1f}   {note}", flush=True)


def media(name: str, pcm: bytes) -> None:
    frames = framed(pcm)
    resampler, gain = Resampler(RATE, g711.RATE), GainControl()
    narrow = [resampler.feed(frame) for frame in frames]
    level = [gain.feed(part) for part in narrow]

    def resample() -> None:
        stream = Resampler(RATE, g711.RATE)
        for frame in frames:
            stream.feed(frame)

    def control() -> None:
        for part in narrow:
            gain.feed(part)

    def code() -> None:
        for part in level:
            g711.encode(part)

    row(f"{name}: resample", cost(resample) / SECONDS)
    row(f"{name}: level", cost(control) / SECONDS)
    row(f"{name}: mu-law", cost(code) / SECONDS)


def output(frames: list[bytes]) -> None:
    """Time a call's speech output with audio that is mu-law already: the queue, the tape, what is sent when."""
    coded = [g711.encode(Resampler(RATE, g711.RATE).feed(frame)) for frame in frames]

    def one_pass() -> None:
        speech, now, turn = SpeechOutput(CallOptions()), 0.0, Turn(1, "speech")
        for number in range(1, len(coded) // FRAMES + 1):
            speech.say(turn, TEXT, TEXT, now)
            out = speech.pump(now)
            for audio in coded[(number - 1) * FRAMES : number * FRAMES]:
                speech.audio(events.TtsAudio(turn.number, number, audio, g711.RATE, "mulaw"), now)
                out += speech.pump(now)
            speech.speech_ended(events.TtsEnded(turn.number, number), now)
            while not speech.quiet:
                speech.playout.playing(now)
                wake_at = speech.wake_at()
                if wake_at is not None and wake_at <= now:
                    out += speech.pump(now)
                for name in [command.name for command in out if isinstance(command, commands.SendMark)]:
                    speech.mark(name, now)
                    out = speech.pump(now)
                now += 0.02

    row("queue and playout, a caller's frame each 20 ms", cost(one_pass) / SECONDS)


class Wire:
    """Answer each request at once, a frame a turn of the loop."""

    def __init__(self, frames: list[bytes]) -> None:
        self._reply: list[str | bytes] = [ACK, *frames, END]
        self._left: list[str | bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self.is_open = True

    async def send(self, message: str, /) -> None:
        self._left = list(self._reply) if '"tts"' in message[:20] else ["the words"]
        self._wake()

    async def recv(self) -> str | bytes:
        self._reader = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self._wake)
        await self._reader
        self._reader = None
        message = self._left.pop(0)
        # Bytes that were never hashed or joined before, as a socket gives them.
        return bytes(bytearray(message)) if isinstance(message, bytes) else message

    async def ping(self, heard: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(heard)

    async def close(self) -> None:
        self.is_open = False

    def _wake(self) -> None:
        if self._left and self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def sentences(frames: list[bytes], calls: int, each: int = 6) -> None:
    """Time sentences of many calls, from the request to the events that they become; the loop is in it."""
    spent: list[float] = []
    heard = 0

    def feed(event: events.Event) -> None:
        nonlocal heard
        heard += isinstance(event, events.TtsAudio)

    async def connect(_: HamsaSettings) -> SpeechSocket:
        return Wire(frames)

    async def story() -> None:
        settings = HamsaSettings(url="ws://service", api_key="k")
        options = SpeechServiceOptions(connects_per_second=1000, connects_burst=1000)
        service = SpeechService(settings, options, connect=connect, calls=lambda: calls)
        service.open()
        await asyncio.sleep(1.2)

        async def call() -> None:
            tts, stt = service.synthesizer_for(settings), service.transcriber_for(settings)
            async with asyncio.TaskGroup() as group:
                requests = PeerRequests(Ports(tts, stt), group, feed)  # type: ignore[arg-type]
                for number in range(1, each + 1):
                    await requests.speak(commands.Speak(1, number, TEXT, 0.0))

        for _ in range(PASSES):
            start = time.process_time()
            waves = (calls + 9) // 10
            for _ in range(waves):
                await asyncio.gather(*(call() for _ in range(10)))
            spent.append((time.process_time() - start) / (waves * 10 * each))
        await service.aclose()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
    assert heard
    row(f"a sentence, {calls} calls: pool, link, tasks", min(spent), "per sentence of 2 s")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--calls", type=int, nargs="*", default=[10, 60, 185], help="calls that share the links")
    calls = arguments.parse_args().calls
    print(f"{'':<48} us per second of audio")
    for name, pcm in (("sound", sound()), ("tone", tone())):
        media(name, pcm)
    output(framed(sound()))
    for count in calls:
        sentences(framed(sound())[:FRAMES], count)


if __name__ == "__main__":
    main()
