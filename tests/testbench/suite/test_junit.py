"""A suite as CI systems read it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from ivr.testbench.suite.junit import document
from tests.testbench.suite.played import NO_DEV, played


def test_each_call_is_a_case() -> None:
    calls = [
        played("en/a"),
        played("en/a", number=2, unmet=["heard <b> & \x00\x1b[0m", "late"]),
        played("b", error="no voice"),
        played("c", untold=NO_DEV, not_known=["whether"]),
    ]
    root = ET.fromstring(document(calls, Path("out")))
    assert root.attrib == {"name": "ivr test", "tests": "4", "failures": "1", "errors": "1", "time": "60.000"}
    cases = list(root.iter("testcase"))
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in cases] == [
        ("en", "a", "20.000"), ("en", "a #2", "20.000"), ("scenarios", "b", "0.000"), ("scenarios", "c", "20.000"),
    ]  # fmt: skip
    failure, error = root.find(".//failure"), root.find(".//error")
    assert failure is not None
    assert error is not None
    # Characters that XML cannot hold would make the whole file unreadable.
    assert failure.text == "heard <b> & \ufffd\ufffd[0m\nlate"
    assert (failure.get("message"), error.get("message")) == ("heard <b> & \ufffd\ufffd[0m", "no voice")
    outs = [case.findtext("system-out") for case in cases]
    assert outs == ["out/en/a/1/call.html", "out/en/a/2/call.html", None, "not known: whether\nout/c/1/call.html"]
