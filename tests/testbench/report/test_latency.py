"""Where the time of a turn went."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.testbench.report import latency


def answered(**changes: object) -> Turn:
    """A turn with every time known, the caller's last word at 10 s."""
    turn = Turn(1, "speech", "Where is it?", outcome="heard", heard="It is here. Anything else?")
    turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at = 8.0, 10.0, 10.5
    turn.transcript_at, turn.asked_at, turn.first_delta_at, turn.reply_ended_at = 11.0, 11.01, 11.5, 12.0
    turn.sentences = [
        Sentence(1, "It is here. ", "It is here.", 11.6, 11.61, 11.9, 11.92, audio_ms=1000, heard_ms=1000),
        Sentence(2, "Anything else?", "Anything else?", 11.7, 12.0, 12.3, 12.5, audio_ms=800, heard_ms=800),
    ]
    for name, value in changes.items():
        setattr(turn, name, value)
    return turn


def test_what_is_new_at_the_phone() -> None:
    plain, sorry = answered(), answered()
    sorry.sentences[1].fixed, sorry.sentences[0].sent_at = True, 9.0
    broken, unsent = answered(), answered()
    broken.sentences[0].again_from = 3
    unsent.sentences[0].sent_at = None
    assert latency.beginnings([plain]) == [11.92]
    assert latency.beginnings([plain, sorry]) == [9.0, 11.92, 12.5]
    assert latency.beginnings([broken]) == [11.92, 12.5]
    assert latency.beginnings([unsent, Turn(2, "speech")]) == [12.5]


def test_the_stages_lie_end_to_end() -> None:
    found = latency.stages(answered())
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
    assert latency.wait(answered()) == pytest.approx(1.92)
    assert latency.spent(answered(), "own") == pytest.approx(0.04)
    assert latency.own_overheads([answered()]) == pytest.approx([0.04])


def test_the_end_of_a_filler_is_not_the_bridges_own_time() -> None:
    turn = answered()
    turn.sentences[0].follow_filler(0.5)
    turn.sentences[0].sent_at = 12.41
    assert latency.spent(turn, "own") == pytest.approx(0.03)
    assert latency.wait(turn) == pytest.approx(2.41)
    assert latency.own_overheads([turn]) == pytest.approx([0.03])


@pytest.mark.parametrize("stalls", [[], [(0.0, 0.3)], [(0.9, 1.2), (1.5, 1.9)], [(0.0, 9.0)]], ids=str)
def test_the_wait_is_the_sum_of_what_each_took(stalls: list[tuple[float, float]]) -> None:
    turn = answered()
    turn.stalls = stalls
    assert latency.spent(turn, "own") == pytest.approx(turn.own_overhead)
    assert sum(latency.spent(turn, owner) or 0 for owner in latency.OWNERS) == pytest.approx(latency.wait(turn))


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
    assert [stage.owner for stage in latency.stages(turn)] == owners
    assert latency.wait(turn) is None
    assert latency.spent(turn, "tts") is None


def test_keys_begin_with_the_question() -> None:
    turn = answered(kind="dtmf", speech_ended_at=None, endpoint_at=None, transcript_at=None)
    assert latency.stages(turn)[0].name == "agent's first words"
    assert latency.wait(turn) == pytest.approx(0.91)


def test_the_first_sentence_with_sound_counts() -> None:
    turn = answered()
    turn.sentences[0].sent_at = None
    assert latency.first_spoken(turn) is turn.sentences[1]
    for sentence in turn.sentences:
        sentence.sent_at = None
    assert latency.first_spoken(turn) is turn.sentences[0]
    assert latency.wait(turn) is None


def test_sentences_queue_at_the_ear() -> None:
    turn = answered()
    turn.sentences.append(Sentence(3, "Lost.", "Lost.", 12.0))
    turn.sentences[1].heard_ms = 300
    one, other = latency.playing(turn)
    assert (one.start, one.heard_until, one.cut_until) == pytest.approx((11.92, 12.92, 12.92))
    assert (other.start, other.heard_until, other.cut_until) == pytest.approx((12.92, 13.22, 13.72))


def test_the_figures_of_a_call() -> None:
    greeting = Turn(0, "phrase")
    turn = answered(overlaps=[Overlap(13.0, 13.1, 13.12, "commit"), Overlap(14.0, 14.1, 14.1, "resume")])
    turn.overlaps.append(Overlap(15.0, 15.1, None, "commit"))
    assert latency.reactions([greeting, turn]) == pytest.approx([0.12])
    assert latency.facts([greeting, turn]) == {
        "turns": "1",
        "last word to first audio": "p50 1.92 s, max 1.92 s",
        "the bridge's part": "p50 40 ms, max 40 ms",
        "barge-in, onset to clear": "120 ms",
    }
    assert latency.facts([]) == {"turns": "0"}


@pytest.mark.parametrize(
    ("heard", "unheard", "pairs"),
    [
        ("It is here. Anything else?", "", [("It is here. ", ""), ("Anything else?", "")]),
        ("It is here. Anything", "else?", [("It is here. ", ""), ("Anything ", "else?")]),
        ("It is", "here. Anything else?", [("It is ", "here. "), ("", "Anything else?")]),
        ("", "It is here. Anything else?", [("", "It is here. "), ("", "Anything else?")]),
        ("It is", "here. Anything else? And more", [("It is ", "here. "), ("", "Anything else?"), ("", "And more")]),
        ("Quite another thing", "rest", [("Quite another thing", "rest")]),
    ],
)
def test_heard_and_unheard_by_sentence(heard: str, unheard: str, pairs: list[tuple[str, str]]) -> None:
    assert latency.split_heard(answered(heard=heard, unheard=unheard)) == pairs


@given(st.lists(st.text("ab .\n", min_size=1, max_size=12), max_size=4), st.integers(0, 40))
def test_splitting_loses_nothing(texts: list[str], cut: int) -> None:
    whole = "".join(texts)
    turn = Turn(1, "speech", heard=whole[:cut], unheard=whole[cut:])
    turn.sentences = [Sentence(number, text, text, 0.0) for number, text in enumerate(texts, 1)]
    pairs = latency.split_heard(turn)
    solid = "".join("".join(pair) for pair in pairs)
    assert "".join(solid.split()) == "".join(whole.split())
    assert "".join("".join(heard for heard, _ in pairs).split()) == "".join(whole[:cut].split())
