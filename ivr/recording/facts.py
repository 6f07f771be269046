"""Hold what is known of a recording beside its audio: a small JSON file of the same name."""

from __future__ import annotations

import string
from typing import Final, Literal, TypeAlias

import msgspec

RecordingState: TypeAlias = Literal["open", "kept", "cut", "none"]
"""`open`: the call is on the line, or its process died. `kept`: whole. `cut`: it ends before the call did. `none`:
nothing was kept."""

PLAIN: Final = ".wav"
SEALED: Final = ".rec"
OPEN_PART: Final = ".part"
FACTS: Final = ".json"
LONGEST_FACTS: Final = 1 << 20
"""Bytes of a file of facts that is read."""
_SAFE_LETTERS: Final = frozenset(string.ascii_letters + string.digits + "_-")
_LONGEST_NAME: Final = 64


class RecordingFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Say what a recording is of. No number and no word of the call is in it."""

    call: str
    """The carrier's id of the call."""
    line: str
    began: float
    """Unix seconds at its first sample."""
    days: int
    """Days after which it is deleted; 0: never."""
    name: str = ""
    """The file in the folder of recordings, or the object in the bucket. Empty: there is none."""
    state: RecordingState = "open"
    reason: str = ""
    """Why it is not whole: a fixed word; empty: it is."""
    seconds: float = 0.0
    announced_s: float | None = None
    """Seconds from its beginning at which the caller had heard that it is recorded: before, it is silent. None: the
    line announces nothing."""
    pauses: list[tuple[float, float]] = []
    """Seconds from its beginning, from and to, that are silent because keys were pressed."""
    key: str = ""
    """The id of the key that opens it; empty: it is not encrypted."""
    bytes: int = 0
    """Size of the file."""

    def expires(self) -> float | None:
        """Return the Unix seconds at which it is to be deleted; None: never."""
        return self.began + self.days * 86_400 if self.days else None


def write_facts(facts: RecordingFacts) -> bytes:
    """Return facts as JSON."""
    return msgspec.json.encode(facts)


def read_facts(data: bytes) -> RecordingFacts | None:
    """Return the facts of a file; None: it holds none."""
    try:
        return msgspec.json.decode(data, type=RecordingFacts)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def safe_name(call_id: str) -> str:
    """Return a call's id as a part of a file's name: no slash, no dot, not too long."""
    name = "".join(letter if letter in _SAFE_LETTERS else "_" for letter in call_id[:_LONGEST_NAME])
    return name or "call"
