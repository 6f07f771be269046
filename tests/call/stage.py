"""A stage for one call: a caller with a loudness, a phone that plays and returns marks, peers that do as told.

The scorer is loudness: a frame is speech when it is loud. Everything else is the real core, driven in its own time.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note, RequestReply, SendAudio, SendClear, SendMark, Speak, Transcribe
from ivr.call.events import (
    AudioIn,
    CallStarted,
    Event,
    MarkReached,
    ReplyDelta,
    ReplyEnded,
    Tick,
    TranscriptArrived,
    TtsAudio,
    TtsEnded,
)
from ivr.call.options import CallOptions, Phrase
from ivr.media import g711

QUIET = b"\xff" * 160
LOUD = bytes((0x10, 0x90)) * 80
STARTED = CallStarted("CA1", "MZ1", "+966500000001", "+966110000000")
C = TypeVar("C")


class Loudness:
    """Score as speech what is loud."""

    def score(self, pcm: bytes) -> float:
        return float(g711.audioop.rms(pcm, 2) > 1000)


def phrases(*, ready: bool = True, **texts: str) -> dict[Any, Phrase]:
    """Five phrases of 500 ms; `ready=False`: without their audio."""
    names = ("greeting", "reprompt", "apology", "still_there", "goodbye")
    return {name: Phrase(texts.get(name, f"{name} words"), LOUD * 25 if ready else b"") for name in names}


def options(**choices: Any) -> CallOptions:
    """English, with ready phrases; no greeting unless given."""
    given: dict[str, Any] = {"language": "en", "phrases": phrases(greeting=""), **choices}
    return CallOptions(**given)


class Stage:
    """One call and its world. `now` starts at 1000 s so that nothing can mistake it for media time."""

    def __init__(self, choices: CallOptions | None = None, *, start: bool = True) -> None:
        self.call = Call(choices or options())
        self._scorer = Loudness()
        self.now = 1000.0
        self.media_ms = 0
        self.log: list[tuple[float, Command]] = []
        self.heard = bytearray()
        """What the phone has played."""
        self._buffer = bytearray()
        self._marks: list[tuple[int, str]] = []
        self._cleared: list[str] = []
        self._played = 0
        if start:
            self.feed(STARTED)

    # -- driving -------------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> list[Command]:
        commands = self.call.receive(event, self.now)
        for command in commands:
            self.log.append((self.now, command))
            match command:
                case SendAudio(payload):
                    self._buffer += payload
                case SendMark(name):
                    self._marks.append((self._played + len(self._buffer), name))
                case SendClear():
                    self._buffer.clear()
                    self._cleared += [name for _, name in self._marks]
                    self._marks.clear()
        return commands

    def pass_time(self, ms: int, frame: bytes = QUIET) -> None:
        """The caller sends this frame every 20 ms; the phone plays; timers tick."""
        for _ in range(ms // 20):
            self.now = round(self.now + 0.02, 6)
            self.media_ms += 20
            self._play(160)
            self.feed(AudioIn(self.media_ms - 20, frame, self._scorer.score(g711.decode(frame))))
            wake = self.call.wake_at()
            if wake is not None and wake <= self.now:
                self.feed(Tick())

    def speak(self, ms: int) -> None:
        """The caller talks."""
        self.pass_time(ms, LOUD)

    def wait(self, ms: int) -> None:
        """The caller is silent."""
        self.pass_time(ms)

    def let_time_pass_without_media(self, seconds: float) -> None:
        """Nothing comes from the phone; timers tick."""
        end = self.now + seconds
        while (wake := self.call.wake_at()) is not None and wake <= end:
            self.now = max(self.now, wake)
            self.feed(Tick())
        self.now = end

    def _play(self, samples: int) -> None:
        self.heard += self._buffer[:samples]
        self._played += min(samples, len(self._buffer))
        del self._buffer[:samples]
        due = [name for at, name in self._marks if at <= self._played]
        self._marks = [(at, name) for at, name in self._marks if at > self._played]
        due += self._cleared
        self._cleared = []
        for name in due:
            self.feed(MarkReached(name))

    # -- peers ---------------------------------------------------------------------------------------------------

    def hear(self, text: str = "where is my parcel", ms: int = 600) -> None:
        """The caller says something and STT finds these words."""
        self.speak(ms)
        self.wait(self.call.options.endpoint_ms)
        self.feed(TranscriptArrived(self.last(Transcribe).utterance, text))
        self.say_no_more()

    def reply(self, text: str = "It is in Riyadh today.", *, hang_up: bool = False) -> None:
        """The agent answers the last question in one go."""
        turn = self.last(RequestReply).turn
        self.feed(ReplyDelta(turn, text))
        self.feed(ReplyEnded(turn, hang_up))

    def found(self, text: str) -> None:
        """STT finds these words in what it was asked for last."""
        self.feed(TranscriptArrived(self.last(Transcribe).utterance, text))

    def interrupt(self, text: str = "no not that", ms: int = 620) -> None:
        """The caller speaks over the agent, and STT finds these words; the caller says no more."""
        self.speak(ms)
        self.wait(180)
        self.found(text)
        self.say_no_more()

    def say_no_more(self) -> None:
        """The caller is silent for as long as the turn, or its question, waits for more."""
        for _ in range(200):
            if self.state == "hearing" or self.call._deadlines.runs("more"):
                self.wait(20)

    def voice(self, ms: int = 1000, *, end: bool = True) -> None:
        """TTS delivers audio for the sentence that was asked for last."""
        asked = self.last(Speak)
        self.feed(TtsAudio(asked.turn, asked.sentence, LOUD * (ms // 20), 8000, "mulaw"))
        if end:
            self.feed(TtsEnded(asked.turn, asked.sentence))

    def answer(self, text: str = "It is in Riyadh today.", ms: int = 1000) -> None:
        """A whole answer is on its way to the ear."""
        self.hear()
        self.reply(text)
        self.voice(ms)

    # -- looking -------------------------------------------------------------------------------------------------

    def all(self, kind: type[C]) -> list[C]:
        return [command for _, command in self.log if isinstance(command, kind)]

    def last(self, kind: type[C]) -> C:
        return self.all(kind)[-1]

    def notes(self, name: str) -> list[Note]:
        return [note for note in self.all(Note) if note.name == name]

    def since(self, place: int) -> list[Command]:
        """Commands after a place in the log."""
        return [command for _, command in self.log[place:]]

    @property
    def ended(self) -> HangUp | None:
        return self.call.ended

    @property
    def state(self) -> str:
        return self.call.floor.state.value
