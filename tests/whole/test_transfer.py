"""Transfers: last words are heard, a REST update with `<Dial>` ends the stream, and a telephone rings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from ivr.call.commands import HangUp
from ivr.config.default_phrases import PHRASES
from ivr.server.compose import REST_TIMEOUT
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.carrier import CarrierOptions
from ivr.twilio.rest import TwilioRest
from tests.support.front import ACCOUNT, AUTH, CALLED, CALLER, total
from tests.whole.world import Peers, World, call

DESK, BRANCH = "+966110000099", "+966110000098"
PERSON = "I want to speak to a person"
ASK = "hold on please"
LAST = "Thank you for calling Rimal Express. I am transferring you to a colleague now."
TRANSFERRED = HangUp("success", "agent_transfer", from_caller=True)
ASKED = (f"at 0.5 say {PERSON}", "wait")


def transferred(
    folder: Path, steps: tuple[str, ...] = ASKED, peers: Peers | None = None, to: str = f"{DESK},{BRANCH}"
) -> World:
    scenario = Scenario(from_words(list(steps)).steps, settle_ms=3000, patience_s=60)
    return call(folder, scenario, peers, IVR_GREETING="", IVR_TRANSFER_TO=to)


def handed_over(world: World) -> None:
    """Check that the last words were heard to their end, and that the carrier then dialled."""
    [(_, form)] = world.switchboard.requests
    assert f">{DESK}</Number>" in form["Twiml"]
    assert (world.record.ended, world.record.dialled) == ("carrier", [DESK])
    assert world.record.verbs == ["Connect", "Dial", "Say", "Hangup"]
    assert world.turns[-1].sentences[-1].finished
    assert (world.record.cut_ms, world.record.warnings) == (0, {})
    dialled = world.record.of("dial")[0].t
    assert -0.001 < dialled - world.record.of("agent_silent")[-1].t < 0.1


def terminations(world: World, ended: HangUp) -> float:
    return total(world.bridge.metrics, "ivr_terminations_total", result=ended.result, reason=ended.reason)


def test_agent_transfers_to_a_person(folder: Path) -> None:
    world = transferred(folder)
    handed_over(world)
    assert world.turns[0].heard == LAST
    assert world.hang_up == TRANSFERRED
    assert terminations(world, TRANSFERRED) == 1
    assert world.record.of("dialled")[0].t - world.record.of("dial")[0].t == CarrierOptions().ringing_s


@pytest.mark.parametrize("mode", ["json", "sse", "gzip", "tools"])
def test_reply_formats_that_can_transfer(folder: Path, mode: str) -> None:
    world = transferred(folder, peers=Peers(agent=f"mode={mode}"))
    handed_over(world)
    assert world.turns[0].heard == LAST


def test_caller_who_speaks_stops_the_transfer(folder: Path) -> None:
    world = transferred(folder, (f"at 0.5 say {PERSON}", f"over 700 say {ASK}", "hang up"))
    assert world.record.dialled == []
    assert [turn.outcome for turn in world.turns] == ["interrupted", "heard"]
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)


@pytest.mark.parametrize("fault", ["stt", "agent", "tts"])
def test_transfer_after_three_failed_questions(folder: Path, fault: str) -> None:
    rules = {"stt": ("stt error",), "tts": ("tts error after=0",), "agent": ()}[fault]
    peers = Peers(rules=rules, transcripts=(ASK,) * 6, agent="mode=500" if fault == "agent" else "")
    world = transferred(folder, (f"at 1.5 say {ASK}", f"say {ASK}", f"say {ASK}", "wait"), peers)
    handed_over(world)
    ended = HangUp("upstream_error", f"{fault}_unavailable_transfer", from_caller=True)
    assert world.hang_up == ended
    assert terminations(world, ended) == 1
    said = [sentence.text for turn in world.turns for sentence in turn.sentences if sentence.finished]
    assert said == [PHRASES["en"][name] for name in ("apology", "apology", "transfer")]


def test_transfer_at_once_without_tts_and_phrases(folder: Path, tmp_path: Path) -> None:
    peers = Peers(rules=("tts error after=0",), transcripts=(ASK,) * 6)
    scenario = Scenario(from_words([f"at 1.5 say {ASK}", "wait"]).steps)
    cache = str(tmp_path)
    world = call(folder, scenario, peers, prepared=False, IVR_GREETING="", IVR_TRANSFER_TO=DESK, IVR_CACHE_DIR=cache)
    assert world.hang_up == HangUp("upstream_error", "tts_unavailable_transfer", from_caller=True)
    assert world.record.dialled == [DESK]


class Carrier(httpx.AsyncBaseTransport):
    """Refuse REST updates with TwiML after a while, and accept a hang-up."""

    def __init__(self, after: float = 0.0, status: int = 400, code: int = 20001) -> None:
        self.after, self.status, self.code = after, status, code
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode()
        self.asked.append(body.partition("=")[0])
        await asyncio.sleep(self.after)
        return httpx.Response(self.status, json={"code": self.code, "message": "no", "status": self.status})

    def rest(self) -> TwilioRest:
        return TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", timeout=REST_TIMEOUT, transport=self)


@pytest.mark.parametrize("after", [0.0, 60.0])
def test_the_agent_is_told_that_the_carrier_refuses(folder: Path, after: float) -> None:
    carrier = Carrier(after)
    steps = (f"at 0.5 say {PERSON}", f"say {PERSON}", f"say {PERSON}", "wait")
    world = transferred(folder, steps, Peers(rest=carrier.rest()))
    assert world.record.dialled == []
    said = [sentence.text for turn in world.turns for sentence in turn.sentences if sentence.finished]
    names = {text: name for name, text in PHRASES["en"].items()}
    assert [names[text] for text in said if text in names][:3] == ["transfer_back"] * 3
    told = [one["transfer_result"] for one in world.asked if one["event"] == "transfer_result"]
    assert [(one["outcome"], one["to"]) for one in told] == [("refused", DESK)] * 3
    # The agent has answered each time: the call goes on until the caller hangs up.
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)
    assert carrier.asked == ["Twiml"] * 3
    assert world.record.verbs == ["Connect"]


def test_caller_hangs_up_during_the_update(folder: Path) -> None:
    carrier = Carrier(after=1.9, status=404, code=20404)
    scenario = from_words([f"at 0.5 say {PERSON}", "after 0.3 hang up"])
    world = call(folder, scenario, Peers(rest=carrier.rest()), IVR_GREETING="", IVR_TRANSFER_TO=DESK)
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)
    assert carrier.asked == ["Twiml"]
    assert world.record.ended == "caller"


def test_hang_up_on_a_line_without_a_person(folder: Path) -> None:
    world = transferred(folder, to="")
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert world.turns[0].heard == LAST
    assert world.record.verbs == ["Connect"]


@pytest.mark.parametrize(
    ("caller", "own", "shown"),
    [
        (CALLER, "", None),
        ("anonymous", "", CALLED),
        ("+266696687", "", CALLED),
        ("sip:ann@trunk.example", "", CALLED),
        ("client:ann", "+966110000055", "+966110000055"),
    ],
)
def test_dial_shows_a_number_where_the_caller_has_none(folder: Path, caller: str, own: str, shown: str | None) -> None:
    scenario = Scenario(from_words(list(ASKED)).steps, settle_ms=3000, patience_s=60)
    peers = Peers(caller=caller)
    world = call(folder, scenario, peers, IVR_GREETING="", IVR_TRANSFER_TO=DESK, IVR_CALLER_ID=own)
    assert world.hang_up == TRANSFERRED
    [(_, form)] = world.switchboard.requests
    dial = ElementTree.fromstring(form["Twiml"]).find("Dial")
    assert dial is not None
    assert dial.get("callerId") == shown


@pytest.mark.parametrize(("status", "code", "word"), [(404, 20404, "TWILIO_REGION"), (401, 20003, "TWILIO_API_KEY")])
def test_a_refusal_of_the_carrier_says_what_to_set(
    folder: Path, caplog: pytest.LogCaptureFixture, status: int, code: int, word: str
) -> None:
    carrier = Carrier(after=0.1, status=status, code=code)
    transferred(folder, (f"at 0.5 say {PERSON}", "wait"), Peers(rest=carrier.rest()))
    told = [record.__dict__["problem"] for record in caplog.records if record.getMessage() == "rest_failed"]
    assert told
    assert all(word in problem for problem in told)
