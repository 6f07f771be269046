"""Two histories of a call stand side by side, and what differs is marked as what it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.replay.report.difference import (
    BudgetLine,
    CallHistory,
    HistoryLine,
    HistoryPair,
    HistoryTurn,
    difference_page,
    history_of,
    paired,
)

LINES = [HistoryLine(1.0, "caller", "hello"), HistoryLine(2.0, "sentence", "Good day.", 800)]


class _Page(HTMLParser):
    """Read a page as a browser does: its rows by their class, and what it would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "tr" and given.get("class"):
            self.rows.append(given["class"] or "")
        self.loads += [value or "" for name, value in attrs if name in ("src", "href") and (value or "#")[0] != "#"]

    def handle_data(self, data: str) -> None:
        self.text += data


def _pair(before: list[HistoryLine], now: list[HistoryLine], **more: object) -> HistoryPair:
    sides = (CallHistory("then", [HistoryTurn(1, "speech, heard", before)]),)
    return HistoryPair("a call", sides[0], CallHistory("now", [HistoryTurn(1, "speech, heard", now)]), **more)  # type: ignore[arg-type]


def test_lines_that_are_alike_are_the_same() -> None:
    assert [line.sameness for line in paired(LINES, LINES)] == ["same", "same"]


def test_a_later_line_is_the_same_line_changed() -> None:
    later = [LINES[0], HistoryLine(2.25, "sentence", "Good day.", 800)]
    found = paired(LINES, later)
    assert [line.sameness for line in found] == ["same", "changed"]
    assert found[1].shift_ms == 250


def test_another_length_is_a_change() -> None:
    shorter = [LINES[0], HistoryLine(2.0, "sentence", "Good day.", 640)]
    none = [LINES[0], HistoryLine(2.0, "sentence", "Good day.")]
    assert [paired(LINES, other)[1].sameness for other in (shorter, none)] == ["changed", "changed"]


def test_other_words_are_a_change_of_their_line() -> None:
    other = [LINES[0], HistoryLine(2.0, "sentence", "Good night.", 800)]
    found = paired(LINES, other)
    assert [line.sameness for line in found] == ["same", "changed"]
    assert (found[1].before, found[1].now) == (LINES[1], other[1])


def test_a_line_more_and_a_line_less() -> None:
    mark = HistoryLine(None, "mark", "p1")
    assert [line.sameness for line in paired(LINES, [*LINES, mark])] == ["same", "same", "new"]
    gone = paired([*LINES, mark], LINES)
    assert [line.sameness for line in gone] == ["same", "same", "gone"]
    assert gone[2].shift_ms is None
    assert paired([mark], [mark])[0].shift_ms is None


@given(st.lists(st.sampled_from([*LINES, HistoryLine(3.0, "clear"), HistoryLine(3.0, "mark", "p1")])), st.data())
def test_no_line_is_lost_or_moved(lines: list[HistoryLine], data: st.DataObject) -> None:
    other = data.draw(st.permutations(lines))
    found = paired(lines, other)
    assert [line.before for line in found if line.before is not None] == lines
    assert [line.now for line in found if line.now is not None] == list(other)


def test_the_page_marks_what_differs() -> None:
    now = [LINES[0], HistoryLine(2.5, "sentence", "Good day.", 800), HistoryLine(3.0, "clear")]
    budgets = [BudgetLine("answer", 900, 1400, limit=1000), BudgetLine("first audio", 300, None)]
    pair = _pair(LINES, now, budgets=budgets, failed=True, command="ivr replay a.tape", remarks=["differs at 2.0 s"])
    page = _Page(difference_page([pair], title="Golden calls"))
    assert page.rows == ["over", "same", "changed", "new"]
    assert "1 of 1 failed" in page.text
    assert "+500" in page.text
    assert "differs at 2.0 s" in page.text
    assert page.loads == []


def test_failed_calls_come_first() -> None:
    good, bad, untested = _pair(LINES, LINES, failed=False), _pair(LINES, [], failed=True), _pair(LINES, LINES)
    page = difference_page([good, untested, HistoryPair("the bad one", bad.before, bad.now, failed=True)])
    assert page.index("the bad one") < page.index("a call")
    assert "1 of 2 failed" in page
    assert "all passed" in difference_page([good])


def test_a_turn_that_only_one_side_has() -> None:
    empty = CallHistory("now")
    page = _Page(difference_page([HistoryPair("a", CallHistory("then", [HistoryTurn(3, "dtmf", LINES)]), empty)]))
    assert page.rows == ["gone", "gone"]
    assert "no such turn" in page.text


def test_what_is_said_of_the_whole_call_is_no_turn() -> None:
    whole = HistoryTurn(3, "", [HistoryLine(None, "frames", "12")], whole_call=True)
    sides = CallHistory("expected", [HistoryTurn(2, "heard"), whole]), CallHistory("today", [HistoryTurn(2, "heard")])
    page = _Page(difference_page([HistoryPair("a", *sides)]))
    assert "The whole call" in page.text and "Turn 2" in page.text
    assert "Turn 3" not in page.text


def test_each_line_names_its_side_on_a_telephone() -> None:
    page = difference_page([_pair(LINES, [])])
    assert page.count('data-side="then"') == page.count('data-side="now"') == len(LINES)


def test_words_of_a_call_are_no_html() -> None:
    evil = "</script><img src=x onerror=alert(1)>\"'\u2028"
    pair = HistoryPair(
        evil, CallHistory(evil, [HistoryTurn(1, evil, [HistoryLine(1.0, evil, evil)])]), CallHistory(evil)
    )
    page = difference_page([pair, pair], title=evil)
    tags = _Page(page).tags
    assert "img" not in tags
    assert tags.count("script") == 1


def test_arabic_stands_on_the_right() -> None:
    page = difference_page([_pair([HistoryLine(1.0, "caller", "مرحبا")], [])])
    assert re.search(r'dir="rtl">مرحبا', page)


def test_a_turn_of_a_call_becomes_lines() -> None:
    turn = Turn(2, "speech", "hello", outcome="interrupted", failure="tts", speech_started_at=11.0, asked_at=12.0)
    turn.sentences = [
        Sentence(1, "One two.", "One two.", 12.5, sent_at=13.0, audio_ms=800, heard_ms=800),
        Sentence(2, " Three four.", "Three four.", 12.6, sent_at=13.5, audio_ms=800, heard_ms=400, failed="stalled"),
    ]
    turn.heard, turn.unheard, turn.ended_at = "One two. Three", " four.", 15.0
    turn.fillers = [Sentence(1, "One moment.", "One moment.", 12.2, heard_ms=500)]
    turn.overlaps = [Overlap(13.9, 14.0, 14.0, "resume", 14.5, "nothing", resumed_at=14.5)]
    found = history_of("then", [turn], 10.0).turns[0]
    assert [(line.at, line.kind, line.text) for line in found.lines] == [
        (1.0, "caller", "hello"),
        (2.0, "asked", ""),
        (2.1999999999999993, "filler", "One moment."),
        (3.0, "sentence", "One two."),
        (3.8000000000000007, "sentence", "Three"),
        (3.8000000000000007, "unheard", "four."),
        (3.8000000000000007, "lost", "stalled"),
        (4.0, "yield", "resume nothing"),
        (4.5, "resume", ""),
        (5.0, "failure", "tts"),
    ]


def test_heard_text_that_cannot_be_split_stays_whole() -> None:
    turn = Turn(1, "phrase", outcome="heard", heard="other words")
    turn.sentences = [Sentence(1, "One.", "One.", 1.0, sent_at=1.0), Sentence(2, "Two.", "Two.", 1.0)]
    found = history_of("then", [turn], 0.0).turns[0]
    assert [(line.kind, line.text, line.at) for line in found.lines] == [
        ("sentence", "One.", 1.0),
        ("sentence", "Two.", None),
    ]


def test_what_was_not_heard_at_all_has_one_line() -> None:
    turn = Turn(1, "speech", outcome="interrupted", unheard="One.")
    turn.sentences = [Sentence(1, "One.", "One.", 1.0)]
    turn.overlaps = [Overlap(1.0, 1.5, None, "commit")]
    found = history_of("then", [turn], 0.0).turns[0]
    assert [(line.kind, line.text) for line in found.lines] == [("yield", "commit"), ("unheard", "One.")]
