"""Why something happened: back from an effect to its inputs, by facts and by leaving inputs out."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr import cli
from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.call.events import (
    AudioIn,
    DigitPressed,
    Event,
    MarkReached,
    Tick,
    TranscriptArrived,
    Transferred,
    TtsEnded,
    TtsFailed,
)
from ivr.call.turn import TurnState
from ivr.replay import tape_file
from ivr.replay.compare.walk import Walk
from ivr.replay.tape import CommandRecord, Tape
from ivr.replay.why import experiment as experiments
from ivr.replay.why import inputs as left_out
from ivr.replay.why.causes import MOST_STEPS, causes
from ivr.replay.why.effects import UnknownEffect, effect_called, effects, sort_of
from ivr.replay.why.experiment import Experiment, LeftOutResult, experiment
from ivr.replay.why.inputs import LeftOut
from ivr.replay.why.story import experiment_lines, why
from ivr.replay.why.trace import TracedMoment, backwards, trace
from ivr.testbench.agent.script import TokenPace
from tests.replay.taped import taped
from tests.whole.world import Peers


@pytest.fixture(scope="module")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases")


@pytest.fixture(scope="module")
def slow(phrases: Path) -> Tape:
    """A call whose agent takes six seconds."""
    steps = ("say what are your opening hours", "wait")
    return taped(phrases, steps, Peers(pace=TokenPace(first_token=6.0, rate=400.0)))


def story(tape: Tape, asked: str) -> str:
    return "\n".join(why(tape, asked))


def chain(tape: Tape, asked: str) -> list[str]:
    moments = trace(tape).moments
    effect = effect_called(asked, effects(moments, tape.began_at), tape.began_at)
    return [cause.event for cause in causes(moments, effect.index, tape.began_at)]


def test_what_happened_has_names(tape: Tape) -> None:
    known = [one.name for one in effects(trace(tape).moments, tape.began_at)]
    assert len(set(known)) == len(known)
    assert {
        "turn 0 closed", "utterance 1 sent", "turn 1 begun", "sentence 2 of turn 1 asked for", "yield 1",
        "clear at 11.66", "verdict 1", "sentence 3 of turn 1 dropped", "hang up",
    } <= set(known)  # fmt: skip
    assert "clear at 11.66" in story(tape, "list")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("yield 1", "yield 1"),
        ("Yield", "yield 1"),
        ("hang_up", "hang up"),
        ("hangup", "hang up"),
        ("clear at 11.7", "clear at 11.66"),
        ("clear 00:11.3", "clear at 11.66"),
        ("turn 2", "turn 2 begun"),
        ("sentence 3 dropped", "sentence 3 of turn 1 dropped"),
        ("dropped sentence 3", "sentence 3 of turn 1 dropped"),
        ("0:11.4", "sentence 3 of turn 1 asked for"),
        ("sentence 1 turn 2 asked", "sentence 1 of turn 2 asked for"),
    ],
)
def test_an_effect_is_called_by_some_words(tape: Tape, asked: str, name: str) -> None:
    assert effect_called(asked, effects(trace(tape).moments, tape.began_at), tape.began_at).name == name


@pytest.mark.parametrize("asked", ["clear at 25.72", "yeild 1", "yield 2", "", "turn 1 turn"])
def test_an_unknown_effect_offers_the_nearest(tape: Tape, asked: str) -> None:
    with pytest.raises(UnknownEffect, match=r"nearest are: .+ \(`--why list` has all\)"):
        why(tape, asked)
    with pytest.raises(UnknownEffect, match="nearest are: none"):
        effect_called(asked, [], 0.0)


def test_a_dropped_sentence_goes_back_to_the_voice(tape: Tape) -> None:
    assert chain(tape, "sentence 3 dropped") == [
        "the words of utterance 2 arrived: “how much does it cost”",
        "the caller's voice from 00:11.620 to 00:12.860, then 160 ms of silence",
        "the caller's voice from 00:11.620 on, 40 ms of it so far",
    ]
    told = story(tape, "sentence 3 dropped")
    assert "- took the voice over the agent as an interruption (rule words)" in told
    assert "it does not happen:   the caller's voice from 00:11.620 to 00:12.860" in told
    assert "it happens as well:   the marks that the phone returned" in told


def test_a_sentence_goes_back_to_the_question(tape: Tape) -> None:
    assert chain(tape, "sentence 2 of turn 1 asked for") == [
        "sentence 1 of turn 1 was whole",
        "a piece of the reply of turn 1: “”",
        "the words of utterance 1 arrived: “what are your opening hours”",
        "the caller's voice from 00:05.480 to 00:07.080, then 260 ms of silence",
        "the caller's voice from 00:05.480 on, 40 ms of it so far",
    ]


def test_a_filler_goes_back_to_the_wait(slow: Tape) -> None:
    assert chain(slow, "filler")[:2] == [
        "waited in vain for words of the agent, while the caller heard nothing",
        "the caller's voice from 00:05.480 to 00:07.080, then 500 ms of silence",
    ]


def test_the_end_of_an_answer_goes_back_to_its_audio(slow: Tape) -> None:
    steps = chain(slow, "turn 1 closed")
    assert steps[0].startswith("the phone returned the mark")
    assert steps[1].endswith("from TTS") or steps[1].endswith("was whole")
    assert steps[-1].startswith("the caller's voice from 00:05.480 on")
    assert chain(slow, "turn 0 closed")[1:] == ["the call started"]


def test_keys_and_silence_go_back_to_their_beginning(phrases: Path) -> None:
    keys = taped(phrases, ("press 12", "wait", "say thank you goodbye", "wait"))
    assert chain(keys, "turn 1 begun") == ["time passed", "the caller pressed 2"]
    steps = chain(keys, "phrase still there")
    assert steps[0] == "waited in vain for the caller to say something"
    assert steps[1].startswith("the phone returned the mark")
    assert steps[-1] == "the caller pressed 2"


TICK, KEY, FRAME = Tick(), DigitPressed("1"), AudioIn(0, b"")
LISTENING = TurnState.LISTENING


def steps_back(*given: tuple[Event, list[CommandRecord]]) -> list[int]:
    """Which moments the last of these goes back to."""
    moments = [
        TracedMoment(place, float(place), event, records, LISTENING, LISTENING)
        for place, (event, records) in enumerate(given)
    ]
    return [cause.moment.index for cause in causes(moments, len(moments) - 1, 0.0)]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([(KEY, []), (TICK, [])], [1, 0]),
        ([(FRAME, []), (TICK, [])], [1]),
        ([(FRAME, []), (FRAME, [])], [1]),
        ([(KEY, [["Transfer", {}]]), (Transferred(), [])], [1, 0]),
        ([(KEY, []), (Transferred(), [])], [1]),
        ([(KEY, []), (TtsFailed(1, 1, "x"), [])], [1]),
        # A mark of nothing, and one whose audio came with no event that brings audio.
        ([(KEY, []), (MarkReached("p1"), [])], [1]),
        ([(KEY, [["SendMark", {"name": "p1"}]]), (MarkReached("p1"), [])], [1]),
        ([(TtsEnded(1, 1), [["SendMark", {"name": "p1"}]]), (MarkReached("p1"), [])], [1, 0]),
        ([(AudioIn(0, b"", 0.9), []), (AudioIn(20, b"", 0.1), [])], [1]),
        ([(AudioIn(0, b"", 0.1), []), (KEY, []), (AudioIn(20, b"", 0.9), []), (AudioIn(40, b"", 0.9), [])], [3]),
    ],
)
def test_where_a_step_goes_back_to(given: list[tuple[Event, list[CommandRecord]]], found: list[int]) -> None:
    assert steps_back(*given) == found


def test_the_steps_back_are_bounded() -> None:
    answers: list[tuple[Event, list[CommandRecord]]] = [
        (TranscriptArrived(place, "x"), [["Transcribe", {"utterance": place + 1}]]) for place in range(MOST_STEPS + 5)
    ]
    assert len(steps_back(*answers)) == MOST_STEPS


def test_what_was_needed_is_found_by_leaving_out(tape: Tape) -> None:
    moments = trace(tape).moments
    effect = effect_called("yield 1", effects(moments, tape.began_at), tape.began_at)
    found = experiment(tape, effect)
    assert [one.what for one in found.enough] == [
        "the caller's voice from 00:05.480 to 00:07.080",
        # Without its words there is no answer, but a filler, and the voice mutes that as well.
        "the caller's voice from 00:11.620 to 00:12.860",
    ]
    assert found.finished
    assert {one.shift_s is None for one in found.results} == {True, False}


def test_the_tries_are_bounded(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "MOST_RUNS", 1)
    monkeypatch.setattr(left_out, "MOST_LEFT_OUT", 3)
    told = story(tape, "sentence 1 of turn 2 asked for")
    assert "these inputs alone lead to it (perhaps fewer: the tries were used up)" in told


def test_what_time_alone_leads_to_needs_no_input(tape: Tape) -> None:
    assert "there is no input before it" in story(tape, "phrase greeting")
    one = LeftOut("a key", 0, 0, [0])
    late = Experiment([LeftOutResult(one, 0.2), LeftOutResult(one, -0.2), LeftOutResult(one, 0.0)], [], finished=True)
    assert [line[:22].strip() for line in experiment_lines(late)] == [
        "without", "200 ms later:", "200 ms sooner:", "it happens as well:", "", "it happens without any",
    ]  # fmt: skip


def test_other_decisions_of_today_are_said(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Tape(tape.header, [*tape.moments[:5]], tape.phrase_audio)
    other.moments[0] = type(other.moments[0])(other.moments[0].now, other.moments[0].event, ())
    assert story(other, "list").startswith("note: today's code decides otherwise")

    def broken(self: Call, *given: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Call, "_transcript", broken)
    assert story(tape, "list").startswith("note: today's code fails in this call: KeyError")


def test_the_command_tells_why(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_out, "MOST_LEFT_OUT", 1)
    tape_file.write(tmp_path / "a.tape", tape)
    result = CliRunner().invoke(cli.app, ["replay", str(tmp_path / "a.tape"), "--why", "yield 1"])
    assert result.exit_code == 0
    assert "what led to it, back to its beginning" in result.output
    result = CliRunner().invoke(cli.app, ["replay", str(tmp_path / "a.tape"), "--why", "yield 9"])
    assert (result.exit_code, result.output.count("\n")) == (2, 1)


def test_every_command_that_others_see_is_an_effect() -> None:
    assert sort_of(["Transfer", {}]) == ("transfer", "")
    assert sort_of(["HangUp", {}]) == ("hang up", "")
    assert sort_of(["SendMark", {"name": "p1"}]) == ("", "")


def test_the_end_of_the_tape_is_an_input(tape: Tape) -> None:
    last = len(tape.moments) - 1
    found = left_out.inputs(tape, last)[-1]
    assert (found.first, found.last) == (last, last)
    assert found.what.startswith("the phone's stream ended (stop)")


@pytest.mark.parametrize(("changed", "parted"), [(0, [0]), (1, [1]), (3, [3]), (None, [])])
def test_a_call_is_woken_by_its_own_wish_from_the_change_on(
    tape: Tape, monkeypatch: pytest.MonkeyPatch, changed: int | None, parted: list[int]
) -> None:
    fed: list[Event] = []
    found: list[int] = []
    receive = Call.receive

    def feed(self: Call, event: Event, now: float) -> list[Command]:
        fed.append(event)
        return receive(self, event, now)

    monkeypatch.setattr(Call, "receive", feed)
    monkeypatch.setattr(Walk, "part", lambda self: found.append(len(fed)))
    trace(tape, 6, changed)
    assert found == parted


def test_the_way_back_misses_no_moment(tape: Tape) -> None:
    moments = trace(tape, 4).moments
    assert [one.index for one in backwards(moments, 3)] == [2, 1, 0]
    assert list(backwards(moments, 0)) == []
