"""Run a bridge for the benches: the real server and its mocks on loopback, and what was decided on every call."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note, Transcribe
from ivr.call.events import Event
from ivr.call.timeline import Turn
from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.testbench.demo import CALLED, CALLER, CallerVoice, loopback, ready
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import Mock
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.carrier import place_call
from ivr.testbench.twilio.rest import Switchboard

Ring: TypeAlias = Callable[[Scenario, CallerVoice], Awaitable[PhoneRecord]]
"""Place one call."""


@dataclass
class Keep:
    """Keep what the bridge decided on every call."""

    turns: dict[str, list[Turn]] = field(default_factory=dict)
    """The turns of each call."""
    sent: int = 0
    """Utterances sent to STT."""
    taken_back: int = 0
    """Utterances sent to STT early and taken back."""

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.sent += sum(isinstance(command, Transcribe) for command in commands)
        self.taken_back += sum(isinstance(c, Note) and c.name == "early_taken_back" for c in commands)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.turns[call_id] = list(turns)


@contextlib.asynccontextmanager
async def a_bridge(mock: Mock, keep: Keep, more: Mapping[str, str], toml: str = "") -> AsyncIterator[Ring]:
    """Start a bridge in Arabic, ready for calls. `more`: further settings; `toml`: its ivr.toml."""
    account, secret = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        async with mock.serving() as peer:
            listener = bound()
            port = listener.getsockname()[1]
            settings = loopback(peer, port, Path(folder), account, secret, {"IVR_LANGUAGE": "ar", **more}, toml)

            async def ring(scenario: Scenario, voice: CallerVoice) -> PhoneRecord:
                return await place_call(
                    f"{settings.public_url}/voice",
                    scenario,
                    auth_token=secret,
                    account_sid=account,
                    caller=CALLER,
                    called=CALLED,
                    voice=voice,
                    switchboard=Switchboard(account, secret),
                )

            app = create_app(settings, observe=keep)
            async with serving(app, listener, lambda served: config_for(served, settings)):
                await ready(settings.public_url)
                yield ring
