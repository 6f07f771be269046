"""What the caller will say: texts and files as mu-law, without the silence around them."""

from pathlib import Path

import pytest

from ivr.media import g711, wav
from ivr.testbench.phone.caller_audio import read, render
from ivr.testbench.phone.voiced import trimmed, voiced
from ivr.testbench.scenario import ScenarioError, from_words

SECOND = b"\x10" * 8000


def test_trimmed_cuts_silence_around_speech() -> None:
    said = bytes([0xFF]) * 800 + SECOND[:400] + bytes([0xFF]) * 80 + SECOND[:80] + bytes([0xFF]) * 4000
    assert trimmed(said) == said[800:1360]
    assert trimmed(bytes([0xFF]) * 800) == b""


def test_of_a_recorded_call_the_caller_is_taken(tmp_path: Path) -> None:
    caller, agent = g711.decode(SECOND), g711.decode(b"\x20" * 8000)
    both = g711.audioop.add(g711.audioop.tostereo(caller, 2, 1, 0), g711.audioop.tostereo(agent, 2, 0, 1), 2)
    stereo = bytearray(wav.encode(both, 8000))
    stereo[22:24] = b"\x02\x00"
    (tmp_path / "call.wav").write_bytes(stereo)
    assert read(tmp_path / "call.wav", "") == SECOND


def test_voiced_leaves_the_noise_of_a_recording_out() -> None:
    hiss = g711.encode(g711.audioop.mul(g711.decode(SECOND), 2, 0.02))
    assert voiced(hiss[:800] + SECOND[:1600] + hiss[:4000]) == (800, 2400)
    assert voiced(b"") == voiced(b"\xff" * 400) == (0, 0)
    assert voiced(SECOND[:100]) == (0, 100)


def test_read_accepts_usual_files(tmp_path: Path) -> None:
    pcm = g711.decode(SECOND)
    (tmp_path / "a.wav").write_bytes(wav.encode(pcm, 8000))
    (tmp_path / "b.wav").write_bytes(wav.encode(pcm + pcm, 16000))
    (tmp_path / "c.ulaw").write_bytes(SECOND)
    stereo = bytearray(wav.encode(g711.audioop.tostereo(pcm, 2, 1, 0), 8000))
    stereo[22:24] = b"\x02\x00"
    (tmp_path / "d.wav").write_bytes(stereo)
    assert read(tmp_path / "a.wav", "") == read(tmp_path / "c.ulaw", "") == read(tmp_path / "d.wav", "") == SECOND
    assert len(read(tmp_path / "b.wav", "")) == 8000


def test_render_refuses_what_cannot_be_said(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFFxxxxWAVE")
    (tmp_path / "empty.ulaw").write_bytes(b"")
    for line, error in (
        ("say hello", "there is no voice"),
        (f"wav {tmp_path}/none.wav", "No such file"),
        (f"wav {tmp_path}/bad.wav", r"bad\.wav: "),
        (f"wav {tmp_path}/empty.ulaw", "nothing to be heard"),
    ):
        with pytest.raises(ScenarioError, match=f"step 2: .*{error}"):
            render(from_words(["wait", line]), None)
    with pytest.raises(ScenarioError, match="nothing to be heard"):
        render(from_words(["say hello"]), lambda _: b"\xff" * 800)
    assert render(from_words(["press 1", "say hello"]), lambda _: SECOND) == {1: SECOND}
