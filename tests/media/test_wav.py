"""WAV files: the round trip, and everything a header can get wrong."""

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.media import g711, wav
from ivr.media.wav import Wav

PCM = bytes(range(200))


def fmt(code: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, more: bytes = b"") -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", code, channels, rate, rate * frame % 2**32, frame, bits) + more


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sI", name, len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(body) if size is None else size) + body


def test_the_standard_library_reads_what_is_written() -> None:
    with wave.open(io.BytesIO(wav.encode(PCM, 16000))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        assert file.readframes(1000) == PCM


@given(st.binary(max_size=100).map(lambda b: b[: len(b) & ~1]), st.sampled_from([8000, 16000, 44100]))
def test_round_trip(pcm: bytes, rate: int) -> None:
    assert wav.decode(wav.encode(pcm, rate)) == Wav(pcm, rate, 1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(riff(chunk(b"fmt ", fmt()), chunk(b"data", PCM)), Wav(PCM, 8000, 1), id="plain"),
        pytest.param(
            riff(chunk(b"LIST", b"odd"), chunk(b"fmt ", fmt()), chunk(b"fact", b"1234"), chunk(b"data", PCM)),
            Wav(PCM, 8000, 1),
            id="extra chunks",
        ),
        pytest.param(
            riff(chunk(b"fmt ", fmt()), chunk(b"data", PCM, 0xFFFFFFFF), size=0xFFFFFFFF),
            Wav(PCM, 8000, 1),
            id="stream",
        ),
        pytest.param(riff(chunk(b"fmt ", fmt()), chunk(b"data", PCM, 0), size=0), Wav(PCM, 8000, 1), id="size zero"),
        pytest.param(riff(chunk(b"fmt ", fmt()), chunk(b"data", PCM, 9999)), Wav(PCM, 8000, 1), id="cut short"),
        pytest.param(riff(chunk(b"fmt ", fmt()), chunk(b"data", PCM + b"x")), Wav(PCM, 8000, 1), id="half a sample"),
        pytest.param(
            riff(chunk(b"fmt ", fmt(channels=2)), chunk(b"data", PCM + b"xx")), Wav(PCM, 8000, 2), id="half a pair"
        ),
        pytest.param(
            riff(chunk(b"fmt ", fmt(7, bits=8)), chunk(b"data", b"\xff\x80")),
            Wav(g711.decode(b"\xff\x80"), 8000, 1),
            id="mu-law",
        ),
        pytest.param(
            riff(
                chunk(b"fmt ", fmt(0xFFFE, rate=16000, more=struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14))),
                chunk(b"data", PCM),
            ),
            Wav(PCM, 16000, 1),
            id="extensible",
        ),
        pytest.param(riff(chunk(b"fmt ", fmt()), chunk(b"data", b"")), Wav(b"", 8000, 1), id="empty"),
    ],
)
def test_files_that_can_be_read(data: bytes, expected: Wav) -> None:
    assert wav.decode(data) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WAV file"),
        (b"ID3" + bytes(100), "not a WAV file"),
        (b"RIFF\0\0\0\0AVI ", "not a WAV file"),
        (riff(), "no audio in it"),
        (riff(chunk(b"fmt ", fmt())), "no audio in it"),
        (riff(chunk(b"data", PCM)), "before its format"),
        (riff(chunk(b"fmt ", b"short"), chunk(b"data", PCM)), "cut short"),
        (riff(chunk(b"fmt ", fmt(3, bits=32)), chunk(b"data", PCM)), "format 0x0003 with 32 bits"),
        (riff(chunk(b"fmt ", fmt(1, bits=24)), chunk(b"data", PCM)), "format 0x0001 with 24 bits"),
        (riff(chunk(b"fmt ", fmt(0xFFFE)), chunk(b"data", PCM)), "format 0xfffe"),
        (riff(chunk(b"fmt ", fmt(channels=0)), chunk(b"data", PCM)), "0 channels at 8000 Hz"),
        (riff(chunk(b"fmt ", fmt(rate=0)), chunk(b"data", PCM)), "1 channels at 0 Hz"),
    ],
)
def test_files_that_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        wav.decode(data)


@given(st.binary(max_size=80), st.integers(0, 60))
def test_garbage_is_read_or_refused(noise: bytes, keep: int) -> None:
    for data in (noise, wav.encode(PCM, 8000)[:keep] + noise):
        try:
            wav.decode(data)
        except ValueError as refused:
            assert "WAV" in str(refused)


def test_half_a_sample_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="odd number of bytes: 1"):
        wav.encode(b"x", 8000)
