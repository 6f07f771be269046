"""The bridges of the tapes have a line for each kind of agent."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ivr.config.load import load
from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.hamsa.profile import parse_rule
from tools.tapes.bridges import lines_toml
from tools.tapes.make import write_sounds
from tools.tapes.plan import FAULT_RULES, LINES, SOUNDS, number_of


def test_the_lines_are_those_of_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_text(lines_toml("127.0.0.1:1", {"start_ms": "100"}), encoding="utf-8")
    settings = load({"IVR_CONFIG": str(path), "HAMSA_API_KEY": "k", "IVR_ENDPOINT_MS": "700"}, dev=True)
    assert [(line.number, line.name, line.language) for line in settings.lines] == [
        (number_of(line), line.name, line.language) for line in LINES
    ]
    assert {line.endpoint_ms for line in settings.lines} == {700}
    assert all(line.choices["start_ms"] == 100 for line in settings.lines)
    assert tomllib.loads(path.read_text("utf-8"))["call"] == {"start_ms": 100}


def test_every_agent_answers_and_every_fault_is_a_rule() -> None:
    for line in LINES:
        query = dict(one.partition("=")[::2] for one in line.query.split("&") if one)
        assert DemoAgent().asked(b'{"text": "hello"}', query).status == 200
    assert sum(len([parse_rule(rule) for rule in rules]) for rules in FAULT_RULES.values()) > 10


def test_every_sound_is_a_file(tmp_path: Path) -> None:
    folder = write_sounds(tmp_path / "sounds")
    assert {path.stem for path in folder.iterdir()} == set(SOUNDS)
    assert all(path.stat().st_size > 44 for path in folder.iterdir())
