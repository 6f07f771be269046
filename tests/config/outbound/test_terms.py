"""What a line says of its outbound calls, and which numbers may be dialled."""

from __future__ import annotations

import pytest

from ivr.config.lines import plain_line, read_lines
from ivr.config.outbound.quiet import QuietHours
from ivr.config.outbound.terms import OutboundTable, OutboundTerms, dialled, read_prefixes

LINE = '[[line]]\nnumber = "+966110000000"\n'


def terms_of(text: str) -> OutboundTerms:
    lines, default, problems = read_lines(text, plain_line("en", "https://agent.example/webhook"))
    assert problems == []
    return lines[0].outbound if lines else default.outbound


def test_a_line_has_what_all_lines_have_and_its_own() -> None:
    text = '[outbound]\nat_once = 4\nquiet = "21:00-09:00"\nzone = "Asia/Riyadh"\n' + LINE
    assert terms_of(text) == OutboundTerms(4, QuietHours(1260, 540, "Asia/Riyadh"))
    assert terms_of(text + "[line.outbound]\nat_once = 2\nretries = 3\nretry_after_s = 60") == OutboundTerms(
        2, QuietHours(1260, 540, "Asia/Riyadh"), 3, 60
    )
    assert terms_of("[outbound]\nring_s = 20").ring_s == 20


@pytest.mark.parametrize(
    ("own", "quiet"),
    [
        ('quiet = ""', None),
        ('quiet = "13:00-14:00"', QuietHours(780, 840, "Asia/Riyadh")),
        ('zone = "UTC"', QuietHours(1260, 540, "UTC")),
        ('quiet = "13:00-14:00"\nzone = "UTC"', QuietHours(780, 840, "UTC")),
    ],
)
def test_a_line_may_have_other_quiet_hours(own: str, quiet: QuietHours | None) -> None:
    text = f'[outbound]\nquiet = "21:00-09:00"\nzone = "Asia/Riyadh"\n{LINE}[line.outbound]\n{own}'
    assert terms_of(text).quiet == quiet


@pytest.mark.parametrize(
    ("own", "machine", "amd"),
    [
        ("", "talk", False),
        ('machine = "hang_up"', "hang_up", True),
        ('machine = "message"\ncarrier_amd = false', "message", False),
        ('machine = "talk"', "talk", False),
        ("carrier_amd = true", "talk", True),
    ],
)
def test_a_line_that_hears_machines_uses_the_carriers_ears(own: str, machine: str, amd: bool) -> None:
    terms = terms_of(f"{LINE}[line.outbound]\n{own}")
    assert (terms.machine, terms.carrier_amd) == (machine, amd)


def test_the_message_is_a_phrase_of_the_line() -> None:
    lines, _, problems = read_lines(
        LINE + '[line.phrases]\nmachine_message = "Call us."', plain_line("en", "https://a.example")
    )
    assert (lines[0].phrases["machine_message"], problems) == ("Call us.", [])


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("at_once = 0", "at_once: write a number from 1 to 10000"),
        ("retries = 21", "retries: write a number from 0 to 20"),
        ("retry_after_s = 0.5", "retry_after_s: write a number from 1"),
        ("ring_s = 601", "ring_s: write a number from 5 to 600"),
        ('quiet = "night"', 'quiet: write two times of day, such as "21:00-09:00"'),
        ('zone = "Mars/Olympus"', 'zone: write a name such as "Asia/Riyadh"'),
        ('machine = "shout"', "write a table with these keys"),
        ("at_most = 3", "write a table with these keys"),
        ('at_once = "3"', "write a table with these keys"),
    ],
)
def test_a_fault_is_named_with_its_fix(table: str, fault: str) -> None:
    for text, where in ((f"[outbound]\n{table}", "outbound"), (f"{LINE}[line.outbound]\n{table}", "[[line]] 1: ")):
        _, _, problems = read_lines(text, plain_line("en", "https://agent.example/webhook"))
        assert len(problems) == 1, problems
        assert where in problems[0]
        assert fault in problems[0]


def test_wrong_quiet_hours_leave_those_before() -> None:
    base = OutboundTerms(quiet=QuietHours(1, 2))
    assert OutboundTable(quiet="night").terms(base).quiet == base.quiet


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+966 50 000 0001", "+966500000001"),
        ("00966500000001", "+966500000001"),
        ("sip:Ali@PBX.example", "sip:ali@pbx.example"),
        ("966500000001", "bad_number"),
        ("0500000001", "bad_number"),
        ("+1900555", "not_allowed"),
        ("+97", "bad_number"),
        ("+266696687", "bad_number"),
        ("sip:ali@evil.example", "not_allowed"),
        ("sip:@pbx.example", "bad_number"),
        ("client:ali", "bad_number"),
        ("", "bad_number"),
        ("+966500000001&To=+1900", "bad_number"),
    ],
)
def test_only_numbers_of_the_list_are_dialled(written: str, expected: str) -> None:
    prefixes = read_prefixes("+966, +9712 ,sip:pbx.example")
    try:
        found = dialled(written, prefixes)
    except ValueError as error:
        found = str(error)
    assert found == expected


def test_without_a_list_no_number_is_dialled() -> None:
    assert read_prefixes("") == ()
    with pytest.raises(ValueError, match="not_allowed"):
        dialled("+966500000001", ())


@pytest.mark.parametrize("written", ["966", "+", "*", "+0", "sip:", "+966 50", "sip:a@b"])
def test_a_beginning_must_be_one(written: str) -> None:
    with pytest.raises(ValueError, match="beginnings of numbers"):
        read_prefixes(written)
