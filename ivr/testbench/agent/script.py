"""Write the demo agent's answer as bytes with their times, in every format and with every fault.

An `AgentScript` says what is sent when. A live front and an in-memory front perform it. The default format is n8n's
stream: a `begin` line, tokens of one to four characters, `end`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, cycle
from typing import Any, Final, Literal

from ivr.testbench.agent.conversation import DemoReply, four_sentences

NODE: Final = "Voice Agent"
RESPONDER: Final = "Respond to Webhook"
NEVER: Final = 3600.0
"""Seconds after which a stalled script would go on."""

_JSON_TYPE: Final = "application/json; charset=utf-8"
_SSE_TYPE: Final = "text/event-stream; charset=utf-8"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_PAGE: Final = "<!doctype html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class TokenPace:
    """Hold when the tokens come, in seconds since the request arrived."""

    first_token: float = 0.6
    rate: float = 61.0
    """Characters a second, as a chat model writes them."""
    total: float | None = None
    """Time of the last token; None: `rate` decides."""

    def slower(self, times: float) -> TokenPace:
        """Return the same pace, `times` times as long."""
        total = None if self.total is None else self.total * times
        return TokenPace(self.first_token * times, self.rate / times, total)

    def times(self, tokens: list[str]) -> list[float]:
        """Return the time of each token, even by characters."""
        # A token comes when the characters before it were written.
        before = [0, *accumulate(map(len, tokens))][: len(tokens)]
        if self.total is None:
            a_character = 1 / max(self.rate, 0.001)
        else:
            a_character = max(self.total - self.first_token, 0.0) / max([*before[-1:], 1])
        return [round(self.first_token + count * a_character, 6) for count in before]


FOUR_PACE: Final = TokenPace(first_token=1.5, total=5.9)
"""Pace of n8n with tools, from a published log: first token after 1.5 s, 5.9 s in all."""


@dataclass(frozen=True, slots=True)
class AgentStep:
    """Hold bytes to send."""

    at: float
    """Time to send them, in seconds since the request arrived."""
    data: bytes


@dataclass(frozen=True, slots=True)
class AgentScript:
    """Hold one whole response."""

    steps: tuple[AgentStep, ...] = ()
    content_type: str = _JSON_TYPE
    status: int = 200
    headers: Mapping[str, str] | None = None
    """Further headers."""
    ending: Literal["end", "cut"] = "end"
    """`cut`: the connection breaks instead of the body ending."""


def tokens_of(text: str) -> list[str]:
    """Return the text in tokens of one to four characters, the same ones every time."""
    # The cuts ignore words, as the tokens of a language model do.
    sizes, tokens, at = cycle((3, 1, 4, 2, 4, 1, 2, 3)), [], 0
    while at < len(text):
        size = next(sizes)
        tokens.append(text[at : at + size])
        at += size
    return tokens


def record(kind: str, content: str | None = None, *, node: str = NODE, index: int = 0, run: int = 0) -> bytes:
    """Return one line of n8n's stream."""
    # n8n leaves out the content of `begin` and `end`. Characters are not escaped, so a line may be cut inside one.
    metadata = {"nodeId": f"id-{node}", "nodeName": node, "itemIndex": index, "runIndex": run, "timestamp": 0}
    line: dict[str, Any] = {"type": kind} | ({} if content is None else {"content": content})
    return json.dumps(line | {"metadata": metadata}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _timed(text: str, pace: TokenPace, write: Callable[[str], bytes]) -> list[AgentStep]:
    """Return the tokens of a text at their times, each as `write` writes it."""
    tokens = tokens_of(text)
    return [AgentStep(at, write(token)) for at, token in zip(pace.times(tokens), tokens, strict=True)]


def _run(text: str, pace: TokenPace, *, node: str = NODE) -> list[AgentStep]:
    """Return one run of an agent node: `begin`, the tokens of the text, `end`."""
    steps = _timed(text, pace, lambda token: record("item", token, node=node))
    return [AgentStep(0.0, record("begin", node=node)), *steps, AgentStep(_last(steps, pace), record("end", node=node))]


def _last(steps: list[AgentStep], pace: TokenPace) -> float:
    """Return the time of the last token, or of the first one when there is none."""
    return steps[-1].at if steps else pace.first_token


def _after(answer: DemoReply) -> dict[str, Any]:
    """Return what the agent wants done after its answer."""
    wanted: dict[str, Any] = {"action": "voicemail"} if answer.message else {}
    if answer.transfer:
        wanted = {"action": "transfer", **answer.how}
    return {"is_closing": answer.closing} | wanted | ({"actions": list(answer.actions)} if answer.actions else {})


def _respond(answer: DemoReply, at: float) -> list[AgentStep]:
    """Return the Respond-to-Webhook node: n8n repeats the whole answer there, as a JSON string inside an item."""
    whole = json.dumps({"output": answer.text, **_after(answer)}, ensure_ascii=False)
    kinds = (("begin", None), ("item", whole), ("end", None))
    return [AgentStep(at, record(kind, content, node=RESPONDER)) for kind, content in kinds]


def _ndjson(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send one run. Only the Respond-to-Webhook node can say what is to be done after the answer."""
    run = _run(answer.text, pace)
    return AgentScript((*run, *(_respond(answer, run[-1].at) if answer.asks else ())))


def _tools(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send two empty runs while tools work, the text, then the whole answer again."""
    # n8n begins and ends a run for each call of the language model, not for each reply.
    empty = [AgentStep(pace.first_token * part, record(kind)) for part in (0.2, 0.6) for kind in ("begin", "end")]
    run = _run(answer.text, pace)
    begin = replace(run[0], at=pace.first_token * 0.9)
    return AgentScript((*empty, begin, *run[1:], *_respond(answer, run[-1].at)))


def _events(answer: DemoReply, pace: TokenPace, write: Callable[[str], str], closing: str = "") -> AgentScript:
    """Send server-sent events: the tokens, and `closing` before the last event when the answer closes."""
    steps = _timed(answer.text, pace, lambda token: f"data: {write(token)}\n\n".encode())
    last = (f"data: {closing}\n\n" if answer.asks and closing else "") + "data: [DONE]\n\n"
    return AgentScript((*steps, AgentStep(_last(steps, pace), last.encode())), _SSE_TYPE)


def _openai_chunk(token: str) -> str:
    """Return one chunk of a chat completion, as OpenAI's interface streams it."""
    choice = {"index": 0, "delta": {"content": token}, "finish_reason": None}
    return json.dumps({"object": "chat.completion.chunk", "choices": [choice]}, ensure_ascii=False)


def _json(answer: DemoReply, pace: TokenPace, *, compressed: bool = False) -> AgentScript:
    """Send all at once, when the last token would have come."""
    at = _last(_timed(answer.text, pace, str.encode), pace)
    body = json.dumps({"output": answer.text, **_after(answer)}, ensure_ascii=False).encode()
    if compressed:
        return AgentScript((AgentStep(at, gzip.compress(body, mtime=0)),), headers={"content-encoding": "gzip"})
    return AgentScript((AgentStep(at, body),))


def _broken(
    answer: DemoReply, pace: TokenPace, data: bytes, *, at: float | None = None, ending: Literal["end", "cut"] = "end"
) -> AgentScript:
    """Send half of a run, then `data` (at once, or at `at`)."""
    run = _run(answer.text, pace)
    half = run[: max(2, len(run) // 2)]
    return AgentScript((*half, AgentStep(half[-1].at if at is None else at, data)), ending=ending)


def _slow(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send one word a second."""
    words = answer.text.split(" ")
    steps = [AgentStep(pace.first_token + k, record("item", f" {word}" if k else word)) for k, word in enumerate(words)]
    return AgentScript((AgentStep(0.0, record("begin")), *steps, AgentStep(steps[-1].at, record("end"))))


def _busy(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send nothing but keepalive lines, one in three seconds, while a tool works for twelve."""
    alive = [AgentStep(at, b'{"type":"keepalive"}\n') for at in (3.0, 6.0, 9.0)]
    run = _run(answer.text, replace(pace, first_token=12.0, total=None))
    empty = [AgentStep(0.0, record("begin")), AgentStep(pace.first_token, record("end"))]
    return AgentScript((*empty, *alive, replace(run[0], at=12.0), *run[1:]))


def _split(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send the same lines in parts of seven bytes, cut inside characters, and no newline at the end."""
    steps = _ndjson(answer, pace).steps
    parts = [AgentStep(step.at, step.data[at : at + 7]) for step in steps for at in range(0, len(step.data), 7)]
    return AgentScript((*parts[:-1], replace(parts[-1], data=parts[-1].data.rstrip(b"\n"))))


def _interleaved(answer: DemoReply, pace: TokenPace) -> AgentScript:
    """Send the answer to a second input item at the same time: n8n's agent node works on all its items at once."""
    begin, *items, end = _run(answer.text, pace)
    other = [AgentStep(step.at, record("item", "XXX ", index=1)) for step in items]
    return AgentScript((begin, *(step for pair in zip(items, other, strict=True) for step in pair), end))


MODES: Final[Mapping[str, Callable[[DemoReply, TokenPace], AgentScript]]] = {
    "ndjson": _ndjson,
    "tools": _tools,
    "four": lambda answer, pace: _tools(DemoReply(four_sentences()), FOUR_PACE),
    "sse": lambda answer, pace: _events(answer, pace, str, json.dumps(_after(answer))),
    "openai": lambda answer, pace: _events(answer, pace, _openai_chunk),
    "text": lambda answer, pace: AgentScript(tuple(_timed(answer.text, pace, str.encode)), _TEXT_TYPE),
    "json": _json,
    "gzip": lambda answer, pace: _json(answer, pace, compressed=True),
    "split": _split,
    "interleaved": _interleaved,
    "renamed": lambda answer, pace: AgentScript(tuple(_run(answer.text, pace, node="Agent 2"))),
    "slow": _slow,
    "busy": _busy,
    # n8n reports an error in the stream: the status stays 200, and the line may have no text.
    "error": lambda answer, pace: AgentScript(
        (AgentStep(0.0, record("begin")), AgentStep(pace.first_token, record("error")))
    ),
    "late_error": lambda answer, pace: _broken(answer, pace, record("error")),
    "stall": lambda answer, pace: AgentScript((AgentStep(0.0, record("begin")), AgentStep(NEVER, record("end")))),
    "late_stall": lambda answer, pace: _broken(answer, pace, record("end"), at=NEVER),
    # The connection breaks in the middle of a line.
    "cut": lambda answer, pace: _broken(answer, pace, record("item", "abc")[:20], ending="cut"),
    "500": lambda answer, pace: AgentScript((AgentStep(0.0, b'{"code":0,"message":"Error"}'),), status=500),
    "404": lambda answer, pace: AgentScript((AgentStep(0.0, b'{"code":404,"message":"not registered"}'),), status=404),
    "empty": lambda answer, pace: AgentScript(),
    "html": lambda answer, pace: AgentScript((AgentStep(0.0, _PAGE.encode()),), "text/html; charset=utf-8"),
}
"""Ways to send an answer, by the name that a request gives."""
