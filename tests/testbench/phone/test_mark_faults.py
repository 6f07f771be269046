"""The phone's marks as they should not be: late, never, out of order, twice, all at once, too early."""

from __future__ import annotations

from statistics import mean

import pytest

from ivr.testbench.phone.mark_faults import FAULT_KINDS, MarkFaults, MarkReturns
from ivr.testbench.phone.phone import PhoneOptions
from tests.testbench.phone.test_phone import NOW, audio, mark, marks, opened, order, run_until

RATE = 8000


def returned(faults: MarkFaults, count: int = 40, seed: int = 1) -> list[tuple[float, str]]:
    """When the marks of so many pieces of 100 ms are back, in seconds."""
    phone = opened(PhoneOptions(start_burst=1, seed=seed, marks=faults))
    for number in range(count):
        phone.receive(audio(100), NOW)
        phone.receive(mark(f"p{number}"), NOW)
    # Sample 0 was spoken a chunk before the stream opened.
    return [(at - NOW, str(name)) for at, out in run_until(phone, NOW + 30) for name in marks([out])]


def test_a_phone_without_faults_returns_each_mark_in_time() -> None:
    plain, honest = returned(FAULT_KINDS["honest"]), [(0.1 * n + 0.1, f"p{n}") for n in range(40)]
    assert [name for _, name in plain] == [name for _, name in honest]
    assert [at for at, _ in plain] == pytest.approx([at for at, _ in honest], abs=1e-3)


def test_late_marks_have_the_average_and_the_most() -> None:
    returns = MarkReturns(MarkFaults(late_s=5.4), seed=3)
    for _ in range(4000):
        returns.reached("p", 0)
    late = [sample / RATE for sample, _ in returns.take(100 * RATE)]
    assert mean(late) == pytest.approx(5.4 * 0.92, abs=0.3)
    assert max(late) == pytest.approx(13.5)
    assert returns.next() is None


def test_a_share_of_the_marks_never_comes() -> None:
    assert len(returned(FAULT_KINDS["missing"])) in range(20, 34)
    assert returned(FAULT_KINDS["never"]) == []


def test_marks_overtake_each_other_and_come_twice() -> None:
    names = [name for _, name in returned(FAULT_KINDS["order"])]
    assert names != sorted(names, key=lambda name: int(name[1:]))
    assert len(names) == len(set(names)) == 40
    assert len(returned(FAULT_KINDS["doubled"])) in range(50, 70)


def test_marks_come_at_the_end_or_before_their_time() -> None:
    assert [at for at, _ in returned(FAULT_KINDS["at-end"])] == pytest.approx([4.0] * 40, abs=0.021)
    assert [at for at, _ in returned(FAULT_KINDS["early"])] == pytest.approx([0.0] * 40, abs=0.021)
    assert [at for at, _ in returned(FAULT_KINDS["far"], 2)] == pytest.approx([0.4, 0.5], abs=1e-3)


def test_marks_of_a_clear_have_the_same_faults() -> None:
    phone = opened(PhoneOptions(start_burst=1, marks=FAULT_KINDS["far"]))
    phone.receive(audio(1000), NOW)
    phone.receive(mark("p1"), NOW)
    phone.poll(NOW)
    phone.receive(order("clear"), NOW + 0.1)
    assert marks(phone.poll(NOW + 0.1)) == []
    assert [round(at - NOW, 2) for at, out in run_until(phone, NOW + 1) if marks([out])] == [0.4]


def test_the_same_seed_draws_the_same() -> None:
    assert returned(FAULT_KINDS["late-missing"]) == returned(FAULT_KINDS["late-missing"])
    assert returned(FAULT_KINDS["late-missing"]) != returned(FAULT_KINDS["late-missing"], seed=2)
    assert repr(MarkReturns(MarkFaults(), 1)) == "<MarkReturns 0 on their way, 0 held>"


@pytest.mark.parametrize(("missing", "swapped", "late_s"), [(1.1, 0.0, 0.0), (0.0, -0.1, 0.0), (0.0, 0.0, -1.0)])
def test_impossible_faults_are_refused(missing: float, swapped: float, late_s: float) -> None:
    with pytest.raises(ValueError, match="shares of marks"):
        MarkFaults(late_s=late_s, missing=missing, swapped=swapped)
