"""Recordings of one's own in the scorer of the ears: what is taken from them, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ivr.media import wav
from tools.vad import recordings, scenes, score, stress
from tools.vad.scenes import Scene, Stage
from tools.vad.sounds import Sound, active, amplitude, rms, telephone

RATE = 8000


def voice(seconds: float, hertz: float = 140) -> Sound:
    """A buzz with a pitch."""
    at = np.arange(int(seconds * RATE)) * hertz / RATE
    return telephone(8000 * (at - np.floor(at) - 0.5))


def silence(seconds: float) -> Sound:
    return np.random.default_rng(1).normal(0, 1, int(seconds * RATE))


def recorded(path: Path, sound: Sound, rate: int = RATE, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.repeat(
        np.rint(np.interp(np.arange(0, len(sound), RATE / rate), np.arange(len(sound)), sound)), channels
    )
    data = bytearray(wav.encode(samples.astype("<i2").tobytes(), rate))
    data[22:24] = channels.to_bytes(2, "little")
    path.write_bytes(data)
    return path


def lengths(*parts: Sound) -> list[int]:
    """ms of the phrases found."""
    return [round(len(one) / 8) for one in recordings.phrases(np.concatenate(parts))]


def test_a_phrase_is_cut_to_what_can_be_heard() -> None:
    assert lengths(silence(0.5), voice(0.6), silence(0.5)) == [pytest.approx(600, abs=15)]


def test_only_a_long_pause_parts_two_phrases() -> None:
    parts = [silence(0.3), voice(0.6), silence(0.5), voice(0.4), silence(0.2), voice(0.4), silence(0.3)]
    assert lengths(*parts) == [pytest.approx(600, abs=15), pytest.approx(1000, abs=15)]


def test_a_click_before_the_voice_is_not_its_beginning() -> None:
    assert lengths(silence(0.3), voice(0.02) * 3, silence(0.25), voice(0.6), silence(0.3)) == [
        pytest.approx(600, abs=15)
    ]


NOISE = np.random.default_rng(2).normal(0, 200, 16000)


@pytest.mark.parametrize(
    "parts",
    [
        [silence(0.05)],
        [silence(0.3), voice(0.05), silence(0.3)],
        [silence(0.3), voice(9), silence(0.3)],
        [silence(0.3), telephone(NOISE[:4800] * 20), silence(0.3)],
        [NOISE[:4800], voice(0.6), NOISE[:4800]],
    ],
    ids=["nothing", "short", "long", "no pitch", "noisy"],
)
def test_what_is_no_clean_phrase_is_left_out(parts: Sequence[Sound]) -> None:
    assert lengths(*parts) == []


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (16000, 2), (44100, 1)])
def test_files_of_any_rate_are_read_alike(tmp_path: Path, rate: int, channels: int) -> None:
    sound = recordings.read(recorded(tmp_path / "a.wav", voice(0.5), rate, channels))
    assert len(sound) == pytest.approx(4000, abs=2)
    assert active(sound) == pytest.approx(active(telephone(voice(0.5))), rel=0.05)


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"a\.wav: not a WAV file"):
        recordings.read(tmp_path / "a.wav")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        pitch = 120 + 20 * number
        recorded(tmp_path / f"ana/{number}.wav", np.concatenate((silence(0.3), voice(1.2, pitch), silence(0.3))))
        recorded(tmp_path / f"ben/{number}.wav", np.concatenate((silence(0.3), voice(0.4, pitch), silence(0.3))))
    recorded(tmp_path / "ben/noise.wav", NOISE)
    return tmp_path


def test_a_folder_is_a_person(folder: Path) -> None:
    people = recordings.People(folder)
    assert (people.sentences, people.words) == ({"ana": 1}, {"ben": 1})
    assert str(people) == "2 people, 3 sentences, 3 words from 7 files (1 not clean)"
    rng = np.random.default_rng(1)
    assert people.sentence(rng).name.startswith("ana/")
    assert people.word(rng, "ben").name.startswith("ben/")
    spoken = people.agent(rng, 40_000)
    assert len(spoken) == 40_000
    assert active(spoken) == pytest.approx(amplitude(-20), rel=0.1)


def test_people_who_say_no_words_are_no_cast(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no \.wav files"):
        recordings.People(tmp_path)
    recorded(tmp_path / "a.wav", np.concatenate((silence(0.3), voice(1.2), silence(0.3))))
    with pytest.raises(ValueError, match="both words and sentences"):
        recordings.People(tmp_path)


def test_music_goes_on_and_on_and_sounds_are_short(tmp_path: Path) -> None:
    recorded(tmp_path / "band/tune.wav", voice(0.5))
    recorded(tmp_path / "silent.wav", np.zeros(800))
    rng = np.random.default_rng(1)
    tune = recordings.tunes(tmp_path)["band/tune.wav"](rng, 20_000)
    assert len(tune) == 20_000
    assert amplitude(-30) < rms(tune) < amplitude(-16)
    (clip,) = recordings.clips(tmp_path)
    assert clip.__name__ == "band/tune.wav"
    assert amplitude(-30) < active(clip(rng)) < amplitude(-10)


def test_the_stage_is_set_with_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Stage()
    assert score.stage(None, None, None).music.keys() == made.music.keys()
    own = score.stage(folder, folder, folder)
    assert isinstance(own.cast, recordings.People)
    assert len(own.music) == len(own.sounds) == 7
    assert "2 people" in capsys.readouterr().out


def test_voices_that_arrive_spoilt_are_where_the_truth_says(folder: Path) -> None:
    people = recordings.People(folder)
    for name, change in stress.VOICES.items():
        scene = stress.changed(np.random.default_rng(1), people, name, change)
        assert_spoken(scene)


def test_spoilt_lines_have_a_voice_where_the_truth_says(folder: Path) -> None:
    people = recordings.People(folder)
    for name, spoil in stress.LINES.items():
        assert_spoken(stress.spoken(np.random.default_rng(1), people, name, spoil))


def test_stress_is_once_with_a_voice_and_once_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "_SILENT_S", 4)
    made = stress.build(1, 0.01, Stage(cast=recordings.People(folder)))
    assert all(kind.startswith("(") and kind.endswith(")") for kind in made)
    for name in stress.LINES:
        (quiet,), (loud,) = made[f"({name})"], made[f"(+{name})"]
        assert quiet.spoken is None
        assert loud.spoken is not None
    assert made["(cafe, agent)"][0].played is not None
    keys = made["(+keys)"][0]
    assert keys.spoken is not None
    assert keys.spoken[1] <= 160 * len(keys.heard)


def assert_spoken(scene: Scene) -> None:
    assert scene.spoken is not None
    first, last = scene.spoken
    pcm = np.frombuffer(b"".join(scene.heard), "<i2").astype(float)
    pcm -= np.median(pcm)
    voice_size, line_size = (float(np.median(np.abs(part))) for part in (pcm[first:last], pcm[first - 1600 : first]))
    assert voice_size > 4 * line_size


def test_a_siren_wails_for_seconds() -> None:
    sound = stress.siren(np.random.default_rng(1))
    assert 3 * RATE <= len(sound) < 8 * RATE


def test_own_recordings_make_the_same_scenes_from_the_same_seed(folder: Path) -> None:
    one, two = (
        scenes.speech(np.random.default_rng(4), recordings.People(folder).word(np.random.default_rng(4)), -20, 20)
        for _ in range(2)
    )
    assert one == two
