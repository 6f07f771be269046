"""Messages between the workers of one machine, on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr.fleet.messages import CallOver, Learnt, Superseded
from ivr.server.shared.control import MESSAGES_A_TURN, Control
from ivr.server.shared.worker_messages import WorkerMessage


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(main())


async def heard(messages: list[WorkerMessage], count: int) -> None:
    while len(messages) < count:  # noqa: ASYNC110 - a socket tells nobody
        await asyncio.sleep(0)


def test_a_message_comes_to_the_worker_that_it_is_for(tmp_path: Path) -> None:
    async def story() -> None:
        one, two, mine, others = (
            Control(tmp_path, 0),
            Control(tmp_path, 1),
            list[WorkerMessage](),
            list[WorkerMessage](),
        )
        one.open(mine.append)
        two.open(others.append)
        sent: list[WorkerMessage] = [Superseded("CA1", 3), *(CallOver(f"CA{n}") for n in range(MESSAGES_A_TURN // 10))]
        for message in sent:
            one.send(1, message)
        await heard(others, len(sent))
        assert (others, mine) == (sent, [])
        two.send(0, CallOver("CA1"))
        await heard(mine, 1)
        assert repr(one) == "<Control of worker 0 lost=0>"
        one.close()
        two.close()
        assert list(tmp_path.iterdir()) == []
        assert repr(one) == "<Control of worker 0 closed lost=0>"

    run(story)


def test_what_cannot_be_sent_is_lost(tmp_path: Path) -> None:
    async def story() -> None:
        one = Control(tmp_path, 0)
        one.send(1, CallOver("CA1"))
        one.open(lambda _: None)
        one.send(1, CallOver("CA1"))
        one.send(0, Learnt("CA1", {"x": "y" * 100_000}))
        assert one.lost == 3
        one.close()
        one.close()

    run(story)


def test_a_worker_that_does_not_read_delays_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        one, two, messages = Control(tmp_path, 0), Control(tmp_path, 1), list[WorkerMessage]()
        one.open(lambda _: None)
        two.open(messages.append)
        while not one.lost:
            one.send(1, Learnt("CA1", {"x": "y" * 10_000}))
        await heard(messages, 1)
        one.close()
        two.close()

    run(story)


def test_what_is_no_message_is_passed_over(tmp_path: Path) -> None:
    async def story() -> None:
        one, messages = Control(tmp_path, 0), list[WorkerMessage]()
        one.open(messages.append)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            for written in (b"", b"{}", b"x" * 60_000):
                stranger.sendto(written, str(tmp_path / "0.sock"))
        one.send(0, CallOver("CA1"))
        await heard(messages, 1)
        assert (messages, one.lost) == ([CallOver("CA1")], 3)
        one.close()

    run(story)


def test_many_messages_leave_the_loop_its_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr("ivr.server.shared.control.MESSAGES_A_TURN", 2)
        one, messages = Control(tmp_path, 0), list[WorkerMessage]()
        one.open(messages.append)
        for number in range(5):
            one.send(0, CallOver(f"CA{number}"))
        one._read()
        assert len(messages) == 2
        await heard(messages, 5)
        one.close()

    run(story)


def test_a_message_may_close_the_socket(tmp_path: Path) -> None:
    async def story() -> None:
        one = Control(tmp_path, 0)
        one.open(lambda _: one.close())
        one.send(0, CallOver("CA1"))
        one._read()
        assert "closed" in repr(one)

    run(story)


def test_the_socket_of_a_dead_worker_is_in_no_one_s_way(tmp_path: Path) -> None:
    (tmp_path / "0.sock").touch()

    async def story() -> None:
        one = Control(tmp_path, 0)
        one.open(lambda _: None)
        one.close()

    run(story)


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(OSError, match="No such file"):
            Control(tmp_path / "gone", 0).open(lambda _: None)

    run(story)
