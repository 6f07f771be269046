"""The demo's own parts, and one short call through all of it on real sockets."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest
from rich.console import Console

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import demo, tts
from ivr.testbench.hamsa import audio as hamsa_audio
from ivr.testbench.phone.caller_audio import render
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import PhoneRecord, Speech
from ivr.testbench.scenario import IntoReply, Say, Wait, from_words
from tests.support import live

speaking = pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")


def a_call() -> PhoneRecord:
    """Asked until 2 s, answered from 3 s, stopped at 4 s by an interruption from 3.9 s."""
    record = PhoneRecord(t0=50.0, ended="agent")
    record.caller += b"\xff" * 8000 * 6
    record.heard += b"\xff" * 8000 * 3 + b"\x10\x90" * 4000 + b"\xff" * 8000 * 2
    record.speech = [Speech("one", 8000, 16000), Speech("two", 31200, 40000, over=True)]
    record.runs = [PlayedRun(24000, 32000, 1)]
    return record


def answered() -> Turn:
    turn = Turn(1, "speech", speech_ended_at=52.0, endpoint_at=52.5, transcript_at=52.7, asked_at=52.71)
    turn.first_delta_at = 52.8
    turn.sentences = [Sentence(1, "a", "a", 52.85, 52.86, 52.95, 52.96)]
    return turn


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_caller_asks_twice_and_talks_over_the_second_answer(language: str) -> None:
    script = demo.scenario("ar" if language == "ar" else "en")
    assert [type(step.act) for step in script.steps] == [Say, Say, Say, Wait]
    assert isinstance(script.steps[2].moment, IntoReply)
    assert script.language == language


@speaking
def test_the_caller_has_a_voice() -> None:
    audio = render(from_words(["say hello"]), demo.caller_voice("en"))
    assert len(audio[0]) > 2000


@speaking
def test_a_scripted_line_carries_its_number() -> None:
    lines = ["one thing", "and another thing"]
    heard = resample(g711.decode(demo.caller_voice("en", {lines[1]: 2})(lines[1])), g711.RATE, 16_000)
    assert hamsa_audio.marker(heard, 16_000) == 2


def test_no_voice_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tts, "available", lambda: False)
    with pytest.raises(RuntimeError, match="espeak"):
        demo.caller_voice("en")


def test_the_figures_at_the_ear() -> None:
    record = a_call()
    told = demo.ear_figures(record, [answered(), Turn(2, "speech", overlaps=[Overlap(53.9, 54.0, 54.0, "commit")])])
    assert told["at the ear, end of speech to first sample"].startswith("1000")
    assert told["at the ear, first sample of the interruption to silence"] == "100 ms"
    assert told["underruns"] == "none"
    assert "beware" not in told
    record.lateness_ms.extend([30.0] * 100)
    assert "30 ms" in demo.ear_figures(record)["beware"]
    assert (told["the agent is first heard at"], told["longest silence"]) == ("3.00 s", "1.00 s")
    untold = demo.ear_figures(record)
    assert untold["at the ear, end of speech to first sample, fillers and apologies too"].startswith("1000")
    assert untold["underruns, fillers and apologies too"] == "none"
    silent = demo.ear_figures(PhoneRecord(), [])
    assert "at the ear, end of speech to first sample" not in silent
    assert silent["the agent is first heard at"] == "never"


def test_what_is_left_of_the_wait_is_the_bridges_own() -> None:
    record = a_call()
    record.speech = record.speech[:1]
    assert demo.own_at_the_ear(record, [answered()]) == {"bridge's own, at the ear": "p50 70 ms, max 70 ms"}
    assert demo.own_at_the_ear(record, []) == {}
    assert demo.own_at_the_ear(record, [Turn(1, "speech")]) == {}


def test_what_is_amiss_with_a_demo() -> None:
    fine = [Turn(1, "speech", overlaps=[Overlap(1.0, 1.1, None, "commit")])]
    assert demo.amiss(a_call(), fine) == []
    assert demo.amiss(a_call(), []) == ["the caller did not interrupt the agent"]
    warned, left = a_call(), a_call()
    warned.warnings[31921] = "died"
    left.ended = "caller"
    assert demo.amiss(warned, fine) == ["the carrier warns: 31921 died"]
    assert demo.amiss(left, fine) == ["the agent did not end the call"]
    assert demo.amiss(PhoneRecord(), fine)[0].startswith("refused: ")


def test_a_demo_that_cannot_be_written_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    text = io.StringIO()
    with pytest.raises(OSError, match="a folder is needed"):
        live.run(demo.Demo("en", tmp_path / "demo", 1.0, Console(file=text)).run())
    assert text.getvalue() == ""


@pytest.mark.live
@speaking
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_short_call_through_everything(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SCRIPT_MOMENTS", ("at 0.8 ",))
    last = {"en": ("thank you goodbye",), "ar": ("مع السلامة",)}
    monkeypatch.setattr(demo, "SCRIPT", last)
    monkeypatch.setattr("ivr.testbench.mock.SCRIPT", last)
    text = io.StringIO()
    run = demo.Demo("ar" if language == "ar" else "en", tmp_path, 20.0, Console(file=text, width=200)).run()
    assert live.run(run), text.getvalue()
    assert ("SCRIPTED" in text.getvalue()) == (language == "ar")
    assert "BARGE-IN" in text.getvalue()
    assert "TTS connections: 1" in text.getvalue()
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, g711.RATE)
        assert file.getnframes() > 3 * g711.RATE
    page = (tmp_path / "call.html").read_text(encoding="utf-8")
    assert last[language][0] in page


@pytest.mark.live
@speaking
def test_a_demo_without_an_interruption_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SCRIPT_MOMENTS", ("",))
    monkeypatch.setattr(demo, "SCRIPT", {"en": ("thank you goodbye",)})
    text = io.StringIO()
    assert not live.run(demo.Demo("en", tmp_path, 20.0, Console(file=text, width=200)).run())
    assert "NOT AS IT SHOULD BE: the caller did not interrupt the agent" in text.getvalue()


@pytest.mark.live
def test_a_bridge_that_is_not_ready_is_given_up() -> None:
    from starlette.applications import Starlette

    from ivr.testbench.loopback import bound, serving

    async def wait() -> None:
        listener = bound()
        async with serving(Starlette(), listener):
            await demo.ready(f"http://127.0.0.1:{listener.getsockname()[1]}", patience=0.1)

    with pytest.raises(RuntimeError, match="not ready"):
        live.run(wait())
