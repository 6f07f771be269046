"""The pictures of a call report: one time axis with both waveforms, and one waterfall per turn, as SVG.

Pure: bytes and times in, text out. Everything that comes from a call is escaped. Colours are the page's
(`report_page.html`), so that they follow its light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ivr.call.timeline import Turn
from ivr.media import g711
from ivr.replay.recording import Entry, PhoneRecord
from ivr.replay.stages import Playing, playing, reaction, stages

LEFT = 74
"""Pixels kept for the names of the rows."""
_WIDEST = 24_000
"""Pixels of the longest axis."""
_PAGE = 1040
"""Pixels of an axis that fits the page."""
_NARROWEST = 18.0
"""Pixels a second below which an axis scrolls rather than shrinks."""
_BUCKET_MS = 20
_HALF = 34
"""Pixels from the middle of a waveform to its top."""
_CALLER_Y, _SPEECH_Y, _AGENT_Y, _SENTENCE_Y, _MARK_Y, _BOTTOM = 62, 104, 156, 198, 222, 244


@dataclass(frozen=True, slots=True)
class Axis:
    """Where a time lies."""

    t0: float
    """Driver's seconds at the left end."""
    seconds: float
    """Length of the axis."""
    scale: float
    """Pixels a second."""

    def x(self, at: float) -> float:
        """The pixel of a time, kept on the axis."""
        return round(LEFT + min(max(at - self.t0, 0.0), self.seconds) * self.scale, 1)

    @property
    def width(self) -> float:
        return round(LEFT + self.seconds * self.scale + 12, 1)


def axis_of(record: PhoneRecord) -> Axis:
    """The axis of a whole call: sample 0 to the last sample of the longer track."""
    seconds = max(len(record.caller), len(record.heard), g711.RATE) / g711.RATE
    first = record.t0 if record.t0 is not None else min((entry.t for entry in record.entries), default=0.0)
    fitting = min(60.0, max(_NARROWEST, _PAGE / seconds))
    return Axis(first, seconds, min(fitting, max(1.0, _WIDEST / seconds)))


def timeline(record: PhoneRecord, turns: Sequence[Turn]) -> str:
    """Both waveforms on one axis, with speech, sentences, marks, clears and barge-ins."""
    axis = axis_of(record)
    parts = [
        f'<svg id="time" width="{axis.width}" height="{_BOTTOM}" viewBox="0 0 {axis.width} {_BOTTOM}" role="img" '
        f'data-scale="{axis.scale}" data-left="{LEFT}" '
        f'aria-label="Waveforms of caller and agent over {axis.seconds:.1f} seconds; the turns below say the same">',
        '<defs><pattern id="cut" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="2.5" height="6" style="fill:var(--unheard)"/></pattern></defs>',
        *_ruler(axis),
        *_names(),
        _wave(record.caller, axis, _CALLER_Y, "wave-caller"),
        _wave(record.heard, axis, _AGENT_Y, "wave-agent"),
        *(_speech(turn, axis) for turn in turns if turn.speech_started_at is not None),
        *(_unheard(piece, turn, axis) for turn in turns for piece in playing(turn)),
        *(_heard(piece, turn, axis) for turn in turns for piece in playing(turn)),
        *_line_events(record.entries, axis),
        *(part for turn in turns for part in _overlaps(turn, axis)),
        f'<line id="cursor" x1="{LEFT}" x2="{LEFT}" y1="16" y2="{_BOTTOM}"/></svg>',
    ]
    return "\n".join(parts)


def _ruler(axis: Axis) -> Iterable[str]:
    step = next(step for step in (1, 2, 5, 10, 30, 60, 300, 1800) if step * axis.scale >= 36)
    for second in range(0, int(axis.seconds) + 1, step):
        x = round(LEFT + second * axis.scale, 1)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="18" y2="{_BOTTOM}"/><text x="{x + 3}" y="12">{second} s</text>'


def _names() -> Iterable[str]:
    for y, name in ((_CALLER_Y, "Caller"), (_AGENT_Y, "Agent")):
        yield f'<text class="name" x="0" y="{y + 4}">{name}</text>'
    for y, name in ((_SPEECH_Y, "speech"), (_SENTENCE_Y, "sentences"), (_MARK_Y, "marks")):
        yield f'<text x="0" y="{y + 10}">{name}</text>'


def _wave(track: bytes | bytearray, axis: Axis, middle: int, name: str) -> str:
    samples = np.abs(np.frombuffer(g711.decode(bytes(track)), dtype="<i2").astype(np.float32)) / 32768
    bucket = max(g711.RATE * _BUCKET_MS // 1000, int(g711.RATE / axis.scale))
    loud = np.pad(samples, (0, -len(samples) % bucket)).reshape(-1, bucket).max(axis=1) ** 0.7
    xs = LEFT + (np.arange(len(loud)) + 0.5) * bucket / g711.RATE * axis.scale
    heights = np.maximum(loud * _HALF, 0.4)
    over = [f"{x:.1f},{middle - height:.1f}" for x, height in zip(xs, heights, strict=True)]
    under = [f"{x:.1f},{middle + height:.1f}" for x, height in zip(xs[::-1], heights[::-1], strict=True)]
    return f'<polygon class="{name}" points="{" ".join(over + under)}"/>'


def _bar(name: str, axis: Axis, start: float, end: float, y: float, height: float, title: str) -> str:
    x = axis.x(start)
    width = max(1.0, round(axis.x(end) - x, 1))
    return (
        f'<rect class="{name}" x="{x}" y="{y}" width="{width}" height="{height}" rx="2">'
        f"<title>{escape(title)}</title></rect>"
    )


def _speech(turn: Turn, axis: Axis) -> str:
    start = turn.speech_started_at or 0.0
    end = turn.speech_ended_at or turn.endpoint_at or start
    return _bar("span-caller", axis, start, end, _SPEECH_Y, 9, f"turn {turn.number}: {turn.text}")


def _unheard(piece: Playing, turn: Turn, axis: Axis) -> str:
    if piece.cut_until <= piece.heard_until:
        return ""
    title = f"cut off: {_title(piece, turn)}"
    return _bar("unheard-bar", axis, piece.heard_until, piece.cut_until, _SENTENCE_Y, 12, title)


def _heard(piece: Playing, turn: Turn, axis: Axis) -> str:
    if piece.heard_until <= piece.start:
        return ""
    return _bar("heard-bar", axis, piece.start + 0.02, piece.heard_until, _SENTENCE_Y, 12, _title(piece, turn))


def _title(piece: Playing, turn: Turn) -> str:
    return f"turn {turn.number}, sentence {piece.sentence.number}: {piece.sentence.text}"


def _line_events(entries: Iterable[Entry], axis: Axis) -> Iterable[str]:
    for entry in entries:
        x = axis.x(entry.t)
        title = f"<title>{escape(f'{entry.kind} {entry.detail} at {entry.t - axis.t0:.3f} s')}</title>"
        match entry.kind:
            case "mark":
                yield f'<line class="mark" x1="{x}" x2="{x}" y1="{_MARK_Y}" y2="{_MARK_Y + 5}">{title}</line>'
            case "mark_back":
                low = _MARK_Y + 6
                yield f'<line class="mark returned" x1="{x}" x2="{x}" y1="{low}" y2="{low + 7}">{title}</line>'
            case "clear":
                yield f'<path class="clear" d="M{x - 5} {_MARK_Y}h10l-5 9z">{title}</path>'
            case "digit":
                yield f'<text class="name" x="{x}" y="{_SPEECH_Y + 9}">{escape(entry.detail[:1])}{title}</text>'
            case _:
                pass


def _overlaps(turn: Turn, axis: Axis) -> Iterable[str]:
    for overlap in turn.overlaps:
        onset, quiet = axis.x(overlap.onset_at), axis.x(overlap.yield_at)
        delay = reaction(overlap)
        took = "nothing to clear" if delay is None else f"{delay * 1000:.0f} ms from first voiced frame to clear"
        word = {"commit": "barge-in", "resume": "went on", "pending": "yield"}[overlap.verdict]
        yield f'<line class="yield onset" x1="{onset}" x2="{onset}" y1="22" y2="{_MARK_Y}"/>'
        yield f'<line class="yield" x1="{quiet}" x2="{quiet}" y1="22" y2="{_MARK_Y}"><title>{took}</title></line>'
        yield f'<text class="alarm" x="{quiet + 4}" y="{_SPEECH_Y + 24}">{word}<title>{took}</title></text>'


_ROW = 19
_NAME = 218
_FULL = 1150


def waterfall(turn: Turn) -> str:
    """One turn from the caller's last word: a row for each stage, then one for each sentence."""
    found = stages(turn)
    heard = playing(turn)
    if not found:
        return ""
    start = found[0].start
    end = max([stage.end for stage in found] + [piece.cut_until for piece in heard] + [turn.reply_ended_at or start])
    first = min((piece.start for piece in heard), default=found[-1].end)
    axis = Axis(start, max(end - start, 0.05), (_FULL - _NAME - 40) / max(end - start, 0.05))
    rows: list[tuple[str, list[str]]] = []
    for stage in found:
        label = f"{stage.name}: {stage.seconds * 1000:.0f} ms"
        bars = [_bar(f"stage {stage.owner}", axis, stage.start, stage.end, 4, 11, label)]
        if stage.name == "agent's first words" and turn.reply_ended_at:
            bars.append(_bar("stream", axis, stage.end, turn.reply_ended_at, 4, 11, "the agent goes on writing"))
        rows.append((label, bars))
    rows += [(_sentence_label(piece), _sentence_bars(piece, axis)) for piece in heard]
    return _waterfall_svg(turn, axis, rows, axis.x(first))


def _sentence_label(piece: Playing) -> str:
    sentence = piece.sentence
    return f"sentence {sentence.number}: {sentence.heard_ms / 1000:.1f} of {sentence.audio_ms / 1000:.1f} s heard"


def _sentence_bars(piece: Playing, axis: Axis) -> list[str]:
    sentence = piece.sentence
    bars: list[str] = []
    if sentence.asked_at is not None:
        bars.append(_bar("waiting", axis, sentence.ready_at, sentence.asked_at, 7, 5, "waits for the voice to be free"))
        if sentence.audio_at is not None:
            bars.append(_bar("stage voice", axis, sentence.asked_at, sentence.audio_at, 4, 11, "voice's first audio"))
    if piece.cut_until > piece.heard_until:
        bars.append(_bar("unheard-bar", axis, piece.heard_until, piece.cut_until, 4, 11, "cut off"))
    if piece.heard_until > piece.start:
        bars.append(_bar("play", axis, piece.start, piece.heard_until, 4, 11, "in the caller's ear"))
    return bars


def _waterfall_svg(turn: Turn, axis: Axis, rows: Sequence[tuple[str, Sequence[str]]], first: float) -> str:
    shift = _NAME - LEFT
    height = len(rows) * _ROW + 22
    drawn = [
        f'<svg width="{_FULL}" height="{height}" viewBox="0 0 {_FULL} {height}" role="img" '
        f'aria-label="Waterfall of turn {turn.number}: {escape("; ".join(label for label, _ in rows))}">',
    ]
    step = next((step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60) if step * axis.scale >= 44), 300)
    for tick in range(int(axis.seconds / step) + 1):
        x = round(_NAME + tick * step * axis.scale, 1)
        drawn.append(
            f'<line class="grid" x1="{x}" x2="{x}" y1="16" y2="{height}"/>'
            f'<text x="{x + 2}" y="11">{tick * step:g} s</text>'
        )
    for number, (label, bars) in enumerate(rows):
        y = 20 + number * _ROW
        drawn.append(
            f'<text x="0" y="{y + 13}">{escape(label)}</text><g transform="translate({shift} {y})">{"".join(bars)}</g>'
        )
    x = round(first + shift, 1)
    drawn.append(
        f'<line class="yield onset" x1="{x}" x2="{x}" y1="16" y2="{height}"><title>first audio</title></line></svg>'
    )
    return "".join(drawn)
