"""Messages to a page between those of the session: in order, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ivr.call.ports import WireClosed
from ivr.server.talk.page_wire import MOST_UNTOLD, TalkWire
from ivr.testbench.virtual_time import run

M = [{"what": str(number)} for number in range(3)]
TEXTS = [f'{{"what":"{number}"}}' for number in range(3)]


class Port:
    """A socket that takes a message when it is let."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gone = False
        self.free = asyncio.Event()

    async def receive(self) -> str | bytes:
        raise WireClosed

    async def send(self, message: str) -> None:
        await self.free.wait()
        if self.gone:
            raise WireClosed
        self.sent.append(message)

    async def close(self, code: int) -> None:
        """Do nothing."""


class DirectPort(Port):
    """One whose writer is at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = True

    async def listen(self, take: Callable[[str | bytes | None], bool]) -> NoReturn:
        raise WireClosed

    def send_now(self, messages: Iterable[str]) -> bool:
        if self.takes:
            self.sent += messages
        return self.takes


def test_a_message_leaves_at_once_where_it_can() -> None:
    async def story() -> None:
        port = DirectPort()
        wire = TalkWire(port)
        wire.tell(M[0])
        assert port.sent == TEXTS[:1]
        assert repr(wire) == "<TalkWire 0 waiting>"

    run(story())


def test_messages_keep_their_order_when_the_socket_is_full() -> None:
    async def story() -> None:
        port = DirectPort()
        wire = TalkWire(port)
        port.takes = False
        wire.tell(M[0])
        port.takes = True
        # The first is still in the hand of the task.
        wire.tell(M[1])
        await asyncio.sleep(0)
        port.free.set()
        await asyncio.sleep(0.01)
        wire.tell(M[2])
        assert port.sent == TEXTS

    run(story())


def test_a_page_that_does_not_read_costs_little() -> None:
    async def story() -> None:
        port = Port()
        wire = TalkWire(port)
        for _ in range(MOST_UNTOLD * 2):
            wire.tell(M[0])
        assert repr(wire) == f"<TalkWire {MOST_UNTOLD} waiting>"
        port.gone = True
        port.free.set()
        await asyncio.sleep(0.01)
        assert repr(wire) == "<TalkWire 0 waiting>"
        assert port.sent == []

    run(story())


def test_a_page_that_has_gone_is_no_error() -> None:
    async def story() -> None:
        port: Any = Port()
        port.gone = True
        port.free.set()
        TalkWire(port).tell(M[0])
        await asyncio.sleep(0.01)

    run(story())
