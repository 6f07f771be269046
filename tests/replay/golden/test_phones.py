"""The phone of a test calls a server that is none of ours: in memory, on loopback and by URL."""

from __future__ import annotations

import asyncio

import pytest

from ivr.replay.golden.phones import AsyncPhone, PhoneSettings, StepPhone, run_awaiting
from ivr.replay.golden.placed_call import VOICED, CallFailed
from ivr.testbench.loopback import bound, serving
from ivr.testbench.phone.phone import PhoneOptions
from tests.replay.golden.tone_bridge import ANSWER, GREETING, application, tone

BURST_FREE = PhoneOptions(start_burst=1)


def a_voice(text: str) -> bytes:
    return VOICED * 50


USUAL = PhoneSettings(voice=a_voice, phone=BURST_FREE)


def near(ms: float) -> object:
    return pytest.approx(ms, abs=25)


def test_a_whole_call_in_virtual_time() -> None:
    phone = StepPhone(USUAL)
    call = phone.call(application())
    call.say("one second")
    answer = call.listen()
    # 600 ms of silence end an utterance there, and then it thinks.
    assert call.answer_ms == near(800)
    assert (answer.number, answer.ms) == (1, 1500.0)
    call.say("another")
    call.interrupt("stop", after_ms=500)
    assert call.stopped_ms == near(200)
    assert call.clears == 3
    call.press("0")
    assert call.wait_for_end() == "agent"
    assert [reply.number for reply in call.heard] == [0, 1, 2, 3]
    assert call.marks == ["greeting", "answer", "answer", "answer"]
    assert (call.faults, call.warnings) == ([], {})
    assert call.first_audio_ms == near(0)
    assert call.when_heard(tone(GREETING, 2.0)) == near(20)
    assert call.when_heard(tone(ANSWER, 1.5)) == near(answer.start_ms)
    assert call.when_heard(tone(660, 1.0)) is None
    assert call.timeline(1)[0].endswith("ended  agent")
    phone.close()
    assert phone.calls == []


def test_a_call_is_the_same_every_time() -> None:
    def heard() -> bytes:
        phone = StepPhone(USUAL)
        call = phone.call(application())
        call.say("one second")
        call.wait(0.9)
        call.hang_up()
        phone.close()
        return bytes(call.record.heard)

    first = heard()
    assert len(first) > 8000 * 4
    assert heard() == first


def test_a_test_may_await_its_phone() -> None:
    async def story(phone: AsyncPhone) -> str:
        call = await phone.call(application())
        await call.say("one second")
        await call.listen()
        assert call.answer_ms == near(800)
        return await call.hang_up("close")

    assert run_awaiting(story, AsyncPhone(USUAL)) == "caller"


@pytest.mark.live
def test_live_calls_on_loopback_and_by_url() -> None:
    phone = StepPhone(USUAL)
    call = phone.call(application(), live=True)
    call.say("one second", patience_s=10)
    call.hang_up()
    assert call.heard[0].ms == near(2000)

    async def by_url(other: AsyncPhone) -> str:
        listener = bound()
        async with serving(application(), listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            call = await other.call(f"{url}/voice")
            return await call.hang_up()

    assert run_awaiting(by_url, AsyncPhone(USUAL.changed({"live": True}), virtual=False)) == "caller"
    phone.close()


def test_what_goes_wrong_is_told_with_the_line() -> None:
    phone = StepPhone(USUAL)
    with pytest.raises(CallFailed, match=r"there is no media stream\n  warning 11200 HTTP 404"):
        phone.call(application(), path="/nowhere")
    call = phone.call(application())
    with pytest.raises(CallFailed, match=r"(?s)2 s passed without .* falling silent\n.*agent silent"):
        call.say("too early", after_s=5, patience_s=2)
    with pytest.raises(CallFailed, match="ZeroDivisionError: the ninth key") as failed:
        call.press("9")
        call.wait_for_end()
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
    with pytest.raises(CallFailed, match="ZeroDivisionError"):
        call.say("hello?")
    with pytest.raises(TypeError, match="tone"):
        phone.call(application(), tone=3)
    phone.close()


def test_an_application_that_takes_no_socket() -> None:
    async def refusing(scope: object, receive: object, send: object) -> None:
        raise ConnectionError("not today")

    phone = StepPhone(USUAL)
    with pytest.raises(CallFailed, match="ConnectionError: not today"):
        phone.call(refusing)
    phone.close()


def test_a_url_needs_a_live_phone() -> None:
    async def story(phone: AsyncPhone) -> None:
        with pytest.raises(ValueError, match="no network in virtual time"):
            await phone.call("http://127.0.0.1:1/voice")
        await asyncio.sleep(0)

    run_awaiting(story, AsyncPhone(USUAL))
