"""Define the directory of live calls: who is on the line at any node of the fleet, and the way to that node.

`Directory` is the interface. Engines:

    MemoryDirectory    one process                          `ivr.fleet.live.memory`
    MachineDirectory   the workers of one machine           `ivr.server.shared.machine_directory`
    ValkeyDirectory    many machines                        `ivr.fleet.live.valkey`

A node is one process that carries calls. What is put into the directory is there for as long as the call is on the
line: numbers, and words where the call's line keeps text. Nothing here may hold up a call: `put`, `gone`, `relay` and
`pass_on` return at once, and what a lost store or node misses is made good by the next full picture.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from ivr.fleet.messages import Message, OfCall

WORDS_KEPT: Final = 30
"""Pieces of a conversation that are shown of a live call."""
LEASE_S: Final = 10.0
"""Seconds for which a listener is sent audio without asking again."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """Show one call that is on the line."""

    call_id: str
    node: str
    """The node that carries it."""
    line: str
    direction: str = "inbound"
    caller: str = ""
    """As the carrier writes it; masked where it is shown. Never logged."""
    called: str = ""
    """The number that was dialled. Never logged."""
    since: float = 0.0
    """Unix seconds at which the call's first stream began; kept when the call is resumed."""
    state: str = "listening"
    """Whose turn it is, a value of `TurnState`; `ending`: last words, or a transfer."""
    turns: int = 0
    """Questions so far."""
    wait_ms: int | None = None
    """How long the caller waited for the last answer. None: there was none."""
    longest_wait_ms: int | None = None
    faults: int = 0
    """Failures of the services, the agent and the phone so far."""
    listeners: int = 0
    """Operators who listen in."""
    recorded: bool = False
    resumed: int = 0
    """How often the call has gone on after its stream was lost."""
    keep: str = "metrics"
    """What the line keeps of its calls: `none`, `metrics` or `text`."""
    words: tuple[tuple[str, str], ...] = ()
    """The last pieces of the conversation, `caller` or `agent` and what was said. Only where `keep` is `text`."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Say that a call is on the line no more, or not at this node."""

    call_id: str
    node: str


Change: TypeAlias = LiveCall | Gone


@dataclass(frozen=True, slots=True)
class NodeState:
    """Show one node that lives."""

    name: str
    calls: int
    """Calls on its line."""
    max_calls: int
    """Calls that it takes at once."""
    draining: bool
    """It takes no new calls."""
    beat_at: float
    """Unix seconds of its last sign of life."""
    version: str
    """Of the bridge."""


class Directory(Protocol):
    """Know the live calls of the fleet. One object a process. Belongs to the loop in which `open` is called."""

    @property
    def node(self) -> str:
        """Return the name of this process's node."""

    def open(self, receive: Callable[[Message], None]) -> None:
        """Begin. `receive` is given what is told to this node, and to the calls it carries."""

    def beat(self, now: float) -> None:
        """Do what is due: called about ten times a second, in seconds of the loop's clock."""

    async def close(self) -> None:
        """End, within a second. This node's calls are gone."""

    # -- who is on the line

    def put(self, call: LiveCall) -> None:
        """Show a call of this node as it is now. Never waits, never raises; of many in a row the newest counts."""

    def gone(self, call_id: str) -> None:
        """Show a call of this node no more. Never waits, never raises."""

    async def calls(self) -> list[LiveCall]:
        """Return the live calls of the whole fleet, the oldest first, without those of dead nodes."""

    async def nodes(self) -> list[NodeState]:
        """Return the nodes that live, by name."""

    def watch(self) -> AsyncGenerator[Change, None]:
        """Yield every live call of the fleet, then each change. A slow reader misses states, never the last one.

        The reader closes it (`contextlib.aclosing`).
        """

    # -- messages

    async def tell(self, call_id: str, message: OfCall) -> bool:
        """Tell the node that has a call. False: none has it, or it cannot be reached."""

    async def tell_node(self, node: str, message: Message) -> bool:
        """Tell a node. False: there is none of this name, or it cannot be reached."""

    def pass_on(self, message: OfCall) -> None:
        """Tell the node that has the call, without waiting. Nothing happens where that is this one, or none."""

    # -- listening in

    def relay(self, call_id: str, audio: bytes) -> None:
        """Send audio of a call of this node to its listeners. Never waits; where there is none it is dropped."""

    def listeners(self, call_id: str) -> int:
        """Return how many listen to a call of this node, here or elsewhere. Cheap: asked at every frame."""

    def listen(self, call_id: str, by: str = "") -> AsyncGenerator[bytes, None]:
        """Yield the audio of a call as its node relays it, until the call is gone. A slow reader misses the oldest.

        `by`: the operator's name. The node of the call receives a `Listen` when a listener comes and when one goes. The
        reader closes it (`contextlib.aclosing`), and is no listener any more.
        """

    # -- flags

    @property
    def closed_lines(self) -> frozenset[str]:
        """Return the names of the lines that an operator has closed. Nothing waits for it."""

    async def close_line(self, line: str, closed: bool) -> None:
        """Close a line for the whole fleet, or open it again."""
