"""What a caller heard while something went wrong, measured at the ear: silence, and the fate of every sentence.

Pure: everything comes from what the phone recorded, what the bridge says it meant to say, and what the speech service
remembers. The voice is a tone by request (`fault_tones`), so each stretch of sound names the request it came from, and
through it the sentence.

*A reply is owed* from the endpoint of the caller's words until the turn they opened is over, or the caller speaks
again. Silence is what lies between sounds in that time; the carrier's own words after the stream are not counted.

A sentence is *lost* when a word or more of it was not heard, *repeated* when more than a word was heard again: a
sentence that breaks off is taken up a little before the place, on purpose. One that is not back in time is *begun
again* with its last clause: what comes before the clause has to be heard once, the clause once to its end, and what was
heard of it before is counted apart. Sound of no known request, sound of a reply without speech in it, and a click are
*bad*.
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
from ivr.testbench.recording import PhoneRecord, Speech

AUDIBLE: Final = 60.0
"""RMS of a hop of PCM16 from which it is heard: about -55 dBFS."""
NOISE: Final = 150.0
"""RMS from which a hop has to be somebody's tone."""
BLUR_MS: Final = 60
"""Around a tone, where two of them meet and neither is plain."""
SOUNDED_MS: Final = 100
"""Of a request: enough to have been heard."""
WORD_MS: Final = 250
"""Of a sentence: what may be missing, or heard twice."""
EDGE_MS: Final = 100
"""By which the measured length of each stretch may be short or long."""
CLICK: Final = 2.2
"""Times the peaks around it."""
CLICK_LEAST: Final = 4000
"""The peak of a click."""
SAME: Final = 1e-6
"""Seconds by which two clocks may differ."""
ENDPOINT_S: Final = 0.5
"""From the end of an utterance to its endpoint, where no turn tells it."""
_ENDS = re.compile(r"[.!?؟]")


@dataclass(frozen=True, slots=True)
class Spell:
    """The time in which a reply is owed. Seconds since sample 0."""

    speech: float
    """The caller fell silent."""
    endpoint: float
    over: float


@dataclass(slots=True)
class EarMeasurement:
    """One call at the caller's ear."""

    silence_s: float = 0.0
    """Longest silence while a reply was owed, from an endpoint on."""
    silence_from_speech_s: float = 0.0
    """The same from the end of the caller's speech on."""
    lost: int = 0
    unanswered: int = 0
    repeated: int = 0
    swapped: int = 0
    bad_ms: int = 0
    again: int = 0
    """Sentences that broke off for good and were begun again, a clause of them twice."""
    instead: Counter[str] = field(default_factory=Counter)
    """Fixed words that were heard, by name, after the caller's first words."""


@dataclass(frozen=True, slots=True)
class Story:
    """What a call was made of."""

    record: PhoneRecord
    turns: Sequence[Turn]
    requests: Sequence[RequestRecord]
    """Of the voice."""
    phrases: Mapping[int, str]
    """Names of fixed words by their tones."""
    fixed: frozenset[str]
    """Texts of all fixed words."""
    said: Mapping[int, str]
    """The agent's words by turn: all that should have been heard."""
    ms_per_char: float = 95.0


def listen(story: Story) -> EarMeasurement:
    """Measure a call that is over."""
    pcm = g711.decode(bytes(story.record.heard))
    tones = heard(pcm, g711.RATE, {*map(_tone, story.requests), *story.phrases})
    spells = list(_spells(story))
    sounds = _sounds(pcm)
    ear = EarMeasurement(
        silence_s=max((_longest(sounds, spell.endpoint, spell.over) for spell in spells), default=0.0),
        silence_from_speech_s=max((_longest(sounds, spell.speech, spell.over) for spell in spells), default=0.0),
        bad_ms=_bad_ms(story, pcm, tones),
        instead=_instead(story, tones),
        unanswered=sum(not _answered(story, tones, spell) for spell in spells),
    )
    _sentences(story, tones, ear)
    return ear


# -- silence ------------------------------------------------------------------------------------------------------


def _spells(story: Story) -> Iterator[Spell]:
    record = story.record
    begin = record.t0 or 0.0
    for number, speech in enumerate(record.speech):
        until = _next(record, number)
        turns = [turn for turn in story.turns if _belongs(turn, begin, speech, until)]
        ends = [turn.ended_at - begin for turn in turns if turn.ended_at is not None]
        quiet = speech.end / g711.RATE
        endpoint = next((turn.endpoint_at - begin for turn in turns if turn.endpoint_at), quiet + ENDPOINT_S)
        cut = not turns or any(turn.outcome in ("open", "superseded", "interrupted") for turn in turns)
        yield Spell(quiet, endpoint, until if cut else min(until, max(ends, default=until)))


def _next(record: PhoneRecord, number: int) -> float:
    """When the caller spoke again, or the stream ended."""
    speech = record.speech
    return (speech[number + 1].start if number + 1 < len(speech) else len(record.heard)) / 8000


def _belongs(turn: Turn, begin: float, speech: Speech, until: float) -> bool:
    """Whether a turn answers these words."""
    first = turn.endpoint_at or (turn.sentences[0].ready_at if turn.sentences else turn.asked_at)
    return first is not None and speech.end / 8000 <= first - begin < until


def _sounds(pcm: bytes) -> list[tuple[float, float]]:
    """Stretches that are heard, in seconds."""
    loud = np.flatnonzero(levels(hops(pcm, g711.RATE)) >= AUDIBLE)
    breaks = np.flatnonzero(np.diff(loud) > 1)
    firsts, lasts = np.insert(breaks + 1, 0, 0), np.append(breaks, len(loud) - 1)
    if not len(loud):
        return []
    hop = HOP_MS / 1000
    return [(float(loud[a] * hop), float((loud[b] + 1) * hop)) for a, b in zip(firsts, lasts, strict=True)]


def _longest(sounds: list[tuple[float, float]], since: float, until: float) -> float:
    """The longest time without sound."""
    at, longest = since, 0.0
    for start, end in sounds:
        if end > at and start < until:
            longest, at = max(longest, start - at), max(at, end)
    return round(max(longest, until - at), 3)


# -- sentences ----------------------------------------------------------------------------------------------------


def _sentences(story: Story, tones: list[ToneRun], ear: EarMeasurement) -> None:
    """Count what became of each."""
    asked = [turn for turn in story.turns if turn.kind != "phrase"]
    spoken = [(turn, s) for turn in asked for s in turn.sentences if s.text not in story.fixed]
    made_for = _origins(story, [sentence for _, sentence in spoken])
    sounded: Counter[int] = Counter()
    pieces: Counter[int] = Counter()
    order = []
    for run in tones:
        place = made_for.get(run.request)
        if place is not None:
            sounded[place] += run.ms
            pieces[place] += 1
            order += [place] if run.ms >= SOUNDED_MS else []
    ear.swapped = sum(later < earlier for earlier, later in pairwise(order))
    for place, (turn, sentence) in enumerate(spoken):
        whole = _length_ms(story, sentence.spoken)
        owed = whole if sentence.again_from is None else _length_ms(story, _before(sentence, spoken[place + 1][1]))
        slack = WORD_MS + EDGE_MS * max(1, pieces[place])
        ear.again += sentence.again_from is not None
        ear.lost += owed - sounded[place] > slack and not _cut_by_caller(story, turn)
        ear.repeated += sounded[place] - whole > slack
    ear.lost += sum(_never_tried(turn, story) for turn in story.turns)


def _length_ms(story: Story, text: str) -> float:
    return length(len(text.strip()), story.ms_per_char) / 32


def _before(broken: Sentence, rest: Sentence) -> str:
    """Of a sentence that was begun again, what is not said twice."""
    return broken.spoken.removesuffix(rest.spoken)


def _origins(story: Story, sentences: list[Sentence]) -> dict[int, int]:
    """The place of the sentence that each request of the voice was made for, by its tone."""
    found = {}
    for request in story.requests:
        for place, sentence in enumerate(sentences):
            asked = sentence.asked_at is not None and sentence.asked_at <= request.asked_at + SAME
            if asked and sentence.spoken.strip() == request.text.strip():
                found[_tone(request)] = place
    return found


def _tone(request: RequestRecord) -> int:
    return (request.number - 1) % TONES + 1


def _cut_by_caller(story: Story, turn: Turn) -> bool:
    """The caller spoke over it: what he did not hear was his own choice."""
    return turn.outcome in ("interrupted", "superseded") and any(speech.over for speech in story.record.speech)


def _never_tried(turn: Turn, story: Story) -> int:
    """Sentences of the agent that never became any of the bridge's."""
    if turn.kind == "phrase" or _cut_by_caller(story, turn):
        return 0
    rest = "".join(story.said.get(turn.number, "").split())
    for sentence in turn.sentences:
        rest = rest.removeprefix("".join(sentence.text[: sentence.again_from].split()))
    return max(1, len(_ENDS.findall(rest))) if rest else 0


def _answered(story: Story, tones: list[ToneRun], spell: Spell) -> bool:
    """Something of the agent's own words was heard."""
    sounded: Counter[int] = Counter()
    for run in tones:
        if run.start_ms / 1000 >= spell.speech - 0.1 and run.start_ms / 1000 < spell.over + 0.1:
            sounded[run.request] += run.ms
    return any(ms >= SOUNDED_MS for request, ms in sounded.items() if request not in story.phrases)


# -- other sounds -------------------------------------------------------------------------------------------------


def _instead(story: Story, tones: list[ToneRun]) -> Counter[str]:
    first = story.record.speech[0].start / 8 if story.record.speech else 0
    said: Counter[str] = Counter()
    for before, run in zip([None, *tones], tones, strict=False):
        joined = before and before.request == run.request and run.start_ms - before.start_ms - before.ms <= BLUR_MS
        if run.start_ms >= first and run.ms >= SOUNDED_MS and run.request in story.phrases and not joined:
            said[story.phrases[run.request]] += 1
    return said


def _bad_ms(story: Story, pcm: bytes, tones: list[ToneRun]) -> int:
    """Sound that should not have been heard, in ms."""
    good = {_tone(request) for request in story.requests if request.fault != "degenerate"} | set(story.phrases)
    loud = levels(hops(pcm, g711.RATE)) >= NOISE
    plain = np.zeros(len(loud), bool)
    blur = BLUR_MS // HOP_MS
    for run in tones:
        if run.request in good:
            first = run.start_ms // HOP_MS
            plain[max(0, first - blur) : first + run.ms // HOP_MS + blur] = True
    return int(np.sum(loud & ~plain)) * HOP_MS + _clicks(pcm) * HOP_MS


def _clicks(pcm: bytes) -> int:
    """Hops with a peak far above those around it."""
    peaks = np.max(np.abs(hops(pcm, g711.RATE)), axis=1, initial=0.0)
    padded = np.pad(peaks, 2)
    around = np.max([padded[shift : shift + len(peaks)] for shift in (0, 1, 3, 4)], axis=0, initial=0.0)
    return int(np.sum((peaks > CLICK_LEAST) & (peaks > CLICK * around)))
