"""What was heard, in words: never half a word, never more than was played."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.agent.heard_text import halves, ledger, share_of, split
from ivr.call.timeline import Sentence

TEXT = "Your parcel is in Riyadh."


@pytest.mark.parametrize(
    ("share", "heard"),
    [
        (0.0, ""),
        (-1.0, ""),
        (0.1, ""),
        (0.16, "Your "),
        (0.43, "Your "),
        (0.44, "Your parcel "),
        (0.99, "Your parcel is in "),
        (1.0, TEXT),
        (7.0, TEXT),
    ],
)
def test_the_cut_is_after_the_last_whole_word(share: float, heard: str) -> None:
    said, cut = split(TEXT, share)
    assert said == heard
    assert said + cut == TEXT


@given(st.text(), st.floats(-1, 2))
def test_nothing_is_lost_at_the_cut(text: str, share: float) -> None:
    said, cut = split(text, share)
    assert said + cut == text


@given(st.text(alphabet="اب جد", min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_more_audio_is_never_less_text(text: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert len(split(text, less)[0]) <= len(split(text, more)[0])


def sentence(text: str = TEXT, **values: int | bool) -> Sentence:
    made = Sentence(1, text, text, ready_at=0.0)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_the_share_of_a_sentence() -> None:
    assert share_of(sentence(finished=True)) == 1.0
    assert share_of(sentence(audio_ms=2000, heard_ms=1000, whole=True)) == 0.5
    assert share_of(sentence(audio_ms=2000, heard_ms=2000, whole=True)) == 0.99
    assert share_of(sentence("", whole=True)) == 0.0


def test_the_text_tells_the_length_while_tts_is_busy() -> None:
    assert share_of(sentence(audio_ms=500, heard_ms=500)) == pytest.approx(500 / (80 * len(TEXT)))
    assert share_of(sentence(audio_ms=9000, heard_ms=4500)) == 0.5


def test_the_ledger_of_a_reply_cut_in_its_second_sentence() -> None:
    reply = [
        sentence("First one. ", finished=True),
        sentence("Second was cut.", audio_ms=1000, heard_ms=500, whole=True),
        sentence("Third never came."),
    ]
    assert ledger(reply) == ("First one. Second", "was cut. Third never came.")
    assert ledger([]) == ("", "")


def test_what_is_said_again_is_told_once() -> None:
    broken = sentence("First clause, second clause.", audio_ms=1500, heard_ms=1500, again_from=14)
    assert halves(broken) == ("First clause, ", "")
    quick = sentence("First clause, second clause.", audio_ms=500, heard_ms=500, again_from=14)
    assert halves(quick) == ("First clause, ", ""), "all of its audio was heard"
    assert ledger([broken, sentence("second clause.", finished=True)]) == ("First clause, second clause.", "")
    assert ledger([broken, sentence("second clause.")]) == ("First clause,", "second clause.")


def test_a_caller_who_left_before_the_place_has_not_heard_it() -> None:
    assert halves(sentence("First clause, second clause.", audio_ms=1500, heard_ms=600, again_from=14)) == (
        "First ",
        "clause, ",
    )
    assert halves(sentence("First clause.", audio_ms=500, heard_ms=400, again_from=0)) == ("", "")
