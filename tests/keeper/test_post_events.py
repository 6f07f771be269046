"""Events: each arrives once, signed, in the order of its call, whatever the receiver does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ivr.keeper import post_events
from ivr.keeper.post_events import ANSWER_BYTES, PostEvents
from ivr.keeper.records_database import RecordsDatabase
from ivr.keeper.write_records import WriteRecords
from ivr.records import tables
from ivr.records.record import Began, Entry
from ivr.records.signature import EVENT_ID, EVENT_SIGNATURE, LAST_S, TOLERANCE_S, delay_of, is_signed, signature
from tests.records.made import NOW, SECRET, chosen, ended, facts, spooled, turn, whole
from tests.test_repository import ROOT

URL = "https://receiver.example/calls"


class Receiver(httpx.AsyncBaseTransport):
    """A receiver that answers as it is told, and notes what it took."""

    def __init__(self) -> None:
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(204)
        self.asked = 0
        self.taken: list[dict[str, Any]] = []
        self.ids: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        body = await request.aread()
        assert is_signed(SECRET, request.headers[EVENT_SIGNATURE], body, NOW + self.shift)
        answer = self.answer(request)
        if answer.is_success:
            self.taken.append(json.loads(body))
            self.ids.append(request.headers[EVENT_ID])
        # As the network has it: not read yet.
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

    shift = 0.0


class World:
    """A database with an outbox, and a receiver."""

    def __init__(self, folder: Path) -> None:
        self.settings = chosen(folder, IVR_EVENTS_URL=URL, IVR_EVENTS_SECRET=SECRET)
        self.database = RecordsDatabase(self.settings)
        self.receiver = Receiver()
        self.now = NOW
        self.chore = PostEvents(self.settings, self.database, transport=lambda: self.receiver, chance=lambda: 0.5)

    def write(self, entries: list[Entry]) -> None:
        spooled(self.settings.data_dir, entries)
        chore = WriteRecords(self.settings, self.database)
        while not chore.work(self.now):
            pass

    def run(self, seconds: float) -> None:
        """Let time pass, and the chore work when it wants to."""
        end = self.now + seconds
        while self.now <= end:
            self.receiver.shift = self.now - NOW
            self.now += max(self.chore.work(self.now), 20.0)

    def outbox(self) -> list[tuple[str, str, int, str]]:
        columns = tables.outbox.c
        with self.database.transaction() as connection:
            rows = connection.execute(select(columns.call_id, columns.state, columns.tries, columns.problem))
            return sorted((str(call), str(state), int(tries), str(problem)) for call, state, tries, problem in rows)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A database and a receiver."""
    found = World(tmp_path)
    yield found
    found.database.close()


def test_an_event_is_posted_once_and_as_the_schema_says(world: World) -> None:
    text = facts("CA2", "p2", keep="text", caller="+966500000001", called="+966110000000")
    world.write([*whole("CA1"), ended(text, turns=[turn(1, asked="Where?", heard="Here.")])])
    world.run(25)
    schema = json.loads((ROOT / "docs" / "event.schema.json").read_text())
    for event in world.receiver.taken:
        jsonschema.validate(event, schema)
    assert {event["call"]["call"] for event in world.receiver.taken} == {"CA1", "CA2"}
    assert [event["id"] for event in world.receiver.taken] == world.receiver.ids
    plain = next(event["call"] for event in world.receiver.taken if event["call"]["call"] == "CA1")
    assert "+966" not in json.dumps(plain)
    world.run(100)
    assert world.receiver.asked == 2
    assert [row[1] for row in world.outbox()] == ["posted", "posted"]


def test_after_ten_minutes_without_a_receiver_each_event_arrives_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    world.receiver.answer = away
    world.write([entry for call in range(30) for entry in whole(f"CA{call}")])
    # Time is virtual: the chore is told when it is, and nothing waits.
    world.run(600)
    assert world.receiver.taken == []
    assert world.chore.report()["events_behind"] == 30
    world.receiver.answer = lambda _: httpx.Response(200)
    # The first that is taken brings the others forward: nothing waits for an hour.
    world.run(400)
    assert sorted(event["call"]["call"] for event in world.receiver.taken) == sorted(f"CA{call}" for call in range(30))
    assert len(set(world.receiver.ids)) == 30
    told = [record.message for record in caplog.records if record.message.startswith("events_")]
    assert told == ["events_not_taken", "events_taken_again"]


def endless(_: httpx.Request) -> httpx.Response:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(ANSWER_BYTES // 2)

    return httpx.Response(500, content=body())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda _: httpx.Response(500, html="<h1>down</h1>"), "status_500"),
        (lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example"}), "status_302"),
        (lambda _: httpx.Response(404), "status_404"),
        (endless, "status_500"),
    ],
)
def test_an_answer_that_is_no_yes_is_tried_again(world: World, answer: Any, problem: str) -> None:
    world.receiver.answer = answer
    world.write(whole("CA1"))
    world.chore.work(world.now)
    assert world.outbox() == [("CA1", "waiting", 1, problem)]
    world.receiver.answer = lambda _: httpx.Response(200)
    world.run(25)
    assert world.outbox() == [("CA1", "posted", 2, "")]


def test_an_endless_yes_is_a_yes(world: World) -> None:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(ANSWER_BYTES)

    world.receiver.answer = lambda _: httpx.Response(200, content=body())
    world.write(whole("CA1"))
    world.chore.work(world.now)
    assert world.outbox() == [("CA1", "posted", 1, "")]


def test_a_slow_receiver_is_given_up_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_events, "POST_S", 0.05)

    def dribbles(_: httpx.Request) -> httpx.Response:
        async def body() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0.01)

        return httpx.Response(200, content=body())

    world.receiver.answer = dribbles
    world.write(whole("CA1"))
    world.chore.work(world.now)
    assert world.outbox() == [("CA1", "waiting", 1, "timeout")]


def test_one_that_is_refused_holds_up_no_other(world: World) -> None:
    poison = facts("CA1", "p1")
    world.receiver.answer = lambda request: httpx.Response(400 if b'"CA1"' in request.content else 200)
    world.write([Began(poison), ended(poison), *whole("CA2")])
    world.run(3000)
    again = facts("CA1", "p2", started_at=NOW + 900)
    world.write([Began(again), ended(again), *whole("CA3")])
    world.run(3000)
    assert [event["call"]["call"] for event in world.receiver.taken] == ["CA2", "CA3"]
    world.receiver.answer = lambda _: httpx.Response(200)
    world.run(8000)
    mine = [event["call"]["resumed"] for event in world.receiver.taken if event["call"]["call"] == "CA1"]
    assert mine == [0, 1]


def test_an_event_that_is_never_taken_is_given_up(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.receiver.answer = lambda _: httpx.Response(400)
    world.write(whole("CA1"))
    world.now += LAST_S - 100
    world.run(4000)
    [(_, state, _, problem)] = world.outbox()
    assert (state, problem) == ("given_up", "status_400")
    assert world.chore.report()["events_given_up"] == 1
    assert "event_given_up" in caplog.text


def test_a_signature_is_of_the_body_the_time_and_the_secret() -> None:
    header = signature(SECRET, round(NOW), b"{}")
    assert is_signed(SECRET, header, b"{}", NOW)
    for secret, text, body, now in (
        ("another", header, b"{}", NOW),
        (SECRET, header, b"{ }", NOW),
        (SECRET, header, b"{}", NOW + TOLERANCE_S + 1),
        (SECRET, header.replace("t=1", "t=2"), b"{}", NOW),
        (SECRET, "", b"{}", NOW),
        (SECRET, "t=١,v1=x", b"{}", NOW),
    ):
        assert not is_signed(secret, text, body, now)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_delays_grow_to_an_hour_and_never_vanish(tries: int, chance: float) -> None:
    assert 4 <= delay_of(tries, chance) <= 3600 * 1.2
    assert delay_of(tries + 1, 0.5) >= delay_of(tries, 0.5)


def test_a_real_receiver_that_is_not_there(tmp_path: Path) -> None:
    settings = chosen(tmp_path, IVR_EVENTS_URL="http://127.0.0.1:9/x", IVR_EVENTS_SECRET=SECRET)
    database = RecordsDatabase(settings)
    with contextlib.closing(database):
        spooled(settings.data_dir, whole("CA1"))
        WriteRecords(settings, database).work(NOW)
        PostEvents(settings, database).work(NOW)
        with database.transaction() as connection:
            assert connection.scalar(select(tables.outbox.c.problem)) == "unreachable"
