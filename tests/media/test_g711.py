"""G.711: the table, its limits, and the frame's sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.media import g711


def test_a_frame_is_20_ms_of_8_kHz() -> None:
    assert (g711.RATE, g711.FRAME_MS, g711.FRAME, g711.FRAME_PCM) == (8000, 20, 160, 320)


@pytest.mark.parametrize(
    ("byte", "sample"),
    [(0xFF, 0), (0x7F, 0), (0xFE, 8), (0x7E, -8), (0x80, 32124), (0x00, -32124), (0xEF, 132), (0x6F, -132)],
)
def test_known_values(byte: int, sample: int) -> None:
    assert g711.decode(bytes([byte])) == sample.to_bytes(2, "little", signed=True)


def test_silence_decodes_to_zeros_and_back() -> None:
    frame = bytes([g711.SILENCE]) * g711.FRAME
    assert g711.decode(frame) == bytes(g711.FRAME_PCM)
    assert g711.encode(bytes(g711.FRAME_PCM)) == frame


@given(st.binary(max_size=400))
def test_decoding_loses_nothing(ulaw: bytes) -> None:
    assert g711.encode(g711.decode(ulaw)) == ulaw.replace(b"\x7f", b"\xff")


@given(st.lists(st.integers(-32768, 32767), max_size=200))
def test_coding_is_within_a_step(samples: list[int]) -> None:
    pcm = b"".join(s.to_bytes(2, "little", signed=True) for s in samples)
    back = g711.decode(g711.encode(pcm))
    for i, sample in enumerate(samples):
        heard = int.from_bytes(back[2 * i : 2 * i + 2], "little", signed=True)
        assert abs(heard - max(-32124, min(32124, sample))) <= max(8, abs(sample) // 16) + 4


def test_every_sample_has_the_code_that_audioop_gives_it() -> None:
    pcm = b"".join(sample.to_bytes(2, "little", signed=True) for sample in range(-32768, 32768))
    assert g711.encode(pcm) == g711.audioop.lin2ulaw(pcm, 2)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="odd number of bytes: 3"):
        g711.encode(b"abc")
