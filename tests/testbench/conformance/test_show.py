"""Results of the conformance checks as people and CI systems get them."""

from __future__ import annotations

from xml.etree import ElementTree

from ivr.testbench.conformance import show
from ivr.testbench.conformance.catalogue import CHECKS
from ivr.testbench.conformance.findings import failed, not_applicable, passed
from ivr.testbench.conformance.run import CheckResult, exit_code

URL = "http://127.0.0.1:8000/voice"
STRANGE = 'the name "عميل" <b>&\x00 came back'
PASS = CheckResult(CHECKS[0], passed("32 answers"), 1.5, "B1.jsonl")
FAIL = CheckResult(CHECKS[3], failed(STRANGE), 0.25, "B4.jsonl")
NONE = CheckResult(CHECKS[19], not_applicable("it needs the inside"), 0.0)
RESULTS = [PASS, FAIL, NONE]


def test_exit_codes() -> None:
    rows = [([PASS, NONE], 0), (RESULTS, 1), ([NONE], 2), ([], 2)]
    assert [exit_code(results) for results, _ in rows] == [code for _, code in rows]


def test_last_line_says_what_failed() -> None:
    assert show.verdict(RESULTS)[0] == "FAILED: B4 (1 pass, 1 fail, 1 not applicable)"
    assert show.verdict([PASS])[0] == "all that could be judged passed (1 pass, 0 fail, 0 not applicable)"
    assert show.verdict([NONE])[0] == "NOT JUDGED: it needs the inside"
    assert show.verdict([])[0] == "NOT JUDGED: no check"
    assert show.line(FAIL)[0].startswith("FAIL  B4 ")


def test_junit_counts_and_holds_strange_text() -> None:
    root = ElementTree.fromstring(show.junit(URL, RESULTS))
    assert root.attrib == {
        "name": "ivr conformance", "tests": "3", "failures": "1", "errors": "0", "skipped": "1", "time": "1.750",
    }  # fmt: skip
    cases = list(root.iter("testcase"))
    assert [[child.tag for child in case] for case in cases] == [["system-out"], ["failure"], ["skipped"]]
    assert cases[1][0].attrib["message"] == STRANGE.replace("\x00", "\ufffd")


def test_json_has_all_of_it() -> None:
    rows = show.as_json(URL, RESULTS)["checks"]
    assert [row["judgement"] for row in rows] == ["pass", "fail", "not applicable"]
    assert rows[0] == {
        "number": "B1", "title": CHECKS[0].title, "judgement": "pass", "seen": "32 answers", "seconds": 1.5,
        "log": "B1.jsonl",
    }  # fmt: skip


def test_page_escapes_what_servers_say() -> None:
    page = show.page(f"{URL}?a=<i>", ["the agent greets after 0.4 s"], RESULTS, "logs")
    assert "<i>" not in page
    assert "<b>" not in page
    assert 'the name "عميل" &lt;b&gt;&amp;\ufffd came back'.replace('"', "&quot;") in page
    assert '<a href="logs/B4.jsonl">B4.jsonl</a>' in page
    assert page.count('<tr class="') == len(RESULTS)
