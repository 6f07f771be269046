"""What keeps the boards of one process fresh."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr.fleet.directory import Gone
from ivr.server.board import feed as feeds
from ivr.server.board.feed import MOST_BOARDS, MOST_OF_ONE, Board, Feed
from ivr.testbench import virtual_time
from tests.server.board.fleet import Fleet, a_call


def story(tell: Callable[[Fleet, Feed], Awaitable[None]], **more: Any) -> None:
    async def main() -> None:
        fleet = Fleet()
        await tell(fleet, Feed(fleet, **more))

    virtual_time.run(main())


async def opened(feed: Feed, operator: str = "sara") -> Board:
    board = await feed.open(operator)
    assert board is not None
    return board


async def news(feed: Feed, board: Board) -> dict[str, Any]:
    async with asyncio.timeout(5.0):
        while not board.changed:
            board.wake.clear()
            await board.wake.wait()
    told: dict[str, Any] = json.loads(feed.news(board, "act"))
    return told


def test_a_board_begins_with_all_calls_and_hears_each_change() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.put(a_call(1))
        board = await opened(feed)
        assert [call["call_id"] for call in json.loads(feed.snapshot("act"))["calls"]] == [a_call(1).call_id]
        await asyncio.sleep(0.01)
        board.changed.clear()
        fleet.put(a_call(2))
        assert [call["turns"] for call in (await news(feed, board))["calls"]] == [2]
        fleet.change(a_call(2).call_id, turns=3)
        fleet.change(a_call(2).call_id, turns=4)
        await asyncio.sleep(0.01)
        assert [call["turns"] for call in (await news(feed, board))["calls"]] == [4]
        fleet.gone(a_call(2).call_id)
        assert await news(feed, board) == {"calls": [], "gone": [a_call(2).call_id]}
        feed.close(board)
        assert repr(feed) == "<Feed 0 boards, 0 calls>"

    story(tell)


def test_each_role_sees_its_own() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.put(a_call(1))
        board = await opened(feed)
        assert b"****" in feed.snapshot("view")
        assert b"****" not in feed.snapshot("act")
        feed.close(board)

    story(tell)


def test_nothing_is_watched_while_no_board_is_open() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        first, second = await opened(feed), await opened(feed, "ali")
        await asyncio.sleep(0.01)
        assert fleet.watched == 1
        feed.close(first)
        await asyncio.sleep(0.01)
        assert fleet.watched == 1
        feed.close(second)
        await asyncio.sleep(0.01)
        assert fleet.watched == 0

    story(tell)


def test_a_call_that_another_node_carries_by_now_stays() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.put(a_call(1, node="node-2"))
        board = await opened(feed)
        await asyncio.sleep(0.01)
        feed._gone(Gone(a_call(1).call_id, "node-1"))
        assert len(feed.calls) == 1
        feed.close(board)

    story(tell)


def test_a_change_that_was_lost_is_found_again() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.put(a_call(1))
        board = await opened(feed)
        await asyncio.sleep(0.01)
        board.changed.clear()
        del fleet.there[a_call(1).call_id]
        await asyncio.sleep(feeds.WHOLE_S + 1)
        assert await news(feed, board) == {"calls": [], "gone": [a_call(1).call_id]}
        feed.close(board)

    story(tell)


def test_a_directory_that_fails_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.broken = True
        board = await opened(feed)
        assert not feed.calls
        fleet.put(a_call(1))
        fleet.broken = False
        assert len((await news(feed, board))["calls"]) == 1
        feed.close(board)

    story(tell)
    assert "board_failed" in caplog.text


def test_nodes_and_lines_are_told_when_they_change() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        board = await opened(feed)
        await asyncio.sleep(0.01)
        assert board.nodes_changed
        board.nodes_changed = False
        await asyncio.sleep(feeds.NODES_S * 3)
        assert not board.nodes_changed
        await fleet.close_line("default", True)
        await asyncio.sleep(feeds.NODES_S * 2)
        assert board.nodes_changed
        feed.close(board)

    story(tell)


def test_the_oldest_of_too_many_boards_of_one_is_closed() -> None:
    async def tell(_: Fleet, feed: Feed) -> None:
        boards = [await opened(feed) for _ in range(MOST_OF_ONE + 1)]
        assert [board.over for board in boards] == ["too_many_boards"] + [""] * MOST_OF_ONE
        assert "too_many_boards" in repr(boards[0])
        assert len(feed) == MOST_OF_ONE
        for board in boards:
            feed.close(board)

    story(tell)


def test_there_is_a_last_board() -> None:
    async def tell(_: Fleet, feed: Feed) -> None:
        boards = [await opened(feed, str(number)) for number in range(MOST_BOARDS)]
        assert feed.full
        assert await feed.open("sara") is None
        feed.close(boards[0])
        assert not feed.full
        for board in boards:
            feed.close(board)

    story(tell)


def test_boards_go_elsewhere_when_the_process_leaves() -> None:
    state = {"leaving": False, "exiting": False}

    async def tell(_: Fleet, feed: Feed) -> None:
        before = await opened(feed)
        state["leaving"] = True
        late = await opened(feed)
        await asyncio.sleep(1.0)
        assert (before.over, late.over) == ("leaving", "")
        state["exiting"] = True
        await asyncio.sleep(1.0)
        assert late.over == "leaving"
        feed.close(before)
        feed.close(late)

    story(tell, leaving=lambda: state["leaving"], exiting=lambda: state["exiting"])


def test_a_board_that_is_given_up_while_it_opens_is_forgotten() -> None:
    async def tell(fleet: Fleet, feed: Feed) -> None:
        fleet.broken = True
        opening = asyncio.create_task(feed.open("sara"))
        await asyncio.sleep(0.1)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        assert len(feed) == 0

    story(tell)
