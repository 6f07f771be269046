"""A call to a bridge that runs elsewhere, on real sockets."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.observe.recent_calls import CallSnapshot, encode
from ivr.server.app import create_app
from ivr.testbench import tts
from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.call import (
    NO_ANSWER,
    NO_DOOR,
    NO_STREAM,
    OTHER_CLOCK,
    STILL_THERE,
    asking,
    owed_at,
    ring,
    told_of,
)
from ivr.testbench.demo import loopback, ready
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import PACE, Mock
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario, from_toml, from_words
from tests.support import live


async def called(mock: Mock, script: Scenario, out: Path, text: io.StringIO) -> dict[str, Any]:
    """A call at a developer's bridge."""
    async with mock.serving() as peer:
        listener = bound()
        port = listener.getsockname()[1]
        more = {"IVR_DEV": "true", "IVR_TWILIO_REST_URL": "", "IVR_LANGUAGE": "en"}
        async with serving(create_app(loopback(peer, port, out, f"AC{0:032x}", "none", more)), listener):
            with mock.hurrying():
                await ready(f"http://127.0.0.1:{port}")
            return await ring(f"http://127.0.0.1:{port}/voice", script, Console(file=text, width=200), out=out / "call")


@pytest.mark.live
def test_a_developer_s_bridge_tells_what_was_said(tmp_path: Path) -> None:
    text, script = io.StringIO(), from_words(["press 1", "after 1 hang up"])
    found = live.run(called(Mock(voice="tone", speed=20.0), script, tmp_path, text))
    greeting, keys = found["turns"]
    assert "welcome" in greeting["heard"]
    assert (keys["transcript"], keys["outcome"], found["unmet"]) == ("1", "heard", [])
    assert "From the caller's last word" in text.getvalue()
    assert json.loads((tmp_path / "call" / "call.json").read_text("utf-8")) == found
    assert "Turn 1: keypad" in (tmp_path / "call" / "call.html").read_text("utf-8")


@pytest.mark.live
def test_a_filler_is_neither_an_answer_nor_in_one(tmp_path: Path) -> None:
    expected = '[expect]\nunderruns = 0\n[[step]]\npress = "1"\n[step.expect]\nanswer_ms = 5000\n'
    script, text = from_toml(expected + "[[step]]\nhang_up = true\nat_s = 18\n"), io.StringIO()
    mock = Mock(voice="tone")
    mock.agent = DemoAgent(replace(PACE, first_token=8.0))
    found = live.run(called(mock, script, tmp_path, text))
    keys = found["turns"][1]
    assert keys["sound_ms"] < 5000
    assert keys["answer_ms"] > 8000
    assert [line.partition(", got")[0] for line in found["unmet"]] == [
        "step 1 (press 1): answer_ms: expected at most 5000"
    ]


@pytest.mark.live
def test_dead_agent_is_no_green_run(tmp_path: Path) -> None:
    """Three questions, three apologies, and the bridge says farewell: nothing of it is an answer."""
    script, text = from_words(["press 1", "press 2", "press 3", "press 4"]), io.StringIO()
    mock = Mock(voice="tone", speed=20.0)
    mock.agent = DemoAgent(mode="500")
    found = live.run(called(mock, script, tmp_path, text))
    assert (found["ended_by"], found["result"]) == ("agent", "upstream_error")
    assert [(turn["answer_ms"], turn["answered"], turn["failure"]) for turn in found["turns"][1:]] == [
        (None, False, "http_500")
    ] * 3
    assert all(turn["sound_ms"] is not None for turn in found["turns"][1:])
    ended, not_played, *questions = found["unmet"]
    assert ended == "the call ended in upstream_error: agent_unavailable"
    assert not_played == "not played, because the call was over: step 4 (press 4)"
    assert [line.partition("; ")[0] for line in questions] == [
        f"step {number} (press {number}): no answer: http_500" for number in (1, 2, 3)
    ]
    assert "FAILED: the bridge hung up (upstream_error, agent_unavailable)" in text.getvalue()
    allowed = from_toml('[expect]\nresult = "upstream_error"\n' + '[[step]]\npress = "1"\n' * 4)
    assert live.run(called(mock, allowed, tmp_path, text))["unmet"] == []


@pytest.mark.live
@pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")
def test_the_example_of_what_may_be_expected(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "developing.md").read_text("utf-8")
    (example,) = (block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[expect]" in block)
    text, script = io.StringIO(), from_toml(example)
    found = live.run(called(Mock(script=[line.lower() for line in script.texts]), script, tmp_path, text))
    assert found["unmet"] == [], text.getvalue()
    strict = from_toml(example.replace("3500  ", "1  "))
    assert live.run(called(Mock(script=script.texts), strict, tmp_path, text))["unmet"] != []
    assert "NOT AS EXPECTED: the call: silence_ms: expected at most 1, got" in text.getvalue()


@pytest.mark.live
def test_calling_where_nobody_answers(tmp_path: Path) -> None:
    text = io.StringIO()
    script = from_words(["at 0 press 1", "hang up"])
    console = Console(file=text, width=200)
    record = live.run(ring("http://127.0.0.1:9/voice", script, console, out=tmp_path))
    assert record["ended_by"] == "refused"
    assert "refused: nothing listens there: POST http://127.0.0.1:9/voice: no connection" in text.getvalue()
    assert "check: that the bridge runs" in text.getvalue()
    assert "underruns" not in text.getvalue()
    assert (tmp_path / "call.html").exists()


@pytest.mark.live
def test_a_bridge_that_is_called_may_ask_the_carrier_s_rest_api(tmp_path: Path) -> None:
    """The voice request is answered by a bridge that asks for the call over REST first."""
    from ivr.twilio.rest import TwilioRest

    async def main() -> dict[str, Any]:
        spare, listener = bound(), bound()
        port = spare.getsockname()[1]
        spare.close()
        outcomes = []

        async def voice(request: Request) -> Response:
            form = parse_qs((await request.body()).decode())
            rest = TwilioRest(f"AC{0:032x}", "none", base_url=f"http://127.0.0.1:{port}")
            outcomes.append(await rest.redirect(form["CallSid"][0], twiml="<Response/>"))
            await rest.aclose()
            return Response("<Response><Dial>+1</Dial></Response>", media_type="text/xml")

        async with serving(Starlette(routes=[Route("/voice", voice, methods=["POST"])]), listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/voice"
            console = Console(file=io.StringIO())
            record = await ring(url, from_words(["wait"]), console, rest=port)
        assert outcomes == ["gone"]  # 21220: the call is not in progress yet
        return record

    assert live.run(main())["transfer"] == ["+1"]


@pytest.mark.live
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([202, 202, CallSnapshot(0.5, "success", "over")], CallSnapshot(0.5, "success", "over")),
        ([202] * 9, STILL_THERE),
        ([404], NO_DOOR),
        ([200], NO_ANSWER),
        ([CallSnapshot(500.0, "success", "another machine's clock")], OTHER_CLOCK),
    ],
    ids=["later", "never", "no such door", "something else", "elsewhere"],
)
def test_what_the_bridge_tells(answers: list[int | CallSnapshot], told: CallSnapshot | str) -> None:
    left = iter(answers)

    async def door(_: Request) -> Response:
        answer = next(left)
        return Response("no JSON", answer) if isinstance(answer, int) else Response(encode(answer))

    async def main() -> CallSnapshot | str:
        listener = bound()
        async with serving(Starlette(routes=[Route("/calls/CA1", door)]), listener):
            return await told_of(PhoneRecord(t0=0.4), f"http://127.0.0.1:{listener.getsockname()[1]}/calls/CA1")

    assert live.run(main()) == told


@pytest.mark.live
def test_where_nobody_is_nobody_tells() -> None:
    assert live.run(told_of(PhoneRecord(t0=0.4), "http://127.0.0.1:9/calls/CA1")) == NO_ANSWER
    assert live.run(told_of(PhoneRecord(), "http://127.0.0.1:9/calls/CA1")) == NO_STREAM


@pytest.mark.live
def test_bridge_tells_whether_it_owes_an_answer() -> None:
    answers = iter([(202, CallSnapshot(0.5, owes=True)), (202, CallSnapshot(0.5)), (404, None), (202, None)])

    async def door(_: Request) -> Response:
        status, snapshot = next(answers)
        return Response("no JSON" if snapshot is None else encode(snapshot), status)

    async def main() -> list[bool | None]:
        listener, record = bound(), PhoneRecord(call_sid="CA1", t0=0.4)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/voice"
        async with serving(Starlette(routes=[Route("/calls/CA1", door)]), listener), asking() as client:
            # Before the agent is heard, nothing is asked.
            found = [await owed_at(client, record, url)]
            record.runs = [PlayedRun(0, 8000, 0)]
            return found + [await owed_at(client, record, url) for _ in range(4)]

    assert live.run(main()) == [False, True, False, None, None]


@pytest.mark.live
def test_caller_waits_behind_a_filler_for_the_answer(tmp_path: Path) -> None:
    text, script = io.StringIO(), from_words(["press 1", "press 2", "hang up"])
    mock = Mock(voice="tone")
    mock.agent = DemoAgent(replace(PACE, first_token=6.0))
    found = live.run(called(mock, script, tmp_path, text))
    assert [turn["answered"] for turn in found["turns"][1:]] == [True, True]
    assert all(turn["sound_ms"] < 6000 < turn["answer_ms"] for turn in found["turns"][1:])
    assert found["unmet"] == []
