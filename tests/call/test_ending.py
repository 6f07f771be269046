"""How a call ends: what leads where, that nothing else does, and which last words belong to which end."""

from __future__ import annotations

import runpy
from itertools import product

import pytest

from ivr.call import ending
from ivr.call.commands import HangUp, Result
from ivr.call.ending import ENDING_TABLE, Ending, EndingState, EndingTrigger, IllegalEnding, PlannedEnd, diagram
from ivr.call.events import ReplyEnded
from ivr.call.options import CallOptions

DESK, BRANCH = "+966110000001", "+966110000002"
UNAVAILABLE = HangUp("upstream_error", "agent_unavailable")
PERSON = PlannedEnd(HangUp("upstream_error", "agent_unavailable_transfer"), DESK, ("transfer", "apology"))
GOODBYE = PlannedEnd(HangUp("success", "agent_goodbye"), words=("goodbye",))


def ending_of(*numbers: str) -> Ending:
    """Make the ending of a call on a line with these people, which bears two failures in a row."""
    return Ending(CallOptions(transfer_to=numbers, failures_in_a_row=2))


# -- the table -------------------------------------------------------------------------------------------------------


def pull(ending: Ending, trigger: EndingTrigger) -> None:
    """Do what stands for a trigger."""
    match trigger:
        case EndingTrigger.CLOSE:
            ending.close(ReplyEnded(1, hang_up=True))
        case EndingTrigger.SAY:
            ending.say_last_words(PERSON)
        case EndingTrigger.CALL_OFF:
            ending.call_off()
        case EndingTrigger.HAND_OVER:
            ending.hand_over()
        case EndingTrigger.ACCEPT:
            ending.accept()
        case EndingTrigger.REFUSE:
            ending.refuse()
        case EndingTrigger.END:
            ending.end(UNAVAILABLE)


def test_ending_follows_its_table_or_raises() -> None:
    failures = []
    for state, trigger in product(EndingState, EndingTrigger):
        if (state, trigger) == (EndingState.TALKING, EndingTrigger.CALL_OFF):
            continue  # nothing is planned: nothing is called off
        ending = ending_of(DESK)
        ending.state = state
        try:
            pull(ending, trigger)
        except IllegalEnding as error:
            right = trigger not in ENDING_TABLE[state] and str(error) == f"{trigger} while {state}"
        else:
            right = trigger in ENDING_TABLE[state] and ending.state is ENDING_TABLE[state][trigger]
        if not right:
            failures.append((state, trigger, ending.state))
    assert failures == []


def test_a_call_that_goes_on_has_no_end_to_call_off() -> None:
    ending = ending_of(DESK)
    ending.call_off()
    assert (ending.state, ending.plan) == (EndingState.TALKING, None)


def test_every_ending_state_is_reached_and_leads_to_the_end() -> None:
    seen, todo = {EndingState.TALKING}, [EndingState.TALKING]
    while todo:
        for target in ENDING_TABLE[todo.pop()].values():
            if target not in seen:
                seen.add(target)
                todo.append(target)
    assert seen == set(EndingState)
    ends = {state for state, row in ENDING_TABLE.items() if row.get(EndingTrigger.END) is EndingState.OVER}
    assert ends == set(EndingState) - {EndingState.OVER}


def test_what_each_ending_state_allows() -> None:
    allowed = {}
    for state in EndingState:
        ending = ending_of()
        ending.state = state
        allowed[state.value] = (ending.interruptible, ending.handing_over)
    assert allowed == {
        "talking": (True, False),
        "closing": (True, False),
        "last_words": (False, False),
        "handing_over": (False, True),
        "accepted": (False, True),
        "over": (False, False),
    }


def test_the_ending_diagram_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert diagram().count("-->") == sum(len(row) for row in ENDING_TABLE.values()) + 1
    # By its file: pytest loads the modules of a package that brings a plugin, and cannot give their code.
    runpy.run_path(ending.__file__, run_name="__main__")
    assert capsys.readouterr().out.startswith("stateDiagram-v2")


# -- what is planned -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "plan"),
    [((), PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))), ((DESK, BRANCH), PERSON)],
    ids=["no person", "a person"],
)
def test_failures_in_a_row_end_with_a_person_or_a_farewell(numbers: tuple[str, ...], plan: PlannedEnd) -> None:
    ending = ending_of(*numbers)
    assert ending.failed("agent", mute=False) is None
    ending.answered()
    assert ending.failed("stt", mute=False) is None
    assert ending.failed("agent", mute=False) == plan
    assert ending_of(*numbers).failed("agent", mute=True) == plan


def test_a_person_who_cannot_be_dialled_is_dialled_no_more() -> None:
    ending = ending_of(DESK)
    plan = ending.failed("agent", mute=True)
    assert plan == PERSON
    ending.say_last_words(plan)
    ending.hand_over()
    ending.refuse()
    assert (ending.state, ending.plan) == (EndingState.TALKING, None)
    assert ending.failed("agent", mute=True) == PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))


def test_a_dial_that_fails_does_not_lead_to_another() -> None:
    assert ending_of(DESK).failed("transfer", mute=True) == PlannedEnd(
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
    ids=["no number", "in the list", "foreign", "closes as well"],
)
def test_the_agent_has_only_people_of_the_line_dialled(
    event: ReplyEnded, numbers: tuple[str, ...], number: str, foreign: bool
) -> None:
    ending = ending_of(*numbers)
    assert ending.is_foreign(event) == foreign
    assert ending.close(event) == PlannedEnd(HangUp("success", "agent_transfer"), number, ("transfer",))
    assert ending.state is EndingState.CLOSING


@pytest.mark.parametrize(
    ("event", "plan"),
    [
        (ReplyEnded(1), None),
        (ReplyEnded(1, hang_up=True), GOODBYE),
        (ReplyEnded(1, transfer_to=""), None),
        (ReplyEnded(1, hang_up=True, transfer_to=DESK), GOODBYE),
    ],
    ids=["goes on", "closes", "transfers", "both"],
)
def test_the_agent_ends_a_call_on_a_line_without_a_person(event: ReplyEnded, plan: PlannedEnd | None) -> None:
    ending = ending_of()
    assert ending.close(event) == ending.plan == plan
    assert ending.state is (EndingState.TALKING if plan is None else EndingState.CLOSING)
    assert ending.is_foreign(event) == bool(event.transfer_to)


def test_the_last_words_say_what_kind_of_end_it_was() -> None:
    end = PlannedEnd(UNAVAILABLE, words=("farewell", "apology"))
    assert end.after("farewell", mute=True).hang_up.meant
    assert not end.after("apology", mute=True).hang_up.meant
    assert not end.after(None, mute=False).hang_up.meant
    assert GOODBYE.after("goodbye", mute=True) == GOODBYE
    assert GOODBYE.after(None, mute=False) == GOODBYE
    assert GOODBYE.after(None, mute=True) == PlannedEnd(HangUp("upstream_error", "tts_unavailable"))
    assert PERSON.after(None, mute=True) == PERSON


def test_an_interrupted_end_is_forgotten() -> None:
    ending = ending_of()
    ending.close(ReplyEnded(1, hang_up=True))
    ending.call_off()
    assert (ending.state, ending.plan) == (EndingState.TALKING, None)


def test_the_first_way_in_which_the_stream_ended_counts() -> None:
    ending = ending_of(DESK)
    ending.say_last_words(PERSON)
    ending.hand_over()
    assert ending.leave("dropped") is None
    assert ending.leave("closed") is None
    assert ending.left == "dropped"


@pytest.mark.parametrize(("how", "result"), [("stop", "success"), ("closed", "indeterminate")])
def test_a_stream_that_ends_ends_the_call(how: str, result: Result) -> None:
    assert ending_of().leave(how) == HangUp(result, f"caller_{how}", from_caller=True)


def test_a_flood_is_ended_at_the_carrier_too() -> None:
    flooded = ending_of().leave("flood")
    assert flooded == HangUp("caller_error", "caller_flood")
    assert flooded.at_carrier


def test_a_stream_that_ends_after_the_acceptance_is_a_transfer() -> None:
    ending = ending_of(DESK)
    ending.say_last_words(PERSON)
    ending.hand_over()
    assert ending.transferred is None
    ending.accept()
    assert ending.transferred == HangUp("upstream_error", "agent_unavailable_transfer", from_caller=True)
    assert ending.leave("dropped") == ending.transferred


def test_an_ending_that_is_over_says_how() -> None:
    ending = ending_of()
    assert ending.hang_up is None
    ending.end(UNAVAILABLE)
    assert ending.hang_up == UNAVAILABLE


def test_an_ending_shows_no_number() -> None:
    ending = ending_of(DESK)
    assert repr(ending) == "<Ending talking failures=0>"
    ending.failed("agent", mute=True)
    ending.say_last_words(PERSON)
    assert repr(ending) == "<Ending last_words failures=1>"
    assert DESK not in repr(PERSON) + repr(ReplyEnded(1, transfer_to=DESK))
