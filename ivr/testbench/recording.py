"""What one call was at the phone: both tracks, and everything that happened, with its time.

Both tracks are mu-law at 8 kHz and begin with the same sample: sample 0 is the first of the first media frame, spoken
at `t0` on the driver's clock. A frame leaves when its last sample was spoken, so the first one left 20 ms after `t0`.
The agent's track is what the caller *heard*, not what was sent: thrown away audio is not in it, gaps are.

The record is filled while the call runs and complete when it is over; `phone_figures` measures it. Entries hold what
was said and which keys were pressed: a record is the developer's own, never a log.
"""

from __future__ import annotations

import json
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from ivr.media import g711
from ivr.testbench.phone.playback import PlayedRun

Kind: TypeAlias = Literal[
    "request", "answer", "connect", "stream", "caller_speaks", "caller_silent", "digit", "agent_speaks",
    "agent_silent", "mark", "mark_back", "clear", "warning", "fault", "gave_up", "hang_up", "leak", "closed",
    "verb", "say", "dial", "dialled", "callback", "ended",
]  # fmt: skip
"""`request`, `answer`: a webhook was asked and what it said. `connect`: the socket was accepted. `stream`: `start` was
sent. `clear`: how much was thrown away. `warning`: the carrier's, by number, once each. `fault`: every single message
that was not in the protocol. `gave_up`: the scenario waited in vain. `leak`: audio after the hang-up. `verb`, `say`:
what the call's document did before or after the stream. `dial`, `dialled`: a person's telephone rings, and whether
somebody answered. `ended`: the call is over, and how."""

Ending: TypeAlias = Literal["", "agent", "caller", "carrier", "lost", "refused"]
"""Who ended the stream. `carrier`: an update by REST; `lost`: the socket died; `refused`: there never was one."""

CERTIFIED_MS = 5.0
"""p99 of the phone's own lateness up to which its figures may be trusted."""


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """Something that happened on the call."""

    t: float
    """Driver's clock, seconds."""
    kind: Kind
    detail: str = ""


@dataclass(slots=True)
class Speech:
    """The caller said something."""

    label: str
    """Its words, or the file's name."""
    start: int
    """First sample on the caller's track."""
    end: int
    """One past the last."""
    over: bool = False
    """The agent was still to be heard when it began."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The bridge threw audio away."""

    sample: int
    """Where the phone was."""
    ms: float
    """How much was thrown away."""


@dataclass(slots=True)
class PhoneRecord:
    """One call, from the first request to the end."""

    call_sid: str = ""
    stream_sid: str = ""
    t0: float | None = None
    """Driver's clock at sample 0; None while there was no stream."""
    caller: bytearray = field(default_factory=bytearray)
    """The caller's track, mu-law at 8 kHz."""
    heard: bytearray = field(default_factory=bytearray)
    """What the caller heard, mu-law at 8 kHz, as long as `caller` to within a chunk."""
    runs: list[PlayedRun] = field(default_factory=list)
    """Agent audio heard, piece by piece."""
    speech: list[Speech] = field(default_factory=list)
    """What the caller said, in order."""
    cleared: list[Cleared] = field(default_factory=list)
    entries: list[RecordEntry] = field(default_factory=list)
    """Everything that happened, in order of arrival; an entry's time may lie a few ms before the one above it."""
    warnings: dict[int, str] = field(default_factory=dict)
    """The carrier's warnings and errors by number, each with the first reason."""
    messages: list[tuple[float, str, str]] = field(default_factory=list)
    """Time, `>` to the bridge or `<` from it, and the message: only when the phone was told to keep them."""
    lateness_ms: array[float] = field(default_factory=lambda: array("d"))
    """Of each chunk: how much later than due it left."""
    ended: Ending = ""
    leaked_ms: float = 0.0
    """Agent audio that arrived after the hang-up."""
    cut_ms: float = 0.0
    """Agent audio still to be heard when the stream ended."""
    twiml_s: float | None = None
    """From the first voice request to its answer."""
    connect_s: float | None = None
    """From the socket's first byte to its acceptance."""
    said: list[str] = field(default_factory=list)
    """Texts of `<Say>` outside the stream."""
    dialled: list[str] = field(default_factory=list)
    """Who was dialled for the caller."""
    verbs: list[str] = field(default_factory=list)
    """Every verb the documents ran, by name."""
    watch: Callable[[RecordEntry], None] | None = field(default=None, repr=False, compare=False)
    """Called with each entry as it happens."""

    def __repr__(self) -> str:
        seconds = len(self.heard) / 8000
        return (
            f"<PhoneRecord {self.call_sid or '-'} {seconds:.1f} s, {len(self.runs)} runs, ended by {self.ended or '-'}>"
        )

    def note(self, t: float, kind: Kind, detail: str = "") -> None:
        """Write an entry down and tell whoever watches."""
        entry = RecordEntry(t, kind, detail)
        self.entries.append(entry)
        if self.watch is not None:
            self.watch(entry)

    def warn(self, t: float, code: int, reason: str) -> None:
        """The carrier warns: once for each code."""
        if code not in self.warnings:
            self.warnings[code] = reason
            self.note(t, "warning", f"{code} {reason}")

    def of(self, kind: Kind) -> list[RecordEntry]:
        """The entries of one kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def discarded_ms(self) -> float:
        """Audio the bridge sent and threw away again."""
        return sum(cleared.ms for cleared in self.cleared)

    @property
    def lateness_p99_ms(self) -> float:
        """How late the phone itself was, 99th percentile."""
        ordered = sorted(self.lateness_ms)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0.0

    @property
    def certified(self) -> bool:
        """The phone kept its own time: its figures say something about the bridge."""
        return self.lateness_p99_ms <= CERTIFIED_MS

    def stereo(self) -> bytes:
        """PCM16 at 8 kHz, caller left, agent as heard right."""
        length = max(len(self.caller), len(self.heard))
        both = array("h", bytes(4 * length))
        both[0::2] = _pcm(self.caller, length)
        both[1::2] = _pcm(self.heard, length)
        return both.tobytes()

    def save_wav(self, path: Path | str) -> None:
        """Write `stereo` as a WAV file."""
        with Path(path).open("wb") as target, wave.open(target, "wb") as file:
            file.setparams((2, 2, g711.RATE, 0, "NONE", ""))
            file.writeframes(self.stereo())

    def save_log(self, path: Path | str) -> None:
        """Write entries and kept messages as JSON lines, in order of time."""
        lines: list[tuple[float, dict[str, object]]] = [
            (entry.t, {"t": round(entry.t, 6), "kind": entry.kind, "detail": entry.detail}) for entry in self.entries
        ]
        lines += [(t, {"t": round(t, 6), "way": way, "message": text}) for t, way, text in self.messages]
        lines.sort(key=lambda line: line[0])
        Path(path).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for _, line in lines), "utf-8")


def _pcm(track: bytearray, length: int) -> array[int]:
    padded = bytes(track) + bytes([g711.SILENCE]) * (length - len(track))
    return array("h", g711.decode(padded))
