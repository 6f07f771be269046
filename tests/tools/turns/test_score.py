"""Sets, the draw of pauses, the sweep and the table."""

from __future__ import annotations

import json
import math
import random
from itertools import product
from pathlib import Path

import pytest

from ivr.call.options import CallOptions
from tools.turns import score
from tools.turns.former import former_rule
from tools.turns.sets import Cut, SetError, chosen, lengths, pause_at, read_set
from tools.turns.stages import STAGES
from tools.turns.sweep import LEAST_ACTION_MS, Scored, swept

FINISHED = {"text": "yes that's all", "asked": "Anything else?", "kind": "yes_no", "done": True}
UNFINISHED = {"text": "my number is", "kind": "digits", "length": 10, "done": False, "next": "oh five"}


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n", encoding="utf-8")
    return path


def test_a_set_is_read(tmp_path: Path) -> None:
    assert read_set(written(tmp_path, FINISHED, UNFINISHED, {"text": "a", "done": True, "kind": "choice"})) == [
        Cut("yes that's all", True, "Anything else?", "yes_no", group="yes_no"),
        Cut("my number is", False, kind="digits", length=10, group="digits", line=1),
        Cut("a", True, group="choice", line=2),
    ]


@pytest.mark.parametrize(
    "line", [[], {}, {"text": "a"}, {"text": 1, "done": True}, {"text": "a", "done": 1}, {**UNFINISHED, "length": "x"}]
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: object) -> None:
    with pytest.raises(SetError, match=r"set\.jsonl:2: "):
        read_set(written(tmp_path, FINISHED, line))


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SetError, match=r"set\.jsonl:1: "):
        read_set(path)


def test_lines_are_chosen_by_their_parity() -> None:
    cuts = [Cut("a", True, line=number) for number in range(5)]
    assert [len(chosen(cuts, lines)) for lines in ("all", "even", "odd")] == [5, 3, 2]


def test_pauses_are_as_long_as_those_of_eot_bench() -> None:
    assert [round(pause_at(share)) for share in (1, 0.556, 0.217, 0.1, 0.05)] == [100, 300, 600, 1000, 1600]
    assert 1600 < pause_at(0.01) < 4000


def test_every_draw_has_the_same_lengths() -> None:
    cuts = [Cut(str(number), number % 2 == 0) for number in range(40)]
    first, second = lengths(cuts, 0), lengths(cuts, 1)
    assert first == lengths(cuts, 0)
    assert first != second
    assert sorted(first) == sorted(second)
    assert [math.isinf(length) for length in first] == [cut.done for cut in cuts]


def _many(scores: dict[bool, float], count: int = 1000) -> list[Scored]:
    """Pauses, half of them ends, whose score tells which."""
    cuts = [Cut(str(number), number % 2 == 0) for number in range(count)]
    return [Scored(scores[cut.done], 500, length) for cut, length in zip(cuts, lengths(cuts, 0), strict=True)]


def test_silence_alone_is_what_eot_bench_says() -> None:
    figures = swept(_many({True: 0, False: 0}))
    assert figures.at_300 == pytest.approx(0.556, abs=0.01)
    assert figures.at_600 == pytest.approx(0.217, abs=0.01)
    assert figures.wait_at_5 == pytest.approx(1600, abs=20)
    assert figures.shipped_ms == 500


def test_a_perfect_score_waits_for_the_least() -> None:
    figures = swept(_many({True: 1, False: 0}))
    assert figures.at_300 < 0.01
    assert figures.wait_at_5 == LEAST_ACTION_MS


def test_a_score_the_wrong_way_round_is_silence() -> None:
    assert swept(_many({True: 0, False: 1})).at_300 == pytest.approx(0.556, abs=0.01)


def test_the_sweep_finds_the_best_policy() -> None:
    draw = random.Random(7)
    pauses = [Scored(draw.randrange(4), 0, draw.choice([math.inf, draw.randrange(100, 1400)])) for _ in range(60)]
    ends, holds = [one for one in pauses if one.done], [one for one in pauses if not one.done]
    best = 1.0
    for threshold, delay, timeout in product((0, 1, 2, 3, 9), range(100, 1400, 20), range(100, 1600, 20)):
        waits = {value: delay if value >= threshold else timeout for value in range(4)}
        if delay <= timeout and sum(waits[int(one.score)] for one in ends) / len(ends) <= 300:
            best = min(best, sum(waits[int(one.score)] < one.length_ms for one in holds) / len(holds))
    assert swept(pauses).at_300 == pytest.approx(best)


def test_many_scores_are_swept_at_quantiles() -> None:
    pauses = [Scored(number, 500, math.inf if number >= 500 else 800) for number in range(1000)]
    assert swept(pauses).at_300 < 0.05


def test_the_shipped_waits_are_told() -> None:
    pauses = [Scored(0, 300, math.inf), Scored(0, 500, math.inf), Scored(0, 300, 400), Scored(0, 500, 400)]
    figures = swept(pauses)
    assert (figures.shipped_cut, figures.shipped_ms) == (0.5, 400)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unknown"), ("send it to the", "open"), ("yes", "complete"), ("no thanks", "complete"),
        ("where is it.", "complete"), ("where is it", "unknown"), ("a parcel,", "open"), ("0501234567", "complete"),
        ("0501", "open"), ("1234567890123", "complete"), ("1234", "unknown"), ("123456", "open"),
    ],
)  # fmt: skip
def test_the_former_rule_stays_as_it_was(text: str, said: str) -> None:
    assert former_rule(text) == said


def test_stages_know_more_and_more() -> None:
    options = CallOptions(endpoint_ms=700)
    cut = Cut("12345", False, "Your number?", "digits", 10)
    verdicts = {name: stage(cut, options) for name, stage in STAGES.items()}
    assert verdicts["silence"].wait_ms == 700
    assert verdicts["former"].wait_ms == 1000
    assert verdicts["told"].rule == "answer_part"
    assert verdicts["told"].score < verdicts["silence"].score


def test_the_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, FINISHED, {**FINISHED, "text": "I called because my"}, UNFINISHED)
    assert score.main([str(path), "--kinds", "--rules", "--wrong"]) == 0
    told = capsys.readouterr().out
    assert "set.jsonl: 2 finished, 1 unfinished" in told
    assert all(f"\n{stage} " in told for stage in STAGES)
    assert "  digits (1)" in told
    assert "finished called open (governs, yes_no): Anything else? | I called because my" in told


def test_several_sets_are_also_scored_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = written(tmp_path, FINISHED, UNFINISHED)
    second = first.rename(tmp_path / "other.jsonl")
    score.main([str(written(tmp_path, FINISHED, UNFINISHED)), str(second), "--stage", "words", "--lines", "even"])
    assert "\nall: 2 finished, 0 unfinished" in capsys.readouterr().out


@pytest.mark.parametrize("more", [["--stage", "guess"], ["missing.jsonl"]])
def test_what_cannot_be_scored_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    with pytest.raises(SystemExit):
        score.main([str(written(tmp_path, FINISHED)), *more])
    assert "error: " in capsys.readouterr().err
