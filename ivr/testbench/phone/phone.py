"""Play the phone of a call: one media stream as the carrier carries it, without a clock or a socket.

The driver opens it (`open`), gives it every message of the bridge (`receive`), lets the caller act (`say`, `press`,
`hang_up`), and performs what `poll` returns: messages to send, a close, or a dead connection. `wake_at` says when to
poll next. `now` is the driver's clock in seconds.

Replies have the number of the caller's last act: 0 is the greeting, k is what the agent begins to say after the
caller's k-th act (speech or a row of keys).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.media.g711 import RATE
from ivr.testbench.phone import messages as wire
from ivr.testbench.phone.mark_faults import MarkReturns
from ivr.testbench.phone.microphone import Microphone, PhoneOptions, Stretch
from ivr.testbench.phone.playback import Playback
from ivr.testbench.recording import Cleared, Ending, PhoneRecord, Speech

__all__ = ["CloseStream", "DropStream", "How", "Phone", "PhoneOptions", "PhoneOutput", "Stretch", "WireViolation"]

DEADLINE_SLACK = 1e-6
"""Seconds by which the clock may be short of a deadline that counts as reached."""
DISCARDED = 31931
"""Warning: more agent audio than the phone keeps (Twilio: downstream overflow)."""
OVERFLOW = 31930
"""Warning: the bridge reads too slowly, caller audio is discarded (Twilio: upstream buffer overflow)."""
STREAM_CLOSE_ERROR = 31921
"""Error: the bridge closed the socket without a close frame (Twilio: WebSocket close error)."""
STAY_OPEN = 30.0
"""Seconds after which a socket is closed that was to stay open after `stop`."""
DTMF_KEYS = "0123456789*#ABCD"
"""Keys of a telephone, by ITU-T Q.23."""

How: TypeAlias = Literal["stop", "stop_open", "close", "drop"]
"""A hang-up: `stop`, then close; `stop` and the socket stays open; a close without `stop`; a dead connection."""


@dataclass(frozen=True, slots=True)
class CloseStream:
    """Ask the driver to close the socket."""

    code: int


@dataclass(frozen=True, slots=True)
class DropStream:
    """Ask the driver to drop the connection without a close frame."""


PhoneOutput: TypeAlias = str | CloseStream | DropStream


class WireViolation(Exception):
    """Report to a strict phone's driver a message that is not in the protocol."""


class Phone:
    """Play one stream of one call."""

    def __init__(
        self,
        ids: wire.Ids,
        record: PhoneRecord,
        *,
        parameters: Mapping[str, str] | None = None,
        options: PhoneOptions | None = None,
        before: Phone | None = None,
    ) -> None:
        """Take the record to fill. `before`: the phone of the call's last stream, which this one goes on from."""
        self.ids = ids
        self.record = record
        self.options = options if options is not None else PhoneOptions()
        self.playback: Playback = Playback(int(self.options.buffer_s * RATE)) if before is None else before.playback
        self.playback.clear()
        self.acts: int = 0 if before is None else before.acts
        """Acts of the caller so far. This is the number of the next reply."""
        self.over = False
        """Whether the socket is closed or dead, from either side."""
        self.hung_up = False
        """Whether `stop` was sent or the phone closed. After that nothing of the bridge is heard."""
        self._parameters = dict(parameters or {})
        self._microphone: Microphone | None = None
        self._out: list[PhoneOutput] = []
        self._close_at: float | None = None
        self._sequence = 0
        self._chunk = 0
        self._first_payload = True
        self._agent_from: int | None = None
        marks = self.options.marks
        self._returns = MarkReturns(marks, self.options.seed) if marks is not None else None

    def __repr__(self) -> str:
        state = "over" if self.over else "hung up" if self.hung_up else "open" if self._microphone else "new"
        return f"<Phone {self.ids.call} {state}, {self.playback!r}>"

    def open(self, now: float) -> None:
        """Begin the stream on an open socket. The first chunks are due at once. Call it exactly once."""
        self.record.call_sid, self.record.stream_sid = self.ids.call, self.ids.stream
        self.record.heard, self.record.runs = self.playback.heard, self.playback.runs
        began = self.record.t0
        self._microphone = Microphone(self.options, now, self.record.caller, self.record.speech, began)
        self.record.t0 = self._microphone.t0
        self.playback.advance(self._sample(now))
        self._send(now, wire.CONNECTED)
        self._send(now, wire.start(self.ids, self._next(), self._parameters))
        self.record.note(now, "stream", self.ids.stream)

    def receive(self, message: str | bytes, now: float) -> None:
        """Receive a message from the bridge. Raises `WireViolation` when the phone is strict, else never."""
        self.play_to(now)
        if self.options.keep_messages:
            self.record.messages.append((now, "<", message if isinstance(message, str) else repr(message)))
        match wire.parse(message, self.ids.stream):
            case wire.MediaMessage(payload):
                self._play(payload, now)
            case wire.MarkMessage(name):
                self.record.note(now, "mark", name)
                if self._returns is not None and self._returns.early:
                    self._echo(name, now, now)
                else:
                    self.playback.mark(name)
            case wire.ClearMessage():
                gone, names = self.playback.clear()
                self.record.cleared.append(Cleared(self.playback.position, gone / 8))
                self.record.note(now, "clear", f"{gone / 8:.0f} ms")
                # Twilio's page on `clear`: it sends back every outstanding mark. Such a mark was not heard.
                if not self.hung_up and not self.over:
                    for name in names:
                        self._reached(name, self.playback.position, now)
            case fault:
                self.record.note(now, "fault", f"{fault.code} {fault.reason}")
                self.record.warn(now, fault.code, fault.reason)
                if self.options.strict:
                    raise WireViolation(f"{fault.code} {fault.reason}")
        self.play_to(now)

    def closed(self, now: float, code: int | None) -> None:
        """End the stream after the bridge closed the socket. `code` is None when there was no close frame."""
        if self.over:
            return
        self.play_to(now)
        self.record.note(now, "closed", "died" if code is None else str(code))
        # A connection that dies after the hang-up is no fault: the caller does not hear it.
        if code is None and not self.hung_up:
            self.record.warn(now, STREAM_CLOSE_ERROR, "connection closed without a close frame")
        self._end(now, "lost" if code is None else "agent")
        self.over = True

    def poll(self, now: float, *, room: bool = True) -> list[PhoneOutput]:
        """Return what leaves the phone by `now`, in order. Without `room`, caller audio is discarded (31930)."""
        microphone = self._microphone
        if microphone is not None and not self.over:
            self.play_to(now)
            spoke = microphone.speaking
            # The phone speaks all the time, with silence where the caller says nothing, as the carrier does.
            # A hang-up ends it: nothing follows `stop`.
            for chunk in () if self.hung_up else microphone.take(now + DEADLINE_SLACK):
                if not room:
                    self.record.warn(now, OVERFLOW, "the bridge reads too slowly")
                    continue
                self._chunk += 1
                self.record.lateness_ms.append((now - chunk.leaves) * 1000)
                self._send(now, wire.media(self.ids, self._next(), self._chunk, chunk.timestamp_ms, chunk.payload))
            if spoke and not microphone.speaking:
                last = self.record.speech[-1]
                self.record.note(self._time(last.end), "caller_silent", last.label)
            if self._close_at is not None and self._close_at <= now + DEADLINE_SLACK:
                self._shut(now, CloseStream(1000))
        out, self._out = self._out, []
        return out

    def wake_at(self) -> float | None:
        """Return when to poll next; None when nothing is due without an event."""
        if self._microphone is None or self.over:
            return None
        if self.hung_up:
            return self._close_at
        returned = None if self._returns is None else self._returns.next()
        marks = [sample for sample in (self.playback.next_mark(), returned) if sample is not None]
        return min([self._microphone.due(), *(self._time(sample) for sample in marks)])

    def say(self, ulaw: bytes, now: float, label: str = "") -> Speech:
        """Say `ulaw` (mu-law, 8 kHz) from the next chunk on, behind what is being said already."""
        if self._microphone is None:
            raise RuntimeError("the phone is not open yet")
        self.play_to(now)
        self.acts += 1
        speech = self._microphone.say(ulaw, label, over=self.playback.buffered > 0)
        self.record.note(now, "caller_speaks", label)
        return speech

    def press(self, digits: str, now: float, *, more: bool = False) -> None:
        """Press keys, all of them at once. `more`: they belong to the last act, another digit of one number."""
        if not digits or not set(digits) <= set(DTMF_KEYS):
            raise ValueError(f"no such keys: {digits!r}")
        self.acts += not more
        for digit in digits:
            self._send(now, wire.dtmf(self.ids, self._next(), digit))
            self.record.note(now, "digit", digit)

    def hang_up(self, now: float, how: How = "stop", ending: Ending = "caller") -> None:
        """End the call from this side. Does nothing when it is over."""
        if self.hung_up or self.over:
            return
        self.play_to(now)
        self.record.note(now, "hang_up", how)
        self._end(now, ending)
        if how in {"stop", "stop_open"}:
            self._send(now, wire.stop(self.ids, self._next()))
            self._close_at = now + (self.options.linger_ms / 1000 if how == "stop" else STAY_OPEN)
        else:
            self._shut(now, CloseStream(1000) if how == "close" else DropStream())

    def play_to(self, now: float) -> None:
        """Play to the caller up to `now`. All other verbs do this first; reading the phone's state may need it."""
        if self.hung_up or self.over or self._microphone is None:
            return
        for sample, name in self.playback.advance(self._sample(now)):
            self._reached(name, sample, now)
        if self._returns is not None:
            if not self.playback.buffered:
                self._returns.quiet(self.playback.position)
            for sample, name in self._returns.take(self.playback.position):
                self._echo(name, self._time(sample), now)
        if self._agent_from is not None and not self.playback.buffered:
            # The queue may have run dry before `now`: the agent fell silent at the last sample played.
            last = self.playback.runs[-1].end if self.playback.runs else 0
            self.record.note(self._time(max(last, self._agent_from)), "agent_silent")
            self._agent_from = None

    @property
    def speaking(self) -> bool:
        """Return whether the caller is saying something, or is about to."""
        return self._microphone is not None and self._microphone.speaking

    def elapsed(self, now: float) -> float:
        """Return the seconds since sample 0; 0 before the stream opened."""
        return now - self.record.t0 if self.record.t0 is not None else 0.0

    @property
    def position(self) -> int:
        """Return the sample that the caller hears next."""
        return self.playback.position

    def spoken_ms(self, reply: int, after: int = 0) -> float:
        """Return how much of a reply (or of a later one) was heard from sample `after` on, in ms."""
        runs = (run for run in self.playback.runs if run.reply >= reply)
        return sum(max(0, run.end - max(run.start, after)) for run in runs) / 8

    def quiet_ms(self) -> float | None:
        """Return the silence since the last agent audio, in ms. None while there is audio, and before the first."""
        runs = self.playback.runs
        if self.playback.buffered or not runs:
            return None
        return (self.playback.position - runs[-1].end) / 8

    def _sample(self, now: float) -> int:
        """Return the sample of the tracks at `now`."""
        return max(0, int(self.elapsed(now) * RATE + RATE * DEADLINE_SLACK))

    def _time(self, sample: int) -> float:
        """Return the driver's time of a sample."""
        return (self.record.t0 or 0.0) + sample / RATE

    def _next(self) -> int:
        """Return the next sequence number. One counter counts all that is sent after `connected`."""
        self._sequence += 1
        return self._sequence

    def _send(self, now: float, message: str) -> None:
        self._out.append(message)
        if self.options.keep_messages:
            self.record.messages.append((now, ">", message))

    def _reached(self, name: str, sample: int, now: float) -> None:
        """Return a mark that was reached at a sample, or in the way that the phone's fault wants it."""
        if self._returns is None:
            self._echo(name, self._time(sample), now)
        else:
            self._returns.reached(name, sample)

    def _echo(self, name: str, t: float, now: float) -> None:
        """Send a mark back that was reached at `t`."""
        self.record.note(t, "mark_back", name)
        self._send(now, wire.mark(self.ids, self._next(), name))

    def _play(self, payload: bytes, now: float) -> None:
        """Queue audio of the bridge, or count it as a leak after the end."""
        # Twilio's page on `media`: bytes of a file header cause the audio to be streamed incorrectly.
        if self._first_payload and payload[:4] == b"RIFF":
            self.record.note(now, "fault", "a file header in the audio")
        self._first_payload = False
        # Audio that arrives after the end is not played, but a bridge should stop sending: it is counted.
        if self.hung_up or self.over:
            self.record.leaked_ms += len(payload) / 8
            self.record.note(now, "leak", f"{len(payload) / 8:.0f} ms")
            return
        if self.playback.queue(payload, self.acts):
            self.record.warn(now, DISCARDED, f"more than {self.options.buffer_s:g} s buffered")
        if self.playback.buffered and self._agent_from is None:
            self._agent_from = self.playback.position
            self.record.note(now, "agent_speaks", str(self.acts))

    def _shut(self, now: float, out: CloseStream | DropStream) -> None:
        self._out.append(out)
        """Close the socket from this side."""
        self.record.note(now, "closed", "by the phone")
        self.over = self.hung_up = True

    def _end(self, now: float, ending: Ending) -> None:
        """End what is heard and what is said."""
        if self.hung_up:
            return
        self.hung_up = True
        self.record.ended = ending
        self.record.cut_ms = self.playback.buffered / 8
        # What the caller had not said yet at the end was never said.
        for speech in self.record.speech:
            said = max(speech.start, len(self.record.caller))
            speech.end, speech.cut = min(speech.end, said), speech.end > said
