"""Test numbers that are dictated: how many digits were said, and whether they are all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.answer.numbers import LONG_NUMBER, digit_of, judge_number, known_start, read_dictation
from ivr.text.turn.words import folded, words_of
from tests.text.tables import failures


def _digits(text: str) -> str:
    return read_dictation(words_of(folded(text))).digits


def _judged(text: str, length: int = 0, *, asked: bool = True) -> str:
    judged = judge_number(words_of(folded(text)), asked=asked, length=length)
    whole = "whole" if judged.is_whole else "part" if judged.is_part else judged.completeness
    return whole if judged.completeness != "unknown" or judged.rule == "none" else "maybe"


def test_digits_of_words() -> None:
    rows = [
        ("", ""),
        ("hello", ""),
        ("78 26, four five", "782645"),
        ("double seven two oh", "7720"),
        ("triple oh one", "0001"),
        ("treble 5", "555"),
        ("twenty six seventy-eight", "2678"),
        ("seven hundred and eighty two", "782"),
        ("seven hundred eighty two five", "7825"),
        ("forty one thousand two hundred and six", "41206"),
        ("two thousand and sixteen", "2016"),
        ("a hundred", ""),
        ("3 million", "3000000"),
        ("عشر خمسة", "105"),
        ("7 0 hundred", "70"),
        ("I have one", ""),
        ("nineteen ninety two", "1992"),
        ("oh 4471", "4471"),
        ("four oh o seven", "4007"),
        ("plus nine six six", "966"),
        ("one moment", ""),
        ("the other one", ""),
        ("one two", "12"),
        ("NQL 782 64", "78264"),
        ("A20771845", "20771845"),
        ("سبعة ثمانية اثنين", "782"),
        ("صفر واحد ثنين ثلاث اربع خمس ست سبع ثمان تسع عشرة", "012345678910"),
        ("خمسه وعشرين", "25"),
        ("سبعة وثمانية", "78"),
        ("سبعة و ثمانين", "87"),
        ("مية وخمسة وعشرين", "125"),
        ("ثلاث مية وخمسة", "305"),
        ("خمسمية", "500"),
        ("الف وتسعمية وثمانية وثمانين", "1988"),
        ("ألف ومئتين و", "1200"),
        ("الفين وتسعطعش", "2019"),
        ("ثلاثين الف ومية واثنين وعشرين", "30122"),
        ("خمسة الاف", "5000"),
        ("ثلاثة عشر", "13"),
        ("اثنا عشر", "12"),
        ("خمستاشر", "15"),
        ("دبل سبعة", "77"),
        ("صفرين خمسة", "005"),
        ("ثانية واحدة", ""),
        ("٧٨ ٢٦", "7826"),
        ("78 26 no sorry 45", "45"),
        ("صفر خمسة لا غلط صفر ستة", "06"),
        ("no, 4471", "4471"),
        ("three fives two", "5552"),
        ("seven fives", "755"),
        ("اربعة صفرين", "400"),
        ("double seven zeros", "7700"),
        ("ثلاث خمسات وواحد", "5551"),
        ("صفر خمستين سبعة", "0557"),
        ("صفر خمسة ثمانية مرتين", "0588"),
        ("4471 twice", "4471"),
        ("twice", ""),
        ("فايف زيرو زيرو وان", "5001"),
        ("سيكس ايت فور تو ثري", "68423"),
    ]
    assert failures(rows, _digits) == []


def test_first_digits_by_which_a_number_is_known() -> None:
    rows = [("0551", "05"), ("96655", "9665"), ("01012", "010"), ("0112", "01"), ("4471", ""), ("", "")]
    assert failures(rows, known_start) == []
    assert failures([("seven", "7"), ("صفر", "0"), ("oh", "0"), ("ten", ""), ("", "")], digit_of) == []


def test_number_of_known_length() -> None:
    rows = [
        ("1234", 4, "whole"),
        ("12 and 34 thank you", 4, "whole"),
        ("1234, that's it", 4, "whole"),
        ("1234 is what the letter says", 4, "unknown"),
        ("123", 4, "part"),
        ("22 and then", 4, "part"),
        ("12345", 4, "unknown"),
        ("double", 4, "part"),
        ("four oh double", 4, "part"),
        ("no idea", 4, "unknown"),
        ("I have 3 boxes", 13, "unknown"),
        ("12 that's all", 4, "unknown"),
        ("12 is what I see on the card here", 4, "unknown"),
        ("twelve forty", 4, "maybe"),
        ("twelve forty two", 4, "whole"),
        ("تسعة عشر", 4, "part"),
        ("77 12 no sorry", 4, "part"),
        ("77 12 no sorry 77", 4, "part"),
        ("77 12 no sorry 15", 4, "maybe"),
        ("77 12 no sorry 77 15", 4, "whole"),
        ("K 7 M 2 X 9", 6, "whole"),
        ("K 7 M", 6, "part"),
        ("K 7 slash", 6, "part"),
        ("it is 03 8000", 24, "part"),
        ("S A zero three eight", 24, "part"),
        ("GB 29 N W B K six zero one six", 24, "maybe"),
        ("G B two nine N W B K six zero one six", 24, "maybe"),
        ("R R 4471 2093 C D", 12, "maybe"),
        ("551 23 45 67", 10, "maybe"),
        ("551 23 45 6", 10, "part"),
        ("451 23 45 67", 10, "part"),
        ("NQL 7826459301", 13, "part"),
        ("NQL 7826459301240", 13, "whole"),
        ("SA03 8000 0000 6080 1016 7519", 24, "whole"),
        ("03 8000 0000 6080 1016 7519", 24, "whole"),
        ("SA03 8000 0000 6080 1016", 24, "part"),
        ("SA03 8000 0000 6080 1016 75", 24, "part"),
        ("0551234567", 10, "whole"),
        ("966551234567", 10, "whole"),
        ("9665512345", 10, "part"),
        ("00966551234567", 10, "whole"),
        ("سبعة ثمانية اثنين", 13, "part"),
        ("واحد واحد ستة ثلاثة", 4, "whole"),
        ("واحد صفر تسعة اثنين، ثلاثة ثلاثة اربعة، سبعة صفر ستة", 10, "whole"),
        ("صفر خمسة ستة، واحد واحد، اه لا غلط.", 10, "part"),
        ("رقمي ١٢٣٤ شكرا", 4, "whole"),
        ("خمسة وعشرين ثلاثة", 4, "part"),
        ("خمسة وعشرين ثلاثة واربعين", 4, "whole"),
    ]
    assert failures(rows, _judged) == []


def test_long_number() -> None:
    rows = [
        ("five five two four", LONG_NUMBER, "part"),
        ("خمسة خمسة اثنين أربعة", LONG_NUMBER, "part"),
        ("إي الرقم 4410. 229.", LONG_NUMBER, "part"),
        ("5524 9081", LONG_NUMBER, "maybe"),
        ("5524 90 sorry 5524 91", LONG_NUMBER, "maybe"),
        ("W B 5524", LONG_NUMBER, "maybe"),
        ("5524 is what it says", LONG_NUMBER, "unknown"),
        ("five hundred", LONG_NUMBER, "unknown"),
        ("7826459301240", LONG_NUMBER, "whole"),
    ]
    assert failures(rows, _judged) == []


def test_number_of_unknown_length() -> None:
    rows = [
        ("four five", "part"),
        ("456", "part"),
        ("4567", "maybe"),
        ("4567 and", "part"),
        ("three", "unknown"),
        ("one", "unknown"),
        ("twenty", "unknown"),
        ("3 adults", "complete"),
        ("two hundred riyals", "complete"),
        ("two hundred boxes", "unknown"),
        ("خمسطعش الف وثمنمية وخمسين", "complete"),
        ("ثلاثمية", "unknown"),
        ("ألف وخمسمية", "unknown"),
        ("055 123", "part"),
        ("055 123 4567", "whole"),
        ("zero five five double", "part"),
        ("7826459301240", "whole"),
        ("nothing", "unknown"),
        ("01012345", "part"),
        ("01012345678", "whole"),
        ("it's room three oh two", "maybe"),
        ("W B A three", "part"),
        ("490154203237518", "complete"),
        ("4847 8300 1256 9011", "complete"),
        ("4847 8300 1256 90", "maybe"),
        ("fourteen C", "unknown"),
        ("the code is H M slash", "part"),
        ("خمسة ستة على", "unknown"),
    ]
    assert failures(rows, _judged) == []


def test_number_that_was_not_asked_for() -> None:
    rows = [
        ("the code is 12", "unknown"),
        ("the code is 123", "part"),
        ("78264593", "part"),
        ("78264593012401", "maybe"),
        ("my pin is 4471", "maybe"),
        ("my pin is 4471 double", "part"),
        ("0551234567", "whole"),
        ("055 123", "part"),
        ("NQL 7826459301240", "whole"),
        ("7826459301240 please", "whole"),
        ("it says 404", "unknown"),
        ("I paid 250", "unknown"),
        ("I called 123 and they sent 456", "unknown"),
        ("2 3", "unknown"),
        ("السعر الف ومئتين", "unknown"),
        ("رقم الشحنة سبعة ثمانية اثنين ستة اربعة", "part"),
        ("double", "unknown"),
    ]
    assert failures(rows, lambda text: _judged(text, asked=False)) == []


_ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_ARABIC = ["صفر", "واحد", "اثنين", "ثلاثة", "اربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة"]


@st.composite
def _spoken(draw: st.DrawFn) -> list[str]:
    """Draw a number of 13 digits as it is said: a list of words, each of one or more whole digits."""
    digits = draw(st.text("0123456789", min_size=13, max_size=13))
    words: list[str] = []
    at = 0
    while at < len(digits):
        size = draw(st.integers(1, min(4, len(digits) - at)))
        group = digits[at : at + size]
        match draw(st.sampled_from(["digits", "english", "arabic", "joined", "double"])):
            case "digits":
                words.append(group)
            case "english":
                words += [_ENGLISH[int(digit)] for digit in group]
            case "arabic":
                words += [_ARABIC[int(digit)] for digit in group]
            case "double" if len(group) > 1 and group[0] == group[1]:
                words += ["double", _ENGLISH[int(group[0])], *group[2:]]
            case _:
                words += [*(_ARABIC[int(digit)] for digit in group[:-1]), group[-1]]
        at += size
    return words


@given(_spoken(), st.sampled_from([" ", ", ", ". "]))
def test_every_beginning_of_a_number_is_a_part(words: list[str], between: str) -> None:
    assert _judged(between.join(words), 13) == "whole"
    assert _judged(between.join(words), 0, asked=False) == "whole"
    for end in range(1, len(words)):
        assert _judged(between.join(words[:end]), 13) == "part", words[:end]


@given(st.integers(1, 9), st.integers(2, 9))
def test_tens_are_two_digits_in_both_languages(unit: int, ten: int) -> None:
    tens = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
    arabic_tens = {2: "عشرين", 3: "ثلاثين", 4: "اربعين", 5: "خمسين", 6: "ستين", 7: "سبعين", 8: "ثمانين", 9: "تسعين"}
    assert _digits(f"{tens[ten]} {_ENGLISH[unit]}") == f"{ten}{unit}"
    assert _digits(f"{_ARABIC[unit]} و{arabic_tens[ten]}") == f"{ten}{unit}"


@given(st.text(), st.booleans(), st.integers(0, 24))
def test_any_text_may_be_judged_as_a_number(text: str, asked: bool, length: int) -> None:
    assert judge_number(words_of(folded(text)), asked=asked, length=length).completeness in (
        "complete",
        "open",
        "unknown",
    )
