"""The weights of words are those that the transcripts give."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.text.turn import leaning_weights
from tools.turns import fit_words
from tools.turns.fit_words import Example, checked, examples, fitted, mean_loss, printed, unread
from tools.turns.sets import Cut

CUTS = [Cut("yes", True, "Is it you?"), Cut("and the", False)] * 20


def test_the_committed_weights_are_those_of_the_transcripts() -> None:
    cuts = [cut for cuts in unread().values() for cut in cuts]
    made = fitted(examples(cuts))
    assert made == pytest.approx(leaning_weights.WORD_WEIGHTS, abs=0.011), "run python -m tools.turns.fit_words --write"


def test_lines_that_were_read_are_left_out() -> None:
    lines = {name: {cut.line % 2 for cut in cuts} for name, cuts in unread().items()}
    assert lines == {
        "arabic_asked": {1},
        "arabic_open": {1},
        "arabic_mixed": {0, 1},
        "english_asked": {1},
        "english_open": {1},
        "english_mixed": {0, 1},
    }


def test_no_weight_is_minus_nothing() -> None:
    given = [Example(["any words", "either"], done=done, counts=1) for done in (True, False)] * 20
    assert "-0.0" not in printed(fitted(given))


def test_a_sign_of_an_end_weighs_for_it() -> None:
    given = [Example(["any words", "yes"], done=True, counts=1)] * 20 + [
        Example(["any words"], done=False, counts=1)
    ] * 20
    weights = fitted([*given, Example(["any words", "seldom"], done=True, counts=1)])
    assert set(weights) == {"any words", "yes"}
    assert weights["yes"] > 1
    assert weights["any words"] < 0


def test_a_transcript_counts_once_in_all() -> None:
    [told, read] = examples([Cut("0551", False, "What is your name?", kind="digits", length=10)])
    assert told.counts + read.counts == 1
    assert "open when asked for digits" in told.signs
    assert "open when asked for digits" not in read.signs


def test_who_knows_nothing_is_surprised_by_0_69() -> None:
    assert mean_loss(examples(CUTS), {}) == pytest.approx(0.693, abs=0.001)


def test_what_was_not_seen_is_told() -> None:
    lines = list(checked({"one": CUTS, "other": CUTS}))
    assert [line.split()[0] for line in lines] == ["one", "other", "all", "all"]
    assert all(float(line.split()[-1]) < 0.5 for line in lines[:3])


def test_the_command_prints_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_words, "TRANSCRIPTS", tmp_path)
    line = '{"text": "%s", "done": %s}\n'
    (tmp_path / "one.jsonl").write_text((line % ("yes", "true") + line % ("and the", "false")) * 20, encoding="utf-8")
    assert fit_words.main(["--check"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(Path(leaning_weights.__file__).read_text(encoding="utf-8").split("WORD_WEIGHTS: ")[0])
    assert '    "any words": ' in out
    assert printed({"any words": 0.5}).endswith('= {\n    "any words": 0.5,\n}\n')
