"""This bridge passes B1 to B25: each check of `ivr conformance` by its number, in memory and in virtual time.

docs/conformance.md has the table: number, check, test, result.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.testbench import virtual_time
from ivr.testbench.conformance.catalogue import CHECKS
from ivr.testbench.conformance.checks.inside import INSIDE_CHECKS
from ivr.testbench.conformance.findings import CheckFinding
from ivr.testbench.conformance.own import own_target
from ivr.testbench.conformance.run import CheckResult, Run
from ivr.testbench.faults.harness import FaultHarness, render_phrases
from scripts.changelog import ROOT

HERE = "tests/whole/test_conformance.py"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> FaultHarness:
    return render_phrases(tmp_path_factory.mktemp("conformance"))


@pytest.fixture(scope="module")
def outside(harness: FaultHarness) -> Iterator[dict[str, CheckResult]]:
    """What all checks from outside find at one bridge."""

    async def main() -> list[CheckResult]:
        async with own_target(harness.folder) as (target, bridge):
            results = await Run(target).judge([check for check in CHECKS if check.number not in INSIDE_CHECKS])
            # Documents whose streams never came keep their places for a while.
            await asyncio.sleep(120)
            assert len(bridge.admission) == 0, "places are left"
            return results

    yield {result.check.number: result for result in virtual_time.run(main())}


def passes(finding: CheckFinding, *seen: str) -> None:
    """Check that a finding is a pass that saw these words."""
    assert finding.judgement == "pass", finding.seen
    assert [words for words in seen if not re.search(words, finding.seen)] == [], finding.seen


Outside = dict[str, CheckResult]


def test_b01_webhook_answers_at_once(outside: Outside) -> None:
    passes(outside["B1"].finding, "32 answers for 4 calls", "the same verbs for the same call")


def test_b02_only_signed_requests_are_served(outside: Outside) -> None:
    passes(
        outside["B2"].finding, "unsigned: HTTP 403", "wrongly signed: HTTP 403", "fields: HTTP 200", "a slash behind"
    )


def test_b03_token_serves_once(outside: Outside) -> None:
    passes(outside["B3"].finding, "^wss://[^?]+ with the parameters token")


def test_b04_names_cannot_break_the_document(outside: Outside) -> None:
    passes(outside["B4"].finding, "markup: HTTP 200", "control characters: HTTP 200")


def test_b05_socket_is_accepted_at_once(outside: Outside) -> None:
    passes(outside["B5"].finding, "without Origin and subprotocol, slowest accepted after 0 ms")


def test_b06_strange_messages_are_survived(outside: Outside) -> None:
    passes(outside["B6"].finding, "closed after 5.0 s", "12 unknown and broken messages did no harm")


def test_b07_chunks_of_any_length_are_heard(outside: Outside) -> None:
    passes(outside["B7"].finding, "of another format was refused")


def test_b08_only_the_callers_track_is_heard(outside: Outside) -> None:
    passes(outside["B8"].finding, "were not answered")


def test_b09_stream_is_read_all_the_time(outside: Outside) -> None:
    passes(outside["B9"].finding, "after 250 messages at once: read after 1?\\d ms")


def test_b10_messages_have_the_documented_fields(outside: Outside) -> None:
    passes(outside["B10"].finding, "none before start")


def test_b11_little_audio_waits_at_the_phone(outside: Outside) -> None:
    passes(outside["B11"].finding, "^0.[0-5]\\d s of audio .*: paced")


def test_b12_interrupted_agent_is_silent(outside: Outside) -> None:
    passes(outside["B12"].finding, "silent [12]?\\d\\d ms after", "discarded by clear")


def test_b13_lost_and_late_marks_do_no_harm(outside: Outside) -> None:
    passes(outside["B13"].finding, "although no mark came back; \\d+ late marks .* did nothing")


def test_b14_ended_call_is_closed(outside: Outside) -> None:
    passes(outside["B14"].finding, "after stop with code 1000, 0 ms of audio")


def test_b15_dead_stream_goes_on(outside: Outside) -> None:
    passes(outside["B15"].finding, "Redirect")


def test_b16_transfer_rings_and_goes_on(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B16"](harness), "1 <Dial>")


def test_b17_keys_are_taken(outside: Outside) -> None:
    passes(outside["B17"].finding, "did no harm")


def test_b18_status_callbacks_come_in_any_order(outside: Outside) -> None:
    passes(outside["B18"].finding, "5 callbacks")


def test_b19_full_and_draining_say_so(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B19"](harness), "full: Say Hangup", "draining: Say Hangup", "/healthz 200, /readyz 503")


def test_b20_carriers_rest_interface_may_fail(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B20"](harness), "the auth token is in none of \\d+ lines")


def test_b21_silence_and_endless_calls_are_noticed(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B21"](harness), "caller_silent", "call_too_long")


def test_b22_dead_service_leaves_words(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B22"](harness), "down: .* farewell", "webhook-gone")


def test_b23_audio_is_clean(outside: Outside) -> None:
    passes(outside["B23"].finding, "0.0% clipped")


def test_b24_bridge_measures_what_the_phone_does(harness: FaultHarness) -> None:
    passes(INSIDE_CHECKS["B24"](harness), "waits of the bridge and at the phone")


def test_b25_many_calls_leave_nothing(outside: Outside) -> None:
    passes(outside["B25"].finding, "17 short calls, 4 of them at once: each served")


def test_document_names_a_test_of_each_check() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text("utf-8")
    tests = re.findall(r"^def (test_(b\d\d)_\w+)", Path(__file__).read_text("utf-8"), re.M)
    assert [number for _, number in tests] == [f"b{number:02}" for number in range(1, 26)]
    rows = [f"| {c.number} | {c.title} | `{t}` | pass |" for c, (t, _) in zip(CHECKS, tests, strict=True)]
    assert [row for row in rows if row not in page.splitlines()] == []
    assert HERE in page
