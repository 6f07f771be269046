"""Two workers of one machine, each with a bridge, in one virtual time: what one answers the other may carry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ivr.call.commands import HangUp
from ivr.call.events import CallStarted
from ivr.call.ports import WireClosed
from ivr.config.settings import Settings
from ivr.observe.recent_calls import RecentCalls
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.server.shared.places import Owner
from ivr.server.shared.shared import Shared
from ivr.server.shared.shared_places import SharedPlaces
from ivr.server.shared.sqlite_places import FILE, prepare, release
from ivr.server.shared.worker import Worker
from ivr.server.shared.worker_messages import WorkerMessage, decode_told, encode_told
from ivr.testbench import virtual_time
from ivr.testbench.memory import wire_pair
from ivr.testbench.phone import messages as wire
from ivr.twilio.form import Dialled
from tests.support.front import ACCOUNT, CALL, CALLED, CALLER, STREAM, Front, a_bridge, settings, total

IDS = wire.Ids(ACCOUNT, CALL, STREAM)
AGAIN = wire.Ids(ACCOUNT, CALL, "MZ" + "e" * 32)


class Post:
    """Messages between workers, without sockets: there are none in virtual time."""

    doors: dict[int, Callable[[WorkerMessage], None]]
    lost = False

    def __init__(self, _: Path, index: int) -> None:
        self.index = index

    def open(self, receive: Callable[[WorkerMessage], None]) -> None:
        self.doors[self.index] = receive

    def close(self) -> None:
        self.doors.pop(self.index, None)

    def send(self, worker: int, message: WorkerMessage) -> bool:
        written = encode_told(message)
        assert written is not None
        read = decode_told(written)
        if worker in self.doors and read is not None and not Post.lost:
            asyncio.get_running_loop().call_soon(self.doors[worker], read)
        return worker in self.doors


Story = Callable[[Bridge, Bridge], Awaitable[None]]
Run = Callable[..., None]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a story with two workers of a machine."""
    monkeypatch.setattr("ivr.server.shared.shared.Control", Post)
    monkeypatch.setattr(Post, "doors", {}, raising=False)
    monkeypatch.setattr(Post, "lost", False)
    folder = tmp_path / "shared"
    folder.mkdir()
    prepare(folder)

    def run(story: Story, **env: str) -> None:
        async def main() -> None:
            chosen = settings(tmp_path, **env)
            bridges = [worker(chosen, folder, index) for index in (0, 1)]
            for bridge in bridges:
                await bridge.start()
            await asyncio.sleep(1)
            try:
                await story(*bridges)
            finally:
                for bridge in bridges:
                    await bridge.stop()

        virtual_time.run(main())

    return run


def worker(chosen: Settings, folder: Path, index: int) -> Bridge:
    return a_bridge(chosen, shared=Shared(Worker(index, 2, folder)))


def now() -> float:
    return asyncio.get_running_loop().time()


def ask(bridge: Bridge, call: str = CALL) -> tuple[str, str]:
    """Answer a call; the document's name, and the token in it."""
    name, text = bridge.answer(Dialled(call, ACCOUNT, CALLER, CALLED, "inbound", {"x": "1"}), now())
    parameter = ElementTree.fromstring(text).find("Connect/Stream/Parameter")
    return name, "" if parameter is None else str(parameter.get("value"))


async def begin(bridge: Bridge, token: str, ids: wire.Ids = IDS) -> tuple[Any, asyncio.Task[None]]:
    """Open the stream of a call: the phone's end, and the task that serves it."""
    phone, near = wire_pair(closed=WireClosed)
    serving = asyncio.create_task(bridge.serve(near))
    await phone.send(wire.start(ids, 1, {"token": token}))
    await asyncio.sleep(0.1)
    return phone, serving


async def end(phone: Any, serving: asyncio.Task[None]) -> None:
    phone.drop()
    await serving


def ended(bridge: Bridge, reason: str) -> float:
    return total(bridge.metrics, "ivr_terminations_total", reason=reason)


def test_one_answers_and_the_other_carries_the_call(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        name, token = ask(one)
        assert name == "answer"
        call = await begin(two, token)
        [session] = two.admission
        assert session._ports is not None
        started = session._ports.started
        assert (started.caller, started.called, started.parameters) == (CALLER, CALLED, {"x": "1"})
        assert (len(one.admission), one.admission.awaited(now())) == (0, 0)
        # Used once, wherever it comes again.
        for bridge in (one, two):
            refused, serving = await begin(bridge, token, AGAIN)
            await serving
            assert refused.over
            assert total(bridge.metrics, "ivr_rejected_requests_total", route="media", reason="token") == 1
        await end(*call)
        assert two.shared.places.owner(CALL) is None

    machine(story)


def test_both_answers_to_a_repeated_request_work_and_one_place_is_taken(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        tokens = [ask(bridge)[1] for bridge in (one, two)]
        assert (one.admission.admitted, two.admission.admitted) == (1, 0)
        assert ask(one, "CA2")[0] == ask(two, "CA2")[0] == "busy"
        call = await begin(one, tokens[1])
        assert len(one.admission) == 1
        assert ask(two, "CA2")[0] == "busy"
        await end(*call)
        assert ask(two, "CA2")[0] == "answer"

    machine(story, IVR_MAX_CALLS="1")


def test_what_the_carrier_says_reaches_the_worker_of_the_call(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        _, serving = await begin(two, ask(one)[1])
        one.learn(CALL, {"AnsweredBy": "human"})
        await asyncio.sleep(0.1)
        assert two._told.late[CALL] == {"AnsweredBy": "human"}
        one.stream_over(CALL, "MZ-of-another-stream")
        await asyncio.sleep(0.1)
        assert CALL in two.admission
        one.stream_over(CALL, STREAM)
        await serving
        assert ended(two, "caller_closed") == 1
        _, serving = await begin(two, ask(one)[1])
        one.over(CALL)
        await serving
        assert ended(two, "caller_stop") == 1
        # The call is over, and so is what is said of it.
        one.learn(CALL, {"AnsweredBy": "human"})
        one.over(CALL)
        await asyncio.sleep(0.1)
        assert two._told.late == {}

    machine(story)


def test_what_is_learnt_before_the_stream_comes_with_it(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        _, token = ask(one)
        two.learn(CALL, {"AnsweredBy": "human"})
        call = await begin(one, token)
        [session] = one.admission
        assert session._ports is not None
        assert session._ports.started.parameters == {"x": "1", "AnsweredBy": "human"}
        await end(*call)

    machine(story)


def test_a_second_stream_at_the_other_worker_takes_the_call_over(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        _, serving = await begin(two, ask(one)[1])
        two.learn(CALL, {"AnsweredBy": "human"})
        second = await begin(one, ask(two)[1], AGAIN)
        await serving
        assert (ended(two, "superseded"), one.admission.superseded) == (1, 1)
        assert one._told.late[CALL] == {"AnsweredBy": "human"}
        # The end of the older one has freed nothing of the newer.
        assert one.shared.places.owner(CALL) == Owner(0, 1, {"AnsweredBy": "human"})
        assert (len(one.admission), len(two.admission), two._told.late) == (1, 0, {})
        await end(*second)
        assert one.shared.places.owner(CALL) is None

    machine(story)


def test_a_call_that_comes_back_is_not_ended_by_a_late_message(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        Post.lost = True
        first, first_serving = await begin(one, ask(one)[1])
        second, second_serving = await begin(two, ask(one)[1], AGAIN)
        # The message was lost: the older stream is ended by the newest, which comes back to its worker.
        assert (len(one.admission), len(two.admission)) == (1, 1)
        third = await begin(one, ask(two)[1])
        await first_serving
        assert ended(one, "superseded") == 1
        await end(second, second_serving)
        assert one.shared.places.owner(CALL) == Owner(0, 2)
        assert first.over
        await end(*third)

    machine(story)


def test_a_worker_that_drains_alone_leaves_awaited_streams_to_the_other(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        _, token = ask(one)
        began = now()
        await one.drain()
        assert now() == began
        # It turns no caller away either: the other one takes the stream.
        assert ask(one, "CA2")[0] == "answer"
        await one.stop()
        call = await begin(two, token)
        assert len(two.admission) == 1
        await end(*call)

    machine(story)


def test_a_worker_that_drains_waits_for_the_word_of_open_streams(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        phone, near = wire_pair(closed=WireClosed)
        silent, other = wire_pair(closed=WireClosed)
        serving = [asyncio.create_task(one.serve(end)) for end in (near, other)]
        await asyncio.sleep(0.1)
        draining = asyncio.create_task(one.drain())
        await asyncio.sleep(2)
        await phone.send(wire.start(IDS, 1, {"token": ask(two)[1]}))
        await asyncio.sleep(4)
        assert (len(one.admission), silent.over, draining.done()) == (1, True, False)
        phone.drop()
        await asyncio.gather(*serving)
        await draining

    machine(story)


def test_of_workers_that_all_drain_the_last_waits_for_streams(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        _, token = ask(one)
        other = await begin(one, ask(two, "CA2")[1], wire.Ids(ACCOUNT, "CA2", STREAM))
        draining = [asyncio.create_task(bridge.drain()) for bridge in (one, two)]
        await asyncio.sleep(20)
        assert [task.done() for task in draining] == [False, False]
        assert ask(two, "CA3")[0] == ask(one, "CA3")[0] == "drain"
        call = await begin(one, token)
        # The stream came to the other worker: there is nothing more to wait for.
        await asyncio.sleep(1)
        assert [task.done() for task in draining] == [False, True]
        await end(*call)
        await end(*other)
        await asyncio.gather(*draining)

    machine(story, IVR_DRAIN_SECONDS="600")


def test_streams_that_never_come_are_waited_for_a_minute(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        ask(one)
        began = now()
        await asyncio.gather(one.drain(), two.drain())
        assert now() - began == pytest.approx(60, abs=0.6)

    machine(story, IVR_DRAIN_SECONDS="600")


def test_the_calls_of_a_worker_that_died_are_released(machine: Run, tmp_path: Path) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        call = await begin(one, ask(one)[1])
        assert ask(two, "CA2")[0] == "busy"
        release(tmp_path / "shared", 0)
        assert ask(two, "CA2")[0] == "answer"
        await end(*call)

    machine(story, IVR_MAX_CALLS="1")


def test_a_developer_may_ask_any_worker_of_a_call(machine: Run) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        recent = RecentCalls()
        fronts = [Front(one), Front(two)]
        create_app(two.settings, bridge=two, recent=recent)

        async def asked() -> list[int]:
            return [(await front.client.get(f"/calls/{CALL}")).status_code for front in fronts]

        assert await asked() == [404, 404]
        call = await begin(two, ask(one)[1])
        recent.happened(CALL, now(), CallStarted(CALL, STREAM), [])
        assert await asked() == [202, 202]
        recent.ended(CALL, now(), [], HangUp("success", "caller_stop"))
        assert await asked() == [200, 200]
        await end(*call)
        for front in fronts:
            await front.aclose()

    machine(story, IVR_DEV="true", IVR_PUBLIC_URL="")


def test_without_the_common_file_calls_go_on(machine: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(one: Bridge, two: Bridge) -> None:
        first = await begin(one, ask(one)[1])
        _, token = ask(one, "CA2")
        for bridge in (one, two):
            assert isinstance(bridge.shared.places, SharedPlaces)
            assert bridge.shared.places._common is not None
            bridge.shared.places._common.close()
        (tmp_path / "shared" / FILE).rename(tmp_path / "away")
        # The token says of the call what the file would say.
        second = await begin(two, token, wire.Ids(ACCOUNT, "CA2", STREAM))
        [session] = two.admission
        assert session._ports is not None
        assert (session._ports.started.caller, session._ports.started.parameters) == (CALLER, {"x": "1"})
        # Each has two of the four places: one at the first, which has answered two calls; another at the second.
        verdicts = [[ask(bridge, f"CA{bridge.shared.worker.index}{n}")[0] for n in range(2)] for bridge in (one, two)]
        assert verdicts == [["busy", "busy"], ["answer", "busy"]]
        await asyncio.sleep(1)
        assert one.metrics.registry.get_sample_value("ivr_shared_store_up") == 0
        (tmp_path / "away").rename(tmp_path / "shared" / FILE)
        await asyncio.sleep(2)
        assert one.metrics.registry.get_sample_value("ivr_shared_store_up") == 1
        assert one.shared.places.owner("CA2") == Owner(1, 1)
        await end(*first)
        await end(*second)

    machine(story, IVR_MAX_CALLS="4")
    assert caplog.text.count("shared_store_lost") == 2
    assert CALLER not in caplog.text
