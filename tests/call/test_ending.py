"""How a call will end, as a table."""

from __future__ import annotations

import pytest

from ivr.call.commands import HangUp
from ivr.call.ending import Ending, PlannedEnd
from ivr.call.events import ReplyEnded
from ivr.call.options import CallOptions

DESK, BRANCH = "+966110000001", "+966110000002"
UNAVAILABLE = HangUp("upstream_error", "agent_unavailable")
PERSON = PlannedEnd(HangUp("upstream_error", "agent_unavailable_transfer"), DESK, ("transfer", "apology"))
GOODBYE = PlannedEnd(HangUp("success", "agent_goodbye"), words=("goodbye",))


def parting(*numbers: str) -> Ending:
    return Ending(CallOptions(transfer_to=numbers, failures_in_a_row=2))


@pytest.mark.parametrize(
    ("numbers", "farewell"), [((), PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))), ((DESK, BRANCH), PERSON)]
)
def test_the_ladder_ends_with_a_person_or_a_farewell(numbers: tuple[str, ...], farewell: PlannedEnd) -> None:
    call = parting(*numbers)
    assert call.failed("agent", mute=False) is None
    call.answered()
    assert call.failed("stt", mute=False) is None
    assert call.failed("agent", mute=False) == farewell
    assert parting(*numbers).failed("agent", mute=True) == farewell


def test_a_person_who_cannot_be_dialled_is_dialled_no_more() -> None:
    call = parting(DESK)
    call.farewell, call.handing_over = call.failed("agent", mute=True), True
    call.refused()
    assert (call.farewell, call.handing_over) == (None, False)
    assert call.failed("agent", mute=True) == PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))


def test_a_dial_that_fails_does_not_lead_to_another() -> None:
    assert parting(DESK).failed("transfer", mute=True) == PlannedEnd(
        HangUp("upstream_error", "transfer_unavailable"), words=("farewell", "apology")
    )


@pytest.mark.parametrize(
    ("event", "numbers", "number", "foreign"),
    [
        (ReplyEnded(1, transfer_to=""), (DESK, BRANCH), DESK, False),
        (ReplyEnded(1, transfer_to=BRANCH), (DESK, BRANCH), BRANCH, False),
        (ReplyEnded(1, transfer_to="+882990000000"), (DESK, BRANCH), DESK, True),
        (ReplyEnded(1, hang_up=True, transfer_to=""), (DESK,), DESK, False),
    ],
)
def test_whom_the_agent_may_have_dialled(
    event: ReplyEnded, numbers: tuple[str, ...], number: str, foreign: bool
) -> None:
    call = parting(*numbers)
    assert call.asked(event) == PlannedEnd(HangUp("success", "agent_transfer"), number, ("transfer",))
    assert call.foreign(event) == foreign


@pytest.mark.parametrize(
    ("event", "farewell"),
    [
        (ReplyEnded(1), None),
        (ReplyEnded(1, hang_up=True), GOODBYE),
        (ReplyEnded(1, transfer_to=""), None),
        (ReplyEnded(1, hang_up=True, transfer_to=DESK), GOODBYE),
    ],
)
def test_on_a_line_without_a_person(event: ReplyEnded, farewell: PlannedEnd | None) -> None:
    assert parting().asked(event) == farewell
    assert parting().foreign(event) == bool(event.transfer_to)


def test_the_last_words_say_what_kind_of_end_it_was() -> None:
    end = PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))
    assert end.after("farewell", mute=True).hang_up.meant
    assert not end.after("apology", mute=True).hang_up.meant
    assert not end.after(None, mute=False).hang_up.meant
    assert GOODBYE.after("goodbye", mute=True) == GOODBYE
    assert GOODBYE.after(None, mute=False) == GOODBYE
    assert GOODBYE.after(None, mute=True) == PlannedEnd(HangUp("upstream_error", "tts_unavailable"))
    assert PERSON.after(None, mute=True) == PERSON


def test_no_number_is_shown() -> None:
    call = parting(DESK)
    assert repr(call) == "<Ending staying failures=0>"
    call.farewell = call.failed("agent", mute=True)
    assert repr(call) == "<Ending parting failures=1>"
    call.handing_over = True
    assert repr(call) == "<Ending handing over failures=1>"
    assert DESK not in repr(PERSON) + repr(ReplyEnded(1, transfer_to=DESK))
