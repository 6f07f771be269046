"""The agent's mouth: sentences in, audio at the caller's ear out.

Sentences wait in a queue; one at a time is with the voice, and the next is asked for in the same breath in which the
last one ended. Their audio is brought to 8 kHz, to one loudness and to mu-law, and written on the playout's tape. Each
sentence keeps its own times and how much of it was heard.

A sentence that breaks off for good is begun again with its last clause, as a sentence of its own (`anew`), twice at
most: between the two there is room for a filler.

The filter's state belongs to one sentence and dies with it, so nothing of a cancelled sentence can leak into the next;
the loudness belongs to the call, because the voice does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ivr.call.agent.restart import SpeakingRate, clause
from ivr.call.commands import CancelSpeech, Command, SendAudio, SendClear, SendMark, Speak
from ivr.call.events import TtsAudio, TtsEnded, TtsFailed
from ivr.call.options import CallOptions
from ivr.call.timeline import Sentence, Turn
from ivr.media import g711
from ivr.media.agc import GainControl
from ivr.media.playout import Out, Playout, PlayoutAudio, PlayoutMark, PlayoutOptions
from ivr.media.resample import Resampler

AGAIN_MOST = 2
"""Times a sentence is begun again."""


@dataclass(slots=True)
class _QueuedSentence:
    """One sentence on its way."""

    key: int
    turn: Turn
    sentence: Sentence
    audio: bytes
    """Ready audio of a phrase; empty: the voice is asked."""
    resampler: Resampler | None = field(default=None)
    again: int = 0
    """Times the sentence was begun again before."""


class SpeechOutput:
    """All the agent says on one call."""

    def __init__(self, options: CallOptions) -> None:
        self._timeout = options.speech_timeout
        self.playout = Playout(
            PlayoutOptions(lead_ms=options.lead_ms, fade_ms=options.fade_ms, mark_grace_s=options.mark_grace)
        )
        self._level = GainControl()
        self._pace = SpeakingRate()
        self._queue: deque[_QueuedSentence] = deque()
        self._with_voice: _QueuedSentence | None = None
        self._on_tape: deque[_QueuedSentence] = deque()
        self._stalled_at: float | None = None
        self._filler: _QueuedSentence | None = None
        self._fading = b""
        self._keys = 0

    def __repr__(self) -> str:
        return f"<SpeechOutput queue={len(self._queue)} voice={self._with_voice is not None} {self.playout!r}>"

    @property
    def quiet(self) -> bool:
        """Everything asked for was heard to its end."""
        return not self._queue and self._with_voice is None and not self._on_tape

    @property
    def open(self) -> bool:
        """A sentence has begun to sound and is not whole: nothing may come between its parts."""
        return self._with_voice is not None and self._with_voice.sentence.audio_at is not None

    @property
    def may_begin_again(self) -> bool:
        """A sentence sounds that may be begun again."""
        return self.open and self._with_voice is not None and self._with_voice.again < AGAIN_MOST

    def owes_ms(self, now: float) -> int:
        """Audio still to be heard; a rough figure while a sentence is with the voice. A filler is none."""
        return 0 if self._filler in self._on_tape else self.playout.unheard_ms(now)

    # -- asking --------------------------------------------------------------------------------------------------

    def say(self, turn: Turn, text: str, spoken: str, now: float, audio: bytes = b"", *, fixed: bool = False) -> None:
        """Queue one sentence; `audio` (mu-law) spares TTS. `fixed`: its words are the line's."""
        sentence = turn.add_sentence(text, spoken, now, fixed=fixed)
        self._keys += 1
        self._queue.append(_QueuedSentence(self._keys, turn, sentence, audio))

    def pump(self, now: float) -> list[Command]:
        """Ask for the next sentence and send what is due."""
        out: list[Command] = []
        while self._queue and self._with_voice is None:
            self._begin(self._queue.popleft(), now, out)
        out += self._outgoing(self.playout.poll(now), now)
        self._settle(now)
        return out

    def _begin(self, line: _QueuedSentence, now: float, out: list[Command]) -> None:
        line.sentence.ask(now)
        if line.audio:
            out += self._drop_filler(now)
            self._write(line, line.audio, now)
            self._complete(line)
            return
        self._with_voice = line
        self._expect(now)
        quiet_at = now + self.owes_ms(now) / 1000
        out.append(Speak(line.turn.number, line.sentence.number, line.sentence.spoken, quiet_at))

    # -- the voice answers ---------------------------------------------------------------------------------------

    def audio(self, event: TtsAudio, now: float) -> list[Command]:
        """Audio of the sentence that is with the voice; anything else is late and dropped. Stops a filler."""
        line = self._awaited(event)
        if line is None or not event.audio:
            return []
        out = self._drop_filler(now)
        if event.encoding == "mulaw":
            self._write(line, event.audio, now)
        else:
            if line.resampler is None:
                line.resampler = Resampler(event.rate, g711.RATE)
            self._write(line, g711.encode(self._level.feed(line.resampler.feed(event.audio))), now)
        self._expect(now)
        return out

    def _expect(self, now: float) -> None:
        """More has to come, some time after the caller has heard what there is."""
        self._stalled_at = now + self.owes_ms(now) / 1000 + self._timeout

    def speech_ended(self, event: TtsEnded, now: float) -> None:
        """The voice has delivered the sentence."""
        line = self._awaited(event)
        if line is None:
            return
        self._with_voice, self._stalled_at = None, None
        if (
            self.playout.dry(now) and line.sentence.audio_at is not None
        ):  # what is left is less than a frame, and a click by now
            self.playout.break_off(line.key)
        elif line.resampler is not None:
            self._write(line, g711.encode(self._level.feed(line.resampler.flush())), now)
        self._pace.learn(line.sentence.spoken, line.sentence.audio_ms)
        self._complete(line)

    def awaits(self, event: TtsFailed) -> bool:
        """The sentence that was given up is with the voice: then `begin_again`, or `failed`."""
        return self._awaited(event) is not None

    def failed(self, event: TtsFailed) -> None:
        """The sentence has no more audio: then `skip`, or `give_up`."""
        line = self._awaited(event)
        if line is not None:
            line.sentence.fail(event.reason)

    def begin_again(self, now: float) -> list[Command]:
        """Ask once more for the clause in which the sentence that sounds broke off. Nothing is open after that."""
        line = self._with_voice
        out = self.skip()
        if line is not None:
            broken = line.sentence
            at, spoken_at = clause(broken.text, broken.spoken, self._pace.said(broken.audio_ms))
            rest = line.turn.repeat_rest(broken, at, spoken_at, now)
            self._keys += 1
            self._queue.appendleft(_QueuedSentence(self._keys, line.turn, rest, b"", again=line.again + 1))
        return out

    def stalled(self, now: float) -> TtsFailed | None:
        """The sentence on which the voice has been silent for too long."""
        line = self._with_voice
        if line is None or self._stalled_at is None or now < self._stalled_at:
            return None
        return TtsFailed(line.turn.number, line.sentence.number, "stalled")

    def _awaited(self, event: TtsAudio | TtsEnded | TtsFailed) -> _QueuedSentence | None:
        line = self._with_voice
        if line is None or (line.turn.number, line.sentence.number) != (event.turn, event.sentence):
            return None
        return line

    def _write(self, line: _QueuedSentence, ulaw: bytes, now: float) -> None:
        if line.sentence.audio_at is None:
            self.playout.begin(line.key)
            self._on_tape.append(line)
        else:
            self.playout.mend(now)
        self.playout.write(self._blended(ulaw))
        line.sentence.add_audio(len(ulaw) * 1000 // g711.RATE, now)

    def _complete(self, line: _QueuedSentence) -> None:
        line.sentence.complete()
        if line.sentence.audio_at is not None:
            self.playout.finish(line.key)

    # -- fillers -------------------------------------------------------------------------------------------------

    def fill(self, audio: bytes, now: float) -> None:
        """Say something while words are awaited; it belongs to no turn and gives way to them at once."""
        self._keys += 1
        filler = _QueuedSentence(self._keys, Turn(-1, "phrase"), Sentence(1, "", "", ready_at=now), audio)
        self._write(filler, audio, now)
        self._complete(filler)
        self._filler = filler

    def _drop_filler(self, now: float) -> list[Command]:
        filler, self._filler = self._filler, None
        if filler is None or filler not in self._on_tape:
            return []
        held, self._fading = self.playout.held, self.playout.fading(now)
        out = self._outgoing(self.playout.drop(now), now)
        self.playout.held = held
        self.playout.forget(filler.key)
        self._on_tape.remove(filler)
        return out

    def _blended(self, ulaw: bytes) -> bytes:
        """With the rest of a filler fading beneath it: neither a click nor a wait."""
        fading, self._fading = self._fading[: len(ulaw)], self._fading[len(ulaw) :]
        both = g711.audioop.add(g711.decode(fading), g711.decode(ulaw[: len(fading)]), 2)
        return g711.encode(both) + ulaw[len(fading) :]

    # -- the phone answers ---------------------------------------------------------------------------------------

    def mark(self, name: str, now: float) -> bool:
        """A mark came back; False when it was not awaited."""
        return self.playout.mark(name, now)

    def _settle(self, now: float) -> None:
        """Let go of sentences that were heard to their end, or failed without a sound."""
        while self._on_tape and self._on_tape[0] is not self._with_voice:
            line = self._on_tape[0]
            if not self.playout.finished(line.key):
                return
            line.sentence.finish()
            self.playout.forget(line.key)
            self._on_tape.popleft()

    # -- yielding ------------------------------------------------------------------------------------------------

    def hold(self, now: float) -> list[Command]:
        """Go quiet at once, keep everything."""
        return self._outgoing(self.playout.hold(now), now)

    def resume(self, now: float) -> list[Command]:
        """Go on where the caller stopped hearing."""
        return self._outgoing(self.playout.resume(now), now)

    @property
    def more(self) -> bool:
        """Sentences wait behind the one that is with the voice."""
        return bool(self._queue)

    def give_up(self) -> list[Command]:
        """Ask for nothing more; what has sounded so far is played to its end."""
        self._queue.clear()
        return self.skip()

    def skip(self) -> list[Command]:
        """Ask no more for the sentence that is with the voice; what has sounded of it is played to its end."""
        line, self._with_voice, self._stalled_at = self._with_voice, None, None
        if line is None:
            return []
        if line.sentence.audio_at is not None:
            self.playout.break_off(line.key)
        return [CancelSpeech(line.turn.number, line.sentence.number)]

    def drop(self, now: float) -> list[Command]:
        """Forget everything that was not heard."""
        out = self.give_up()
        self._fading = b""
        self._settle(now)
        for line in self._on_tape:
            line.sentence.cut(self.playout.heard_ms(line.key, now))
        out += self._outgoing(self.playout.drop(now), now)
        for line in self._on_tape:
            self.playout.forget(line.key)
        self._on_tape.clear()
        return out

    # -- time ----------------------------------------------------------------------------------------------------

    def wake_at(self) -> float | None:
        """When `pump` or `stalled` has something to do."""
        times = [at for at in (self.playout.wake_at(), self._stalled_at) if at is not None]
        return min(times, default=None)

    def _outgoing(self, outs: list[Out], now: float) -> list[Command]:
        commands: list[Command] = []
        for out in outs:
            if isinstance(out, PlayoutAudio):
                commands.append(SendAudio(out.payload))
            else:
                commands.append(SendMark(out.name) if isinstance(out, PlayoutMark) else SendClear())
        if outs:
            self._stamp(now)
        return commands

    def _stamp(self, now: float) -> None:
        """Note when each sentence's first audio left."""
        for line in self._on_tape:
            if line.sentence.sent_at is None and self.playout.started(line.key):
                line.turn.send(line.sentence, now)
