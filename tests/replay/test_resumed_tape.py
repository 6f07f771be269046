"""A tape of a call that was resumed: its turns go on with the numbers of the stream before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call.events import TtsAudio, TtsEnded
from ivr.replay.edit.cut import TurnTarget, cut
from ivr.replay.edit.rerun import Cutter
from ivr.replay.edit.show import ShownPart, shown
from ivr.replay.golden.expected import measured
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.report.page_data import heard_pieces
from ivr.replay.report.replayed import replayed
from ivr.replay.tape import Tape, TapeError
from ivr.replay.what_if.changes import ChangeError
from ivr.replay.what_if.closed_loop import closed_loop
from ivr.replay.what_if.fork import fork_place
from ivr.replay.what_if.taped_call import taped_call
from tests.replay.taped import taped
from tests.whole.world import dies

STEPS = ("say what are your opening hours", "over 1500 say how much does it cost", "say thank you goodbye", "wait")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"), STEPS, during=dies(8.0))


def test_its_turns_go_on_behind_those_before(tape: Tape) -> None:
    cutter = Cutter(tape)
    assert [turn.number for turn in cutter.whole.turns] == [1, 2, 3]
    assert sorted(cutter.whole.opened.values()) == [1, 2, 3]
    # Every answer finds its turn.
    assert cutter.run(cutter.all).moments == cutter.whole.moments == tape.moments


def test_a_turn_is_cut_out_by_its_number(tape: Tape) -> None:
    cutter = Cutter(tape)
    target = TurnTarget(tape, cutter.whole, 2)
    assert target.words.startswith("turn 2: heard")
    found = cut(cutter, target)
    assert len(found.tape.moments) < len(tape.moments)
    turns = Cutter(found.tape).whole.turns
    assert [turn.heard for turn in turns if turn.text] == [cutter.whole.turns[1].heard]
    for number in (0, 4):
        with pytest.raises(TapeError, match=f"there is no turn {number}: the call has turns 1 to 3"):
            TurnTarget(tape, cutter.whole, number)


def test_a_turn_is_shown_by_its_number(tape: Tape) -> None:
    heads = [line for line in shown(tape) if line.startswith("turn ")]
    assert heads[:3] == ["turn 1", "turn 2", "turn 3"]
    assert "how much does it cost" in "\n".join(shown(tape, ShownPart(turn=2)))
    with pytest.raises(TapeError, match="there is no turn 0: the call has turns 1 to 3"):
        list(shown(tape, ShownPart(turn=0)))


def test_a_fork_is_at_the_turn_of_its_number(tape: Tape) -> None:
    call = taped_call(tape)
    assert fork_place(call, 1) == 0
    spoke = call.turns[1].speech_started_at
    assert spoke is not None
    assert spoke - 0.6 < tape.moments[fork_place(call, 2)].now <= spoke
    with pytest.raises(ChangeError, match="no turn 4: the call has turns 1 to 3,"):
        fork_place(call, 4)
    run = closed_loop(call, tape.options, fork=fork_place(call, 3))
    assert [(turn.number, turn.heard) for turn in run.turns] == [(turn.number, turn.heard) for turn in call.turns]


def test_an_answer_that_is_modelled_is_that_of_its_turn(tape: Tape) -> None:
    # The voice of the last answer is not on the tape: its audio is made up.
    last = next(m for m in reversed(tape.moments) if isinstance(m.event, TtsAudio))
    assert isinstance(last.event, TtsAudio)
    gone = last.event.turn
    left = [m for m in tape.moments if not (isinstance(m.event, TtsAudio | TtsEnded) and m.event.turn == gone)]
    run = closed_loop(taped_call(replace(tape, moments=left)), tape.options)
    assert (gone, run.modelled_turns) == (3, {3: {"tts"}})


def test_its_sentences_are_found_by_the_numbers_of_turns(tape: Tape) -> None:
    call = replayed(tape)
    assert call.sentence(2, 1) is call.turns[1].sentences[0]
    assert call.sentence(0, 1) is call.sentence(4, 1) is None
    pieces = heard_pieces(call)
    said = [sentence.text.strip() for turn in call.turns for sentence in turn.sentences]
    assert [piece["text"] for piece in pieces] == said
    # Only the phrase was cut off.
    assert [bool(piece["unheard"]) for piece in pieces] == [True] + [False] * (len(said) - 1)


def test_it_has_no_greeting_to_be_measured(tape: Tape) -> None:
    figures = measured(ReplayedCall(tape))
    assert figures["greeting_ms"] is None
    assert (figures["wait_ms"] or 0) > 0
