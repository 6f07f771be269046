"""The greeting of a time of day."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.config.line.clock_times import time_words
from ivr.config.line.greetings import greeting_at, read_greetings

ZONE = ZoneInfo("Asia/Riyadh")
TWO = {"morning": "صباح الخير", "evening": "مساء الخير"}


def said(table: dict[str, str], clock: str, zone: ZoneInfo | None = ZONE) -> str | None:
    found, problems = read_greetings(table)
    assert problems == []
    return greeting_at(found, datetime.fromisoformat(f"2026-12-06T{clock}+03:00").timestamp(), zone)


@pytest.mark.parametrize(
    ("table", "clock", "greeting"),
    [
        (TWO, "05:00", "صباح الخير"),
        (TWO, "11:59", "صباح الخير"),
        (TWO, "12:00", "مساء الخير"),
        (TWO, "23:59", "مساء الخير"),
        (TWO, "04:59", "مساء الخير"),
        ({**TWO, "afternoon": "نهارك سعيد"}, "12:00", "نهارك سعيد"),
        ({**TWO, "afternoon": "نهارك سعيد"}, "17:00", "مساء الخير"),
        ({"morning": "Good morning"}, "13:00", None),
        ({**TWO, "23:00-05:00": "Still up?"}, "04:59", "Still up?"),
        ({**TWO, "23:00-05:00": "Still up?"}, "22:59", "مساء الخير"),
        ({}, "10:00", None),
    ],
)
def test_by_the_clock(table: dict[str, str], clock: str, greeting: str | None) -> None:
    assert said(table, clock) == greeting


def test_without_a_zone_there_is_no_time_of_day() -> None:
    assert said(TWO, "10:00", None) is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "greetings: write a table of texts"),
        ({"noon": "Hi"}, "greetings: noon: write morning, afternoon or evening, or times such as 09:00-17:00"),
        ({"morning": ""}, "greetings: morning: write text in quotes"),
        ({"morning": 5}, "greetings: morning: write text in quotes"),
        ({"morning": "x" * 1001}, "greetings: morning is longer than 1000 characters: shorten it"),
        ({"morning": "a\x07"}, "greetings: morning holds control characters: remove them"),
    ],
)
def test_what_is_wrong_is_one_line(table: Any, said: str) -> None:
    assert read_greetings(table)[1] == [said]


@pytest.mark.parametrize(
    ("times", "words"), [((540, 1020), "09:00-17:00"), ((1020, 1740), "17:00-05:00"), ((0, 1440), "00:00-24:00")]
)
def test_times_in_words(times: tuple[int, int], words: str) -> None:
    assert time_words(times) == words
