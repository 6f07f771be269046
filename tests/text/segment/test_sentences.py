"""Test the segmenter: its rules one by one, and the properties that hold for any text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.text.segment.punctuation import CLOSERS, STOPS, says_something, word_set
from ivr.text.segment.sentences import Segmenter
from tests.text.tables import failures


def split(text: str, language: str = "ar") -> list[str]:
    segmenter = Segmenter(language)
    return segmenter.feed(text) + segmenter.flush()


CASES = [
    # A list told in one sentence.
    ("خياران: (1) التوصيل للبيت، (2) الاستلام. طيب", ["خياران: (1) التوصيل للبيت، (2) الاستلام.", "طيب"]),
    (
        "Options: 1. track a parcel, 2. pay a bill, or 3. leave. Bye",
        ["Options: 1. track a parcel, 2. pay a bill, or 3. leave.", "Bye"],
    ),
    # A number with letters.
    ("Your no. HTL-2026 is ok. Bye", ["Your no. HTL-2026 is ok.", "Bye"]),
    ("It is a big no. That is it", ["It is a big no.", "That is it"]),
    ("I said no. NOW", ["I said no.", "NOW"]),
    ("رقم no. التالي", ["رقم no.", "التالي"]),
    ("in no. time", ["in no. time"]),
    # At once, and what is swallowed.
    ("كيف الحال؟ تمام", ["كيف الحال؟", "تمام"]),
    ("كيف الحال؟!؟ تمام", ["كيف الحال؟", "تمام"]),
    ("هلا!كيفك؟تمام۔طيب", ["هلا!", "كيفك؟", "تمام۔", "طيب"]),
    ("قال «كيفك؟» ومشى", ["قال «كيفك؟»", "ومشى"]),
    ("قال «كيفك؟ طيب» ومشى", ["قال «كيفك؟", "طيب» ومشى"]),
    ("**متأكد؟** نعم", ["**متأكد؟**", "نعم"]),
    ("تبي (السريع؟) أو العادي", ["تبي (السريع؟) أو العادي"]),
    ("(تبيه؟) طيب", ["(تبيه؟)", "طيب"]),
    ("قال (نعم؟ لا", ["قال (نعم؟", "لا"]),
    ("قال (نعم؟", ["قال (نعم؟"]),
    ("؟؟ نعم", ["؟؟ نعم"]),
    ("你好。再见", ["你好。", "再见"]),
    # A stop waits for what follows.
    ("السعر ٢٥.٥ ريال. تمام", ["السعر ٢٥.٥ ريال.", "تمام"]),
    ("زوروا a.b.com/x?y=1. تمام", ["زوروا a.b.com/x?y=1.", "تمام"]),
    ("الأول.الثاني", ["الأول.", "الثاني"]),
    ("الأول.الثاني.الثالث", ["الأول.", "الثاني.", "الثالث"]),
    ("أ.د.محمد وصل", ["أ.د.محمد وصل"]),
    ("الأول .الثاني", ["الأول .", "الثاني"]),
    ("الأول...الثاني", ["الأول...", "الثاني"]),
    ("البلاغ رقم 1029384.وبيتواصل معك", ["البلاغ رقم 1029384.", "وبيتواصل معك"]),
    ("1.افتح التطبيق", ["1.افتح التطبيق"]),
    ("من 99 ر.س. للتفاصيل اضغط 1", ["من 99 ر.س.", "للتفاصيل اضغط 1"]),
    ("من 99 ر.س. للكيلو", ["من 99 ر.س. للكيلو"]),
    ("نقبل (مدى، فيزا، إلخ.) والدفع نقداً", ["نقبل (مدى، فيزا، إلخ.) والدفع نقداً"]),
    ("وصلت (انظر أدناه.) هل تريدها", ["وصلت (انظر أدناه.)", "هل تريدها"]),
    ("(وصلت أمس.) والدفع نقداً", ["(وصلت أمس.)", "والدفع نقداً"]),
    ("What is the temp. above it? OK", ["What is the temp. above it?", "OK"]),
    ("...نعم", ["...نعم"]),
    ("الأول?الثاني", ["الأول?", "الثاني"]),
    ("وصلت. [1] ثم", ["وصلت. [1]", "ثم"]),
    ("وصلت.[1] ثم", ["وصلت.[1]", "ثم"]),
    ("وصلت.[12", ["وصلت.[12"]),
    ("He left. ) Then", ["He left. ) Then"]),
    ("Is it? , yes", ["Is it? , yes"]),
    ("So [...] Then it ended", ["So [...] Then it ended"]),
    ("Well. . . Then he left", ["Well. . .", "Then he left"]),
    ("Well . . . then he left", ["Well . . . then he left"]),
    ("It uses .NET. Good", ["It uses .NET.", "Good"]),
    ("It is. .NET is it", ["It is.", ".NET is it"]),
    ("It is. .", ["It is. ."]),
    ("It is. \nThen", ["It is.", "Then"]),
    ("It is.\nThen", ["It is.", "Then"]),
    ("They said ok. thanks", ["They said ok.", "thanks"]),
    ("They said ok.  thanks", ["They said ok.", "thanks"]),
    ("Ali and co. at home", ["Ali and co. at home"]),
    ("The dpt. of it", ["The dpt. of it"]),
    ("We saw Yahoo! in town", ["We saw Yahoo! in town"]),
    ("It is great! remember it", ["It is great!", "remember it"]),
    ("! remember it", ["! remember it"]),
    ("Really? you mean it", ["Really?", "you mean it"]),
    ('"Is it?" she said', ['"Is it?" she said']),
    ("Wait… what", ["Wait… what"]),
    ("How are you?😊 Fine", ["How are you?😊", "Fine"]),
    # Abbreviations.
    ("مع د. أحمد. شكراً", ["مع د. أحمد.", "شكراً"]),
    ("مع د\u202a.\u202c أحمد", ["مع د\u202a.\u202c أحمد"]),
    ("بقيمة 5 ر.س. شاملة. هل توافق؟", ["بقيمة 5 ر.س. شاملة.", "هل توافق؟"]),
    ("بقيمة 5 ر.س. هل توافق؟", ["بقيمة 5 ر.س.", "هل توافق؟"]),
    ("Call No. 5. No. I wait", ["Call No. 5.", "No.", "I wait"]),
    ("In the U.S. How so", ["In the U.S.", "How so"]),
    ("In the U.S. How", ["In the U.S.", "How"]),
    ("In the U.S. Army", ["In the U.S. Army"]),
    ("It opens at 6 p.m. Ali left", ["It opens at 6 p.m.", "Ali left"]),
    ("This (see. section 4.2) is it", ["This (see. section 4.2) is it"]),
    ("وصلت. [أ] ثم", ["وصلت.", "[أ] ثم"]),
    ("وصلت. [12", ["وصلت. [12"]),
    ("وصلت.[1] [2][3] ثم", ["وصلت.[1] [2][3]", "ثم"]),
    ("no. i will not", ["no.", "i will not"]),
    ("They told us. The end", ["They told us.", "The end"]),
    ("I am. The end", ["I am.", "The end"]),
    ("Dr. Ali left", ["Dr. Ali left"]),
    ("وصلت . نعم", ["وصلت .", "نعم"]),
    ("In the U.S. 5 times", ["In the U.S. 5 times"]),
    ("At 5 p.m. Monday it is. At 6 p.m. Ali left", ["At 5 p.m. Monday it is.", "At 6 p.m. Ali left"]),
    ("لحظة... في الطريق. لحظة... أبحث", ["لحظة... في الطريق.", "لحظة...", "أبحث"]),
    # Newlines, bullets, lists.
    ("أولاً\nثانياً\r\n\nثالثاً", ["أولاً", "ثانياً", "ثالثاً"]),
    ("1. أولاً\n2. ثانياً", ["1. أولاً", "2. ثانياً"]),
    ("1.\nأولاً", ["1.\nأولاً"]),
    ("1.) One two 2.) Two three", ["1.) One two", "2.) Two three"]),
    ("1) One two 2) Two three", ["1) One two", "2) Two three"]),
    ("1. One two 2.", ["1. One two 2."]),
    ("1. One two three 3. Two three", ["1. One two three 3.", "Two three"]),
    ("(12. One two (13. Two three", ["(12. One two", "(13. Two three"]),
    ("5\nthen", ["5", "then"]),
    ("1. One two 2.5 three", ["1. One two 2.5 three"]),
    ("1. One two 2. two", ["1. One two 2.", "two"]),
    ("a. One two b. Two three", ["a. One two", "b. Two three"]),
    ("Options: a. One two b. Two three", ["Options: a. One two", "b. Two three"]),
    ("1. اضغط 2. ثم انتظر", ["1. اضغط 2.", "ثم انتظر"]),
    ("• واحد • اثنين", ["• واحد", "• اثنين"]),
    ("الرياض•جدة", ["الرياض•جدة"]),
    ("(نعم) لا", ["(نعم) لا"]),
    # Nothing to say, halves.
    ("", []),
    ("... ؟ 😊 — \n", []),
    ("😊 نعم", ["😊 نعم"]),
    ("نعم\ud83d", ["نعم"]),
    ("\ude00نعم\ud83d لا", ["نعم لا"]),
]


def by_characters(text: str) -> list[str]:
    segmenter = Segmenter("ar")
    return [sentence for char in text for sentence in segmenter.feed(char)] + segmenter.flush()


def test_rules_of_the_segmenter() -> None:
    assert failures(CASES, split) == []
    assert failures(CASES, by_characters) == []


def test_segmenter_joins_halves_of_one_character() -> None:
    segmenter = Segmenter()
    assert [segmenter.feed("نعم \ud83d"), segmenter.feed("\ude42. طيب")] == [[], ["نعم 🙂."]]


def test_sentence_of_a_question_comes_out_at_once() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("كيف الحال؟") == ["كيف الحال؟"]
    assert segmenter.feed("!") == []
    assert segmenter.feed(" نعم!") == ["نعم!"]


def test_sentence_comes_out_at_the_next_letter() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("وصلت.") == []
    assert segmenter.feed(" ") == []
    assert segmenter.feed("ش") == ["وصلت."]


def test_flushed_segmenter_starts_again() -> None:
    segmenter = Segmenter()
    assert (segmenter.feed("1. أول"), segmenter.flush(), segmenter.flush()) == ([], ["1. أول"], [])
    assert repr(segmenter) == "<Segmenter ar pending=0>"


def test_segmenter_cuts_a_run_on_at_its_length() -> None:
    text = "كلمة " * 200
    for sentence in split(text)[:-1]:
        assert 90 < len(sentence) <= 300
    assert "".join("".join(split(text)).split()) == "كلمة" * 200


def test_segmenter_drops_long_text_without_words() -> None:
    assert split("-" * 1000 + "نعم") == ["-" * 100 + "نعم"]


def test_segmenter_ends_a_long_run_of_stops() -> None:
    assert split("نعم" + "." * 400 + " لا")[-1].endswith("لا")
    assert split("نعم." + " " * 400 + "لا") == ["نعم.", "لا"]
    assert split("مع د." + " " * 200 + "أحمد") == ["مع د.", "أحمد"]
    assert split("نعم" + "." * 100 + " لا") == ["نعم" + "." * 100, "لا"]


def test_take_leaves_the_rest_inside_a_sentence() -> None:
    segmenter = Segmenter()
    segmenter.feed("نعم، 1")
    assert segmenter.take(4) == "نعم،"
    assert segmenter.feed(". طيب") == ["1."]
    assert segmenter.pending == " طيب"


def test_take_ended() -> None:
    rows = [
        ("وصلت.", ["وصلت."]),
        ("وصلت. ", ["وصلت."]),
        ("وصلت!?", ["وصلت!"]),
        ("وصلت", []),
        ("السعر 5.", []),
        ("مع د.", []),
        ("(وصلت)", []),
        ("مع ر.س. ش", []),
    ]

    def ended(text: str) -> list[str]:
        segmenter = Segmenter()
        return segmenter.feed(text) + [sentence.strip() for sentence in segmenter.take_ended()]

    assert failures(rows, ended) == []


_FRAGMENTS = word_set(
    'نعم لا د. أ.د. ر.س. 1. 2) 3.5 . .. … ؟ ! ? ، : ( ) « » " ** ` • - \u202a \u200f 😊 \ud83d \ude00 '
    "Dr. U.S. p.m. No. Then and http://a.b/c?d NQL-1 Hello ـ \u064e [1] [ ] _"
)
_BLANKS = [" ", "  ", "\n", "\r\n"]
ANY = (
    st.text()
    | st.lists(st.sampled_from([*sorted(_FRAGMENTS), *_BLANKS]), max_size=25).map("".join)
    | st.lists(st.sampled_from(["نعم", "Ali", "5", ".", "؟", "!", " ", "1.", "(", ")", "\n"]), max_size=40).map("".join)
)


def chunks(text: str, sizes: list[int]) -> list[str]:
    out, at = [], 0
    for size in sizes:
        out.append(text[at : at + size])
        at += size
    return [*out, text[at:]]


@given(ANY, st.lists(st.integers(0, 7), max_size=30))
@settings(max_examples=400, deadline=None)
def test_sentences_are_the_same_under_every_chunking(text: str, sizes: list[int]) -> None:
    segmenter = Segmenter()
    parts = [sentence for chunk in chunks(text, sizes) for sentence in segmenter.feed(chunk)] + segmenter.flush()
    assert parts == split(text)


def _kept(text: str) -> str:
    """Return a text without blanks, halves of characters, and the marks an ended sentence may swallow."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return "".join(char for char in text if not char.isspace() and char not in STOPS + CLOSERS)


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_segmenter_gives_everything_once_in_order(text: str) -> None:
    out = split(text)
    assert all(says_something(sentence) and sentence == sentence.strip() for sentence in out)
    joined, whole = _kept("".join(out)), _kept(text)
    assert whole.startswith(joined)
    assert not says_something(whole[len(joined) :])


@given(st.text(st.characters(exclude_characters="؟۔!。！？", exclude_categories=["Cs"]), max_size=80))
@settings(max_examples=300, deadline=None)
def test_sentences_join_to_the_text_up_to_blanks(text: str) -> None:
    joined, whole = "".join("".join(split(text)).split()), "".join(text.split())
    assert whole.startswith(joined)
    assert not says_something(whole[len(joined) :])


def test_segmenter_bounds_a_run_without_words() -> None:
    for nothing in ["- ", "- " + "-" * 400, "؟" * 300, "* ** " * 30 + "word " + "- " * 200]:
        segmenter = Segmenter("en")
        out = segmenter.feed(nothing * 20) + segmenter.flush()
        assert all(len(sentence) <= 300 and says_something(sentence) for sentence in out)
