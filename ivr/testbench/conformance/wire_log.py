"""Log the wire of one check: requests, sockets and messages of both directions, with their times. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

LogKind: TypeAlias = Literal["request", "answer", "open", "accepted", "refused", ">", "<", "closed", "note"]
"""`>` is a message to the server, `<` one from it."""


@dataclass(slots=True)
class WireLog:
    """Keep all lines of one check."""

    began: float
    """Driver's clock at which the check began; times count from here."""
    lines: list[tuple[float, LogKind, str]] = field(default_factory=list)

    def note(self, now: float, kind: LogKind, text: str) -> None:
        """Add one line."""
        self.lines.append((now - self.began, kind, text))

    def messages(self, kind: LogKind) -> list[tuple[float, str]]:
        """Return the time and the text of all lines of one kind."""
        return [(t, text) for t, one, text in self.lines if one == kind]

    def write(self, path: Path) -> None:
        """Write the lines as JSON, one a line."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = (json.dumps({"t": round(t, 6), "kind": kind, "text": text}, ensure_ascii=False) + "\n"
                for t, kind, text in self.lines)  # fmt: skip
        path.write_text("".join(rows), "utf-8")
