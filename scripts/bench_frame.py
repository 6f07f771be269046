"""Measure what one received frame costs: message in, decided, timer looked up; everything but the socket and the VAD
model, whose score is 0 here.

The budget is 25 us on one core. The baseline of the same run is a bare `json.loads` and `b64decode` of the same
message, so that figures of different machines can be compared.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable

from ivr.call.call import Call
from ivr.call.commands import SendMark
from ivr.call.events import DigitPressed, MarkReached, ReplyDelta, ReplyEnded, TtsAudio
from ivr.call.options import CallOptions
from ivr.twilio.stream import Stream

ACCOUNT, CALL, STREAM = "AC" + "0" * 32, "CA" + "0" * 32, "MZ" + "0" * 32
FRAMES = 20_000
LOUD = bytes((0x10, 0x90)) * 80


def message(**fields: object) -> str:
    """Write a message as the phone does."""
    return json.dumps(fields, separators=(",", ":"))


def media(number: int) -> str:
    """Return one frame of line noise."""
    payload = base64.b64encode(bytes((0xFF, 0x7E)) * 80).decode()
    inner = {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * 20), "payload": payload}
    return message(event="media", sequenceNumber=str(number + 2), media=inner, streamSid=STREAM)


class Bench:
    """Drive one call as fast as possible."""

    def __init__(self) -> None:
        self.stream = Stream(lambda _token, _call: True, ACCOUNT)
        self.call = Call(CallOptions(silence_timeout=0.0))
        self.now = 1000.0
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {"accountSid": ACCOUNT, "streamSid": STREAM, "callSid": CALL, "tracks": ["inbound"]}
        start |= {"customParameters": {"token": "x"}, "mediaFormat": form}  # type: ignore[dict-item]
        self.feed(message(event="connected", protocol="Call", version="1.0.0"))
        self.feed(message(event="start", sequenceNumber="1", start=start, streamSid=STREAM))

    def feed(self, text: str) -> None:
        """Handle one message completely."""
        for event in self.stream.receive(text):
            for command in self.call.receive(event, self.now):
                if isinstance(command, SendMark):
                    self.call.receive(MarkReached(command.name), self.now)
        self.call.wake_at()

    def frames(self, messages: list[str]) -> None:
        """Feed frames, 20 ms apart."""
        for text in messages:
            self.now += 0.02
            self.feed(text)

    def speak(self) -> None:
        """Let the agent begin a very long sentence."""
        for event in (
            DigitPressed("1"),
            DigitPressed("#"),
            ReplyDelta(0, "Hello there, my friend. "),
            ReplyEnded(0),
            TtsAudio(0, 1, LOUD * (FRAMES + 100), 8000, "mulaw"),
        ):
            self.call.receive(event, self.now)


def cost(work: Callable[[list[str]], None], messages: list[str]) -> float:
    """Return the microseconds a message takes."""
    began = time.perf_counter()
    work(messages)
    return (time.perf_counter() - began) / len(messages) * 1e6


def bare(messages: list[str]) -> None:
    """Measure the least work that a message needs."""
    for text in messages:
        base64.b64decode(json.loads(text)["media"]["payload"])


def main() -> None:
    """Run the benchmark and print its figures."""
    messages = [media(number) for number in range(2 * FRAMES)]
    bench = Bench()
    baseline = cost(bare, messages[:FRAMES])
    listening = cost(bench.frames, messages[:FRAMES])
    bench.speak()
    speaking = cost(bench.frames, messages[FRAMES:])
    print(f"json and base64 alone (baseline)   {baseline:6.2f} us a frame")
    for name, us in (("caller listens", listening), ("agent speaks", speaking)):
        print(
            f"decoded, tracked, decided: {name:15s} {us:6.2f} us a frame, {us / baseline:.1f} x baseline (budget 25 us)"
        )


if __name__ == "__main__":
    main()
