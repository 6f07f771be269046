"""The questions of a tape, asked of an agent of today on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from typer.testing import CliRunner

from ivr.call.commands import ReplyRequest
from ivr.call.events import AudioIn, ReplyDelta, TtsAudio, TtsFailed
from ivr.commands.replay import app
from ivr.replay.peers.answers import answer_of
from ivr.replay.peers.exchanges import exchanges, reply_request
from ivr.replay.peers.live import ask_again
from ivr.replay.tape import Moment, Tape, TapeError, TapeHeader
from ivr.replay.tape_file import write
from ivr.testbench.agent.app import DemoAgent, MemoryTransport, routes
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.loopback import bound, serving
from ivr.webhook.client import AgentClient
from tests.replay.taped import taped

ANSWER = "Our branches are open"


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def test_a_tape_tells_what_was_asked_of_each_peer(tape: Tape) -> None:
    found = exchanges(tape)
    agent = [one for one in found if one.leg == "agent"]
    assert [reply_request(one).text for one in agent] == ["what are your opening hours", "how much does it cost"]
    assert all(one.whole for one in agent)
    first = answer_of(agent[0].answer)
    assert first.text.startswith(ANSWER)
    assert first.first_ms == pytest.approx(300, abs=5)
    spoken = [one for one in found if one.leg == "tts"]
    assert spoken[0].request["text"].startswith(ANSWER)
    assert sum(isinstance(event, TtsAudio) for one in spoken for _, event in one.answer) > 10
    heard = [one for one in found if one.leg == "stt"]
    assert set(heard[0].request) == {"bytes", "crc", "language"}
    assert [event for _, event in heard[0].answer][-1].text == "what are your opening hours"  # type: ignore[union-attr]


def test_late_and_senseless_records_are_passed_over() -> None:
    asked = ["RequestReply", {"turn": 1, "request": "what?"}]
    moments = [
        Moment(0.0, AudioIn(0, b""), [asked, ["RequestReply", {"turn": 2, "request": {"text": 3}}], ["SendClear", {}]]),
        Moment(0.5, ReplyDelta(1, "late"), [["CloseReply", {"turn": 2}], ["ForgetTranscript", {"utterance": 9}]]),
        Moment(0.6, ReplyDelta(2, "later"), [["Note", {"name": "x"}], ["WarmUp"]]),
    ]
    (found,) = exchanges(Tape(TapeHeader("CA1"), moments))
    assert (found.closed, found.answer) == (True, [])
    with pytest.raises(ValueError, match="the request of turn 2 makes no sense"):
        reply_request(found)


def test_a_sentence_may_fail_or_be_given_up() -> None:
    moments = [
        Moment(0.0, AudioIn(0, b""), [["Speak", {"turn": 1, "sentence": 1, "text": "a"}]]),
        Moment(0.5, TtsFailed(1, 1, "timeout"), [["Speak", {"turn": 1, "sentence": 2, "text": "b"}]]),
        Moment(0.6, AudioIn(20, b""), [["CancelSpeech", {"turn": 1, "sentence": 2}]]),
    ]
    first, second = exchanges(Tape(TapeHeader("CA1"), moments))
    assert (first.whole, first.answer) == (True, [(0.5, TtsFailed(1, 1, "timeout"))])
    assert (second.whole, second.closed, second.key) == (False, True, (1, 2))


def test_an_agent_is_asked_in_a_session_of_its_own(tape: Tape) -> None:
    demo = DemoAgent(TokenPace(first_token=0.01, rate=2000.0))
    told: list[int] = []

    async def main() -> None:
        client = AgentClient(transport=MemoryTransport(demo))
        pairs = await ask_again(tape, "http://agent.example/webhook", client, lambda pair: told.append(pair.turn))
        assert [pair.same_text for pair in pairs] == [True, True]
        assert (pairs[0].now.first_ms or 0) < 300
        await client.aclose()

    asyncio.run(main())
    assert told == [1, 2]
    sessions = {str(request["session_id"]) for request in demo.recent}
    assert len(sessions) == 1
    assert sessions.pop().startswith("replay-")


@pytest.mark.parametrize(
    ("moments", "fault"),
    [
        ([], "was asked nothing"),
        ([Moment(0.0, AudioIn(0, b""), [["RequestReply", {"turn": 2, "request": {}}]])], "turn 2 makes no sense"),
    ],
)
def test_a_tape_without_questions_is_named(moments: list[Moment], fault: str) -> None:
    async def main() -> None:
        with pytest.raises(TapeError, match=fault):
            await ask_again(Tape(TapeHeader("CA1"), moments), "http://a", AgentClient(), lambda pair: None)

    asyncio.run(main())


@asynccontextmanager
async def an_agent() -> AsyncIterator[str]:
    listener = bound()
    async with serving(Starlette(routes=routes(DemoAgent(TokenPace(0.01, 2000.0)))), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"


def command(path: Path, query: str = "", *more: str) -> tuple[int, str, str]:
    async def main() -> tuple[int, str, str]:
        async with an_agent() as url:
            arguments = [str(path), "--live", f"agent={url}{query}", *more]
            done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
            return done.exit_code, done.stdout, done.stderr

    return asyncio.run(main())


@pytest.mark.live
def test_the_command_tells_the_difference(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    write(path, tape)
    code, output, _ = command(path, "", "--fail-on", "text", "--fail-on", "action")
    assert code == 0
    assert "the same words: Our branches" in output
    assert "2 of 2 answers have the same words, 2 the same action" in output
    code, output, _ = command(path, "?mode=500", "--fail-on", "action")
    assert code == 1
    assert "now: no whole answer: http_500" in output
    code, output, _ = command(path, "?mode=500")
    assert code == 0, "without --fail-on the difference is only told"
    code, output, _ = command(path, "?mode=500", "--json")
    told = json.loads(output)
    assert told["differs"] == ["action", "text"]
    assert [turn["now"]["failure"] for turn in told["turns"]] == ["http_500", "http_500"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--live", "http://a"], "ivr: --live http://a: expected agent=URL"),
        (["--live", "agent=ftp://a"], "ivr: --live agent=ftp://a: expected agent=URL"),
        (
            ["--live", "agent=http://a", "--fail-on", "words"],
            "ivr: --fail-on words: expected one of text, action, slower",
        ),
        (["--fail-on", "text"], "ivr: --fail-on says what fails a --live agent=URL"),
    ],
)
def test_bad_options_are_one_line(tape: Tape, tmp_path: Path, arguments: list[str], fault: str) -> None:
    write(tmp_path / "a.tape", tape)
    done = CliRunner().invoke(app, [str(tmp_path / "a.tape"), *arguments])
    assert done.exit_code == 2
    assert done.stderr.startswith(fault)


def test_a_cut_answer_is_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    from ivr.commands.live_agent import _show, table
    from ivr.replay.peers.answers import AgentAnswer, AnswerPair

    cut = AgentAnswer("It costs 2", 300.0, None, 3, cut=True)
    pair = AnswerPair(3, "how much", cut, AgentAnswer("No idea.", 200.0, 300.0, 1, "hang up"))
    _show(pair)
    assert "then, cut off by the caller: It costs 2" in capsys.readouterr().out
    assert [next(iter(column.cells)) for column in table([pair]).columns][:5] == ["3", "300", "200", "–", "300"]


def test_a_request_of_the_tape_is_what_was_asked(tape: Tape) -> None:
    request = reply_request(next(one for one in exchanges(tape) if one.leg == "agent"))
    assert isinstance(request, ReplyRequest)
    assert (request.turn, request.language, request.event) == (1, "en", "speech")
