"""Tell a call's figures as plain values, for `ivr report --json` and for other programs."""

from __future__ import annotations

from typing import Any

from ivr.media.g711 import RATE
from ivr.replay.report.replayed import RebuiltCall
from ivr.replay.report.waits import TurnWait


def call_figures(call: RebuiltCall) -> dict[str, Any]:
    """Return what is known of a call. Times are seconds since the beginning of both tracks, lengths milliseconds."""
    tape, end = call.tape, call.tape.end
    waits = {wait.turn: wait for wait in call.waits()}
    return {
        "call": tape.header.call_id,
        "line": tape.header.line,
        "language": tape.header.options.language,
        "started_on": tape.header.started_on,
        "seconds": round(tape.seconds, 3),
        "result": end.result if end is not None else "",
        "reason": end.reason if end is not None else "",
        "trouble": [trouble.kind for trouble in end.trouble] if end is not None else [],
        "faults": [*tape.faults, *([call.fault] if call.fault else [])],
        "first_difference": call.first_difference,
        "zero": call.clock.zero,
        "turns": [
            {
                "turn": turn.number,
                "kind": turn.kind,
                "outcome": turn.outcome,
                "failure": turn.failure,
                "text": turn.text,
                "heard": turn.heard,
                "unheard": turn.unheard,
                "wait": wait_figures(call, waits[turn.number]) if turn.number in waits else None,
                "sentences": [
                    {
                        "number": one.number,
                        "text": one.text,
                        "heard_ms": one.heard_ms,
                        "audio_ms": one.audio_ms,
                        "played": [
                            [round(start / RATE, 4), round(stop / RATE, 4)]
                            for start, stop in (
                                call.pieces[turn.number, one.number].spans
                                if (turn.number, one.number) in call.pieces
                                else ()
                            )
                        ],
                    }
                    for one in turn.sentences
                ],
                "overlaps": [
                    {"at": round(call.seconds(one.onset_at), 4), "verdict": one.verdict, "rule": one.rule}
                    for one in turn.overlaps
                ],
            }
            for turn in call.turns
        ],
    }


def wait_figures(call: RebuiltCall, wait: TurnWait) -> dict[str, Any]:
    """Return one wait, with its parts in order."""
    return {
        "from": wait.begins,
        "at": round(call.seconds(wait.start), 4),
        "until": round(call.seconds(wait.end), 4),
        "ms": round(wait.ms, 1),
        "first_sound_ms": round((wait.first_sound - wait.start) * 1000, 1),
        "measured": wait.measured,
        "parts": [{"name": part.name, "owner": part.owner, "ms": round(part.ms, 1)} for part in wait.parts],
    }
