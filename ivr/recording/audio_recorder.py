"""Record live calls: follow both sides of each call whose line is recorded, and hand the audio to the writing thread.

Audio is handed over two seconds behind the ear, so that marks which come late still put it at its place, and the tone
of a key is silenced before it is written. Nothing is kept before the caller has heard that the call is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import AudioIn, CallStarted, Event
from ivr.call.timeline import Turn
from ivr.config.recordings import message_lines, recorded_lines, recording_place
from ivr.config.settings import Settings
from ivr.media.g711 import RATE, SILENCE
from ivr.recording.audio_writer import AudioWriter
from ivr.recording.call_tracks import CallTracks
from ivr.recording.facts import RecordingFacts

BEHIND_EAR_S: Final = 2.0
"""Seconds behind the ear at which audio becomes final."""
LONGEST_STALL_S: Final = 10.0
"""Seconds for which the caller's audio is awaited that the line holds back."""
HAND_OVER_S: Final = 1.0
"""Seconds of a call that are handed over at once: what a crash may cost, beside those behind the ear."""
_LONGEST_SILENCE: Final = 60 * RATE
"""Samples of silence that are written at once."""


class RecordedAudio:
    """Hold one stream of a call that is recorded."""

    def __init__(
        self, ticket: int, call: Call, facts: RecordingFacts, now: float, *, message_only: bool = False
    ) -> None:
        """Take a call. `message_only`: of it only a message that the caller leaves is recorded."""
        self.message_only = message_only
        self.ticket = ticket
        self.call = call
        self.facts = facts
        self.tracks = CallTracks(now)
        self.announcement = phrase.text if (phrase := call.options.phrases.get("recorded")) else ""
        self.from_sample: int | None = None if self.announcement or message_only else 0
        """Where on the time line the caller had heard that the call is recorded. None: not yet."""
        self.until_sample: int | None = None
        """Where the message ended that alone is recorded; None: it has not."""
        self.begun = False
        self.over = False
        """Nothing of it is wanted any more."""
        self.due = now + HAND_OVER_S
        self.now = now
        self.hang_up: HangUp | None = None

    @property
    def announced(self) -> bool:
        """Return whether the caller has heard the announcement to its end."""
        # Where the agent greets, it is said in the turn behind the agent's.
        turns = self.call.turns[:2]
        return any(
            one.fixed and one.finished and one.text == self.announcement for turn in turns for one in turn.sentences
        )

    def follow_message(self, commands: Sequence[Command]) -> None:
        """Note where the first message of the call begins and ends."""
        for command in commands:
            if type(command) is not Note:
                continue
            if command.name == "message_began" and self.from_sample is None:
                self.from_sample = self.tracks.heard.position(self.now)
            elif command.name == "message_ended" and self.until_sample is None:
                self.until_sample = self.tracks.heard.position(self.now)


class AudioRecorder:
    """Record the calls of one process. An observer of calls; belongs to the event loop."""

    def __init__(
        self,
        writer: AudioWriter,
        lines: Mapping[str, int],
        messages: Mapping[str, int] | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the names of the lines that are recorded, each with the days for which its recordings stay.

        `messages`: of these only messages are recorded. `clock` returns Unix seconds.
        """
        self.writer = writer
        self._lines = lines
        self._messages = messages or {}
        self._clock = clock
        self._coming: dict[str, Call] = {}
        """Calls that are about to begin."""
        self._calls: dict[str, list[RecordedAudio]] = {}
        """By the carrier's id; a call whose stream was superseded has two, the newest last."""
        self._tickets = 0
        self.on_recorded: Callable[[str, bool], None] = lambda _call_id, _recorded: None
        """Told of each call whose recording begins (True), or breaks off while the call goes on (False)."""

    def __repr__(self) -> str:
        return f"<AudioRecorder {len(self._calls)} calls, {self.writer!r}>"

    def records(self, line: str) -> bool:
        """Return whether calls of a line are recorded."""
        return line in self._lines

    def is_recorded(self, call_id: str) -> bool:
        """Return whether a recording of this call grows."""
        return any(one.begun and not one.over for one in self._calls.get(call_id, ()))

    def start(self) -> None:
        """Begin to write."""
        self.writer.start()

    def close(self) -> None:
        """Write what is held, and end the thread. The calls are over. Blocks for some seconds at most."""
        self.writer.close()

    # -- an observer of calls ------------------------------------------------------------------------------------

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Keep a call until its first event names its line."""
        self._coming[call_id] = call

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Follow a call that is recorded."""
        if type(event) is CallStarted:
            self._begin(event, now)
        streams = self._calls.get(call_id)
        if streams is None:
            return
        one = streams[-1]
        if commands and type(last := commands[-1]) is HangUp:
            one.hang_up = last
        if one.over:
            return
        one.now = now
        one.tracks.follow(now, event, commands)
        if one.message_only:
            one.follow_message(commands)
        elif one.from_sample is None and type(event) is not AudioIn and one.announced:
            one.from_sample = one.tracks.heard.position(now)
        if now >= one.due:
            one.due = now + HAND_OVER_S
            heard = one.tracks.heard
            latest = heard.position(now)
            # What the line holds back comes later, at its own place.
            ready = min(latest - round(BEHIND_EAR_S * RATE), max(heard.spoken, latest - round(LONGEST_STALL_S * RATE)))
            self._hand_over(one, ready)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """End the recording of a call."""
        self._coming.pop(call_id, None)
        streams = self._calls.get(call_id, [])
        # A call with two streams: the first may end after the second has begun.
        one = next((one for one in streams if one.hang_up is hang_up), None)
        if one is None:
            return
        streams.remove(one)
        if not streams:
            del self._calls[call_id]
        self._hand_over(one, one.tracks.heard.position(one.now))
        pauses = [(round(start / RATE, 3), round(end / RATE, 3)) for start, end in one.tracks.pauses]
        told = one.announcement or one.message_only
        heard_s = None if one.from_sample is None or not told else round(one.from_sample / RATE, 3)
        facts = msgspec.structs.replace(one.facts, pauses=pauses, announced_s=heard_s)
        if one.begun:
            self.writer.end(one.ticket, facts)
        elif not one.message_only:
            self.writer.on_done(msgspec.structs.replace(facts, state="none", reason="not_announced"))

    def _begin(self, event: CallStarted, now: float) -> None:
        call = self._coming.pop(event.call_id, None)
        days = self._lines.get(event.line, self._messages.get(event.line))
        if call is None or days is None:
            return
        self._tickets += 1
        facts = RecordingFacts(event.call_id, event.line, round(self._clock(), 3), days)
        one = RecordedAudio(self._tickets, call, facts, now, message_only=event.line not in self._lines)
        self._calls.setdefault(event.call_id, []).append(one)

    def _hand_over(self, one: RecordedAudio, position: int) -> None:
        """Give the writer what became final of a call, from the announcement on."""
        first = one.tracks.heard.taken
        caller, agent = one.tracks.take_to(position)
        if one.until_sample is not None:
            most = max(0, one.until_sample - first)
            caller, agent = caller[:most], agent[:most]
        if one.over or one.from_sample is None or first + len(caller) <= one.from_sample:
            return
        hidden = max(0, min(one.from_sample - first, len(caller)))
        if not one.begun:
            one.begun = True
            self.on_recorded(one.facts.call, True)
            self.writer.begin(one.ticket, one.facts)
            # The time before it is silence, so that the recording has the call's own times.
            while first > 0 and not one.over:
                silence = bytes([SILENCE]) * min(first, _LONGEST_SILENCE)
                first -= len(silence)
                one.over = not self.writer.add(one.ticket, silence, silence)
        hush = bytes([SILENCE]) * hidden
        one.over = one.over or not self.writer.add(one.ticket, hush + caller[hidden:], hush + agent[hidden:])
        # The message is over, and the call goes on without a recording.
        one.over = one.over or (one.until_sample is not None and position >= one.until_sample)
        if one.over:
            # A newer stream of the call may be recorded.
            self.on_recorded(one.facts.call, self.is_recorded(one.facts.call))


def audio_recorder(settings: Settings) -> AudioRecorder | None:
    """Return what records the calls of a process. None: no line is recorded."""
    lines, messages = recorded_lines(settings), message_lines(settings)
    if not (lines or messages):
        return None
    key = settings.recordings_key.get_secret_value()
    return AudioRecorder(AudioWriter(recording_place(settings).folder, key), lines, messages)
