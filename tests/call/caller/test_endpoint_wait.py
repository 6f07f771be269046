"""What is known of a pause becomes a wait: the line, its ends, the caller's share, and the trace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.caller.endpoint_wait import EndpointWait
from ivr.call.options import CallOptions
from ivr.text.turn.leaning import OPEN_MOST
from ivr.text.turn.words import NOT_TOLD, Judged

WHOLE, COMPLETE = Judged("complete", "answer_whole", 2.5), Judged("complete", "short_answer", 1.0)
OPEN, PART = Judged("open", "governs", -2.5), Judged("open", "number_part", -2.5)
WORDS = (PART, OPEN, NOT_TOLD, COMPLETE, WHOLE)


def between(weight: float) -> int:
    """Return the wait at a weight on the line from 2000 ms, where words are open, to 500 ms, where nothing tells."""
    return round(500 + 1500 * weight / OPEN_MOST)


def wait_of(words: Judged | None = None, choices: CallOptions | None = None, **more: Any) -> EndpointWait:
    wait = EndpointWait(choices or CallOptions())
    wait.begin(**more)
    if words is not None:
        wait.take_words(words)
    return wait


@pytest.mark.parametrize(
    ("words", "ms"), [(PART, 2500), (OPEN, 2000), (NOT_TOLD, 500), (None, 500), (COMPLETE, 300), (WHOLE, 100)]
)
def test_words_alone(words: Judged | None, ms: int) -> None:
    assert wait_of(words).ms == ms


@pytest.mark.parametrize(
    ("weight", "ms"), [(-9, 2000), (OPEN_MOST, 2000), (-1, between(-1)), (0.5, 400), (1.75, 200), (9, 200)]
)
def test_every_weight_of_words_has_its_wait(weight: float, ms: int) -> None:
    assert wait_of(Judged("unknown", "none", weight)).ms == ms


@pytest.mark.parametrize(("kind", "weight"), [("digits", -1), ("email", -1), ("address", -1), ("yes_no", 0)])
def test_what_was_asked_counts_before_there_are_words(kind: Any, weight: float) -> None:
    assert wait_of(asked=kind).ms == between(weight)
    assert wait_of(NOT_TOLD, asked=kind).ms == 500


@pytest.mark.parametrize(
    ("words", "ms"), [(PART, 2500), (OPEN, 2400), (NOT_TOLD, 900), (None, 900), (COMPLETE, 400), (WHOLE, 100)]
)
def test_a_slow_caller_is_given_more(words: Judged | None, ms: int) -> None:
    assert wait_of(words, more_ms=400).ms == ms


@pytest.mark.parametrize(
    ("words", "ms"), [(None, 300), (PART, 1000), (OPEN, 1000), (NOT_TOLD, 500), (COMPLETE, 300), (WHOLE, 100)]
)
def test_a_voice_that_goes_on_and_on(words: Judged | None, ms: int) -> None:
    assert wait_of(words, long=True).ms == ms


def test_voice_and_model_are_bounded() -> None:
    voice, model = wait_of(), wait_of()
    voice.take_voice(-99.0)
    model.take_model(1.0)
    assert (voice.ms, model.ms) == (between(-1.5), 100)
    voice.take_model(0.0)
    assert voice.ms == 2500
    model.take_model(0.5)
    assert model.ms == 500


def test_a_line_that_ends_sooner_keeps_its_end() -> None:
    quick = CallOptions(endpoint_ms=200)
    assert [wait_of(words, quick).ms for words in WORDS] == [2500, 1700, 200, 200, 100]
    # Without patience for open words nothing but a number is waited for.
    hasty = CallOptions(endpoint_ms=80, endpoint_more_ms=0, endpoint_most_ms=0)
    assert [wait_of(words, hasty).ms for words in WORDS] == [80, 80, 80, 80, 80]


def test_other_choices_count_at_once() -> None:
    wait = wait_of(NOT_TOLD)
    wait.change(CallOptions(endpoint_ms=700))
    assert wait.ms == 700


def test_the_note_tells_what_there_was() -> None:
    note = wait_of().note(3, 520, held=False)
    assert (note.name, dict(note.fields)) == (
        "turn_end",
        {
            "turn": 3, "silence_ms": 520, "wait_ms": 500, "words": "unknown", "rule": "none", "words_weight": 0.0,
            "held": False,
        },
    )  # fmt: skip
    wait = wait_of(PART, asked="digits", more_ms=120, long=True)
    wait.take_voice(-0.333)
    wait.take_model(0.5)
    assert dict(wait.note(4, 1000, held=True).fields) == {
        "turn": 4,
        "silence_ms": 1000,
        "wait_ms": 1000,
        "words": "open",
        "rule": "number_part",
        "words_weight": -2.5,
        "held": True,
        "asked": "digits",
        "voice": -0.33,
        "model": 0.0,
        "caller_ms": 120,
        "long": True,
    }


def test_an_endpoint_wait_prints_itself() -> None:
    assert repr(wait_of()) == "<EndpointWait 500 ms words=None voice=None model=None>"


@given(
    st.sampled_from(WORDS),
    st.floats(-10, 10),
    st.floats(0, 1),
    st.integers(0, 800),
    st.integers(60, 2000),
    st.integers(60, 2000),
    st.integers(0, 4000),
    st.integers(0, 4000),
    st.booleans(),
)
def test_evidence_of_an_end_never_makes_the_wait_longer(
    words: Judged, voice: float, model: float, more: int, endpoint: int, least: int, open_: int, most: int, long: bool
) -> None:
    options = CallOptions(endpoint_ms=endpoint, endpoint_least_ms=least, endpoint_more_ms=open_, endpoint_most_ms=most)

    def ms(judged: Judged, voice: float, model: float, more: int) -> int:
        wait = wait_of(judged, options, more_ms=more, long=long)
        wait.take_voice(voice)
        wait.take_model(model)
        return wait.ms

    here = ms(words, voice, model, more)
    assert min(60, endpoint) <= here <= max(endpoint + open_, most)
    assert ms(words, voice + 1, model, more) <= here
    assert ms(words, voice, min(1.0, model + 0.2), more) <= here
    assert ms(words, voice, model, min(800, more + 100)) >= here
    waits = [ms(judged, voice, model, more) for judged in WORDS]
    assert long or waits == sorted(waits, reverse=True)


@pytest.mark.parametrize(("least_ms", "wait_ms"), [(300, 200), (100, 100), (1500, 1000)])
def test_complete_words_keep_two_thirds_of_what_the_line_wants(least_ms: int, wait_ms: int) -> None:
    wait = EndpointWait(CallOptions(endpoint_ms=2000, endpoint_least_ms=least_ms))
    wait.take_words(Judged("complete", "question", 3.0))
    assert wait.ms == wait_ms
