"""A stage whose peers work by themselves, each in its own time: STT, the agent and TTS.

The caller's words are those of the voice that speaks at the time. What the phone played, second by second, is kept.
"""

from __future__ import annotations

from typing import Any

from ivr.call.commands import Command, RequestReply, Speak, Transcribe
from ivr.call.events import Event, ReplyDelta, ReplyEnded, TranscriptArrived, TtsAudio, TtsEnded
from ivr.call.options import CallOptions, Phrase
from ivr.media import g711
from tests.call.stage import LOUD, QUIET, Loudness, Stage, phrases

SOFT = bytes((0x5F, 0xDF)) * 80
"""A television: its voice is far softer than the caller's."""
NEAR = 4000
"""Peak of a voice that is the caller's; of 32768."""
PRE_ROLL = 300 * 16
"""Bytes of an utterance's audio from before its onset."""
MS_PER_CHARACTER = 60
FILLER = bytes((0x20, 0xA0)) * 80 * 30


class AnyVoice(Loudness):
    """Score as speech what is not silence."""

    def score(self, pcm: bytes) -> float:
        return float(g711.audioop.rms(pcm, 2) > 50)


class World(Stage):
    """One call with peers. `agent_s`: until the first word of an answer, which is always the same."""

    def __init__(self, *, agent_s: float = 0.6, stt_s: float = 0.8, tts_s: float = 0.3, **choices: Any) -> None:
        self.agent_s, self.stt_s, self.tts_s = agent_s, stt_s, tts_s
        self.answer_text = "Your parcel is in Riyadh and it arrives tomorrow in the morning."
        self.words = self.behind = ""
        """What STT finds in the caller's voice, and in one behind it."""
        self.near_until = 0.0
        self.due: list[tuple[float, Event]] = []
        self.sounding: list[tuple[float, float]] = []
        """When the phone played something: from and to."""
        super().__init__(CallOptions(**{"language": "en", "phrases": phrases(greeting=""), **choices}))

        self._scorer = AnyVoice()

    def feed(self, event: Event) -> list[Command]:
        out = super().feed(event)
        for command in out:
            match command:
                case Transcribe(utterance=number, pcm=pcm):
                    # Of two voices at once STT understands the nearer one. Before the onset there may be another's end.
                    words = self.words if g711.audioop.max(pcm[PRE_ROLL:], 2) > NEAR else self.behind
                    self.due.append((self.now + self.stt_s, TranscriptArrived(number, words)))
                case RequestReply(turn=turn):
                    self.due.append((self.now + self.agent_s, ReplyDelta(turn, self.answer_text)))
                    self.due.append((self.now + self.agent_s, ReplyEnded(turn)))
                case Speak(turn=turn, sentence=sentence, text=text):
                    audio = LOUD * (len(text) * MS_PER_CHARACTER // 20)
                    self.due.append((self.now + self.tts_s, TtsAudio(turn, sentence, audio, 8000, "mulaw")))
                    self.due.append((self.now + self.tts_s, TtsEnded(turn, sentence)))
        return out

    def pass_time(self, ms: int, frame: bytes = QUIET) -> None:
        for _ in range(ms // 20):
            heard = len(self.heard)
            super().pass_time(20, frame)
            if len(self.heard) > heard:
                since = self.sounding.pop()[0] if self.sounding and self.sounding[-1][1] > self.now - 0.03 else self.now
                self.sounding.append((since, self.now))
            for at, event in [due for due in self.due if due[0] <= self.now]:
                self.due.remove((at, event))
                self.feed(event)

    def say(self, words: str, ms: int = 800, frame: bytes = LOUD) -> None:
        """The caller, or somebody else, says this."""
        if frame is SOFT:
            self.behind = words
            self.pass_time(ms, frame)
            return
        self.words, self.near_until = words, self.now + ms / 1000
        self.pass_time(ms, frame)

    def questions(self) -> list[str]:
        """What the agent was asked."""
        return [asked.request.text for asked in self.all(RequestReply)]

    def sound_s(self, since: float = 0.0) -> float:
        """How long the phone played anything."""
        return sum(end - max(start, since) for start, end in self.sounding if end > since)

    def said(self, phrase: str) -> int:
        """How often a phrase of the line was said."""
        return sum(sentence.text == f"{phrase} words" for turn in self.call.turns for sentence in turn.sentences)


def asked(**choices: Any) -> World:
    """A caller has asked, and the answer has been heard for half a second."""
    world = World(**choices)
    world.say("where is my parcel")
    while not world.sounding:
        world.wait(20)
        assert world.now < 1020
    world.wait(500)
    return world


def with_fillers(**choices: Any) -> World:
    """An agent that thinks for long, and fillers."""
    words = {**phrases(greeting=""), "filler": Phrase("filler words", FILLER), "still_working": Phrase("still", FILLER)}
    return World(**{"phrases": words, "agent_s": 7.0, **choices})
