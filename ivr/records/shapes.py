"""Shape a call for people and programs: the same object in `ivr calls show --json`, in exports and in events.

docs/event.schema.json describes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from ivr.records.moments import iso

Row: TypeAlias = Mapping[str, Any]

PARTIES: Final = ("endpoint", "stt", "agent", "tts", "own")
ENDED: Final = "call.ended"
_CALL_WORDS: Final = ("line", "direction", "node", "result", "reason", "resumed", "keep", "keep_days")
_CALL_FIGURES: Final = ("failed", "barge_ins", "wait_p50_ms", "wait_max_ms")


def call_object(call: Row, turns: Sequence[Row] = (), counts: Sequence[Row] = (), files: Sequence[Row] = ()) -> Any:
    """Return a call as JSON has it. Rows are those of the tables; turns in their order, each with its `began_at`."""
    shown: dict[str, Any] = {"call": call["call_id"], "session": call["call_id"]}
    shown |= {name: call[name] for name in _CALL_WORDS}
    shown |= {
        "started": iso(call["started_at"]),
        "ended": None if call["ended_at"] is None else iso(call["ended_at"]),
        "seconds": None if call["seconds"] is None else round(call["seconds"], 3),
        "questions": call["turns"],
    }
    shown |= {name: call[name] for name in _CALL_FIGURES}
    if call["keep"] == "text":
        shown |= {"caller": call["caller"], "called": call["called"]}
    shown["turns"] = [turn_object(turn, call) for turn in turns]
    for kind in ("note", "fault"):
        shown[f"{kind}s"] = {row["name"]: row["number"] for row in counts if row["kind"] == kind}
    shown["files"] = [{"kind": row["kind"], "name": row["name"]} for row in files]
    return shown


def turn_object(turn: Row, call: Row) -> dict[str, Any]:
    """Return a turn. Its time is that since the call began, whatever part it is of."""
    shown = {
        "number": turn["number"],
        "kind": turn["kind"],
        "outcome": turn["outcome"],
        "failure": turn["failure"],
        "at_s": round(turn["began_at"] - call["started_at"] + turn["at_s"], 3),
        "wait_ms": turn["wait_ms"],
        "parts_ms": {party: turn[f"{party}_ms"] for party in PARTIES if turn[f"{party}_ms"] is not None},
        "sentences": turn["sentences"],
        "barge_ins": turn["barge_ins"],
    }
    if call["keep"] == "text":
        shown |= {name: turn[name] for name in ("asked", "heard", "unheard")}
    return shown


def ended_event(event: str, at: float, call: dict[str, Any]) -> dict[str, Any]:
    """Return what a receiver is told of a call that has ended."""
    return {"id": event, "type": ENDED, "at": iso(at), "call": call}
