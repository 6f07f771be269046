"""Callers who pause, said and played to the real call."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.call.actions import Expect
from ivr.media.g711 import FRAME
from ivr.testbench import tts
from tools.turns import ahead, scenes
from tools.turns.played import Asked, Played
from tools.turns.spoken import (
    RECORDED,
    CallerTrack,
    Heard,
    PauseScene,
    SpokenPart,
    read_scenes,
    say,
    words_between,
)
from tools.turns.sweep import Scored

needs_voice = pytest.mark.skipif(not tts.available(), reason="no espeak-ng")
NUMBER = PauseScene(
    "en number", "digits", "What is your four digit code?", ("one seven", "nine three"), ("17", "93"), (300,),
    "en-us+m3 150 45", expect=Expect("digits", 4),
)  # fmt: skip


def _outcome(*asked: Asked, said_ms: tuple[float, ...] = ()) -> scenes.Outcome:
    pauses = (Scored(0, 500, 300), Scored(0, 500, float("inf")))
    return scenes.Outcome(NUMBER, Played(list(asked), list(said_ms)), pauses, 2000)


def test_thirty_scenes_of_each_language_are_there() -> None:
    found = read_scenes()
    assert [sum(one.language == language for one in found) for language in ("en", "ar")] == [30, 30]
    assert len({one.name for one in found}) == 60
    assert {one.kind for one in found} >= {"digits", "email", "address", "date", "hesitation", "story"}
    assert all(len(one.pauses_ms) == len(one.parts) - 1 for one in found)
    assert all(200 <= ms <= 1800 for one in found for ms in one.pauses_ms)


def test_a_track_knows_where_its_words_are() -> None:
    track = CallerTrack(np.random.default_rng(1))
    track.say(SpokenPart(np.zeros(800), "ab cd"))
    track.wait(100)
    track.say(SpokenPart(np.zeros(800), "ef"))
    assert track.words == [Heard("ab", 200), Heard("cd", 600), Heard("ef", 2000)]
    assert track.spans == [(0, 800), (1600, 2400)]
    assert {len(frame) for frame in track.frames()} == {FRAME}
    assert words_between(track.words, 0, 700) == "ab cd"
    assert words_between(track.words, 500, 2400, stops=True) == "cd ef."
    assert words_between(track.words, 700, 900, stops=True) == ""


def test_what_a_scene_came_to_is_told() -> None:
    good = _outcome(Asked(2300, "17 93", 300))
    assert (good.is_one, good.early, good.was_talked_over, good.wait_ms) == (True, 0, False, 300)
    cut = _outcome(Asked(900, "17", 500), Asked(2500, "93", 500), said_ms=(1900.0,))
    assert (cut.is_one, cut.early, cut.was_talked_over, cut.wait_ms) == (False, 1, True, 500)
    mended = _outcome(Asked(900, "17", 500, withdrawn=True), Asked(2500, "17 93", 500))
    assert (mended.is_one, mended.early) == (True, 1)
    assert str(mended).split() == ["en", "number", "one", "question,", "1", "early", "500>300", "500"]
    assert _outcome().wait_ms > 2000


@needs_voice
def test_silence_alone_waits_as_long_as_it_says() -> None:
    line = say(NUMBER)
    found = scenes.play(line, "silence", 100)
    assert [round(one.length_ms) for one in found.pauses[:-1]] == [300]
    assert found.pauses[-1].done
    assert 480 <= found.pauses[0].wait_ms <= 600
    assert found.is_one


@needs_voice
def test_what_the_agent_expects_ends_a_turn_sooner() -> None:
    found = scenes.play(say(NUMBER), "told", 100)
    assert found.pauses[0].wait_ms > 2000
    assert found.pauses[-1].wait_ms < 480


@needs_voice
def test_the_command_plays_scenes(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--only", "wanted to ask", "--stage", "silence", "--stt-ms", "100", "--scenes", "--jobs", "1"]
    assert scenes.main(given) == 0
    told = capsys.readouterr().out
    assert told.startswith("2 scenes, 2 pauses of 1500 to 1500 ms")
    assert "silence en" in told
    assert "en wanted to ask" in told


@needs_voice
def test_a_terminal_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert scenes.main(["--only", "en yes but", "--stage", "silence", "--stt-ms", "100", "--jobs", "1"]) == 0
    assert "silence: 1 of 1 scenes" in capsys.readouterr().err


# Without a file there is nothing to judge the sound of a pause.
@pytest.mark.parametrize("stage", ["guess", "model"])
def test_an_unknown_stage_is_refused(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scenes.main(["--stage", stage])
    assert f"no stage {stage}" in capsys.readouterr().err


def test_a_recorded_voice_needs_recordings() -> None:
    recorded = next(one for one in read_scenes() if one.voice == RECORDED)
    with pytest.raises(ValueError, match="folder of recordings"):
        say(recorded)


def test_what_asking_ahead_has_gained_is_told() -> None:
    played = Played(
        [Asked(900, "17", 500, withdrawn=True), Asked(2300, "17 93", 300)], [1500.0, 2600.0, 2620.0], 5000, [240.0]
    )
    found = ahead.AheadOutcome(played, 2000)
    assert (found.in_vain, found.sound_ms) == (1, 600)
    assert ahead.row("eager", [found]).split() == ["eager", "1", "1", "240", "240", "1.00", "600", "600"]
    assert ahead.row("not", [ahead.AheadOutcome(Played([Asked(1, "a", 5)]), 2000)]).split()[2:4] == ["0", "-"]


@needs_voice
def test_the_command_measures_what_asking_ahead_gains(capsys: pytest.CaptureFixture[str]) -> None:
    assert ahead.main(["--only", "en wanted to ask", "--speculate-ms", "120", "--waits", "500:800"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "1 scenes"
    assert [line.split(",")[0].strip() for line in told[4:]] == 2 * ["with pauses"] + 2 * ["at once"]
