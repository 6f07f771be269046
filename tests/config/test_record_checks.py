"""Settings of what is kept of calls: each mistake is one line, and a line's own choice wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config.load import SettingsError, load
from ivr.config.settings import Settings
from tests.support.front import ENV, settings

SECRET = "sixteen characters or more"


def problems(**env: str) -> list[str]:
    try:
        load({**ENV, **env})
    except SettingsError as fault:
        return fault.problems
    return []


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"IVR_DATABASE_URL": "mysql://user:hush@host/name"}, "IVR_DATABASE_URL is no database"),
        ({"IVR_DATABASE_URL": "postgresql://[::1"}, "IVR_DATABASE_URL is no database"),
        ({"IVR_EVENTS_URL": "ftp://a", "IVR_EVENTS_SECRET": SECRET, "IVR_DATABASE_URL": ""}, "IVR_EVENTS_URL is not"),
        ({"IVR_EVENTS_URL": "https://a.example/x", "IVR_DATABASE_URL": ""}, "IVR_EVENTS_SECRET is missing"),
        ({"IVR_EVENTS_URL": "https://a.example/x", "IVR_EVENTS_SECRET": SECRET}, "IVR_EVENTS_URL needs records"),
        ({"IVR_EVENTS_SECRET": SECRET}, "IVR_EVENTS_SECRET is set without"),
        ({"IVR_RECORDS_KEY": "short"}, "IVR_RECORDS_KEY is too short"),
        ({"IVR_KEEP": "all"}, "IVR_KEEP has a value that makes no sense: set it to none, metrics or text"),
        ({"IVR_KEEP_DAYS": "-1"}, "IVR_KEEP_DAYS has a value"),
        ({"IVR_SPOOL_MB": "0"}, "IVR_SPOOL_MB has a value"),
    ],
)
def test_a_mistake_is_one_line(env: dict[str, str], told: str) -> None:
    [problem] = problems(**env)
    assert problem.startswith(told)
    assert "hush" not in problem


@pytest.mark.parametrize("url", ["", "off", "postgresql://u:p@h/d", "postgresql+psycopg://h/d", "sqlite:////x/y"])
def test_what_makes_sense_is_taken(url: str) -> None:
    assert problems(IVR_DATABASE_URL=url) == []


def test_a_database_with_a_password_is_not_shown() -> None:
    chosen = load({**ENV, "IVR_DATABASE_URL": "postgresql://user:hush@host/name"})
    assert dict(chosen.describe())["IVR_DATABASE_URL"] == "set"
    assert chosen.keeps_records


LINES = """
[[line]]
number = "+966110000001"
keep = "text"
keep_days = 7
[[line]]
number = "+966110000002"
language = "ar"
"""


def with_lines(folder: Path, text: str) -> Settings:
    path = folder / "lines.toml"
    path.write_text(text)
    return settings(path.parent, IVR_CONFIG=str(path), IVR_KEEP="none", IVR_KEEP_DAYS="3")


def test_a_line_says_what_is_kept_of_its_calls(tmp_path: Path) -> None:
    chosen = with_lines(tmp_path, LINES)
    assert [(line.keep, line.keep_days) for line in chosen.all_lines] == [("text", 7), ("none", 3), ("none", 3)]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('keep = "all"', 'keep: write "none", "metrics" or "text"'),
        ("keep_days = 5000", "keep_days: write whole days from 0 (for ever) to 3650"),
        ('keep_days = "5"', "keep_days: write whole days from 0 (for ever) to 3650"),
    ],
)
def test_a_wrong_key_of_a_line_is_named(tmp_path: Path, keys: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        with_lines(tmp_path, f'[[line]]\nnumber = "+966110000001"\n{keys}\n')
    assert [problem.partition(": [[line]] 1: ")[2] for problem in raised.value.problems] == [told]
