"""Write what the answer to a call knew of it, for the worker that gets its stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ivr.server.shared.places import Place

_FACTS: Final = msgspec.json.Decoder(tuple[str, str, str, dict[str, str]])


def write_facts(place: Place, parameters: Mapping[str, str] | None = None) -> bytes:
    """Return what is known of an awaited call as JSON, with other `parameters` where they are given."""
    told = place.parameters if parameters is None else parameters
    return msgspec.json.encode((place.caller, place.called, place.direction, dict(told)))


def read_facts(call_id: str, facts: bytes, deadline: float, nonce: bytes) -> Place:
    """Return the place that `write_facts` wrote; empty facts are of a call that nothing is known of."""
    if not facts:
        return Place(call_id, deadline=deadline, nonce=nonce)
    caller, called, direction, parameters = _FACTS.decode(facts)
    return Place(call_id, caller, called, direction, parameters, deadline, nonce)
