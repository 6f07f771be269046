"""Rules and profiles of the mock service."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.hamsa.profile import FAULTS, HamsaProfile, Occasion, Rule, parse_rule

FIRST = Occasion("tts", 1, 1, chars=40)


@pytest.mark.parametrize(
    ("rule", "occasion", "expected"),
    [
        (Rule("tts", "empty"), FIRST, True),
        (Rule("stt", "empty"), FIRST, False),
        (Rule("tts", "empty", requests=frozenset({2, 4})), FIRST, False),
        (Rule("tts", "empty", requests=frozenset({2, 4})), Occasion("tts", 4, 1), True),
        (Rule("tts", "empty", sockets=frozenset({2})), FIRST, False),
        (Rule("tts", "empty", on_socket=frozenset({1})), FIRST, True),
        (Rule("tts", "empty", on_socket=frozenset({1})), Occasion("tts", 3, 1, on_socket=2), False),
        (Rule("tts", "empty", chars_below=41), FIRST, True),
        (Rule("tts", "empty", chars_below=40), FIRST, False),
        (Rule("tts", "empty", connects_over=1), FIRST, False),
        (Rule("tts", "empty", connects_over=1), Occasion("tts", 1, 1, connects=(0, 19, 21)), True),
        (Rule("tts", "empty", connects_over=2), Occasion("tts", 1, 1, connects=(0, 19, 21)), False),
        (Rule("stt", "thinking", eos=True), Occasion("stt", 1, 1), False),
        (Rule("stt", "thinking", eos=True), Occasion("stt", 1, 1, eos=True), True),
        (Rule("tts", "empty", speaker="Hiba"), FIRST, False),
        (Rule("tts", "empty", speaker="Hiba"), Occasion("tts", 1, 1, speaker="Hiba"), True),
        (Rule("tts", "empty", probability=0), FIRST, False),
    ],
)
def test_rule_fits_when_every_condition_holds(rule: Rule, occasion: Occasion, expected: bool) -> None:
    assert rule.fits(occasion, 1, 0) is expected


def test_limit_uses_a_rule_up() -> None:
    rule = Rule("tts", "empty", limit=2)
    assert [rule.fits(FIRST, 1, used) for used in range(4)] == [True, True, False, False]


def test_chance_depends_on_seed_and_number_alone() -> None:
    rule = Rule("tts", "degenerate", probability=0.25)
    drawn = [[rule.fits(Occasion("tts", number, 1), seed, 0) for number in range(1, 1001)] for seed in (1, 2)]
    assert all(200 < sum(hits) < 300 for hits in drawn)
    assert drawn[0] != drawn[1]
    assert drawn[0] == [rule.fits(Occasion("tts", number, 9, chars=5), 1, 7) for number in range(1, 1001)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("tts degenerate", Rule("tts", "degenerate")),
        ("tts degenerate requests=2,4 probability=0.5", Rule("tts", "degenerate", frozenset({2, 4}), probability=0.5)),
        ("stt say on_socket=1 text=two words=2", Rule("stt", "say", on_socket=frozenset({1}), text="two words=2")),
        ("stt thinking eos=false pause=1.5", Rule("stt", "thinking", eos=False, pause=1.5)),
        ("tts empty speaker=Hiba", Rule("tts", "empty", speaker="Hiba")),
        ("socket http code=403 limit=1", Rule("socket", "http", code=403, limit=1)),
    ],
)
def test_parse_rule(line: str, rule: Rule) -> None:
    assert parse_rule(line) == rule


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "begins with a kind"),
        ("tts", "begins with a kind"),
        ("ttz degenerate", "begins with a kind"),
        ("tts deaf", "no fault 'deaf'"),
        ("tts empty sometimes", "not a condition: 'sometimes'"),
        ("tts empty fault=cut", "not a condition"),
        ("tts empty requests=one", "not a value for requests: 'one'"),
        ("tts empty eos=maybe", "not a value for eos"),
        ("tts empty after=1.5", "not a value for after"),
    ],
)
def test_parse_rule_refuses_bad_lines(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_rule(line)


@given(st.text(max_size=60))
def test_parse_rule_of_any_line(line: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_rule(f"tts {line}").fault in FAULTS["tts"]


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"overlap": "both"}, {"voice": "choir"}])
def test_profile_refuses_wrong_values(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        HamsaProfile(**wrong)
    with pytest.raises(ValueError, match="no fault"):
        Rule("choir", "empty")  # type: ignore[arg-type]
