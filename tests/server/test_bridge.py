"""What the calls of one server share: its life, its places, its peers. Whole calls are in `tests/whole`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import pytest

from ivr.call.commands import Transfer
from ivr.call.ports import WireClosed
from ivr.config.settings import Settings
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.socket import SpeechSocket
from ivr.observe.logs import fields_of
from ivr.server.bridge import LAST_QUESTION_S, RENDER_AGAIN, Bridge
from ivr.session.session import Session
from ivr.testbench import virtual_time
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.memory import wire_pair
from ivr.testbench.phone import messages as wire
from ivr.twilio.form import Dialled
from ivr.twilio.rest import RestOutcome, TwilioRest
from tests.support.front import ACCOUNT, CALL, CALLED, CALLER, STREAM, a_bridge, settings

IDS = wire.Ids(ACCOUNT, CALL, STREAM)


def live(chosen: Settings, story: Callable[[Bridge], Awaitable[None]], **more: Any) -> None:
    """Run a story with a bridge, in virtual time; it is stopped afterwards and nothing of it is left."""

    async def main() -> None:
        before = asyncio.all_tasks()
        bridge = a_bridge(chosen, **more)
        try:
            await story(bridge)
        finally:
            await bridge.stop()
        await asyncio.sleep(2)
        assert asyncio.all_tasks() == before

    virtual_time.run(main())


def dialled(call: str = CALL, called: str = CALLED) -> Dialled:
    return Dialled(call, ACCOUNT, CALLER, called, "inbound", {"x": "1"})


def now() -> float:
    return asyncio.get_running_loop().time()


def answered(bridge: Bridge, call: str = CALL) -> str:
    """Answer a call; its token."""
    return token_of(bridge.answer(dialled(call), now()))


def token_of(answer: tuple[str, str]) -> str:
    name, text = answer
    assert name == "answer"
    parameter = ElementTree.fromstring(text).find("Connect/Stream/Parameter[@name='token']")
    assert parameter is not None
    return str(parameter.get("value"))


async def streaming(bridge: Bridge, ids: wire.Ids = IDS) -> tuple[Any, asyncio.Task[None]]:
    """A call with its stream open: the phone's end, and the task that serves it."""
    given = answered(bridge, ids.call)
    phone, near = wire_pair(closed=WireClosed)
    serving = asyncio.create_task(bridge.serve(near))
    await phone.send(wire.CONNECTED)
    await phone.send(wire.start(ids, 1, {"token": given}))
    await asyncio.sleep(0.1)
    assert ids.call in bridge.admission
    return phone, serving


def test_a_process_that_stands_still_is_seen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(bridge: Bridge) -> None:
        await bridge.start()
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        told = bridge.metrics.registry.get_sample_value
        assert told("ivr_loop_lag_seconds_sum") == pytest.approx(0.0, abs=1e-3)
        bridge._beat(loop.time() - 7.0)
        assert told("ivr_loop_lag_seconds_sum") == pytest.approx(7.0, abs=1e-3)
        assert repr(bridge._loop_lag) == "<LoopLag 1 stalls>"

    live(settings(tmp_path), story)
    (record,) = (record for record in caplog.records if record.getMessage() == "loop_stalled")
    assert fields_of(record) == {"s": 7.0, "calls": 0}


# -- phrases -------------------------------------------------------------------------------------------------------


def test_phrases_are_rendered_once_a_line_by_its_speaker(tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text('[[line]]\nnumber = "+966110000001"\nlanguage = "ar"\n', "utf-8")
    hamsa = MemoryHamsa()

    async def story(bridge: Bridge) -> None:
        assert not bridge.prepared
        await bridge.start()
        await asyncio.sleep(60)
        assert bridge.prepared
        assert repr(bridge) == "<Bridge <Admission 0 live of 50> prepared=True>"

    live(settings(tmp_path), story, connect=hamsa.connect)
    asked = {record.text for record in hamsa.mock.stats.records}
    wanted = {text for line in settings(tmp_path).all_lines for text in line.phrases.values() if text}
    assert asked == wanted
    assert len(settings(tmp_path).all_lines) == 2
    assert hamsa.mock.stats.connects <= 3
    assert hamsa.mock.stats.open_sockets == 0

    again = MemoryHamsa()
    live(settings(tmp_path), story, connect=again.connect)
    assert again.mock.stats.requests["tts"] == 0


def test_calls_are_welcome_while_phrases_are_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hamsa = MemoryHamsa()
    down = True

    async def connect(chosen: HamsaSettings) -> SpeechSocket:
        if down:
            raise ConnectionRefusedError
        return await hamsa.connect(chosen)

    async def story(bridge: Bridge) -> None:
        nonlocal down
        await bridge.start()
        await asyncio.sleep(RENDER_AGAIN - 1)
        assert bridge.prepared
        assert answered(bridge)
        down = False
        await asyncio.sleep(60)
        assert hamsa.mock.stats.requests["tts"] > 0

    live(settings(tmp_path), story, connect=connect)
    assert caplog.text.count("phrases_missing") <= 2


def test_an_unwritable_cache_is_one_warning_with_its_setting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chosen = settings(tmp_path)
    (tmp_path / "cache").write_bytes(b"")  # no folder

    async def story(bridge: Bridge) -> None:
        await bridge.start()
        await asyncio.sleep(60)
        assert bridge.metrics.registry.get_sample_value("ivr_notes_total", {"name": "phrase_not_kept"}) == len(
            {text for line in bridge.settings.all_lines for text in line.phrases.values() if text}
        )

    live(chosen, story, connect=MemoryHamsa().connect)
    (record,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert fields_of(record) == {"setting": "IVR_CACHE_DIR", "path": str(tmp_path / "cache"), "why": "File exists"}


def test_a_cache_that_breaks_costs_the_phrases_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> NoReturn:
        raise KeyError("a bug of ours")

    monkeypatch.setattr("ivr.hamsa.phrases.PhraseCache.render", broken)

    async def story(bridge: Bridge) -> None:
        await bridge.start()
        await asyncio.sleep(1)
        assert bridge.prepared
        assert answered(bridge)

    live(settings(tmp_path), story)
    assert "phrases_failed" in caplog.text


def test_a_scorer_that_cannot_be_had_stops_the_start(tmp_path: Path) -> None:
    def broken() -> NoReturn:
        raise RuntimeError("no model")

    async def story(bridge: Bridge) -> None:
        with pytest.raises(RuntimeError, match="no model"):
            await bridge.start()

    live(settings(tmp_path), story, scorer=broken)


@pytest.mark.parametrize(
    "env", [{"HAMSA_API_KEY": "schlüssel"}, {"IVR_HAMSA_URL": "wss://speech.example/ws?api_key=secret"}]
)
def test_settings_that_would_fail_every_call_stop_the_start(tmp_path: Path, env: dict[str, str]) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="HAMSA_API_KEY") as stopped:
            a_bridge(settings(tmp_path, **env))
        assert not any(value in str(stopped.value) for value in ("schlüssel", "secret"))

    asyncio.run(main())


# -- places --------------------------------------------------------------------------------------------------------


def test_every_call_that_ends_leaves_its_place(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        for number in range(20):
            ids = wire.Ids(ACCOUNT, f"CA{number:032x}", STREAM)
            phone, serving = await streaming(bridge, ids)
            assert bridge.answer(dialled("CA2"), now())[0] == "busy"
            phone.drop()
            await serving
            assert len(bridge.admission) == 0
        assert bridge.admission.admitted == 20

    live(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_a_stream_that_never_comes_gives_its_place_back(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        answered(bridge)
        assert bridge.answer(dialled("CA2"), now())[0] == "busy"
        await asyncio.sleep(61)
        assert answered(bridge, "CA2")

    live(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_the_caller_s_number_comes_from_the_webhook(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        phone, serving = await streaming(bridge)
        [session] = bridge.admission
        assert session._ports is not None
        started = session._ports.started
        assert (started.caller, started.called, started.direction) == (CALLER, CALLED, "inbound")
        phone.drop()
        await serving

    live(settings(tmp_path), story)


def test_a_token_tells_another_process_of_the_call(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        given = answered(a_bridge(bridge.settings))
        phone, near = wire_pair(closed=WireClosed)
        serving = asyncio.create_task(bridge.serve(near))
        await phone.send(wire.start(IDS, 1, {"token": given}))
        await asyncio.sleep(0.1)
        [session] = bridge.admission
        assert session._ports is not None
        started = session._ports.started
        assert (started.caller, started.called, started.parameters) == (CALLER, CALLED, {"x": "1"})
        phone.drop()
        await serving

    live(settings(tmp_path), story)


def test_a_transfer_without_any_number_to_show_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Carrier(TwilioRest):
        async def redirect(self, *_: str, twiml: str = "", url: str = "", method: str = "") -> RestOutcome:
            assert "callerId" not in twiml
            return "done"

    async def story(bridge: Bridge) -> None:
        given = token_of(bridge.answer(replace(dialled(), caller="sip:a@b", called="sip:c@d"), now()))
        phone, near = wire_pair(closed=WireClosed)
        serving = asyncio.create_task(bridge.serve(near))
        await phone.send(wire.CONNECTED)
        await phone.send(wire.start(IDS, 1, {"token": given}))
        await asyncio.sleep(0.1)
        [session] = bridge.admission
        assert session._ports is not None
        assert session._ports.hand_over is not None
        assert await session._ports.hand_over(Transfer("+966110000001")) == "done"
        phone.drop()
        await serving

    live(settings(tmp_path, IVR_TRANSFER_TO="+966110000001"), story, rest=Carrier(ACCOUNT, "token"))
    [line] = (record for record in caplog.records if record.getMessage() == "no_caller_id")
    assert fields_of(line) == {"call": CALL, "setting": "IVR_CALLER_ID"}


# -- the end -------------------------------------------------------------------------------------------------------


def test_a_drain_without_calls_is_over_at_once(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        began = now()
        await bridge.drain()
        assert now() == began
        assert bridge.answer(dialled(), now())[0] == "drain"

    live(settings(tmp_path), story)


def test_a_drain_ends_when_the_last_call_does(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        calls = [await streaming(bridge, wire.Ids(ACCOUNT, f"CA{n}", STREAM)) for n in range(3)]
        began, draining = now(), asyncio.create_task(bridge.drain())
        for phone, serving in calls:
            await asyncio.sleep(3)
            assert not draining.done()
            phone.drop()
            await serving
        await draining
        assert now() - began == pytest.approx(9, abs=0.5)

    live(settings(tmp_path, IVR_DRAIN_SECONDS="60"), story)


def test_a_drain_waits_for_a_stream_that_is_still_to_come(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        given = answered(bridge)
        draining = asyncio.create_task(bridge.drain())
        await asyncio.sleep(20)
        assert not draining.done()
        assert bridge.answer(dialled(), now())[0] == "answer"
        assert bridge.answer(dialled("CA2"), now())[0] == "drain"
        phone, near = wire_pair(closed=WireClosed)
        serving = asyncio.create_task(bridge.serve(near))
        await phone.send(wire.start(IDS, 1, {"token": given}))
        await asyncio.sleep(5)
        assert (len(bridge.admission), draining.done()) == (1, False)
        phone.drop()
        await serving
        await draining

    live(settings(tmp_path), story)


@pytest.mark.parametrize(("drain_seconds", "lasts"), [("600", 60), ("7", 7)])
def test_a_drain_waits_no_longer_than_a_token_lives(tmp_path: Path, drain_seconds: str, lasts: int) -> None:
    async def story(bridge: Bridge) -> None:
        answered(bridge)
        began = now()
        await bridge.drain()
        assert now() - began == pytest.approx(lasts, abs=0.1)

    live(settings(tmp_path, IVR_DRAIN_SECONDS=drain_seconds), story)


def test_a_drain_ends_when_the_caller_of_a_place_is_gone(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        answered(bridge)
        began, draining = now(), asyncio.create_task(bridge.drain())
        await asyncio.sleep(3)
        bridge.over(CALL)
        await draining
        assert now() - began == pytest.approx(3, abs=0.1)

    live(settings(tmp_path, IVR_DRAIN_SECONDS="600"), story)


def test_a_place_of_a_live_call_is_free_soon_after_its_end(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        phone, serving = await streaming(bridge)
        answered(bridge)
        phone.drop()
        await serving
        assert bridge.answer(dialled("CA2"), now())[0] == "busy"
        await asyncio.sleep(5.1)
        assert answered(bridge, "CA2")

    live(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_a_drain_ends_the_calls_that_are_left(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        phone, serving = await streaming(bridge)
        began = now()
        await bridge.drain()
        # The carrier may ask about a call that was ended: it is answered before the server goes.
        assert now() - began == pytest.approx(4 + LAST_QUESTION_S, abs=1.0)
        await serving
        assert phone.code == 1011

    live(settings(tmp_path, IVR_DRAIN_SECONDS="4"), story)


def test_one_call_that_cannot_be_ended_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(bridge: Bridge) -> None:
        bad, serving_bad = await streaming(bridge, wire.Ids(ACCOUNT, "CA1", STREAM))
        good, serving_good = await streaming(bridge, wire.Ids(ACCOUNT, "CA2", STREAM))
        first = next(iter(bridge.admission))
        whole = Session.withdraw

        def withdraw(session: Session, reason: str) -> None:
            if session is first:
                raise KeyError("a bug of ours")
            whole(session, reason)

        monkeypatch.setattr(Session, "withdraw", withdraw)
        await bridge.drain()
        await serving_good
        assert good.over
        monkeypatch.undo()
        bad.drop()
        await serving_bad

    live(settings(tmp_path, IVR_DRAIN_SECONDS="1"), story)
    assert "withdraw_failed" in caplog.text


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        await bridge.start()
        await bridge.stop()

    live(settings(tmp_path), story)


# -- the carrier's REST --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "rest"),
    [
        ({}, True),
        ({"IVR_DEV": "true"}, False),
        ({"IVR_DEV": "true", "IVR_TWILIO_REST_URL": "http://127.0.0.1:9"}, True),
        ({"TWILIO_AUTH_TOKEN": "", "IVR_SHARED_KEYS": "k=s"}, False),
    ],
)
def test_rest_is_used_where_there_is_an_account_for_it(tmp_path: Path, env: dict[str, str], rest: bool) -> None:
    async def story(bridge: Bridge) -> None:
        assert (bridge._rest is not None) == rest

    live(settings(tmp_path, **env), story)
