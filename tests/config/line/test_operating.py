"""The example of docs/operating.md, as an operator would copy it."""

from __future__ import annotations

import re

from ivr.config.lines import plain_line, read_lines
from scripts.changelog import ROOT


def test_the_example_of_what_a_line_has_is_right() -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = text[text.index("## What a line has") :]
    found = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert found is not None
    (line,), default, problems = read_lines(found[1], plain_line("ar", "https://agent.example/x"))
    assert problems == []
    assert line.has.hours is not None
    assert len(line.has.hours.holidays) == 2
    assert (len(line.has.callers.blocked), len(default.has.callers.blocked)) == (4, 3)
    own, english = line.in_each_language()
    assert (own.speaker, english.speaker) == ("Hiba", "James")
    assert english.phrases["language_choice"] == "For English, press two."
    assert {key: action.value for key, action in line.has.keys.items()} == {"1": "ar", "2": "en"}
    assert set(line.words()) > {"greeting 05:00-12:00", "greeting 12:00-05:00", "closed_greeting", "greeting"}
