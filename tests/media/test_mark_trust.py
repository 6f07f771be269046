"""When a phone's marks are believed: tables of marks, then the playout against phones that lie in any way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.mark_trust import FIRST_ROW, FIRST_WAY_S, LONGEST_ROW, MarkTrust
from ivr.media.playout import Out, Playout, PlayoutAudio, PlayoutClear, PlayoutMark, PlayoutOptions
from tests.media.ear import RATE, Ear


def told(trust: MarkTrust) -> list[tuple[bool, str | None, float]]:
    return [(change.believed, change.why, round(change.seconds, 3)) for change in trust.changes()]


def trust_after(*late: float | None, bound: float = 1.0) -> MarkTrust:
    """Marks every 0.4 s, each so late; None: it never comes, and the next is looked at 5 s later."""
    trust = MarkTrust(bound)
    for number, seconds in enumerate(late):
        due = 10.0 + 0.4 * number
        trust.sent(f"p{number}", due)
        if seconds is None:
            trust.look(due + 5.0)
        else:
            trust.returned(f"p{number}", due + seconds)
    return trust


@pytest.mark.parametrize(
    ("late", "believed"),
    [
        ((0.0, 0.0), True),
        ((0.6, 0.6, 0.6), True),
        ((0.02, 0.9, 0.9), True),
        ((-0.05,), True),
        ((1.2,), False),
        ((-0.3,), False),
        ((None,), False),
        ((None, 0.0, 0.0), False),
        ((None, 0.0, 0.0, 0.0), True),
        ((None, 0.0, 0.0, 3.0, 0.0), False),
        ((None, 0.0, None, 0.0, 0.0), False),
        ((None, 0.0, 0.0, -0.4, 0.0, 0.0), False),
    ],
)
def test_marks_are_believed_as_long_as_they_are_in_time(late: tuple[float | None, ...], believed: bool) -> None:
    assert trust_after(*late).believed is believed


def test_each_change_is_told_once_with_its_reason() -> None:
    trust = trust_after(0.1, 2.5, None, 0.0, -0.5)
    assert told(trust) == [(False, "late", 2.5)]
    assert trust.changes() == []
    for number in range(FIRST_ROW):
        trust.sent(f"q{number}", 20.0)
        trust.returned(f"q{number}", 20.1)
    assert told(trust) == [(True, None, 7.2)]
    trust.sent("r", 30.0)
    trust.returned("r", 29.0)
    assert told(trust) == [(False, "early", 1.0)]


def test_a_mark_behind_a_later_one_is_a_lie() -> None:
    trust = MarkTrust(1.0)
    trust.sent("p1", 10.0)
    trust.sent("p2", 10.1)
    trust.returned("p2", 10.1)
    assert trust.believed
    trust.returned("p1", 10.2)
    assert told(trust) == [(False, "order", 0.0)]


def test_unknown_and_doubled_and_forgotten_marks_say_nothing() -> None:
    trust = MarkTrust(1.0)
    trust.sent("p1", 10.0)
    trust.returned("p1", 10.0)
    for name in ("p1", "never ours"):
        trust.returned(name, 99.0)
    trust.sent("p2", 10.4)
    trust.forget()
    trust.returned("p2", 99.0)
    trust.look(99.0)
    assert trust.believed
    assert trust.wake_at() is None


def test_a_mark_that_is_missing_is_no_lie_when_a_later_one_is_in_time() -> None:
    trust = MarkTrust(1.0)
    for number in range(4):
        trust.sent(f"p{number}", 10.0 + number / 2)
    trust.returned("p3", 11.5)
    trust.look(99.0)
    assert trust.believed


def test_a_liar_is_believed_later_each_time() -> None:
    trust, rows = MarkTrust(1.0), []
    for _ in range(8):
        trust.sent("late", 0.0)
        trust.returned("late", 5.0)
        row = 0
        while not trust.believed:
            row += 1
            trust.sent("good", 10.0)
            trust.returned("good", 10.0)
        rows.append(row)
    assert rows == [FIRST_ROW, 6, 12, 24, *[LONGEST_ROW] * 4]


def test_the_way_is_the_shortest_of_the_last_marks() -> None:
    assert MarkTrust(1.0).way == FIRST_WAY_S
    assert MarkTrust(0.1).way == 0.1
    assert trust_after(0.0, 0.3, 0.9, 0.4).way == pytest.approx(0.3)
    assert trust_after(-0.05).way == 0.0
    assert trust_after(0.3, 0.3, 0.3, None, 0.0, 0.0).way == pytest.approx(0.3)


def test_a_mark_is_overdue_before_it_is_a_lie() -> None:
    trust = trust_after(0.1)
    assert not trust.overdue(20.0, 20.29)
    assert trust.overdue(20.0, 20.31)
    assert trust_after(None).overdue(20.0, 20.0)


def test_time_in_which_nothing_could_be_received_is_excused() -> None:
    trust = MarkTrust(1.0)
    trust.sent("p1", 10.0)
    trust.excuse(3.0)
    assert trust.wake_at() == pytest.approx(14.0)
    trust.look(13.9)
    assert trust.believed
    trust.look(14.0)
    assert not trust.believed


def test_it_prints_itself() -> None:
    assert repr(trust_after(0.1)) == "<MarkTrust believed, way=0.100 s>"
    assert repr(trust_after(0.1, None, 0.0)) == "<MarkTrust not believed, 1 of 3 in time, way=0.100 s>"


# -- the playout behind it -------------------------------------------------------------------------------------------

FATES = st.one_of(st.just(0.0), st.floats(0.0, 8.0), st.none(), st.just(-1.0))
"""How late a mark is; None: it never comes; below zero: it comes at once."""


class LyingEar(Ear):
    """A phone that plays as it should, and returns its marks as it likes."""

    fates: list[float | None]
    """What happens to each mark, over and over; none: all are returned in time."""
    taken: int = 0

    def take(self, outs: list[Out]) -> None:
        before = len(self.marks)
        super().take(outs)
        fresh, self.marks = self.marks[before:], self.marks[:before]
        for at, name in fresh:
            fate = self.fates[self.taken % len(self.fates)] if self.fates else 0.0
            self.taken += 1
            if fate is not None:
                self.marks.append((self.now if fate < 0 else at + fate, name))
        # A phone that lies has no order.
        self.marks.sort()


def lying(fates: list[float | None], delay: float = 0.0) -> LyingEar:
    phone = LyingEar(Playout(PlayoutOptions()), delay)
    phone.fates = fates
    return phone


def tone(seconds: float) -> bytes:
    return bytes((0x10, 0x90)) * round(RATE * seconds / 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(FATES, max_size=12), st.lists(st.integers(200, 3000), min_size=1, max_size=5))
def test_heard_is_ordered_and_comes_to_its_end_whatever_marks_do(fates: list[float | None], pieces: list[int]) -> None:
    phone = lying(fates)
    playout, last = phone.playout, 0
    for key, ms in enumerate(pieces, 1):
        phone.say(key, tone(ms / 1000))
        until = phone.now + ms / 1000 + (0.7 if key % 2 else 0.0)
        while phone.now < until:
            phone.run(0.05)
            heard = playout.heard(phone.now)
            assert last <= heard <= playout._sent <= playout.written
            last = heard
    phone.run(1.0 + playout.options.mark_grace_s)
    assert playout.idle
    assert playout.heard(phone.now) == playout.written
    assert all(playout.finished(key) for key in range(1, len(pieces) + 1))


@settings(max_examples=40, deadline=None)
@given(st.lists(FATES, min_size=1, max_size=8), st.sampled_from([0.0, 0.05, 0.15]))
def test_heard_is_the_phones_clock_once_marks_have_lied(fates: list[float | None], delay: float) -> None:
    phone = lying([0.0] * 6, delay)
    phone.say(1, tone(3))
    phone.run(3.0 + 2 * delay + 0.1)
    phone.fates, phone.taken = [None, None, None, *fates], 0
    phone.say(2, tone(12))
    phone.run(2.5)
    while phone.now < 112.0:
        phone.run(0.05)
        if not phone.playout.trust.believed:
            # The phone plays on until it hears of a cut, as late as it heard of the audio.
            assert abs(phone.playout.heard(phone.now) - delay * RATE - len(phone.heard)) <= 160


@pytest.mark.parametrize("fate", [None, 5.0, -1.0])
def test_a_piece_is_over_when_the_clock_says_so(fate: float | None) -> None:
    phone = lying([fate])
    phone.say(1, tone(4))
    phone.run(4.0 + FIRST_WAY_S + 0.01)
    assert phone.playout.finished(1)
    assert phone.playout.idle
    assert [change.believed for change in phone.playout.trust.changes()] == [False]


def test_marks_before_their_time_do_not_move_what_was_heard() -> None:
    phone = lying([-1.0])
    phone.say(1, tone(3))
    for _ in range(40):
        phone.run(0.05)
        assert abs(phone.playout.heard(phone.now) - len(phone.heard)) <= 160
        assert phone.playout.heard(phone.now) <= phone.playout.ear(phone.now)


def test_what_really_plays_later_is_followed() -> None:
    """The network stands for a second: the phone runs out of audio, and all the rest is later."""
    phone = lying([])
    phone.say(1, tone(6))
    phone.run(2.0)
    phone.free_at += 0.6
    phone.queue = [(start + 0.6, payload) for start, payload in phone.queue]
    phone.marks = [(at + 0.6, name) for at, name in phone.marks]
    phone.run(3.0)
    assert phone.playout.trust.believed
    assert phone.playout.trust.changes() == []
    assert abs(phone.playout.heard(phone.now) - len(phone.heard)) <= 0.7 * RATE


def test_a_cut_forgets_the_marks_and_the_lies_go_on() -> None:
    phone = lying([None])
    phone.say(1, tone(4))
    phone.run(2.0)
    assert not phone.playout.trust.believed
    outs = phone.playout.drop(phone.now)
    assert any(isinstance(out, PlayoutClear) for out in outs)
    phone.take(outs)
    assert abs(phone.playout.heard(phone.now) - len(phone.heard)) <= FIRST_WAY_S * RATE
    phone.say(2, tone(1))
    assert [out for _, out in phone.log if isinstance(out, PlayoutAudio | PlayoutMark)]
    phone.run(1.3)
    assert phone.playout.finished(2)
