"""The shell: performs commands, feeds events, and leaves nothing behind. In memory, in virtual time."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp
from ivr.call.events import AudioIn
from ivr.session.session import FAIR_SHARE
from ivr.twilio.send_queue import MOST_UNSENT
from ivr.twilio.stream import FLOODED
from tests.call.stage import LOUD, QUIET, options, phrases
from tests.support import scene as scenery
from tests.support.scene import CALL, Answering, DirectWire, Listener, Scene, Speaker, play


@pytest.fixture(params=["by tasks", "direct"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How messages come and go: every story is the same both ways."""
    if request.param == "direct":
        monkeypatch.setattr(scenery, "near_end", scenery.direct_end)
    return str(request.param)


async def ask(scene: Scene) -> None:
    """The caller starts, asks one question and hears the answer."""
    await scene.phone.start()
    await scene.phone.audio(600, LOUD)
    await scene.phone.audio(2600)


def test_a_whole_call_and_nothing_left() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.stop()

    scene = play(script)
    assert scene.result == HangUp("success", "caller_stop", from_caller=True)
    assert scene.phone.audio_got() == 8000
    assert scene.voice.asked == ["Here you are, this is it."]
    assert scene.agent.requests[0].text == "hello"
    assert (scene.voice.opened, scene.voice.closed, scene.ears.closed) == (1, 1, 1)
    assert scene.phone.wire.code == 1000
    assert scene.hung_up == []
    assert scene.seen.over == [scene.result]
    assert scene.lasted < 0.1


def test_a_goodbye_is_heard_then_hung_up_at_the_carrier() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, agent=Answering(hang_up=True))
    assert scene.result == HangUp("success", "agent_goodbye")
    assert scene.phone.audio_got() == 8000
    assert scene.hung_up == [CALL]
    assert scene.phone.wire.code == 1000


def test_a_transfer_is_heard_then_asked_of_the_carrier() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, agent=Answering(transfer_to=""), choices=options(transfer_to=("+1",)))
    assert scene.result == HangUp("success", "agent_transfer", from_caller=True)
    assert scene.phone.audio_got() == 8000
    assert (scene.dialled, scene.hung_up) == (["+1"], [])
    assert scene.phone.wire.code == 1000


@pytest.mark.parametrize(("carrier", "dialled"), [("refused", ["+1"]), (None, [])])
def test_a_transfer_that_fails_leaves_the_call_up(carrier: str | None, dialled: list[str]) -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.audio(1000)
        await scene.phone.stop()

    scene = play(script, agent=Answering(transfer_to=""), choices=options(transfer_to=("+1",)), carrier=carrier)
    assert scene.result == HangUp("success", "caller_stop", from_caller=True)
    assert scene.dialled == dialled
    # The agent is told, and has its say once more.
    assert scene.phone.audio_got() == 8000 + 8000


def test_after_a_failed_upstream_the_carrier_keeps_the_line() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, voice=Speaker(fails=True), choices=options(phrases=phrases(ready=False, greeting="")))
    assert scene.result == HangUp("upstream_error", "tts_unavailable")
    assert scene.hung_up == []
    assert scene.phone.wire.code == 1000


def test_an_interruption_clears_the_phone_and_stops_the_tts() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(1600)
        await scene.phone.audio(800, LOUD)
        await scene.phone.audio(440)
        await scene.phone.stop()

    scene = play(script, voice=Speaker(ms=30_000), agent=Answering("One sentence here. Another sentence there."))
    kinds = [message["event"] for message in scene.phone.got]
    assert kinds.count("clear") == 1
    place = kinds.index("clear")
    assert kinds[place + 1 :].count("media") <= 1
    assert scene.voice.stopped == 1
    unheard = [request.unheard for request in scene.agent.requests]
    assert unheard == ["", "One sentence here. Another sentence there."]


def test_the_speech_port_learns_when_the_caller_falls_quiet() -> None:
    """Nothing of the first answer is left when the second begins: each says the time at which it is asked for."""

    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.audio(800, LOUD)
        await scene.phone.audio(3000)
        await scene.phone.stop()

    scene = play(script, voice=Speaker(ms=1000), agent=Answering("One sentence here. Another sentence there."))
    assert len(scene.agent.requests) == 2
    assert len(scene.voice.asked) == 2
    assert scene.voice.quiets == pytest.approx([1.28, 4.64], abs=0.02)


@pytest.mark.parametrize("code", [1000, 1001, None])
def test_a_socket_that_ends_without_a_stop_is_the_end(code: int | None) -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(700, LOUD)
        if code is None:
            scene.phone.wire.drop()
        else:
            await scene.phone.wire.close(code)

    scene = play(script)
    how = "caller_dropped" if code is None else "caller_closed"
    assert scene.result == HangUp("indeterminate", how, from_caller=True)
    assert scene.voice.closed == scene.ears.closed == 1


def test_ears_that_fail_are_heard_of() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.stop()

    scene = play(script, ears=Listener(fails=True))
    assert scene.phone.audio_got() == 4000
    assert scene.agent.requests == []


def test_peers_that_hang_are_cut_off_within_a_second_of_the_end() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(600)
        await scene.phone.stop()

    scene = play(script, ears=Listener(hangs=True))
    assert scene.result is not None
    assert scene.lasted < 1.0


def test_a_bug_ends_the_call_with_a_reason_and_closes_all(caplog: pytest.LogCaptureFixture) -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, agent=Answering(breaks=True))
    assert scene.result == HangUp("bridge_error", "internal_error")
    assert scene.phone.wire.code == 1011
    assert scene.voice.closed == scene.ears.closed == 1
    assert "call_failed" in caplog.text


def test_a_bug_in_the_timer_is_no_different(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(100)
        monkeypatch.setattr(Call, "_tick", lambda *_: 1 / 0)
        await scene.phone.audio(2000)

    scene = play(script, choices=options(silence_timeout=1.0))
    assert scene.result == HangUp("bridge_error", "internal_error")


def test_the_server_may_withdraw_the_call() -> None:
    async def script(scene: Scene) -> None:
        scene.session.withdraw("too early, nobody is there")
        await ask(scene)
        scene.session.withdraw("shutdown")
        scene.session.withdraw("again")

    scene = play(script)
    assert scene.result == HangUp("bridge_error", "shutdown")
    assert scene.phone.wire.code == 1011


def test_a_socket_without_a_start_is_closed() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.say(event="connected", protocol="Call", version="1.0.0")
        await scene.phone.say(event="media")

    scene = play(script)
    assert scene.result is None
    assert scene.phone.wire.code == 1008
    assert 4.9 < scene.lasted < 5.1
    assert scene.voice.opened == 0


def test_a_stream_without_its_token_is_closed_at_once() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()

    scene = play(script, token="another")
    assert (scene.result, scene.phone.wire.code) == (None, 1008)
    assert scene.lasted < 0.1


def test_a_socket_that_dies_before_its_start() -> None:
    async def script(scene: Scene) -> None:
        scene.phone.wire.drop()

    assert play(script).result is None


def test_a_phone_that_does_not_read_is_given_up() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        scene.phone.wire.stall(300)
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(40_000)

    scene = play(script, depth=2, voice=Speaker(ms=35_000))
    assert scene.result == HangUp("indeterminate", "caller_stalled", from_caller=True)
    assert len(scene.session._send_queue) <= MOST_UNSENT


def test_messages_that_make_no_sense_cost_nothing() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        for nonsense in ("", "{", "[]", '"x"', '{"event":7}', '{"event":"media","media":{"payload":"!!"}}', b"\xff"):
            await scene.phone.wire.send(nonsense)
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(2600)
        await scene.phone.stop()

    scene = play(script)
    assert scene.result == HangUp("success", "caller_stop", from_caller=True)
    assert scene.phone.audio_got() == 8000


def test_it_prints_itself() -> None:
    lines = []

    async def script(scene: Scene) -> None:
        lines.append(repr(scene.session))
        await scene.phone.start()
        await scene.phone.audio(40)
        lines.append(repr(scene.session))
        await scene.phone.stop()

    play(script)
    assert lines[0].startswith("<Session <Stream - waiting")
    assert lines[1].startswith(f"<Session <Call {CALL} listening")


@pytest.mark.parametrize("what", ["audio", "marks", "faults"])
def test_a_phone_with_much_to_say_lets_others_have_their_turn(what: str) -> None:
    turns = 0

    async def script(scene: Scene) -> None:
        nonlocal turns
        await scene.phone.start()
        await asyncio.sleep(1)
        for _ in range(20 * FAIR_SHARE):
            match what:
                case "audio":
                    await scene.phone.frame()
                case "marks":
                    await scene.phone.mark("never sent")
                case _:
                    await scene.phone.say(event="unknown")
        await scene.phone.stop()
        while not scene.seen.over:
            turns += 1
            await asyncio.sleep(0)

    play(script)
    assert turns >= 20


def test_a_long_message_lets_others_have_their_turn() -> None:
    """Four seconds of audio in one message are decided in eight turns."""
    turns: list[int] = []

    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await asyncio.sleep(1)
        await scene.phone.frame(QUIET * 200)
        await asyncio.sleep(0)
        while len(turns) < 20:
            turns.append(sum(isinstance(event, AudioIn) for _, event, _ in scene.seen.happenings))
            await asyncio.sleep(0)
        await scene.phone.stop()

    play(script)
    steps = [after - before for before, after in itertools.pairwise(turns)]
    assert turns[-1] == 200
    assert max(steps) == FAIR_SHARE


def test_what_is_decided_is_sent_in_the_same_turn(way: str) -> None:
    sent: list[tuple[bool, int]] = []

    async def script(scene: Scene) -> None:
        await ask(scene)
        wire = scene.session._wire
        sent.append((scene.session._to_send.is_set(), wire.sent_now if isinstance(wire, DirectWire) else 0))
        await scene.phone.stop()

    scene = play(script)
    assert scene.phone.audio_got() == 8000
    assert sent == [(False, len(scene.phone.got) if way == "direct" else 0)]


def test_a_flood_ends_the_call_by_its_name() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        for _ in range(300):
            await scene.phone.key("1")

    scene = play(script)
    assert scene.result == HangUp("caller_error", "caller_flood")
    assert scene.hung_up == [CALL]


def test_a_socket_cut_for_its_frames_is_a_flood() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await asyncio.sleep(1)
        await scene.phone.wire.close(FLOODED)

    assert play(script).result == HangUp("caller_error", "caller_flood")
