"""The page of a call: complete in itself, well formed, and faithful to what was heard."""

from __future__ import annotations

import base64
import io
import re
import wave
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import charts
from ivr.testbench.report import page as report

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that every element is closed and collects what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.struck: list[str] = []
        self.words: list[str] = []
        self.text = text
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self.open[-1] == "s":
            self.struck.append(data)

    def all(self, tag: str, css: str = "") -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag and css in attrs.get("class", "")]


def a_record() -> PhoneRecord:
    record = PhoneRecord(call_sid="CA1", t0=100.0)
    record.caller += b"\xff" * 16000 + b"\x10\x90" * 8000 + b"\xff" * 48000
    record.heard += b"\x20\xa0" * 20000
    for t, kind, detail in (
        (99.5, "request", "/voice"),
        (100.5, "mark", "0.1"),
        (101.0, "mark_back", "0.1"),
        (105.0, "clear", "<800 ms>"),
        (106.0, "digit", "5"),
    ):
        record.note(t, kind, detail)  # type: ignore[arg-type]  # a table of literals
    return record


def turns() -> list[Turn]:
    greeting = Turn(0, "phrase", outcome="heard", heard="Hello & welcome")
    greeting.sentences = [Sentence(1, "Hello & welcome", "Hello", 100.0, 100.0, 100.0, 100.1, 900, heard_ms=900)]
    asked = Turn(1, "speech", "وين <شحنتي>؟", outcome="interrupted", heard="في الطريق.", unheard="تصل بكرة")
    asked.speech_started_at, asked.speech_ended_at, asked.endpoint_at = 102.0, 103.0, 103.5
    asked.transcript_at, asked.asked_at, asked.first_delta_at, asked.reply_ended_at = 103.8, 103.81, 104.0, 104.5
    asked.sentences = [
        Sentence(1, "في الطريق. ", "في الطريق.", 104.1, 104.11, 104.3, 104.31, 500, heard_ms=500),
        Sentence(2, "تصل بكرة", "تصل بكرة", 104.4, 104.5, 104.6, 104.7, 900, heard_ms=0),
        Sentence(3, "", "", 104.4),
    ]
    asked.overlaps = [
        Overlap(104.9, 104.96, 105.0, "commit", 105.1, "words"),
        Overlap(104.5, 104.6, None, "resume"),
        Overlap(105.5, 105.6, 105.6),
    ]
    asked.fillers = [
        Sentence(1, "One moment.", "One moment.", 103.9, audio_ms=800, heard_ms=800, shortened_ms=700, fixed=True),
        Sentence(1, "لحظة", "لحظة", 104.0, audio_ms=500, heard_ms=500, fixed=True),
    ]
    keys = Turn(2, "dtmf", "5", outcome="failed", failure="http_500", asked_at=106.0)
    keys.sentences = [Sentence(1, "Sorry.", "Sorry.", 106.1)]
    return [greeting, asked, keys, Turn(3, "phrase", first_sent_at=107.0), Turn(4, "speech", speech_started_at=108.0)]


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    text = report.html(a_record(), turns(), title="A <call>", figures={"TTS connections": "1"})
    page = Page(text)
    assert re.findall(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", text) == []
    assert page.all("audio")[0]["src"].startswith("data:audio/wav;base64,")
    assert "A <call>" in "".join(page.words)
    assert "$" not in re.sub(r"base64,[^\"]+", "", text)


def test_the_audio_is_the_record() -> None:
    record = a_record()
    source = Page(report.html(record, [])).all("audio")[0]["src"]
    with wave.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        assert file.readframes(file.getnframes()) == record.stereo()


def test_unheard_words_are_struck_and_keep_their_direction() -> None:
    page = Page(report.html(a_record(), turns()))
    assert page.struck == ["تصل بكرة", "Sorry."]
    said = {attrs["dir"] for attrs in page.all("span", "said")}
    assert said == {"ltr", "rtl"}
    assert "وين <شحنتي>؟" in page.words


def test_page_has_a_waterfall_and_overlaps_for_each_turn() -> None:
    words = "".join(Page(report.html(a_record(), turns())).words)
    assert "silenced 100 ms after the first voiced frame, and ended the agent's turn (words)." in words
    assert "spoke over the agent, too little to count: the agent went on." in words
    assert "before that was settled" in words
    assert "http_500" in words
    assert "a filler was played at 3.9 s: One moment., of which the caller heard 0.8 of 1.5 s." in words
    assert "a filler was played at 4.0 s: لحظة." in words
    assert charts.waterfall(turns()[0]) == ""
    falls = unescape(charts.waterfall(turns()[1]))
    assert "first audio from TTS: 190 ms" in falls
    assert "sentence 2: 0.0 of 0.9 s heard" in falls


def test_every_picture_is_on_the_clock_of_the_recording() -> None:
    """What the player's place is shown against: the axis of the call, and a part of it in each waterfall."""
    page = Page(report.html(a_record(), turns()))
    (axis,) = (attrs for attrs in page.all("svg") if attrs.get("id") == "time")
    assert (axis["role"], axis["tabindex"], axis["data-seconds"], axis["aria-valuemax"]) == (
        "slider",
        "0",
        "10.000",
        "10.0",
    )
    (fall,) = page.all("div", "fall")
    assert (fall["data-start"], fall["data-seconds"]) == ("3.000", "2.710")
    assert len(page.all("i", "cursor")) == 1


def test_places_are_shares_of_the_width() -> None:
    """A picture fits any window: nothing in it has a width in pixels but the names of the rows."""
    page = Page(report.html(a_record(), turns()))
    widths = [attrs.get("width", "%") for tag, attrs in page.elements if tag in ("svg", "rect")]
    assert {width for width in widths if not width.endswith("%")} == {"74", "2.5"}
    assert "scroll" not in Page(charts.waterfall(turns()[1])).text


@pytest.mark.parametrize(("seconds", "step"), [(1, 1), (30, 5), (3000, 5)])
def test_the_ruler_has_room_for_its_numbers(seconds: int, step: int) -> None:
    record = PhoneRecord(t0=5.0, caller=bytearray(b"\xff" * 8000 * seconds))
    numbers = [int(words[:-2]) for words in Page(charts.timeline(record, [])).words if re.fullmatch(r"\d+ s", words)]
    assert numbers == list(range(0, seconds + 1, step))


def test_words_at_the_edge_stand_left_of_their_place() -> None:
    record = a_record()
    record.note(109.5, "digit", "9")
    keys = [attrs for attrs in Page(charts.timeline(record, [])).all("text", "name") if "%" in attrs["x"]]
    assert [key.get("text-anchor") for key in keys] == [None, "end"]


def test_waterfall_of_audio_without_a_tts_request() -> None:
    turn = turns()[1]
    turn.sentences[0].asked_at = turn.sentences[1].audio_at = None
    falls = charts.waterfall(turn)
    assert falls.count('class="play"') == 1
    assert falls.count('class="waiting"') == 1


def test_scripted_is_said_in_the_head_and_at_every_line() -> None:
    plain, scripted = (report.html(a_record(), turns(), language="ar", scripted=flag) for flag in (False, True))
    assert "SCRIPTED" not in plain
    assert "Caller (SCRIPTED)" in scripted
    assert "no recogniser heard the caller" in scripted


def test_the_time_axis_shows_marks_clears_keys_and_cut_speech() -> None:
    page = Page(charts.timeline(a_record(), turns()))
    assert len(page.all("polygon")) == 2
    assert len(page.all("line", "mark")) == 2
    assert len(page.all("path", "clear")) == 1
    assert len(page.all("line", "yield")) == 6
    assert len(page.all("rect", "unheard-bar")) == 1
    assert any("<800 ms>" in words for words in page.words)


@pytest.mark.parametrize("record", [PhoneRecord(), PhoneRecord(t0=5.0, caller=bytearray(b"\xff" * 8_000 * 3000))])
def test_an_empty_and_a_very_long_call(record: PhoneRecord) -> None:
    record.warnings[31951] = "broken"
    record.ended = "lost"
    page = Page(report.html(record, []))
    (axis,) = (attrs for attrs in page.all("svg") if attrs.get("id") == "time")
    assert int(re.findall(r"min-width:(\d+)px", axis["style"])[0]) <= 24_000
    assert "warning 31951" in page.words


def test_a_record_without_a_stream_begins_with_its_first_entry() -> None:
    record = PhoneRecord()
    record.note(7.0, "request")
    assert charts.axis_of(record).t0 == 7.0


@pytest.mark.parametrize(
    ("text", "way"),
    [("Hello", "ltr"), ("12 مرحبا Hello", "rtl"), ("Hello مرحبا", "ltr"), ("123", "ltr"), ("", "ltr"), ("שלום", "rtl")],
)
def test_the_first_letter_gives_the_direction(text: str, way: str) -> None:
    assert report.direction(text) == way


RESULT: dict[str, Any] = {
    "result": "upstream_error",
    "reason": "agent_unavailable",
    "unmet": ["step 1: answer_ms: <expected> at most 900, got 1200"],
    "not_known": ["silence_ms"],
    "untold": None,
    "about": {"bridge": "ivr 1.2.3", "line": "+9661", "settings": "endpoint_ms 700"},
    "turns": [
        {"kind": "greeting", "said": "", "at_s": 0.0, "transcript": "", "answer_ms": None},
        {
            "kind": "speech", "said": "وين شحنتي", "at_s": 2.0, "transcript": "وين سيارتي", "answer_ms": 1200.4,
            "outcome": "heard", "failure": None,
        },
        {
            "kind": "keys", "said": "12", "at_s": 4.0, "transcript": None, "answer_ms": None, "outcome": "failed",
            "failure": "http_500",
        },
        {
            "kind": "speech", "said": "hello", "at_s": 6.0, "transcript": "", "answer_ms": None, "outcome": "empty",
            "failure": None,
        },
    ],
}  # fmt: skip


def test_the_page_says_which_call_it_is_and_how_it_ended() -> None:
    record = a_record()
    record.placed_on = "2026-01-02 03:04:05+00:00"
    words = Page(report.html(record, turns(), result=RESULT)).words
    for word in ("CA1", "2026-01-02 03:04:05+00:00", "ivr 1.2.3", "+9661", "endpoint_ms 700", "FAILED"):
        assert word in words
    assert "upstream_error (agent_unavailable)" in words
    assert "Not as expected: step 1: answer_ms: <expected> at most 900, got 1200" in words
    assert "Not known: silence_ms" in words


def test_what_was_said_stands_beside_what_was_understood() -> None:
    page = Page(report.html(a_record(), turns(), result=RESULT))
    rows = "|".join(page.words)
    assert "2.0 s|وين شحنتي|وين سيارتي|1200|heard" in rows
    assert "4.0 s|12|not known|–|failed (http_500)" in rows
    assert "6.0 s|hello|nothing|–|empty" in rows
    assert len(page.all("td", "differs")) == 2
    untold = Page(report.html(a_record(), [], result={"unmet": [], "untold": "it does not tell", "turns": []}))
    assert "The bridge's side is missing: it does not tell" in untold.words
    assert "PASSED" in untold.words


def test_text_that_tts_got_otherwise_is_shown() -> None:
    turn = Turn(1, "speech", "x", outcome="heard", heard="It is 5.")
    turn.sentences = [Sentence(1, "It is 5. ", "It is five.", 1.0), Sentence(2, "Yes.", "Yes.", 1.0)]
    words = Page(report.html(a_record(), [turn])).words
    assert "As given to TTS" in words
    assert "It is five." in words
    assert "As given to TTS" not in Page(report.html(a_record(), turns()[2:])).words
