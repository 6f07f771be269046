"""Pieces for the voice: haste for the first, company for the short, places for the long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.text.segment.chunker import Chunker
from ivr.text.segment.punctuation import CLOSERS, STOPS, says_something


def test_the_first_piece_goes_out_at_a_clause_mark() -> None:
    packer = Chunker("ar")
    assert packer.push("نعم، لقيت شحنتك في فرع الرياض، ") == ["نعم، لقيت شحنتك في فرع الرياض،"]
    assert packer.push("وتقدر تستلمها اليوم. ت") == ["وتقدر تستلمها اليوم."]


def test_a_clause_mark_too_early_does_not_count() -> None:
    packer = Chunker("ar")
    assert packer.push("نعم، لقيت شحنتك ") == []
    assert packer.push("في فرع الرياض. ") == []
    assert packer.push("ت") == ["نعم، لقيت شحنتك في فرع الرياض."]


@pytest.mark.parametrize(("language", "most"), [("ar", 80), ("en", 90)])
def test_the_first_piece_is_short(language: str, most: int) -> None:
    packer = Chunker(language)
    pieces = packer.push("كلمة " * 30)
    assert 25 <= len(pieces[0]) <= most


def test_a_whole_first_sentence_is_cut_too() -> None:
    packer = Chunker("ar")
    pieces = packer.push("كلمة " * 19 + "آخر. نعم")
    assert len(pieces[0]) <= 80
    assert " ".join(pieces) == "كلمة " * 19 + "آخر."


def test_a_short_first_sentence_waits_for_company() -> None:
    packer = Chunker("ar")
    assert packer.push("أبشر! ") == []
    assert packer.push("لقيت الشحنة بالرياض. ت") == ["أبشر! لقيت الشحنة بالرياض."]


def test_a_short_first_sentence_and_a_clause() -> None:
    packer = Chunker("ar")
    assert packer.push("أبشر! لقيت الشحنة بالرياض، وهي") == ["أبشر! لقيت الشحنة بالرياض،"]


def test_short_sentences_are_merged_while_audio_is_queued() -> None:
    packer = Chunker("ar")
    packer.push("وصلت شحنتك إلى فرع الرياض. ")
    packer.queued(5000)
    assert packer.push("طيب. ") == ["وصلت شحنتك إلى فرع الرياض."]
    assert packer.push("تمام. ") == []
    assert packer.push("تحب أساعدك بشي ثاني؟") == ["طيب. تمام. تحب أساعدك بشي ثاني؟"]


def test_short_sentences_go_out_when_the_caller_hears_silence_soon() -> None:
    packer = Chunker("ar")
    packer.push("وصلت شحنتك إلى فرع الرياض. ت")
    packer.queued(5000)
    assert packer.push("مام. ط", now=1.0) == []
    assert packer.wake_at() == 1.25
    packer.queued(800)
    assert packer.wake_at() == 1.0
    assert packer.tick(1.0) == ["تمام."]
    assert packer.wake_at() == 1.25


def test_a_merge_that_is_too_long_is_not_made() -> None:
    packer = Chunker("ar", longest=30)
    packer.push("وصلت شحنتك إلى فرع الرياض. ")
    packer.queued(5000)
    packer.push("طيب. ")
    assert packer.push("وتقدر تستلمها من الفرع اليوم. ت") == ["طيب.", "وتقدر تستلمها من الفرع اليوم."]


def test_a_run_on_is_cut_at_a_clause_mark() -> None:
    packer = Chunker("ar")
    packer.push("وصلت شحنتك إلى فرع الرياض. ")
    pieces = packer.push("كلمة " * 30 + "طويلة، " + "كلمة " * 20)
    assert pieces == ["وصلت شحنتك إلى فرع الرياض.", ("كلمة " * 30 + "طويلة،")]


def test_a_later_sentence_of_the_hard_length_stays_whole() -> None:
    packer = Chunker("en", longest=40, hard=60)
    packer.push("This is the first sentence. T")
    pieces = packer.push("his one has no place to be cut in it at all for now. N")
    assert " ".join(pieces) == "This one has no place to be cut in it at all for now."


@pytest.mark.parametrize(
    ("text", "out"), [("وصلت الشحنة.", ["وصلت الشحنة."]), ("وصلت الشحنة 5.", []), ("مع د.", []), ("وصلت الشحنة", [])]
)
def test_idle_release(text: str, out: list[str]) -> None:
    packer = Chunker("ar")
    assert packer.push(text, now=10.0) == []
    assert packer.wake_at() == 10.25
    assert packer.tick(10.2) == []
    assert packer.tick(10.25) == out
    assert packer.wake_at() is None
    assert packer.tick(11.0) == []
    assert packer.finish() == [piece for piece in [text] if not out]


def test_a_pause_flushes_and_the_next_sentence_is_not_first() -> None:
    packer = Chunker("ar")
    assert packer.push("لحظة، أشيك لك") == []
    assert packer.pause(1.0) == ["لحظة، أشيك لك"]
    packer.queued(3000)
    assert packer.push("تمام. ل", 2.0) == []
    assert packer.finish() == ["تمام. ل"]
    assert packer.push("وصلت شحنتك إلى فرع الرياض، ") == ["وصلت شحنتك إلى فرع الرياض،"]


@pytest.mark.parametrize("nothing", ["- ", "-", "؟", ". ", "*", "((", "\u200f> "])
def test_much_with_nothing_to_say_is_no_piece(nothing: str) -> None:
    packer = Chunker("ar")
    assert packer.push(nothing * 400) == []
    pieces = packer.push("نعم، لقيت شحنتك.") + packer.finish()
    assert " ".join(pieces).endswith("نعم، لقيت شحنتك.")
    assert all(says_something(piece) for piece in pieces)


def test_nothing_to_say_is_no_piece() -> None:
    packer = Chunker("ar")
    assert packer.push("... 😊 \n") == []
    assert packer.pause() == []
    assert packer.wake_at() is None


def test_an_endless_figure_is_cut_for_the_voice() -> None:
    packer = Chunker("ar")
    pieces = packer.push("7" * 400) + packer.finish()
    assert "".join(pieces) == "7" * 400
    assert all(sum(map(str.isdecimal, piece)) <= 120 for piece in pieces)


def test_one_line() -> None:
    packer = Chunker("ar")
    packer.push("نعم")
    assert repr(packer) == "<Chunker ar first held=0 pending=3>"
    packer.push(" وصلت شحنتك إلى فرع الرياض، ")
    assert repr(packer) == "<Chunker ar later held=0 pending=1>"


_WORDS = st.lists(
    st.sampled_from(
        ["نعم", "وصلت", "الشحنة", "،", ".", "؟", "!", "\n", "1,250", "NQL-12", "Ali", " ", " ", "😊", "-", "1. "]
    )
).map(" ".join)


def _kept(text: str) -> str:
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return "".join(char for char in text if not char.isspace() and char not in STOPS + CLOSERS)


@given(st.lists(st.tuples(st.text() | _WORDS, st.integers(0, 3)), max_size=30))
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_whatever_happens(steps: list[tuple[str, int]]) -> None:
    packer, pieces, now = Chunker("ar"), list[str](), 0.0
    for text, what in steps:
        now += 0.1 * what
        pieces += packer.push(text, now)
        packer.queued(1000 * what)
        if what == 3:
            pieces += packer.tick(now + 1.0)
        if what == 2:
            pieces += packer.pause(now)
    pieces += packer.finish()
    assert all(piece and len(piece) <= 300 for piece in pieces)
    joined = _kept("".join(pieces))
    rest = iter(_kept("".join(text for text, _ in steps)))
    assert all(char in rest for char in joined)
    assert sum(map(says_something, joined)) == sum(map(says_something, _kept("".join(text for text, _ in steps))))


def _slowly(text: str, pace: float, *, language: str = "ar", queued: int = 0) -> list[tuple[float, str]]:
    """The pieces of a text of which a word comes every `pace` seconds, with the audio the caller has still to hear."""
    packer, out = Chunker(language), list[tuple[float, str]]()
    for number, word in enumerate(text.split(" ")):
        while (due := packer.wake_at()) is not None and due < number * pace:
            out += [(due, piece) for piece in packer.tick(due)]
        packer.queued(queued)
        out += [(number * pace, piece) for piece in packer.push(f"{word} ", number * pace)]
    return out


def test_a_slow_agent_is_spoken_clause_by_clause() -> None:
    assert _slowly("حياك الله أستاذ محمد، شحنتك في مستودع الرياض وتطلع مع المندوب بكرة. طيب", 1.0) == [
        (3.25, "حياك الله أستاذ محمد،"),
        (8.25, "شحنتك في مستودع الرياض"),
        (11.25, "وتطلع مع المندوب بكرة."),
    ]


def test_a_quick_agent_is_not_spoken_in_phrases() -> None:
    assert _slowly("حياك الله أستاذ محمد شحنتك في مستودع الرياض وتطلع مع المندوب.", 0.2) == []


def test_phrases_wait_while_audio_is_queued() -> None:
    packer = Chunker("ar")
    packer.push("وصلت شحنتك إلى فرع الرياض. ", 0.0)
    packer.queued(4000)
    assert packer.push("وتقدر تستلمها، يا أستاذ محمد، من ", 1.0) == ["وصلت شحنتك إلى فرع الرياض."]
    assert packer.wake_at() == 1.25
    assert packer.tick(1.25) == []
    assert packer.wake_at() == 3.75
    packer.queued(1500)
    assert packer.tick(3.75) == ["وتقدر تستلمها، يا أستاذ محمد،"]
    assert packer.wake_at() is None


def test_a_hungry_ear_gets_a_phrase_after_a_longer_wait() -> None:
    packer = Chunker("en")
    packer.push("Your shipment arrived yesterday at ", 1.0)
    assert packer.wake_at() == 1.25
    assert packer.tick(1.25) == []
    assert packer.wake_at() == 1.75
    assert packer.tick(1.75) == ["Your shipment arrived yesterday"]
    packer.push("Riyadh or maybe it will arrive", 2.0)
    assert packer.tick(2.25) == []
    assert packer.tick(2.75) == []
    assert packer.wake_at() is None


def test_what_is_held_goes_with_the_clause() -> None:
    packer = Chunker("ar")
    assert packer.push("أبشر! لقيت الشحنة، وهي", 1.0) == []
    assert packer.tick(1.25) == ["أبشر! لقيت الشحنة،"]
