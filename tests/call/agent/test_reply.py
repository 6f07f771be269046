"""Test one reply: any split of it is said as the whole, no step is long, and half a number is not said."""

from __future__ import annotations

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.agent.reply import SLICE, STEP, Pieces, Reply
from ivr.text.normalize.normalize import normalize
from ivr.text.segment import long_text
from tests.text.tables import failures
from tools.text.reply_splits import pieces, splits, texts, words

_HOSTILE = ("123456 ", "%", "\n- ", "٣", ". ", "1\n", "ا")


def _said(parts: Pieces) -> list[str]:
    return [spoken for _, spoken in parts]


def test_any_split_of_a_reply_is_said_as_the_whole() -> None:
    """`python -m tools.text.reply_splits` tries many more."""
    ways = splits(random.Random(1))
    rows = [(text, language, next(ways), words(normalize(text, language))) for language, text in texts(1)]
    assert len(rows) == 400
    assert failures(rows, lambda *row: words(" ".join(_said(pieces(*row))))) == []


@given(st.sampled_from(texts(2)), st.lists(st.integers(1, 60), min_size=1), st.sampled_from([0.0, 0.02, 0.3, 1.0]))
@settings(deadline=None)
def test_a_reply_in_deltas_is_said_as_the_whole(row: tuple[str, str], cuts: list[int], pace: float) -> None:
    language, text = row
    split = next(splits(random.Random(0)))
    split = type(split)(tuple(cuts), pace, split.queued_ms, pauses=False)
    assert words(" ".join(_said(pieces(text, language, split)))) == words(normalize(text, language))


def test_long_text_is_taken_in_short_steps() -> None:
    """Count what each step hands on, in characters of speech: one chunk may go over the bound."""
    most = STEP + 1200 + 2 * 20
    for unit in _HOSTILE:
        for language in ("ar", "en"):
            reply, steps, text = Reply(language), 0, (unit * 5_000)[:5_000]
            parts = reply.feed(text, 0, 1.0)
            whole = list(parts)
            while reply.behind:
                assert reply.wake_at() == 1.0 + steps / 10
                steps += 1
                assert sum(long_text.weight_of(char) for written, _ in parts for char in written) <= most, unit
                parts = reply.tick(0, 1.0 + steps / 10)
                whole += parts
            whole += reply.finish()
            assert steps >= 5_000 // SLICE // 3
            assert re.sub(r"\W", "", "".join(written for written, _ in whole)) == re.sub(r"\W", "", text)


def test_a_reply_that_is_behind_ends_when_all_was_looked_at() -> None:
    reply = Reply("en")
    parts = reply.feed("Your parcel is here. " * 200, 0, 1.0)
    assert reply.behind
    parts += reply.pause(1.0)
    parts += reply.feed("And more. ", 0, 1.0)
    assert reply.wake_at() == 1.0
    parts += reply.finish()
    assert (reply.over, reply.behind, reply.wake_at()) == (True, False, None)
    assert " ".join(_said(parts)) == "Your parcel is here. " * 200 + "And more."


def test_a_reply_that_is_closed_says_no_more() -> None:
    reply = Reply("en")
    reply.feed("Your parcel is here. " * 200, 0, 1.0)
    reply.close()
    assert (reply.over, reply.behind, reply.wake_at()) == (True, False, None)


def test_a_reply_that_breaks_off_says_no_half_number() -> None:
    for text, out in (
        ("The fee is SAR 1,2", ["The fee is"]),
        ("The fee is SAR 1,200. ", ["The fee is one thousand two hundred riyals."]),
    ):
        reply = Reply("en")
        assert _said(reply.feed(text, 0, 1.0) + reply.break_off()) == out


def test_speakable_text_only_loses_its_tags() -> None:
    reply = Reply("en", speakable_already=True)
    parts = reply.feed("<speak>The code is <say-as interpret-as='digits'>4821</say-as>, sir.</speak>", 0, 1.0)
    assert _said(parts + reply.finish()) == ["The code is 4821, sir."]


def test_a_piece_with_nothing_to_say_is_no_piece() -> None:
    reply = Reply("en")
    assert reply.feed("```python\n", 0, 1.0) + reply.pause(1.0) == []
    assert _said(reply.feed("Your parcel is here.\n```\n", 0, 1.0) + reply.finish()) == ["Your parcel is here."]
