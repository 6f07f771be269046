"""What is expected of a golden call, as a file that people read."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call import commands as ask
from ivr.call.events import Tick
from ivr.replay.golden.expected import (
    BUDGETS,
    GoldenCall,
    GoldenError,
    GoldenFile,
    GoldenTurn,
    differences,
    from_toml,
    golden_call,
    measured,
    to_toml,
)
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.tape import Moment, Tape, TapeHeader
from tests.replay.taped import taped

TURN = GoldenTurn(1, "heard", "متى تفتح الفروع", 'say "eight"', "and more", 1200.0)
CALL = GoldenCall("ab12", "success", "caller_stop", 500, 12, ("ask 1", "speak 1.1", "clear"), (GoldenTurn(0), TURN))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
turns = st.builds(
    GoldenTurn, st.integers(0, 99), texts, texts, texts, texts, st.none() | st.integers(-900, 90_000).map(float)
)
calls = st.builds(
    GoldenCall,
    st.text(string.hexdigits),
    texts,
    texts,
    st.integers(0, 10**6),
    st.integers(0, 999),
    st.lists(texts, max_size=4).map(tuple),
    st.lists(turns, max_size=3).map(tuple),
)
budgets = st.dictionaries(st.sampled_from(list(BUDGETS)), st.integers(0, 9999).map(float))


@given(st.builds(GoldenFile, calls, texts, texts, budgets))
def test_a_golden_file_is_read_as_written(golden: GoldenFile) -> None:
    assert from_toml(to_toml(golden), "a.toml") == golden


def test_a_golden_file_has_a_line_a_fact() -> None:
    text = to_toml(GoldenFile(CALL, "it cut me off", "../a.toml", {"wait_ms": 1500}))
    for line in ('why = "it cut me off"', 'scenario = "../a.toml"', 'text = "متى تفتح الفروع"', "wait_ms = 1200"):
        assert line in text.splitlines()
    assert "wait_ms = 1500    # from the caller's last word" in text
    assert "# stop_ms = 0    # at most: " in text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("why =", r"a\.toml: Invalid value"),
        ("whi = 'x'", r"a\.toml: unknown key 'whi': did you mean why\?"),
        ("[budget]\nzzz = 3", r"a\.toml: budget: unknown key 'zzz': there are greeting_ms"),
        ("[call]\nframes = 3", r"a\.toml: .*digest"),
        ("[call]\ndigest = 'a'\n[[turn]]\nnumber = 'one'", r"a\.toml: Expected `int`"),
        ("why = 3\n[call]\ndigest = 'a'", r"a\.toml: Expected `str`"),
    ],
)
def test_a_bad_golden_file_is_named(text: str, fault: str) -> None:
    with pytest.raises(GoldenError, match=fault):
        from_toml(text, "a.toml")


def test_a_difference_is_a_line() -> None:
    changed = replace(TURN, heard='say "nine"', wait_ms=None, unheard="")
    now = replace(CALL, frames=0, reason="", order=("clear", "ask 1", "speak 1.1"), turns=(changed, GoldenTurn(2)))
    assert list(differences(CALL, now)) == [
        "reason: caller_stop, now none",
        "frames: 500, now none",
        "turn 0 is gone: ''",
        "turn 1, heard: 'say \"eight\"', now 'say \"nine\"'",
        "turn 1, unheard: 'and more', now none",
        "turn 1, wait_ms: 1200, now none",
        "turn 2 is new: ''",
        "order, at the beginning: new clear",
        "order, behind 'speak 1.1': gone clear",
    ]
    assert list(differences(CALL, replace(CALL, digest="other"))) == []


def test_a_call_is_summed_up_for_people(tmp_path_factory: pytest.TempPathFactory) -> None:
    replayed = ReplayedCall(taped(tmp_path_factory.mktemp("phrases")))
    found = golden_call(replayed)
    assert (found.digest, found.result, found.reason) == (replayed.digest, "success", "caller_stop")
    assert found.order[:4] == ("transcribe 1", "ask 1", "speak 1.1", "speak 1.2")
    assert {"clear", "hang up success"} <= set(found.order)
    assert found.turns[1].outcome == "interrupted"
    assert found.turns[1].unheard != ""
    figures = measured(replayed)
    assert figures["wait_ms"] == pytest.approx(max(turn.wait_ms or 0 for turn in found.turns), abs=1)
    assert 0 < (figures["stop_ms"] or 0) < 1000
    assert figures["call_s"] == replayed.tape.seconds
    assert figures["greeting_ms"] == 0.0


def test_every_decision_that_others_see_has_a_word() -> None:
    replayed = ReplayedCall(Tape(TapeHeader("CA1"), [Moment(0.0, Tick())]))
    assert measured(replayed) == {"greeting_ms": None, "wait_ms": None, "stop_ms": None, "call_s": 0.0}
    said: list[ask.Command] = [
        ask.CloseReply(1),
        ask.CancelSpeech(1, 2),
        ask.Transfer("+1"),
        ask.WarmUp(),
        ask.SendAudio(bytes(161)),
    ]
    replayed.commands = [(0.0, command) for command in said]
    found = golden_call(replayed)
    assert found.order == ("close 1", "cancel 1.2", "transfer")
    assert found.frames == 2


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "9" * 5000])
def test_a_golden_file_that_exhausts_its_reader_is_named(text: str) -> None:
    with pytest.raises(GoldenError, match=r"x\.toml: "):
        from_toml(text, "x.toml")
