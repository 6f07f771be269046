"""Draw the pictures of a call report as HTML and SVG: one time axis with both waveforms, and one waterfall a turn.

Everything that comes from a call is escaped. Places are shares of the width, so that a picture fits any window; only an
axis of many seconds has a least width and scrolls. Colours are the page's (`report_page.html`), for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ivr.call.timeline import Turn, stages
from ivr.media import g711
from ivr.testbench.recording import PhoneRecord, RecordEntry
from ivr.testbench.report.latency import playing, reaction

_MAX_AXIS_PX = 24_000
"""Pixels of the longest axis."""
_MIN_PX_PER_SECOND = 14.0
"""Pixels a second below which an axis scrolls rather than shrinks."""
_NARROW_SCREEN_PX = 250
"""Pixels of an axis in the smallest window."""
_RULER_STEP_PX = 36
"""Pixels between two numbers of the ruler, at least."""
_MAX_TICKS = 6
"""Numbers over a waterfall, at most."""
_BUCKET_MS = 20
_WAVE_PX = 34
"""Pixels from the middle of a waveform to its top."""
_CALLER_Y, _SPEECH_Y, _AGENT_Y, _SENTENCE_Y, _MARK_Y, _BOTTOM = 62, 104, 156, 198, 222, 244
_EDGE_PERCENT = 90.0
"""Share of the width from which words stand left of their place."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Map times to places."""

    t0: float
    """Driver's seconds at the left end."""
    seconds: float
    """Length of the axis."""

    def x(self, at: float) -> float:
        """Return the place of a time in per cent of the width, kept on the axis."""
        return round(100 * min(max(at - self.t0, 0.0), self.seconds) / self.seconds, 3)

    @property
    def least(self) -> float:
        """Return the pixels below which the axis does not shrink."""
        return round(min(_MIN_PX_PER_SECOND * self.seconds, _MAX_AXIS_PX))

    @property
    def scale(self) -> float:
        """Return the pixels a second where the axis is narrowest."""
        return max(self.least, _NARROW_SCREEN_PX) / self.seconds


def axis_of(record: PhoneRecord) -> Axis:
    """Return the axis of a whole call: sample 0 to the last sample of the longer track."""
    seconds = max(len(record.caller), len(record.heard), g711.RATE) / g711.RATE
    first = record.t0 if record.t0 is not None else min((entry.t for entry in record.entries), default=0.0)
    return Axis(first, seconds)


def timeline(record: PhoneRecord, turns: Sequence[Turn]) -> str:
    """Draw both waveforms on one axis, with speech, sentences, marks, clears and barge-ins."""
    axis = axis_of(record)
    tracks = ((_CALLER_Y, "Caller"), (_AGENT_Y, "Agent"))
    lanes = ((_SPEECH_Y, "speech"), (_SENTENCE_Y, "sentences"), (_MARK_Y, "marks"))
    names = [f'<text class="name" x="0" y="{y + 4}">{name}</text>' for y, name in tracks]
    names += [f'<text x="0" y="{y + 10}">{name}</text>' for y, name in lanes]
    parts = [
        f'<svg class="names" width="74" height="{_BOTTOM}" aria-hidden="true">{"".join(names)}</svg>',
        f'<div class="scroll"><svg id="time" width="100%" height="{_BOTTOM}" style="min-width:{axis.least:.0f}px" '
        f'data-seconds="{axis.seconds:.3f}" role="slider" tabindex="0" aria-valuemin="0" aria-valuenow="0" '
        f'aria-valuemax="{axis.seconds:.1f}" aria-label="Where the call is played, in seconds. Waveforms of caller and '
        'agent; the turns below say the same. Arrow keys move, space plays.">',
        '<defs><pattern id="cut" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="2.5" height="6" style="fill:var(--unheard)"/></pattern></defs>',
    ]
    step = next(step for step in (1, 2, 5, 10, 30, 60, 300, 1800) if step * axis.scale >= _RULER_STEP_PX)
    for second in range(0, int(axis.seconds) + 1, step):
        x = axis.x(axis.t0 + second)
        parts.append(f'<line class="grid" x1="{x}%" x2="{x}%" y1="18" y2="{_BOTTOM}"/>')
        parts.append(_words(x, 12, f"{second} s"))
    parts.append(_wave(record.caller, axis, _CALLER_Y, "wave-caller"))
    parts.append(_wave(record.heard, axis, _AGENT_Y, "wave-agent"))
    for turn in turns:
        if (start := turn.speech_started_at) is not None:
            end = turn.speech_ended_at or turn.endpoint_at or start
            parts.append(_bar("span-caller", axis, start, end, _SPEECH_Y, 9, f"turn {turn.number}: {turn.text}"))
        for piece in playing(turn):
            title = f"turn {turn.number}, sentence {piece.sentence.number}: {piece.sentence.text}"
            if piece.cut_until > piece.heard_until:
                span = (piece.heard_until, piece.cut_until)
                parts.append(_bar("unheard-bar", axis, *span, _SENTENCE_Y, 12, f"cut off: {title}"))
            # A gap of 20 ms shows where one sentence ends and the next begins.
            if piece.heard_until > piece.start:
                span = (piece.start + 0.02, piece.heard_until)
                parts.append(_bar("heard-bar", axis, *span, _SENTENCE_Y, 12, title))
    parts += _line_events(record.entries, axis)
    for overlap in (overlap for turn in turns for overlap in turn.overlaps):
        onset, quiet = axis.x(overlap.onset_at), axis.x(overlap.yield_at)
        # Dashed: the first voiced frame. Solid: the agent goes quiet.
        delay = reaction(overlap)
        took = "nothing to clear" if delay is None else f"{delay * 1000:.0f} ms from first voiced frame to clear"
        word = {"commit": "barge-in", "resume": "went on", "pending": "yield"}[overlap.verdict]
        parts.append(f'<line class="yield onset" x1="{onset}%" x2="{onset}%" y1="22" y2="{_MARK_Y}"/>')
        parts.append(
            f'<line class="yield" x1="{quiet}%" x2="{quiet}%" y1="22" y2="{_MARK_Y}"><title>{took}</title></line>'
        )
        parts.append(_words(quiet, _SPEECH_Y + 24, word, "alarm", took, 4))
    parts.append(f'<line id="cursor" x1="0" x2="0" y1="16" y2="{_BOTTOM}"/></svg></div>')
    return "\n".join(parts)


def _words(x: float, y: float, text: str, css: str = "", title: str = "", dx: int = 3) -> str:
    """Write words beside a place, on the side where there is room."""
    side = f'dx="-{dx}" text-anchor="end"' if x > _EDGE_PERCENT else f'dx="{dx}"'
    inner = escape(text) + (f"<title>{escape(title)}</title>" if title else "")
    return f'<text class="{css}" x="{x}%" y="{y}" {side}>{inner}</text>'


def _wave(track: bytes | bytearray, axis: Axis, middle: int, name: str) -> str:
    """Draw a track, stretched over its part of the axis. `middle`: pixels from the top."""
    samples = np.abs(np.frombuffer(g711.decode(bytes(track)), dtype="<i2").astype(np.float32)) / 32768
    bucket = max(g711.RATE * _BUCKET_MS // 1000, int(g711.RATE * axis.seconds / _MAX_AXIS_PX))
    # The power of 0.7 lifts quiet speech, which would else be a line.
    loud = np.pad(samples, (0, -len(samples) % bucket)).reshape(-1, bucket).max(axis=1) ** 0.7
    heights = np.maximum(loud * _WAVE_PX, 0.4)
    over = [f"{x + 0.5},{_WAVE_PX - height:.1f}" for x, height in enumerate(heights)]
    under = [f"{x + 0.5},{_WAVE_PX + height:.1f}" for x, height in reversed(list(enumerate(heights)))]
    width = round(100 * len(loud) * bucket / g711.RATE / axis.seconds, 3)
    shape = f'<polygon class="{name}" points="{" ".join(over + under)}"/>'
    return (
        f'<svg x="0" y="{middle - _WAVE_PX}" width="{width}%" height="{2 * _WAVE_PX}" preserveAspectRatio="none" '
        f'viewBox="0 0 {max(len(loud), 1)} {2 * _WAVE_PX}">{shape}</svg>'
    )


def _bar(name: str, axis: Axis, start: float, end: float, y: float, height: float, title: str) -> str:
    """Draw a time span as a bar, `y` pixels from the top."""
    x = axis.x(start)
    return (
        f'<rect class="{name}" x="{x}%" y="{y}" width="{axis.x(end) - x:.3f}%" height="{height}" rx="2">'
        f"<title>{escape(title)}</title></rect>"
    )


def _line_events(entries: Iterable[RecordEntry], axis: Axis) -> Iterable[str]:
    """Draw the marks, clears and keys of the phone line."""
    for entry in entries:
        x = axis.x(entry.t)
        what = f"{entry.kind} {entry.detail} at {entry.t - axis.t0:.3f} s"
        title = f"<title>{escape(what)}</title>"
        match entry.kind:
            case "mark":
                yield f'<line class="mark" x1="{x}%" x2="{x}%" y1="{_MARK_Y}" y2="{_MARK_Y + 5}">{title}</line>'
            case "mark_back":
                low = _MARK_Y + 6
                yield f'<line class="mark returned" x1="{x}%" x2="{x}%" y1="{low}" y2="{low + 7}">{title}</line>'
            case "clear":
                yield f'<svg x="{x}%" y="{_MARK_Y}" overflow="visible"><path class="clear" d="M-5 0h10l-5 9z">{title}'
                yield "</path></svg>"
            case "digit":
                yield _words(x, _SPEECH_Y + 9, entry.detail[:1], "name", what, 0)
            case _:
                pass


def waterfall(turn: Turn, t0: float = 0.0) -> str:
    """Draw one turn from the caller's last word: a row for each stage and each sentence. `t0`: start of the call."""
    found = stages(turn)
    heard = playing(turn)
    if not found:
        return ""
    start = found[0].start
    end = max([stage.end for stage in found] + [piece.cut_until for piece in heard] + [turn.reply_ended_at or start])
    axis = Axis(start, max(end - start, 0.05))
    rows: list[str] = []
    for stage in found:
        label = f"{stage.name}: {stage.seconds * 1000:.0f} ms"
        bars = [_part(f"stage {stage.owner}", axis, stage.start, stage.end, label)]
        # The reply is streamed: the agent still writes while its first sentence is spoken.
        if stage.name == "agent's first words" and turn.reply_ended_at:
            bars.append(_part("stream", axis, stage.end, turn.reply_ended_at, "the agent goes on writing"))
        rows.append(_row(label, bars))
    for piece in heard:
        sentence = piece.sentence
        bars = []
        if sentence.asked_at is not None:
            bars.append(_part("waiting", axis, sentence.ready_at, sentence.asked_at, "waits for a free TTS connection"))
            if sentence.audio_at is not None:
                bars.append(_part("stage tts", axis, sentence.asked_at, sentence.audio_at, "first audio from TTS"))
        # What was cut off lies behind what was heard; either may be missing.
        if piece.cut_until > piece.heard_until:
            bars.append(_part("cut", axis, piece.heard_until, piece.cut_until, "cut off"))
        if piece.heard_until > piece.start:
            bars.append(_part("play", axis, piece.start, piece.heard_until, "heard by the caller"))
        spans = f"{sentence.heard_ms / 1000:.1f} of {sentence.audio_ms / 1000:.1f} s heard"
        rows.append(_row(f"sentence {sentence.number}: {spans}", bars))
    ticks = []
    step = next((step for step in (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60) if axis.seconds / step <= _MAX_TICKS), 300)
    for tick in range(int(axis.seconds / step) + 1):
        x = axis.x(axis.t0 + tick * step)
        last = " last" if x > _EDGE_PERCENT else ""
        ticks.append(f'<i class="tick{last}" style="left:{x}%"><span>{tick * step:g} s</span></i>')
    first = axis.x(min((piece.start for piece in heard), default=found[-1].end))
    return (
        f'<div class="fall" data-start="{start - t0:.3f}" data-seconds="{axis.seconds:.3f}" role="group" '
        f'aria-label="Waterfall of turn {turn.number}, from the caller\'s last word">'
        f'<div class="over" aria-hidden="true">{"".join(ticks)}<i class="first" style="left:{first}%"></i>'
        f'<i class="cursor"></i></div>{"".join(rows)}</div>'
    )


def _row(label: str, parts: Iterable[str]) -> str:
    """Write one row of a waterfall."""
    return (
        f'<div class="row"><span class="label">{escape(label)}</span><span class="lane">{"".join(parts)}</span></div>'
    )


def _part(name: str, axis: Axis, start: float, end: float, title: str) -> str:
    """Draw a time span in a row of a waterfall."""
    x = axis.x(start)
    return f'<i class="{name}" style="left:{x}%;width:{axis.x(end) - x:.3f}%" title="{escape(title)}"></i>'
