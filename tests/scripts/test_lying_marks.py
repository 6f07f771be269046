"""A few calls of the measurement: what the agent is told of what was heard is within a word, whatever marks do."""

from __future__ import annotations

import pytest

from ivr.testbench.faults.harness import FaultHarness, render_phrases
from ivr.testbench.phone.mark_faults import FAULT_KINDS
from scripts.lying_marks import WIRES, Cut, measured, rows


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> FaultHarness:
    return render_phrases(tmp_path_factory.mktemp("phrases"))


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_heard_is_within_a_word_of_what_was_played(kind: str, harness: FaultHarness) -> None:
    cuts = measured([kind], 1, harness)[kind]
    assert cuts
    assert max(cut.words for cut in cuts) <= 1, cuts


def test_a_long_line_is_within_a_word_too(harness: FaultHarness) -> None:
    (kind, *_) = WIRES
    assert max(cut.words for cut in measured([kind], 1, harness)[kind]) <= 1


def test_the_table_has_a_row_for_each_kind_and_for_all() -> None:
    cuts = {"late": [Cut(3, 4, -80.0), Cut(9, 9, 20.0)], "none": []}
    assert rows(cuts) == [["late", "2", "1", "0.50", "-80 to +20"], ["all", "2", "1", "0.50", "-80 to +20"]]
