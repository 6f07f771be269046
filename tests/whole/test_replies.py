"""An agent that repeats itself, loses separators or hides its wishes: the caller hears the answer once and whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ivr.testbench.agent.script import MODES, AgentScript, AgentStep
from tests.whole.world import QUESTION, Peers, call

TOKENS = ("Your parcel", " is in Riyadh.", " You can", " collect it.")
SAID = ["Your parcel is in Riyadh.", "You can collect it."]
SO_FAR = ["".join(TOKENS[: count + 1]) for count in range(len(TOKENS))]
WHOLE = SO_FAR[-1]


def lines(*records: Any) -> list[bytes]:
    return [json.dumps(record).encode() + b"\n" for record in records]


ROWS: list[tuple[str, str, list[bytes]]] = [
    ("deltas, then the whole", "application/x-ndjson", lines(*({"text": t} for t in TOKENS), {"text": WHOLE})),
    ("glued", "application/json", [line.strip() for line in lines(*({"text": t} for t in TOKENS), {"output": WHOLE})]),
    ("the text so far", "text/event-stream", [b"data: " + line + b"\n" for line in lines(*SO_FAR)]),
    ("the question first", "application/json",
     lines({"sender": "user", "text": "Where?"}, {"sender": "bot", "text": WHOLE})),
    ("an object, then words", "text/plain", [b'{"next": "tracking"}\n', WHOLE.encode()]),
    ("events ended by CR", "text/plain",
     [b"id: 1\r", *(b"data: " + line.strip() + b"\r\r" for line in lines(*TOKENS))]),
    ("JSON over lines", "application/json", [b'{\n"output":\n', json.dumps(WHOLE).encode(), b"\n}\n"]),
    ("a frame", "text/html", [b'<iframe srcdoc="<p>', WHOLE.encode(), b'</p>"></iframe>']),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "parts"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_reply_is_heard_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content_type: str, parts: list[bytes]
) -> None:
    script = AgentScript(tuple(AgentStep(0.3 + 0.1 * n, part) for n, part in enumerate(parts)), content_type)
    monkeypatch.setitem(MODES, "raw", lambda *_: script)
    world = call(folder, [f"say {QUESTION}", "hang up"], Peers(agent="mode=raw"))
    assert [sentence.text for sentence in world.sentences()] == SAID
    assert [turn.outcome for turn in world.turns] == ["heard", "heard"]


def test_a_wish_inside_a_string_ends_the_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"output": json.dumps({"text": "Goodbye now.", "is_closing": True})}).encode()
    monkeypatch.setitem(MODES, "raw", lambda *_: AgentScript((AgentStep(0.3, body),)))
    world = call(folder, [f"say {QUESTION}", "wait"], Peers(agent="mode=raw"))
    assert [sentence.text for sentence in world.sentences()] == ["Goodbye now."]
    assert world.hang_up is not None
    assert world.hang_up.reason == "agent_goodbye"
