"""Write a call as a trace that ui.perfetto.dev opens (Chrome's trace event format, JSON).

A track each for the caller, STT, agent, TTS, playout, marks and who has the floor, and a curve for the score. Spans
that never overlap on their track are complete events (`X`); requests and marks may overlap, so they are asynchronous
(`b`, `e`), paired by their id. Times are microseconds since the beginning of both tracks.
https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from ivr.media.g711 import RATE
from ivr.replay.report.event_words import command_words, event_words
from ivr.replay.report.page_data import floor_changes, is_dull, peer_work
from ivr.replay.report.replayed import RebuiltCall

_PROCESS: Final = 1
_TRACKS: Final = ("caller", "STT", "agent", "TTS", "playout", "marks", "floor", "events")
_PEERS: Final = {"stt": "STT", "agent": "agent", "tts": "TTS"}


def perfetto_trace(call: RebuiltCall) -> str:
    """Return the trace as JSON."""
    found = [*_names(call), *sorted(_events(call), key=lambda event: event["ts"])]
    return json.dumps({"traceEvents": found, "displayTimeUnit": "ms"}, ensure_ascii=True, separators=(",", ":"))


def _names(call: RebuiltCall) -> Iterator[dict[str, Any]]:
    """Yield what the tracks are called, in their order."""
    yield {"ph": "M", "name": "process_name", "pid": _PROCESS, "args": {"name": f"call {call.tape.header.call_id}"}}
    for place, name in enumerate(_TRACKS, 1):
        for kind, said in (("thread_name", {"name": name}), ("thread_sort_index", {"sort_index": place})):
            yield {"ph": "M", "name": kind, "pid": _PROCESS, "tid": place, "args": said}


def _events(call: RebuiltCall) -> Iterator[dict[str, Any]]:
    """Yield everything that happened, track by track."""
    for turn in call.turns:
        if turn.speech_started_at is not None and turn.speech_ended_at is not None:
            start, end = call.seconds(turn.speech_started_at), call.seconds(turn.speech_ended_at)
            yield _span("caller", f"turn {turn.number}: {turn.text}", start, end)
    for side, works in peer_work(call).items():
        for number, (start, first, end, bad) in enumerate(works, 1):
            name = f"{_PEERS[side]} request {number}" + (", failed" if bad else "")
            yield from _request(_PEERS[side], name, f"{side}{number}", start, end, {"first answer, s": first})
    for piece in call.pieces.values():
        sentence = call.sentence(piece.turn, piece.sentence)
        text = f"{piece.turn}.{piece.sentence}: {sentence.text.strip() if sentence is not None else ''}"
        for first, last in piece.spans:
            yield _span("playout", text, first / RATE, last / RATE)
    for filler in call.fillers:
        yield _span("playout", "filler", filler.start / RATE, filler.end / RATE)
    for mark in call.marks:
        end = mark.back_at if mark.back_at is not None else mark.due_at
        said = {"due, s": round(call.seconds(mark.due_at), 4), "cleared": mark.cleared}
        yield from _request(
            "marks", mark.name, f"mark {mark.name}", call.seconds(mark.sent_at), call.seconds(end), said
        )
    for at in call.clears:
        yield _instant("marks", "clear", call.seconds(at))
    floors = [*floor_changes(call), [call.length, ""]]
    for (start, state), (end, _) in pairwise(floors):
        yield _span("floor", state, start, end)
    for row in call.rows:
        if not is_dull(row):
            decided = [command_words(command).text for command in row.commands]
            yield _instant("events", event_words(row.event).text, call.seconds(row.now), {"decided": decided})
    for sample, score, believed in call.scores:
        values = {"score": round(score, 3) if score == score else 0, "believed": round(believed, 3)}  # noqa: PLR0124
        yield {"ph": "C", "name": "speech", "pid": _PROCESS, "ts": _us(sample / RATE), "args": values}


def _span(track: str, name: str, start: float, end: float) -> dict[str, Any]:
    length = max(0, _us(end) - _us(start))
    return {"ph": "X", "name": name, "cat": track, "ts": _us(start), "dur": length, **_at(track)}


def _instant(track: str, name: str, at: float, said: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"ph": "i", "s": "t", "name": name, "cat": track, "ts": _us(at), **_at(track), "args": said or {}}


def _request(
    track: str, name: str, key: str, start: float, end: float, said: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    both = {"name": name, "cat": track, "id": key, **_at(track)}
    yield {"ph": "b", "ts": _us(start), "args": said, **both}
    yield {"ph": "e", "ts": max(_us(start), _us(end)), **both}


def _at(track: str) -> dict[str, int]:
    return {"pid": _PROCESS, "tid": _TRACKS.index(track) + 1}


def _us(seconds: float) -> int:
    # The format knows no time before its beginning.
    return max(0, round(seconds * 1e6))
