"""Answer what the call asks of its services, as its tape shows that they answered.

The same request has the recorded answer, with the recorded delays. Another request has an answer made of what the tape
holds: the words of the utterances that it overlaps, the reply to the question that is most like it, speech of the usual
length. Each piece says why it is *modelled*; one without a reason is as recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.events import Event, ReplyEvent
from ivr.media import g711
from ivr.replay.what_if.fitting import Fitted
from ivr.replay.what_if.taped_call import (
    Answer,
    SpeechEvent,
    TapedCall,
    TapedReply,
    TapedSpeech,
    TapedTranscript,
    chunk_ms,
    words_of,
)

LAST: Final = 1 << 60
"""Place on the tape of what is not on it: behind all that is."""
_SAME: Final = 60 * g711.RATE // 1000
"""Samples by which the same utterance may begin or end elsewhere."""
_TAIL_S: Final = 0.5
"""Seconds of silence that go to STT with the voice: before it and behind it."""
_ENDED_S: Final = 0.02
"""Seconds from the last piece of an answer to its end where the tape does not have it."""
_MOST_MS: Final = 120_000
"""Speech that is made up at most, ms."""


class Piece(NamedTuple):
    """Hold one piece of an answer."""

    delay: float
    """Seconds since the request."""
    place: int
    """On the tape; `LAST`: it is not on it."""
    event: Event
    modelled: str = ""
    """Why it is modelled; empty: it is as recorded."""


class Answers:
    """Answer for the services of one call."""

    def __init__(self, taped: TapedCall, fitted: Fitted) -> None:
        self._taped = taped
        self._fitted = fitted
        self._spoken = word_times(taped)
        self._same: dict[int, TapedTranscript | None] = {}
        """The recorded utterance that has the same voice in it, of each that was asked for."""

    # -- STT -----------------------------------------------------------------------------------------------------

    def transcript(self, request: ask.Transcribe) -> list[Piece]:
        """Return the words of an utterance."""
        number = request.utterance
        same = self._same[number] = self.same_utterance(request)
        if same is not None and same.over:
            return [Piece(delay, place, replace(event, utterance=number)) for delay, place, event in same.said[-1:]]
        length = (request.end - request.onset) / g711.RATE
        delay = self._fitted.transcript_s(length)
        # Words that were not there when the call gave them up then would have come later.
        if same is not None:
            delay = max(delay, same.given_up_s + _ENDED_S)
        failed = self._failed(request)
        if failed is not None:
            return [
                Piece(delay, LAST, events.TranscriptFailed(number, failed), "the utterance overlaps one that failed")
            ]
        words = [word for at, word in self._spoken if request.onset <= at < request.end]
        why = "words by their share of the recorded utterances" if words else "no recorded words overlap the utterance"
        return [Piece(delay, LAST, events.TranscriptArrived(number, " ".join(words)), why)]

    def judged(self, request: ask.JudgeTurn) -> list[Piece]:
        """Return what the turn model says of a pause, once STT was asked for the utterance: as recorded, or nothing."""
        same = self._same.get(request.utterance)
        if same is None or same.judged is None:
            return []
        delay, place, event = same.judged
        return [Piece(delay, place, replace(event, utterance=request.utterance))]

    def same_utterance(self, request: ask.Transcribe) -> TapedTranscript | None:
        """Return the recorded utterance that has the same voice in it, one with an answer first."""
        near = [
            (not one.over, abs(one.onset - request.onset) + abs(one.end - request.end), one.number)
            for one in self._taped.transcripts.values()
            if abs(one.onset - request.onset) <= _SAME and abs(one.end - request.end) <= _SAME
        ]
        return self._taped.transcripts[min(near)[2]] if near else None

    def _failed(self, request: ask.Transcribe) -> str | None:
        """Return why STT failed on the voice that this utterance is mostly a part of; None: it did not."""
        for one in self._taped.transcripts.values():
            event = one.said[-1][2] if one.said else None
            shared = min(one.end, request.end) - max(one.onset, request.onset)
            if isinstance(event, events.TranscriptFailed) and 2 * shared > request.end - request.onset:
                return event.reason
        return None

    # -- the agent -----------------------------------------------------------------------------------------------

    def reply(self, request: ask.RequestReply) -> list[Piece]:
        """Return the reply to a question."""
        question, turn = words_of(request.request.text), request.turn
        replies = [one for one in self._taped.replies.values() if one.said]
        if not replies:
            # An agent that never answered does not answer now.
            return []
        same = [one for one in self._taped.replies.values() if one.question == question]
        asked = min(same, key=lambda one: (not one.said, abs(one.turn - turn)), default=None)
        if asked is not None and asked.said:
            pieces = [Piece(delay, place, _of_turn(event, turn)) for delay, place, event in asked.said]
            return pieces if asked.over else self._ended(asked, pieces, turn)
        likeness = {one.turn: SequenceMatcher(None, one.question, question).ratio() for one in replies}
        chosen = max(replies, key=lambda one: (likeness[one.turn], -abs(one.turn - turn)))
        # How long the agent thinks about words it was not asked is not known: it takes its usual time. The answer to
        # a question that the call gave up then would have come later.
        first_s = max(self._fitted.first_word_s, asked.given_up_s + _ENDED_S if asked is not None else 0.0)
        why = "reply to the recorded question that is most like it"
        shift = first_s - chosen.said[0][0]
        pieces = [Piece(delay + shift, LAST, _of_turn(event, turn), why) for delay, _, event in chosen.said]
        return pieces if chosen.over else self._ended(chosen, pieces, turn)

    def _ended(self, reply: TapedReply, pieces: list[Piece], turn: int) -> list[Piece]:
        """Return a reply with an end: it was not read to its end then."""
        delay = max(pieces[-1].delay + max(self._fitted.word_gap_s, _ENDED_S), reply.given_up_s + _ENDED_S)
        why = "end of a reply that was not read to its end"
        return [*pieces, Piece(delay, LAST, events.ReplyEnded(turn), why)]

    # -- TTS -----------------------------------------------------------------------------------------------------

    def speech(self, request: ask.Speak, now: float) -> list[Piece]:
        """Return the audio of a sentence."""
        turn, sentence = request.turn, request.sentence
        same = [one for one in self._taped.speeches.values() if one.text == request.text and one.said]
        chosen = min(same, key=lambda one: (one.turn != turn, abs(one.asked_at - now)), default=None)
        if chosen is None:
            asked = [one.given_up_s for one in self._taped.speeches.values() if one.text == request.text]
            first_s = max([self._fitted.first_audio_s, *asked])
            return self._made_up(request, first_s, "speech of the usual length")
        pieces = [Piece(delay, place, _of_sentence(event, turn, sentence)) for delay, place, event in chosen.said]
        if chosen.over:
            return pieces
        return [*pieces, *self._rest(chosen, same, request)]

    def _rest(self, chosen: TapedSpeech, same: Sequence[TapedSpeech], request: ask.Speak) -> list[Piece]:
        """Return what follows the recorded audio of a sentence that was cancelled then."""
        why = "rest of a sentence that was cancelled then"
        got, at = chosen.audio_ms, max(chosen.said[-1][0], chosen.given_up_s)
        whole = next((one for one in same if one.whole), None)
        if whole is None:
            return self._made_up(request, at + self._fitted.audio_gap_s, why, got)
        rest: list[Answer[SpeechEvent]] = []
        heard = 0.0
        for delay, place, event in whole.said:
            heard += chunk_ms(event) if isinstance(event, events.TtsAudio) else 0.0
            if heard > got or not isinstance(event, events.TtsAudio):
                rest.append((delay, place, event))
        shift = at + self._fitted.audio_gap_s - rest[0][0]
        turn, sentence = request.turn, request.sentence
        return [Piece(delay + shift, LAST, _of_sentence(event, turn, sentence), why) for delay, _, event in rest]

    def _made_up(self, request: ask.Speak, delay: float, why: str, from_ms: float = 0.0) -> list[Piece]:
        """Return speech of the usual length for a text, `from_ms` on, in the sound of the call's own speech."""
        fitted, turn, sentence = self._fitted, request.turn, request.sentence
        width = 1 if fitted.encoding == "mulaw" else 2
        pieces: list[Piece] = []
        left = min(_MOST_MS, len(request.text) * fitted.ms_per_character) - from_ms
        at = round(from_ms * fitted.rate / 1000) * width
        while left > 0:
            size = round(min(left, fitted.chunk_ms) * fitted.rate / 1000) * width
            audio = _cut(fitted.sound, at, size) or bytes([g711.SILENCE if width == 1 else 0]) * size
            event = events.TtsAudio(turn, sentence, audio, fitted.rate, fitted.encoding)
            pieces.append(Piece(delay, LAST, event, why))
            left, at, delay = left - fitted.chunk_ms, at + size, delay + fitted.audio_gap_s
        return [*pieces, Piece(delay, LAST, events.TtsEnded(turn, sentence), why)]

    # -- the carrier ---------------------------------------------------------------------------------------------

    def transfer(self, count: int) -> list[Piece]:
        """Return what the carrier says when it is asked, for the `count`-th time, to dial a person."""
        asked = [one.said for one in self._taped.transfers if one.said]
        if asked:
            return [Piece(delay, place, event) for delay, place, event in asked[min(count, len(asked)) - 1]]
        why = "the carrier was not asked to dial then"
        return [
            Piece(self._fitted.transfer_s, LAST, events.Transferred(), why),
            Piece(2 * self._fitted.transfer_s, LAST, events.CallerLeft("stop"), why),
        ]


def word_times(taped: TapedCall) -> list[tuple[int, str]]:
    """Return all recorded words with the sample at which the middle of each was said."""
    spoken: list[tuple[int, str]] = []
    covered: list[tuple[int, int]] = []
    # The longest utterances know their words best; a part of one adds nothing.
    for one in sorted(taped.transcripts.values(), key=lambda one: one.onset - one.end):
        words = (one.text or "").split()
        if not words or any(min(end, one.end) > max(onset, one.onset) for onset, end in covered):
            continue
        covered.append((one.onset, one.end))
        spoken += zip(word_middles(taped, one, words), words, strict=True)
    return sorted(spoken)


def word_middles(taped: TapedCall, utterance: TapedTranscript, words: Sequence[str]) -> list[int]:
    """Return the sample at which the middle of each word was said: its share of the letters is its share of the voice.

    A pause takes no share.
    """
    letters = sum(map(len, words))
    middles: list[int] = []
    at, before = utterance.onset, 0
    for word in words:
        share = (before + len(word) / 2) / letters
        while at < utterance.end - 1 and taped.voiced_share(utterance.onset, utterance.end, at) < share:
            at += min(g711.FRAME, utterance.end - 1 - at)
        middles.append(at)
        before += len(word)
    return middles


def _cut(sound: bytes, at: int, size: int) -> bytes:
    """Return so many bytes of a sound that goes round."""
    if not sound:
        return b""
    start = at % len(sound)
    return (sound[start:] + sound * (1 + size // len(sound)))[:size]


def _of_turn(event: ReplyEvent, turn: int) -> Event:
    return event if event.turn == turn else replace(event, turn=turn)


def _of_sentence(event: SpeechEvent, turn: int, sentence: int) -> Event:
    return event if (event.turn, event.sentence) == (turn, sentence) else replace(event, turn=turn, sentence=sentence)
