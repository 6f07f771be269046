"""Give the audio of calls to those who listen: both sides as they are heard, a few hundredths of a second later.

An observer of calls. A call that has no listener costs a look at each frame. A frame that the line holds back is
awaited for a little while, so that a listener hears no hole where the bridge hears none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, SendAudio, SendClear
from ivr.call.events import AudioIn, Event
from ivr.call.ports import CallObserver
from ivr.call.timeline import Turn
from ivr.config.settings import Settings
from ivr.media.g711 import RATE, SILENCE
from ivr.media.stereo_wav import interleave
from ivr.recording.call_tracks import CallTracks

PIECE: Final = 640
"""Samples of both sides in one piece: 80 ms."""
BEHIND_LINE_S: Final = 0.04
"""Seconds behind the line at which audio is final: as much as frames come unevenly."""
LONGEST_HOLD_BACK_S: Final = 0.2
"""Seconds for which a late frame is awaited."""
_HUSH: Final = bytes([SILENCE])


class Relay(Protocol):
    """Carry audio to listeners: a directory."""

    def listeners(self, call_id: str) -> int:
        """Return how many listen to a call of this node."""

    def relay(self, call_id: str, audio: bytes) -> None:
        """Send audio of a call to its listeners. Never waits."""


class LiveAudio:
    """Follow the calls that have listeners."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._calls: dict[str, CallTracks] = {}
        self._quiet_at: dict[str, float] = {}
        """When the phone of each call has played what it was sent, in seconds of `now`."""

    def __repr__(self) -> str:
        return f"<LiveAudio {len(self._calls)} calls>"

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Forget an older stream of the call."""
        self._calls.pop(call_id, None)
        self._quiet_at[call_id] = now

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Follow a call that has listeners, and send what is final of it."""
        tracks = self._calls.get(call_id)
        if tracks is None:
            if type(event) is not AudioIn or not self._relay.listeners(call_id):
                if commands:
                    self._note_sent(call_id, now, commands)
                return
            tracks = self._calls[call_id] = CallTracks(now)
            # What the phone still plays came before anyone listened: what is sent now is heard behind it.
            tracks.heard.sent(_HUSH * max(0, round((self._quiet_at.get(call_id, now) - now) * RATE)), now)
        tracks.follow(now, event, commands)
        heard = tracks.heard
        latest = heard.position(now)
        ready = min(latest - round(BEHIND_LINE_S * RATE), max(heard.spoken, latest - round(LONGEST_HOLD_BACK_S * RATE)))
        while ready - heard.taken >= PIECE:
            self._relay.relay(call_id, interleave(*tracks.take_to(heard.taken + PIECE)))
            if not self._relay.listeners(call_id):
                del self._calls[call_id]
                self._quiet_at[call_id] = now + max(0, heard.queued - heard.position(now)) / RATE
                return

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Forget a call."""
        self._calls.pop(call_id, None)
        self._quiet_at.pop(call_id, None)

    def _note_sent(self, call_id: str, now: float, commands: Sequence[Command]) -> None:
        for command in commands:
            if type(command) is SendAudio:
                quiet_at = max(now, self._quiet_at.get(call_id, now))
                self._quiet_at[call_id] = quiet_at + len(command.payload) / RATE
            elif type(command) is SendClear:
                self._quiet_at[call_id] = now


def with_live_audio(observers: Iterable[CallObserver | None], relay: Relay, settings: Settings) -> list[CallObserver]:
    """Return the observers that there are, and one that sends audio to listeners where operators may listen."""
    found = [one for one in observers if one is not None]
    return [*found, LiveAudio(relay)] if settings.board_tokens.get_secret_value() else found
