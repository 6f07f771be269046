"""The floor's table: what leads where, and that nothing else does."""

from __future__ import annotations

import runpy
from itertools import product

import pytest

from ivr.call.turn import TABLE, Floor, IllegalTransition, State, Trigger, diagram


@pytest.mark.parametrize(("state", "trigger"), list(product(State, Trigger)))
def test_every_pair_leads_somewhere_or_raises(state: State, trigger: Trigger) -> None:
    floor = Floor()
    floor.state = state
    if trigger in TABLE[state]:
        assert floor.go(trigger) is TABLE[state][trigger]
        assert floor.state is TABLE[state][trigger]
    else:
        with pytest.raises(IllegalTransition, match=f"{trigger.value} while {state.value}"):
            floor.go(trigger)
        assert floor.state is state


def test_a_call_begins_by_listening_and_every_state_can_be_reached_and_left() -> None:
    assert Floor().state is State.LISTENING
    seen, todo = {State.LISTENING}, [State.LISTENING]
    while todo:
        for target in TABLE[todo.pop()].values():
            if target not in seen:
                seen.add(target)
                todo.append(target)
    assert seen == set(State)
    assert all(set(row.values()) - {state} for state, row in TABLE.items())


def test_a_voice_over_the_agent_always_yields_first() -> None:
    assert TABLE[State.SPEAKING][Trigger.VOICE] is State.YIELDING
    assert TABLE[State.THINKING][Trigger.VOICE] is State.YIELDING
    assert Trigger.COMMIT not in TABLE[State.SPEAKING]


def test_the_line_may_say_something_in_every_state() -> None:
    assert all(row[Trigger.SAY] is State.SPEAKING for row in TABLE.values())


def test_the_diagram_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = sum(len(row) for row in TABLE.values())
    assert diagram().count("-->") == rows + 1
    with pytest.warns(RuntimeWarning, match=r"ivr\.call\.turn"):
        runpy.run_module("ivr.call.turn", run_name="__main__")
    assert capsys.readouterr().out.startswith("stateDiagram-v2")


def test_it_prints_itself() -> None:
    assert repr(Floor()) == "<Floor listening>"
