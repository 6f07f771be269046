"""Test answers against what was asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.answer.dates import BIRTH_DIGITS
from ivr.text.turn.answer.places import FULL_NAME
from ivr.text.turn.answers import CHOICE
from ivr.text.turn_end import judge_words
from tests.text.tables import failures
from tests.text.turn.told import told


def test_yes_and_no() -> None:
    rows = [
        ("yes", "whole"),
        ("Yes please.", "whole"),
        ("no thanks", "whole"),
        ("yeah that's right", "whole"),
        ("correct", "whole"),
        ("not yet", "whole"),
        ("I think so", "whole"),
        ("yes it is", "whole"),
        ("maybe later", "whole"),
        ("sure go ahead", "whole"),
        ("of course", "whole"),
        ("ايوه صح", "whole"),
        ("لا لا", "whole"),
        ("ان شاء الله", "whole"),
        ("ايه لو سمحت", "whole"),
        ("تمام", "whole"),
        ("موافق.", "whole"),
        ("I do", "whole"),
        ("you can", "complete"),
        ("I don't think so.", "complete"),
        ("none that I know of", "complete"),
        ("ground floor, yes", "complete"),
        ("It certainly is.", "complete"),
        ("I'd rather not.", "complete"),
        ("Of course I do.", "whole"),
        ("I'd like to", "complete"),
        ("No need to.", "complete"),
        ("certainly", "whole"),
        ("Yep, got it", "complete"),
        ("لا لا تقفله", "complete"),
        ("لا بعدين", "unknown"),
        ("ايه والله", "unknown"),
        ("بعدين", "whole"),
        ("yes but", "open"),
        ("no because", "open"),
        ("yes that's", "open"),
        ("not", "unknown"),
        ("certainly my friend", "complete"),
        ("one corner of the box looks crushed", "complete"),
    ]
    assert failures(rows, told("yes_no")) == []


def test_words_before_an_answer() -> None:
    rows = [
        ("it is", "part"),
        ("yes it's", "part"),
        ("the number is", "part"),
        ("let me check", "part"),
        ("one moment please", "part"),
        ("sure", "part"),
        ("لحظة", "part"),
        ("الرقم هو", "part"),
        ("ايه ثواني اجيبه", "part"),
        ("The number on the back of the card.", "part"),
        ("رقم الطلب اللي مكتوب في الرسالة.", "part"),
        ("one moment", "part"),
        ("I don't have it", "complete"),
        ("no idea", "complete"),
        ("I don't know", "complete"),
        ("ما عندي", "complete"),
        ("ما ادري والله", "complete"),
        ("Where is it?", "complete"),
        ("the number has changed", "unknown"),
        ("I am on the bus", "unknown"),
    ]
    for kind, length in (("digits", 13), ("digits", 0)):
        assert failures(rows, told(kind, length)) == [], kind
    of_kinds = [
        ("my name is", "name", "part"),
        ("اسمي", "name", "part"),
        ("The name on the label.", "name", "part"),
        ("My daughter's date of birth.", "date", "part"),
        ("The address on the bill.", "address", "part"),
        ("الايميل الجديد.", "email", "part"),
        ("I don't have email love", "email", "complete"),
    ]
    assert failures(of_kinds, lambda text, kind: told(kind)(text)) == []


def test_numbers_that_are_awaited() -> None:
    rows = [
        ("78 26, four five", "part"),
        ("78 26, four five nine three zero one two four zero", "whole"),
        ("ahmed@gmail.com", "complete"),
        ("حرف A بعدين", "unknown"),
    ]
    assert failures(rows, told("digits", 13)) == []
    rows = [
        ("كي سبعة ام", "part"),
        ("كي سبعة ام اثنين اكس تسعة", "whole"),
        ("حرف A بعدين", "part"),
    ]
    assert failures(rows, told("digits", 6)) == []


def test_dates() -> None:
    rows = [
        ("the fifth of", "part"),
        ("the", "part"),
        ("at half past", "part"),
        ("يوم", "part"),
        ("الخامس من", "part"),
        ("third of november nineteen", "part"),
        ("the fifth of March", "complete"),
        ("next Sunday", "complete"),
        ("Friday.", "complete"),
        ("tomorrow morning please", "complete"),
        ("at ten", "complete"),
        ("12th", "complete"),
        ("the day after", "unknown"),
        ("اي يوم", "complete"),
        ("بعد شهر", "complete"),
        ("خمسة رمضان", "complete"),
        ("بكرة العصر", "complete"),
        ("الخميس", "complete"),
        ("from the third to the ninth", "complete"),
        ("in twenty nineteen", "complete"),
        ("the fifth of March 2019", "whole"),
        ("09 28", "unknown"),
        ("seven", "unknown"),
        ("whenever you have a van free", "unknown"),
        ("it already expired last month", "complete"),
        ("my birthday is 14 february", "complete"),
        ("في عيدها اربعطعش فبراير", "complete"),
        ("ميلادي في اربعة تسعة الف وتسعمية", "part"),
        ("واحد محرم الف واربعمية وستة", "unknown"),
        ("اثنين ستة الف وتسعمية وثمانية وثمانين", "complete"),
        ("تاريخ الانتهاء مكتوب صفر ستة سبعة وعشرين", "complete"),
    ]
    assert failures(rows, told("date")) == []
    rows = [
        ("the fifth of March", "part"),
        ("خمسة رمضان", "part"),
        ("1988", "part"),
        ("the fifth of March 1988", "whole"),
        ("03/11/1992", "whole"),
        ("third of november nineteen ninety two", "whole"),
        ("5 march 92", "whole"),
        ("الخامس من اكتوبر الف وتسعمية وثمانية وثمانين", "whole"),
    ]
    assert failures(rows, told("date", BIRTH_DIGITS)) == []


def test_addresses() -> None:
    rows = [
        ("building 12", "part"),
        ("flat 3", "part"),
        ("شارع", "part"),
        ("حي", "part"),
        ("حي قباء وشارع", "part"),
        ("five cedar court, unit", "part"),
        ("14 Church Lane,", "part"),
        ("you go straight and then", "part"),
        ("ار ار دي", "part"),
        ("حي النرجس", "unknown"),
        ("Gladstone Street 9", "unknown"),
        ("it's flat 32 in the", "open"),
        ("24 Crossley Lane, Huddersfield.", "complete"),
        ("seven Mill Road Whitechapel", "complete"),
        ("zone five, street nine, villa two", "complete"),
        ("villa two, the street is Main", "unknown"),
        ("the second tower, apartment one", "unknown"),
        ("M fourteen five RT number sixty", "unknown"),
        ("البيت ما له رقم ندخل من شارع السوق ونشوف بقالة", "unknown"),
        ("شارع 21 فيلا 9", "unknown"),
        ("eighty six", "unknown"),
        ("14 Church Lane, Otley, LS21 4QQ", "whole"),
        ("5 Cedar Court, Unit 12, Austin, Texas, 78704", "whole"),
        ("RRRD2929", "whole"),
        ("الرياض", "complete"),
        ("حي النرجس الرياض", "complete"),
        ("حي الشاطئ شارع الخليج جنب بنده", "complete"),
        ("that is the building", "unknown"),
        ("I would have to look it up in the letter that you sent me last year", "unknown"),
        ("wherever it suits", "unknown"),
    ]
    assert failures(rows, told("address")) == []


def test_names() -> None:
    rows = [
        ("Doctor", "part"),
        ("Peter van der", "part"),
        ("انا هيا بنت", "part"),
        ("it's R, A, double", "part"),
        ("Nguyen, that's N, G, U.", "part"),
        ("B as in Bravo, E, M as in", "part"),
        ("K I", "part"),
        ("Sara", "unknown"),
        ("A L H A R T H I", "unknown"),
        ("معك مشاعل", "unknown"),
        ("معك مشاعل الحربي", "complete"),
        ("it's Harlow", "unknown"),
        ("it's under Mary Harlow", "unknown"),
        ("my name is Mary Harlow", "complete"),
        ("tom okafor", "complete"),
        ("مصطفى عبد الحميد", "complete"),
        ("Mohamed Ahmed Abdulla Al Ketbi", "complete"),
        ("سعد فهد", "unknown"),
        ("سعد فهد العنزي", "complete"),
        ("my own name Arun Nair", "complete"),
        ("Kim, K I M", "complete"),
        ("b as in bravo e double a m i s h beamish", "complete"),
        ("شركة ابناء", "open"),
        ("شركة مؤسسة", "unknown"),
        ("ask my wife please", "complete"),
    ]
    assert failures(rows, told("name")) == []
    rows = [("Sara", "part"), ("my name is Sara", "part"), ("Sara Ahmed", "complete"), ("الطفل سلمان والاب", "part")]
    assert failures(rows, told("name", FULL_NAME)) == []


def test_one_of_what_was_offered() -> None:
    rows = [
        ("the morning", "complete"),
        ("m", "complete"),
        ("الثاني", "complete"),
        ("نص ونص", "complete"),
        ("I'd like the", "open"),
        ("does the twin room have", "open"),
        ("morning would be better for us.", "complete"),
    ]
    assert failures(rows, told("open", CHOICE)) == []
    assert told("open")("the morning") == "unknown"


def test_addresses_that_were_not_asked_for() -> None:
    rows = [
        ("my email is ahmed@gmail", "part"),
        ("ahmed at gmail", "part"),
        ("ahmed underscore", "part"),
        ("write to info@tidytails.org", "complete"),
        ("ahmed at stc dot com", "complete"),
        ("meet me at noon", "complete"),
        ("that is the point", "complete"),
    ]
    for kind in ("", "open", "yes_no"):
        assert failures(rows, told(kind)) == [], kind


@given(
    st.text(), st.sampled_from(["", "digits", "yes_no", "name", "date", "address", "email", "open"]), st.integers(0, 24)
)
def test_any_text_may_be_an_answer(text: str, kind: str, length: int) -> None:
    assert judge_words(text, kind, length).completeness in ("complete", "open", "unknown")
