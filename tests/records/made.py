"""Records and databases for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ivr.config.settings import Settings
from ivr.records.frames import encode_frame
from ivr.records.record import Began, CallFacts, Ended, Entry, FileNamed, TurnRecord, encode_entry, number_key
from tests.support.front import settings

KEY = b"a key of thirty-two bytes or so."
SECRET = "the secret of the receiver"
NOW = 1_790_000_000.0


def chosen(folder: Path, **env: str) -> Settings:
    """Settings whose records go to SQLite in `folder`, unless `env` says otherwise."""
    given = {"IVR_DATA_DIR": str(folder / "data"), "IVR_DATABASE_URL": "", "IVR_RECORDS_KEY": KEY.decode(), **env}
    return settings(folder, **given)


def facts(call: str = "CA1", part: str = "p1", **more: Any) -> CallFacts:
    """What is known of a part."""
    given: dict[str, Any] = {
        "writer": "w1", "stream": "MZ1", "line": "default", "direction": "inbound", "node": "one",
        "started_at": NOW, "keep": "metrics", "keep_days": 90, "caller_key": number_key(KEY, "+966500000001"),
    }  # fmt: skip
    return CallFacts(part=part, call_id=call, **{**given, **more})


def turn(number: int = 1, **more: Any) -> TurnRecord:
    """An answered question."""
    given: dict[str, Any] = {"at_s": 1.0, "wait_ms": 1000, "agent_ms": 600, "sentences": 1}
    return TurnRecord(number, "speech", "heard", **{**given, **more})


def ended(known: CallFacts, seconds: float = 60.0, turns: Sequence[TurnRecord] = (), **more: Any) -> Ended:
    """The end of a part."""
    given: dict[str, Any] = {"result": "success", "reason": "caller_stop"}
    return Ended(known, known.started_at + seconds, turns=list(turns), **{**given, **more})


def whole(call: str, part: str = "", **more: Any) -> list[Entry]:
    """A call from its beginning to its end."""
    known = facts(call, part or f"part of {call}", **more)
    return [Began(known), ended(known, turns=[turn(0, wait_ms=None), turn(1)], notes={"overlap": 2})]


def spooled(folder: Path, entries: Sequence[Entry], name: str = "w1-1.spool") -> Path:
    """Put entries into a file of the spool, behind what it has."""
    path = folder / "spool" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"".join(encode_frame(encode_entry(entry)) for entry in entries))
    return path


def same(entry: Entry, **more: Any) -> Any:
    """The same entry with other fields."""
    return msgspec.structs.replace(entry, **more)


__all__ = ["KEY", "NOW", "SECRET", "FileNamed", "chosen", "ended", "facts", "same", "spooled", "turn", "whole"]
