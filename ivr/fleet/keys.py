"""Name what the fleet keeps in Valkey.

Every name begins with `ivr:1:`. The 1 is the version of what stands behind the names: a bridge of another version has
names of its own, and neither reads what the other wrote.

    ivr:1:slots          sorted set   calls that have a place: CallSid -> expiry, seconds of the store's clock
    ivr:1:slots:LINE     sorted set   the same of one line
    ivr:1:owners         hash         calls on the line: CallSid -> since when, node, stream
    ivr:1:token:NONCE    string       a token that was used
    ivr:1:nodes          sorted set   nodes that live: name -> expiry, seconds of the store's clock
    ivr:1:node:NODE      string       a node's last heartbeat, JSON
    ivr:1:limits         hash         calls that a node carries at most, by node
    ivr:1:probe:NODE     string       written to learn whether the store takes what is written

The live calls, messages to nodes and the flags of the fleet: see `ivr.fleet.live.stored_calls`.
"""

from __future__ import annotations

from typing import Final

PREFIX: Final = "ivr:1:"


def key(*parts: str) -> str:
    """Return the name of something that the fleet keeps: `key("call", sid)`."""
    return PREFIX + ":".join(parts)
