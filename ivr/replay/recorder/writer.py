"""Write the tapes of all live calls from one thread, so that no disk can stop a call.

What the thread has not written yet is bounded. A tape that cannot be written, or not in time, is dropped with a fixed
word for why, and its file is deleted; the call goes on and knows nothing of it.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import Event, Tick
from ivr.call.options import Phrase
from ivr.call.timeline import Turn
from ivr.media.acoustics import Sounds
from ivr.replay.recorder.folder import LEFT_S, TapeFolder, why
from ivr.replay.recorder.options import KeepMode
from ivr.replay.records import command_record
from ivr.replay.tape import CommandRecord, TapeEnd, TapeHeader
from ivr.replay.tape_file import TapeEncoder, TapeRow, frame_compressor
from ivr.replay.trouble import FAILURE_NOTES, trouble

log = logging.getLogger("ivr.tapes")

MOST_WAITING: Final = 64_000_000
"""Bytes of events, in memory, that may wait for the disk."""
CLOSE_S: Final = 10.0
"""Seconds for which the end of the process waits for the disk."""
PRUNE_S: Final = 600.0
"""Seconds after which tapes that have become too old are looked for again."""

Happening: TypeAlias = tuple[float, Event, Sequence[Command], Sounds]
"""When, what, what was decided, and what was measured for it."""


NO_PHRASES: Final[Mapping[str, Phrase]] = {}


class CallEnd(NamedTuple):
    """Hold what an observer is told at the end of a call."""

    hang_up: HangUp
    turns: Sequence[Turn]


class _WriteJob(NamedTuple):
    """Hold what the thread is to do for one tape."""

    ticket: int
    size: int = 0
    """Bytes in memory, about."""
    header: TapeHeader | None = None
    """Begin the tape with it."""
    phrases: Mapping[str, Phrase] = NO_PHRASES
    """Fixed words of the line, whose audio goes onto the tape when they are said."""
    happenings: Sequence[Happening] = ()
    end: CallEnd | None = None
    """End the tape, and keep it or not."""
    drop: str = ""
    """Delete the tape, for this reason."""
    done: threading.Event | None = None
    """All that was asked before is done."""
    stop: bool = False
    """Write no more: the process ends."""


class _OpenTape:
    """Hold a tape that grows."""

    def __init__(self, header: TapeHeader, part: Path, encoder: TapeEncoder) -> None:
        self.header = header
        self.part = part
        self.encoder = encoder
        self.size = 0
        self.began_at = self.last_at = 0.0
        self.stood_s = 0.0
        self.noted: list[tuple[float, Note]] = []
        """Notes that tell of a failure."""
        self.phrases: dict[str, bytes] = {}
        """Audio of the fixed words that were not said yet."""

    def encode(self, happenings: Sequence[Happening]) -> bytes:
        """Return a frame for these, behind one for each fixed words that were said for the first time."""
        said: list[bytes] = []
        rows: list[TapeRow] = []
        for now, event, commands, sounds in happenings:
            if type(event) is Tick:
                self.stood_s += event.stood_s
            rows.append((now, event, self._decided(commands, now, said) if commands else (), sounds))
        if not self.encoder.events:
            self.began_at = rows[0][0]
        self.last_at = rows[-1][0]
        return b"".join(said) + self.encoder.rows(rows)

    def _decided(self, commands: Sequence[Command], now: float, said: list[bytes]) -> list[CommandRecord]:
        """Return commands as a tape has them; what else follows from them is kept, or goes to the frames `said`."""
        for command in commands:
            if type(command) is Note:
                if command.name in FAILURE_NOTES:
                    self.noted.append((now, command))
                elif command.name == "phrase":
                    said.append(self._phrase(command))
        audible = self.header.audible
        return [command_record(command, audible=audible) for command in commands]

    def _phrase(self, note: Note) -> bytes:
        """Return a frame with the audio of fixed words; nothing when it is on the tape, or there is none."""
        name = str(note.fields.get("name"))
        audio = self.phrases.pop(name, b"")
        return self.encoder.phrase(name, audio) if audio else b""

    def end(self, end: CallEnd) -> TapeEnd:
        """Return the end of the tape."""
        return TapeEnd(
            end.hang_up.result,
            end.hang_up.reason,
            seconds=round(self.last_at - self.began_at, 6),
            events=self.encoder.events,
            turns=len(end.turns),
            digest=self.encoder.digest,
            trouble=trouble(end.turns, end.hang_up, self.header.options, self.noted),
            stood_s=round(self.stood_s, 3),
        )


class TapeWriter:
    """Queue what happens on calls for a thread that writes it. Only the thread waits for the disk."""

    def __init__(self, folder: TapeFolder, keep: KeepMode = "all", *, most: int = MOST_WAITING) -> None:
        self._folder = folder
        self._keep = keep
        self._most = most
        self._jobs: queue.SimpleQueue[_WriteJob] = queue.SimpleQueue()
        # Each of these is changed by one side only, so that neither waits for the other.
        self._given = 0
        self._taken = 0
        self.lost: set[int] = set()
        """Tickets of tapes that the thread has dropped, until they are ended."""
        self.outcomes: Counter[str] = Counter()
        """Tapes by what became of them: `kept`, `not_kept`, or why they were dropped."""
        self.on_tape: Callable[[str, int], None] = lambda _outcome, _size: None
        """Told the same, and the bytes of the tape. Called from the thread."""
        self.on_kept: Callable[[str, str], None] = lambda _call, _name: None
        """Told the call of a tape that was kept, and its file's name. Called from the thread."""
        self._open: dict[int, _OpenTape] = {}
        self._compressor = frame_compressor()
        """Of all tapes: a call on the line keeps none of its own."""
        self._stored = self._pruned_at = 0.0
        self._looked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="tapes", daemon=True)

    def __repr__(self) -> str:
        return f"<TapeWriter {self._given - self._taken} bytes waiting, {len(self._open)} tapes open>"

    # -- for the event loop --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread. It begins with what an earlier process has left in the folder."""
        self._thread.start()

    def begin(self, ticket: int, header: TapeHeader, phrases: Mapping[str, Phrase]) -> None:
        """Begin a tape under a number that no other has. `phrases`: fixed words whose audio goes onto it once said."""
        self._jobs.put(_WriteJob(ticket, header=header, phrases=phrases))

    def add(self, ticket: int, happenings: Sequence[Happening], size: int) -> bool:
        """Write what happened, `size` bytes of memory; return False when the tape is lost and no more is wanted."""
        if ticket in self.lost:
            self.lost.discard(ticket)
            return False
        if self._given - self._taken + size > self._most:
            self._jobs.put(_WriteJob(ticket, drop="disk_slow"))
            return False
        self._given += size
        self._jobs.put(_WriteJob(ticket, size, happenings=happenings))
        return True

    def end(self, ticket: int, end: CallEnd) -> None:
        """End a tape, and keep it or not."""
        self._jobs.put(_WriteJob(ticket, end=end))

    def wait(self, seconds: float) -> bool:
        """Wait until all is done that was asked before, so many seconds at most; return whether it is."""
        done = threading.Event()
        self._jobs.put(_WriteJob(0, done=done))
        return done.wait(seconds)

    def close(self) -> None:
        """Write what waits and end the thread; wait for `CLOSE_S` seconds at most. What is open breaks off."""
        if not self._thread.is_alive():
            return
        self._jobs.put(_WriteJob(0, stop=True))
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            log.warning("tapes_not_written", extra={"bytes": self._given - self._taken})

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._tell_left(self._folder.open())
            self._prune()
        except OSError as fault:
            log.warning("tapes_folder", extra={"path": str(self._folder.path), "problem": why(fault)})
        while not (job := self._jobs.get()).stop:
            if job.done is not None:
                job.done.set()
                continue
            self._do(job)
            self._taken += job.size
            if job.end is not None:
                self._keep_left()
        for tape in self._open.values():
            # Without an end: it breaks off.
            with contextlib.suppress(OSError):
                self._folder.keep(tape.part)
        self._folder.close()

    def _do(self, job: _WriteJob) -> None:
        """Do one thing for one tape; whatever goes wrong costs that tape alone."""
        try:
            if job.header is not None:
                self._begin(job.ticket, job.header, job.phrases)
            elif (tape := self._open.get(job.ticket)) is None:
                self.lost.discard(job.ticket)
            elif job.drop:
                self._drop(job, job.drop)
            elif job.end is not None:
                self._end(job.ticket, tape, job.end)
            else:
                self._write(tape, tape.encode(job.happenings))
        except OSError as fault:
            self._lose(job, why(fault))
        except Exception:
            log.exception("tape_failed")
            # It may have stopped inside a frame.
            self._compressor = frame_compressor()
            self._lose(job, "failed")

    def _begin(self, ticket: int, header: TapeHeader, phrases: Mapping[str, Phrase]) -> None:
        encoder = TapeEncoder(header, self._compressor)
        tape = self._open[ticket] = _OpenTape(header, self._folder.claim(header.call_id), encoder)
        tape.phrases = {name: phrase.audio for name, phrase in phrases.items() if phrase.audio}
        self._write(tape, tape.encoder.head())

    def _write(self, tape: _OpenTape, data: bytes) -> None:
        self._folder.add(tape.part, data)
        tape.size += len(data)

    def _end(self, ticket: int, tape: _OpenTape, end: CallEnd) -> None:
        last = tape.end(end)
        if self._keep == "trouble" and not last.trouble:
            self._folder.delete(tape.part)
            del self._open[ticket]
            self._count("not_kept", tape.size)
            return
        self._write(tape, tape.encoder.end(last))
        kept = self._folder.keep(tape.part)
        del self._open[ticket]
        self.on_kept(tape.header.call_id, kept.name)
        self._count("kept", tape.size)
        kinds = " ".join(sorted({one.kind for one in last.trouble})) or "none"
        log.info("tape_kept", extra={"call": tape.header.call_id, "trouble": kinds, "bytes": tape.size})
        self._stored += tape.size
        self._prune()

    def _lose(self, job: _WriteJob, reason: str) -> None:
        """Drop a tape that its call still adds to."""
        self.lost.add(job.ticket)
        self._drop(job, reason)

    def _drop(self, job: _WriteJob, reason: str) -> None:
        """Forget a tape, and delete its file."""
        tape = self._open.pop(job.ticket, None)
        header = tape.header if tape is not None else job.header
        told = {"call": header.call_id if header is not None else "", "reason": reason}
        self._count(reason, 0 if tape is None else tape.size)
        log.warning("tape_dropped", extra=told)
        if tape is not None:
            try:
                self._folder.delete(tape.part)
            except OSError as fault:
                log.warning("tape_not_deleted", extra={**told, "reason": why(fault)})

    def _count(self, outcome: str, size: int) -> None:
        self.outcomes[outcome] += 1
        self.on_tape(outcome, size)

    def _keep_left(self) -> None:
        """Keep, from time to time, what a worker has left that died beside this one."""
        now = time.monotonic()
        if now - self._looked_at < LEFT_S:
            return
        self._looked_at = now
        with contextlib.suppress(OSError):
            self._tell_left(self._folder.keep_left([tape.part for tape in self._open.values()]))

    def _tell_left(self, tapes: Sequence[Path]) -> None:
        for left in tapes:
            log.info("tape_recovered", extra={"tape": left.name})

    def _prune(self) -> None:
        """Delete the tapes that are too old or too many, where there may be any."""
        now = time.monotonic()
        if self._pruned_at and now - self._pruned_at < PRUNE_S and self._stored <= self._folder.most:
            return
        deleted, self._stored = self._folder.prune(time.time())
        self._pruned_at = now
        if deleted:
            log.info("tapes_deleted", extra={"tapes": deleted})
