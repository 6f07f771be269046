"""How the demo agent's answers are sent: every mode is read by the bridge's own parser."""

from __future__ import annotations

import json

import pytest

from ivr.testbench.agent.conversation import DemoReply, four_sentences
from ivr.testbench.agent.script import FOUR_PACE, MODES, NEVER, AgentScript, TokenPace, record, tokens_of
from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.formats.parts import Closing, Delta, Failure, Piece
from ivr.webhook.http.content_encoding import Inflater

ANSWER = DemoReply("وصلت شحنتك. It is here, 25 kilos.", closing=True)
PACE = TokenPace(first_token=0.5, rate=50)


def read(script: AgentScript, agent_node: str | None = None) -> list[Piece]:
    stream = ReplyStream(script.content_type, agent_node)
    inflater = Inflater((script.headers or {}).get("content-encoding", ""))
    pieces = [piece for step in script.steps for piece in stream.feed(inflater.feed(step.data))]
    return pieces + stream.finish()


def words(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta))


def faults(pieces: list[Piece]) -> list[str]:
    return [piece.reason for piece in pieces if isinstance(piece, Failure)]


@pytest.mark.parametrize("mode", ["ndjson", "tools", "sse", "openai", "text", "json", "gzip", "split", "slow", "busy"])
def test_modes_with_a_whole_answer(mode: str) -> None:
    pieces = read(MODES[mode](ANSWER, PACE))
    assert (words(pieces), faults(pieces)) == (ANSWER.text, [])


@pytest.mark.parametrize("mode", ["ndjson", "tools", "sse", "json", "gzip", "split"])
def test_modes_that_can_close(mode: str) -> None:
    assert Closing() in read(MODES[mode](ANSWER, PACE))
    assert Closing() not in read(MODES[mode](DemoReply("hi"), PACE))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("error", "agent_error"), ("html", "html"), ("empty", None), ("stall", None)],
)
def test_modes_without_words(mode: str, reason: str | None) -> None:
    pieces = read(MODES[mode](ANSWER, PACE))
    assert (words(pieces), faults(pieces)) == ("", [reason] if reason else [])


@pytest.mark.parametrize(
    ("mode", "reasons"), [("late_error", ["agent_error"]), ("cut", ["bad_line"]), ("late_stall", [])]
)
def test_modes_with_half_an_answer(mode: str, reasons: list[str]) -> None:
    pieces = read(MODES[mode](ANSWER, PACE))
    assert 0 < len(words(pieces)) < len(ANSWER.text)
    assert ANSWER.text.startswith(words(pieces))
    assert faults(pieces) == reasons


def test_interleaved_item_is_not_spoken() -> None:
    script = MODES["interleaved"](ANSWER, PACE)
    assert b"XXX" in b"".join(step.data for step in script.steps)
    assert words(read(script)) == ANSWER.text


def test_renamed_node_is_still_spoken() -> None:
    pieces = read(MODES["renamed"](ANSWER, PACE), "Voice Agent")
    assert (words(pieces), faults(pieces)) == (ANSWER.text, ["agent_node_missing"])


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("404", 404), ("ndjson", 200)])
def test_status_of_http_errors(mode: str, status: int) -> None:
    assert MODES[mode](ANSWER, PACE).status == status


def test_times_never_go_back() -> None:
    for answer in (ANSWER, DemoReply("a"), DemoReply("")):
        times = {mode: [step.at for step in write(answer, PACE).steps] for mode, write in MODES.items()}
        assert [mode for mode, ats in times.items() if ats != sorted(ats)] == []
        assert [mode for mode, ats in times.items() if not all(0 <= at <= NEVER for at in ats)] == []


def test_four_sentences_at_the_measured_times() -> None:
    script = MODES["four"](ANSWER, PACE)
    assert words(read(script)) == four_sentences()
    items = [step for step in script.steps if b'"content"' in step.data and b"Respond" not in step.data]
    assert items[0].at == FOUR_PACE.first_token == 1.5
    assert items[-1].at == FOUR_PACE.total == 5.9
    respond = json.loads(script.steps[-2].data)
    assert json.loads(respond["content"])["output"] == four_sentences()


def test_token_pace() -> None:
    assert TokenPace(1.0, 10.0).times(["ab", "c", "d"]) == [1.0, 1.2, 1.3]
    assert TokenPace(1.0, 10.0, total=2.0).times(["ab", "cd", "e"]) == [1.0, 1.5, 2.0]
    assert TokenPace(1.0, 10.0, total=0.5).times(["ab", "c"]) == [1.0, 1.0]
    assert TokenPace(1.0, total=3.0).times(["ab"]) == [1.0]
    assert TokenPace(1.0, 0.0).times([]) == []


def test_slow_is_one_word_a_second() -> None:
    steps = MODES["slow"](DemoReply("one two three"), PACE).steps[1:-1]
    assert [step.at for step in steps] == [0.5, 1.5, 2.5]


def test_tokens_are_small_and_whole() -> None:
    tokens = tokens_of(ANSWER.text)
    assert "".join(tokens) == ANSWER.text
    assert [len(token) for token in tokens_of("x" * 21)] == [3, 1, 4, 2, 4, 1, 2, 3, 1]


def test_busy_sends_a_keepalive_every_three_seconds() -> None:
    steps = MODES["busy"](ANSWER, PACE).steps
    assert [step.at for step in steps if b"keepalive" in step.data] == [3.0, 6.0, 9.0]


def test_record_is_a_line_of_n8n() -> None:
    assert json.loads(record("end")) == {
        "type": "end",
        "metadata": {
            "nodeId": "id-Voice Agent",
            "nodeName": "Voice Agent",
            "itemIndex": 0,
            "runIndex": 0,
            "timestamp": 0,
        },
    }


def test_slower_pace_stretches_every_time() -> None:
    assert TokenPace(0.5, 50).slower(2) == TokenPace(1.0, 25)
    assert TokenPace(0.5, 50, 3.0).slower(2) == TokenPace(1.0, 25, 6.0)
