"""Test e-mail addresses and words that are spelled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.answer.letters import spelled_tail
from ivr.text.turn.answer.spelled import judge_spelled
from ivr.text.turn.words import folded, words_of
from tests.text.tables import failures
from tests.text.turn.told import told


def test_email_addresses() -> None:
    rows = [
        ("a h m e d", "part"),
        ("a h m e d dot", "part"),
        ("ahmed99", "part"),
        ("kate underscore", "part"),
        ("r hyphen", "part"),
        ("capital", "part"),
        ("ahmed at", "part"),
        ("ahmed at gmail", "part"),
        ("maria dot lopez at hotmail dot", "part"),
        ("It's maria.lopez@,", "part"),
        ("office at larkfield roofing, all one word,", "part"),
        ("ahmed at g m a i l dot c", "part"),
        ("اف اي اتش دي شرطة", "part"),
        ("ahmed at gmail dot com", "whole"),
        ("it's info@tidytails.org", "whole"),
        ("info@tidytails.org, all lower case", "whole"),
        ("ahmed at stc dot com dot s a", "whole"),
        ("خالد نقطة م ات هوتميل دوت كوم،", "whole"),
        ("n o u f نقطة a ات g m a i l دوت كوم", "whole"),
        ("مروة دوت حسين ١٩٩١ على جيميل", "unknown"),
        ("info@tidytails.org but my wife reads it", "unknown"),
        ("I am at work so", "open"),
        ("send it to me at something that I will think of later today", "complete"),
        ("at a dot place that I will think of later on today", "complete"),
    ]
    assert failures(rows, told("email")) == []


def test_letters_at_the_end() -> None:
    rows = [
        ("", ""),
        ("hello", ""),
        ("I am a", ""),
        ("plan b", "b"),
        ("W H I T", "whit"),
        ("B as in Bravo, E", "be"),
        ("B for Bravo", "b"),
        ("double s", "ss"),
        ("capital s", "s"),
        ("كي ام", "km"),
        ("ar see kay", "rck"),
        ("سين عين", "سينعين"),
        ("it stands for Bravo", ""),
    ]
    assert failures(rows, lambda text: spelled_tail(words_of(folded(text)))[0]) == []


def test_word_that_is_spelled() -> None:
    rows = [
        ("letter", ("unknown", "none")),
        ("that letter", ("unknown", "none")),
        ("k capital", ("open", "spelled_part")),
        ("s small", ("open", "spelled_part")),
        ("what is it as in", ("unknown", "none")),
        ("Ali is spelled A L I", ("complete", "spelled_whole")),
        ("Kim Nguyen N G", ("open", "spelled_part")),
        ("so it's B C D E", ("unknown", "spelled_part")),
    ]

    def judge(text: str) -> tuple[str, str]:
        judged = judge_spelled(words_of(folded(text)))
        return judged.completeness, judged.rule

    assert failures(rows, judge) == []


def test_ends_of_a_domain() -> None:
    rows = [
        ("lena at bakes dot shop", "whole"),
        ("rajiv at bakes dot in", "whole"),
        ("rajiv at bakes dot co", "unknown"),
        ("rajiv at bakes dot co dot uk", "whole"),
        ("rajiv at bakes dot delta", "part"),
    ]
    assert failures(rows, told("email")) == []


_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8).filter(
    # Words for signs, and words that stand behind an address.
    lambda word: word not in ("all", "one", "dot", "point", "period", "underscore", "dash", "hyphen", "minus")
)


@given(_WORD, _WORD, st.sampled_from(["com", "net", "org"]), st.booleans(), st.sampled_from(["at", "ات", "@"]))
def test_every_beginning_of_an_email_is_a_part(user: str, domain: str, top: str, spelled: bool, at: str) -> None:
    words = [*(user if spelled else [user]), "dot", "x", "77", at, domain, "dot", top]
    assert told("email")(" ".join(words)) == "whole"
    first = words.index("dot") + 1
    for end in range(first, len(words)):
        assert told("email")(" ".join(words[:end])) == "part", words[:end]
