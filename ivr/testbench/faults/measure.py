"""Measure what a caller heard while something went wrong: silence, and what became of every sentence.

The figures come from the phone's recording, the bridge's turns and the speech service's requests. TTS speaks one tone
per request (`tones`), so each stretch of sound names its request, and through it the sentence.

*A reply is owed* from the endpoint of the caller's words until the turn they opened is over, or the caller speaks
again. Silence is the time between sounds while a reply is owed. The carrier's own words after the stream do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from ivr.call.timeline import Sentence, Turn
from ivr.media import g711
from ivr.testbench.faults.tones import HOP_MS, heard, hops, levels
from ivr.testbench.hamsa.audio import TONES, ToneRun, length
from ivr.testbench.hamsa.stats import RequestRecord
from ivr.testbench.recording import PhoneRecord

AUDIBLE_RMS: Final = 60.0
"""RMS of a hop of PCM16 from which it is heard: about -55 dBFS."""
NOISE_RMS: Final = 150.0
"""RMS from which a hop must be the tone of a request."""
BLUR_MS: Final = 60
"""Milliseconds around a tone: where two tones meet, neither is plain."""
MIN_HEARD_MS: Final = 100
"""Milliseconds of a request from which it counts as heard."""
ONE_WORD_MS: Final = 250
"""Milliseconds of a sentence that may be missing or repeated. A sentence that breaks off goes on a little earlier."""
STRETCH_ERROR_MS: Final = 100
"""Milliseconds by which the measured length of a stretch may be wrong."""
CLICK_RATIO: Final = 2.2
"""Peak of a click over the peaks around it."""
CLICK_MIN_PEAK: Final = 4000
"""Least peak of a click, in PCM16."""
CLOCK_ERROR_S: Final = 1e-6
"""Seconds by which two clocks may differ."""
DEFAULT_ENDPOINT_S: Final = 0.5
"""Seconds from the end of an utterance to its endpoint, where no turn says it."""
_SENTENCE_END = re.compile(r"[.!?؟]")


@dataclass(frozen=True, slots=True)
class OwedReply:
    """Hold the time in which a reply is owed. Seconds since sample 0."""

    speech: float
    """When the caller fell silent."""
    endpoint: float
    over: float
    """When the turn was over, or the caller spoke again."""


@dataclass(slots=True)
class EarMeasurement:
    """Hold what the caller heard of one call."""

    silence_s: float = 0.0
    """Longest silence while a reply was owed, from an endpoint on."""
    silence_from_speech_s: float = 0.0
    """The same from the end of the caller's speech on."""
    lost: int = 0
    """Sentences that were not heard to their end, a word excepted."""
    unanswered: int = 0
    repeated: int = 0
    swapped: int = 0
    bad_ms: int = 0
    """Sound of no known request, sound of a reply without speech in it, and clicks."""
    again: int = 0
    """Sentences that broke off for good and were begun again with their last clause."""
    instead: Counter[str] = field(default_factory=Counter)
    """Phrases heard after the caller's first words, by name."""


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """Hold what a call is measured by."""

    record: PhoneRecord
    turns: Sequence[Turn]
    requests: Sequence[RequestRecord]
    """The requests to TTS."""
    phrases: Mapping[int, str]
    """Names of phrases by their tones."""
    fixed: frozenset[str]
    """Texts of all phrases."""
    said: Mapping[int, str]
    """The agent's text by turn: all that the caller should have heard."""
    ms_per_char: float = 95.0


def measure_call(call: CallEvidence) -> EarMeasurement:
    """Measure a call that is over."""
    pcm = g711.decode(bytes(call.record.heard))
    tones = heard(pcm, g711.RATE, {*map(_tone, call.requests), *call.phrases})
    owed = list(_owed_replies(call))
    loud = np.flatnonzero(levels(hops(pcm, g711.RATE)) >= AUDIBLE_RMS)
    hop = HOP_MS / 1000
    # Loud hops that follow each other are one sound.
    sounds = [
        (float(group[0] * hop), float((group[-1] + 1) * hop))
        for group in np.split(loud, np.flatnonzero(np.diff(loud) > 1) + 1)
        if len(group)
    ]
    first = call.record.speech[0].start / 8 if call.record.speech else 0
    instead: Counter[str] = Counter()
    for before, run in zip([None, *tones], tones, strict=False):
        # A short gap inside a phrase does not make two of it.
        joined = before and before.request == run.request and run.start_ms - before.start_ms - before.ms <= BLUR_MS
        if run.start_ms >= first and run.ms >= MIN_HEARD_MS and run.request in call.phrases and not joined:
            instead[call.phrases[run.request]] += 1
    ear = EarMeasurement(
        silence_s=max((_longest_silence(sounds, reply.endpoint, reply.over) for reply in owed), default=0.0),
        silence_from_speech_s=max((_longest_silence(sounds, reply.speech, reply.over) for reply in owed), default=0.0),
        bad_ms=_bad_ms(call, pcm, tones),
        instead=instead,
    )
    for reply in owed:
        # A phrase is no answer: something of the agent's own words must be heard.
        answer: Counter[int] = Counter()
        for run in tones:
            begins = run.start_ms / 1000
            if run.request not in call.phrases and reply.speech - 0.1 <= begins < reply.over + 0.1:
                answer[run.request] += run.ms
        ear.unanswered += not any(ms >= MIN_HEARD_MS for ms in answer.values())
    _count_sentences(call, tones, ear)
    return ear


def _owed_replies(call: CallEvidence) -> Iterator[OwedReply]:
    """Yield when a reply was owed, for each thing that the caller said."""
    record = call.record
    t0 = record.t0 or 0.0
    nexts = [*(speech.start for speech in record.speech[1:]), len(record.heard)]
    for speech, next_sample in zip(record.speech, nexts, strict=False):
        quiet, until = speech.end / g711.RATE, next_sample / g711.RATE
        # The turns that answer these words began between their end and the caller's next words.
        turns = []
        for turn in call.turns:
            first = turn.endpoint_at or (turn.sentences[0].ready_at if turn.sentences else turn.asked_at)
            if first is not None and quiet <= first - t0 < until:
                turns.append(turn)
        ends = [turn.ended_at - t0 for turn in turns if turn.ended_at is not None]
        endpoint = next((turn.endpoint_at - t0 for turn in turns if turn.endpoint_at), quiet + DEFAULT_ENDPOINT_S)
        # A turn that was not finished owes its reply until the caller speaks again.
        unfinished = not turns or any(turn.outcome in ("open", "superseded", "interrupted") for turn in turns)
        yield OwedReply(quiet, endpoint, until if unfinished else min(until, max(ends, default=until)))


def _longest_silence(sounds: list[tuple[float, float]], since: float, until: float) -> float:
    """Return the longest time without sound, in seconds."""
    at, longest = since, 0.0
    for start, end in sounds:
        if end > at and start < until:
            longest, at = max(longest, start - at), max(at, end)
    return round(max(longest, until - at), 3)


# -- sentences ----------------------------------------------------------------------------------------------------


def _count_sentences(call: CallEvidence, tones: list[ToneRun], ear: EarMeasurement) -> None:
    """Count what became of each sentence: lost, repeated, swapped, begun again."""
    asked = [turn for turn in call.turns if turn.kind != "phrase"]
    spoken = [(turn, s) for turn in asked for s in turn.sentences if s.text not in call.fixed]
    made_for = _sentence_by_tone(call, [sentence for _, sentence in spoken])
    heard_ms: Counter[int] = Counter()
    stretches: Counter[int] = Counter()
    order = []
    for run in tones:
        place = made_for.get(run.request)
        if place is not None:
            heard_ms[place] += run.ms
            stretches[place] += 1
            order += [place] if run.ms >= MIN_HEARD_MS else []
    ear.swapped = sum(later < earlier for earlier, later in pairwise(order))
    for place, (turn, sentence) in enumerate(spoken):
        whole = owed = _length_ms(call, sentence.spoken)
        # Of a sentence that was begun again, only the text before its last clause must be heard once.
        if sentence.again_from is not None:
            owed = _length_ms(call, sentence.spoken.removesuffix(spoken[place + 1][1].spoken))
            ear.again += 1
        slack = ONE_WORD_MS + STRETCH_ERROR_MS * max(1, stretches[place])
        ear.lost += owed - heard_ms[place] > slack and not _cut_by_caller(call, turn)
        ear.repeated += heard_ms[place] - whole > slack
    # Text that never became a sentence of the bridge is lost too, unless the caller spoke over it.
    for turn in asked:
        if not _cut_by_caller(call, turn):
            words = call.said.get(turn.number, "").split()
            rest = "".join(words)
            for sentence in turn.sentences:
                rest = rest.removeprefix("".join(sentence.text[: sentence.again_from].split()))
            # Where a reply breaks off inside a word, it is left out: half a number is another number.
            if turn.failure and words and rest == words[-1]:
                continue
            ear.lost += max(1, len(_SENTENCE_END.findall(rest))) if rest else 0


def played_sentences(call: CallEvidence) -> Iterator[tuple[Turn, Sentence, float]]:
    """Yield how much of each sentence of the agent's the phone played: its turn, itself, and a share from 0 to 1.

    An edge may be 40 ms off. What was played twice counts twice.
    """
    pcm = g711.decode(bytes(call.record.heard))
    spoken = [(turn, one) for turn in call.turns if turn.kind != "phrase" for one in turn.sentences if not one.fixed]
    made_for = _sentence_by_tone(call, [sentence for _, sentence in spoken])
    played: Counter[int] = Counter()
    for run in heard(pcm, g711.RATE, {*map(_tone, call.requests), *call.phrases}):
        if run.request in made_for:
            played[made_for[run.request]] += run.ms
    for place, (turn, sentence) in enumerate(spoken):
        length_ms = _length_ms(call, sentence.spoken)
        yield turn, sentence, 1.0 if played[place] >= length_ms - BLUR_MS else played[place] / length_ms


def _length_ms(call: CallEvidence, text: str) -> float:
    """Return how long TTS speaks a text, in ms."""
    return length(len(text.strip()), call.ms_per_char) / 32


def _sentence_by_tone(call: CallEvidence, sentences: list[Sentence]) -> dict[int, int]:
    """Return the place of the sentence that each TTS request was made for, by its tone."""
    found = {}
    for request in call.requests:
        for place, sentence in enumerate(sentences):
            # Two sentences may have the same text: the request belongs to the last one asked for before it.
            asked = sentence.asked_at is not None and sentence.asked_at <= request.asked_at + CLOCK_ERROR_S
            if asked and sentence.spoken.strip() == request.text.strip():
                found[_tone(request)] = place
    return found


def _tone(request: RequestRecord) -> int:
    """Return the number of a request's tone."""
    return (request.number - 1) % TONES + 1


def _cut_by_caller(call: CallEvidence, turn: Turn) -> bool:
    """Return whether the caller spoke over the turn, so that nothing of it is owed."""
    return turn.outcome in ("interrupted", "superseded") and any(speech.over for speech in call.record.speech)


# -- other sounds -------------------------------------------------------------------------------------------------


def _bad_ms(call: CallEvidence, pcm: bytes, tones: list[ToneRun]) -> int:
    """Return how much sound the caller should not have heard, in ms."""
    good = {_tone(request) for request in call.requests if request.fault != "degenerate"} | set(call.phrases)
    rows = hops(pcm, g711.RATE)
    plain = np.zeros(len(rows), bool)
    blur = BLUR_MS // HOP_MS
    for run in tones:
        if run.request in good:
            first = run.start_ms // HOP_MS
            plain[max(0, first - blur) : first + run.ms // HOP_MS + blur] = True
    # A click is a hop with a peak far above the two hops on either side.
    peaks = np.max(np.abs(rows), axis=1, initial=0.0)
    padded = np.pad(peaks, 2)
    around = np.max([padded[shift : shift + len(peaks)] for shift in (0, 1, 3, 4)], axis=0, initial=0.0)
    clicks = np.sum((peaks > CLICK_MIN_PEAK) & (peaks > CLICK_RATIO * around))
    return HOP_MS * int(np.sum((levels(rows) >= NOISE_RMS) & ~plain) + clicks)
