"""Write the rows of the gate as JUnit XML, which CI systems read. https://github.com/testmoapp/junitxml"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from ivr.replay.compare.verdict import FolderVerdict

_XML_REFUSES: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


def gate_junit(found: FolderVerdict) -> str:
    """Return the XML: a difference is a failure, a tape that cannot be read an error, a phone's is skipped."""
    results = found.results
    counts = {
        "tests": str(len(found.verdicts)),
        "failures": str(results["different"]),
        "errors": str(results["unreadable"]),
        "skipped": str(results["passed over"]),
        "time": f"{sum(one.took_s for one in found.verdicts):.3f}",
    }
    root = ET.Element("testsuites", {"name": "ivr replay", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "ivr replay", **counts})
    for one in found.verdicts:
        about = {"classname": _clean(one.line or "tapes"), "name": _clean(one.name), "time": f"{one.took_s:.3f}"}
        case = ET.SubElement(suite, "testcase", about)
        if one.result == "different":
            failure = ET.SubElement(case, "failure", {"message": _clean(one.what), "type": one.kind})
            failure.text = _clean("\n".join(one.story))
        elif one.result == "unreadable":
            ET.SubElement(case, "error", {"message": _clean(one.what), "type": "unreadable"})
        elif one.result == "passed over":
            ET.SubElement(case, "skipped", {"message": _clean(one.what)})
        told = [*one.notes, *(f"declared: {name}" for name in one.needs)]
        if told:
            ET.SubElement(case, "system-out").text = _clean("\n".join(told))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    return _XML_REFUSES.sub("�", text)
