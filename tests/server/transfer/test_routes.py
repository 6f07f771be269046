"""What the carrier is answered about callers who are handed to a person, over the routes of a bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import httpx
import pytest

from ivr.call.actions import TransferOptions, TransferResult
from ivr.call.commands import Transfer
from ivr.call.events import CallStarted
from ivr.media import wav
from ivr.server.resume.state import read_state
from ivr.server.transfer.handover import Phase
from ivr.server.transfer.progress import ANSWER_LATE_S, ASKED_MOST_S
from ivr.server.transfer.routes import TransferRoutes
from ivr.testbench import virtual_time
from ivr.twilio.rest import TwilioRest
from tests.support.front import ACCOUNT, AUTH, CALL, CALLED, CALLER, PUBLIC, Front, a_bridge, settings

DESK, PERSON = "+966110000099", "CA" + "9" * 32
WHISPER = "A caller asks about an order."
WARM = TransferOptions(mode="warm", whisper=WHISPER, timeout_s=20)


class Twilio(httpx.AsyncBaseTransport):
    """Take REST requests, and say what is asked for of a call."""

    def __init__(self, **answers: int) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.caller = "in-progress"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl((await request.aread()).decode()))
        sid = request.url.path.rpartition("/")[2].removesuffix(".json")
        what = "look" if request.method == "GET" else "create" if sid == "Calls" else next(iter(form))
        self.asked.append((f"{what} {'person' if sid == PERSON else 'caller' if sid == CALL else ''}".strip(), form))
        status = self.answers.get(what, 200)
        code = 21220 if status == 410 else 20001
        body = {"sid": PERSON, "status": self.caller} if status == 200 else {"code": code}
        return httpx.Response(400 if status == 410 else status, json=body)

    @property
    def done(self) -> list[str]:
        return [what for what, _ in self.asked]

    def form(self, what: str) -> dict[str, str]:
        return next(form for asked, form in self.asked if asked == what)


class Story:
    """Hand one caller over, and let the carrier ask."""

    def __init__(self, front: Front, twilio: Twilio, kept: Any) -> None:
        self.front, self.twilio, self.kept = front, twilio, kept

    @property
    def transfers(self) -> Any:
        return self.front.bridge.transfers

    async def begins(self, options: TransferOptions | None = None, to: str = DESK, caller: str = CALLER) -> str:
        line = self.front.bridge.settings.default_line
        started = CallStarted(CALL, "MZ1", caller, CALLED)
        outcome: str = await self.transfers.hand_over(started, line, ACCOUNT, Transfer(to, options))
        return outcome

    async def asks(self, route: str, **fields: str) -> str:
        """Return the verbs of the answer, empty for none."""
        form = {"AccountSid": ACCOUNT, "CallSid": CALL, "From": CALLER, "To": CALLED, "Direction": "inbound", **fields}
        answer = await self.front.get(f"/transfer/{route}", form)
        assert answer.status_code in (200, 204)
        await asyncio.sleep(0.01)
        self.text = answer.text
        return " ".join(verb.tag for verb in ElementTree.fromstring(answer.text)) if answer.text else ""

    async def tells(self, route: str, **fields: str) -> str:
        """Tell of the person's call."""
        return await self.asks(route, **{"CallSid": PERSON, "call": CALL, **fields})

    async def came(self) -> TransferResult | None:
        """Return what the next stream of the call is told."""
        written = await self.kept.take(CALL)
        state = read_state(written) if written is not None else None
        return state.stands.transfer if state is not None else None

    def noted(self, name: str) -> float:
        families = self.front.bridge.metrics.registry.restricted_registry(["ivr_notes_total"]).collect()
        samples = [sample for family in families for sample in family.samples if sample.labels.get("name") == name]
        return sum(sample.value for sample in samples)

    async def phase(self) -> Phase | None:
        handover = await self.transfers.read(CALL)
        return handover.phase if handover is not None else None


def story(tmp_path: Path, tale: Callable[[Story], Awaitable[None]], twilio: Twilio | None = None, **env: str) -> None:
    """Run a tale in virtual time; nothing of it is left."""

    async def main() -> None:
        before = asyncio.all_tasks()
        carrier = twilio or Twilio()
        rest = TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=carrier)
        bridge = a_bridge(settings(tmp_path, IVR_TRANSFER_TO=DESK, **env), rest=rest)
        assert bridge.transfers is not None
        bridge.transfers.clock = asyncio.get_running_loop().time
        front = Front(bridge)
        try:
            await tale(Story(front, carrier, bridge.resuming.kept))
        finally:
            await front.aclose()
            await bridge.stop()
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == before
        assert len(bridge.transfers) == 0

    virtual_time.run(main())


@pytest.mark.parametrize(
    ("dial", "outcome"),
    [
        ({"DialCallStatus": "busy"}, "busy"),
        ({"DialCallStatus": "no-answer"}, "no_answer"),
        ({"DialCallStatus": "failed"}, "failed"),
        ({"DialCallStatus": "canceled"}, "canceled"),
        ({"DialCallStatus": "completed", "DialBridged": "false"}, "declined"),
        ({"DialCallStatus": "what"}, "failed"),
    ],
)
def test_a_cold_transfer_comes_back(tmp_path: Path, dial: Mapping[str, str], outcome: str) -> None:
    async def tale(one: Story) -> None:
        assert await one.begins() == "done"
        assert f">{DESK}</Number>" in one.twilio.form("Twiml caller")["Twiml"]
        assert len(one.transfers) == 1
        await asyncio.sleep(1)
        await one.tells("leg", CallStatus="ringing")
        await asyncio.sleep(5)
        assert await one.asks("done", **dial) == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert (came.outcome, came.to, came.talked_s) == (outcome, DESK, 0.0)
        assert 4.9 < came.rang_s < 5.2
        assert (await one.phase(), len(one.transfers)) == (None, 0)
        assert one.noted(f"transfer_{outcome}") == 1
        # A second request for the same is answered without a state.
        assert await one.asks("done", **dial) == "Say Hangup"

    story(tmp_path, tale)


@pytest.mark.parametrize("told", [True, False])
def test_a_cold_transfer_that_was_answered_ends_with_a_goodbye(tmp_path: Path, told: bool) -> None:
    async def tale(one: Story) -> None:
        await one.begins()
        if told:
            await one.tells("leg", CallStatus="in-progress")
            # An answered caller is not waited for.
            assert len(one.transfers) == 0
        await asyncio.sleep(3000)
        assert await one.asks("done", DialCallStatus="completed", DialCallDuration="2990") == "Say Hangup"
        assert "Thank you. Goodbye." in one.text
        assert await one.came() is None
        assert one.noted("transfer_completed") == 1

    story(tmp_path, tale)


def test_a_voicemail_that_answers_gives_the_caller_back(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins()
        await one.tells("leg", CallStatus="in-progress")
        await one.tells("leg", AnsweredBy="human")
        assert one.twilio.done == ["Twiml caller"]
        await one.tells("leg", AnsweredBy="machine_start")
        assert one.twilio.asked[-1] == ("Url caller", {"Url": f"{PUBLIC}/transfer/back?call={CALL}", "Method": "GET"})
        assert await one.asks("back", call=CALL) == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert came.outcome == "voicemail"

    story(tmp_path, tale)


def test_a_transfer_that_may_not_come_back_ends_with_a_goodbye(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(TransferOptions(returns=False))
        assert await one.asks("done", DialCallStatus="busy") == "Say Hangup"
        assert await one.came() is None

    story(tmp_path, tale)


def test_a_queue_is_waited_in_as_long_as_it_may(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(to="queue:sales")
        assert "<Enqueue" in one.twilio.form("Twiml caller")["Twiml"]
        asked = {"call": CALL, "QueueSid": "QU1"}
        assert await one.asks("music", **asked, QueueTime="599") == "Play Redirect"
        assert await one.asks("music", **asked, QueueTime="600") == "Leave"
        assert await one.asks("done", QueueResult="leave") == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert came.outcome == "no_answer"
        assert await one.asks("music", **asked) == "Leave"

    story(tmp_path, tale)


@pytest.mark.parametrize(
    ("result", "outcome"), [("queue-full", "queue_full"), ("system-error", "failed"), ("bridged", None)]
)
def test_how_a_queue_ends(tmp_path: Path, result: str, outcome: str | None) -> None:
    async def tale(one: Story) -> None:
        await one.begins(to="queue:sales")
        assert await one.asks("done", QueueResult=result) == ("Connect Redirect" if outcome else "Say Hangup")
        came = await one.came()
        assert (came.outcome if came is not None else None) == outcome

    story(tmp_path, tale)


# -- warm ------------------------------------------------------------------------------------------------------------


def test_a_person_hears_what_it_is_about_and_takes_the_call(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        assert await one.begins(WARM) == "done"
        assert one.twilio.done == ["create", "Twiml caller"]
        created = one.twilio.form("create")
        # The carrier would not place a call from the caller's number.
        assert (created["To"], created["From"], created["Timeout"]) == (DESK, CALLED, "20")
        assert created["Url"] == f"{PUBLIC}/transfer/whisper?call={CALL}"
        assert WHISPER not in str(one.twilio.asked)
        assert f">{CALL}</Conference>" in one.twilio.form("Twiml caller")["Twiml"]
        await one.tells("person", CallStatus="ringing")
        await asyncio.sleep(8)
        assert await one.tells("whisper") == "Gather Gather Hangup"
        assert WHISPER in one.text
        assert await one.tells("accept", Digits="1") == "Dial Hangup"
        assert (await one.phase(), len(one.transfers)) == (Phase.JOINED, 0)
        # A verdict about the voice comes late.
        await one.tells("person", AnsweredBy="machine_start")
        await one.tells("person", CallStatus="completed")
        await one.asks("conference", call=CALL, StatusCallbackEvent="participant-leave")
        assert await one.asks("done", DialCallStatus="answered") == "Say Hangup"
        assert one.noted("transfer_completed") == 1
        assert "Url caller" not in one.twilio.done

    story(tmp_path, tale)


@pytest.mark.parametrize(
    ("tells", "outcome"),
    [
        ([("person", {"CallStatus": "busy"})], "busy"),
        ([("person", {"CallStatus": "no-answer"})], "no_answer"),
        ([("person", {"CallStatus": "failed"})], "failed"),
        ([("person", {"CallStatus": "busy", "SipResponseCode": "603"})], "declined"),
        ([("whisper", {}), ("accept", {"Digits": "2"})], "declined"),
        ([("whisper", {}), ("accept", {})], "declined"),
        ([("whisper", {}), ("person", {"CallStatus": "completed"})], "declined"),
        ([("whisper", {}), ("person", {"AnsweredBy": "machine_end_beep"})], "voicemail"),
        ([("person", {"AnsweredBy": "fax"})], "voicemail"),
        ([("whisper", {}), ("person", {"CallStatus": "completed", "AnsweredBy": "human"})], "declined"),
    ],
)
def test_a_person_who_does_not_come(tmp_path: Path, tells: list[tuple[str, dict[str, str]]], outcome: str) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        for route, fields in tells:
            await one.tells(route, **fields)
        assert one.twilio.done.count("Url caller") == 1
        # The caller leaves the conference for it.
        await one.asks("conference", call=CALL, StatusCallbackEvent="participant-leave")
        assert await one.asks("back", call=CALL) == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert came.outcome == outcome
        # Who picks up now, or presses the key, hears that it is too late.
        assert await one.tells("whisper") == "Say Hangup"
        assert "has hung up" in one.text
        assert await one.tells("accept", Digits="1") == "Say Hangup"

    story(tmp_path, tale)


@pytest.mark.parametrize("sign", ["conference", "status", "looked_up", "at_the_key"])
def test_a_person_is_told_and_not_left_alone(tmp_path: Path, sign: str) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        if sign == "conference":
            await one.asks("conference", call=CALL, StatusCallbackEvent="participant-leave")
        elif sign == "status":
            one.front.bridge.over(CALL)
            await asyncio.sleep(0.1)
        elif sign == "at_the_key":
            assert await one.tells("whisper") == "Gather Gather Hangup"
        if sign in ("looked_up", "at_the_key"):
            one.twilio.caller = "completed"
            digits = {"Digits": "1"} if sign == "at_the_key" else {}
            assert await one.tells("accept" if digits else "whisper", **digits) == "Say Hangup"
            assert "has hung up" in one.text
        assert one.twilio.done[-1] == "Status person"
        assert (await one.phase(), await one.came(), len(one.transfers)) == (None, None, 0)

    story(tmp_path, tale)


def test_a_person_who_has_joined_leaves_with_the_caller(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        await one.tells("whisper")
        await one.tells("accept", Digits="1")
        # The caller was gone before the person came into the conference.
        await one.asks("conference", call=CALL, StatusCallbackEvent="participant-leave")
        assert one.twilio.done[-1] == "Status person"

    story(tmp_path, tale)


@pytest.mark.parametrize("answered", [False, True])
def test_a_caller_alone_for_too_long_comes_back(tmp_path: Path, answered: bool) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        if answered:
            await one.tells("whisper")
        await asyncio.sleep(20 + ANSWER_LATE_S + (ASKED_MOST_S if answered else 1))
        assert {"Status person", "Url caller"} <= set(one.twilio.done)
        assert await one.asks("back", call=CALL) == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert came.outcome == ("declined" if answered else "no_answer")

    story(tmp_path, tale)


def test_the_music_brings_a_caller_back_whose_bridge_has_died(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        one.transfers.close()  # the timers of a process end with it
        assert await one.tells("music") == "Play Redirect"
        assert "Url caller" not in one.twilio.done
        await asyncio.sleep(30)
        assert await one.tells("music") == "Play Redirect"
        assert "Url caller" in one.twilio.done

    story(tmp_path, tale)


@pytest.mark.parametrize(
    ("answers", "outcome", "done"),
    [
        ({"create": 400}, "refused", ["create"]),
        ({"Twiml": 410}, "gone", ["create", "Twiml caller", "Status person"]),
        ({"Twiml": 404}, "not_found", ["create", "Twiml caller", "Status person"]),
    ],
)
def test_a_caller_who_cannot_wait_is_not_handed_over(
    tmp_path: Path, answers: dict[str, int], outcome: str, done: list[str]
) -> None:
    async def tale(one: Story) -> None:
        assert await one.begins(WARM) == outcome
        assert one.twilio.done == done
        assert (await one.phase(), len(one.transfers)) == (None, 0)

    story(tmp_path, tale, Twilio(**answers))


def test_a_caller_is_asked_for_back_again(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        one.twilio.answers["Url"] = 500
        await one.tells("person", CallStatus="busy")
        await asyncio.sleep(1)
        one.twilio.answers.clear()
        await asyncio.sleep(3)
        assert one.twilio.done.count("Url caller") == 3

    story(tmp_path, tale)


def test_a_person_busy_at_once_does_not_hold_the_caller(tmp_path: Path) -> None:
    stories: list[Story] = []

    class Hasty(Twilio):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if self.done == ["create"]:
                await stories[0].tells("person", CallStatus="busy")
            return answer

    async def tale(one: Story) -> None:
        stories.append(one)
        await one.begins(WARM)
        await asyncio.sleep(0.1)
        # The first came before the caller was in the conference.
        assert one.twilio.done == ["create", "Url caller", "Twiml caller", "Url caller"]

    story(tmp_path, tale, Hasty())


def test_a_number_of_the_line_is_shown_and_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def tale(one: Story) -> None:
        await one.begins(TransferOptions(mode="warm", caller_id="+966110000055"))
        assert one.twilio.form("create")["From"] == "+966110000055"
        one.twilio.asked.clear()
        await one.begins(TransferOptions(mode="warm", caller_id="+15550100"))
        assert one.twilio.form("create")["From"] == "+966110000055"
        one.twilio.asked.clear()
        await one.begins(TransferOptions(caller_id=CALLED))
        assert f'callerId="{CALLED}"' in one.twilio.form("Twiml caller")["Twiml"]

    story(tmp_path, tale, IVR_CALLER_ID="+966110000055")
    assert [record.getMessage() for record in caplog.records].count("caller_id_refused") == 1
    assert "+1555" not in caplog.text


# -- the bridge ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [None, WARM])
def test_a_bridge_that_ends_waits_while_it_rings(tmp_path: Path, options: TransferOptions | None) -> None:
    async def tale(one: Story) -> None:
        bridge, clock = one.front.bridge, asyncio.get_running_loop().time
        await one.begins(options)
        began = clock()
        draining = asyncio.create_task(bridge.drain())
        await asyncio.sleep(9)
        assert not draining.done()
        if options is None:
            await one.tells("leg", CallStatus="in-progress")
        else:
            await one.tells("whisper")
            await one.tells("accept", Digits="1")
        await draining
        # Who talks to a person is not waited for.
        assert 9 <= clock() - began < 10

    story(tmp_path, tale)


def test_a_bridge_that_ends_serves_a_caller_who_comes_back(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins()
        draining = asyncio.create_task(one.front.bridge.drain())
        await asyncio.sleep(5)
        assert await one.asks("done", DialCallStatus="busy") == "Connect Redirect"
        await asyncio.sleep(1)
        # The stream is awaited, as that of any call that was answered.
        assert not draining.done()
        one.front.bridge.over(CALL)
        await draining

    story(tmp_path, tale)


def test_another_process_takes_the_next_request(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        rest = TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=one.twilio)
        other = a_bridge(settings(tmp_path, IVR_TRANSFER_TO=DESK), rest=rest, kept=one.kept)
        mine, one.front = one.front, Front(other)
        mine.bridge.transfers.close()  # type: ignore[union-attr]
        assert await one.tells("whisper") == "Gather Gather Hangup"
        assert await one.tells("accept", Digits="9") == "Hangup"
        assert await one.asks("back", call=CALL) == "Connect Redirect"
        came = await one.came()
        assert came is not None
        assert came.outcome == "declined"
        await one.front.aclose()
        await other.stop()
        one.front = mine

    story(tmp_path, tale)


# -- strangers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["done", "back", "leg", "person", "whisper", "accept", "conference", "music"])
def test_a_request_that_is_not_the_carriers_is_refused(tmp_path: Path, route: str) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        form = {"AccountSid": ACCOUNT, "CallSid": PERSON, "call": CALL, "Digits": "1"}
        unsigned = await one.front.client.get(f"/transfer/{route}", params=form)
        assert unsigned.status_code == 403
        foreign = await one.front.get(f"/transfer/{route}", form | {"AccountSid": "AC" + "f" * 32})
        assert foreign.status_code == 403
        assert (await one.front.get(f"/transfer/{route}", {"AccountSid": ACCOUNT})).status_code == 400
        assert await one.phase() is Phase.RINGING

    story(tmp_path, tale)


@pytest.mark.parametrize("route", ["back", "whisper", "accept", "done", "leg", "person", "conference", "music"])
def test_a_call_without_a_transfer_has_an_answer(tmp_path: Path, route: str) -> None:
    async def tale(one: Story) -> None:
        verbs = await one.tells(route, Digits="1", CallStatus="busy", DialCallStatus="x" * 500, QueueTime="9" * 500)
        assert verbs in ("", "Say Hangup", "Play Redirect")

    story(tmp_path, tale)


def test_what_the_carrier_posts_counts_as_well(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        await one.begins(WARM)
        form = {"AccountSid": ACCOUNT, "CallSid": PERSON, "AnsweredBy": "machine_start"}
        answer = await one.front.post("/transfer/person", form, query=f"?call={CALL}")
        assert answer.status_code == 204
        assert await one.phase() is Phase.RETURNING

    story(tmp_path, tale)


def test_a_bug_leaves_the_caller_with_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: TransferRoutes, *_: Any) -> str:
        raise RuntimeError("bug")

    monkeypatch.setattr(TransferRoutes, "_follow", broken)

    async def tale(one: Story) -> None:
        await one.begins()
        assert await one.asks("done", DialCallStatus="busy") == "Say Hangup"
        assert "technical problem" in one.text

    story(tmp_path, tale)


def test_ringing_is_a_sound(tmp_path: Path) -> None:
    async def tale(one: Story) -> None:
        answer = await one.front.client.get("/transfer/ringing.wav")
        heard = wav.decode(answer.content)
        assert (answer.headers["content-type"], heard.rate, heard.channels) == ("audio/wav", 8000, 1)
        assert len(heard.pcm) / 16000 == 4.0
        assert len(answer.content) < 64 * 1024

    story(tmp_path, tale)
