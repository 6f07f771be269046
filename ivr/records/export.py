"""Write calls for other programs: CSV, lines of JSON, and vCons (draft-ietf-vcon-vcon-core-02, syntax 0.4.0)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from ivr.records.moments import call_uuid, iso
from ivr.records.shapes import PARTIES, Row, call_object

CSV_COLUMNS: Final = (
    *("call", "line", "direction", "node", "started", "ended", "seconds", "result", "reason", "resumed"),
    *("questions", "failed", "barge_ins", "wait_p50_ms", "wait_max_ms"),
    *(f"{party}_ms" for party in PARTIES),
    *("caller", "called", "tape", "recording"),
)
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
"""Signs at the beginning of a cell that a spreadsheet takes for a formula."""
_VCON_SYNTAX: Final = "0.4.0"
_CALLER, _AGENT = 0, 1


def csv_head() -> str:
    """Return the names of the columns."""
    return _csv(CSV_COLUMNS)


def csv_line(call: Row, turns: list[Row], counts: list[Row], files: list[Row]) -> str:
    """Return a call as a line of CSV. Waits of a party are the sums over its turns."""
    shown = call_object(call, (), (), files)
    for party in PARTIES:
        took = [turn[f"{party}_ms"] for turn in turns if turn[f"{party}_ms"] is not None]
        shown[f"{party}_ms"] = sum(took) if took else None
    for kind in ("tape", "recording"):
        shown[kind] = " ".join(row["name"] for row in files if row["kind"] == kind)
    return _csv(tuple(cell(shown.get(name)) for name in CSV_COLUMNS))


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    # A number may begin with a sign: it is one, and stays one.
    if isinstance(value, int | float) or not text.startswith(_FORMULA_SIGNS):
        return text
    return f"'{text}"


def _csv(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def json_line(call: Row, turns: list[Row], counts: list[Row], files: list[Row]) -> str:
    """Return a call as a line of JSON."""
    return json.dumps(call_object(call, turns, counts, files), ensure_ascii=False) + "\n"


def vcon_line(call: Row, turns: list[Row], counts: list[Row], files: list[Row]) -> str:
    """Return a call as a vCon, in a line. Dialogs are what was said, where the line keeps it."""
    shown = call_object(call, turns, counts, files)
    caller: dict[str, Any] = {"name": "caller", **({"tel": call["caller"]} if call["caller"] else {})}
    agent: dict[str, Any] = {"name": "agent", **({"tel": call["called"]} if call["called"] else {})}
    dialogs = []
    for turn in turns:
        start = turn["began_at"] + turn["at_s"]
        # The answer begins when the wait for it is over.
        answered = start + (turn["wait_ms"] or 0) / 1000
        for at, who, text in ((start, _CALLER, turn["asked"]), (answered, _AGENT, turn["heard"])):
            if text.strip():
                dialogs.append(_dialog(at, who, text.strip()))
    vcon = {
        "vcon": _VCON_SYNTAX,
        "uuid": str(call_uuid(call["call_id"], round(call["started_at"] * 1000))),
        "created_at": iso(call["started_at"]),
        "subject": f"call {call['call_id']}",
        "parties": [caller, agent],
        "dialog": dialogs,
        "analysis": [
            {
                "type": "report",
                "dialog": list(range(len(dialogs))),
                "mediatype": "application/json",
                "vendor": "ivr-bridge",
                "product": "ivr calls",
                "encoding": "json",
                "body": json.dumps(shown, ensure_ascii=False),
            }
        ],
        "attachments": [],
    }
    return json.dumps(vcon, ensure_ascii=False) + "\n"


def _dialog(at: float, who: int, text: str) -> dict[str, Any]:
    return {
        "type": "text",
        "start": iso(at),
        "parties": [who, _AGENT - who],
        "originator": who,
        "mediatype": "text/plain",
        "encoding": "none",
        "body": text,
    }
