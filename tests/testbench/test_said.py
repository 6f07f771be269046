"""What a caller will say, told beforehand: markers, and what is refused."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from ivr.testbench.hamsa.audio import MARKERS
from ivr.testbench.mock import Mock, phrases_in
from ivr.testbench.said import SaidTexts, markers_from, texts_of


def test_a_text_keeps_its_marker() -> None:
    said = SaidTexts({})
    assert [said.marker(text) for text in ("one", "two", "one")] == [1, 2, 1]
    assert said.marked == {1: "one", 2: "two"}
    assert repr(said) == f"<SaidTexts 2 of {MARKERS}>"


def test_the_longest_unsaid_text_gives_its_marker_away() -> None:
    said = SaidTexts({3: "script"})
    numbers = [said.marker(str(n)) for n in range(MARKERS - 1)]
    assert sorted([*numbers, 3]) == list(range(1, MARKERS + 1))
    said.marker("0")
    assert said.marker("new") == numbers[1]
    assert said.marker("script") == 3
    assert len(said.marked) == MARKERS


@pytest.mark.parametrize(
    "request_",
    [None, [], {}, {"texts": "one"}, {"texts": [1]}, {"texts": [" "]}, {"texts": ["x"] * 101}, {"texts": ["x" * 2001]}],
)
def test_what_is_no_list_of_texts_is_refused(request_: object) -> None:
    with pytest.raises(ValueError, match="texts"):
        texts_of(request_)


def test_the_mock_hears_what_was_said_in_both_languages() -> None:
    both = Mock("ar", voice="tone", script=["مرحبا"])
    transport = httpx.ASGITransport(both.app())
    texts = ["وين شحنتي", "I want to track a parcel"]
    markers = asyncio.run(markers_from("http://mock/", texts, transport))
    assert both.hamsa.profile.marked == {1: "مرحبا"} | {markers[text]: text for text in texts}
    again = asyncio.run(markers_from("http://mock", texts[1:], transport))
    assert again == {texts[1]: markers[texts[1]]}


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "{}"), (200, "no JSON"), (200, "[]"), (200, '{"markers": [1]}'), (200, '{"markers": ["1", 2]}')],
)
def test_what_is_no_mock_is_named(status: int, body: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    with pytest.raises(ValueError, match="at http://mock"):
        asyncio.run(markers_from("http://mock", ["a", "b"], transport))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://["])
def test_nothing_that_answers_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="no mock answers at"):
        asyncio.run(markers_from(url, ["a"]))


def test_a_bad_request_is_answered_in_words() -> None:
    transport = httpx.ASGITransport(Mock("ar", voice="tone").app())

    async def post(body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            return await client.post("/said", content=body)

    for body in (b"{", b"[" * 100_000, json.dumps({"texts": 1}).encode()):
        answer = asyncio.run(post(body))
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_phrases_come_from_a_file(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "phrases.txt"
    file.write_text("# ours\n\n where is my order \nمتى يفتح الفرع\n", "utf-8")
    assert phrases_in(file) == ["where is my order", "متى يفتح الفرع"]
    file.write_text("# none\n", "utf-8")
    with pytest.raises(ValueError, match="no phrase in it"):
        phrases_in(file)


def test_own_phrases_take_the_place_of_the_demo() -> None:
    both = Mock("ar", voice="tone", known=["متى يفتح الفرع"])
    assert both.hamsa.profile.transcripts[:2] == ("متى يفتح الفرع",) * 2
    assert both.lines == ("متى يفتح الفرع",)
