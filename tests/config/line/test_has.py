"""What a line has: its tables in ivr.toml, what it inherits, and what is wrong with them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.config.default_phrases import CLOSED_GREETINGS, CLOSED_MESSAGES, PHRASES
from ivr.config.line.has import LARGEST_LIST, read_rows
from ivr.config.line.languages import read_languages
from ivr.config.lines import Line, plain_line, read_lines

AGENT = "https://agent.example/webhook"
ARABIC = plain_line("ar", AGENT)
MORNING = datetime.fromisoformat("2026-12-06T08:00:00+03:00").timestamp()
NOON = datetime.fromisoformat("2026-12-06T13:00:00+03:00").timestamp()


def read(text: str, folder: Path | None = None) -> tuple[Line, Line]:
    """Return the only line of a file, and the environment's."""
    lines, default, problems = read_lines(f"{text}\n", ARABIC, folder)
    assert problems == []
    return lines[0] if lines else default, default


def faults(text: str, folder: Path | None = None) -> list[str]:
    return read_lines(text, ARABIC, folder)[2]


LINE = '[[line]]\nnumber = "+966110000000"\n'


def test_a_line_has_nothing_by_default() -> None:
    line, default = read(LINE)
    for one in (line, default):
        assert (one.has.languages, one.has.hours, one.has.greetings, one.has.zone) == ({}, None, (), None)
        assert (one.has.callers.anonymous, one.has.closed, one.has.language_by) == ("take", "say", ())
        assert one.in_each_language() == [one]
        assert one.greeting_at(NOON) == one.phrases["greeting"]
        assert one.options().languages == {}


@pytest.mark.parametrize(
    ("above", "own", "said"),
    [
        ("", 'closed = "message"', CLOSED_MESSAGES["ar"]),
        ("", 'closed = "agent"', CLOSED_GREETINGS["ar"]),
        ('closed = "message"', "", CLOSED_MESSAGES["ar"]),
        ('closed = "message"', 'closed = "agent"', CLOSED_GREETINGS["ar"]),
        ('closed_greeting = "مغلق"', 'closed = "message"', "مغلق"),
        ("", 'closed = "message"\nclosed_greeting = "مغلق"', "مغلق"),
    ],
)
def test_a_closed_line_is_greeted_for_what_follows(above: str, own: str, said: str) -> None:
    hours = '[line.hours]\nzone = "Asia/Riyadh"\nfri = "09:00-17:00"'
    line, _ = read(f"{above}\n{LINE}{own}\n{hours}")
    assert line.greeting_at(NOON, closed=True) == said
    assert line.words()["closed_greeting"] == said


def test_languages_have_voices_and_words_of_their_own() -> None:
    line, default = read(
        LINE
        + """languages = ["ar", "en"]
        [line.english]
        speaker = "James"
        fallback_speaker = "Emma"
        greeting = "Welcome."
        closed_greeting = "We are closed."
        phrases = { goodbye = "Bye." }
        greetings = { morning = "Good morning." }
        """
    )
    own, english = line.in_each_language()
    assert own is line
    assert (english.language, english.speaker, english.fallback_speaker, english.dialect) == (
        "en",
        "James",
        "Emma",
        "en",
    )
    assert english.phrases == {**PHRASES["en"], "greeting": "Welcome.", "goodbye": "Bye."}
    assert english.has.closed_greeting == "We are closed."
    assert (english.webhook_url, english.number, english.transfer_to) == (line.webhook_url, line.number, ())
    assert default.has.languages == {}


@pytest.mark.parametrize("table", ['languages = ["ar", "en"]\n', "[line.english]\n", 'english = { greeting = "Hi" }\n'])
def test_a_table_or_a_name_is_enough(table: str) -> None:
    assert list(read(LINE + table)[0].has.languages) == ["en"]


def test_a_phrase_switched_off_is_off_in_every_language() -> None:
    line, _ = read(LINE + '[line.phrases]\nfiller = ""\n[line.english]\ngreeting = ""\n')
    (_, english) = line.in_each_language()
    assert (english.phrases["filler"], english.phrases["greeting"]) == ("", "")
    again, _ = read(LINE + '[line.phrases]\nfiller = ""\n[line.english.phrases]\nfiller = "One moment."\n')
    assert again.in_each_language()[1].phrases["filler"] == "One moment."


def test_the_top_of_the_file_is_for_every_line() -> None:
    line, default = read(
        """zone = "Asia/Riyadh"
        languages = ["ar", "en"]
        language_by = "first_utterance"
        closed = "agent"
        [hours]
        sun-thu = "09:00-17:00"
        [greetings]
        morning = "صباح الخير"
        [callers]
        anonymous = "say"
        blocked = ["+966500000009"]
        """
        + LINE
        + '[line.callers]\nblocked = ["+966500000008"]\n'
    )
    for one in (line, default):
        assert one.has.hours is not None
        assert one.has.closed == "agent"
        assert one.greeting_at(MORNING) == "صباح الخير"
        assert one.greeting_at(NOON) == PHRASES["ar"]["greeting"]
        assert one.greeting_at(MORNING, closed=True) == CLOSED_GREETINGS["ar"]
        assert list(one.has.languages) == ["en"]
        assert one.has.language_by == ("first_utterance",)
        assert one.has.callers.anonymous == "say"
        assert set(one.words()) >= {"greeting 05:00-12:00", "closed_greeting", "apology"}
    assert (len(line.has.callers.blocked), len(default.has.callers.blocked)) == (2, 1)


def test_a_line_of_another_language_has_no_words_of_the_top() -> None:
    line, _ = read(
        'zone = "Asia/Riyadh"\nlanguages = ["ar", "en"]\nlanguage_by = "key"\nclosed_greeting = "مغلق"\n'
        '[greetings]\nmorning = "صباح الخير"\n' + LINE + 'language = "en"\n'
    )
    assert line.greeting_at(MORNING) == PHRASES["en"]["greeting"]
    assert line.greeting_at(MORNING, closed=True) == CLOSED_GREETINGS["en"]
    assert (line.has.languages, line.has.language_by) == ({}, ())


def test_a_line_s_own_hours_stand_alone() -> None:
    line, default = read(
        '[hours]\nzone = "Europe/Berlin"\nmon-fri = "09:00-17:00"\n' + LINE + 'zone = "Asia/Riyadh"\n'
        '[line.hours]\nsun-thu = "10:00-18:00"\n[line.greetings]\nmorning = "صباح الخير"\n'
    )
    assert line.has.hours is not None
    assert default.has.hours is not None
    assert (line.has.hours.zone.key, default.has.hours.zone.key) == ("Asia/Riyadh", "Europe/Berlin")
    assert line.greeting_at(MORNING) == "صباح الخير"


def test_files_lie_beside_ivr_toml(tmp_path: Path) -> None:
    (tmp_path / "holidays.txt").write_text("2026-12-06\n")
    (tmp_path / "blocked.txt").write_text("+966500000007\n# remark\n")
    line, _ = read(
        LINE + '[line.hours]\nzone = "Asia/Riyadh"\nsun = "09:00-17:00"\nholidays_file = "holidays.txt"\n'
        '[line.callers]\nblocked_file = "blocked.txt"\n',
        tmp_path,
    )
    assert line.has.hours is not None
    assert line.has.hours.is_holiday(NOON)
    assert (line.has.callers.blocked_files, line.has.folder) == (("blocked.txt",), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('zone = "Mars/Olympus"\n', "zone: write the name of a time zone, such as Asia/Riyadh"),
        ("zone = 3\n", "zone: write the name of a time zone, such as Asia/Riyadh"),
        ('[greetings]\nmorning = "Hi"\n', "zone is missing, for greetings by the time of day: write"),
        ('languages = ["en"]\n', 'languages: the line\'s own, "ar", is missing: add it'),
        ('languages = "en"\n', 'languages: write a list of "ar" and "en"'),
        ('languages = ["ar", "fr"]\n', 'languages: write a list of "ar" and "en"'),
        ('languages = [["ar"]]\n', 'languages: write a list of "ar" and "en"'),
        ("[arabic]\n", "[arabic]: ar is the line's own language: write its keys above"),
        ('english = "yes"\n', "english: write a table, [english]"),
        ('[english]\nvoice = "Emma"\n', "[english] voice: there is no such key; the keys are speaker,"),
        ("[english]\nspeaker = 1\n", "[english] speaker: write text in quotes"),
        ("[english]\nphrases = 1\n", "[english] phrases: write a table of texts"),
        ("[english.phrases]\ngoodbye = 1\n", "[english] goodbye: write text in quotes"),
        ('[english.phrases]\nhello = "Hi"\n', "[english] phrases: hello is no phrase; the phrases are recorded,"),
        (f'[english]\ngreeting = "{"x" * 1001}"\n', "[english] greeting is longer than 1000 characters: shorten it"),
        (f'[english]\nclosed_greeting = "{"x" * 1001}"\n', "[english] closed_greeting is longer than 1000"),
        ('[english]\nfallback_speaker = "Emma"\n', "[english] fallback_speaker Emma is the speaker itself"),
        ('[english.greetings]\nnoon = "Hi"\n', "[english] greetings: noon: write morning,"),
        ('closed = "music"\n', 'closed: write "say", "agent", "message" or "voicemail"'),
        ("closed = []\n", 'closed: write "say", "agent", "message" or "voicemail"'),
        ("closed_greeting = 1\n", "closed_greeting: write text in quotes"),
        ('closed_greeting = "\\u0007"\n', "closed_greeting holds control characters: remove them"),
        ('language_by = "key"\n', "language_by: the line has one language: write languages ="),
        ('languages = ["ar", "en"]\nlanguage_by = "ear"\n', 'language_by: write "key", "first_utterance", or both'),
        ('languages = ["ar", "en"]\nlanguage_by = []\n', 'language_by: write "key", "first_utterance", or both'),
        ('languages = ["ar", "en"]\nlanguage_by = 1\n', 'language_by: write "key", "first_utterance", or both'),
        ('hours = "always"\n', '[hours] write a table of days, such as sun-thu = "09:00-17:00"'),
        ("[hours]\nholidays_file = 1\n", "[hours] holidays_file: write the name of a file in quotes"),
        ('[hours]\nholidays_file = "none.txt"\n', "[hours] holidays_file none.txt cannot be read"),
        ('[callers]\nblocked_file = "none.txt"\n', "blocked_file none.txt cannot be read"),
        ("greetings = 1\n", "greetings: write a table of texts"),
        (LINE + '[line.hours]\nsun = "9"\nzone = "Asia/Riyadh"\n', "[[line]] 1: [line.hours] sun: write times"),
        (LINE + '[line.english]\nvoice = "Emma"\n', "[[line]] 1: [line.english] voice: there is no such key"),
        (LINE + '[line.callers]\nblocked = ["0500"]\n', "[[line]] 1: blocked 1: write a number"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, said: str) -> None:
    (problem,) = faults(text)
    assert problem.startswith(said), problem


def test_wrong_rows_of_a_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").write_text("+966500000007\nrude people\n")
    (problem,) = faults('[callers]\nblocked_file = "blocked.txt"\n', tmp_path)
    assert problem.startswith("blocked_file line 2: write a number such as")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a\nb\n", ""),
        (b"\xef\xbb\xbfa\nb", ""),
        (b"\xff\xfe", " is not UTF-8: save it as UTF-8"),
        (None, " cannot be"),
    ],
)
def test_rows_of_a_file(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "rows.txt"
    if content is not None:
        path.write_bytes(content)
    rows, found = read_rows(path)
    assert rows == (() if problem else ("a", "b"))
    assert problem in found


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST_LIST + 1)
    assert read_rows(path) == ((), f"{path} is larger than 8 MB")


def test_languages_know_where_a_table_stands() -> None:
    table: dict[str, Any] = {"english": {"voice": "Emma"}}
    assert read_languages("ar", (), table).problems[0].startswith("[line.english] voice")


# -- a language by key -----------------------------------------------------------------------------------------------

BY_KEY = 'languages = ["ar", "en"]\nlanguage_by = "key"\n'


@pytest.mark.parametrize(
    ("toml", "keys", "words"),
    [
        (BY_KEY, {"1": "ar", "2": "en"}, "For English, press two."),
        (BY_KEY + '[keys]\n9 = "english"\n', {"1": "ar", "9": "en"}, "For English, press nine."),
        (BY_KEY + '[keys]\n1 = "hang_up"\n', {"1": "", "2": "en"}, "For English, press two."),
        (BY_KEY + '[english.phrases]\nlanguage_choice = "Two!"\n', {"1": "ar", "2": "en"}, "Two!"),
    ],
)
def test_callers_choose_by_a_key(toml: str, keys: dict[str, str], words: str) -> None:
    _, line = read(toml)
    assert {key: action.value for key, action in line.has.keys.items()} == keys
    own, english = line.in_each_language()
    assert (own.phrases["language_choice"], english.phrases["language_choice"]) == ("", words)


def test_the_other_way_round_too() -> None:
    line, _ = read(LINE + 'language = "en"\n' + BY_KEY)
    assert line.in_each_language()[1].phrases["language_choice"] == "للعربية، اضغط اثنين."


def test_a_key_that_is_taken_is_a_fault() -> None:
    (problem,) = faults(BY_KEY + '[keys]\n2 = "repeat"\n')
    assert problem == "language_by: the key 2 is taken: write a key for the language in [line.keys]"
