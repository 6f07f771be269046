"""The cut tape is the smallest that still shows the decision, and it replays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr.call.events import Tick
from ivr.call.timeline import Turn
from ivr.replay import exact, tape_file
from ivr.replay.edit import cut as cutting
from ivr.replay.edit.cut import (
    CutTape,
    DifferenceTarget,
    EffectTarget,
    TurnTarget,
    cut,
    seconds,
    shape,
    signature,
    with_said_phrases,
)
from ivr.replay.edit.rerun import Cutter, KeptMoment, Rerun
from ivr.replay.tape import Moment, Tape, TapeError, TapeHeader, Trouble
from ivr.text import overlap_words
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def cutter(tmp_path_factory: pytest.TempPathFactory) -> Cutter:
    steps = ("say what are your opening hours", "over 1500 say how much does it cost", "hang up")
    return Cutter(taped(tmp_path_factory.mktemp("phrases"), steps))


def turns_of(tape: Tape) -> list[Turn]:
    return Cutter(tape).whole.turns


def check(found: CutTape, whole: Tape) -> None:
    """Check that a cut tape is smaller, and decides what it says."""
    assert found.finished
    assert found.tape.header.origin == "cut"
    assert len(found.tape.moments) < len(whole.moments) / 2
    assert all(step.same for step in exact.steps(found.tape))
    assert found.tape.end is not None
    assert found.tape.end.events == len(found.tape.moments)
    times = [moment.now for moment in found.tape.moments]
    assert times == sorted(times)


def test_a_turn_is_kept_with_its_decisions(cutter: Cutter, tmp_path: Path) -> None:
    levels: list[tuple[str, int]] = []
    target = TurnTarget(cutter.tape, cutter.whole, 1)
    found = cut(cutter, target, told=lambda level, events: levels.append((level, events)))
    check(found, cutter.tape)
    turns = turns_of(found.tape)
    (kept,) = [number for number, turn in enumerate(turns) if turn.text == "what are your opening hours"]
    assert signature(turns, kept)[:-1] == signature(cutter.whole.turns, 1)[:-1]
    assert signature(turns, kept)[-1] == pytest.approx(signature(cutter.whole.turns, 1)[-1], abs=0.005)
    assert turns[kept].outcome == "interrupted"
    # The greeting was heard to its end: the words were not said over it, and ended by the silence of the line.
    assert turns[kept - 1].outcome == "heard"
    assert [level for level, _ in levels] == sorted(
        (level for level, _ in levels), key=["turns", "utterances", "stretches", "events"].index
    )
    assert [events for _, events in levels] == sorted((events for _, events in levels), reverse=True)
    tape_file.write(tmp_path / "a.tape", found.tape)
    read = tape_file.read(tmp_path / "a.tape")
    assert [(m.now, m.event) for m in read.moments] == [(m.now, m.event) for m in found.tape.moments]


def test_the_result_is_the_same_every_time(cutter: Cutter) -> None:
    targets = [EffectTarget(cutter.tape, cutter.whole, "clear") for _ in range(2)]
    first, second = (cut(cutter, target) for target in targets)
    assert first.tape.moments == second.tape.moments


@pytest.mark.parametrize(
    ("effect", "words"),
    [("clear", "clear at 00:1"), ("HANG UP", "hang up: success, caller_stop at 00:"), ("speak 1.2", "speak 1.2 ")],
)
def test_an_effect_is_kept(cutter: Cutter, effect: str, words: str) -> None:
    target = EffectTarget(cutter.tape, cutter.whole, effect)
    assert target.words.startswith(words)
    found = cut(cutter, target)
    check(found, cutter.tape)
    last = found.tape.moments[-1].commands
    assert any(command[0] in ("SendClear", "HangUp", "Speak") for command in last)


def test_the_effect_nearest_to_the_time_is_meant(cutter: Cutter) -> None:
    asked = [EffectTarget(cutter.tape, cutter.whole, f"ask the agent, turn {turn}").words for turn in (1, 2)]
    times = [words.rpartition(" at 00:")[2] for words in asked]
    found = [EffectTarget(cutter.tape, cutter.whole, f"ask the agent at 00:{at}").words for at in times]
    assert found == asked
    assert "opening hours" in found[0]
    assert "how much" in found[1]
    with pytest.raises(TapeError, match=rf"'ask the agent' is at 00:{times[0]}, 00:{times[1]}$"):
        EffectTarget(cutter.tape, cutter.whole, "ask the agent at 99.5")
    assert "how much" in EffectTarget(cutter.tape, cutter.whole, "ask the agent, turn 2 at noon"[:21]).words
    with pytest.raises(TapeError, match=r"'clear at noon'; there are: .*clear"):
        EffectTarget(cutter.tape, cutter.whole, "clear at noon")
    with pytest.raises(TapeError, match="there is no turn 9: the call has turns 0 to 2"):
        TurnTarget(cutter.tape, cutter.whole, 9)


def test_a_difference_is_kept_as_it_was(cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TapeError, match="there is no difference"):
        DifferenceTarget(cutter.tape)
    tape = cut(cutter, EffectTarget(cutter.tape, cutter.whole, "ask the agent, turn 2")).tape
    # Today's code takes the interruption for a sign of listening.
    monkeypatch.setattr(overlap_words, "_HUMMED", frozenset(["how", "much", "does", "it", "cost"]))
    target = DifferenceTarget(tape)
    assert target.words.startswith("the difference at 00:0")
    short = Cutter(tape)
    found = cut(short, target)
    assert found.finished
    differing = [step for step in exact.steps(found.tape) if not step.same]
    assert differing[0].index == len(found.tape.moments) - 1
    assert any(command[0] == "RequestReply" for command in found.tape.moments[-1].commands)
    assert not any(command[0] == "RequestReply" for command in differing[0].records)
    # Neither without the event, nor behind another difference, nor at a time that closed up.
    assert not target.holds(short.run(short.all[:-1]))
    assert not target.holds(short.run([one for one in short.all if one.index not in range(18, 24)]))
    early = [KeptMoment(one.index, one.now + 9 * (one.index > 3)) for one in short.all]
    assert short.run(early).ticks
    assert not target.holds(short.run(early))


def test_the_tries_end_when_there_was_enough(cutter: Cutter) -> None:
    found = cut(cutter, TurnTarget(cutter.tape, cutter.whole, 1), enough=lambda: True)
    assert not found.finished
    assert found.tries == 1
    assert all(step.same for step in exact.steps(found.tape))
    assert found.tape.moments[-1].now < cutter.tape.moments[-1].now


def test_a_target_that_does_not_come_again_is_named(cutter: Cutter) -> None:
    class Never(EffectTarget):
        def holds(self, run: object) -> bool:
            return False

    with pytest.raises(TapeError, match="a second time"):
        cut(cutter, Never(cutter.tape, cutter.whole, "clear"))


def test_a_call_that_is_needed_to_its_end_is_not_shortened(cutter: Cutter) -> None:
    class Long(EffectTarget):
        def holds(self, run: Rerun) -> bool:
            return run.call.ended is not None

    found = cut(cutter, Long(cutter.tape, cutter.whole, "clear"), enough=lambda: True)
    assert (found.tries, len(found.tape.moments)) == (1, len(cutter.tape.moments))


def test_what_was_wrong_with_a_turn_must_be_there(cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Trouble("wait", 1), Trouble("lost", 2), Trouble("end", 1)]
    monkeypatch.setattr(cutting, "trouble", lambda *given: tuple(found))
    target = TurnTarget(cutter.tape, cutter.whole, 1)
    assert target.words == "turn 1: interrupted, wait"
    assert target.holds(cutter.whole)
    found.clear()
    assert not target.holds(cutter.whole)


def test_a_turn_must_be_there_with_the_same_wait(cutter: Cutter) -> None:
    target = TurnTarget(cutter.tape, cutter.whole, 1)
    assert target.holds(cutter.whole)
    assert not target.holds(cutter.run(cutter.all[:50]))
    delta = next(i for i, m in enumerate(cutter.tape.moments) if type(m.event).__name__ == "ReplyDelta")
    late = [one if one.index < delta else type(one)(one.index, one.now + 0.1) for one in cutter.all]
    assert [turn.text for turn in cutter.run(late).turns] == [turn.text for turn in cutter.whole.turns]
    assert not target.holds(cutter.run(late))
    cutter_at = next(i for i, m in enumerate(cutter.tape.moments) if type(m.event).__name__ == "TtsAudio")
    silent = [one for one in cutter.all if one.index < cutter_at]
    assert not target.holds(cutter.run(silent))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["SendClear", {}], ["SendClear", {}]),
        (["SendAudio", 160, 7], ["SendAudio"]),
        (["SendMark"], ["SendMark"]),
        (["Speak", {"turn": 1, "sentence": 2, "text": "x", "quiet_at": 3.0}], ["Speak", {"text": "x"}]),
        (["Note", {"name": "n", "fields": {"a": "b", "ms": 3}}], ["Note", "n", {"a": "b"}]),
        (["Note", {"name": "n"}], ["Note", "n", {}]),
        (["RequestReply", {"turn": 1, "request": {"text": "q", "event": "speech"}}], ["RequestReply", "q", "speech"]),
        (["HangUp", {"result": "success", "reason": "x"}], ["HangUp", {"result": "success", "reason": "x"}]),
    ],
)
def test_a_decision_has_a_shape_without_numbers(command: Sequence[object], expected: Sequence[object]) -> None:
    assert shape(command) == expected


@pytest.mark.parametrize(("text", "value"), [("25.72", 25.72), ("1:05.5", 65.5), ("0:00.1", 0.1)])
def test_a_time_of_the_call_is_read(text: str, value: float) -> None:
    assert seconds(text) == value


def test_only_said_phrases_keep_their_audio() -> None:
    said = [["Note", {"name": "phrase", "fields": {"name": "greeting"}}], ["Note", {"name": "phrase"}], ["WarmUp", {}]]
    moments = [Moment(0.0, Tick(), said)]
    tape = Tape(TapeHeader("CA1"), moments, {"greeting": b"x", "filler": b"y"})
    assert with_said_phrases(tape).phrase_audio == {"greeting": b"x"}
