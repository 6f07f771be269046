"""Whole calls that go on in another language: what STT and TTS are asked, and what the agent is told."""

from __future__ import annotations

from pathlib import Path

from tests.whole.world import BYE, QUESTION, Peers, call

LINE = 'languages = ["en", "ar"]\n[arabic]\nspeaker = "Fahd"\n'


def test_the_caller_s_first_words_change_all_that_follows(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text('language_by = "first_utterance"\n' + LINE, "utf-8")
    said = ("السلام عليكم وين شحنتي", "وين شحنتي", "thank you goodbye")
    peers = Peers(transcripts=said)
    steps = [f"say {QUESTION}", f"say {QUESTION}", f"say {BYE}", "hang up"]
    world = call(folder, steps, peers, prepared=False, IVR_CONFIG=str(lines))
    assert {one["language"] for one in world.asked} == {"ar"}
    records = world.stats.records
    assert {one.language for one in records if one.kind == "stt"} == {"ar"}
    spoken = [(one.language, one.speaker) for one in records if one.kind == "tts"]
    # The greeting is the line's own, and may be rendered before.
    assert set(spoken[1:]) == {("ar", "Fahd")}
    assert world.notes("language") == [{"to": "ar", "by": "words"}]


def test_a_line_of_two_languages_stays_in_its_own(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text(LINE, "utf-8")
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"], prepared=False, IVR_CONFIG=str(lines))
    assert {one["language"] for one in world.asked} == {"en"}
    spoken = {
        (one.kind, one.language) for one in world.stats.records if one.text in (QUESTION, BYE) or one.kind == "tts"
    }
    assert ("tts", "en") in spoken
    assert {language for _, language in spoken} == {"en"}
