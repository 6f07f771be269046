"""Check what `ivr check` says of hours, greetings, callers and languages of a line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ivr.commands.check import line_findings
from ivr.config.lines import plain_line, read_lines

NOON = datetime.fromisoformat("2026-12-06T13:00:00+03:00").timestamp()


def told(toml: str, folder: Path | None = None) -> dict[str, str]:
    _, line, problems = read_lines(toml, plain_line("ar", "https://agent.example/x"), folder)
    assert problems == []
    return {finding.name: finding.detail for finding in line_findings("line", line, NOON)}


def test_a_plain_line_has_nothing_to_tell() -> None:
    assert told("") == {}


def test_everything_is_told_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").write_text("+966500000007\n+966500000008\n")
    found = told(
        'languages = ["ar", "en"]\nlanguage_by = "key"\nzone = "Asia/Riyadh"\nclosed = "agent"\n'
        '[hours]\nsun-thu = "09:00-17:00"\nholidays = ["2026-02-22"]\n[greetings]\nmorning = "صباح الخير"\n'
        '[callers]\nanonymous = "say"\nblocked = ["+1900*"]\nblocked_file = "blocked.txt"\n',
        tmp_path,
    )
    assert found == {
        "line, languages": "also en, Emma (en), chosen by key",
        "line, hours": "open now, closes 17:00 (Asia/Riyadh); closed: agent",
        "perhaps wrong": "line: the last of the holidays, 2026-02-22, is over: write those to come",
        "line, greetings": "1 by the time of day",
        "line, callers": "3 blocked; withheld numbers: say",
    }
