"""Write what the agent is asked: one small JSON object per turn.

`text` and `session_id` are what every such webhook reads; n8n's chat memory keys on `session_id`, here the call's id.
An agent that was interrupted learns from `heard` and `unheard` what the caller knows of its last reply.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ivr.call.commands import ReplyRequest

ACCEPT = "application/x-ndjson, text/event-stream, application/json;q=0.9, text/plain;q=0.8"


def body(request: ReplyRequest) -> dict[str, Any]:
    """Return the request as JSON values."""
    # What there is to say of this event alone, and what the agent has asked to be given back.
    more: dict[str, Any] = {request.event: dict(request.details)} if request.details else {}
    if request.superseded:
        more["superseded"] = True
    if request.eager:
        more["eager"] = True
    if request.context:
        with contextlib.suppress(ValueError):
            more["context"] = json.loads(request.context)
    return {
        "text": request.text,
        "session_id": request.session_id,
        "event": request.event,
        "digits": request.digits,
        "turn": request.turn,
        "call": {
            "sid": request.call_id,
            "from": request.caller,
            "to": request.called,
            "direction": request.direction,
            "parameters": dict(request.parameters),
        },
        "heard": request.heard,
        "unheard": request.unheard,
        "language": request.language,
        **more,
    }


def encoded(request: ReplyRequest) -> bytes:
    """Return the request as it is sent: UTF-8 JSON."""
    # Lone surrogates, which UTF-8 has no bytes for, become `?`.
    return json.dumps(body(request), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def headers(secret: str = "", secret_header: str = "Authorization") -> dict[str, str]:
    """Return the fixed headers of every request.

    A secret goes as `Authorization: Bearer ...`, or as it is in the header that the operator names. Raises `ValueError`
    for a name or secret that cannot stand in a header, without repeating it.
    """
    fixed = {
        "Content-Type": "application/json",
        "Accept": ACCEPT,
        "Accept-Encoding": "identity",
        "User-Agent": "ivr-bridge",
    }
    if not secret:
        return fixed
    if not secret.isascii() or not secret.isprintable():
        raise ValueError("the webhook secret must be printable ASCII")
    if not secret_header.replace("-", "").isalnum() or not secret_header.isascii():
        raise ValueError("the webhook secret's header name must be letters, digits and dashes")
    if secret_header.lower() == "authorization":
        return fixed | {"Authorization": f"Bearer {secret}"}
    return fixed | {secret_header: secret}


def with_userinfo(fixed: Mapping[str, str], userinfo: bytes) -> dict[str, str]:
    """Return the headers for a URL written `https://user:password@host/`."""
    # A configured secret wins.
    if not userinfo or "Authorization" in fixed:
        return dict(fixed)
    credentials = base64.b64encode(unquote(userinfo.decode("ascii", "replace")).encode()).decode()
    return dict(fixed) | {"Authorization": f"Basic {credentials}"}
