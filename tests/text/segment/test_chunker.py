"""Test chunks for TTS: the first is early, short sentences are merged, long ones are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.text.segment.chunker import LATER_MAX, Chunker
from ivr.text.segment.punctuation import CLOSERS, STOPS, says_something
from ivr.text.segment.sentences import MAX_SENTENCE


def test_first_chunk_ends_at_a_clause_mark() -> None:
    chunker = Chunker("ar")
    assert chunker.push("نعم، لقيت شحنتك في فرع الرياض، ") == ["نعم، لقيت شحنتك في فرع الرياض،"]
    assert chunker.push("وتقدر تستلمها اليوم. ت") == ["وتقدر تستلمها اليوم."]


def test_first_chunk_does_not_end_too_early() -> None:
    chunker = Chunker("ar")
    assert chunker.push("نعم، لقيت شحنتك ") == []
    assert chunker.push("في فرع الرياض. ") == []
    assert chunker.push("ت") == ["نعم، لقيت شحنتك في فرع الرياض."]


@pytest.mark.parametrize(("language", "most"), [("ar", 80), ("en", 90)])
def test_first_chunk_is_short(language: str, most: int) -> None:
    chunker = Chunker(language)
    chunks = chunker.push("كلمة " * 30)
    assert 25 <= len(chunks[0]) <= most


def test_first_chunk_of_a_whole_long_sentence() -> None:
    chunker = Chunker("ar")
    chunks = chunker.push("كلمة " * 19 + "آخر. نعم")
    assert len(chunks[0]) <= 80
    assert " ".join(chunks) == "كلمة " * 19 + "آخر."


def test_first_chunk_waits_for_a_second_sentence() -> None:
    chunker = Chunker("ar")
    assert chunker.push("أبشر! ") == []
    assert chunker.push("لقيت الشحنة بالرياض. ت") == ["أبشر! لقيت الشحنة بالرياض."]


def test_first_chunk_of_a_short_sentence_and_a_clause() -> None:
    chunker = Chunker("ar")
    assert chunker.push("أبشر! لقيت الشحنة بالرياض، وهي") == ["أبشر! لقيت الشحنة بالرياض،"]


def test_chunks_merge_while_audio_is_queued() -> None:
    chunker = Chunker("ar")
    chunker.push("وصلت شحنتك إلى فرع الرياض. ")
    chunker.queued(5000)
    assert chunker.push("طيب. ") == ["وصلت شحنتك إلى فرع الرياض."]
    assert chunker.push("تمام. ") == []
    assert chunker.push("تحب أساعدك بشي ثاني؟") == ["طيب. تمام. تحب أساعدك بشي ثاني؟"]


def test_chunks_do_not_merge_when_audio_is_low() -> None:
    chunker = Chunker("ar")
    chunker.push("وصلت شحنتك إلى فرع الرياض. ت")
    chunker.queued(5000)
    assert chunker.push("مام. ط", now=1.0) == []
    assert chunker.wake_at() == 1.25
    chunker.queued(800)
    assert chunker.wake_at() == 1.0
    assert chunker.tick(1.0) == ["تمام."]
    assert chunker.wake_at() == 1.25


def test_chunks_merge_up_to_the_longest() -> None:
    for words, out in ((48, 1), (49, 2)):
        chunker, sentence = Chunker("ar"), "كلمة " * words + "آخر."
        chunker.push("وصلت شحنتك إلى فرع الرياض. ")
        chunker.queued(5000)
        chunker.push("طيب. ")
        chunks = chunker.push(f"{sentence} ت")
        assert (len(chunks), " ".join(chunks)) == (out, f"طيب. {sentence}")


def test_chunk_of_a_run_on_ends_at_a_clause_mark() -> None:
    chunker = Chunker("ar")
    chunker.push("وصلت شحنتك إلى فرع الرياض. ")
    chunks = chunker.push("كلمة " * 30 + "طويلة، " + "كلمة " * 20)
    assert chunks == ["وصلت شحنتك إلى فرع الرياض.", ("كلمة " * 30 + "طويلة،")]


def test_chunk_may_be_one_whole_long_sentence() -> None:
    chunker, sentence = Chunker("en"), "word " * 53 + "end."
    assert chunker.push("This is the first sentence. w") == ["This is the first sentence."]
    assert LATER_MAX < len(sentence) <= MAX_SENTENCE
    assert chunker.push(f"{sentence[1:]} N") == [sentence]


def test_chunk_goes_out_when_no_token_comes() -> None:
    whole, unsure = ["وصلت الشحنة."], ["وصلت الشحنة 5.", "مع د.", "وصلت الشحنة"]
    for text in whole + unsure:
        out = [text] if text in whole else []
        chunker = Chunker("ar")
        assert chunker.push(text, now=10.0) == []
        assert chunker.wake_at() == 10.25
        assert chunker.tick(10.2) == []
        assert chunker.tick(10.25) == out
        assert chunker.wake_at() is None
        assert chunker.tick(11.0) == []
        assert chunker.finish() == [] if out else [text]


def test_pause_sends_all_and_the_next_chunk_is_later() -> None:
    chunker = Chunker("ar")
    assert chunker.push("لحظة، أشيك لك") == []
    assert chunker.pause(1.0) == ["لحظة، أشيك لك"]
    chunker.queued(3000)
    assert chunker.push("تمام. ل", 2.0) == []
    assert chunker.finish() == ["تمام. ل"]
    assert chunker.push("وصلت شحنتك إلى فرع الرياض، ") == ["وصلت شحنتك إلى فرع الرياض،"]


def test_no_chunk_of_much_text_without_words() -> None:
    for nothing in ("- ", "-", "؟", ". ", "*", "((", "\u200f> "):
        chunker = Chunker("ar")
        assert chunker.push(nothing * 400) == []
        chunks = chunker.push("نعم، لقيت شحنتك.") + chunker.finish()
        assert " ".join(chunks).endswith("نعم، لقيت شحنتك.")
        assert all(says_something(chunk) for chunk in chunks)


def test_no_chunk_of_text_without_words() -> None:
    chunker = Chunker("ar")
    assert chunker.push("... 😊 \n") == []
    assert chunker.pause() == []
    assert chunker.wake_at() is None


def test_chunks_of_an_endless_number() -> None:
    chunker = Chunker("ar")
    chunks = chunker.push("7" * 400) + chunker.finish()
    assert "".join(chunks) == "7" * 400
    assert all(sum(map(str.isdecimal, chunk)) <= 120 for chunk in chunks)


def test_chunker_prints_itself() -> None:
    chunker = Chunker("ar")
    chunker.push("نعم")
    assert repr(chunker) == "<Chunker ar first held=0 pending=3>"
    chunker.push(" وصلت شحنتك إلى فرع الرياض، ")
    assert repr(chunker) == "<Chunker ar later held=0 pending=1>"


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
def test_chunks_lose_nothing(steps: list[tuple[str, int]]) -> None:
    chunker, chunks, now = Chunker("ar"), list[str](), 0.0
    for text, what in steps:
        now += 0.1 * what
        chunks += chunker.push(text, now)
        chunker.queued(1000 * what)
        if what == 3:
            chunks += chunker.tick(now + 1.0)
        if what == 2:
            chunks += chunker.pause(now)
    chunks += chunker.finish()
    assert all(chunk and len(chunk) <= 300 for chunk in chunks)
    joined = _kept("".join(chunks))
    rest = iter(_kept("".join(text for text, _ in steps)))
    assert all(char in rest for char in joined)
    assert sum(map(says_something, joined)) == sum(map(says_something, _kept("".join(text for text, _ in steps))))


def _slowly(text: str, pace: float, *, language: str = "ar", queued: int = 0) -> list[tuple[float, str]]:
    """Return the chunks of a text that comes as a word each `pace` seconds, with `queued` ms of unheard audio."""
    chunker, out = Chunker(language), list[tuple[float, str]]()
    for number, word in enumerate(text.split(" ")):
        while (due := chunker.wake_at()) is not None and due < number * pace:
            out += [(due, chunk) for chunk in chunker.tick(due)]
        chunker.queued(queued)
        out += [(number * pace, chunk) for chunk in chunker.push(f"{word} ", number * pace)]
    return out


def test_chunks_of_a_slow_agent_are_clauses() -> None:
    assert _slowly("حياك الله أستاذ محمد، شحنتك في مستودع الرياض وتطلع مع المندوب بكرة. طيب", 1.0) == [
        (3.25, "حياك الله أستاذ محمد،"),
        (8.25, "شحنتك في مستودع الرياض"),
        (11.25, "وتطلع مع المندوب بكرة."),
    ]


def test_chunks_of_a_quick_agent_are_no_phrases() -> None:
    assert _slowly("حياك الله أستاذ محمد شحنتك في مستودع الرياض وتطلع مع المندوب.", 0.2) == []


def test_phrase_waits_while_audio_is_queued() -> None:
    chunker = Chunker("ar")
    chunker.push("وصلت شحنتك إلى فرع الرياض. ", 0.0)
    chunker.queued(4000)
    assert chunker.push("وتقدر تستلمها، يا أستاذ محمد، من ", 1.0) == ["وصلت شحنتك إلى فرع الرياض."]
    assert chunker.wake_at() == 1.25
    assert chunker.tick(1.25) == []
    assert chunker.wake_at() == 3.75
    chunker.queued(1500)
    assert chunker.tick(3.75) == ["وتقدر تستلمها، يا أستاذ محمد،"]
    assert chunker.wake_at() is None


def test_phrase_goes_out_after_a_longer_wait() -> None:
    chunker = Chunker("en")
    chunker.push("Your shipment arrived yesterday at ", 1.0)
    assert chunker.wake_at() == 1.25
    assert chunker.tick(1.25) == []
    assert chunker.wake_at() == 1.75
    assert chunker.tick(1.75) == ["Your shipment arrived yesterday"]
    chunker.push("Riyadh or maybe it will arrive", 2.0)
    assert chunker.tick(2.25) == []
    assert chunker.tick(2.75) == []
    assert chunker.wake_at() is None


def test_held_sentence_goes_out_with_the_clause() -> None:
    chunker = Chunker("ar")
    assert chunker.push("أبشر! لقيت الشحنة، وهي", 1.0) == []
    assert chunker.tick(1.25) == ["أبشر! لقيت الشحنة،"]


def _sentence(length: int, end: str = ".") -> str:
    return "ا" * (length - 1) + end


def test_first_chunk_has_its_least_lengths() -> None:
    assert Chunker("ar").push(f"{_sentence(19)} ب") == []
    assert Chunker("ar").push(f"{_sentence(20)} ب") == [_sentence(20)]
    assert Chunker("ar").push(f"{_sentence(24, '،')} ب") == []
    assert Chunker("ar").push(f"{_sentence(25, '،')} ب") == [_sentence(25, "،")]


def test_first_chunk_has_its_greatest_length() -> None:
    for language, most in (("ar", 80), ("en", 90)):
        for length in (most, most + 1):
            text = ("اب " * 40)[: length - 1]
            chunks = Chunker(language).push(f"{text.replace(' ', 'ا') if length == most else text}، ب")
            assert (len(chunks[0]) == most) is (length == most)
            assert len(chunks[0]) <= most


def test_chunks_merge_under_their_bounds() -> None:
    for first, second, out in ((19, 230, 1), (19, 231, 2), (20, 100, 2)):
        chunker = Chunker("ar")
        chunker.push("وصلت شحنتك إلى فرع الرياض. ب")
        chunker.queued(5000)
        chunks = chunker.push(f"{_sentence(first - 1)} ") + chunker.push(f"{_sentence(second)} ب")
        assert len(chunks) == out, (first, second)


def test_slow_clause_and_phrase_have_their_least_lengths() -> None:
    for length, out in ((11, []), (12, [_sentence(12, "،")])):
        chunker = Chunker("ar")
        chunker.push(f"{_sentence(length, '،')} با", 0.0)
        assert chunker.tick(0.25) == out
    for length, out in ((18, []), (19, ["ا" * 19])):
        chunker = Chunker("ar")
        chunker.push("ا" * length + " في ال", 0.0)
        assert chunker.tick(0.25) == []
        assert chunker.tick(0.75) == out


def test_phrase_waits_again_after_queued_audio() -> None:
    chunker = Chunker("ar")
    assert chunker.push("وصلت شحنتك إلى فرع الرياض. ا", 0.0) == ["وصلت شحنتك إلى فرع الرياض."]
    chunker.push("ا" * 18 + " في ال", 1.0)
    assert chunker.tick(1.25) == []
    chunker.queued(4000)
    assert chunker.tick(1.75) == []
    chunker.push("ا", 5.6)
    chunker.queued(1000)
    assert chunker.tick(5.85) == []
    assert chunker.wake_at() == 5.6 + 0.75
    assert chunker.tick(5.6 + 0.75) == ["ا" * 19]


def test_chunks_as_written_are_the_reply() -> None:
    chunker = Chunker("ar")
    text = "أبشر! أرسلت لك رمز التحقق: 4821.\nتحب أساعدك في شيء ثاني اليوم؟  \n - نعم"
    chunks = [chunk for char in text for chunk in chunker.push(char)] + chunker.finish()
    assert "".join(chunk.as_written for chunk in chunks) == text
    assert [str(chunk) for chunk in chunks] == [chunk.as_written.strip() for chunk in chunks]


def test_chunks_keep_the_blank_in_front_of_them() -> None:
    rows = [
        ("وصلت:", " ", "4821"),
        ("وصلت", "\n", "4821"),
        ("وصلت", " \n ", "4821"),
        ("وصلت", "", "4821"),
        ("-", " ", "4"),
    ]
    for first, gap, second in rows:
        chunker = Chunker("ar")
        chunks = chunker.push(first) + chunker.pause()
        chunks += chunker.push(gap) + chunker.pause() + chunker.push(second) + chunker.finish()
        assert chunks[-1].as_written == (gap.strip(" ") or gap) + second


def test_no_chunk_is_cut_inside_a_tag() -> None:
    link = '<a class="x y" href="https://naqel.com/track, and more?id=5" target="_blank" title="Track. It is here">'
    for text, out in (
        (f"Yes, {link}your parcel</a> is here, today. x", ["Yes, your parcel is here,", "today."]),
        (f"{link}{link}Your parcel is at the branch.</a> x", ["Your parcel is at the branch."]),
        (f"See [your parcel's page](https://a.b/{'a' * 200}), please. x", ["See [your parcel's page],", "please."]),
        ("<speak><p><prosody rate='slow'><emphasis level='strong'>Your parcel is here.</emphasis></prosody></p> x",
         ["Your parcel is here."]),
    ):  # fmt: skip
        chunker = Chunker("en")
        assert [chunk for char in text for chunk in chunker.push(char)] == out


def test_a_reply_that_breaks_off_ends_with_a_whole_word() -> None:
    rows = [
        ("The fee is 1", ["The fee is"]),
        ("Done. The fee is SAR 1,2", ["Done. The fee is"]),
        ("Your parcel is <b", ["Your parcel is"]),
        ('Your parcel <a href="x', ["Your parcel"]),
        ("Your parcel arrived. ", ["Your parcel arrived."]),
        ("Yes", []),
        ("", []),
    ]
    for text, out in rows:
        chunker = Chunker("en")
        assert chunker.push(text) + chunker.break_off() == out
        assert chunker.push("Your parcel is here, and") == []
        assert chunker.finish() == ["Your parcel is here, and"]
