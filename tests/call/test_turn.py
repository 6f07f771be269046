"""The floor's table: what leads where, and that nothing else does."""

from __future__ import annotations

import runpy
from itertools import product

import pytest

from ivr.call import turn
from ivr.call.turn import TURN_TABLE, Floor, IllegalTurn, TurnState, TurnTrigger, diagram


@pytest.mark.parametrize(("state", "trigger"), list(product(TurnState, TurnTrigger)))
def test_every_pair_leads_somewhere_or_raises(state: TurnState, trigger: TurnTrigger) -> None:
    floor = Floor()
    floor.state = state
    if trigger in TURN_TABLE[state]:
        assert floor.go(trigger) is TURN_TABLE[state][trigger]
        assert floor.state is TURN_TABLE[state][trigger]
    else:
        with pytest.raises(IllegalTurn, match=f"{trigger.value} while {state.value}"):
            floor.go(trigger)
        assert floor.state is state


def test_every_turn_state_is_reached_from_listening_and_left() -> None:
    assert Floor().state is TurnState.LISTENING
    seen, todo = {TurnState.LISTENING}, [TurnState.LISTENING]
    while todo:
        for target in TURN_TABLE[todo.pop()].values():
            if target not in seen:
                seen.add(target)
                todo.append(target)
    assert seen == set(TurnState)
    assert all(set(row.values()) - {state} for state, row in TURN_TABLE.items())


def test_a_voice_over_the_agent_always_yields_first() -> None:
    assert TURN_TABLE[TurnState.SPEAKING][TurnTrigger.VOICE] is TurnState.YIELDING
    assert TURN_TABLE[TurnState.THINKING][TurnTrigger.VOICE] is TurnState.YIELDING
    assert TurnTrigger.COMMIT not in TURN_TABLE[TurnState.SPEAKING]


def test_the_line_may_say_something_in_every_state() -> None:
    assert all(row[TurnTrigger.SAY] is TurnState.SPEAKING for row in TURN_TABLE.values())


def test_the_diagram_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = sum(len(row) for row in TURN_TABLE.values())
    assert diagram().count("-->") == rows + 1
    # By its file: pytest loads the modules of a package that brings a plugin, and cannot give their code.
    runpy.run_path(turn.__file__, run_name="__main__")
    assert capsys.readouterr().out.startswith("stateDiagram-v2")


def test_floor_prints_itself() -> None:
    assert repr(Floor()) == "<Floor listening>"
