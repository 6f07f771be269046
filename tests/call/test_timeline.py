"""The record of a turn: one writer, and the bridge's own share of the wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ivr.call.timeline import OWNERS, Overlap, Sentence, Turn, first_spoken, numbers_of, place_of, spent, stages, wait
from tests.support.turns import answered

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "ivr" / "call" / "timeline.py"
FIELDS = {field.name for record in (Turn, Sentence, Overlap) for field in fields(record)}
LISTS = {"sentences", "overlaps", "fillers", "stalls"}
CHANGES = {"append", "insert", "extend", "pop", "remove", "clear"}


def writes(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Find every attribute with a record's name that is assigned, or whose list is changed. An object may write its
    own: `self.text`."""
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            changed = node.func.value
            if isinstance(changed, ast.Attribute) and changed.attr in LISTS:
                yield changed
        while targets:
            target = targets.pop()
            if isinstance(target, ast.Tuple):
                targets += target.elts
            elif isinstance(target, ast.Attribute) and target.attr in FIELDS and ast.unparse(target.value) != "self":
                yield target


def test_the_records_of_a_call_have_one_writer() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{place.lineno}: {ast.unparse(place)}"
        for room in ("call", "observe", "session", "server")
        for path in sorted((ROOT / "ivr" / room).rglob("*.py"))
        if path != WRITER
        for place in writes(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ["turn.text = 'x'", "a, turn.heard = b", "line.sentence.audio_ms += 1", "turn.overlaps.append(o)"]
)
def test_a_second_writer_of_a_record_is_found(line: str) -> None:
    assert len(list(writes(ast.parse(line)))) == 1


# -- what is recorded ------------------------------------------------------------------------------------------------


def test_a_sentence_keeps_its_first_audio_and_the_sum() -> None:
    sentence = Turn(0, "speech").add_sentence("One.", "one", 1.0, fixed=True)
    sentence.ask(1.5)
    sentence.add_audio(20, 2.0)
    sentence.add_audio(30, 3.0)
    sentence.complete()
    sentence.finish()
    assert sentence == Sentence(
        1, "One.", "one", 1.0, 1.5, 2.0, audio_ms=50, whole=True, heard_ms=50, finished=True, fixed=True
    )


def test_a_sentence_that_broke_off_is_heard_but_not_finished() -> None:
    sentence = Turn(0, "speech").add_sentence("One.", "one", 1.0)
    sentence.add_audio(50, 2.0)
    sentence.cut(20)
    sentence.fail("closed")
    assert (sentence.heard_ms, sentence.failed) == (20, "closed")
    sentence.finish()
    assert (sentence.heard_ms, sentence.finished) == (50, False)


def test_the_rest_of_a_sentence_is_said_behind_it() -> None:
    turn = Turn(0, "speech")
    broken = turn.add_sentence("One, 2.", "one, two.", 1.0)
    turn.add_sentence("Three.", "three.", 1.0)
    rest = turn.repeat_rest(broken, 5, 5, 4.0)
    assert rest == Sentence(3, "2.", "two.", 4.0)
    assert [sentence.number for sentence in turn.sentences] == [1, 3, 2]
    assert broken.again_from == 5


def test_a_turn_keeps_its_first_times() -> None:
    turn = Turn(1, "speech")
    turn.put_question("hello")
    turn.record_speech(1.0, 2.0, 2.5, 3.0)
    turn.ask(3.1)
    turn.receive_delta(4.0)
    turn.receive_delta(5.0)
    sentences = [turn.add_sentence(text, text, 5.0) for text in "ab"]
    turn.send(sentences[0], 6.0)
    turn.send(sentences[1], 7.0)
    turn.end_reply(5.5)
    filler = Sentence(1, "wait", "wait", 3.5)
    turn.fill(filler)
    turn.fail("broken")
    turn.close("failed", 9.0, "a", "b")
    assert [sentence.sent_at for sentence in sentences] == [6.0, 7.0]
    expected = Turn(
        1, "speech", "hello", "", "failed", "broken", 1.0, 2.0, 2.5, 3.0, 3.1, 4.0, 5.5, 6.0, 9.0, sentences, [],
        [filler], "a", "b",
    )  # fmt: skip
    assert turn == expected


def test_a_filler_is_shortened() -> None:
    filler = Sentence(1, "wait", "wait", 3.5)
    filler.add_audio(900, 3.5)
    filler.shorten(300)
    filler.complete()
    filler.finish()
    assert (filler.audio_ms, filler.heard_ms, filler.shortened_ms) == (600, 600, 300)


def test_an_overlap_is_recorded_with_its_verdict() -> None:
    turn = Turn(1, "speech")
    turn.overlap(1.0, 1.2, 1.24)
    turn.overlap(3.0, 3.2, None)
    turn.overlaps[0].settle("commit", "words", 2.0)
    turn.overlaps[1].settle("resume", "silence", 4.0)
    assert turn.overlaps == [
        Overlap(1.0, 1.2, 1.2, "commit", 2.0, "words", quiet_at=1.24),
        Overlap(3.0, 3.2, None, "resume", 4.0, "silence", resumed_at=4.0),
    ]


# -- the bridge's own share ------------------------------------------------------------------------------------------


ASKED: dict[str, Any] = {
    "speech_ended_at": 9.5, "endpoint_at": 10.0, "transcript_at": 10.8, "asked_at": 10.81, "first_delta_at": 11.9,
}  # fmt: skip


def test_own_overhead_leaves_out_stt_agent_and_tts() -> None:
    turn = Turn(1, "speech", **ASKED)
    sentence = Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02, audio_at=12.5, sent_at=12.53)
    assert turn.own_overhead is None
    turn.sentences.append(sentence)
    assert turn.own_overhead is not None
    assert abs(turn.own_overhead - 0.06) < 1e-9


def test_own_overhead_is_unknown_until_something_was_sent() -> None:
    turn = Turn(1, "speech", **ASKED)
    turn.sentences.append(Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02))
    assert turn.own_overhead is None
    greeting = Turn(0, "phrase", sentences=[Sentence(1, "x", "x", ready_at=12.0)])
    assert greeting.own_overhead is None


def test_own_overhead_has_the_stalls_of_the_process() -> None:
    sentence = Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02, audio_at=12.5, sent_at=12.53)
    turn = Turn(1, "speech", **ASKED, sentences=[sentence])
    turn.stalls = [(9.0, 10.1), (10.9, 11.9), (12.005, 12.015), (12.4, 99.0)]
    assert turn.own_overhead is not None
    assert abs(turn.own_overhead - (0.06 + 0.1 + 1.0 + 0.1)) < 1e-9
    assert turn.stalled(0.0, 9.5) == 0.5


def test_a_turn_has_the_stalls_in_which_it_was_waited_for() -> None:
    waited = Turn(1, "speech", endpoint_at=5.0, first_sent_at=10.0)
    stalls = [(1.0, 5.0), (4.5, 5.5), (6.0, 7.0), (9.9, 10.5), (10.0, 12.0)]
    assert waited.with_stalls(stalls).stalls == [(4.5, 5.5), (6.0, 7.0), (9.9, 10.5)]
    assert waited.stalls == []
    for turn in (Turn(0, "phrase", first_sent_at=10.0), Turn(2, "speech", endpoint_at=5.0)):
        assert turn.with_stalls(stalls) is turn


# -- whose time it was -----------------------------------------------------------------------------------------------


def test_the_stages_lie_end_to_end() -> None:
    found = stages(answered())
    assert [(stage.owner, round(stage.seconds, 3)) for stage in found] == [
        ("endpoint", 0.5),
        ("stt", 0.5),
        ("own", 0.01),
        ("agent", 0.49),
        ("agent", 0.1),
        ("own", 0.01),
        ("tts", 0.29),
        ("own", 0.02),
    ]
    assert all(one.end == other.start for one, other in pairwise(found))
    assert wait(answered()) == pytest.approx(1.92)
    assert spent(answered(), "own") == pytest.approx(0.04)


def test_the_end_of_a_filler_is_not_the_bridges_own_time() -> None:
    turn = answered()
    turn.sentences[0].follow_filler(0.5)
    turn.sentences[0].sent_at = 12.41
    assert spent(turn, "own") == pytest.approx(0.03)
    assert wait(turn) == pytest.approx(2.41)


@pytest.mark.parametrize("stalls", [[], [(0.0, 0.3)], [(0.9, 1.2), (1.5, 1.9)], [(0.0, 9.0)]], ids=str)
def test_the_wait_is_the_sum_of_what_each_took(stalls: list[tuple[float, float]]) -> None:
    turn = answered()
    turn.stalls = stalls
    assert spent(turn, "own") == pytest.approx(turn.own_overhead)
    assert sum(spent(turn, owner) or 0 for owner in OWNERS) == pytest.approx(wait(turn))


@pytest.mark.parametrize(
    ("missing", "owners"),
    [
        ({"endpoint_at": None}, []),
        ({"transcript_at": None}, ["endpoint"]),
        ({"first_delta_at": None}, ["endpoint", "stt", "own"]),
        ({"sentences": []}, ["endpoint", "stt", "own", "agent"]),
        ({"speech_ended_at": None, "asked_at": None}, []),
    ],
)
def test_a_turn_that_stopped_half_way(missing: dict[str, object], owners: list[str]) -> None:
    turn = answered(**missing)
    assert [stage.owner for stage in stages(turn)] == owners
    assert wait(turn) is None
    assert spent(turn, "tts") is None


def test_keys_begin_with_the_question() -> None:
    turn = answered(kind="dtmf", speech_ended_at=None, endpoint_at=None, transcript_at=None)
    assert stages(turn)[0].name == "agent's first words"
    assert wait(turn) == pytest.approx(0.91)


def test_the_first_sentence_with_sound_counts() -> None:
    turn = answered()
    turn.sentences[0].sent_at = None
    assert first_spoken(turn) is turn.sentences[1]
    for sentence in turn.sentences:
        sentence.sent_at = None
    assert first_spoken(turn) is turn.sentences[0]
    assert wait(turn) is None


def test_the_summary_of_a_turn_has_the_parts_of_its_wait() -> None:
    assert answered().summary() == {
        "turn": 1, "kind": "speech", "outcome": "heard", "sentences": 2, "answer_ms": 1920, "endpoint_ms": 500,
        "stt_ms": 500, "agent_ms": 590, "tts_ms": 290, "own_ms": 40,
    }  # fmt: skip
    failed = answered(outcome="failed", first_delta_at=None, sentences=[]).summary()
    assert failed == {
        "turn": 1, "kind": "speech", "outcome": "failed", "sentences": 0,
        "endpoint_ms": 500, "stt_ms": 500, "own_ms": 10,
    }  # fmt: skip
    assert Turn(0, "phrase").summary() == {"turn": 0, "kind": "phrase", "outcome": "open", "sentences": 0}


def test_turns_are_found_by_their_numbers() -> None:
    resumed = [Turn(3, "phrase"), Turn(4, "speech")]
    assert [place_of(resumed, number) for number in (0, 2, 3, 4, 5)] == [None, None, 0, 1, None]
    assert [place_of([Turn(0, "phrase")], number) for number in (-1, 0, 1)] == [None, 0, None]
    assert place_of([], 0) is None
    # The number of a question that was dropped is used no more.
    assert [place_of([Turn(0, "phrase"), Turn(2, "speech")], number) for number in (0, 1, 2)] == [0, None, 1]
    assert (numbers_of(resumed), numbers_of([])) == ("turns 3 to 4", "none")


@pytest.mark.parametrize(
    ("asked_at", "audio_at", "gained_s"),
    [(4.0, [], 1.0), (4.0, [None], 1.0), (4.0, [4.6, 4.8], 0.6), (None, [], 0.0), (4.0, [3.0], 0.0)],
)
def test_what_was_gained_by_asking_ahead(asked_at: float | None, audio_at: list[float | None], gained_s: float) -> None:
    """What waited for the turn's end would have been waited for by no one."""
    turn = Turn(1, "speech")
    turn.ask_ahead()
    assert (turn.ahead, turn.gained_s) == (True, None)
    if asked_at is not None:
        turn.ask(asked_at)
    for at in audio_at:
        sentence = turn.add_sentence("a", "a", 4.1)
        if at is not None:
            sentence.add_audio(20, at)
    turn.end_ahead(5.0)
    assert not turn.ahead
    assert turn.gained_s == pytest.approx(gained_s)
