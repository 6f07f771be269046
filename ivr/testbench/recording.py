"""Record one call at the phone: both tracks, and everything that happened, with its time.

Both tracks are mu-law at 8 kHz and begin with the same sample. Sample 0 is the first of the first media frame, spoken
at `t0` on the driver's clock; that frame left 20 ms after `t0`, when its last sample was spoken. The agent's track is
what the caller *heard*, not what was sent: discarded audio is not in it, gaps are.

Entries hold what was said and which keys were pressed: a record belongs to the developer and is never a log.
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
    "verb", "say", "play", "beep", "ringing", "music", "talk", "dial", "dialled", "left", "callback", "ended",
]  # fmt: skip
"""`request`, `answer`: a webhook was asked, and its answer. `connect`: the socket was accepted. `stream`: `start` was
sent. `clear`: how much audio was discarded. `warning`: the carrier's, by number, once each. `fault`: each message
outside the protocol. `gave_up`: the scenario waited in vain. `leak`: audio after the hang-up. `verb`, `say`: what the
call's document did before or after the stream. `dial`, `dialled`: a person's telephone rings, and whether it was
answered. `play`, `beep`, `ringing`, `music` (of a queue or a conference): what was heard outside the stream. `talk`:
who is on the line from now on; empty: no one. `left`: this party hung up. `ended`: the call is over, and how."""

Ending: TypeAlias = Literal["", "agent", "caller", "carrier", "lost", "refused"]
"""Who ended the stream. `carrier`: an update by REST; `lost`: the socket died. `refused`: there was no stream."""

CERTIFIED_MS = 5.0
"""p99 of the phone's own lateness up to which its figures may be trusted."""


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """Hold one thing that happened on the call."""

    t: float
    """Driver's clock, seconds."""
    kind: Kind
    detail: str = ""


@dataclass(slots=True)
class Speech:
    """Hold one thing that the caller said."""

    label: str
    """Its words, or the file's name."""
    start: int
    """First sample on the caller's track."""
    end: int
    """One past the last."""
    over: bool = False
    """The agent was still to be heard when it began."""
    cut: bool = False
    """The call ended before it was said to its end."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """Hold one `clear`: the bridge discarded audio."""

    sample: int
    """Where the phone was."""
    ms: float
    """Milliseconds of audio that were discarded."""


@dataclass(slots=True)
class PhoneRecord:
    """Hold one call, from the first request to the end."""

    call_sid: str = ""
    stream_sid: str = ""
    placed_on: str = ""
    """Date and time at which it was placed, for people; empty where time is virtual."""
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
    """The numbers that were dialled for the caller."""
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
        """Add an entry and pass it to `watch`."""
        entry = RecordEntry(t, kind, detail)
        self.entries.append(entry)
        if self.watch is not None:
            self.watch(entry)

    def warn(self, t: float, code: int, reason: str) -> None:
        """Add a warning of the carrier, once for each code."""
        if code not in self.warnings:
            self.warnings[code] = reason
            self.note(t, "warning", f"{code} {reason}")

    def of(self, kind: Kind) -> list[RecordEntry]:
        """Return the entries of one kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def discarded_ms(self) -> float:
        """Return how much audio the bridge sent and then discarded, in milliseconds."""
        return sum(cleared.ms for cleared in self.cleared)

    @property
    def lateness_p99_ms(self) -> float:
        """Return how late the phone itself was, in milliseconds, 99th percentile."""
        ordered = sorted(self.lateness_ms)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0.0

    @property
    def certified(self) -> bool:
        """Return whether the phone kept its own time, so that its figures are about the bridge."""
        return self.lateness_p99_ms <= CERTIFIED_MS

    def stereo(self) -> bytes:
        """Return PCM16 at 8 kHz in two channels: the caller left, the agent as heard right."""
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
        # By time alone: an entry and a message of the same instant keep their order.
        lines.sort(key=lambda line: line[0])
        Path(path).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for _, line in lines), "utf-8")


def _pcm(track: bytearray, length: int) -> array[int]:
    """Return a mu-law track as PCM16 samples, padded with silence to `length`."""
    padded = bytes(track) + bytes([g711.SILENCE]) * (length - len(track))
    return array("h", g711.decode(padded))
