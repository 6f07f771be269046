"""The table of the voice before a pause, fitted to made pauses, and the report of it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ivr.media.voice.prosody import CONSTANT, WEIGHTS
from tests.support.onnx_model import tiny_model
from tools.turns import fit
from tools.turns.fit import KnownPause
from tools.turns.fit_pauses import HeardPause

TABLE = -0.5, tuple(one._replace(of_one=odds) for one, odds in zip(WEIGHTS, (-0.002, 0.01, 0.004, 0.001), strict=True))
SPEAKERS = ("read a", "read b", "acted a", "acted b")


def known(speakers: tuple[str, ...] = SPEAKERS, each: int = 2000) -> list[KnownPause]:
    """Make pauses of speakers for whom the table is true."""
    rng = np.random.default_rng(5)
    found = []
    for speaker, _ in product(speakers, range(each)):
        voice = tuple(int(rng.integers(one.least - 30, one.most + 31)) for one in WEIGHTS)
        is_end = bool(rng.random() < 1 / (1 + np.exp(-fit.weigh(TABLE, voice))))
        found.append(KnownPause(speaker, is_end, voice))
    return found


def test_a_table_that_is_true_is_found_again() -> None:
    pauses = known()
    # Ends and pauses count the same, however many there are of each: that is another constant.
    often = sum(one.is_end for one in pauses) / len(pauses)
    constant, weights = fit.fitted(pauses)
    assert constant + np.log(often / (1 - often)) == pytest.approx(TABLE[0], abs=0.15)
    for one, true in zip(weights, TABLE[1], strict=True):
        assert one[:3] == true[:3]
        assert one.of_one == pytest.approx(true.of_one, rel=0.2)


def test_a_voice_that_tells_nothing_weighs_nothing() -> None:
    same = [KnownPause("read a", bool(at % 2), (0, 0, 100, 100)) for at in range(40)]
    constant, weights = fit.fitted(same)
    assert constant == pytest.approx(0, abs=1e-6)
    assert [one.of_one for one in weights] == pytest.approx([0] * len(WEIGHTS), abs=1e-6)


def test_each_speaker_counts_the_same_and_ends_as_much_as_pauses() -> None:
    voice = (0, 0, 100, 100)
    some = [KnownPause("a", True, voice)] * 3 + [KnownPause("a", False, voice)] + [KnownPause("b", True, voice)] * 2
    some += [KnownPause("b", False, voice)] * 4
    found = fit.counts(some)
    assert found.sum() == pytest.approx(1)
    for speaker, is_end in product("ab", (True, False)):
        share = sum(one for one, pause in zip(found, some, strict=True) if pause[:2] == (speaker, is_end))
        assert share == pytest.approx(0.25)


def test_speakers_with_few_pauses_are_left_out() -> None:
    voice = (0, 0, 100, 100)
    some = [KnownPause("a", bool(at % 2), voice) for at in range(2 * fit.FEWEST)]
    few = [KnownPause("b", at != 0, voice) for at in range(2 * fit.FEWEST)]
    dumb = [KnownPause("a", True, ())]
    assert fit.enough([*some, *few, *dumb]) == some
    assert fit.enough([]) == []


@pytest.mark.parametrize(
    ("ends", "pauses", "wanted"), [([1, 2], [-1, 0], 1), ([-1], [1], 0), ([1], [1], 0.5), ([1, 3], [2, 2], 0.5)]
)
def test_the_area_is_the_share_of_pairs_in_order(ends: list[float], pauses: list[float], wanted: float) -> None:
    assert fit.area([(one, True) for one in ends] + [(one, False) for one in pauses]) == wanted


def test_what_speakers_tell_is_judged_by_the_others() -> None:
    found = fit.judged(known(each=300))
    assert set(found) == set(SPEAKERS)
    assert all(0.6 < one < 0.9 for one in found.values())
    # One who does the opposite of all others is told worse than by chance.
    against = [one._replace(is_end=not one.is_end) if one.speaker == "read b" else one for one in known(each=300)]
    assert fit.judged(against)["read b"] < 0.4


def test_what_another_kind_of_speech_bears_out() -> None:
    assert fit.borne_by_others(known()) == pytest.approx(1, abs=0.1)
    rng = np.random.default_rng(6)
    # Acted speech tells nothing.
    dull = [
        one._replace(is_end=bool(rng.random() < 0.5)) if one.speaker.startswith("acted") else one for one in known()
    ]
    assert fit.borne_by_others(dull) < 0.6


def test_what_a_table_says_is_borne_out_where_it_is_true() -> None:
    pauses = known()
    found = fit.borne_out(pauses, fit.fitted(pauses))
    assert sum(share for _, _, share in found) == pytest.approx(1)
    assert all(says == pytest.approx(borne, abs=0.25) for says, borne, _ in found)
    same = [KnownPause("read a", bool(at % 2), (0, 0, 100, 100)) for at in range(4)]
    [(says, borne, share)] = fit.borne_out(same, TABLE)
    assert [says, borne, share] == pytest.approx([fit.weigh(TABLE, same[0].voice), 0, 1])


def test_a_table_is_written_as_the_product_has_it() -> None:
    source = Path("ivr/media/voice/prosody.py").read_text(encoding="utf-8")
    assert fit.written((CONSTANT, WEIGHTS)) in source
    assert fit.rounded((CONSTANT, WEIGHTS), 1.0) == (CONSTANT, WEIGHTS)
    assert fit.rounded(TABLE, 0.5)[0] == -0.25


def heard(speakers: tuple[str, ...] = SPEAKERS) -> list[HeardPause]:
    return [HeardPause(one.speaker, one.is_end, list(one.voice), bytes(3200)) for one in known(speakers, 60)]


def test_the_command_says_where_the_table_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit, "pauses", lambda _: heard())
    model = tiny_model(tmp_path / "tiny.onnx", bias=1.0)
    assert fit.main([str(tmp_path), "--model", str(model)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("0 recordings, 240 pauses\n")
    # The model says the same of all that is silent.
    assert [line.split()[-1] for line in out.splitlines() if line.startswith(SPEAKERS)] == ["0.50"] * 4
    assert out.endswith("ANOTHER TABLE than in ivr/media/voice/prosody.py\n")
    monkeypatch.setattr(fit, "report", lambda _: ((CONSTANT, WEIGHTS), ""))
    assert fit.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("as in ivr/media/voice/prosody.py\n")


def test_the_command_needs_two_kinds_of_speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "pauses", lambda _: heard(("read a", "read b")))
    with pytest.raises(SystemExit):
        fit.main([str(tmp_path)])
