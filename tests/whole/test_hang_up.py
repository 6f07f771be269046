"""Calls that end at every stage and in every way. `world` checks that nothing is left of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from ivr.call.commands import HangUp
from ivr.call.events import CallStarted
from ivr.config.default_phrases import PHRASES
from ivr.server.compose import REST_TIMEOUT
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.virtual_time import VirtualLoop
from ivr.twilio.rest import TwilioRest
from tests.support.front import ACCOUNT, AUTH, Front
from tests.whole.world import QUESTION, Peers, World, call

ASK = "hold on please"
ENDINGS = {
    "stop": HangUp("success", "caller_stop", from_caller=True),
    "stop_open": HangUp("success", "caller_stop", from_caller=True),
    "close": HangUp("indeterminate", "caller_closed", from_caller=True),
    "drop": HangUp("indeterminate", "caller_dropped", from_caller=True),
}
STAGES = [
    ("before a word, links opening", [], 0.4),
    ("listening", [], 1.6),
    ("the utterance may go on", ["at 0.5 say {ASK}"], 1.6),
    ("STT works", ["at 0.5 say {ASK}"], 2.3),
    ("the agent is asked", ["at 0.5 say {ASK}"], 2.85),
    ("TTS is asked", ["at 0.5 say {ASK}"], 3.2),
    ("the answer is heard", ["at 0.5 say {ASK}"], 4.0),
    ("the answer was heard", ["at 0.5 say {ASK}"], 7.0),
    ("an interruption is judged", ["at 0.5 say {ASK}", "over 700 say ahem"], 4.4),
]
"""Stage, steps of the caller before it, seconds since the call began."""


def clean(world: World, ending: HangUp, at: float) -> None:
    """Check that the call ended for this reason, at once, without a hang-up by REST."""
    assert world.hang_up == ending
    assert world.ended_at - at < 0.1
    assert world.switchboard.requests == []


@pytest.mark.parametrize("how", ["stop", "stop_open", "close", "drop"])
@pytest.mark.parametrize(("steps", "at"), [row[1:] for row in STAGES], ids=[row[0] for row in STAGES])
def test_caller_hangs_up_at_every_stage(folder: Path, steps: list[str], at: float, how: str) -> None:
    world = call(folder, [*(step.format(ASK=ASK) for step in steps), f"at {at} hang up {how}"], IVR_GREETING="")
    [left] = world.record.of("hang_up")
    clean(world, ENDINGS[how], left.t)
    assert world.record.ended == "caller"
    assert world.record.verbs == ["Connect"]


@pytest.mark.parametrize("how", ["stop", "close", "drop"])
def test_caller_hangs_up_on_the_applications_socket(folder: Path, how: str) -> None:
    steps = [f"at 0.5 say {ASK}", f"over 700 hang up {how}"]
    world = call(folder, steps, Peers(sockets=True), IVR_GREETING="")
    [left] = world.record.of("hang_up")
    clean(world, ENDINGS[how], left.t)


@pytest.mark.parametrize("at", [0.05, 0.9, 1.3, 2.2, 3.1, 4.1])
@pytest.mark.parametrize("how", ["close", "drop"])
def test_socket_ends_without_stop(folder: Path, how: str, at: float) -> None:
    async def during(world: World) -> None:
        if len(world.phones) > 1:
            return
        await asyncio.sleep(at)
        if how == "close":
            await world.phones[0].close(1001)
        else:
            world.phones[0].drop()

    world = call(folder, [f"at 0.5 say {ASK}", "at 20 hang up"], during=during, IVR_GREETING="")
    # The carrier asks how to go on, and the call has another stream.
    assert world.ends == [ENDINGS[how], ENDINGS["stop"]]
    assert world.record.verbs == ["Connect", "Redirect", "Connect"]
    assert world.switchboard.requests == []


@pytest.mark.parametrize("at", [1.0, 2.2, 4.1])
def test_half_open_socket_ends_without_media(folder: Path, at: float) -> None:
    async def during(world: World) -> None:
        await asyncio.sleep(at)
        world.left_at = asyncio.get_running_loop().time()
        world.phones[0].cut()

    world = call(folder, [f"at 0.5 say {ASK}", "at 20 hang up drop"], Peers(cut=True), during=during, IVR_GREETING="")
    assert world.hang_up == HangUp("indeterminate", "no_media")
    assert world.ended_at - world.left_at == pytest.approx(10, abs=0.1)
    assert world.switchboard.requests == []


@pytest.mark.parametrize(
    ("told", "ending"),
    [
        ({"CallStatus": "completed"}, HangUp("success", "caller_stop", from_caller=True)),
        ({"CallStatus": "failed"}, HangUp("success", "caller_stop", from_caller=True)),
        ({"StreamEvent": "stream-stopped"}, HangUp("indeterminate", "caller_closed", from_caller=True)),
        ({"StreamEvent": "stream-error"}, HangUp("indeterminate", "caller_closed", from_caller=True)),
        ({"StreamEvent": "stream-stopped", "StreamSid": "MZ0"}, None),
        ({"StreamEvent": "stream-started"}, None),
        ({"CallStatus": "in-progress"}, None),
    ],
)
def test_carrier_s_word_ends_a_half_open_socket(folder: Path, told: dict[str, str], ending: HangUp | None) -> None:
    async def during(world: World) -> None:
        await asyncio.sleep(2.2)
        world.phones[0].cut()
        world.left_at = asyncio.get_running_loop().time()
        started = world.happenings[0][1]
        assert isinstance(started, CallStarted)
        front = Front(world.bridge)
        form = {"CallSid": started.call_id, "StreamSid": started.stream_id, **told}
        assert (await front.post("/status", form)).status_code == 204
        await front.aclose()

    world = call(folder, [f"at 0.5 say {ASK}", "at 20 hang up drop"], Peers(cut=True), during=during, IVR_GREETING="")
    assert world.hang_up == (ending or HangUp("indeterminate", "no_media"))
    assert (world.ended_at - world.left_at < 0.1) == (ending is not None)


@pytest.mark.parametrize("seconds", [3, 12, 55])
@pytest.mark.parametrize("at", [0.55, 1.0, 2.2, 2.87, 4.1, 7.5])
def test_process_that_stands_still_goes_on(folder: Path, at: float, seconds: int) -> None:
    """A machine that was paused: what is late is its own fault, and not the phone's, which was there all the time."""

    async def during(world: World) -> None:
        await asyncio.sleep(at)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.advance(seconds)

    world = call(folder, [f"at 0.5 say {ASK}", f"at {seconds + 12} hang up"], during=during, IVR_GREETING="")
    assert world.hang_up == HangUp("success", "caller_stop", from_caller=True)


def test_phone_that_stops_reading(folder: Path) -> None:
    async def during(world: World) -> None:
        await asyncio.sleep(6)
        world.phones[0].stall(300)

    phone = PhoneOptions(strict=True)
    world = call(folder, [f"at 0.5 say {QUESTION}", "at 200 hang up"], Peers(depth=2, phone=phone), during=during)
    assert world.hang_up is not None
    assert world.hang_up.reason == "caller_stalled"


def test_caller_hangs_up_during_the_goodbye(folder: Path) -> None:
    world = call(folder, ["at 0.5 say goodbye", "over 300 hang up"], IVR_GREETING="")
    assert world.hang_up == ENDINGS["stop"]
    assert world.switchboard.requests == []


@pytest.mark.parametrize("hurried", [False, True], ids=["its deadline", "a second signal"])
@pytest.mark.parametrize(("steps", "at"), [row[1:] for row in STAGES], ids=[row[0] for row in STAGES])
def test_drain_ends_calls_with_last_words(folder: Path, steps: list[str], at: float, hurried: bool) -> None:
    """A phrase that is heard whole, and the words behind `</Connect>`: within two seconds, whatever went on."""

    async def during(world: World) -> None:
        await asyncio.sleep(at)
        world.left_at = asyncio.get_running_loop().time() + (0 if hurried else 1)
        if hurried:
            asyncio.get_running_loop().call_soon(world.bridge.hurry)
        await world.bridge.drain()

    script = [*(step.format(ASK=ASK) for step in steps), "wait"]
    world = call(folder, script, during=during, IVR_GREETING="", IVR_DRAIN_SECONDS="60" if hurried else "1")
    assert world.hang_up == HangUp("bridge_error", "shutdown")
    assert 1.0 < world.ended_at - world.left_at <= 2.05
    last = world.turns[-1].sentences[-1]
    assert last.text == PHRASES["en"]["shutdown"]
    assert last.heard_ms == last.audio_ms
    assert world.record.verbs == ["Connect", "Redirect", "Say", "Hangup"]


def test_drain_waits_for_calls_that_end(folder: Path) -> None:
    async def during(world: World) -> None:
        await asyncio.sleep(1)
        await world.bridge.drain()
        world.left_at = asyncio.get_running_loop().time()

    world = call(folder, ["say goodbye", "wait"], during=during, IVR_DRAIN_SECONDS="60")
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert world.left_at - world.ended_at < 1.0


def test_longest_call_ends_with_a_phrase(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text("[call]\nmax_call = 6\n", "utf-8")
    world = call(folder, ["at 0.5 say hold on please", "wait"], IVR_CONFIG=str(lines))
    assert world.hang_up == HangUp("success", "call_too_long")
    assert world.record.ended == "carrier"
    assert world.turns[-1].sentences[-1].text.endswith("Goodbye.")


class Stalling(httpx.AsyncBaseTransport):
    """Take a REST request and never answer it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3600)
        raise httpx.ReadTimeout("never")


def test_document_goes_on_when_rest_stalls(folder: Path) -> None:
    rest = TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", timeout=REST_TIMEOUT, transport=Stalling())
    world = call(folder, ["at 0.5 say goodbye", "wait"], Peers(rest=rest), IVR_GREETING="")
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert (world.record.ended, world.record.verbs) == ("agent", ["Connect", "Redirect", "Say", "Hangup"])
    assert world.record.cut_ms == 0
    [closed] = world.record.of("closed")
    assert closed.t - world.record.of("agent_silent")[-1].t < REST_TIMEOUT + 0.1
