"""Fit the services of one call to what its tape shows of them: how long each takes, and how its speech sounds.

What a tape does not show has a usual value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from ivr.call import events
from ivr.media import g711
from ivr.replay.what_if.taped_call import TapedCall, TapedSpeech, chunk_ms, pairs

_WAY_S: Final = 0.05
"""Seconds that a mark takes there and back where no mark came back."""
_STT_S: Final = 0.8
_FIRST_WORD_S: Final = 0.6
_FIRST_AUDIO_S: Final = 0.45
_MS_PER_CHARACTER: Final = 75.0
_CHUNK_MS: Final = 100.0
_TRANSFER_S: Final = 0.5
_LEAST_UTTERANCES: Final = 4
"""Utterances from which the length of one tells how long STT takes."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold what the tape of a call shows of its services. Seconds unless the name says otherwise."""

    way_s: float
    """A mark takes so long there and back."""
    cleared_s: float
    """A mark whose audio was thrown away takes so long."""
    stt_s: float
    """STT takes so long for an utterance without length..."""
    stt_share: float
    """...and so long for each second of it."""
    first_word_s: float
    word_gap_s: float
    first_audio_s: float
    ms_per_character: float
    audio_gap_s: float
    """Between two chunks of speech."""
    chunk_ms: float
    rate: int
    encoding: events.Encoding
    sound: bytes
    """The longest sentence, whose sound stands in for others."""
    transfer_s: float

    def transcript_s(self, seconds: float) -> float:
        """Return how long STT takes for an utterance of so many seconds."""
        return self.stt_s + self.stt_share * seconds


def fit(taped: TapedCall) -> Fitted:
    """Return what a tape shows of the services."""
    stt_s, stt_share = fitted_line(
        [
            ((one.end - one.onset) / g711.RATE, one.said[-1][0])
            for one in taped.transcripts.values()
            if one.text is not None
        ]
    )
    replies = [
        [(gap, event) for gap, event in pairs(reply.said) if isinstance(event, events.ReplyDelta)]
        for reply in taped.replies.values()
    ]
    speeches = [one for one in taped.speeches.values() if _chunks(one)]
    whole = [one for one in speeches if one.whole and one.text]
    gaps = [gap for one in speeches for gap, event in list(pairs(one.said))[1:] if isinstance(event, events.TtsAudio)]
    chunks = [chunk for one in speeches for chunk in _chunks(one)]
    longest = max(whole, key=lambda one: one.audio_ms, default=None)
    first = _chunks(longest)[0] if longest is not None else events.TtsAudio(0, 0, b"")
    kind = first.rate, first.encoding
    sound = b"".join(one.audio for one in _chunks(longest) if (one.rate, one.encoding) == kind) if longest else b""
    return Fitted(
        way_s=_middle((late[0] for late in taped.marks.values() if late is not None), _WAY_S),
        cleared_s=_middle(taped.cleared, _WAY_S),
        stt_s=stt_s,
        stt_share=stt_share,
        first_word_s=_middle((reply[0][0] for reply in replies if reply), _FIRST_WORD_S),
        word_gap_s=_middle((gap for reply in replies for gap, _ in reply[1:]), 0.0),
        first_audio_s=_middle((one.said[0][0] for one in speeches), _FIRST_AUDIO_S),
        ms_per_character=_middle((one.audio_ms / len(one.text) for one in whole), _MS_PER_CHARACTER),
        audio_gap_s=_middle(gaps, 0.0),
        chunk_ms=_middle((chunk_ms(chunk) for chunk in chunks), 0.0) or _CHUNK_MS,
        rate=first.rate,
        encoding=first.encoding,
        sound=sound,
        transfer_s=_middle((one.said[0][0] for one in taped.transfers if one.said), _TRANSFER_S),
    )


def _middle(values: Iterable[float], usual: float) -> float:
    found = list(values)
    return median(found) if found else usual


def fitted_line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the delay of an utterance without length, and what each second of it adds (least squares)."""
    if not points:
        return _STT_S, 0.0
    mean_x, mean_y = fmean(x for x, _ in points), fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if len(points) < _LEAST_UTTERANCES or not spread:
        return median(y for _, y in points), 0.0
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    # No service is quicker for more audio; what looks like it is chance.
    if slope <= 0 or mean_y <= slope * mean_x:
        return median(y for _, y in points), 0.0
    return mean_y - slope * mean_x, slope


def _chunks(speech: TapedSpeech) -> list[events.TtsAudio]:
    return [event for _, _, event in speech.said if isinstance(event, events.TtsAudio)]
