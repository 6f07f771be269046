"""Bring the agent's sentences to the caller as audio.

Sentences wait in a queue. One at a time is with TTS, and the next is asked for at once when the last one has ended.
Their audio is brought to 8 kHz, to one loudness and to mu-law, and written on the playout's tape. Each sentence keeps
its own times and how much of it was heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final, Literal

from ivr.call.agent.restart import SpeakingRate, clause
from ivr.call.commands import CancelSpeech, Command, Note, PlayAudio, SendAudio, SendClear, SendMark, Speak
from ivr.call.events import TtsAudio, TtsEnded, TtsFailed
from ivr.call.options import CallOptions, Phrase
from ivr.call.timeline import Sentence, Turn
from ivr.media import g711
from ivr.media.acoustics import Acoustics
from ivr.media.agc import GainControl
from ivr.media.playout import Out, Playout, PlayoutAudio, PlayoutMark, PlayoutOptions
from ivr.media.resample import Resampler

RESTARTS_MOST: Final = 2
"""Times a sentence is begun again."""
MUTED_STOCK_MS: Final = 1000
"""Audio that is enough while the agent is muted for a voice: TTS has more until it was said."""
BREATH_MS: Final = 160
"""Silence between a filler and the words that follow it."""
_BREATH: Final = bytes([g711.SILENCE]) * (BREATH_MS * g711.RATE // 1000)


@dataclass(slots=True)
class _QueuedSentence:
    """Hold one sentence on its way to the caller."""

    key: int
    """Of its piece of the playout."""
    turn: Turn
    sentence: Sentence
    audio: bytes
    """Ready audio of a phrase; empty: TTS is asked."""
    # The filter's state belongs to one sentence and ends with it: nothing of a cancelled sentence leaks into the next.
    resampler: Resampler | None = field(default=None)
    restarts: int = 0
    """Times the sentence was begun again before."""
    language: Literal["ar", "en", ""] = ""
    """The language that it is said in; empty: the line's."""
    source: str = ""
    """Of a recording: its URL or file. Empty: it is said."""


def _playout_options(options: CallOptions) -> PlayoutOptions:
    return PlayoutOptions(lead_ms=options.lead_ms, fade_ms=options.fade_ms, mark_grace_s=options.mark_grace)


class SpeechOutput:
    """Speak all that the agent says on one call."""

    def __init__(self, options: CallOptions, acoustics: Acoustics | None = None) -> None:
        self._timeout = options.speech_timeout
        self._language = options.changed_to
        self.playout = Playout(_playout_options(options), acoustics)
        # Loudness and pace belong to the call, because the speaker does.
        self._gain = GainControl()
        self._rate = SpeakingRate()
        self._queue: deque[_QueuedSentence] = deque()
        self._with_tts: _QueuedSentence | None = None
        self._on_tape: deque[_QueuedSentence] = deque()
        self._stalled_at: float | None = None
        self._filler: _QueuedSentence | None = None
        self._keys = 0

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._timeout = options.speech_timeout
        self.playout.change(_playout_options(options))
        # Another language has another speaker, and a pace of its own.
        if options.changed_to != self._language:
            self._language, self._rate = options.changed_to, SpeakingRate()

    def __repr__(self) -> str:
        return f"<SpeechOutput queue={len(self._queue)} tts={self._with_tts is not None} {self.playout!r}>"

    @property
    def quiet(self) -> bool:
        """Return whether everything asked for was heard to its end."""
        return not self._queue and self._with_tts is None and not self._on_tape

    @property
    def more(self) -> bool:
        """Return whether sentences wait behind the one that is with TTS."""
        return bool(self._queue)

    @property
    def open(self) -> bool:
        """Return whether a sentence has begun to sound and is not whole: nothing may come between its parts."""
        return self._with_tts is not None and self._with_tts.sentence.audio_at is not None

    @property
    def may_begin_again(self) -> bool:
        """Return whether a sentence sounds that may be begun again."""
        return self.open and self._with_tts is not None and self._with_tts.restarts < RESTARTS_MOST and not self.plays

    @property
    def plays(self) -> bool:
        """Return whether a recording is loaded, and no sentence is with TTS."""
        return self._with_tts is not None and bool(self._with_tts.source)

    @property
    def silent_from(self) -> float:
        """Return when the caller hears nothing any more, in seconds of `now`; infinite while there is more to send."""
        # The breath behind a filler is silence.
        return self.playout.silent_from - (BREATH_MS / 1000 if self._filler is not None else 0.0)

    def owes_ms(self, now: float) -> int:
        """Return the audio still to be heard, in milliseconds; a rough figure while a sentence is with TTS."""
        # A filler is not counted: what follows it is as urgent as without it.
        return 0 if self._filler in self._on_tape else self.playout.unheard_ms(now)

    def wake_at(self) -> float | None:
        """Return when `pump` or `stalled` has something to do, in seconds of `now`."""
        wake_at, stalled_at = self.playout.wake_at(), self._stalled_at
        if wake_at is None or stalled_at is None:
            return stalled_at if wake_at is None else wake_at
        return min(wake_at, stalled_at)

    @property
    def settled(self) -> bool:
        """Return whether `pump` has nothing to ask for, until something happens."""
        # What rests while the agent is muted is asked for as soon as the caller has heard enough.
        return self._with_tts is not None or not self._queue

    def confirmed_ms(self, sentence: Sentence) -> int:
        """Return how much of a sentence the phone has confirmed so far, in milliseconds."""
        on_tape = (queued.key for queued in self._on_tape if queued.sentence is sentence)
        return max([sentence.heard_ms, *(self.playout.confirmed_ms(key) for key in on_tape)])

    # -- asking --------------------------------------------------------------------------------------------------

    def say(
        self,
        turn: Turn,
        text: str,
        spoken: str,
        now: float,
        audio: bytes = b"",
        *,
        fixed: bool = False,
        language: Literal["ar", "en", ""] | None = None,
        source: str = "",
    ) -> Sentence:
        """Queue one sentence, and return it; `audio` (mu-law) spares TTS. `fixed`: its words are the line's.

        `language`: None: the call's. `source`: of a recording.
        """
        sentence = turn.add_sentence(text, spoken, now, fixed=fixed)
        self._keys += 1
        language = self._language if language is None else language
        self._queue.append(_QueuedSentence(self._keys, turn, sentence, audio, language=language, source=source))
        return sentence

    def interject(
        self, turn: Turn, pieces: Iterable[tuple[str, str]], now: float, audios: Iterable[bytes] = ()
    ) -> list[Sentence]:
        """Queue fixed words, as written and as spoken, before all that was not asked for; return their sentences.

        `audios` (mu-law), one a piece, spare TTS.
        """
        before, self._queue = self._queue, deque()
        for (text, spoken), audio in zip(pieces, chain(audios, repeat(b"")), strict=False):
            self.say(turn, text, spoken, now, audio, fixed=True)
        queued = [one.sentence for one in self._queue]
        # The rest of a sentence that broke off is said first: nothing comes between its parts.
        while before and before[0].restarts:
            self._queue.appendleft(before.popleft())
        self._queue += before
        return queued

    def pump(self, now: float) -> list[Command]:
        """Ask for the next sentence and send what is due."""
        out: list[Command] = []
        while self._queue and self._with_tts is None and not self._rests(now):
            queued = self._queue.popleft()
            queued.sentence.ask(now)
            if queued.audio:
                self._write(queued, queued.audio, now)
                self._complete(queued)
            else:
                self._with_tts = queued
                self._expect_audio(now)
                quiet_at = now + self.owes_ms(now) / 1000
                turn, number, spoken = queued.turn.number, queued.sentence.number, queued.sentence.spoken
                if queued.source:
                    out.append(PlayAudio(turn, number, queued.source))
                else:
                    out.append(Speak(turn, number, spoken, quiet_at, queued.language))
        if outs := self.playout.poll(now):
            out += self._outgoing(outs, now)
        for change in self.playout.trust.changes():
            if change.why is None:
                out.append(Note("marks_agree", {"s": round(change.seconds, 3)}))
            else:
                out.append(Note("marks_lie", {"why": change.why, "ms": round(change.seconds * 1000)}))
        self._let_go_of_heard()
        return out

    def _rests(self, now: float) -> bool:
        """Return whether no more is asked of TTS: the agent is muted, and may never say what it has already."""
        return self.playout.held and self.playout.unheard_ms(now) >= MUTED_STOCK_MS

    def mark(self, name: str, now: float) -> bool:
        """Take a mark that the phone returned; return False when it was not awaited."""
        return self.playout.mark(name, now)

    # -- TTS answers ---------------------------------------------------------------------------------------------

    def audio(self, event: TtsAudio, now: float) -> None:
        """Take audio of the sentence that is with TTS; anything else is late and dropped."""
        queued = self._awaited(event)
        if queued is None or not event.audio:
            return
        # Mu-law comes at the phone's rate and loudness.
        if event.encoding == "mulaw":
            self._write(queued, event.audio, now)
        else:
            if queued.resampler is None:
                queued.resampler = Resampler(event.rate, g711.RATE)
            self._write(queued, self._coded(queued, queued.resampler.feed(event.audio)), now)
        self._expect_audio(now)

    def speech_ended(self, event: TtsEnded, now: float) -> None:
        """Finish the sentence: TTS has delivered it."""
        queued = self._awaited(event)
        if queued is None:
            return
        self._with_tts, self._stalled_at = None, None
        # What is left after a silence is less than a frame, and would be a click.
        if self.playout.dry(now) and queued.sentence.audio_at is not None:
            self.playout.break_off(queued.key)
        elif queued.resampler is not None:
            self._write(queued, self._coded(queued, queued.resampler.flush()), now)
        # Only a whole sentence tells the pace.
        if not queued.source:
            self._rate.learn(queued.sentence.spoken, queued.sentence.audio_ms)
        self._complete(queued)

    def _coded(self, queued: _QueuedSentence, pcm: bytes) -> bytes:
        """Return audio at 8 kHz as the phone gets it, at the loudness of the call."""
        # A recording has its own level, and says nothing about the speaker's.
        return g711.encode(pcm if queued.source else self._gain.feed(pcm))

    def awaits(self, event: TtsFailed) -> bool:
        """Return whether the sentence that was given up is with TTS: then `begin_again`, or `failed`."""
        return self._awaited(event) is not None

    def failed(self, event: TtsFailed) -> None:
        """Record that the sentence has no more audio: then `skip`, or `give_up`."""
        queued = self._awaited(event)
        if queued is not None:
            queued.sentence.fail(event.reason)

    def begin_again(self, now: float) -> list[Command]:
        """Ask once more for the clause in which the sentence that sounds broke off. Nothing is open after that."""
        broken = self._with_tts
        out = self.skip()
        if broken is not None:
            sentence = broken.sentence
            at, spoken_at = clause(sentence.text, sentence.spoken, self._rate.said(sentence.audio_ms))
            rest = broken.turn.repeat_rest(sentence, at, spoken_at, now)
            self._keys += 1
            # The rest is a sentence of its own, and so there is room for a filler between the two.
            again = _QueuedSentence(self._keys, broken.turn, rest, b"", language=broken.language)
            again.restarts = broken.restarts + 1
            self._queue.appendleft(again)
        return out

    def skip(self) -> list[Command]:
        """Ask no more for the sentence that is with TTS; what has sounded of it is played to its end."""
        queued, self._with_tts, self._stalled_at = self._with_tts, None, None
        if queued is None:
            return []
        if queued.sentence.audio_at is not None:
            self.playout.break_off(queued.key)
        return [CancelSpeech(queued.turn.number, queued.sentence.number)]

    def give_up(self) -> list[Command]:
        """Ask for nothing more; what has sounded so far is played to its end."""
        self._queue.clear()
        return self.skip()

    def stalled(self, now: float, stood: float = 0.0) -> TtsFailed | None:
        """Return the failure of a sentence on which TTS has been silent for too long, `stood` seconds not counted."""
        if stood:
            self.playout.trust.excuse(stood)
        queued = self._with_tts
        if queued is None or self._stalled_at is None:
            return None
        self._stalled_at += stood
        if now < self._stalled_at:
            return None
        return TtsFailed(queued.turn.number, queued.sentence.number, "stalled")

    def _awaited(self, event: TtsAudio | TtsEnded | TtsFailed) -> _QueuedSentence | None:
        queued = self._with_tts
        if queued is None or (queued.turn.number, queued.sentence.number) != (event.turn, event.sentence):
            return None
        return queued

    def _expect_audio(self, now: float) -> None:
        """Expect more audio some time after the caller has heard what there is."""
        self._stalled_at = now + self.owes_ms(now) / 1000 + self._timeout

    def _write(self, queued: _QueuedSentence, ulaw: bytes, now: float) -> None:
        """Write audio of a sentence on the tape."""
        if queued.sentence.audio_at is None:
            self._end_filler(queued.sentence, now)
            self.playout.begin(queued.key)
            self._on_tape.append(queued)
        else:
            self.playout.mend(now)
        self.playout.write(ulaw)
        queued.sentence.add_audio(len(ulaw) * 1000 // g711.RATE, now)

    def _complete(self, queued: _QueuedSentence) -> None:
        queued.sentence.complete()
        # A sentence without a sound has no piece on the tape.
        if queued.sentence.audio_at is not None:
            self.playout.finish(queued.key)

    # -- fillers -------------------------------------------------------------------------------------------------

    def fill(self, phrase: Phrase | None, turn: Turn | None, now: float) -> list[Command] | None:
        """Say something while words are awaited. The words follow it after a breath.

        It is no sentence of a turn; `turn` records it. None: the line has no such phrase, or not its audio, or it would
        stand inside a sentence that was begun again too often.
        """
        if phrase is None or not phrase.audio or (self.open and not self.may_begin_again):
            return None
        out: list[Command] = []
        # Nothing may come between the parts of a sentence: one that has begun to sound is cut and begun again.
        if self.open:
            out = [*self.begin_again(now), Note("sentence_again", {"reason": "dead_air"})]
        self._keys += 1
        said = Sentence(1, phrase.text, phrase.text, ready_at=now, fixed=True)
        filler = _QueuedSentence(self._keys, Turn(-1, "phrase"), said, phrase.audio)
        self._write(filler, phrase.audio + _BREATH, now)
        self._complete(filler)
        self._filler = filler
        if turn is not None:
            turn.fill(said)
        return out

    def _end_filler(self, words: Sentence, now: float) -> None:
        """Let a filler end before the words that it announced: at its next pause, or where it is over."""
        filler, self._filler = self._filler, None
        # Words that cut into "One mom" are worse than words that wait for its end.
        if filler is not None and filler in self._on_tape:
            filler.sentence.shorten(self.playout.shorten(filler.key, BREATH_MS))
            words.follow_filler(self.playout.unheard_ms(now) / 1000)

    # -- yielding ------------------------------------------------------------------------------------------------

    def hold(self, now: float) -> list[Command]:
        """Go quiet at once, keep everything."""
        return self._outgoing(self.playout.hold(now), now)

    def resume(self, now: float) -> list[Command]:
        """Go on where the caller stopped hearing."""
        return self._outgoing(self.playout.resume(now), now)

    def drop(self, now: float) -> list[Command]:
        """Forget everything that was not heard."""
        out = self.give_up()
        self._let_go_of_heard()
        # How much was heard is known only until the playout drops its tape.
        for queued in self._on_tape:
            queued.sentence.cut(self.playout.heard_ms(queued.key, now))
        out += self._outgoing(self.playout.drop(now), now)
        for queued in self._on_tape:
            self.playout.forget(queued.key)
        self._on_tape.clear()
        return out

    # -- the tape ------------------------------------------------------------------------------------------------

    def _let_go_of_heard(self) -> None:
        """Let go of sentences that were heard to their end."""
        while self._on_tape and self._on_tape[0] is not self._with_tts:
            queued = self._on_tape[0]
            # Sentences are played in order: none behind this one can be over.
            if not self.playout.finished(queued.key):
                return
            queued.sentence.finish()
            self.playout.forget(queued.key)
            self._on_tape.popleft()

    def _outgoing(self, outs: list[Out], now: float) -> list[Command]:
        """Return what the playout sends as commands, and record which sentences it begins."""
        sent: list[Command] = []
        for out in outs:
            if isinstance(out, PlayoutAudio):
                sent.append(SendAudio(out.payload))
            else:
                sent.append(SendMark(out.name) if isinstance(out, PlayoutMark) else SendClear())
        if sent:
            for queued in self._on_tape:
                if queued.sentence.sent_at is None and self.playout.started(queued.key):
                    queued.turn.send(queued.sentence, now)
        return sent
