"""What an agent asks for beside its words."""

from __future__ import annotations

from typing import Any

from ivr.webhook.formats.actions import LONGEST_IDLE_S, actions_of
from ivr.webhook.formats.parts import Closing, Failure, Piece, Transferring, Waiting
from tests.text.tables import failures

BAD: list[Piece] = [Failure("bad_idle")]


def test_actions_of_a_record() -> None:
    rows: list[tuple[dict[str, Any], list[Piece]]] = [
        ({}, []),
        ({"output": "Hello."}, []),
        ({"idle": 30}, [Waiting(30.0)]),
        ({"idle": "45"}, [Waiting(45.0)]),
        ({"data": {"idle": 12.5}}, [Waiting(12.5)]),
        ({"idle": 1e9}, [Waiting(LONGEST_IDLE_S)]),
        ({"idle": 0}, BAD),
        ({"idle": -3}, BAD),
        ({"idle": True}, BAD),
        ({"idle": None}, BAD),
        ({"idle": "long"}, BAD),
        ({"idle": float("nan")}, BAD),
        ({"idle": [1]}, BAD),
        ({"idle": 10**400}, BAD),
        ({"idle": 20, "transfer": True, "is_closing": "true"}, [Waiting(20.0), Transferring(), Closing()]),
    ]
    assert failures(rows, actions_of) == []
