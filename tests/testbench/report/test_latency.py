"""Where the time of a turn went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.testbench.report import latency
from tests.support.turns import answered


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


def test_the_bridges_own_time_of_answered_turns() -> None:
    assert latency.own_overheads([Turn(0, "phrase"), answered()]) == pytest.approx([0.04])


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
