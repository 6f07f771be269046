"""Hold how the carrier behaves: what one call, all its legs, and the REST interface share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr.testbench.twilio.network import NetworkFaults
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.signing import Honesty, SharedKey

CallbackOrder: TypeAlias = Literal["in_order", "overtaking", "doubled"]
"""`overtaking`: every second callback arrives after the one that follows it. `doubled`: each comes twice."""


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """Hold how the carrier behaves beyond the call itself."""

    method: str = "POST"
    """HTTP method of the voice request; `GET` puts the form into the query."""
    fallback_url: str = ""
    """URL that is asked when the voice URL fails; empty: none."""
    status_callback: str = ""
    """URL that receives the events `initiated`, `ringing`, `answered` and `completed`; empty: none."""
    callbacks: CallbackOrder = "in_order"
    honesty: Honesty = "right"
    """Whether the signatures are right."""
    shared_key: SharedKey | None = None
    trailing_slash: bool = False
    """Sign the socket's URL with a `/` behind it: Twilio's page on webhook security says that this may happen."""
    handshake_s: float = 5.0
    """Seconds that the bridge has to accept the socket. Twilio does not document its own limit."""
    speed: float = 1.0
    """Call seconds in one second of the loop."""
    seed: int | None = None
    """Seed of ids and tokens: the same seed gives the same ones; None: new ones each time."""
    network: NetworkFaults = field(default_factory=NetworkFaults)
    """What is wrong with the connection of media streams."""
    room: int = 250
    """Messages that may wait for a bridge that reads slowly."""
    call_sid: str = ""
    """Call sid to use; empty: a new one."""
    ringing_s: float = 2.0
    """Seconds until a number answers that `people` does not know. It hangs up as soon as it is connected."""
    people: Mapping[str, FarParty] = field(default_factory=dict)
    """Who is at the far end, by number, `sip:...`, `client:...` or `queue:...`."""
    caller: FarParty = field(default_factory=FarParty)
    """The caller outside the media stream: keys of a `<Gather>`, a message, a hang-up while a telephone rings."""
    speech_rate: float = 15.0
    """Characters that `<Say>` speaks in a second; 0: words take no time."""
    created_after_s: float = 0.0
    """Seconds by which the answer to a created call is late: its stream may be open by then."""
    settle_s: float = 60.0
    """Seconds that other legs get to end by themselves after the caller's."""
