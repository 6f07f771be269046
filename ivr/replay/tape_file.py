"""Write a tape as bytes, and read one back, whatever has happened to the file.

A tape is a row of zstd frames, and `zstd -d` reads it. A frame holds batches: four bytes of length (little-endian),
then a MessagePack array of records. Each frame stands alone, so that what is behind a damaged one is still read. The
last frame holds the end of the call; where it begins is said in a skippable frame behind it, so that a list of many
tapes reads no tape as a whole. docs/tape.md has the fields.

Reading trusts nothing: lengths, types and sizes are checked, and nothing on a tape is executed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeAlias

import msgspec

from ivr.call.events import Event
from ivr.call.options import CallOptions
from ivr.replay.records import CommandDigest, RecordDecoder, RecordEncoder, plain_number
from ivr.replay.tape import PHRASE_KEYS, TAPE_FORMAT, CommandRecord, Moment, Tape, TapeEnd, TapeError, TapeHeader

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""First bytes of a zstd frame."""
_TRAILER: Final = b"\x5e\x2a\x4d\x18\x08\x00\x00\x00"
"""First bytes of the skippable frame at the end: its magic number, and eight as its length."""
_WHERE: Final = 8
LARGEST_BATCH: Final = 8_000_000
LARGEST_TAPE: Final = 500_000_000
"""Bytes that are read of a tape, uncompressed: the audio of six hours."""
MOST_EVENTS: Final = 1_500_000
MOST_DAMAGED: Final = 500
"""Damaged frames behind which the rest of a file is not looked at."""
LARGEST_RECORD: Final = 1_000_000
"""Bytes of a record that is not audio alone: what is unpacked of it may be sixty times as large."""
MOST_RECORDS: Final = 100_000
"""Records of one batch."""
LARGEST_PHRASE: Final = 4_000_000
"""Bytes of the audio of a phrase."""
_NO_CHOICES: Final = frozenset({"phrases", "languages", "language_by_words", "changed_to"})
"""Fields of the options that hold a line's words, or none of its choices."""
MOST_FAULTS: Final = 20
_PIECE: Final = 1 << 18
_OPTIONS: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.checksum_flag: 1,
    # A frame is some twenty thousand bytes: larger tables take longer to clear than they find more.
    zstd.CompressionParameter.window_log: 15,
    zstd.CompressionParameter.hash_log: 12,
}
_READ: Final[dict[int, int]] = {zstd.DecompressionParameter.window_log_max: 23}


TapeRow: TypeAlias = tuple[float, Event, Sequence[CommandRecord], Sequence[Any]]
"""The fields of a `Moment`."""


class TapeEncoder:
    """Write one tape: each call returns bytes to put behind those before. Pure: files are for the one who asks."""

    def __init__(self, header: TapeHeader, compressor: zstd.ZstdCompressor | None = None) -> None:
        """Take `compressor`, which tapes that are written in one thread may share; None: one of this tape's own."""
        self._header = header
        self._audible = header.audible
        self._digest = CommandDigest()
        # Each frame is whole when it is returned, so that nothing of a tape stays in the compressor.
        self._compressor = compressor or frame_compressor()
        self._written = 0
        self.events = 0
        """Moments so far."""

    def head(self) -> bytes:
        """Return the first frame of the tape."""
        return self._frame([["tape", msgspec.to_builtins(self._header, builtin_types=(bytes,))]])

    def moments(self, moments: Iterable[Moment]) -> bytes:
        """Return a frame that holds these moments. The caller of this method keeps their order over all frames."""
        return self.rows((one.now, one.event, one.commands, one.sounds) for one in moments)

    def rows(self, rows: Iterable[TapeRow]) -> bytes:
        """Return a frame that holds these events: the same as `moments`, for what writes many of them a second."""
        encoder = RecordEncoder(audible=self._audible)
        decided: list[CommandRecord] = []
        for now, event, commands, sounds in rows:
            encoder.add(now, event, commands, sounds)
            if commands:
                decided += commands
        if decided:
            self._digest.add(decided)
        self.events += len(encoder.records)
        return self._frame(*([stream] for stream in encoder.streams()), encoder.records)

    def phrase(self, name: str, audio: bytes) -> bytes:
        """Return a frame that holds the audio of a phrase, mu-law."""
        return self._frame([["phrase", name, audio]])

    def phone(self, records: list[Any]) -> bytes:
        """Return a frame that holds records of the phone's side, each a list whose first item is a word."""
        return self._frame(records)

    @property
    def digest(self) -> str:
        """Return the digest of every command so far."""
        return str(self._digest)

    def end(self, end: TapeEnd) -> bytes:
        """Return the last frame of the tape, and where it begins."""
        at = self._written
        last = self._frame([["end", msgspec.to_builtins(end)]])
        return last + _TRAILER + at.to_bytes(_WHERE, "little")

    def _frame(self, *batches: list[Any]) -> bytes:
        *first, last = map(_batch, batches)
        # A block for each batch: what zstd learns of one kind of bytes is no good for the next.
        parts = [self._compressor.compress(batch, zstd.ZstdCompressor.FLUSH_BLOCK) for batch in first]
        frame: bytes = b"".join([*parts, self._compressor.compress(last, zstd.ZstdCompressor.FLUSH_FRAME)])
        self._written += len(frame)
        return frame


def frame_compressor() -> zstd.ZstdCompressor:
    """Return what compresses the frames of tapes. It holds 0.4 MB."""
    return zstd.ZstdCompressor(options=_OPTIONS)


def _batch(records: list[Any]) -> bytes:
    """Return records as a batch, behind its length."""
    batch = msgspec.msgpack.encode(records, enc_hook=plain_number)
    return len(batch).to_bytes(4, "little") + batch


def write(path: Path, tape: Tape, *, a_frame: int = 64) -> None:
    """Write a whole tape as a file of the developer's alone. Raises OSError."""
    encoder = TapeEncoder(tape.header)
    parts = [encoder.head()]
    parts += [encoder.phrase(name, audio) for name, audio in tape.phrase_audio.items()]
    parts += [encoder.phone(tape.phone[at : at + a_frame]) for at in range(0, len(tape.phone), a_frame)]
    parts += [encoder.moments(tape.moments[at : at + a_frame]) for at in range(0, len(tape.moments), a_frame)]
    if tape.end is not None:
        parts.append(encoder.end(tape.end))
    path.touch(mode=0o600)
    path.write_bytes(b"".join(parts))


def read(path: Path) -> Tape:
    """Read a tape. Raises TapeError where it cannot be read at all, OSError as `open` does.

    A tape that breaks off, or is damaged in places, is read as far as it goes: see `Tape.faults` and `Tape.gaps`.
    """
    with _opened(path) as file:
        return _Reading(_name(path), file).tape()


def _opened(path: Path) -> BinaryIO:
    """Open a tape. Raises TapeError for what is no file: reading a pipe would wait for ever."""
    # For what is not there, the error of `open` says more.
    if path.exists() and not path.is_file():
        raise TapeError(f"{_name(path)}: this is no file")
    return path.open("rb")


def _name(path: Path) -> str:
    """Return the name of a file as it can be printed, also one that is not UTF-8."""
    return path.name.encode("utf-8", "backslashreplace").decode()


class Summary(NamedTuple):
    """Hold what a list of tapes shows of one."""

    path: Path
    header: TapeHeader
    end: TapeEnd | None
    """None: the tape breaks off."""


def summary(path: Path) -> Summary:
    """Read the first and the last frame of a tape alone. Raises TapeError, OSError."""
    with _opened(path) as file:
        header = _header(_name(path), next(_frames(file), None))
        file.seek(0, 2)
        size = file.tell()
        # A header alone is longer than a trailer.
        file.seek(size - len(_TRAILER) - _WHERE)
        trailer = file.read()
        at = int.from_bytes(trailer[-_WHERE:], "little")
        if not trailer.startswith(_TRAILER) or at >= size:
            return Summary(path, header, None)
        file.seek(at)
        # A trailer that points elsewhere than to a frame leads nowhere: the file is not searched for one.
        last = next(_frames(file), None) if file.read(len(MAGIC)) == MAGIC and file.seek(at) == at else None
        match last.records if last is not None else []:
            case [["end", said, *_], *_]:
                return Summary(path, header, _end(said))
        return Summary(path, header, None)


class _FrameRead(NamedTuple):
    """Hold one frame of the file, as far as it could be read."""

    records: list[Any]
    size: int
    """Bytes, uncompressed."""
    fault: str
    """Why it was not read to its end; empty: it was."""
    last: bool
    """The file ends with it."""


def _frames(file: BinaryIO) -> Iterator[_FrameRead]:
    """Yield the frames from here on. Behind one that is damaged, the next that can be found is read."""
    data = file.read(_PIECE)
    damaged = 0
    while data and damaged < MOST_DAMAGED:
        if not data.startswith(MAGIC):
            skipped = _skippable(data)
            if skipped is not None:
                data = data[skipped:] or file.read(_PIECE)
                continue
            damaged += 1
            data = _seek(file, data)
            yield _FrameRead([], 0, "is missing: other bytes are in its place", not data)
            continue
        frame, data = _frame(file, data)
        damaged += bool(frame.fault)
        yield frame
    if data:
        yield _FrameRead([], 0, "is damaged, as so many before it: the rest of the file is not read", last=True)


def _frame(file: BinaryIO, data: bytes) -> tuple[_FrameRead, bytes]:
    """Return the frame at the beginning of `data`, and what is behind it."""
    whole, content, fault = data, bytearray(), ""
    decompressor = zstd.ZstdDecompressor(options=_READ)
    try:
        while not decompressor.eof and len(content) <= LARGEST_BATCH:
            content += decompressor.decompress(data, LARGEST_BATCH)
            if decompressor.needs_input and not decompressor.eof:
                data = file.read(_PIECE)
                if not data:
                    fault = "breaks off"
                    break
                # Blocks without a byte in them make a frame of any length.
                if len(whole) > 2 * LARGEST_BATCH:
                    break
                whole += data
            else:
                data = b""
    except zstd.ZstdError:
        fault = "is damaged"
    if not fault and not decompressor.eof:
        fault = "is longer than a frame may be"
    if fault:
        # Behind a frame that cannot be read, the next is found by its first bytes.
        rest = _seek(file, whole[len(MAGIC) :]) if fault != "breaks off" else b""
    else:
        rest = decompressor.unused_data or file.read(_PIECE)
    records, trouble = _batches(bytes(content), whole=not fault)
    return _FrameRead(records, len(content), fault or trouble, not rest), rest


def _seek(file: BinaryIO, data: bytes) -> bytes:
    """Return what is left of the file from the next frame on."""
    while (at := data.find(MAGIC)) < 0:
        tail = data[-len(MAGIC) + 1 :]
        more = file.read(_PIECE)
        if not more:
            return b""
        data = tail + more
    return data[at:]


def _skippable(data: bytes) -> int | None:
    """Return the length of the skippable frame that begins here. None: there is none."""
    return len(_TRAILER) + _WHERE if data.startswith(_TRAILER) and len(data) >= len(_TRAILER) + _WHERE else None


def _batches(content: bytes, *, whole: bool) -> tuple[list[Any], str]:
    """Return the records of a frame, and what is wrong with it. `whole=False`: its last batch may be cut."""
    records: list[Any] = []
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "little")
        batch = content[at + 4 : at + 4 + length]
        if len(batch) < length:
            return records, "its last batch is not whole" if whole else ""
        at += 4 + length
        try:
            found = _unpacked(batch)
        except (ValueError, RecursionError):
            return records, "a batch is no MessagePack, or too large"
        if not isinstance(found, list) or not all(isinstance(record, list) and record for record in found):
            return records, "a batch is no array of records"
        records += found
    return records, ""


def _unpacked(batch: bytes) -> Any:
    """Return what a batch holds. Raises ValueError, RecursionError."""
    if len(batch) <= LARGEST_RECORD:
        return msgspec.msgpack.decode(batch)
    # What is small grows in memory when it is unpacked: only audio may be long.
    count = int.from_bytes(batch[1:5], "big") if batch[0] == 0xDD else int.from_bytes(batch[1:3], "big")
    if batch[0] in (0xDC, 0xDD) and count > MOST_RECORDS:
        raise ValueError("too many records")
    found = []
    for record in msgspec.msgpack.decode(batch, type=list[msgspec.Raw]):
        if len(memoryview(record)) <= LARGEST_RECORD:
            found.append(msgspec.msgpack.decode(record))
            continue
        try:
            found.append([*msgspec.msgpack.decode(record, type=tuple[str, bytes])])
        except msgspec.ValidationError:
            found.append([*msgspec.msgpack.decode(record, type=tuple[str, str, bytes])])
    return found


class _Reading:
    """Read one tape."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._frames = _frames(file)
        first = next(self._frames, None)
        self._tape = Tape(_header(name, first))
        said = first.records[0][1].get("options") if first is not None else None
        if isinstance(said, dict):
            own = {
                one.name: getattr(CallOptions(), one.name) for one in fields(CallOptions) if one.name not in _NO_CHOICES
            }
            self._tape.newer = [f"{option} = {default}" for option, default in own.items() if option not in said]
            self._tape.unknown = [str(option) for option in said if option not in own and option not in _NO_CHOICES]
        self._silence = 0
        """Bytes that stand in for audio in the frame that was read last."""
        self._broken = False
        """Something is missing in front of what comes next."""

    def tape(self) -> Tape:
        """Return the whole tape."""
        tape, size = self._tape, 0
        for frame in self._frames:
            size += frame.size
            self._take(frame)
            size += self._silence
            if size > LARGEST_TAPE or len(tape.moments) > MOST_EVENTS:
                self._fault(f"longer than {LARGEST_TAPE // 1_000_000} MB or {MOST_EVENTS} events: the rest is not read")
                return tape
        if tape.end is None:
            self._fault("the tape breaks off: the call has no end")
        return tape

    def _take(self, frame: _FrameRead) -> None:
        decoder = RecordDecoder()
        for record in frame.records:
            match record:
                case [int(), *_]:
                    try:
                        moment = decoder.decode(record)
                    except ValueError as fault:
                        self._fault(f"event {len(self._tape.moments) + 1}: {fault}", missing=True)
                        continue
                    if self._broken:
                        self._broken = False
                        self._tape.gaps.append(len(self._tape.moments))
                    self._tape.moments.append(moment)
                case [("caller_audio" | "tts_low" | "tts_high") as name, bytes() as audio]:
                    try:
                        decoder.stream(name, audio)
                    except ValueError as fault:
                        self._fault(f"behind event {len(self._tape.moments)}: {fault}", missing=True)
                case ["phrase", str() as name, bytes() as audio] if name in PHRASE_KEYS:
                    self._tape.phrase_audio[name] = audio
                case ["end", dict() as said] if self._tape.end is None:
                    self._tape.end = _end(said)
                case ["end", *_]:
                    self._fault("the tape ends twice, or its end makes no sense")
                case [str(), *_]:
                    # A record that this version does not know is for a later one.
                    self._tape.phone.append(record)
        self._silence = decoder.silence
        if frame.fault and not (frame.last and frame.fault == "breaks off"):
            self._fault(f"behind event {len(self._tape.moments)}: a frame {frame.fault}", missing=True)

    def _fault(self, what: str, *, missing: bool = False) -> None:
        self._broken = self._broken or missing
        if len(self._tape.faults) < MOST_FAULTS:
            self._tape.faults.append(what)


def _header(name: str, first: _FrameRead | None) -> TapeHeader:
    """Return the header of a tape. Raises TapeError with what is wrong with the file."""
    if first is None:
        raise TapeError(f"{name}: the file is empty")
    said: Mapping[str, Any] | None = None
    match first.records:
        case [["tape", dict() as said]]:
            pass
        case _:
            raise TapeError(f"{name}: this is no tape" + (f": its first frame {first.fault}" if first.fault else ""))
    form = said.get("format")
    if type(form) is int and form > TAPE_FORMAT:
        raise TapeError(f"{name}: written by a later version (format {form}, this one reads up to {TAPE_FORMAT})")
    try:
        header = msgspec.convert(said, TapeHeader, builtin_types=(bytes,))
    except (msgspec.ValidationError, ValueError, TypeError) as fault:
        raise TapeError(f"{name}: its header makes no sense: {fault}") from None
    for phrase, kept in header.phrases.items():
        # Silence of this length stands in for the audio.
        if not 0 <= kept.audio_bytes <= LARGEST_PHRASE:
            raise TapeError(f"{name}: its header makes no sense: a phrase of {kept.audio_bytes} bytes, {phrase}")
    return header


def _end(said: Any) -> TapeEnd | None:
    """Return the end of a tape; None where it makes no sense."""
    try:
        return msgspec.convert(said, TapeEnd)
    except (msgspec.ValidationError, ValueError, TypeError):
        return None
