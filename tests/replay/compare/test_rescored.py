"""A call is scored again with another model, and it is said how the scores differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ivr import cli
from ivr.call.events import AudioIn
from ivr.media.vad import scorer
from ivr.replay import tape_file
from ivr.replay.compare.difference import compare
from ivr.replay.compare.rescored import RescoredTape, rescore, score_lines
from ivr.replay.compare.show import lines
from ivr.replay.compare.verdict import judge_tape
from ivr.replay.tape import Moment, Tape, TapeError
from tests.call.stage import Loudness


class Deaf:
    """Score no sound as speech, but one chunk."""

    def __init__(self) -> None:
        self.chunks = 0

    def score(self, pcm: bytes) -> float:
        assert 0 < len(pcm) <= 320
        self.chunks += 1
        return 0.300004 if self.chunks == 3 else 0.0


def test_the_same_model_scores_the_same(tape: Tape) -> None:
    found = rescore(tape, Loudness())
    frames = sum(isinstance(moment.event, AudioIn) for moment in tape.moments)
    assert (found.frames, found.other, found.crossed) == (frames, 0, 0)
    assert found.tape == tape
    assert list(score_lines(found, "")) == ["model then: unknown, today: ", f"scores: the same for {frames} frames"]


def test_another_model_decides_otherwise(tape: Tape) -> None:
    found = rescore(tape, Deaf())
    voiced = sum(isinstance(one.event, AudioIn) and one.event.speech > 0 for one in tape.moments)
    assert (found.other, found.crossed, found.worst) == (voiced + 1, voiced, 1.0)
    assert [one.event.speech for one in found.tape.moments if isinstance(one.event, AudioIn)][2] == 0.3
    assert not compare(found.tape).same
    assert compare(tape).same


def test_a_long_chunk_is_scored_in_parts(tape: Tape) -> None:
    audio = [AudioIn(0, bytes(160), 0.5), AudioIn(20, bytes(400), 0.1), AudioIn(70, b"", 0.9)]
    model = Deaf()
    found = rescore(replace(tape, moments=[Moment(5.0 + place, event) for place, event in enumerate(audio)]), model)
    assert model.chunks == 4
    assert (found.frames, found.other, found.crossed, found.worst, found.worst_at) == (3, 3, 2, 0.9, 2.0)


def test_scores_in_words(tape: Tape) -> None:
    named = replace(tape, header=replace(tape.header, model="one"))
    found = RescoredTape(named, 100, 7, 2, 0.25, 61.5)
    assert list(score_lines(found, "one")) == [
        "model: one",
        "scores: 7 of 100 frames differ, by 0.2500 at most, at 01:01.500; 2 of them across 0.5",
    ]
    assert next(score_lines(found, "two")) == "model then: one, today: two"


def test_a_tape_without_audio_is_not_scored(tape: Tape) -> None:
    silent = replace(tape, header=replace(tape.header, legs={"caller": "scores"}))
    redacted = replace(tape, moments=[replace(tape.moments[0], sounds=[5])])
    for one in (silent, redacted):
        with pytest.raises(TapeError, match="cannot be scored again"):
            rescore(one, Deaf())


def test_the_command_scores_again(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape_file.write(tmp_path / "a.tape", tape)
    monkeypatch.setattr(scorer, "factory", Loudness)
    result = CliRunner().invoke(cli.app, ["replay", str(tmp_path / "a.tape"), "--score"])
    assert result.exit_code == 0
    assert "scores: the same for" in result.output
    monkeypatch.setattr(scorer, "factory", Deaf)
    assert CliRunner().invoke(cli.app, ["replay", str(tmp_path / "a.tape"), "--score"]).exit_code == 1


def test_other_options_of_then_are_said(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    options = msgspec.to_builtins(tape.header.options)
    del options["word_ms"]
    options["shyness"] = 5
    header = msgspec.to_builtins(tape.header, builtin_types=(bytes,)) | {"options": options}
    encoder = tape_file.TapeEncoder(tape.header)
    path.write_bytes(encoder.phone([["tape", header]]) + encoder.moments(tape.moments[:50]))
    read = tape_file.read(path)
    assert (read.newer, read.unknown) == (["word_ms = 100"], ["shyness"])
    told = list(lines(compare(read), "a.tape", 0.1))
    assert "note: options that the tape does not have keep their defaults: word_ms = 100" in told
    assert "note: options of then that today's code does not have: shyness" in told
    notes = judge_tape(read, "a.tape", []).notes
    assert notes[1:] == ("then without the option word_ms = 100", "then with the option shyness")
