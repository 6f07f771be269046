"""Find the caller's speech: chunks of audio with their scores in, speech begun and ended out.

Everything happens in media time, counted in samples of the caller's audio, because arrival times lie: the phone
delivers in bursts. The one use of `now` is to tell an event's place on the driver's clock, for the records.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ivr.call.events import AudioIn
from ivr.call.options import CallOptions
from ivr.media import g711
from ivr.media.acoustics import Acoustics
from ivr.media.call_levels import CallLevels
from ivr.media.endpointing import Endpointer, EndpointOptions, SpeechEnded
from ivr.media.jitter_buffer import Frame, JitterBuffer
from ivr.media.loudness import decibels, is_faint
from ivr.media.vad.detector import VoiceDetector
from ivr.media.voice.prosody import HEARD_MS

KEY_MS = 200
"""How long a key's tone sounds on the line; no speech is found in it."""
_LINGER: Final = 10
"""Frames that must all be faint."""
_SMOOTH: Final = 5
"""Frames whose mean level counts as the voice's."""
_FORGET: Final = 0.05
"""dB a frame by which the loudest is forgotten."""
_NO_LEVEL: Final = -90.0
_PAUSE_HELD_MS: Final = 500
"""Of the pause between two utterances, what their audio holds: the end of one, the pre-roll of the next."""
_LONGEST_PAUSE_MS: Final = 3000
"""Silence between two utterances that are heard as one, at most."""


def _endpoint_options(options: CallOptions) -> EndpointOptions:
    return EndpointOptions(
        start_ms=options.start_ms,
        endpoint_ms=options.endpoint_ms,
        pre_roll_ms=options.pre_roll_ms,
        max_utterance_ms=options.max_utterance_ms,
    )


class CallerInput:
    """Follow one caller's speech."""

    def __init__(self, options: CallOptions, acoustics: Acoustics | None = None) -> None:
        self._acoustics = acoustics or Acoustics()
        self._jitter_buffer = JitterBuffer()
        self.levels = CallLevels()
        self._detector = VoiceDetector()
        self._endpointer = Endpointer(_endpoint_options(options))
        self._position = 0
        self._deaf_until = 0
        self._last: SpeechEnded | None = None
        self._levels: deque[float] = deque(maxlen=_LINGER)
        self.level = _NO_LEVEL
        """Of the open utterance: its loudest tenth of a second, dBFS."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, also for the utterance that is open."""
        self._endpointer.change(_endpoint_options(options))

    def __repr__(self) -> str:
        return f"<CallerInput at={self._position} speaking={self.speaking} {self.speech_ms}+{self.silence_ms}ms>"

    @property
    def speaking(self) -> bool:
        """Return whether an utterance is open."""
        return self._endpointer.speaking

    @property
    def rising(self) -> bool:
        """Return whether an utterance may begin just now."""
        return self._endpointer.rising

    @property
    def onset(self) -> int:
        """Return the sample at which the open utterance begins; negative without one."""
        return self._endpointer.onset

    @property
    def speech_ms(self) -> int:
        """Return the voiced audio of the open utterance, ms."""
        return self._endpointer.speech_ms

    @property
    def silence_ms(self) -> int:
        """Return the silence since its last voiced frame, ms."""
        return self._endpointer.silence_ms

    @property
    def endpoint_ms(self) -> int:
        """Return the silence that ends the utterance, ms; it may be changed while one is open."""
        return self._endpointer.endpoint_ms

    @endpoint_ms.setter
    def endpoint_ms(self, ms: int) -> None:
        self._endpointer.endpoint_ms = ms

    def so_far(self) -> SpeechEnded | None:
        """Return the open utterance as if it ended here; without one, the last that ended."""
        return self._endpointer.so_far() or self._last

    def behind_last(self, pcm: bytes) -> bytes:
        """Return the audio of the open utterance, `pcm`, behind that of the last one, with the pause between them."""
        last = self._last
        if last is None:
            return pcm
        # Both hold some of the pause.
        silence = (self.onset - last.end) * 1000 // g711.RATE - _PAUSE_HELD_MS
        return last.pcm + bytes(max(0, min(silence, _LONGEST_PAUSE_MS)) * 2 * g711.RATE // 1000) + pcm

    def voice(self) -> list[int]:
        """Return the prosody of the open utterance's end (`prosody.measure`)."""
        return self._acoustics.voice(self._endpointer.latest(HEARD_MS))

    def frames(self, chunk: AudioIn) -> list[Frame]:
        """Return the complete 20 ms frames that this chunk makes available, in order, each with its score."""
        return self._jitter_buffer.push(chunk.timestamp_ms, chunk.payload, chunk.speech)

    def hear(self, frame: bytes, speech: float, played: bytes) -> SpeechEnded | None:
        """Take one frame of mu-law and its score; return the utterance that ended with it.

        `played` is the mu-law the caller was hearing meanwhile, empty for silence.
        """
        pcm = g711.decode(frame)
        rms, agent = self._acoustics.frame(pcm, played)
        self._position += g711.FRAME
        probability = self._detector.judge(rms, speech, agent)
        # A caller who falls silent is followed at once by a television that was under the caller's voice before. A
        # key's tone may sound like a voice. Without an open utterance there is no level to compare.
        endpointer = self._endpointer
        if self._position <= self._deaf_until or (endpointer.speaking and self._behind(decibels(rms))):
            probability = 0.0
        edges = endpointer.push(pcm, probability, rms)
        if endpointer.speaking:
            self.levels.push(rms, agent, voiced=not endpointer.silence_ms)
            self._measure(decibels(rms))
        else:
            self.levels.push(rms, agent, voiced=False)
            if self._levels:
                self._levels.clear()
                self.level = _NO_LEVEL
        if not edges or not isinstance(edges[0], SpeechEnded):
            return None
        self._last = edges[0]
        return edges[0]

    def _measure(self, loud: float) -> None:
        """Follow the level of the open utterance, dBFS."""
        self._levels.append(loud)
        latest = list(self._levels)[-_SMOOTH:]
        self.level = max(self.level - _FORGET, sum(latest) / len(latest))

    def _behind(self, loud: float) -> bool:
        """Return whether what is heard now lies far below the open utterance: a voice behind the caller."""
        return len(self._levels) == _LINGER and is_faint(max(loud, *self._levels), self.level)

    def at(self, sample: int, now: float) -> float:
        """Return when a sample passed, in seconds of the driver's clock."""
        return now - (self._position - sample) / g711.RATE

    def agreement(self, utterance: SpeechEnded) -> float:
        """Return how well an utterance follows what was played before it, as an echo does: a correlation, -1 to 1."""
        frames = (utterance.end - utterance.onset) // g711.FRAME
        return self._detector.gate.delay.agreement(frames, (self._position - utterance.end) // g711.FRAME)

    def abandon(self) -> None:
        """Drop the open utterance: it was not meant for the agent."""
        self._endpointer.abandon()

    def deafen(self) -> None:
        """Find no speech in what sounds now: it is a key's tone."""
        self._deaf_until = self._position + KEY_MS * g711.RATE // 1000
        self.abandon()
