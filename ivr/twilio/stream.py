"""Turn the messages of one media stream into events of the call, and commands into messages.

The order that a stream must keep, and what happens to a message that breaks it:

    WAITING   connected   noted
              start       checked: media format, account, token -> OPEN and CallStarted, or REFUSED
              stop        REFUSED (nothing ever began)
              media, mark, dtmf     fault `before_start`
    OPEN      media       AudioIn (inbound track), one for each 20 ms of it; the outbound track is skipped
              mark, dtmf  MarkReached, DigitPressed
              stop        CallerLeft -> OVER
              start       fault `second_start`
    REFUSED   everything  nothing: the socket is about to be closed
    OVER      everything  nothing

A fault never ends a call: it becomes a `PeerFault` with a fixed reason. `refused` says why the session must close the
socket. Messages over the stream's budget (`ivr.twilio.budget`) are dropped, each kind is one fault; a stream that goes
on like that is a flood, and ends: REFUSED before `start`, CallerLeft after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, Literal, TypeAlias

from ivr.call.commands import HangUp, SendAudio, SendClear, SendMark
from ivr.call.events import AudioIn, CallerLeft, CallStarted, DigitPressed, Event, MarkReached, PeerFault
from ivr.media.g711 import FRAME, FRAME_MS, RATE
from ivr.twilio import messages
from ivr.twilio.budget import LONGEST_AUDIO_S, Overrun, StreamBudget
from ivr.twilio.messages import LONGEST_MESSAGE, Connected, Dtmf, Malformed, Mark, Media, Start, Stop, Unknown

TOKEN: Final = "token"
"""The custom parameter that carries the one-time token."""
START_TIMEOUT: Final = 5.0
"""Seconds a phone has from the open socket to `start`; then the session closes it."""
NORMAL: Final = 1000
REFUSED: Final = 1008
INTERNAL: Final = 1011
"""WebSocket close codes: RFC 6455, section 7.4.1."""
FLOODED: Final = 4029
"""Close code, of the private ones, with which the server's own side ends a socket whose frames are too many."""
_OTHER_TRACKS: Final = frozenset({"outbound", "outbound_track"})
_INBOUND_TRACKS: Final = frozenset({"inbound", "inbound_track"})

StreamRefusal: TypeAlias = Literal["media_format", "account", "token", "stopped_before_start", "flood"]
StreamState: TypeAlias = Literal["waiting", "open", "refused", "over"]


class Stream:
    """Follow the protocol on one WebSocket of the phone."""

    def __init__(self, check_token: Callable[[str, str], bool], accounts: Collection[str] | None = None) -> None:
        """Take `check_token(token, call_sid)`, called once at `start`. `accounts=None` accepts every account."""
        self.state: StreamState = "waiting"
        self.refused: StreamRefusal | None = None
        self.stream_sid = ""
        self.call_sid = ""
        self.account_sid = ""
        self.faults = 0
        """Messages that were not in the protocol, so far."""
        self.skipped = 0
        """Audio messages of the outbound track, so far."""
        self.budget = StreamBudget()
        self._overruns: set[Overrun] = set()
        self._check_token = check_token
        self._accounts = accounts

    def __repr__(self) -> str:
        why = f" {self.refused}" if self.refused else ""
        return f"<Stream {self.stream_sid or '-'} {self.state}{why} faults={self.faults} skipped={self.skipped}>"

    def receive(self, text: str | bytes, now: float = 0.0) -> list[Event]:
        """Return the events that one message of the phone means, at `now`, in seconds. Never raises."""
        if self.state in ("refused", "over"):
            return []
        # Before it is read: what is over the budget must cost next to nothing.
        if (overrun := self.budget.message(min(len(text), LONGEST_MESSAGE), now)) is not None:
            return self._drop(overrun)
        message = messages.parse(text)
        # Audio first: it is 50 of 51 messages.
        if isinstance(message, Media):
            return self._media(message, now) if self.state == "open" else self._fault("before_start")
        if isinstance(message, Malformed):
            return self._fault(message.reason)
        if isinstance(message, Unknown):
            return self._fault("unknown_event")
        if isinstance(message, Connected):
            if self.state == "open":
                return self._fault("late_connected")
            return [] if message.protocol == "Call" else self._fault("unknown_protocol")
        if self.state == "open":
            return self._open(message, now)
        if isinstance(message, Start):
            return self._start(message)
        if isinstance(message, Stop):
            return self.refuse("stopped_before_start")
        return self._fault("before_start")

    def encode(self, command: SendAudio | SendMark | SendClear) -> str:
        """Return the message for a command. Raises RuntimeError before `start` and after the end of the stream."""
        if self.state != "open":
            raise RuntimeError(f"nothing may be sent on {self!r}")
        if isinstance(command, SendAudio):
            return messages.media(self.stream_sid, command.payload)
        if isinstance(command, SendMark):
            return messages.mark(self.stream_sid, command.name)
        return messages.clear(self.stream_sid)

    def _start(self, start: Start) -> list[Event]:
        """Check the facts of a stream, and open it or refuse it."""
        if (start.encoding, start.sample_rate, start.channels) != ("audio/x-mulaw", 8000, 1):
            return self.refuse("media_format")
        if self._accounts is not None and start.account_sid not in self._accounts:
            return self.refuse("account")
        if not self._check_token(start.parameters.get(TOKEN, ""), start.call_sid):
            return self.refuse("token")
        self.state, self.stream_sid, self.call_sid = "open", start.stream_sid, start.call_sid
        self.account_sid = start.account_sid
        # The token is a secret of the bridge: the agent never sees it.
        parameters = {name: value for name, value in start.parameters.items() if name != TOKEN}
        return [CallStarted(call_id=start.call_sid, stream_id=start.stream_sid, parameters=parameters)]

    def _open(self, message: Start | Dtmf | Mark | Stop, now: float) -> list[Event]:
        """Read a message of an open stream."""
        if isinstance(message, Start):
            return self._fault("second_start")
        if message.stream_sid != self.stream_sid:
            return self._fault("wrong_stream")
        if isinstance(message, Mark):
            return [MarkReached(message.name)]
        if isinstance(message, Dtmf):
            if (overrun := self.budget.key(now)) is not None:
                return self._drop(overrun)
            return [DigitPressed(message.digit)]
        self.state = "over"
        return [CallerLeft("stop")]

    def _media(self, media: Media, now: float) -> list[Event]:
        """Read a chunk of audio of an open stream."""
        if media.stream_sid != self.stream_sid:
            return self._fault("wrong_stream")
        if media.track in _OTHER_TRACKS:
            self.skipped += 1
            return []
        if media.track not in _INBOUND_TRACKS:
            return self._fault("unknown_track")
        if not media.payload:
            return self._fault("empty_audio")
        seconds = len(media.payload) / RATE
        if seconds > LONGEST_AUDIO_S:
            return self._fault("long_audio")
        if (overrun := self.budget.audio(seconds, now)) is not None:
            return self._drop(overrun)
        if len(media.payload) <= FRAME:
            return [AudioIn(media.timestamp_ms, media.payload)]
        # A score is for 20 ms at most, so a longer chunk is several events.
        pieces = range(0, len(media.payload), FRAME)
        return [AudioIn(media.timestamp_ms + at // FRAME * FRAME_MS, media.payload[at : at + FRAME]) for at in pieces]

    def refuse(self, why: StreamRefusal) -> list[Event]:
        """Refuse the stream for good."""
        self.state, self.refused = "refused", why
        return []

    def _drop(self, overrun: Overrun) -> list[Event]:
        """Drop a message that is over the budget; report the first of a kind, and end a stream that floods."""
        if self.budget.flooded:
            if self.state == "waiting":
                return self.refuse("flood")
            self.state = "over"
            return [CallerLeft("flood")]
        # One report a kind: a report for each would cost what the dropping saves.
        if overrun in self._overruns:
            return []
        self._overruns.add(overrun)
        return self._fault(overrun)

    def _fault(self, reason: str) -> list[Event]:
        """Count a fault of the phone, and report it."""
        self.faults += 1
        return [PeerFault("phone", reason)]


def close_code(ended: HangUp | None) -> int:
    """Return the close code for the socket of a call. `ended=None`: the call broke without an end."""
    return INTERNAL if ended is None or ended.result == "bridge_error" else NORMAL
