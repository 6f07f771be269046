"""How the demo agent's answer reaches the bridge: bytes with their times, in every format and with every fault.

Pure: a `AgentScript` says what is sent when; a live front and an in-memory front perform it. n8n is the model:
headers at
once, a `begin` line, tokens of one to four characters, `end`; with tools several such runs, the first ones empty; then
the Respond-to-Webhook node, which repeats the whole answer as a JSON string inside an item.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, cycle
from typing import Any, Final, Literal

from ivr.testbench.agent.conversation import DemoReply, four_sentences

NODE: Final = "Voice Agent"
RESPONDER: Final = "Respond to Webhook"
NEVER: Final = 3600.0
"""Seconds: when a stalled script would go on."""

_JSON_TYPE: Final = "application/json; charset=utf-8"
_SSE_TYPE: Final = "text/event-stream; charset=utf-8"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_PAGE: Final = "<!doctype html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class TokenPace:
    """When the words come. Seconds since the request arrived."""

    first_token: float = 0.6
    rate: float = 61.0
    """Characters a second, as a chat model writes."""
    total: float | None = None
    """When the last token comes; None: `rate` decides."""

    def slower(self, times: float) -> TokenPace:
        """The same, so many times as long."""
        total = None if self.total is None else self.total * times
        return TokenPace(self.first_token * times, self.rate / times, total)

    def times(self, tokens: list[str]) -> list[float]:
        """The time of each token: even by characters."""
        before = [0, *accumulate(map(len, tokens))][: len(tokens)]
        if self.total is None:
            a_character = 1 / max(self.rate, 0.001)
        else:
            a_character = max(self.total - self.first_token, 0.0) / max([*before[-1:], 1])
        return [round(self.first_token + count * a_character, 6) for count in before]


FOUR_PACE: Final = TokenPace(first_token=1.5, total=5.9)
"""n8n with tools, as measured: first token after 1.5 s, 5.9 s in all."""


@dataclass(frozen=True, slots=True)
class AgentStep:
    """Bytes to send."""

    at: float
    """Seconds since the request arrived."""
    data: bytes


@dataclass(frozen=True, slots=True)
class AgentScript:
    """One whole response."""

    steps: tuple[AgentStep, ...] = ()
    content_type: str = _JSON_TYPE
    status: int = 200
    headers: Mapping[str, str] | None = None
    """More headers."""
    ending: Literal["end", "cut"] = "end"
    """`cut`: the connection breaks instead of the body ending."""


def tokens_of(text: str) -> list[str]:
    """The text in pieces of one to four characters, the same ones every time."""
    sizes, tokens, at = cycle((3, 1, 4, 2, 4, 1, 2, 3)), [], 0
    while at < len(text):
        size = next(sizes)
        tokens.append(text[at : at + size])
        at += size
    return tokens


def record(kind: str, content: str | None = None, *, node: str = NODE, index: int = 0, run: int = 0) -> bytes:
    """One line of n8n's stream."""
    metadata = {"nodeId": f"id-{node}", "nodeName": node, "itemIndex": index, "runIndex": run, "timestamp": 0}
    line: dict[str, Any] = {"type": kind} | ({} if content is None else {"content": content})
    return json.dumps(line | {"metadata": metadata}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _run(text: str, pace: TokenPace, *, node: str = NODE) -> list[AgentStep]:
    """`begin`, the text's tokens, `end`."""
    tokens = tokens_of(text)
    times = pace.times(tokens)
    steps = [AgentStep(at, record("item", token, node=node)) for at, token in zip(times, tokens, strict=True)]
    return [AgentStep(0.0, record("begin", node=node)), *steps, AgentStep(_last(times, pace), record("end", node=node))]


def _last(times: list[float], pace: TokenPace) -> float:
    """When the last token comes, or the first one would have."""
    return times[-1] if times else pace.first_token


def _after(answer: DemoReply) -> dict[str, Any]:
    """What the agent wants done after its words."""
    return {"is_closing": answer.closing} | ({"action": "transfer"} if answer.transfer else {})


def _respond(answer: DemoReply, at: float) -> list[AgentStep]:
    whole = json.dumps({"output": answer.text, **_after(answer)}, ensure_ascii=False)
    kinds = (("begin", None), ("item", whole), ("end", None))
    return [AgentStep(at, record(kind, content, node=RESPONDER)) for kind, content in kinds]


def _ndjson(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """One run; a closing answer says so through the Respond-to-Webhook node."""
    run = _run(answer.text, pace)
    return AgentScript((*run, *(_respond(answer, run[-1].at) if answer.closing else ())))


def _tools(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Two empty runs while tools work, the text, then the whole answer again."""
    empty = [AgentStep(pace.first_token * part, record(kind)) for part in (0.2, 0.6) for kind in ("begin", "end")]
    run = _run(answer.text, pace)
    begin = replace(run[0], at=pace.first_token * 0.9)
    return AgentScript((*empty, begin, *run[1:], *_respond(answer, run[-1].at)))


def _four(answer: DemoReply, pace: TokenPace) -> AgentScript:
    return _tools(DemoReply(four_sentences()), FOUR_PACE)


def _events(answer: DemoReply, pace: TokenPace, write: Callable[[str], str], last: str) -> AgentScript:
    tokens = tokens_of(answer.text)
    times = pace.times(tokens)
    steps = [AgentStep(at, write(token).encode()) for at, token in zip(times, tokens, strict=True)]
    return AgentScript((*steps, AgentStep(_last(times, pace), last.encode())), _SSE_TYPE)


def _sse(answer: DemoReply, pace: TokenPace) -> AgentScript:
    closing = f"data: {json.dumps(_after(answer))}\n\n" if answer.closing else ""
    return _events(answer, pace, lambda token: f"data: {token}\n\n", closing + "data: [DONE]\n\n")


def _openai(answer: DemoReply, pace: TokenPace) -> AgentScript:
    def chunk(token: str) -> str:
        choice = {"index": 0, "delta": {"content": token}, "finish_reason": None}
        return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]}, ensure_ascii=False)}\n\n"

    return _events(answer, pace, chunk, "data: [DONE]\n\n")


def _text(answer: DemoReply, pace: TokenPace) -> AgentScript:
    tokens = tokens_of(answer.text)
    steps = tuple(AgentStep(at, token.encode()) for at, token in zip(pace.times(tokens), tokens, strict=True))
    return AgentScript(steps, _TEXT_TYPE)


def _json(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """All at once when the last token would have come."""
    at = _last(pace.times(tokens_of(answer.text)), pace)
    body = json.dumps({"output": answer.text, **_after(answer)}, ensure_ascii=False).encode()
    return AgentScript((AgentStep(at, body),))


def _gzip(answer: DemoReply, pace: TokenPace) -> AgentScript:
    whole = _json(answer, pace).steps[0]
    return AgentScript((AgentStep(whole.at, gzip.compress(whole.data, mtime=0)),), headers={"content-encoding": "gzip"})


def _error(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """The agent fails before a word."""
    return AgentScript((AgentStep(0.0, record("begin")), AgentStep(pace.first_token, record("error"))))


def _half(answer: DemoReply, pace: TokenPace) -> tuple[AgentStep, ...]:
    run = _run(answer.text, pace)
    return tuple(run[: max(2, len(run) // 2)])


def _late_error(answer: DemoReply, pace: TokenPace) -> AgentScript:
    half = _half(answer, pace)
    return AgentScript((*half, AgentStep(half[-1].at, record("error"))))


def _cut(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """The connection breaks in the middle of a line."""
    half = _half(answer, pace)
    return AgentScript((*half, AgentStep(half[-1].at, record("item", "abc")[:20])), ending="cut")


def _stall(answer: DemoReply, pace: TokenPace) -> AgentScript:
    return AgentScript((AgentStep(0.0, record("begin")), AgentStep(NEVER, record("end"))))


def _stall_late(answer: DemoReply, pace: TokenPace) -> AgentScript:
    return AgentScript((*_half(answer, pace), AgentStep(NEVER, record("end"))))


def _slow(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """One word a second."""
    words = answer.text.split(" ")
    steps = [AgentStep(pace.first_token + k, record("item", f" {word}" if k else word)) for k, word in enumerate(words)]
    return AgentScript((AgentStep(0.0, record("begin")), *steps, AgentStep(steps[-1].at, record("end"))))


def _busy(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """A tool works for twelve seconds; keepalive lines every three."""
    alive = [AgentStep(at, b'{"type":"keepalive"}\n') for at in (3.0, 6.0, 9.0)]
    run = _run(answer.text, replace(pace, first_token=12.0, total=None))
    empty = [AgentStep(0.0, record("begin")), AgentStep(pace.first_token, record("end"))]
    return AgentScript((*empty, *alive, replace(run[0], at=12.0), *run[1:]))


def _split(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """The same lines cut into seven-byte pieces, inside characters, and no newline at the end."""
    script = _ndjson(answer, pace)
    pieces = [AgentStep(step.at, part) for step in script.steps for part in _parts(step.data, 7)]
    return AgentScript((*pieces[:-1], replace(pieces[-1], data=pieces[-1].data.rstrip(b"\n"))))


def _interleaved(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """A second input item is answered at the same time."""
    steps = _run(answer.text, pace)
    other = [AgentStep(step.at, record("item", "XXX ", index=1)) for step in steps[1:-1]]
    return AgentScript((steps[0], *(step for pair in zip(steps[1:-1], other, strict=True) for step in pair), steps[-1]))


def _renamed(answer: DemoReply, pace: TokenPace) -> AgentScript:
    return AgentScript(tuple(_run(answer.text, pace, node="Agent 2")))


def _parts(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


MODES: Final[Mapping[str, Callable[[DemoReply, TokenPace], AgentScript]]] = {
    "ndjson": _ndjson,
    "tools": _tools,
    "four": _four,
    "sse": _sse,
    "openai": _openai,
    "text": _text,
    "json": _json,
    "gzip": _gzip,
    "split": _split,
    "interleaved": _interleaved,
    "renamed": _renamed,
    "slow": _slow,
    "busy": _busy,
    "error": _error,
    "late_error": _late_error,
    "stall": _stall,
    "late_stall": _stall_late,
    "cut": _cut,
    "500": lambda answer, pace: AgentScript((AgentStep(0.0, b'{"code":0,"message":"Error"}'),), status=500),
    "404": lambda answer, pace: AgentScript((AgentStep(0.0, b'{"code":404,"message":"not registered"}'),), status=404),
    "empty": lambda answer, pace: AgentScript(),
    "html": lambda answer, pace: AgentScript((AgentStep(0.0, _PAGE.encode()),), "text/html; charset=utf-8"),
}
"""How an answer may be sent, by the word that asks for it."""
