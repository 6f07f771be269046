"""A file that somebody else made is read as far as it goes, within bounds, or is one clear line."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from backports import zstd

from ivr.call.events import AudioIn, CallStarted, Tick, TtsAudio
from ivr.replay import exact, tape_file
from ivr.replay.edit.catalogue import catalogue
from ivr.replay.records import RecordDecoder
from ivr.replay.tape import KeptPhrase, Moment, Tape, TapeEnd, TapeError, TapeHeader

START = CallStarted("CA1", "MZ1")
HEADER: dict[str, Any] = {"call_id": "CA1", "legs": {"caller": "audio"}}


def small() -> Tape:
    """Return a tape of three frames of the file behind its header."""
    moments = [Moment(5.0, START, [["WarmUp", {}]])]
    moments += [Moment(5.0 + 0.02 * n, AudioIn(20 * n, bytes([n]) * 160, 0.5)) for n in range(8)]
    moments += [Moment(5.3, TtsAudio(1, 1, bytes(range(200)))), Moment(5.4, Tick())]
    end = TapeEnd("success", "caller_stop", 0.4, len(moments), 1)
    return Tape(TapeHeader("CA1", legs={"caller": "audio"}), moments, {"greeting": b"\xff" * 80}, end=end)


def written(folder: Path, tape: Tape) -> bytes:
    tape_file.write(folder / "whole.tape", tape, a_frame=4)
    return (folder / "whole.tape").read_bytes()


def framed(*records: Any, raw: bytes | None = None) -> bytes:
    """Return a zstd frame that holds a batch of records, or these bytes."""
    batch = msgspec.msgpack.encode(list(records)) if raw is None else raw
    return zstd.compress(len(batch).to_bytes(4, "little") + batch)


def tape_of(folder: Path, *records: Any, header: Any = HEADER) -> Tape:
    """Read a tape whose one frame holds these records."""
    path = folder / "hostile.tape"
    path.write_bytes(framed(["tape", header]) + framed(*records))
    return tape_file.read(path)


def tried(path: Path) -> Tape | None:
    """Read a tape and its summary; a refusal names the file."""
    try:
        tape_file.summary(path)
    except TapeError as fault:
        assert str(fault).startswith(path.name)
    try:
        return tape_file.read(path)
    except TapeError as fault:
        assert str(fault).startswith(path.name)
        assert "\n" not in str(fault)
        return None


def test_a_tape_cut_at_any_byte_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole, data = small(), written(tmp_path, small())
    path, most = tmp_path / "cut.tape", 0
    for size in range(len(data)):
        path.write_bytes(data[:size])
        tape = tried(path)
        if tape is None:
            assert most == 0
            continue
        count = len(tape.moments)
        assert tape.moments == whole.moments[:count] or [m.event for m in tape.moments] == [
            m.event for m in whole.moments[:count]
        ]
        assert count >= most or count == 0
        most = max(most, count)
        # The end stands in front of its checksum and the trailer.
        if size < len(data) - 24:
            assert tape.end is None
            assert "the tape breaks off: the call has no end" in tape.faults
    assert most == len(whole.moments)


@pytest.mark.parametrize("bit", [0, 3, 7])
def test_a_bit_that_flipped_is_a_fault_and_no_more(bit: int, tmp_path: Path) -> None:
    whole, data = small(), written(tmp_path, small())
    events = [moment.event for moment in whole.moments]
    path = tmp_path / "flipped.tape"
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        tape = tried(path)
        if tape is None:
            continue
        # Each frame has a checksum: what is read is what was written.
        assert all(moment.event in events for moment in tape.moments)
        if [moment.event for moment in tape.moments] != events:
            assert tape.faults
            assert tape.gaps or len(tape.moments) < len(events)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({**HEADER, "format": 2}, r"written by a later version \(format 2, this one reads up to 1\)"),
        ({**HEADER, "format": "1"}, "its header makes no sense"),
        ({**HEADER, "format": True}, "its header makes no sense"),
        ({"call_id": 7}, "its header makes no sense"),
        ({}, "its header makes no sense"),
        ({**HEADER, "options": {"endpoint_ms": "x"}}, "its header makes no sense"),
        ({**HEADER, "options": 3}, "its header makes no sense"),
        ({**HEADER, "phrases": {"greeting": {"text": "x", "audio_bytes": 1 << 50}}}, "a phrase of 1125899906842624"),
        ({**HEADER, "phrases": {"greeting": {"text": "x", "audio_bytes": -1}}}, "a phrase of -1 bytes, greeting"),
        ([], "this is no tape"),
    ],
)
def test_a_header_that_makes_no_sense_is_named(header: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(TapeError, match=rf"hostile\.tape: .*{says}"):
        tape_of(tmp_path, header=header)


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    header = {**HEADER, "later": 1, "options": {"later_ms": 3, "language": "en"}}
    tape = tape_of(tmp_path, [1, 5.0, "Tick", {"later": 2}], ["later", 1], header=header)
    assert tape.header.options.language == "en"
    assert tape.moments == [Moment(5.0, Tick())]
    assert tape.phone == [["later", 1]]
    assert tape.unknown == ["later_ms"]
    assert "endpoint_ms = 500" in tape.newer
    assert repr(tape) == "<Tape CA1 0.0 s, 1 events>"


NO_FRAMES: list[Any] = [
    [0],
    [0, 1.0],
    [0, 1.0, 20, 5000],
    [0, float("nan"), 20, 5000, 160],
    [0, float("inf"), 20, 5000, 160],
    [0, True, 20, 5000, 160],
    [0, "1.0", 20, 5000, 160],
    [0, None, 20, 5000, 160],
    [0, 1e300, 20, 5000, 160],
    [0, (1 << 64) - 1, 20, 5000, 160],
    [0, 1.0, 1.5, 5000, 160],
    [0, 1.0, True, 5000, 160],
    [0, 1.0, "20", 5000, 160],
    [0, 1.0, (1 << 64) - 1, 5000, 160],
    [0, 1.0, -(1 << 63), 5000, 160],
    [0, 1.0, 20, 10_001, 160],
    [0, 1.0, 20, -1, 160],
    [0, 1.0, 20, float("nan"), 160],
    [0, 1.0, 20, "0.5", 160],
    [0, 1.0, 20, True, 160],
    [0, 1.0, 20, 5000, -1],
    [0, 1.0, 20, 5000, 1 << 60],
    [0, 1.0, 20, 5000, 4_000_001],
    [0, 1.0, 20, 5000, "audio"],
    [0, 1.0, 20, 5000, None],
    [0, 1.0, 20, 5000, 160, 7],
    [0, 1.0, 20, 5000, 160, "WarmUp"],
    [0, 1.0, 20, 5000, 160, [[]]],
    [0, 1.0, 20, 5000, 160, [["WarmUp"]]],
    [0, 1.0, 20, 5000, 160, [["WarmUp", 3]]],
    [0, 1.0, 20, 5000, 160, [[3, {}]]],
    [0, 1.0, 20, 5000, 160, [["SendAudio", "160"]]],
    [0, 1.0, 20, 5000, 160, [["WarmUp", {}]] * 5000],
    [0, 1.0, 20, 5000, 160, [], {}],
    [0, 1.0, 20, 5000, 160, [], [0] * 5000],
    [0, 1.0, 20, 5000, 160, [], [], "more"],
    [1, 1.0, "Tick"],
    [1, 1.0, "Nothing", {}],
    [1, 1.0, ["Tick"], {}],
    [1, 1.0, "__class__", {}],
    [1, 1.0, "Tick", []],
    [1, 1.0, "Tick", None],
    [1, 1.0, "Tick", {"stood_s": float("nan")}],
    [1, 1.0, "Tick", {"stood_s": float("inf")}],
    [1, 1.0, "Tick", {"stood_s": "1"}],
    [1, 1.0, "ReplyEnded", {"turn": 1, "idle_s": float("-inf")}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": 8, "rate": 0}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": 8, "rate": 1 << 50}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": -8}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": "x"}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": 8, "encoding": "exec"}],
    [1, 1.0, "TtsAudio", {"turn": 1, "sentence": 1, "audio": 1 << 60, "encoding": "mulaw"}],
    [1, 1.0, "TranscriptArrived", {"utterance": True, "text": "x"}],
    [1, 1.0, "CallStarted", {"call_id": "CA1"}],
    [1, 1.0, "CallerLeft", {"how": "as it likes"}],
    [1, 1.0, "ReplyDelta", {"turn": 1 << 63, "text": 3}],
    [-1, 1.0, "Tick", {}, 3],
]


def test_records_of_wrong_types_are_faults(tmp_path: Path) -> None:
    read = [record for record in NO_FRAMES if (tape := tape_of(tmp_path, record)).moments or not tape.faults]
    assert read == []


def test_what_is_behind_a_bad_record_is_read(tmp_path: Path) -> None:
    good = [0, 7.0, 20, 5000, 160]
    for record in NO_FRAMES:
        tape = tape_of(tmp_path, [1, 6.0, "Tick", {}], record, good)
        assert len(tape.moments) == 2, record
        event = tape.moments[1].event
        assert isinstance(event, AudioIn), record
        # Media time of a frame whose score or audio makes no sense has passed all the same.
        assert event.timestamp_ms in (20, 40), record
        assert (tape.moments[1].now, event.payload, event.speech) == (7.0, b"\xff" * 160, 0.5), record
        assert tape.gaps == [1]
        assert len(tape.faults[0]) < 300


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc1",
        b"\x93\x01",
        b"\xdd\xff\xff\xff\xff",
        msgspec.msgpack.encode({"a": 1}),
        msgspec.msgpack.encode([[], []]),
        msgspec.msgpack.encode([1, 2]),
        b"\x91" * 200_000 + b"\xc0",
        b"\x91" * 3_000_000 + b"\xc0",
        b"\x81\xa1a" * 100_000 + b"\xc0",
        b"\xdd" + (2_000_000).to_bytes(4, "big") + b"\x90" * 2_000_000,
        b"\xdc\xff\xff" + b"\x91\xc0" * 0xFFFF + b"\x00" * 1_000_000,
        msgspec.msgpack.encode([[1, 1.0, "Tick", {}, [["a", {}]] * 300_000]]),
    ],
    ids=["nothing", "never used", "short", "long array", "mapping", "empty records", "numbers", "deep", "deeper",
         "deep maps", "many", "trailing", "long record"],
)  # fmt: skip
def test_what_is_no_batch_is_a_fault(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tape"
    path.write_bytes(framed(["tape", HEADER]) + framed(raw=raw) + framed([1, 7.0, "Tick", {}]))
    tape = tape_file.read(path)
    assert [moment.now for moment in tape.moments] == [7.0]
    assert len(tape.faults) == 2 or raw == b""


def test_a_long_record_of_audio_is_read(tmp_path: Path) -> None:
    audio = b"\xd5" * 1_500_000
    tape = tape_of(tmp_path, ["phrase", "greeting", audio], ["caller_audio", audio], [0, 1.0, 20, 5000, 160])
    assert tape.phrase_audio == {"greeting": audio}
    assert tape.moments == [Moment(1.0, AudioIn(20, b"\xd5" * 160, 0.5))]


def test_audio_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    tape = tape_of(tmp_path, ["caller_audio", b"\xd5" * 200], [0, 1.0, 20, 5000, 160], [0, 20, 20, 5000, 160])
    assert len(tape.moments) == 1
    assert "its audio is missing" in tape.faults[0]
    halves = tape_of(tmp_path, ["tts_low", b"ab"], ["tts_high", b"a"])
    assert "differ in length" in halves.faults[0]


def test_silence_that_was_asked_for_is_bounded(tmp_path: Path) -> None:
    """A record of twenty bytes may ask for 4 MB of silence: a frame gets 64 MB of it, a tape as much as it may hold."""
    tape = tape_of(tmp_path, *[[0, 1.0, 20, 5000, 4_000_000]] * 100)
    assert len(tape.moments) == 16
    path = tmp_path / "hostile.tape"
    path.write_bytes(framed(["tape", HEADER]) + framed(*[[0, 1.0, 20, 5000, 4_000_000]] * 16) * 50)
    tape = tape_file.read(path)
    assert 100 < len(tape.moments) <= 16 * 9
    assert "longer than 500 MB" in tape.faults[0]


@pytest.mark.parametrize("size", [9_000_000, 200_000_000])
def test_a_bomb_of_zstd_is_refused(size: int, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tape"
    bomb = zstd.compress(bytes(size))
    assert len(bomb) < 20_000
    path.write_bytes(framed(["tape", HEADER]) + bomb + framed([1, 7.0, "Tick", {}]))
    tracemalloc.start()
    tape = tape_file.read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60_000_000
    assert "too large" in tape.faults[0] or "longer than a frame may be" in tape.faults[0]
    assert len(tape.moments) == 1


def empty_blocks(count: int) -> bytes:
    """Return a frame of blocks without a byte in them: of any length on the disk, and none unpacked."""
    return tape_file.MAGIC + b"\x00\x58" + b"\x00\x00\x00" * count


def test_a_frame_without_end_is_left(tmp_path: Path) -> None:
    path = tmp_path / "hostile.tape"
    path.write_bytes(framed(["tape", HEADER]) + empty_blocks(7_000_000) + framed([1, 7.0, "Tick", {}]))
    tape = tape_file.read(path)
    assert "longer than a frame may be" in tape.faults[0]
    assert len(tape.moments) == 1


def test_a_file_of_damage_is_left_soon(tmp_path: Path) -> None:
    path = tmp_path / "hostile.tape"
    path.write_bytes(framed(["tape", HEADER]) + tape_file.MAGIC * 1_000_000)
    tape = tape_file.read(path)
    assert tape.moments == []
    assert len(tape.faults) == tape_file.MOST_FAULTS


def test_a_tape_ends_once(tmp_path: Path) -> None:
    ends = [["end", {"reason": "one"}], ["end", {"reason": "two"}]]
    tape = tape_of(tmp_path, *ends)
    assert tape.end is not None
    assert tape.end.reason == "one"
    assert tape.faults == ["the tape ends twice, or its end makes no sense"]
    for bad in (["end"], ["end", 3], ["end", {"seconds": "x"}]):
        assert tape_of(tmp_path, bad).end is None


@pytest.mark.parametrize("at", [0, 1, 40, 100, 1 << 20, 1 << 63, (1 << 64) - 1])
def test_a_trailer_may_point_anywhere(at: int, tmp_path: Path) -> None:
    data = written(tmp_path, small())
    path = tmp_path / "hostile.tape"
    path.write_bytes(data[:-8] + at.to_bytes(8, "little"))
    assert tape_file.summary(path).end is None
    assert len(tape_file.read(path).moments) == len(small().moments)
    path.write_bytes(
        framed(["tape", HEADER]) + framed(["end"]) + data[-16:-8] + len(framed(["tape", HEADER])).to_bytes(8, "little")
    )
    assert tape_file.summary(path).end is None
    path.write_bytes(b"".join([framed(["tape", HEADER]), b"x"]))
    assert tape_file.summary(path).end is None


def test_the_trailer_leads_to_the_end(tmp_path: Path) -> None:
    written(tmp_path, small())
    assert tape_file.summary(tmp_path / "whole.tape").end == small().end


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tape")
    for path in (tmp_path / "pipe.tape", tmp_path, Path("/dev/zero")):
        with pytest.raises(TapeError, match="this is no file"):
            tape_file.read(path)
        with pytest.raises(TapeError, match="this is no file"):
            tape_file.summary(path)
    with pytest.raises(FileNotFoundError):
        tape_file.read(tmp_path / "nothing.tape")
    (tmp_path / "loop.tape").symlink_to(tmp_path / "loop.tape")
    with pytest.raises(OSError, match="loop"):
        tape_file.read(tmp_path / "loop.tape")
    written(tmp_path, small())
    (tmp_path / "link.tape").symlink_to(tmp_path / "whole.tape")
    assert len(tape_file.read(tmp_path / "link.tape").moments) == len(small().moments)


def test_a_name_that_is_not_utf_8_can_be_printed(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.tape"))
    path.write_bytes(b"x")
    with pytest.raises(TapeError, match=r"^\\udcff\\udcfe\.tape: this is no tape"):
        tape_file.read(path)
    (entry,) = catalogue([tmp_path])
    str(entry).encode()


def test_numbers_of_an_array_library_are_numbers(tmp_path: Path) -> None:
    tape_file.write(tmp_path / "a.tape", Tape(TapeHeader("CA1"), phone=[["x", np.int16(7)]]))
    assert tape_file.read(tmp_path / "a.tape").phone == [["x", 7]]
    with pytest.raises(NotImplementedError, match="a tape holds no object"):
        tape_file.write(tmp_path / "a.tape", Tape(TapeHeader("CA1"), phone=[["x", object()]]))


def test_what_is_behind_skipped_bytes_is_read(tmp_path: Path) -> None:
    """A trailer in the middle of a file is passed over, and so is a record without a word."""
    path = tmp_path / "joined.tape"
    skipped = b"\x5e\x2a\x4d\x18\x08\x00\x00\x00" + bytes(8)
    path.write_bytes(framed(["tape", HEADER]) + skipped + framed([None, 1], [1, 7.0, "Tick", {}]) + skipped)
    assert [moment.now for moment in tape_file.read(path).moments] == [7.0]


def numbers(tape: Tape) -> Iterator[float]:
    yield from (moment.now for moment in tape.moments)


def test_negative_times_are_read_as_they_are(tmp_path: Path) -> None:
    tape = tape_of(tmp_path, [1, -5.0, "Tick", {}], [1, -1_000_000, "Tick", {}], [1, 0, "Tick", {}])
    assert list(numbers(tape)) == [-5.0, -6.0, -6.0]


def test_a_time_is_a_fraction_where_it_was_one() -> None:
    decoder = RecordDecoder()
    assert decoder.decode([1, 0.1 + 0.2, "Tick", {}]).now == 0.1 + 0.2
    assert decoder.decode([1, 20_000, "Tick", {}]).now == 0.32


def test_the_options_of_a_tape_are_within_bounds(tmp_path: Path) -> None:
    header = TapeHeader("CA1", phrases={"greeting": KeptPhrase("x", 4_000_000)})
    tape_file.write(tmp_path / "a.tape", replace(small(), header=header, phrase_audio={}))
    tape = tape_file.read(tmp_path / "a.tape")
    assert len(tape.options.phrases["greeting"].audio) == 4_000_000
    assert list(exact.steps(tape))
