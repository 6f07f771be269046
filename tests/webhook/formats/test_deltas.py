"""Decide what deltas add, and how they join."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.formats.deltas import Joints, Repeats

REPEATS: list[tuple[str, list[str], str]] = [
    ("deltas", ["Your", " parcel", " is", " here."], "Your parcel is here."),
    ("short deltas, then the whole", ["Sure, ", "done.", "Sure, done."], "Sure, done."),
    ("the whole, twice", ["Sure, ", "done.", "Sure, done.", "Sure, done."], "Sure, done."),
    ("the whole with other blanks", ["Sure,\n", "done.\n", "Sure, done."], "Sure,\ndone.\n"),
    ("the whole without its marks", ["**Sure**, ", "all ", "done.", "Sure, all done."], "**Sure**, all done."),
    ("the whole and more", ["Sure, ", "done.", "Sure, done. Bye."], "Sure, done. Bye."),
    ("the whole and more, blanks behind", ["Sure, ", "done. ", "Sure, done. Bye."], "Sure, done. Bye."),
    ("the whole of one word", ["Ri", "yadh", "Riyadh"], "Riyadh"),
    ("so far", ["Your", "Your parcel", "Your parcel is", "Your parcel is here."], "Your parcel is here."),
    ("so far, by letters", ["H", "He", "Hel", "Hell", "Hello"], "Hello"),
    ("so far, the same again", ["Your", "Your parcel", "Your parcel", "Your parcel is"], "Your parcel is"),
    ("so far, shorter again", ["Your", "Your parcel", "Your", "Your parcel is"], "Your parcel is"),
    ("so far, from a number on", ["3", "3 parcels", "3 parcels are here."], "3 parcels are here."),
    ("so far, after a first message", ["Let me look.", "It", "It is", "It is here."], "Let me look.It is here."),
    ("so far, with a cursor", ["Your▌", "Your parcel▌", "Your parcel is here."], "Your parcel is here."),
    ("so far, twice", ["Let", "Let me look", "It is", "It is here."], "Let me lookIt is here."),
    ("a whole message, twice", ["Your parcel is here.", "Your parcel is here."], "Your parcel is here."),
    ("a message, a blank behind it, twice", ["One moment. ", "One moment. "], "One moment. "),
    ("a later message, twice", ["Let me look.", "It is here, sir.", "It is here, sir."],
     "Let me look.It is here, sir."),
    ("a later word, whole, with its blank", ["Well,", " it", " it"], "Well, it it"),
    ("a whole with a blank before it", ["So be it.", " So be it."], "So be it. So be it."),
    ("a later part, whole", ["Well, ", "it ", "is here.", "it is here."], "Well, it is here."),
    ("a later part, whole, far behind",
     ["Well, after all that was said and done ", "it is ", "here now", "it is here now"],
     "Well, after all that was said and done it is here now"),
    ("a whole with one blank less, and more", ["Sure,  done", "Sure, done now"], "Sure,  done now"),
    ("no, no", ["no. ", "no."], "no. no."),
    ("no, no, without a blank", ["no.", "no."], "no.no."),
    ("no, no, no", ["no,", " no,", " no."], "no, no, no."),
    ("very, very", ["very ", "very ", "good"], "very very good"),
    ("as two words", ["no ", "no ", "no no", " thanks"], "no no no no thanks"),
    ("a sentence again, with its blank", ["Hi. ", "So I said ", "come in ", "come in ", "now."],
     "Hi. So I said come in come in now."),
    ("laughter", ["ha", "ha", "ha"], "hahaha"),
    ("ones", ["1", "1", "11"], "1111"),
    ("a code", ["12", "123", "1"], "121231"),
    ("blanks", [" ", "", "\n", "Hi", " "], " \nHi "),
    ("marks", ["*", "**", "*"], "****"),
]  # fmt: skip


def test_repeats_give_what_is_new() -> None:
    wrong = []
    for name, deltas, said in REPEATS:
        repeats, got = Repeats(), ""
        for delta in deltas:
            new = repeats.new(delta)
            repeats.note(new)
            got += new
        wrong += [] if got == said else [(name, got)]
    assert wrong == []


def test_repeats_under_another_key() -> None:
    rows = [("Yes.", "Yes.", ""), ("Oh, it is here. Bye", "it is here.", ""), ("Oh, it is here. Bye", "it is", "it is")]
    wrong = []
    for first, second, new in rows:
        repeats = Repeats()
        repeats.note(repeats.new(first, "text"))
        wrong += [(first, got)] if (got := repeats.new(second, "message")) != new else []
    assert wrong == []


def test_repeats_count_from_the_segment() -> None:
    repeats = Repeats()
    for text in ("One moment ", "please"):
        repeats.note(repeats.new(text))
    repeats.begin_segment()
    assert repeats.new("It") == "It"
    repeats.note("It")
    assert repeats.new("It is") == " is"


JOINTS: list[tuple[str, list[str], str]] = [
    ("blanks of their own", ["Your", " parcel", " is", "n't", " here"], "Your parcel isn't here"),
    ("blanks behind", ["Your ", "par", "cel"], "Your parcel"),
    ("words", ["Your", "parcel", "is", "in", "Riyadh", ".", "Bye", "now"], "Your parcel is in Riyadh. Bye now"),
    ("words in Arabic", ["شكراً", "جزيلاً", "لك", "يا", "أستاذ،", "مع", "السلامة"], "شكراً جزيلاً لك يا أستاذ، مع السلامة"),
    ("words and a number", ["Order", "7826", "is", "ready", "for", "you"], "Order 7826 is ready for you"),
    ("sixteen letters", ["Abcdefgh", "ijklmnop"], "Abcdefghijklmnop"),
    ("seventeen letters", ["Abcdefgh", "ijklmnopq"], "Abcdefgh ijklmnopq"),
    ("one word in pieces", ["Ri", "ya", "dh"], "Riyadh"),
    ("pieces, then a blank", ["ال", "سلا", "م", " عليكم"], "السلام عليكم"),
    ("letters", [*"Hello"], "Hello"),
    ("a long word in letters", [*"internationalization"], "internationalization"),
    ("digits", ["4", "8", "2", "1"] * 6, "4821" * 6),
    ("an address", ["https", "://", "example", ".com", "/", "tracking"], "https://example.com/tracking"),
    ("phrases cut anywhere", ["Your par", "cel is in Ri", "yadh."], "Your parcel is in Riyadh."),
    ("sentences", ["One moment.", "Your parcel is here.", "وصلت.", "شكراً"],
     "One moment. Your parcel is here. وصلت. شكراً"),
    ("phrases that are messages", ["I look it up", "It is here"], "I look it up It is here"),
    ("a name with a point", ["It is example.", "com"], "It is example.com"),
    ("a number with a point", ["It is 3.", "5"], "It is 3.5"),
    ("nothing", ["", "Hi", ""], "Hi"),
]  # fmt: skip


def joined(deltas: list[str]) -> str:
    joints = Joints()
    return "".join([*map(joints.add, deltas), joints.finish()])


def test_joints_put_blanks_where_there_are_none() -> None:
    assert [(name, got) for name, deltas, said in JOINTS if (got := joined(deltas)) != said] == []


def test_joints_separate_messages() -> None:
    joints = Joints()
    said = joints.add("Your parcel")
    joints.separate(True)
    assert said + joints.add("is here") == "Your parcel\nis here"
    joints.separate(False)
    assert joints.add(", now") == ", now"


def test_joints_hold_no_more_than_a_few_deltas() -> None:
    joints = Joints()
    assert [joints.add(text) for text in ("a1", "1b", "2c")] == ["a1", "", ""]
    assert "".join(joints.add("7") for _ in range(20)).startswith("1b2c777")


@given(st.lists(st.text(max_size=6)))
def test_joints_add_nothing_but_blanks(deltas: list[str]) -> None:
    assert "".join(joined(deltas).split()) == "".join("".join(deltas).split())


TEXTS = (
    st.lists(
        st.sampled_from(
            ["Your", "parcel", "no,", "no.", "is", "3", "riyals.", "شحنتك", "وصلت.", "it's", "A-12", "Hi!", "very"]
        ),
        min_size=2,
        unique=True,
    )
    .filter(lambda words: words[0] != "3")
    .map(" ".join)
)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    at = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in pairwise(at)]


def said_of(deltas: list[str]) -> str:
    repeats, joints, said = Repeats(), Joints(), ""
    for delta in deltas:
        new = repeats.new(delta)
        repeats.note(new)
        said += joints.add(new)
    return said + joints.finish()


@given(TEXTS, st.lists(st.integers(0, 99), max_size=9))
def test_deltas_then_the_whole_are_said_once(text: str, cuts: list[int]) -> None:
    deltas = pieces_of(text, cuts)
    plain = said_of(deltas)
    assert said_of([*deltas, text]) == plain
    assert said_of([*deltas, text, text]) == plain
    assert said_of([*deltas, f"{text} Goodbye."]) == f"{plain} Goodbye."


@given(TEXTS, st.lists(st.integers(0, 99), max_size=9))
def test_a_text_so_far_is_said_once(text: str, cuts: list[int]) -> None:
    places = sorted({cut % len(text) + 1 for cut in cuts} | {len(text)})
    assert said_of([text[:at] for at in places if text[:at].strip()]) == text


@given(
    st.lists(st.sampled_from(["no,", "no.", "very", "ha", "La", "شكراً", "1", "11", "Hi!"]), min_size=1), st.booleans()
)
def test_tokens_that_repeat_themselves_are_all_said(words: list[str], blank_first: bool) -> None:
    tokens = [f" {word}" for word in words] if blank_first else [f"{word} " for word in words]
    tokens[0] = words[0] if blank_first else tokens[0]
    assert said_of(tokens) == "".join(tokens)
