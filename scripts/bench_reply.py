"""Measure the reference agent's own reply at the caller's ear: four Arabic sentences, 30 s of audio.

A whole call on loopback: the real server, the mock Hamsa at its measured timings (connect 1.15 s, ears 0.8 s, a
sentence's first audio 0.45 s), the demo agent in its `four` mode (first token 1.5 s, 5.9 s in all), the carrier. Prints
when the first audio of the answer was heard, the silences between sentences, the end, the connections made; beside
them what the reference agent took. `--no-fillers` leaves the wait before the answer silent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

sys.path.insert(0, os.environ.get("BENCH_TREE") or str(Path(__file__).parent.parent))

import uvloop

from ivr.call.agent.reply import Reply
from ivr.call.call import Call
from ivr.call.commands import ReplyRequest
from ivr.call.events import CallStarted, DigitPressed, ReplyDelta
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.testbench.agent import app
from ivr.testbench.demo import caller_voice
from ivr.testbench.mock import Mock
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from ivr.webhook.client import AgentClient
from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.http.connection import Connection
from ivr.webhook.http.pool import Pool
from scripts.ringing import Keep, a_bridge

REFERENCE_S = 43.5
REFERENCE_FIXED_S = 24.0
"""Seconds from the end of the caller's speech to the last sentence's synthesis, logged and expected after its fix."""
QUESTION = "وين شحنتي"
LEAST_GAP_MS = 20.0

REPLIES: dict[Literal["ar", "en"], str] = {
    "ar": "حسنا الطلب رقم 1234 في الطريق اليك الان. سوف يصل الى عنوانك قبل نهاية هذا اليوم. يمكنك متابعة الشحنة "
    "عن طريق الموقع او التطبيق في اي وقت. هل تحتاج الى اي خدمة ثانية مني؟",
    "en": "Your parcel 1234 is at the branch and on its way to you. You can collect it tomorrow morning, or we deliver "
    "it before the end of the day. You will get a message with the time. Is there anything else I can do for you?",
}
TOKENS = {language: re.findall(r"\s*\S+", text) for language, text in REPLIES.items()}
ROUNDS = 30
SAMPLES = 5
ASKED = ReplyRequest(QUESTION, "CA1", "speech", 0, "ar", "CA1", "+966500000001", "+966110000002", "inbound")


async def call(fillers: bool) -> tuple[PhoneRecord, list[Turn], Mock, float]:
    """Place the call."""
    mock = Mock("ar", voice="tone", script=(QUESTION,))
    mock.agent = app.DemoAgent(mode="four")
    keep, toml = Keep(), "" if fillers else "[call]\nfiller_after_ms = 0\n"
    scenario = replace(from_words([f"say {QUESTION}", "after 1.5 hang up"], language="ar"), patience_s=90.0)
    async with a_bridge(mock, keep, {}, toml) as ring:
        began = asyncio.get_running_loop().time()
        record = await ring(scenario, caller_voice("ar"))
    return record, next(iter(keep.turns.values())), mock, began


def report(record: PhoneRecord, turns: Sequence[Turn], mock: Mock, began: float) -> list[str]:
    """Return the figures for people, one line each."""
    turn = next(turn for turn in turns if turn.kind == "speech")
    silent = record.speech[0].end / 8000 + (record.t0 or 0.0)
    if turn.endpoint_at is None or turn.first_sent_at is None:
        raise RuntimeError("the question was not answered")
    runs = [(run.start / 8000 + (record.t0 or 0.0), run.end / 8000 + (record.t0 or 0.0)) for run in record.runs]
    begun = turn.sentences[0]
    sent = max(turn.first_sent_at, (begun.audio_at or 0.0) + begun.after_filler_s) - 0.05  # behind a filler's breath
    answer = [(max(start, sent), end) for start, end in runs if end > sent]
    first, last = answer[0][0] - silent, answer[-1][1] - silent
    gaps = [1000 * (b[0] - a[1]) for a, b in pairwise(answer) if b[0] - a[1] > LEAST_GAP_MS / 1000]
    audio = sum(sentence.audio_ms for sentence in turn.sentences) / 1000
    synthesised = max(s.asked_at or 0.0 for s in turn.sentences)
    waits = {
        "endpoint": turn.endpoint_at - silent,
        "stt": max(0.0, (turn.transcript_at or 0.0) - turn.endpoint_at),
        "agent's first words": (turn.first_delta_at or 0.0) - (turn.asked_at or 0.0),
        "first sentence written": turn.sentences[0].ready_at - (turn.first_delta_at or 0.0),
        "tts": (turn.sentences[0].audio_at or 0.0) - (turn.sentences[0].asked_at or 0.0),
    }
    lengths = ", ".join(str(len(sentence.spoken)) for sentence in turn.sentences)
    ideal = first + audio
    return [
        f"sentences as spoken: {lengths} characters, {audio:.1f} s of audio",
        f"end of caller's speech -> first audio of the answer: {first:.2f} s",
        "  of it " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in waits.items()) + " s",
        f"  before it, fillers: {len(turn.fillers)}",
        f"silences inside the answer: {', '.join(f'{gap:.0f} ms' for gap in gaps) or 'none over 20 ms'}",
        f"end of caller's speech -> last sentence asked of the voice: {synthesised - silent:.2f} s "
        f"(reference agent: {REFERENCE_S} s logged, {REFERENCE_FIXED_S:.0f} s expected after its fix)",
        f"end of caller's speech -> last audio heard: {last:.2f} s",
        f"first audio + {audio:.1f} s of audio = {ideal:.2f} s; its end was heard {1000 * (last - ideal):+.0f} ms off",
        f"TTS connections of the call: {mock.tts_connections(began)}",
        f"phone certified: {record.certified} (own lateness p99 {record.lateness_p99_ms:.1f} ms)",
    ]


def records(tokens: Sequence[str]) -> list[bytes]:
    """Return n8n's lines, one a token."""
    origin = {"nodeName": "Voice Agent", "itemIndex": 0}
    items = [{"type": "item", "content": token, "metadata": origin} for token in tokens]
    return [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in ({"type": "begin"}, *items)]


def chunks(tokens: Sequence[str]) -> list[bytes]:
    """Return OpenAI's server-sent events, one a token."""
    deltas = [{"choices": [{"index": 0, "delta": {"content": token}, "finish_reason": None}]} for token in tokens]
    return [b"data: " + json.dumps(delta).encode() + b"\n\n" for delta in deltas]


def read(kind: str, body: Sequence[bytes]) -> None:
    """Turn the bytes of a reply into pieces."""
    stream = ReplyStream(kind)
    for data in body:
        stream.feed(data)
    stream.finish()


class Wire(asyncio.Transport):
    """Answer each request on a connection, a chunk in each turn of the loop."""

    def __init__(self, connection: Connection, body: Sequence[bytes]) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._answer = [head, *(b"%x\r\n%s\r\n" % (len(data), data) for data in body), b"0\r\n\r\n"]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take a request."""
        self._send(iter(self._answer))

    def _send(self, rest: Iterator[bytes]) -> None:
        if (data := next(rest, None)) is not None:
            self._connection.data_received(data)
            self._loop.call_soon(self._send, rest)

    def is_closing(self) -> bool:
        """Return that it is open."""
        return False

    def abort(self) -> None:
        """Take the end."""


class Wired(Pool):
    """Make connections that lead to a `Wire`."""

    def __init__(self, body: Sequence[bytes]) -> None:
        super().__init__()
        self._body = body

    async def _connect(self, origin: object) -> Connection:
        connection = Connection()
        connection.connection_made(Wire(connection, self._body))
        return connection


async def replies(body: Sequence[bytes]) -> None:
    """Read as many replies as a round has, from the question to the last event."""
    agent = AgentClient(transport=Wired(body))
    for _ in range(ROUNDS):
        async for _ in agent.reply("http://agent/", ASKED):
            pass
    await agent.aclose()


def words(language: Literal["ar", "en"]) -> None:
    """Turn the tokens of a reply into sentences."""
    reply, now = Reply(language), 1.0
    for token in TOKENS[language]:
        reply.feed(token, 0, now)
        now += 0.01
    reply.finish()


def decided(language: Literal["ar", "en"]) -> float:
    """Let a call decide each token of a reply; return the CPU seconds of that alone."""
    call = Call(CallOptions(language=language, silence_timeout=0.0))
    for event in (CallStarted("CA1", "MZ1"), DigitPressed("1"), DigitPressed("#")):
        call.receive(event, 1000.0)
    now, began = 1000.0, time.process_time()
    for token in TOKENS[language]:
        now += 0.01
        call.receive(ReplyDelta(0, token), now)
        call.wake_at()
    return time.process_time() - began


def cpu(work: Callable[..., object], *given: object) -> float:
    """Return the CPU seconds of the work, once."""
    began = time.process_time()
    for _ in range(ROUNDS):
        work(*given)
    return (time.process_time() - began) / ROUNDS


def client(body: Sequence[bytes]) -> float:
    """Return the CPU seconds of one reply through the client."""
    began = time.process_time()
    uvloop.run(replies(body))
    return (time.process_time() - began) / ROUNDS


def stages() -> dict[str, float]:
    """Return the us of CPU of each stage: a token where not said otherwise."""
    found: dict[str, float] = {}
    for language, tokens in TOKENS.items():
        lines, events = records(tokens), chunks(tokens)
        bare = client(lines[:2])
        a_token = {
            "n8n records read": cpu(read, "application/x-ndjson", lines),
            "OpenAI events read": cpu(read, "text/event-stream", events),
            "n8n bytes to events": client(lines) - bare,
            "words to sentences": cpu(words, language),
            "delta decided": sum(decided(language) for _ in range(ROUNDS)) / ROUNDS,
        }
        found |= {f"{name}, {language}": 1e6 * seconds / len(tokens) for name, seconds in a_token.items()}
        found[f"a request and its first token, {language}"] = 1e6 * bare
    return found


def compare(trees: Sequence[str]) -> list[str]:
    """Measure each tree in turn, several times; return the best of each stage and, of two trees, the ratio."""
    best: list[dict[str, float]] = [{} for _ in trees]
    for _ in range(SAMPLES):
        for tree, least in zip(trees, best, strict=True):
            run = [sys.executable, __file__, "--stages"]
            environment = {**os.environ, "BENCH_TREE": tree, "PYTHONPATH": tree}
            told = subprocess.run(run, env=environment, cwd=tree, check=True, capture_output=True, text=True).stdout
            least.update({name: min(us, least.get(name, us)) for name, us in json.loads(told).items()})
    rows = [f"{'us of CPU':42} " + " ".join(f"{name:>7}" for name in ("here", "beside", "ratio")[: 2 * len(trees) - 1])]
    for name in best[0]:
        figures = [least[name] for least in best]
        ratio = f" {figures[0] / figures[1]:7.2f}" if len(figures) > 1 else ""
        rows.append(f"{name:42} " + " ".join(f"{us:7.1f}" for us in figures) + ratio)
    return rows


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-fillers", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--beside", metavar="TREE")
    parser.add_argument("--stages", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stages:
        print(json.dumps(stages()))
        return
    if given.cpu or given.beside:
        here = str(Path(__file__).resolve().parents[1])
        print("\n".join(compare([here, *([given.beside] if given.beside else [])])))
        return
    for line in report(*asyncio.run(call(not given.no_fillers))):
        print(line)


if __name__ == "__main__":
    main()
