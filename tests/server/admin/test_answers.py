"""What a role is shown of a call, a node and a line."""

from __future__ import annotations

import pytest

from ivr.call.options import Language
from ivr.config.lines import plain_line
from ivr.config.operators import Role
from ivr.fleet.directory import NodeState
from ivr.server.admin.answers import LineShown, NodeShown, WordsShown, masked, show, show_all, show_lines, show_node
from tests.server.board.fleet import a_call

NUMBER, OWN = "+966501234512", "+966110000000"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "+9665******12"),
        ("966501234512", "96650*****12"),
        ("+966501", "***"),
        ("+96650123", "***"),
        ("+966501234", "+9665***34"),
        ("anonymous", "***"),
        ("", ""),
        ("sip:ali@pbx.example", "sip:***"),
        ("client:ali", "client:***"),
        ("<img src=x onerror=alert(1)>", "***"),
        ("x:+966501234512", "***"),
    ],
)
def test_a_persons_number_is_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize(
    ("role", "direction", "caller", "called"),
    [
        ("view", "inbound", masked(NUMBER), OWN),
        ("listen", "inbound", masked(NUMBER), OWN),
        ("act", "inbound", NUMBER, OWN),
        ("view", "outbound-api", NUMBER, masked(OWN)),
        ("act", "outbound-api", NUMBER, OWN),
    ],
)
def test_only_the_persons_number_is_masked(role: Role, direction: str, caller: str, called: str) -> None:
    shown = show(a_call(caller=NUMBER, called=OWN, direction=direction), role)
    assert (shown.caller, shown.called) == (caller, called)


@pytest.mark.parametrize(
    ("role", "keep", "told"),
    [("view", "text", False), ("listen", "text", True), ("act", "text", True), ("act", "metrics", False)],
)
def test_words_need_the_role_and_a_line_that_keeps_text(role: Role, keep: str, told: bool) -> None:
    shown = show_all(a_call(keep=keep, words=(("caller", "hello"),)), role)
    assert shown.words == ([WordsShown("caller", "hello")] if told else [])


@pytest.mark.parametrize(
    ("role", "transfers", "numbers"), [("act", True, [NUMBER]), ("act", False, []), ("listen", True, [])]
)
def test_numbers_of_colleagues_are_for_who_may_transfer(role: Role, transfers: bool, numbers: list[str]) -> None:
    language: Language = "en"
    line = plain_line(language, transfer_to=(NUMBER,))
    assert show_lines([line], frozenset({"default"}), role, transfers=transfers) == [
        LineShown("default", True, numbers)
    ]


def test_a_node_is_shown_as_it_is() -> None:
    assert show_node(NodeState("n", 1, 2, True, 3.0, "v")) == NodeShown("n", 1, 2, True, 3.0, "v")
