"""Frames of several calls scored together: in order, at once, and with the same outcome as alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp
from ivr.call.events import AudioIn, CallStarted, Event, MarkReached
from ivr.call.ports import CallPorts, WireClosed
from ivr.call.timeline import Turn
from ivr.media.vad import scorer as vad
from ivr.media.vad.scorer import SpeechScorer
from ivr.session.session import Session
from ivr.session.vad_batching import VadBatching
from ivr.testbench.memory import wire_pair
from ivr.testbench.virtual_time import run
from ivr.twilio.stream import Stream
from tests.call.stage import LOUD, QUIET, Loudness, options
from tests.support.scene import ACCOUNT, Answering, Listener, Phone, Speaker

Log = list[tuple[str, int, float]]


class Noting:
    """A call that only notes what it hears."""

    def __init__(self, log: Log, name: str, scorer: SpeechScorer | None = None) -> None:
        self.log = log
        self.name = name
        self.scorer = scorer or Loudness()

    def hear(self, frame: AudioIn) -> None:
        self.log.append((self.name, frame.timestamp_ms, frame.speech))

    def scoring_failed(self, error: Exception) -> None:
        self.log.append((self.name, -1, 0.0))


class Broken:
    """A scorer that fails at loud audio."""

    def score(self, pcm: bytes) -> float:
        if any(pcm):
            raise KeyError("broken")
        return 0.0


def test_a_call_alone_goes_without_a_detour() -> None:
    log: Log = []
    batching = VadBatching()
    batching.add(Noting(log, "a"), AudioIn(0, LOUD))
    assert log == [("a", 0, 1.0)]
    assert repr(batching) == "<VadBatching waiting=0 scored=1 runs=1>"


def test_frames_of_one_turn_of_the_loop_are_one_run() -> None:
    async def main() -> None:
        log: Log = []
        a, b = Noting(log, "a"), Noting(log, "b")
        batching = VadBatching(lambda: 2)
        began = asyncio.get_running_loop().time()
        for call, at, audio in ((a, 0, LOUD), (b, 0, QUIET), (a, 20, QUIET)):
            batching.add(call, AudioIn(at, audio))
        assert log == []
        assert repr(batching) == "<VadBatching waiting=3 scored=0 runs=0>"
        await asyncio.sleep(0)
        assert log == [("a", 0, 1.0), ("b", 0, 0.0), ("a", 20, 0.0)]
        assert (batching.scored, batching.runs) == (3, 1)
        assert asyncio.get_running_loop().time() == began

    run(main())


def test_a_flush_leaves_nothing_for_the_next_turn() -> None:
    async def main() -> None:
        log: Log = []
        a, b = Noting(log, "a"), Noting(log, "b")
        batching = VadBatching(lambda: 2)
        batching.add(a, AudioIn(0, LOUD))
        batching.flush()
        assert log == [("a", 0, 1.0)]
        await asyncio.sleep(0)
        assert batching.runs == 1
        batching.add(b, AudioIn(20, LOUD))
        await asyncio.sleep(0)
        assert log[1:] == [("b", 20, 1.0)]

    run(main())


def test_a_call_left_alone_waits_behind_its_own_frame() -> None:
    async def main() -> None:
        log: Log = []
        calls = [2]
        a = Noting(log, "a")
        batching = VadBatching(lambda: calls[0])
        batching.add(a, AudioIn(0, LOUD))
        calls[0] = 1
        batching.add(a, AudioIn(20, LOUD))
        assert log == []
        await asyncio.sleep(0)
        assert [at for _, at, _ in log] == [0, 20]

    run(main())


def test_a_scorer_that_fails_hurts_its_call_alone() -> None:
    async def main() -> None:
        log: Log = []
        batching = VadBatching(lambda: 2)
        for call in (Noting(log, "a", Broken()), Noting(log, "b")):
            batching.add(call, AudioIn(0, LOUD))
        await asyncio.sleep(0)
        assert log == [("a", -1, 0.0), ("b", 0, 1.0)]

    run(main())


class Tape:
    """An observer that keeps every event and what came of it."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event]] = []
        self.commands: list[Command] = []

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.events.append((now, event))
        self.commands += commands

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Nothing to keep."""


Script = Callable[[Phone], Any]


async def ordinary(phone: Phone) -> None:
    await phone.audio(300)
    await phone.audio(600, LOUD)
    await phone.audio(2000)
    await phone.key("1")
    await phone.audio(100)


async def one_call(
    script: Script, scorer: SpeechScorer, batching: VadBatching | None
) -> tuple[HangUp | None, int, list[int], Tape]:
    """How the call ended, what its caller heard, what the STT got, and its tape."""
    near, far = wire_pair()
    speaker, listener, tape = Speaker(), Listener(), Tape()

    def compose(started: CallStarted, _: Session) -> CallPorts:
        return CallPorts(started, Call(options()), speaker, listener, Answering())

    session = Session(near, Stream(lambda *_: True, {ACCOUNT}), compose, scorer, observer=tape, batching=batching)
    phone = Phone(far)
    listening = asyncio.create_task(phone.listen())
    serving = asyncio.create_task(session.run())
    with contextlib.suppress(WireClosed):
        await phone.start()
        await script(phone)
        await phone.stop()
    ended = await serving
    far.drop()
    await listening
    return ended, phone.audio_got(), listener.heard, tape


def two_calls(batching: VadBatching | None, scorer: Callable[[], SpeechScorer] = vad.factory) -> list[Any]:
    async def main() -> list[Any]:
        return await asyncio.gather(*(one_call(ordinary, scorer(), batching) for _ in range(2)))

    return run(main())


def test_calls_that_share_runs_go_as_they_go_alone() -> None:
    batching = VadBatching(lambda: 2)
    together = [outcome[:3] for outcome in two_calls(batching)]
    assert together == [outcome[:3] for outcome in two_calls(None)]
    assert together[0][0] == HangUp("success", "caller_stop", from_caller=True)
    assert batching.runs < 0.6 * batching.scored


@pytest.mark.parametrize("scorer", [vad.factory, Loudness])
def test_a_tape_gives_the_same_commands_without_a_model(scorer: Callable[[], SpeechScorer]) -> None:
    for *_, tape in two_calls(VadBatching(lambda: 2), scorer):
        scores = {event.speech for _, event in tape.events if isinstance(event, AudioIn)}
        assert len(scores) > 10 if scorer is vad.factory else scores == {0.0, 1.0}
        again = Call(options())
        assert [command for now, event in tape.events for command in again.receive(event, now)] == tape.commands


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["quiet", "loud", "mark", "key"]), min_size=1, max_size=30))
def test_frames_marks_and_keys_are_fed_in_their_order(steps: list[str]) -> None:
    async def script(phone: Phone) -> None:
        for number, step in enumerate(steps):
            if step == "mark":
                await phone.mark(f"m{number}")
            elif step == "key":
                await phone.key("1")
            else:
                await phone.frame(LOUD if step == "loud" else QUIET)

    async def main() -> list[Any]:
        batching = VadBatching(lambda: 2)
        return await asyncio.gather(*(one_call(script, Loudness(), batching) for _ in range(2)))

    for *_, tape in run(main()):
        got = []
        for _, event in tape.events:
            if isinstance(event, AudioIn):
                got.append("loud" if event.speech else "quiet")
            elif type(event).__name__ in ("MarkReached", "DigitPressed"):
                got.append("mark" if isinstance(event, MarkReached) else "key")
        assert got == steps


def test_a_scorer_that_fails_ends_its_call_with_a_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[Any]:
        batching = VadBatching(lambda: 2)
        scorers: list[SpeechScorer] = [Broken(), Loudness()]
        return await asyncio.gather(*(one_call(ordinary, scorer, batching) for scorer in scorers))

    broken, whole = run(main())
    assert broken[0] == HangUp("bridge_error", "vad_failed")
    assert whole[0] == HangUp("success", "caller_stop", from_caller=True)
    assert [record.message for record in caplog.records].count("vad_failed") == 1


def test_a_frame_that_breaks_a_call_breaks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = Call.receive
    broken: list[Call] = []

    def break_one(call: Call, event: Event, now: float) -> list[Command]:
        if isinstance(event, AudioIn) and event.speech and call in (broken or [call]):
            broken.append(call)
            raise KeyError("a bug of ours")
        return receive(call, event, now)

    monkeypatch.setattr(Call, "receive", break_one)
    ends = [outcome[0] for outcome in two_calls(VadBatching(lambda: 2), Loudness)]
    assert ends == [HangUp("bridge_error", "internal_error"), HangUp("success", "caller_stop", from_caller=True)]
