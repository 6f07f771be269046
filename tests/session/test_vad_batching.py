"""Frames of several calls heard together: in order, soon, and with the same outcome as alone."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from ivr.call.call import Call
from ivr.call.commands import HangUp
from ivr.call.events import AudioIn, CallStarted
from ivr.call.ports import CallPorts
from ivr.media.vad import batch
from ivr.media.vad import detector as vad
from ivr.session.session import Session
from ivr.session.vad_batching import WAIT, VadBatching
from ivr.testbench.memory import wire_pair
from ivr.testbench.virtual_time import run
from ivr.twilio.stream import Stream
from tests.call.stage import LOUD, QUIET, options
from tests.support.scene import ACCOUNT, Answering, Listener, Phone, Speaker


class Ear:
    """A session that only notes what it hears."""

    def __init__(self, log: list[tuple[str, int, float]], name: str) -> None:
        self.log = log
        self.name = name
        self.detector = vad.factory()

    def foresee(self, event: AudioIn, now: float) -> Any:
        return None if event.payload == b"" else (self.detector, bytes(320), None)

    def hear(self, event: AudioIn, now: float) -> None:
        self.log.append((self.name, event.timestamp_ms, now))


def test_a_call_alone_waits_for_nobody() -> None:
    async def main() -> None:
        chorus = VadBatching(lambda: batch.WORTH_IT - 1)
        assert not chorus.add(cast(Session, Ear([], "a")), AudioIn(0, QUIET))

    run(main())


def test_frames_wait_a_moment_and_come_back_in_order() -> None:
    async def main() -> None:
        log: list[tuple[str, int, float]] = []
        a, b = Ear(log, "a"), Ear(log, "b")
        chorus = VadBatching(lambda: 2)
        began = asyncio.get_running_loop().time()
        for ear, at in ((a, 0), (b, 0), (a, 20)):
            assert chorus.add(cast(Session, ear), AudioIn(at, b"" if at else QUIET))
        assert repr(chorus) == "<VadBatching waiting=3 shared=0>"
        assert log == []
        await asyncio.sleep(WAIT * 1.5)
        assert [(name, at) for name, at, _ in log] == [("a", 0), ("b", 0), ("a", 20)]
        assert all(abs(now - began - WAIT) < 1e-6 for _, _, now in log)
        chorus.add(cast(Session, a), AudioIn(40, QUIET))
        chorus.flush()
        assert log[-1][:2] == ("a", 40)
        await asyncio.sleep(1)
        assert len(log) == 4

    run(main())


def calls(chorus: bool) -> list[tuple[HangUp | None, int, list[int]]]:
    """Two whole calls at once with the real detector: how they ended, what their callers heard, what the ears got."""

    async def main() -> list[tuple[HangUp | None, int, list[int]]]:
        together = VadBatching(lambda: 2) if chorus else None
        outcomes = await asyncio.gather(*(one(together) for _ in range(2)))
        assert together is None or together.shared > 50
        return outcomes

    async def one(together: VadBatching | None) -> tuple[HangUp | None, int, list[int]]:
        near, far = wire_pair()
        voice, ears, agent = Speaker(), Listener(), Answering()

        def compose(started: CallStarted) -> CallPorts:
            return CallPorts(started, Call(options(), vad.factory()), voice, ears, agent)

        session = Session(near, Stream(lambda *_: True, ACCOUNT), compose, together=together)
        phone = Phone(far)
        listening = asyncio.create_task(phone.listen())
        serving = asyncio.create_task(session.run())
        await phone.start()
        await phone.audio(300)
        await phone.audio(600, LOUD)
        await phone.audio(2000)
        await phone.say(event="dtmf", streamSid="x", sequenceNumber="1", dtmf={"track": "inbound_track", "digit": "1"})
        await phone.audio(100)
        await phone.stop()
        ended = await serving
        far.drop()
        await listening
        return ended, phone.audio_got(), ears.heard

    return run(main())


def test_calls_that_are_heard_together_go_as_they_go_alone() -> None:
    together = calls(chorus=True)
    assert together == calls(chorus=False)
    assert together[0][0] == HangUp("success", "caller_stop", from_caller=True)


def test_a_frame_that_breaks_a_call_breaks_no_other() -> None:
    async def main() -> None:
        near, _ = wire_pair()

        class Broken(Call):
            def foresee(self, event: AudioIn, now: float) -> None:
                return None

            def receive(self, event: object, now: float) -> list[Any]:
                raise KeyError("a bug of ours")

        session = Session(near, Stream(lambda *_: True, ACCOUNT), lambda started: cast(CallPorts, None))
        assert session.foresee(AudioIn(0, QUIET), 0.0) is None
        call = Broken(options(), vad.factory())
        session._party = CallPorts(CallStarted("CA1", "MZ1"), call, Speaker(), Listener(), Answering())
        session.hear(AudioIn(0, QUIET), 0.0)
        assert isinstance(session._failure, KeyError)

    run(main())
