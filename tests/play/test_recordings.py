"""The port `play`: files and hosts, loaded once, kept, and given as they are played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from ivr.call.ports import TtsChunk, TtsError
from ivr.play.cache import PLAYED_UNASKED_S, FolderCache, KeptRecording, MemoryCache, fresh_for
from ivr.play.fetch import Fetcher, Validators
from ivr.play.places import AllowedHosts
from ivr.play.recordings import GIVEN_AHEAD_S, Recordings
from ivr.testbench import virtual_time
from tests.play.test_decode import recording
from tests.play.test_fetch import URL, Host, Names, Slow

T = TypeVar("T")


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return virtual_time.run(work())


def recordings(folder: Path | None = None, host: Host | None = None, kept: Path | None = None) -> Recordings:
    fetcher = None
    if host is not None:
        fetcher = Fetcher(AllowedHosts(("audio.example",)), transport=host, resolver=Names())
    return Recordings(folder, fetcher, FolderCache(kept) if kept is not None else None)


async def heard(played: Recordings, source: str) -> list[TtsChunk]:
    return [chunk async for chunk in played.play(source)]


async def reason(played: Recordings, source: str) -> str:
    with pytest.raises(TtsError) as failed:
        await heard(played, source)
    assert not failed.value.again
    return failed.value.reason


def serving(data: bytes, **headers: str) -> Host:
    return Host(lambda request: httpx.Response(200, headers=headers, stream=Slow(data, 1)))


def test_a_file_is_played_in_pieces_of_a_second(tmp_path: Path) -> None:
    (tmp_path / "hold.mp3").write_bytes(recording(16000, seconds=2.5, format="MP3"))

    async def work() -> list[TtsChunk]:
        return await heard(recordings(tmp_path), "hold.mp3")

    chunks = run(work)
    assert {(chunk.rate, chunk.encoding) for chunk in chunks} == {(8000, "mulaw")}
    assert [len(chunk.audio) for chunk in chunks[:-1]] == [8000, 8000]


def test_a_long_recording_is_given_as_it_is_played(tmp_path: Path) -> None:
    (tmp_path / "long.wav").write_bytes(recording(seconds=30, subtype="ULAW"))

    async def work() -> list[float]:
        clock, played = asyncio.get_running_loop().time, recordings(tmp_path)
        await heard(played, "long.wav")
        begun = clock()
        return [clock() - begun async for _ in played.play("long.wav")]

    times = run(work)
    assert times[GIVEN_AHEAD_S] == pytest.approx(0, abs=0.01)
    assert times[-1] == pytest.approx(30 - 1 - GIVEN_AHEAD_S, abs=0.05)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("../secret.wav", "play_name"),
        ("none.wav", "play_missing"),
        ("text.wav", "play_content"),
        ("https://evil.example/x", "play_host"),
        ("http://audio.example/x", "play_url"),
        ("file:///etc/passwd", "play_url"),
    ],
)
def test_each_refusal_has_its_reason(source: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")

    async def work() -> str:
        return await reason(recordings(tmp_path, serving(b"")), source)

    assert run(work) == why


def test_without_a_folder_or_hosts_nothing_is_played() -> None:
    async def work() -> tuple[str, str]:
        return await reason(recordings(), "a.wav"), await reason(recordings(), URL)

    assert run(work) == ("play_off", "play_off")


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    place = tmp_path / "a.wav"
    place.write_bytes(recording(seconds=1.0))

    async def work() -> tuple[int, int]:
        played = recordings(tmp_path)
        before = len(await heard(played, "a.wav"))
        place.write_bytes(recording(seconds=2.0))
        return before, len(await heard(played, "a.wav"))

    assert run(work) == (1, 2)


def test_many_calls_fetch_a_recording_once() -> None:
    host = serving(recording())

    async def work() -> list[int]:
        played = recordings(host=host)
        found = await asyncio.gather(*(heard(played, URL) for _ in range(20)))
        return [len(chunks) for chunks in found]

    assert run(work) == [1] * 20
    assert len(host.asked) == 1


def test_a_call_that_leaves_does_not_take_the_recording_from_others() -> None:
    host = Host(lambda request: httpx.Response(200, stream=Slow(recording(), 1, pause_s=2.0)))

    async def work() -> int:
        played = recordings(host=host)
        leaving, staying = (asyncio.create_task(heard(played, URL)) for _ in range(2))
        await asyncio.sleep(1.0)
        leaving.cancel()
        chunks = await staying
        await played.aclose()
        return len(chunks)

    assert run(work) == 1
    assert len(host.asked) == 1


def test_a_recording_outlives_a_start_and_is_asked_for_by_its_validators(tmp_path: Path) -> None:
    first = serving(recording(), ETag='"1"', **{"Cache-Control": "max-age=0"})
    second = Host(lambda request: httpx.Response(304))

    async def work() -> int:
        await heard(recordings(host=first, kept=tmp_path), URL)
        return len(await heard(recordings(host=second, kept=tmp_path), URL))

    assert run(work) == 1
    assert second.asked[0].headers["if-none-match"] == '"1"'


@pytest.mark.parametrize("status", [500, 404])
def test_a_host_that_is_away_costs_nothing_for_a_day(status: int, tmp_path: Path) -> None:
    first = serving(recording(), **{"Cache-Control": "no-cache"})

    async def work() -> tuple[int, str]:
        await heard(recordings(host=first, kept=tmp_path), URL)
        away = Host(lambda request: httpx.Response(status))
        return len(await heard(recordings(host=away, kept=tmp_path), URL)), await reason(recordings(host=away), URL)

    assert run(work) == (1, "play_status")


def test_a_host_that_left_the_list_is_not_played_from_the_cache(tmp_path: Path) -> None:
    async def work() -> str:
        await heard(recordings(host=serving(recording()), kept=tmp_path), URL)
        fetcher = Fetcher(AllowedHosts(("other.example",)), transport=serving(recording()))
        return await reason(Recordings(None, fetcher, FolderCache(tmp_path)), URL)

    assert run(work) == "play_host"


def test_the_memory_is_bounded_and_forgets_the_least_used() -> None:
    memory = MemoryCache(100)
    for key in "abc":
        memory.put(key, KeptRecording(bytes(40), 0.0))
        memory.get("a")
    assert [key for key in "abc" if key in memory] == ["a", "c"]
    memory.put("a", KeptRecording(bytes(10), 0.0))
    assert memory.size == 50
    assert repr(memory) == "<MemoryCache 2 recordings, 50 bytes>"


def test_the_folder_is_bounded_and_damage_is_noticed(tmp_path: Path) -> None:
    cache = FolderCache(tmp_path, 3000)
    one = KeptRecording(bytes(1000), 5.0, 7.0, Validators('"1"', "Mon"))
    cache.put("https://a.example/1", one)
    assert cache.get("https://a.example/1") == one
    (place,) = tmp_path.iterdir()
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    assert cache.get("https://a.example/1") is None
    place.write_bytes(b"nothing")
    assert cache.get("https://a.example/1") is None
    for number in range(6):
        cache.put(f"https://a.example/{number}", one)
    assert sum(found.stat().st_size for found in tmp_path.iterdir()) <= 3000
    cache.put("https://a.example/" + 5000 * "x", one)
    assert cache.get("https://a.example/" + 5000 * "x") is None
    assert str(tmp_path) in repr(cache)


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    FolderCache(tmp_path / "file").put("https://a.example/1", KeptRecording(b"x", 0.0))


def test_how_long_a_recording_is_fresh() -> None:
    assert [fresh_for(age) for age in (None, 0.0, 30.0, 1e9)] == [PLAYED_UNASKED_S, 0.0, 30.0, 3600.0]
    kept = KeptRecording(b"", 100.0)
    assert kept.is_fresh(159.0)
    assert not kept.is_fresh(161.0)
    assert not kept.is_fresh(99.0)
    assert not kept.is_usable(100.0 + 86_401)
    assert kept.asked(500.0, 5.0) == KeptRecording(b"", 500.0, 5.0)
