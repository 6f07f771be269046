"""Two tracks as one WAV file, as other programs read it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.media import g711, wav
from ivr.media.stereo_wav import HEADER_BYTES, interleave, stereo_header


def test_a_file_is_read_back() -> None:
    left, right = bytes(range(256)), bytes(reversed(range(256)))
    audio = interleave(left, right)
    header = stereo_header(len(audio))
    assert len(header) == HEADER_BYTES
    read = wav.decode(header + audio)
    assert (read.rate, read.channels) == (8000, 2)
    assert read.pcm == g711.decode(audio)
    assert audio[0::2] == left
    assert audio[1::2] == right


@pytest.mark.parametrize(("size", "told"), [(0, 0), (7, 6), (1 << 40, 0xFFFF_FFFF - HEADER_BYTES - 1)])
def test_a_header_tells_whole_samples(size: int, told: int) -> None:
    assert int.from_bytes(stereo_header(size)[-4:], "little") == told


def test_sox_reads_it(tmp_path: Path) -> None:
    if (sox := shutil.which("soxi")) is None:
        pytest.skip("sox is not installed")
    audio = interleave(b"\xff" * 8000, b"\x80" * 8000)
    (tmp_path / "a.wav").write_bytes(stereo_header(len(audio)) + audio)
    told = subprocess.run([sox, tmp_path / "a.wav"], capture_output=True, text=True, check=True, timeout=20).stdout
    assert "Channels       : 2" in told
    assert "00:00:01.00 = 8000 samples" in told
    assert "8-bit u-law" in told
