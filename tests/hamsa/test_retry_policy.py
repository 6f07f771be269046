"""The order of the ways to a sentence."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.reasons import REASONS, LinkLost
from ivr.hamsa.retry_policy import (
    BREAKS_MOST,
    CLOSED_BEFORE,
    DEGENERATE_LEAST,
    DEGENERATE_MOST,
    DEGENERATE_PATIENCE,
    OPEN_PATIENCE,
    PAUSE_LEAST,
    PAUSE_MOST,
    RetryPolicy,
    Route,
)


def words(follows: str) -> list[str]:
    """Return the reasons that have this consequence."""
    return [word for word, row in REASONS.items() if getattr(row, follows)]


GONE = LinkLost("closed")
LATE = LinkLost("first_audio_timeout")
DENIED = LinkLost("auth")
SHUT = LinkLost("shut")
NO_LINK = LinkLost("no_link")


def ways(tries: RetryPolicy, *steps: tuple[LinkLost, float, bool]) -> list[Route | None]:
    """The way after each loss; None: no more."""
    return [tries.route if tries.lost(*step) else None for step in steps]


def test_begins_with_any_link_and_prints_itself() -> None:
    tries = RetryPolicy(rest=True)
    assert tries.route == "any"
    assert tries.fallback
    assert not RetryPolicy(rest=False).fallback
    assert repr(tries) == "<RetryPolicy by any: 0 lost, 0 degenerate, 0 broken off>"


def test_a_link_that_fails_costs_one_more_link_then_rest_then_nothing() -> None:
    slow = (GONE, 2.0, True)
    assert ways(RetryPolicy(rest=True), slow, slow, slow) == ["other", "rest", None]
    assert ways(RetryPolicy(rest=False), slow, slow) == ["other", None]


def test_a_link_that_was_closed_before_counts_as_nothing_twice() -> None:
    quick, fresh = (GONE, 0.1, True), (GONE, 0.1, False)
    late = (GONE, CLOSED_BEFORE, True)
    assert ways(RetryPolicy(rest=False), late, late) == ["other", None]
    assert ways(RetryPolicy(rest=False), quick, quick, quick, quick) == ["other", "other", "other", None]
    assert ways(RetryPolicy(rest=False), quick, fresh, fresh) == ["other", "other", None]


@pytest.mark.parametrize("reason", words("no_link"))
def test_without_a_link_there_is_rest(reason: str) -> None:
    none = (LinkLost(reason), 2.0, False)
    assert ways(RetryPolicy(rest=True), none) == ["rest"]
    assert ways(RetryPolicy(rest=False), none) == [None]


def test_after_rest_a_link_once_when_none_was_lost_yet() -> None:
    none, gone = (NO_LINK, 2.0, False), (GONE, 2.0, False)
    assert ways(RetryPolicy(rest=True), none, gone, none) == ["rest", "other", None]
    assert ways(RetryPolicy(rest=True), none, gone, gone, gone) == ["rest", "other", "other", None]
    assert ways(RetryPolicy(rest=True), none, (DENIED, 0.1, False), none) == ["rest", "other", None]


@pytest.mark.parametrize("reason", ["auth", "funds", "audio_format", "too_long"])
def test_what_one_link_says_of_the_account_or_the_sound_proves_nothing(reason: str) -> None:
    said = (LinkLost(reason), 0.1, True)
    assert ways(RetryPolicy(rest=True), said, said, said) == ["other", "rest", None]
    assert ways(RetryPolicy(rest=False), said, said) == ["other", None]


@pytest.mark.parametrize("reason", words("request_is_bad"))
def test_what_is_wrong_with_the_request_is_asked_of_one_other_link(reason: str) -> None:
    wrong = (LinkLost(reason), 0.1, True)
    assert ways(RetryPolicy(rest=True), wrong, wrong) == ["other", None]


@pytest.mark.parametrize("reason", words("final"))
def test_when_nobody_is_there_any_more_nothing_is_tried(reason: str) -> None:
    over = (LinkLost(reason), 0.1, True)
    assert ways(RetryPolicy(rest=True, speakers=2, patience=5.0), over) == [None]


@pytest.mark.parametrize(
    ("rest", "order"),
    [
        (True, ["any", "other", "rest", "other", "any", "other", "other", "other", "any", "other", "other"]),
        (False, ["any", "other", "other", "other", "any", "other", "other", "other", "any", "other", "other"]),
    ],
)
def test_bad_luck_goes_round(rest: bool, order: list[Route]) -> None:
    tries, found = RetryPolicy(rest=rest), []
    while tries.degenerate(5.0, 0.0, 0.3):
        found.append(tries.route)
    assert found == order
    assert tries.degenerates == DEGENERATE_MOST


def test_bad_luck_has_its_time() -> None:
    tries = RetryPolicy(rest=False)
    assert tries.degenerate(100.0, 0.0, 0.3)
    assert tries.degenerate(100.0 + DEGENERATE_LEAST, 0.0, 0.3)
    assert tries.degenerate(100.1 + DEGENERATE_LEAST, 103.5, 0.3)
    assert not tries.degenerate(103.6, 103.5, 0.3)
    assert tries.degenerate(100.0 + DEGENERATE_PATIENCE, 999.0, 0.3)
    assert not tries.degenerate(100.1 + DEGENERATE_PATIENCE, 999.0, 0.3)


def test_time_spent_on_rest_is_not_counted() -> None:
    tries = RetryPolicy(rest=True)
    assert all(tries.degenerate(now, 0.0, 0.3) for now in (1.0, 1.3, 1.6))
    assert tries.route == "rest"
    assert tries.degenerate(3.5, 0.0, 1.5)
    assert tries.degenerate(1.0 + DEGENERATE_LEAST + 1.5, 0.0, 0.3)
    assert not tries.degenerate(1.1 + DEGENERATE_LEAST + 1.5, 0.0, 0.3)


@pytest.mark.parametrize(("rest", "order"), [(True, ["other", "warm", "warm"]), (False, ["other"] * 3)])
def test_what_breaks_off_is_taken_up_again(rest: bool, order: list[Route]) -> None:
    tries = RetryPolicy(rest=rest)
    assert [tries.route if tries.broken(GONE) else None for _ in range(4)] == [*order, None]
    assert tries.breaks == BREAKS_MOST + 1


def test_a_break_forgives_what_was_lost_before() -> None:
    tries = RetryPolicy(rest=False)
    assert ways(tries, (GONE, 2.0, False)) == ["other"]
    assert tries.broken(GONE)
    assert ways(tries, (GONE, 2.0, False)) == ["other"]
    assert tries.broken(DENIED)


@pytest.mark.parametrize("reason", words("no_more"))
def test_nothing_goes_on_where_there_is_nothing_to_go_on_with(reason: str) -> None:
    assert not RetryPolicy(rest=True).broken(LinkLost(reason))


def test_a_sentence_that_broke_off_twice_takes_a_warm_link_or_rest() -> None:
    tries = RetryPolicy(rest=True)
    assert tries.broken(GONE)
    assert tries.broken(GONE)
    assert ways(tries, (NO_LINK, 0.5, False)) == ["rest"]
    assert tries.broken(GONE)
    assert ways(tries, (GONE, 0.1, True), (GONE, 0.5, False), (GONE, 0.5, False)) == ["other", "other", "rest"]


def round_of(tries: RetryPolicy, lost: LinkLost, now: float, dry_at: float = 0.0) -> float | None:
    """Lose until there is a pause: how long it is; None: it is over."""
    for _ in range(9):
        if not tries.lost(lost, 0.0, False, now, dry_at):
            return None
        if tries.pause:
            assert tries.route == "any"
            return tries.pause
    raise AssertionError("an endless round")


@pytest.mark.parametrize("reason", words("away"))
def test_a_service_that_is_away_is_asked_again_for_as_long_as_the_caller_listens(reason: str) -> None:
    tries, lost, now, pauses = RetryPolicy(rest=True, patience=5.0), LinkLost(reason), 100.0, []
    while (pause := round_of(tries, lost, now, dry_at=104.0)) is not None:
        pauses.append(pause)
        now += pause
    assert pauses[:4] == [PAUSE_LEAST, 2 * PAUSE_LEAST, PAUSE_MOST, PAUSE_MOST]
    assert now == pytest.approx(109.0)


def test_a_caller_who_hears_nothing_waits_from_the_first_loss_on() -> None:
    tries, now = RetryPolicy(rest=False, patience=1.0), 100.0
    while (pause := round_of(tries, NO_LINK, now)) is not None:
        now += pause
    assert now == pytest.approx(101.0)
    assert round_of(RetryPolicy(rest=False), NO_LINK, now) is None
    assert round_of(RetryPolicy(rest=True, patience=9.0), DENIED, now) is None


def test_in_the_middle_of_a_sentence_the_wait_is_short_and_begins_anew() -> None:
    tries, now = RetryPolicy(rest=True, patience=5.0), 100.0
    assert round_of(tries, NO_LINK, now) == PAUSE_LEAST
    assert tries.broken(GONE)
    assert tries.pause == 0.0
    while (pause := round_of(tries, NO_LINK, now)) is not None:
        now += pause
    assert now == pytest.approx(100.0 + OPEN_PATIENCE)


@pytest.mark.parametrize("reason", [word for word in words("other_speaker_may_help") if word != "degenerate"])
def test_what_may_be_the_speakers_fault_is_said_by_another(reason: str) -> None:
    tries, lost, speakers = RetryPolicy(rest=True, speakers=2), LinkLost(reason), []
    for _ in range(9):
        speakers.append((tries.speaker, tries.route))
        if not tries.lost(lost, 3.0, False):
            break
    first = [way for speaker, way in speakers if speaker == 0]
    second = [way for speaker, way in speakers if speaker == 1]
    last: list[Route] = [] if REASONS[reason].request_is_bad else ["rest"]
    assert first == ["any", "other"] + ([] if reason == LATE.reason else last)
    assert second == ["any", "other", *last]


def test_a_speaker_with_nothing_but_bad_luck_is_relieved() -> None:
    tries = RetryPolicy(rest=False, speakers=2)
    assert tries.degenerate(1.0, 0.0, 0.3)
    assert tries.degenerate(1.1 + DEGENERATE_LEAST, 0.0, 0.3)
    assert (tries.speaker, tries.route, tries.degenerates) == (1, "any", 0)
    assert tries.degenerate(5.0, 0.0, 0.3)
    assert not tries.degenerate(5.1 + DEGENERATE_LEAST, 0.0, 0.3)


def test_no_other_speaker_where_none_is_to_blame_or_a_part_was_heard() -> None:
    gone = (GONE, 2.0, False)
    assert ways(RetryPolicy(rest=False, speakers=2), gone, gone) == ["other", None]
    tries = RetryPolicy(rest=False, speakers=2)
    assert tries.broken(GONE)
    assert ways(tries, (LATE, 3.0, False), (LATE, 3.0, False)) == ["other", None]
    assert tries.speaker == 0


EVENTS = st.sampled_from(["lost", "quick", "none", "denied", "late", "wrong", "degenerate", "broken", "shut"])
LOSSES = {"none": NO_LINK, "denied": DENIED, "late": LATE, "wrong": LinkLost("voice"), "shut": SHUT}


@given(st.booleans(), st.integers(1, 3), st.lists(EVENTS, max_size=80))
def test_it_always_comes_to_an_end_and_never_uses_what_is_not_there(
    rest: bool, speakers: int, events: list[str]
) -> None:
    tries, more, now = RetryPolicy(rest=rest, speakers=speakers, patience=5.0), 0, 0.0
    for event in itertools.chain(events, itertools.repeat("lost", 80)):
        match event:
            case "degenerate":
                going = tries.degenerate(now, 0.0, 0.3)
            case "broken":
                going = tries.broken(GONE)
            case "lost" | "quick":
                going = tries.lost(GONE, 0.1 if event == "quick" else 2.0, True, now)
            case _:
                going = tries.lost(LOSSES[event], 2.0, False, now)
        assert rest or tries.route not in ("rest", "warm")
        assert tries.speaker < speakers
        assert tries.pause <= PAUSE_MOST
        now += tries.pause
        if not going:
            break
        more += 1
    assert more < 150
