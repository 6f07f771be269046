"""Write what the answer to a call knew of it, for the worker that gets its stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ivr.server.shared.places import Place


class _AnswerFacts(msgspec.Struct, array_like=True):
    """Hold what is written. A bridge of an earlier version writes fewer, one of a later version perhaps more."""

    caller: str
    called: str
    direction: str
    parameters: dict[str, str]
    resumed: bool = False
    job: str = ""


_FACTS: Final = msgspec.json.Decoder(_AnswerFacts)


def write_facts(place: Place, parameters: Mapping[str, str] | None = None) -> bytes:
    """Return what is known of an awaited call as JSON, with other `parameters` where they are given."""
    told = place.parameters if parameters is None else parameters
    known = place.caller, place.called, place.direction, dict(told), place.resumed
    return msgspec.json.encode(_AnswerFacts(*known, place.job))


def read_facts(call_id: str, facts: bytes, deadline: float, nonce: bytes) -> Place:
    """Return the place that `write_facts` wrote; empty facts are of a call that nothing is known of."""
    if not facts:
        return Place(call_id, deadline=deadline, nonce=nonce)
    found = _FACTS.decode(facts)
    told = found.caller, found.called, found.direction, found.parameters
    return Place(call_id, *told, deadline=deadline, nonce=nonce, resumed=found.resumed, job=found.job)
