"""Write a call as a vCon, the IETF's container for conversations (draft-ietf-vcon-vcon-core-02, syntax 0.4.0).

Parties are the caller and the agent. Dialogs are the recording, in two channels, and what each side said and was heard
to say. The one analysis holds the call's figures (`ivr report --json`).
https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-core/
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha512
from typing import Any, Final

from ivr.media.g711 import RATE
from ivr.records.moments import call_uuid
from ivr.replay.report.page_data import call_figures
from ivr.replay.report.replayed import RebuiltCall
from ivr.replay.report.sound import wav_file

VCON_SYNTAX: Final = "0.4.0"
_CALLER, _AGENT = 0, 1


def vcon_json(call: RebuiltCall, clock: Callable[[float], str], started_ms: int) -> str:
    """Return the vCon as JSON. `clock`: wall time of seconds since the beginning of both tracks, ISO 8601.

    `started_ms`: when the call began, in milliseconds of Unix time.
    """
    header, started = call.tape.header, call.tape.started
    caller: dict[str, Any] = {"name": "caller"}
    agent: dict[str, Any] = {"name": "agent"}
    if started is not None and started.caller:
        caller["tel"] = started.caller
    if started is not None and started.called:
        agent["tel"] = started.called
    dialogs = [*_recording(call, clock), *sorted(_texts(call, clock), key=lambda dialog: str(dialog["start"]))]
    vcon = {
        "vcon": VCON_SYNTAX,
        "uuid": str(call_uuid(header.call_id, started_ms)),
        "created_at": clock(0.0),
        "subject": f"call {header.call_id}",
        "parties": [caller, agent],
        "dialog": dialogs,
        "analysis": [
            {
                "type": "report",
                "dialog": list(range(len(dialogs))),
                "mediatype": "application/json",
                "vendor": "ivr-bridge",
                "product": "ivr report",
                "encoding": "json",
                "body": json.dumps(call_figures(call), ensure_ascii=False),
            }
        ],
        "attachments": [],
    }
    return json.dumps(vcon, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode("utf-8") + "\n"


def _recording(call: RebuiltCall, clock: Callable[[float], str]) -> Iterator[dict[str, Any]]:
    """Yield the recording, where there is one."""
    if not (call.tape.header.audible and call.sounds):
        return
    sound = wav_file(call.caller.audio, call.agent.audio)
    yield {
        "type": "recording",
        "start": clock(0.0),
        "duration": round(call.length, 3),
        "parties": [_CALLER, _AGENT],
        "originator": _CALLER,
        "mediatype": "audio/wav",
        "filename": f"{call.tape.header.call_id}.wav",
        "encoding": "base64url",
        "body": _base64url(sound),
        "content_hash": f"sha512-{_base64url(sha512(sound).digest())}",
    }


def _texts(call: RebuiltCall, clock: Callable[[float], str]) -> Iterator[dict[str, Any]]:
    """Yield what each side said, and of the agent's words those that were heard, a turn each."""
    for turn in call.turns:
        said = turn.speech_started_at if turn.speech_started_at is not None else turn.asked_at
        if turn.text and said is not None:
            ended = turn.speech_ended_at if turn.speech_ended_at is not None else said
            yield _text(clock, call.seconds(said), ended - said, _CALLER, turn.text)
        played = [call.pieces[key] for one in turn.sentences if (key := (turn.number, one.number)) in call.pieces]
        if played and turn.heard.strip():
            start, end = min(piece.start for piece in played), max(piece.end for piece in played)
            yield _text(clock, start / RATE, (end - start) / RATE, _AGENT, turn.heard.strip())


def _text(clock: Callable[[float], str], at: float, seconds: float, who: int, text: str) -> dict[str, Any]:
    return {
        "type": "text",
        "start": clock(at),
        "duration": round(max(0.0, seconds), 3),
        "parties": [who, _AGENT - who],
        "originator": who,
        "mediatype": "text/plain",
        "encoding": "none",
        "body": text,
    }


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
