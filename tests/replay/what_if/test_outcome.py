"""What came of a call for its caller, and the sum over many."""

from __future__ import annotations

import pytest

from ivr.call.commands import HangUp
from ivr.call.timeline import Turn
from ivr.replay.tape import Moment, Tape, TapeHeader
from ivr.replay.what_if.closed_loop import ClosedLoopRun
from ivr.replay.what_if.outcome import (
    CallOutcome,
    Happened,
    as_it_was,
    as_it_would_have_been,
    sentence_changes,
    unmatched,
)
from ivr.replay.what_if.phone_model import PhoneModel
from ivr.replay.what_if.summing import FigureChange, as_plain, figure_changes, p95
from ivr.replay.what_if.tape_result import TapeResult
from ivr.replay.what_if.taped_call import TapedCall


def answered(number: int, spoken_at: float, sent_at: float | None, ended_at: float) -> Turn:
    turn = Turn(number, "speech")
    turn.put_question("how much")
    turn.record_speech(spoken_at - 1, spoken_at, spoken_at + 0.5, spoken_at + 0.7)
    turn.ask(spoken_at + 0.7)
    turn.receive_delta(spoken_at + 0.9)
    sentence = turn.add_sentence("Ten riyals.", "Ten riyals.", spoken_at + 0.9)
    if sent_at is not None:
        sentence.ask(spoken_at + 0.9)
        sentence.add_audio(1000, sent_at)
        turn.send(sentence, sent_at)
    turn.close("heard", ended_at, "", "")
    return turn


def overlap(turn: Turn, onset_at: float, verdict: str) -> None:
    turn.overlap(onset_at, onset_at + 0.1, None)
    if verdict == "commit":
        turn.overlaps[-1].settle("commit", "words", onset_at + 0.6)
    elif verdict == "resume":
        turn.overlaps[-1].settle("resume", "silence", onset_at + 0.6)


def call(*turns: Turn, played: tuple[tuple[float, float], ...] = ()) -> TapedCall:
    taped = TapedCall(Tape(TapeHeader("CA1")), turns=list(turns), hang_up=HangUp("success", "caller_stop", True))
    taped.phone = PhoneModel()
    for since, until in played:
        taped.phone.audio(round((until - since) * 8000), since)
    return taped


def test_waits_and_sentences() -> None:
    outcome = as_it_was(call(Turn(0, "phrase"), answered(1, 10.0, 11.5, 14.0), played=((11.5, 13.9),)))
    assert [(one.at, round(one.value), one.turn) for one in outcome.waits] == [(10.0, 1500, 1)]
    assert outcome.sentences == [("Ten riyals.", False)] and outcome.silences == []
    assert outcome.end == "success caller_stop"


def test_voices_are_sorted_by_what_came_of_them() -> None:
    turn = answered(1, 10.0, 11.5, 20.0)
    for onset_at, verdict in ((11.2, "commit"), (13.0, "commit"), (14.0, "resume"), (15.0, "pending")):
        overlap(turn, onset_at, verdict)
    outcome = as_it_was(call(turn, played=((11.5, 19.9),)))
    assert [one.at for one in outcome.cut_off] == [11.2]
    assert [one.at for one in outcome.commits] == [11.2, 13.0]
    assert [one.at for one in outcome.false_yields] == [14.0]


@pytest.mark.parametrize(
    ("sent_at", "ended_at", "played", "silences"),
    [
        (11.5, 14.0, ((11.5, 13.9),), []),
        (13.0, 16.0, ((13.0, 15.9),), [(10.0, 3.0)]),
        (11.5, 20.0, ((8.0, 9.0), (11.5, 13.0), (16.0, 19.9)), [(13.0, 3.0)]),
        (None, 15.0, (), [(10.0, 5.0)]),
        (11.5, 20.0, ((11.5, 13.0), (21.0, 22.0)), []),
    ],
)
def test_silences_while_an_answer_is_owed(
    sent_at: float | None,
    ended_at: float,
    played: tuple[tuple[float, float], ...],
    silences: list[tuple[float, float]],
) -> None:
    outcome = as_it_was(call(answered(1, 10.0, sent_at, ended_at), played=played))
    assert [(one.at, round(one.value, 6)) for one in outcome.silences] == silences


def test_a_voice_over_the_agent_is_no_silence() -> None:
    turn = answered(1, 10.0, 11.5, 16.0)
    overlap(turn, 13.0, "resume")
    assert as_it_was(call(turn, played=((11.5, 13.0), (15.5, 15.9)))).silences == []


def test_what_rests_on_a_modelled_answer_says_so() -> None:
    first, second = answered(1, 10.0, 11.5, 14.0), answered(2, 20.0, 21.5, 24.0)
    overlap(first, 12.0, "commit")
    overlap(second, 22.0, "resume")
    run = ClosedLoopRun(turns=[first, second], modelled_turns={1: {"tts"}}, played=[(11.5, 13.9), (21.5, 23.9)])
    outcome = as_it_would_have_been(call(), run)
    assert [one.modelled for one in outcome.waits] == [True, False]
    assert outcome.commits[0].modelled and not outcome.false_yields[0].modelled and outcome.parted_s is None
    run.parted_at = 15.0
    parted = as_it_would_have_been(call(), run)
    assert [one.modelled for one in parted.waits] == [True, False]
    assert parted.false_yields[0].modelled and parted.sentences[1][1] and parted.parted_s == 15.0


def test_voices_are_matched_by_their_onset() -> None:
    one = [Happened(1.0), Happened(2.0), Happened(5.0)]
    other = [Happened(1.2), Happened(5.4), Happened(5.1)]
    assert unmatched(one, other) == [Happened(2.0)]
    assert unmatched(other, one) == [Happened(5.4)]
    assert unmatched(one, []) == one


def test_sentences_are_compared_by_their_words() -> None:
    before = CallOutcome(sentences=[("One.", False), ("Two.", False), ("Six.", False), ("Ten.", False)])
    after = CallOutcome(sentences=[("one", True), ("Three!", True), ("Ten.", False), ("Twelve.", True)])
    found = sentence_changes(before, after)
    assert (found.changed, found.added, found.lost, found.modelled) == (1, 1, 1, 2)
    assert sentence_changes(before, before).changed == 0


def test_figures_over_many_calls() -> None:
    def outcome(wait_ms: float, *, cut: int = 0, end: str = "success") -> CallOutcome:
        cuts = [Happened(float(at), modelled=True) for at in range(cut)]
        return CallOutcome(waits=[Happened(1.0, wait_ms)] * 10, cut_off=cuts, commits=cuts, end=end)

    few = {one.name: one for one in figure_changes([(outcome(900), outcome(700, cut=1))])}
    assert few["first audio, median ms"] == FigureChange("first audio, median ms", 900, 700, 0, 10)
    assert few["first audio, p95 ms"].before is None
    assert few["callers cut off"] == FigureChange("callers cut off", 0, 1, 1, 1)
    assert (few["- gained"].after, few["- lost"].after) == (1, 0)
    pairs = [(outcome(900, cut=1), outcome(700)), (outcome(1100), outcome(1000, end="caller"))]
    many = {one.name: one for one in figure_changes(pairs)}
    assert (many["first audio, p95 ms"].before, many["first audio, p95 ms"].after) == (1100, 1000)
    assert (many["- gained"].after, many["- lost"].after, many["ends that differ"].after) == (0, 1, 1)
    assert figure_changes([])[0].after is None


def test_p95_needs_samples() -> None:
    assert p95([float(one) for one in range(19)]) is None
    assert p95([float(one) for one in range(1, 21)]) == 19
    assert p95([float(one) for one in range(1, 101)]) == 95


def test_json_has_no_words() -> None:
    said = CallOutcome(sentences=[("My secret", True)])
    made = as_plain(TapeResult("a.tape", 3.0, said, [said]))
    assert made["before"]["sentences"] == 1 and "secret" not in str(made)
    assert made["after"][0]["figures"][0]["name"] == "first audio, median ms"


def test_times_count_from_the_first_event() -> None:
    taped = call(answered(1, 10.0, 11.5, 14.0))
    taped.tape.moments.append(Moment(4.0, None))  # type: ignore[arg-type]
    assert as_it_was(taped).waits[0].at == 6.0
