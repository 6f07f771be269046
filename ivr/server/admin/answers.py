"""Shape what operators are shown, and what they send: one type for the board, the API and its OpenAPI document.

What a role may not see is not in an answer: the numbers of callers are masked below `act`, and words are there for
`listen` and above where the call's line keeps text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from ivr.config.lines import Line
from ivr.config.operators import Role, may
from ivr.fleet.directory import LiveCall, NodeState
from ivr.fleet.messages import MOST_SAID
from ivr.observe.redact import HIDDEN

_SHOWN_FIRST: Final = 5
_SHOWN_LAST: Final = 2
_MASKED_LEAST: Final = 3
"""Digits of a masked number that are not shown, at least."""


class CallShown(msgspec.Struct, frozen=True, kw_only=True):
    """Show a live call."""

    call_id: str
    node: str
    line: str
    direction: str
    caller: str
    """The number of the caller, masked below the role `act`."""
    called: str
    """The number that was dialled; masked like `caller` where the bridge's side called it."""
    since: float
    """Unix seconds at which the call began."""
    state: str
    """`listening`, `hearing`, `transcribing`, `thinking`, `speaking`, `yielding` or `ending`."""
    turns: int
    wait_ms: int | None
    """How long the caller waited for the last answer; null: none yet."""
    longest_wait_ms: int | None
    faults: int
    listeners: int
    recorded: bool
    resumed: int
    keep: str
    """What the line keeps of its calls: `none`, `metrics` or `text`."""


class WordsShown(msgspec.Struct, frozen=True):
    """Show what was said without a pause by one side."""

    who: str
    """`caller` or `agent`."""
    text: str


class CallDetail(CallShown, frozen=True, kw_only=True):
    """Show a live call with its words."""

    words: list[WordsShown]
    """The last of them; empty where the role or the line does not allow it."""


class Calls(msgspec.Struct, frozen=True):
    """Show the live calls of the fleet."""

    calls: list[CallShown]


class NodeShown(msgspec.Struct, frozen=True):
    """Show a node that lives."""

    name: str
    calls: int
    max_calls: int
    draining: bool
    beat_at: float
    """Unix seconds of its last sign of life."""
    version: str


class LineShown(msgspec.Struct, frozen=True):
    """Show a line."""

    name: str
    closed: bool
    """New callers hear that it is closed."""
    transfer_to: list[str]
    """Numbers that its calls may be transferred to; for the role `act`."""


class Nodes(msgspec.Struct, frozen=True):
    """Show the nodes and the lines of the fleet."""

    nodes: list[NodeShown]
    lines: list[LineShown]


class Accepted(msgspec.Struct, frozen=True):
    """Say that the node was asked. What comes of it is seen on the call."""

    accepted: Literal[True] = True


class Problem(msgspec.Struct, frozen=True):
    """Say why not."""

    error: str
    """A fixed word."""
    problem: str
    """What to do about it."""


class SayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for words to be said to the caller."""

    words: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_SAID)]


class TransferBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a transfer."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    """One of the line's own list."""


class DrainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask a node to take no new calls, and to end after the last."""

    node: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


def masked(number: str) -> str:
    """Return a person's number with its middle hidden: enough to tell two callers apart, not to call one."""
    scheme, colon, _ = number.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel", "client"):
        return f"{scheme}:{HIDDEN}"
    hidden = len(number) - _SHOWN_FIRST - _SHOWN_LAST
    digits = number.removeprefix("+").isdecimal()
    if not digits or hidden < _MASKED_LEAST:
        return HIDDEN if number else ""
    return f"{number[:_SHOWN_FIRST]}{'*' * hidden}{number[-_SHOWN_LAST:]}"


def show(call: LiveCall, role: Role) -> CallShown:
    """Return what a role may see of a call."""
    return CallShown(**_seen(call, role))


def show_all(call: LiveCall, role: Role) -> CallDetail:
    """Return what a role may see of a call, with its words."""
    words = call.words if may(role, "listen") and call.keep == "text" else ()
    return CallDetail(**_seen(call, role), words=[WordsShown(who, text) for who, text in words])


def show_node(node: NodeState) -> NodeShown:
    """Return what is seen of a node."""
    return NodeShown(node.name, node.calls, node.max_calls, node.draining, node.beat_at, node.version)


def show_lines(lines: Sequence[Line], closed: frozenset[str], role: Role, *, transfers: bool) -> list[LineShown]:
    """Return what a role may see of the lines. `transfers`: the bridge can transfer calls."""
    numbers = transfers and may(role, "act")
    return [LineShown(line.name, line.name in closed, list(line.transfer_to) if numbers else []) for line in lines]


def _seen(call: LiveCall, role: Role) -> dict[str, Any]:
    seen: dict[str, Any] = {name: getattr(call, name) for name in CallShown.__struct_fields__}
    if not may(role, "act"):
        # The other number is the operator's own. Of a call that the bridge's side made, the person was called.
        person = "caller" if call.direction == "inbound" else "called"
        seen[person] = masked(str(seen[person]))
    return seen
