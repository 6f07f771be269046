"""Check the lines of ivr.toml, and what the call core gets of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import pytest

from ivr.call.options import CallOptions, Language, Phrase, PhraseName
from ivr.config.default_phrases import ANNOUNCEMENTS, PHRASES
from ivr.config.line.texts import check_phrase
from ivr.config.lines import (
    Line,
    announced,
    check_endpoint,
    check_url,
    plain_line,
    read_lines,
)

AGENT = "https://agent.example/webhook"
ARABIC = plain_line("ar", AGENT)


def lines(text: str, default: Line = ARABIC) -> list[Line]:
    found, _, problems = read_lines(text, default)
    assert problems == []
    return found


def problems(text: str) -> list[str]:
    return read_lines(text, ARABIC)[2]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_plain_line_has_all_phrases_of_its_language(language: Language) -> None:
    options = plain_line(language, AGENT).options()
    assert options.language == language
    assert set(options.phrases) == set(get_args(PhraseName))
    spoken = [phrase for phrase in options.phrases.values() if phrase.text]
    arabic = [any("\u0600" <= letter <= "\u06ff" for letter in phrase.text) for phrase in spoken]
    assert arabic == [language == "ar"] * len(spoken)
    assert {name for name, phrase in options.phrases.items() if not phrase.text} == {
        "notice",
        "recorded",
        "machine_message",
        "language_choice",
    }
    assert all(phrase.text[-1] in ".?؟" and not phrase.audio for phrase in spoken)


def test_options_give_rendered_audio_to_its_phrase() -> None:
    options = ARABIC.options(ARABIC.spoken("", {PHRASES["ar"]["apology"]: b"\xff"}))
    assert options.phrases["apology"] == Phrase(PHRASES["ar"]["apology"], b"\xff")
    assert options.phrases["greeting"].audio == b""


def test_plain_line_has_the_call_core_s_defaults() -> None:
    options = ARABIC.options()
    plain = CallOptions()
    same = [own.name for own in fields(CallOptions) if own.name not in ("phrases", "language")]
    assert [getattr(options, name) for name in same] == [getattr(plain, name) for name in same]


FULL = """
[call]
lead_ms = 400

[[line]]
number = "+966 11 000-0000"
webhook_url = "http://127.0.0.1:9/other"
language = "ar"
speaker = "Fahd"
fallback_speaker = "Sara"
dialect = "najd"
greeting = "هلا"
endpoint_ms = 700

[line.phrases]
goodbye = ""

[line.call]
commit_ms = 200
interruptible_greeting = false
keypad_terminator = "*"
silence_timeout = 20

[[line]]
number = "00441110000"
language = "en"
"""


def test_read_lines_reads_a_whole_file() -> None:
    arabic, english = lines(FULL)
    assert (arabic.number, arabic.webhook_url, arabic.speaker, arabic.dialect) == (
        "+966110000000",
        "http://127.0.0.1:9/other",
        "Fahd",
        "najd",
    )
    assert arabic.fallback_speaker == "Sara"
    options = arabic.options()
    assert (options.lead_ms, options.commit_ms, options.endpoint_ms) == (400, 200, 700)
    assert (options.interruptible_greeting, options.keypad_terminator, options.silence_timeout) == (False, "*", 20)
    assert options.phrases["greeting"].text == "هلا"
    assert options.phrases["goodbye"].text == ""
    assert options.phrases["apology"].text == PHRASES["ar"]["apology"]
    assert (english.number, english.webhook_url, english.speaker) == ("+441110000", AGENT, "Emma")
    assert english.options().phrases["greeting"].text == PHRASES["en"]["greeting"]
    assert english.options().lead_ms == 400


@pytest.mark.parametrize(
    ("table", "fallback"),
    [
        ("", "Sara"),
        ('fallback_speaker = ""', ""),
        ('fallback_speaker = "Noura"', "Noura"),
        ('speaker = "Sara"', ""),
        ('dialect = "ksa"', "Sara"),
        ('dialect = "najd"', ""),
        ('language = "en"', ""),
    ],
)
def test_the_fallback_speaker_goes_with_its_dialect(table: str, fallback: str) -> None:
    (line,) = lines(f'[[line]]\nnumber = "+12345"\n{table}', replace(ARABIC, fallback_speaker="Sara"))
    assert line.fallback_speaker == fallback


@pytest.mark.parametrize(
    ("table", "record", "said"),
    [
        ("", True, ANNOUNCEMENTS["ar"]),
        ("record = false", False, ""),
        ('language = "en"', True, ANNOUNCEMENTS["en"]),
        ('[line.phrases]\nrecorded = "مسجلة."', True, "مسجلة."),
        # The greeting says so, or the carrier's document.
        ('[line.phrases]\nrecorded = ""', True, ""),
    ],
)
def test_a_recorded_line_says_so_first(table: str, record: bool, said: str) -> None:
    (line,) = lines(f'[[line]]\nnumber = "+12345"\n{table}', announced(replace(ARABIC, record=True, record_days=7)))
    assert (line.record, line.record_days) == (record, 7)
    assert line.options().phrases["recorded"].text == said
    assert line.described().get("recorded", "") == ("kept for 7 days" if record else "")


def test_a_line_alone_may_be_recorded() -> None:
    recorded, plain = lines(
        '[[line]]\nnumber = "+12345"\nrecord = true\nrecord_days = 0\n[[line]]\nnumber = "+12346"', ARABIC
    )
    assert (recorded.record, recorded.record_days, plain.record, plain.record_days) == (True, 0, False, 30)
    assert recorded.phrases["recorded"] == ANNOUNCEMENTS["ar"]
    assert plain.phrases["recorded"] == ""
    assert recorded.described()["recorded"] == "kept for ever"
    assert "phrases" not in recorded.described()


def test_faults_of_what_is_recorded() -> None:
    line = '[[line]]\nnumber = "+12345"\n'
    assert problems(f'{line}record = "yes"') == ["[[line]] 1: record: write true or false"]
    assert problems(f"{line}record_days = 4000") == [
        "[[line]] 1: record_days: write whole days from 0 (for ever) to 3650"
    ]


def test_the_call_table_holds_for_the_default_line() -> None:
    _, default, _ = read_lines("[call]\nlead_ms = 400", ARABIC)
    assert default.options().lead_ms == 400


def test_an_empty_greeting_stays_empty_in_another_language() -> None:
    silent = plain_line("ar", AGENT)
    silent = Line(
        **{own.name: getattr(silent, own.name) for own in fields(Line)}
        | {"phrases": {**silent.phrases, "greeting": ""}}
    )
    (english,) = lines('[[line]]\nnumber = "+12345"\nlanguage = "en"', silent)
    assert english.phrases["greeting"] == ""
    assert english.phrases["goodbye"] == PHRASES["en"]["goodbye"]


PEOPLE = plain_line("ar", AGENT, transfer_to=("+966110000001", "+966110000002"))


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("", PEOPLE.transfer_to),
        ('transfer_to = ""', ()),
        ("transfer_to = []", ()),
        ('transfer_to = "+1234567"', ("+1234567",)),
        ('transfer_to = "00966 11 000-0003"', ("+966110000003",)),
        ('transfer_to = "+966110000003, +966110000004"', ("+966110000003", "+966110000004")),
        ('transfer_to = ["+966110000003", "+966110000004"]', ("+966110000003", "+966110000004")),
    ],
)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_transfer_to_is_read_from_a_text_or_a_list(written: str, numbers: tuple[str, ...], language: str) -> None:
    (line,) = lines(f'[[line]]\nnumber = "+12345"\nlanguage = "{language}"\n{written}', PEOPLE)
    assert line.options().transfer_to == numbers


def test_a_line_without_webhook_url_is_closed() -> None:
    assert lines('[[line]]\nnumber = "+12345"\nwebhook_url = ""')[0].webhook_url == ""


@pytest.mark.parametrize(
    "number", ["sip:a@b", "client:ann", "123", "+1 (234) 5.6-7", "SIP:+966110@b:5060;user=phone", "+" + "1" * 15]
)
def test_read_lines_takes_numbers_and_sip_addresses(number: str) -> None:
    assert lines(f'[[line]]\nnumber = "{number}"')


WRONG: list[tuple[str, str]] = [
    ("line = [", "not TOML:"),
    ("[lines]", "lines: there is no such key; the keys are call, line"),
    ("[[line]]", "[[line]] 1: number is missing: write the number that is dialled, in quotes"),
    ("[[line]]\nnumber = 5", "[[line]] 1: number: write the number that is dialled, in quotes"),
    (
        '[[line]]\nnumber = "+12345"\nlangauge = "en"',
        "[[line]] 1: langauge: there is no such key; the keys are number, name, webhook_url,",
    ),
    ('[[line]]\nnumber = "+12345"\nlanguage = "fr"', '[[line]] 1: language: write "ar" or "en"'),
    ('[[line]]\nnumber = "abc"', "[[line]] 1: number: write + and digits"),
    ('[[line]]\nnumber = "1234567890123456"', "[[line]] 1: number: write + and digits"),
    ('[[line]]\nnumber = "12"', "[[line]] 1: number: write + and digits"),
    ('[[line]]\nnumber = "0110000000"', "[[line]] 1: number: no call can match it without its country code"),
    ('[[line]]\nnumber = "sip:b"', "[[line]] 1: number: write sip:user@host"),
    (
        '[call]\nstart_ms = []\n[[line]]\nnumber = "+12345"\n[line.call]\ncommit_ms = 40',
        "[call] start_ms: write one number",
    ),
    ('[[line]]\nnumber = "+12345"\nname = "My line"', "[[line]] 1: name: write a small letter"),
    ('[[line]]\nnumber = "+12345"\nname = "default"', "[[line]] 1: name: write a small letter"),
    (
        '[[line]]\nnumber = "+12345"\nname = "line_2"\n[[line]]\nnumber = "+12346"',
        "[[line]]: name line_2 occurs twice",
    ),
    ('[[line]]\nnumber = "+12345"\n[[line]]\nnumber = "0012345"', "[[line]]: number +12345 occurs twice"),
    ('[[line]]\nnumber = "12345"\n[[line]]\nnumber = "tel:+1-2345"', "[[line]]: number 12345 occurs twice"),
    ('[[line]]\nnumber = "+12345"\nwebhook_url = "agent"', "[[line]] 1: webhook_url is not a URL the bridge can use"),
    ('[[line]]\nnumber = "+12345"\nendpoint_ms = 10', "[[line]] 1: endpoint_ms: write a whole number from 100 to 3000"),
    ('[[line]]\nnumber = "+12345"\ntransfer_to = "12345"', "[[line]] 1: transfer_to is not a telephone number"),
    (
        '[[line]]\nnumber = "+12345"\ntransfer_to = "+1234567890123456"',
        "[[line]] 1: transfer_to is not a telephone number",
    ),
    (
        '[[line]]\nnumber = "+12345"\ntransfer_to = ["+96611000", "911"]',
        "[[line]] 1: transfer_to is not a telephone number",
    ),
    ('[[line]]\nnumber = "+12345678"\ntransfer_to = "0012345678"', "+12345678: transfer_to +12345678 is a line itself"),
    ('[[line]]\nnumber = "+12345"\ncaller_id = "sip:a@b"', "[[line]] 1: caller_id is not a telephone number"),
    ('[[line]]\nnumber = "+12345"\ngreeting = "a\\u0000"', "[[line]] 1: greeting holds control characters"),
    (
        '[[line]]\nnumber = "+12345"\n[line.phrases]\nhello = "a"',
        "[[line]] 1: [line.phrases] hello: there is no such phrase; the",
    ),
    (
        '[[line]]\nnumber = "+12345"\n[line.phrases]\nnotice = 5',
        "[[line]] 1: [line.phrases] notice: write text in quotes",
    ),
    ('[[line]]\nnumber = "+12345"\nphrases = 5', "[[line]] 1: phrases: write a table of texts"),
    ('[[line]]\nnumber = "+12345"\nspeaker = 5', "[[line]] 1: speaker: write text in quotes"),
    (
        '[[line]]\nnumber = "+12345"\nendpoint_ms = "x"',
        "[[line]] 1: endpoint_ms: write a whole number from 100 to 3000",
    ),
    (
        '[[line]]\nnumber = "+12345"\ntransfer_to = [5]',
        "[[line]] 1: transfer_to: write a number in quotes, or a list of",
    ),
    ('[[line]]\nnumber = "+12345"\ncall = 5', "[[line]] 1: call: write a table"),
    ("line = [5]", "line: write [[line]] above the keys of each line"),
    (
        '[[line]]\nnumber = "+12345"\nspeaker = "Emma"\nfallback_speaker = "Emma"',
        "[[line]] 1: fallback_speaker Emma is the speaker itself",
    ),
    ('[call]\nstart_ms = "x"', "[call] start_ms: write a whole number from 20 to 500"),
    ("[call.lead_ms]", "[call] lead_ms: write one number, one word, true or false"),
    ('[[line]]\nnumber = "+12345"\n[line.call]\nlead = 1', "[[line]] 1: [line.call] lead: there is no such field"),
    ('[[line]]\nnumber = "+12345"\n[line.call]\nlanguage = "en"', "[[line]] 1: [line.call] language: there is no such"),
    ("[call]\nlead_ms = 1", "[call] lead_ms: write a whole number from 60 to 5000"),
    ("[call]\nlead_ms = 400.5", "[call] lead_ms: write a whole number from 60 to 5000"),
    ("[call]\nlead_ms = true", "[call] lead_ms: write a whole number from 60 to 5000"),
    ('[call]\nmax_call = "1h"', "[call] max_call: write a number from 0 to 86400"),
    ("[call]\ninterruptible_greeting = 1", "[call] interruptible_greeting: write true or false"),
    ('[call]\nkeypad_terminator = "**"', "[call] keypad_terminator: write one key"),
    ("[call]\nkeypad_terminator = 1", "[call] keypad_terminator: write one key"),
    ('number = "+12345"', "number: write [[line]] above the keys of each line"),
    ("[call]\nnumber = []", "[call] number: write one number, one word"),
    ("[call.lead_ms]\nint = 5", "[call] lead_ms: write one number, one word"),
    ('[[line]]\nnumber = "+12345"\n[line.call]\nnumber = []', "[[line]] 1: [line.call] number: write one number"),
    ('[[line]]\nnumber = "+12345"\nendpoint_ms = "600"', "[[line]] 1: endpoint_ms: write a whole number"),
    ("[call]\nsilence_prompts = true", "[call] silence_prompts: write a whole number from 0 to 10"),
    ("line = [5, 6]", "line: write [[line]] above the keys of each line"),
    ("line = 5", "line: write [[line]] above the keys of each line"),
    ("[call]\nlead_ms = []", "[call] lead_ms: write one number, one word, true or false"),
    ('[[line]]\nnumber = "+12345"\n[line.call]\nlead_ms = [1]', "[[line]] 1: [line.call] lead_ms: write one number"),
    ("[call]\nendpoint_least_ms = 600", "endpoint_least_ms (600) is more than endpoint_ms (500): lower"),
    (
        '[[line]]\nnumber = "+12345"\nendpoint_ms = 400\n[line.call]\nendpoint_least_ms = 401',
        "[[line]] 1: endpoint_least_ms (401) is more than endpoint_ms (400): lower",
    ),
    (
        '[[line]]\nnumber = "+12345"\n[line.call]\nstart_ms = 200\ncommit_ms = 100',
        "[[line]] 1: start_ms (200) is more than commit_ms (100): lower",
    ),
    (
        '[[line]]\nnumber = "+12345"\n[line.call]\ncommit_ms = 40',
        "[[line]] 1: start_ms (60) is more than commit_ms (40)",
    ),
    ("[call]\neager = 1", "[call] eager: write true or false"),
    ("[call]\neager = true\nspeculate_ms = 0", "eager asks nothing ahead with speculate_ms 0: raise speculate_ms"),
]


def test_read_lines_names_what_is_wrong() -> None:
    failures = []
    for text, problem in WRONG:
        found = problems(text)
        if len(found) != 1 or not found[0].startswith(problem) or "\n" in found[0]:
            failures.append((text, found))
    assert failures == []


def test_read_lines_names_every_fault_at_once() -> None:
    assert len(problems('[call]\nlead_ms = 1\n[[line]]\nnumber = "x"\nendpoint_ms = 1')) == 3
    text = """
[call]
lead_ms = 1
commit_ms = 40
[[line]]
language = "fr"
endpoint_ms = 1
[[line]]
number = "+12345"
greting = ""
[line.phrases]
foo = 5
goodbye = 5
[line.call]
start_ms = []
commit_ms = 40
lead = 1
[[line]]
number = "abc"
"""
    assert [problem.split(": ")[:2] for problem in problems(text)] == [
        ["[[line]] 1", "number is missing"],
        ["[[line]] 1", "language"],
        ["[[line]] 2", "[line.phrases] foo"],
        ["[[line]] 2", "[line.phrases] foo"],
        ["[[line]] 2", "[line.phrases] goodbye"],
        ["[[line]] 2", "[line.call] start_ms"],
        ["[[line]] 2", "greting"],
        ["[call] lead_ms", "write a whole number from 60 to 5000"],
        ["[[line]] 1", "endpoint_ms"],
        ["[[line]] 2", "[line.call] lead"],
        ["[[line]] 3", "number"],
    ]


@pytest.mark.parametrize(
    ("text", "good"),
    [("a\nb\tc", True), ("", True), ("\0", False), ("\x1f", False), ("x" * 1000, True), ("x" * 1001, False)],
)
def test_check_phrase(text: str, good: bool) -> None:
    assert (check_phrase(text) is None) == good


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://a", True),
        ("http://a:1/b?c=d", True),
        ("https://[::1]:8/", True),
        ("ftp://a", False),
        ("https://", False),
        ("a", False),
        ("https://a:99999", False),
        ("https://a:0", False),
        ("https://[::1", False),
        ("https://a b", False),
        ("https://a\n", False),
    ],
)
def test_check_url(url: str, good: bool) -> None:
    assert (check_url(url, ("https", "http")) is None) == good


@pytest.mark.parametrize(("value", "good"), [(99, False), (100, True), (3000, True), (3001, False)])
def test_check_endpoint(value: int, good: bool) -> None:
    assert (check_endpoint(value) is None) == good


@pytest.mark.parametrize(
    ("language", "own", "shown"), [("ar", "", "+1555010"), ("en", 'caller_id = "001 555 0199"', "+15550199")]
)
def test_caller_id_is_the_line_s_or_the_default_s(language: str, own: str, shown: str) -> None:
    default = replace(ARABIC, caller_id="+1555010")
    (line,) = lines(f'[[line]]\nnumber = "+12345"\nlanguage = "{language}"\n{own}', default)
    assert line.caller_id == shown
    (english,) = lines('[[line]]\nnumber = "+12345"\nlanguage = "en"', default)
    assert english.caller_id == "+1555010"


def test_a_short_endpoint_alone_is_no_contradiction() -> None:
    assert not problems('[[line]]\nnumber = "+12345"\nendpoint_ms = 200')


def test_a_value_of_the_wrong_type_hides_no_other_fault() -> None:
    assert len(problems("[call]\nlead_ms = []\ncommit_ms = 1")) == 2
    assert [problem[:11] for problem in problems("[[line]]\n[[line]]")] == ["[[line]] 1:", "[[line]] 2:"]


def test_a_line_s_call_table_wins_over_the_file_s() -> None:
    (line,) = lines('[call]\nlead_ms = 400\n[[line]]\nnumber = "+12345"\n[line.call]\nlead_ms = 500')
    assert line.options().lead_ms == 500


def test_values_may_be_equal_and_at_their_bounds() -> None:
    assert problems("[call]\nstart_ms = 20\ncommit_ms = 20") == []


def test_a_default_line_without_agent_contradicts_nothing() -> None:
    text = "[call]\nendpoint_least_ms = 600"
    assert read_lines(text, plain_line("ar"))[2] == []
    assert len(problems(text)) == 1


def test_the_default_line_may_not_transfer_to_a_line() -> None:
    (problem,) = read_lines('[[line]]\nnumber = "+966110000001"\ntransfer_to = ""', PEOPLE)[2]
    assert problem == "IVR_TRANSFER_TO: transfer_to +966110000001 is a line itself: write the number of a person"


def test_another_language_keeps_the_endpoint() -> None:
    (english,) = lines('[[line]]\nnumber = "+12345"\nlanguage = "en"', replace(ARABIC, endpoint_ms=600))
    assert (english.language, english.endpoint_ms) == ("en", 600)


def test_lines_have_names_for_logs_and_metrics() -> None:
    text = '[[line]]\nnumber = "+12345"\n[[line]]\nnumber = "+12346"\nname = "sales"'
    lines, default, problems = read_lines(text, plain_line("en"))
    assert ([line.name for line in lines], default.name, problems) == (["line_1", "sales"], "default", [])


def test_a_line_describes_itself_without_secrets() -> None:
    line = plain_line("en", "https://user:secret@agent.example:8443/hook?key=secret")
    assert line.described() == {
        "line": "default", "language": "en", "voice": f"{line.speaker} ({line.dialect})", "agent": "agent.example",
    }  # fmt: skip
    own = replace(
        line,
        number="+9661",
        name="sales",
        webhook_url="",
        endpoint_ms=700,
        choices={"start_ms": 100},
        phrases={"greeting": "Hi"},
    )
    assert own.described() == {
        "line": "sales (+9661)", "language": "en", "voice": f"{line.speaker} ({line.dialect})", "agent": "none",
        "settings": "endpoint_ms 700, start_ms 100", "phrases": "the line's own",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "9" * 5000])
def test_a_file_that_exhausts_its_reader_is_a_sentence(text: str) -> None:
    (problem,) = read_lines(text, ARABIC)[2]
    assert problem.startswith("not TOML: ")


@pytest.mark.parametrize(("written", "most"), [("", 0), ("max_calls = 1", 1), ("max_calls = 250", 250)])
def test_a_line_may_have_a_limit_of_calls(written: str, most: int) -> None:
    (line,) = lines(f'[[line]]\nnumber = "+966110000000"\n{written}')
    assert line.max_calls == most


@pytest.mark.parametrize("written", ["0", "-1", "1000001", '"ten"', "1.5", "true"])
def test_a_limit_of_calls_that_makes_no_sense(written: str) -> None:
    (problem,) = problems(f'[[line]]\nnumber = "+966110000000"\nmax_calls = {written}')
    assert problem == "[[line]] 1: max_calls: write a whole number from 1 to 1000000"
