"""Play a caller to the real call in virtual time, with the shipped VAD, and an STT that knows the words.

First the caller says hello, and the agent asks. Then the caller answers. STT finds the words that lie in each utterance
that it is given, after its latency.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from ivr.call.call import Call
from ivr.call.commands import (
    Command,
    ForgetTranscript,
    JudgeTurn,
    Note,
    RequestReply,
    SendAudio,
    SendClear,
    SendMark,
    Speak,
    Transcribe,
)
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
    TurnJudged,
)
from ivr.call.options import CallOptions
from ivr.media import g711
from ivr.media.g711 import FRAME, RATE
from ivr.media.vad.scorer import SpeechScorer, factory
from tools.turns.spoken import CallerTrack, Heard, PauseScene, words_between

_SILENT: Final = bytes([g711.SILENCE]) * FRAME
_VOICE: Final = bytes((0x20, 0xA0)) * (FRAME // 2)
_STARTED: Final = CallStarted("CA1", "MZ1", "+966500000001", "+966110000000")
_MODEL_S: Final = 0.03
"""What a turn model takes."""
_A_LETTER_MS: Final = 60
_TTS_S: Final = 0.25
_SETTLED_MS: Final = 700
"""Silence of both sides before the caller answers."""

TurnModel = Callable[[bytes], float]
"""PCM16 at 8 kHz to the probability that the caller has finished."""


@dataclass(slots=True)
class Asked:
    """Hold one question to the agent."""

    at_ms: float
    """From the beginning of the caller's answer."""
    text: str
    wait_ms: float
    """Silence that ended the turn, as the call chose it."""
    turn: int = 0
    withdrawn: bool = False
    """It was taken back before anything of its answer was heard."""


@dataclass(slots=True)
class Played:
    """Hold what came of an answer."""

    asked: list[Asked] = field(default_factory=list)
    said_ms: list[float] = field(default_factory=list)
    """When audio of the agent's was played, from the beginning of the caller's answer."""
    lasted_ms: float = 0.0
    gained_ms: list[float] = field(default_factory=list)
    """By how much sooner an answer came for being asked for ahead."""


class PlayedCall:
    """Drive one call, 20 ms by 20 ms."""

    def __init__(
        self, options: CallOptions, scene: PauseScene, *, stt_ms: int, told: bool, model: TurnModel | None = None
    ) -> None:
        self._call = Call(options)
        self._scene = scene
        self._scorer: SpeechScorer = factory()
        self._stt_s = stt_ms / 1000
        self._told = told
        self._model = model
        self._now = 1000.0
        self._media_ms = 0
        self._due: list[tuple[float, int, Event]] = []
        self._numbers = count()
        self._forgotten: set[int] = set()
        self._buffer = bytearray()
        self._marks: list[tuple[int, str]] = []
        self._sent = self._played = 0
        self._words: Sequence[Heard] = ()
        self._words_at = 0
        """Where the caller's track begins, in samples of the call."""
        self._reply = "silent"
        self._wait_ms = 0.0
        self._began = 0.0
        self.out = Played()
        self._feed(_STARTED)

    def answer(self, greeting: CallerTrack, track: CallerTrack, reply_ms: int | None) -> Played:
        """Let the caller say hello, be asked, and answer. `reply_ms`: when the agent answers; None: never."""
        self._say(greeting, self._scene.asked, 200)
        self._pass(_SETTLED_MS)
        while self._buffer:
            self._pass(100)
        self._pass(_SETTLED_MS)
        self.out, self._began = Played(), self._now
        self._say(track, "One moment, I am looking that up for you." if reply_ms is not None else "", reply_ms or 0)
        self.out.lasted_ms = (self._now - self._began) * 1000
        return self.out

    def _say(self, track: CallerTrack, reply: str, reply_ms: int) -> None:
        self._reply, self._reply_s = reply, reply_ms / 1000
        self._words, self._words_at = track.words, self._media_ms * RATE // 1000
        for frame in track.frames():
            self._step(frame)

    def _pass(self, ms: int) -> None:
        for _ in range(ms // 20):
            self._step(_SILENT)

    def _step(self, frame: bytes) -> None:
        self._now = round(self._now + 0.02, 6)
        if self._buffer:
            self.out.said_ms.append((self._now - self._began) * 1000)
        del self._buffer[:FRAME]
        self._played = self._sent - len(self._buffer)
        while self._marks and self._marks[0][0] <= self._played:
            self._feed(MarkReached(self._marks.pop(0)[1]))
        speech = self._scorer.score(g711.decode(frame))
        self._media_ms += 20
        self._feed(AudioIn(self._media_ms - 20, frame, speech))
        while self._due and self._due[0][0] <= self._now:
            event = heapq.heappop(self._due)[2]
            if not (isinstance(event, TranscriptArrived) and event.utterance in self._forgotten):
                self._feed(event)
        wake = self._call.wake_at()
        if wake is not None and wake <= self._now:
            self._feed(Tick())

    def _later(self, seconds: float, event: Event) -> None:
        heapq.heappush(self._due, (self._now + seconds, next(self._numbers), event))

    def _feed(self, event: Event) -> None:
        for command in self._call.receive(event, self._now):
            self._perform(command)

    def _perform(self, command: Command) -> None:
        match command:
            case Transcribe(utterance, _, onset, end):
                # The track of a call that has lost nothing: samples are where they were said.
                reach = RATE // 20
                text = words_between(
                    self._words, onset - self._words_at - reach, end - self._words_at + reach, stops=self._scene.stops
                )
                self._later(self._stt_s, TranscriptArrived(utterance, text))
            case ForgetTranscript(utterance):
                self._forgotten.add(utterance)
            case JudgeTurn(utterance, pcm) if self._model is not None:
                self._later(_MODEL_S, TurnJudged(utterance, self._model(pcm)))
            case Note("turn_end", fields):
                self._wait_ms = float(fields["wait_ms"])
            case RequestReply(turn, request):
                self.out.asked.append(Asked((self._now - self._began) * 1000, request.text, self._wait_ms, turn))
                if self._reply:
                    expect = self._scene.expect if self._told else None
                    self._later(self._reply_s, ReplyDelta(turn, self._reply))
                    self._later(self._reply_s + 0.02, ReplyEnded(turn, expect=expect))
            case Note("eager", fields) if fields["outcome"] == "used":
                self.out.gained_ms.append(float(fields["ms"]))
            case Note("turn" | "eager", fields) if fields["outcome"] not in ("heard", "interrupted", "failed", "empty"):
                for asked in self.out.asked:
                    asked.withdrawn |= asked.turn == fields["turn"]
            case Speak(turn, sentence, text):
                audio = _VOICE * (len(text) * _A_LETTER_MS // 20)
                self._later(_TTS_S, TtsAudio(turn, sentence, audio, RATE, "mulaw"))
                self._later(_TTS_S + 0.01, TtsEnded(turn, sentence))
            case SendAudio(payload):
                self._buffer += payload
                self._sent += len(payload)
            case SendMark(name):
                self._marks.append((self._sent, name))
            case SendClear():
                self._sent -= len(self._buffer)
                self._buffer.clear()
                self._marks = [(0, name) for _, name in self._marks]
            case _:
                pass
