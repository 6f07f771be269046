"""Show what the checks came to: in the terminal, as JSON, as JUnit XML, and as one page. Pure.

The page loads nothing from anywhere. What servers said is text of strangers: it is escaped, and keeps its direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final
from xml.etree import ElementTree as ET

from ivr.testbench.conformance.findings import CheckJudgement
from ivr.testbench.conformance.run import CheckResult
from ivr.testbench.suite.junit import clean

STYLES: Final[dict[CheckJudgement, str]] = {"pass": "green", "fail": "bold red", "not applicable": "dim"}
"""Styles of a line in the terminal."""
_CLASSES: Final[dict[CheckJudgement, str]] = {"pass": "good", "fail": "bad", "not applicable": "none"}


def line(result: CheckResult) -> tuple[str, str]:
    """Return the line of a check for the terminal, and its style."""
    finding = result.finding
    word = {"pass": "pass", "fail": "FAIL", "not applicable": "n/a "}[finding.judgement]
    number = result.check.number
    return f"{word}  {number:<4} {result.check.title}\n           {finding.seen}", STYLES[finding.judgement]


def verdict(results: Sequence[CheckResult]) -> tuple[str, str]:
    """Return the last line, and its style."""
    count = Counter(result.finding.judgement for result in results)
    failed = [result.check.number for result in results if result.finding.judgement == "fail"]
    figures = f"{count['pass']} pass, {count['fail']} fail, {count['not applicable']} not applicable"
    if failed:
        return f"FAILED: {', '.join(failed)} ({figures})", STYLES["fail"]
    if count["pass"]:
        return f"all that could be judged passed ({figures})", STYLES["pass"]
    return f"NOT JUDGED: {results[0].finding.seen if results else 'no check'}", STYLES["fail"]


def as_json(url: str, results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return all results, ready for JSON."""
    rows = [
        {
            "number": result.check.number,
            "title": result.check.title,
            "judgement": result.finding.judgement,
            "seen": result.finding.seen,
            "seconds": round(result.seconds, 3),
            "log": result.log,
        }
        for result in results
    ]
    return {"url": url, "checks": rows}


def junit(url: str, results: Sequence[CheckResult]) -> str:
    """Return the results as JUnit XML: a test case for each check."""
    count = Counter(result.finding.judgement for result in results)
    counts = {
        "tests": str(len(results)),
        "failures": str(count["fail"]),
        "errors": "0",
        "skipped": str(count["not applicable"]),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }
    root = ET.Element("testsuites", {"name": "ivr conformance", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": clean(url), **counts})
    for result in results:
        name = f"{result.check.number} {result.check.title}"
        case = ET.SubElement(
            suite, "testcase", {"classname": "conformance", "name": name, "time": f"{result.seconds:.3f}"}
        )
        seen = clean(result.finding.seen)
        if result.finding.judgement == "fail":
            ET.SubElement(case, "failure", {"message": seen, "type": result.check.number}).text = seen
        elif result.finding.judgement == "not applicable":
            ET.SubElement(case, "skipped", {"message": seen})
        else:
            ET.SubElement(case, "system-out").text = seen
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def page(url: str, about: Sequence[str], results: Sequence[CheckResult], logs: str = "") -> str:
    """Return one page. `about`: lines on the call that was observed. `logs`: folder of the wire logs, for links."""
    template = Template(files("ivr.testbench.conformance").joinpath("page.html").read_text(encoding="utf-8"))
    words, style = verdict(results)
    return template.substitute(
        url=escape(url),
        verdict=escape(words),
        verdict_class="good" if style == STYLES["pass"] else "bad",
        about="".join(f'<p dir="auto">{escape(one)}</p>' for one in about),
        rows="\n".join(_row(result, logs) for result in results),
    )


def _row(result: CheckResult, logs: str) -> str:
    """Write the row of a check."""
    finding = result.finding
    log = (
        f'<a href="{escape(f"{logs}/{result.log}" if logs else result.log)}">{escape(result.log)}</a>'
        if result.log
        else ""
    )
    return (
        f'<tr class="{_CLASSES[finding.judgement]}"><th scope="row">{result.check.number}</th>'
        f"<td>{escape(result.check.title)}</td><td><span>{finding.judgement}</span></td>"
        f'<td dir="auto">{escape(clean(finding.seen))}</td><td>{log}</td></tr>'
    )
