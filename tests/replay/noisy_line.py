"""Make tapes of calls on lines with noise, echo, bursts and voices in the room, each of its own kind by a seed.

The score of a frame is a level with doubt in it. The agent's voice comes back late and softer. The peers answer after
their own times, and the caller speaks, interrupts, coughs, says "mm-hm", is silent and presses keys.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from ivr.call.commands import Command
from ivr.call.events import AudioIn, CallerLeft, DigitPressed, Event, Tick, TtsAudio
from ivr.call.options import Phrase, every_phrase
from ivr.media import g711
from ivr.media.loudness import level
from ivr.media.resample import resample
from ivr.replay.records import CommandDigest, command_record
from ivr.replay.tape import Leg, Moment, Tape, TapeEnd, TapeHeader, kept_phrases
from tests.call.stage import phrases
from tests.call.world import World

WORDS = ("where is my parcel", "yes", "mm-hm", "stop", "I want to know about", "no not that one please", "hello?", "")
FRAME = g711.FRAME


class NoisyLine(World):
    """One call on one line, and what happened on it."""

    def __init__(self, seed: int, **choices: Any) -> None:
        self.dice = dice = random.Random(seed)
        self.moments: list[Moment] = []
        self.echo = dice.choice([0.0, 0.0, 0.03, 0.1, 0.25])
        self.late = dice.randint(2, 60) * FRAME
        self.noise = dice.choice([0, 3, 30, 300, 1500])
        self.loud = dice.choice([1500, 5000, 12000])
        self.burst = dice.choice([1, 1, 1, 3])
        self.loss = dice.choice([0.0, 0.0, 0.02])
        self.rate = dice.choice([8000, 16000, 24000])
        self.unsent: list[bytes] = []
        given = {**phrases(greeting="hello and welcome"), "filler": Phrase("one moment", sound(dice, 90, 8000))}
        super().__init__(agent_s=dice.uniform(0.2, 3.0), stt_s=dice.uniform(0.2, 1.5), **{"phrases": given, **choices})
        self.answer_text = " ".join(["Your parcel is in Riyadh, and it arrives tomorrow."] * dice.randint(1, 4))

    def feed(self, event: Event) -> list[Command]:
        if isinstance(event, AudioIn):
            event = replace(event, speech=doubtful(self.dice, event.payload[-FRAME:]))
        if isinstance(event, TtsAudio) and self.rate != 8000:
            # The service's own format: the call resamples it and evens it out.
            pcm = resample(g711.decode(event.audio), 8000, self.rate)
            event = TtsAudio(event.turn, event.sentence, pcm, self.rate)
        commands = super().feed(event)
        self.moments.append(Moment(self.now, event, [command_record(command) for command in commands]))
        return commands

    def pass_time(self, ms: int, frame: bytes = b"") -> None:
        for number in range(ms // 20):
            # A voice has syllables and pauses.
            speaks = frame and (number + self.dice.randint(0, 1)) % 14 < 11
            voice = noise(self.dice, round(self.loud * self.dice.uniform(0.3, 1.0))) if speaks else bytes(2 * FRAME)
            super().pass_time(20, self._mixed(voice))

    def _mixed(self, voice: bytes) -> bytes:
        at = len(self.heard) - self.late
        back = bytes(self.heard[at : at + FRAME]) if at >= 0 else b""
        echo = g711.audioop.mul(g711.decode(back.ljust(FRAME, b"\xff")), 2, self.echo)
        room = g711.audioop.add(echo, noise(self.dice, self.noise), 2)
        return g711.encode(g711.audioop.add(room, voice, 2))

    def say(self, words: str, ms: int = 800, frame: bytes = b"voice") -> None:
        self.words = self.behind = words
        self.pass_time(ms, frame)

    def live(self, steps: int) -> Tape:
        """Let a few things happen; return the tape of the call."""
        for _ in range(steps):
            if self.ended is not None:
                break
            match self.dice.choice(["say", "say", "say", "wait", "wait", "long", "press", "cough", "stand"]):
                case "say":
                    self.say(self.dice.choice(WORDS), self.dice.choice([300, 700, 1500]))
                case "wait":
                    self.pass_time(self.dice.choice([300, 900, 2500]))
                case "long":
                    self.pass_time(6000)
                case "press":
                    self.feed(DigitPressed(self.dice.choice("12#")))
                case "cough":
                    self.say("", 80)
                case "stand":
                    self.let_time_pass_without_media(self.dice.choice([0.4, 2.6]))
                    self.feed(Tick(stood_s=self.dice.choice([0.0, 0.4])))
        self.feed(CallerLeft("stop"))
        return self._tape()

    def _tape(self) -> Tape:
        kept, given = kept_phrases(self.call.options)
        legs: dict[Leg, str] = {"caller": "audio", "stt": "words", "agent": "words", "tts": "audio"}
        digest = CommandDigest()
        for moment in self.moments:
            if moment.commands:
                digest.add(moment.commands)
        audio = {name: phrase.audio for name, phrase in every_phrase(self.call.options).items() if phrase.audio}
        end = TapeEnd("success", "caller_stop", events=len(self.moments), digest=str(digest))
        header = TapeHeader("CA1", options=kept, phrases=given, legs=legs)
        return Tape(header, self.moments, audio, end=end)


class Jitter(NoisyLine):
    """A line that delivers late, in bursts, and not everything."""

    def feed(self, event: Event) -> list[Command]:
        if not isinstance(event, AudioIn):
            return super().feed(event)
        if self.dice.random() < self.loss:
            return []
        self.unsent.append(event.payload)
        if len(self.unsent) < self.burst:
            return []
        payload, self.unsent = b"".join(self.unsent), []
        stamp = max(0, event.timestamp_ms - 20 * (self.burst - 1) + self.dice.choice([0, 0, 0, 0, 40, -40]))
        return super().feed(AudioIn(stamp, payload))


def doubtful(dice: random.Random, frame: bytes) -> float:
    """Score a frame by its level, with doubt."""
    clear = (level(g711.decode(frame)) + 55) / 25
    return round(min(1.0, max(0.0, clear + dice.uniform(-0.2, 0.2))), 4)


def noise(dice: random.Random, peak: int) -> bytes:
    """20 ms of noise."""
    if not peak:
        return bytes(2 * FRAME)
    one = dice.randbytes(2 * FRAME)
    return g711.audioop.mul(one, 2, peak / 32768)


def sound(dice: random.Random, frames: int, peak: int) -> bytes:
    """Noise in syllables, mu-law."""
    return b"".join(g711.encode(noise(dice, peak if number % 9 < 6 else 40)) for number in range(frames))


def tapes(count: int, steps: int = 40, **choices: Any) -> list[Tape]:
    """Return the tapes of `count` calls, every second on a line with jitter."""
    lines = (Jitter if seed % 2 else NoisyLine for seed in range(count))
    return [line(seed, **choices).live(steps) for seed, line in enumerate(lines)]
