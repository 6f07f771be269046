"""Who hangs up, and who has the last word."""

from __future__ import annotations

import pytest

from ivr.call.commands import HangUp


@pytest.mark.parametrize(
    ("hang_up", "meant", "at_carrier"),
    [
        (HangUp("success", "agent_goodbye"), True, True),
        (HangUp("success", "caller_stop", from_caller=True), True, False),
        (HangUp("caller_error", "caller_silent"), True, True),
        (HangUp("upstream_error", "agent_unavailable", said_farewell=True), True, True),
        (HangUp("upstream_error", "tts_unavailable"), False, False),
        (HangUp("bridge_error", "shutdown"), False, False),
        (HangUp("indeterminate", "caller_dropped", from_caller=True), False, False),
    ],
)
def test_the_end_of_a_call(hang_up: HangUp, meant: bool, at_carrier: bool) -> None:
    assert (hang_up.meant, hang_up.at_carrier) == (meant, at_carrier)
