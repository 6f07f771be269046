"""Write a suite as JUnit XML, which CI systems read. Pure.

There is no standard; this is what Jenkins, GitLab and the reporters of GitHub agree on: a `testcase` with a `failure`
(not as expected) or an `error` (the call could not be made). https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from ivr.testbench.suite.run import PlayedCall

NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


def document(played: Sequence[PlayedCall], out: Path) -> str:
    """Return the XML of a suite. `out`: the folder with the files of its calls."""
    counts = {
        "tests": str(len(played)),
        "failures": str(sum(bool(one.faults) and not one.error for one in played)),
        "errors": str(sum(bool(one.error) for one in played)),
        "time": f"{sum(_seconds(one) for one in played):.3f}",
    }
    root = ET.Element("testsuites", {"name": "ivr test", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "ivr test", **counts, "skipped": "0"})
    for one in played:
        # Reporters group by the class name: here the folder of the scenario.
        folder, _, name = one.name.rpartition("/")
        where = {"classname": clean(folder.replace("/", ".") or "scenarios"), "name": clean(name)}
        case = ET.SubElement(suite, "testcase", {**where, "time": f"{_seconds(one):.3f}"})
        if one.faults:
            about = {"message": clean(one.faults[0]), "type": "error" if one.error else "not as expected"}
            ET.SubElement(case, "error" if one.error else "failure", about).text = clean("\n".join(one.faults))
        if one.outcome:
            lines = [f"not known: {what}" for what in one.outcome["not_known"]]
            ET.SubElement(case, "system-out").text = clean(
                "\n".join([*lines, (out / one.planned.folder / "call.html").as_posix()])
            )
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _seconds(played: PlayedCall) -> float:
    """Return how long a call lasted."""
    return float(played.outcome["seconds"]) if played.outcome else 0.0


def clean(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)
