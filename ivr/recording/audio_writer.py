"""Write the recordings of all live calls from one thread, so that no disk can stop a call.

What the thread has not written yet is bounded. A recording that cannot be written, or not in time, ends there with a
fixed word for why, and what there is of it is kept; the call goes on and knows nothing of it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ivr.media.g711 import RATE
from ivr.media.stereo_wav import interleave, stereo_header
from ivr.recording.facts import (
    FACTS,
    OPEN_PART,
    PLAIN,
    SEALED,
    RecordingFacts,
    RecordingState,
    safe_name,
    write_facts,
)
from ivr.recording.folder import add_to, begin_file, replace_whole, why_not_written

if TYPE_CHECKING:
    from ivr.recording.sealed import RecordingKey, Sealer

log = logging.getLogger("ivr.recording")

MOST_AUDIO_WAITING: Final = 32_000_000
"""Bytes of audio that may wait for the disk."""
LAST_WRITE_S: Final = 5.0
"""Seconds for which the end of the process waits for the disk."""
_MOST_STREAMS: Final = 100
"""Recordings of one call: it may have more than one stream."""


class _AudioJob(NamedTuple):
    """Hold what the thread is to do for one recording."""

    ticket: int
    begin: RecordingFacts | None = None
    caller: bytes = b""
    agent: bytes = b""
    end: RecordingFacts | None = None
    """End it with these facts; state, reason, size and name are added."""
    cut: str = ""
    """End it now, for this reason."""
    done: threading.Event | None = None
    stop: bool = False


class _OpenRecording:
    """Hold a recording that grows."""

    def __init__(self, facts: RecordingFacts, part: Path, sealer: Sealer | None) -> None:
        self.facts = facts
        self.part = part
        self.sealer = sealer
        self.audio_bytes = 0
        self.size = 0

    @property
    def path(self) -> Path:
        """Return where the recording will lie."""
        return self.part.with_name(self.part.name.removesuffix(OPEN_PART))


class AudioWriter:
    """Queue audio for a thread that writes it. Only the thread waits for the disk."""

    def __init__(self, folder: Path, key: str = "", *, most: int = MOST_AUDIO_WAITING) -> None:
        """Take the folder and the operator's keys as they are written: the first seals; empty: nothing is sealed."""
        self.on_done: Callable[[RecordingFacts], None] = lambda _facts: None
        """Told of each recording that is finished, or that came to nothing. Called from the thread."""
        self.lost: set[int] = set()
        """Tickets of recordings that have ended before their calls."""
        self._folder = folder
        self._written_key = key
        self._key: RecordingKey | None = None
        self._most = most
        self._jobs: queue.SimpleQueue[_AudioJob] = queue.SimpleQueue()
        # Each of these is changed by one side only, so that neither waits for the other.
        self._given = 0
        self._taken = 0
        self._open: dict[int, _OpenRecording] = {}
        self._failed: dict[int, RecordingFacts] = {}
        """Facts of recordings that have ended before their calls."""
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def __repr__(self) -> str:
        return f"<AudioWriter {self._given - self._taken} bytes waiting, {len(self._open)} open>"

    # -- for the event loop --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def begin(self, ticket: int, facts: RecordingFacts) -> None:
        """Begin a recording under a number that no other has."""
        self._jobs.put(_AudioJob(ticket, begin=facts))

    def add(self, ticket: int, caller: bytes, agent: bytes) -> bool:
        """Write audio of both sides; return False when the recording has ended and no more is wanted."""
        if ticket in self.lost:
            return False
        size = len(caller) + len(agent)
        if self._given - self._taken + size > self._most:
            self.lost.add(ticket)
            self._jobs.put(_AudioJob(ticket, cut="disk_slow"))
            return False
        self._given += size
        self._jobs.put(_AudioJob(ticket, caller=caller, agent=agent))
        return True

    def end(self, ticket: int, facts: RecordingFacts) -> None:
        """End a recording: the call is over."""
        self.lost.discard(ticket)
        self._jobs.put(_AudioJob(ticket, end=facts))

    def wait(self, seconds: float) -> bool:
        """Wait until all is done that was asked before, so many seconds at most; return whether it is."""
        done = threading.Event()
        self._jobs.put(_AudioJob(0, done=done))
        return done.wait(seconds)

    def close(self) -> None:
        """Write what waits and end the thread; wait for `LAST_WRITE_S` seconds at most."""
        if not self._thread.is_alive():
            return
        self._jobs.put(_AudioJob(0, stop=True))
        self._thread.join(LAST_WRITE_S)
        if self._thread.is_alive():
            log.warning("recordings_not_written", extra={"bytes": self._given - self._taken})

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._written_key:
            from ivr.recording.sealed import read_keys  # noqa: PLC0415  (loaded by no bridge that has no key)

            self._key = read_keys(self._written_key)[0]
        while not (job := self._jobs.get()).stop:
            if job.done is not None:
                job.done.set()
                continue
            self._do(job)
            self._taken += len(job.caller) + len(job.agent)

    def _do(self, job: _AudioJob) -> None:
        """Do one thing for one recording; whatever goes wrong ends that recording alone."""
        try:
            if job.begin is not None:
                self._begin(job.ticket, job.begin)
            elif job.end is not None and job.ticket in self._failed:
                self._tell_cut(self._failed.pop(job.ticket), job.end)
            elif (open_one := self._open.get(job.ticket)) is None:
                pass
            elif job.end is not None:
                self._end(job.ticket, open_one, job.end)
            elif job.cut:
                self._cut(job.ticket, job.cut)
            else:
                self._write(open_one, interleave(job.caller, job.agent))
        except OSError as fault:
            self._cut(job.ticket, why_not_written(fault), job)
        except Exception:
            log.exception("recording_failed")
            self._cut(job.ticket, "failed", job)

    def _begin(self, ticket: int, facts: RecordingFacts) -> None:
        sealer = None
        if self._key is not None:
            from ivr.recording.sealed import SALT_BYTES, Sealer  # noqa: PLC0415

            sealer = Sealer(self._key, secrets.token_bytes(SALT_BYTES))
            facts = msgspec.structs.replace(facts, key=self._key.id.hex())
        suffix = PLAIN if sealer is None else SEALED
        for number in range(1, _MOST_STREAMS + 1):
            own = safe_name(facts.call) + (f"-{number}" if number > 1 else "")
            part = self._folder / f"{own}{suffix}{OPEN_PART}"
            if begin_file(part, taken=(part.with_suffix(""), self._folder / f"{own}{FACTS}")):
                break
        else:
            raise OSError("too many recordings of one call")
        facts = msgspec.structs.replace(facts, name=part.with_suffix("").name)
        opened = self._open[ticket] = _OpenRecording(facts, part, sealer)
        replace_whole(self._folder / f"{own}{FACTS}", write_facts(facts))
        head = stereo_header(0) if sealer is None else sealer.head
        add_to(part, head)
        opened.size += len(head)

    def _write(self, opened: _OpenRecording, audio: bytes) -> None:
        data = audio if opened.sealer is None else opened.sealer.seal(audio)
        add_to(opened.part, data)
        opened.size += len(data)
        opened.audio_bytes += len(audio)

    def _end(self, ticket: int, opened: _OpenRecording, facts: RecordingFacts, reason: str = "") -> None:
        """Close the file, give it its name, and tell of it."""
        if opened.sealer is not None:
            last = opened.sealer.seal(b"", last=True)
            add_to(opened.part, last)
            opened.size += len(last)
        else:
            file = os.open(opened.part, os.O_RDWR)
            try:
                os.pwrite(file, stereo_header(opened.audio_bytes), 0)
                os.fsync(file)
            finally:
                os.close(file)
        opened.part.rename(opened.path)
        del self._open[ticket]
        done = msgspec.structs.replace(
            facts,
            name=opened.path.name,
            key=opened.facts.key,
            bytes=opened.size,
            seconds=round(opened.audio_bytes / 2 / RATE, 3),
            state="cut" if reason else "kept",
            reason=reason,
        )
        replace_whole(opened.path.with_suffix(FACTS), write_facts(done))
        if reason:
            self._failed[ticket] = done
        else:
            self._tell(done)

    def _cut(self, ticket: int, reason: str, job: _AudioJob | None = None) -> None:
        """End a recording before its call; keep what there is of it."""
        opened = self._open.get(ticket)
        facts = opened.facts if opened is not None else job.begin if job is not None else None
        if facts is None:
            return
        log.warning("recording_cut", extra={"call": facts.call, "reason": reason, "setting": "IVR_RECORDINGS"})
        kept = False
        if opened is not None and opened.audio_bytes:
            with contextlib.suppress(OSError):
                self._end(ticket, opened, facts, reason)
                kept = True
        if not kept:
            self._open.pop(ticket, None)
            # Where there is audio, the keeper mends the file once the disk takes it.
            state: RecordingState = "cut" if opened is not None and opened.audio_bytes else "none"
            self._failed[ticket] = msgspec.structs.replace(facts, state=state, reason=reason)
        if opened is not None and not opened.audio_bytes:
            for path in (opened.part, opened.path.with_suffix(FACTS)):
                with contextlib.suppress(OSError):
                    path.unlink()
        if job is not None and job.end is not None:
            self._tell_cut(self._failed.pop(ticket), job.end)
        else:
            self.lost.add(ticket)

    def _tell_cut(self, cut: RecordingFacts, facts: RecordingFacts) -> None:
        """Tell of a recording that ended before its call, with what is known at the call's end."""
        done = msgspec.structs.replace(cut, announced_s=facts.announced_s, pauses=facts.pauses)
        if done.state == "cut":
            with contextlib.suppress(OSError):
                replace_whole(self._folder / Path(done.name).with_suffix(FACTS), write_facts(done))
        self._tell(done)

    def _tell(self, facts: RecordingFacts) -> None:
        if facts.state == "kept":
            log.info("recording_kept", extra={"call": facts.call, "seconds": facts.seconds, "bytes": facts.bytes})
        self.on_done(facts)
