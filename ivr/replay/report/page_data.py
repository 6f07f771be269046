"""Gather what is known of a call as plain values: for the script of its page, and for other programs.

Times are seconds since the beginning of both tracks.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.timeline import place_of
from ivr.media.g711 import FRAME, RATE
from ivr.replay.report.event_words import command_message, command_words, event_message, event_words
from ivr.replay.report.html import direction
from ivr.replay.report.replayed import RebuiltCall, ReportedEvent
from ivr.replay.report.sound import page_sound
from ivr.replay.report.state import StateValue
from ivr.replay.report.waits import TurnWait

_FULL_SCORE: Final = 200
_DULL: Final = (ask.SendAudio, ask.SendMark)
"""Commands that say nothing of what was decided."""


PeerAsked: TypeAlias = tuple[Literal["stt", "agent", "tts"], int, int]
"""Who was asked, and the number of the utterance, the turn, or the turn and the sentence."""


class PeerAnswer(NamedTuple):
    """Hold an answer to a request."""

    request: PeerAsked
    last: bool = True
    bad: bool = False


def page_data(call: RebuiltCall) -> dict[str, Any]:
    """Return everything that the page's script needs of a call."""
    began = call.seconds(call.tape.began_at)
    return {
        "seconds": round(max(call.length, 0.5), 3),
        "first": round(began, 4),
        **(page_sound(call.caller.audio, call.agent.audio) if call.tape.header.audible or call.sounds else {}),
        "scores": frame_scores(call),
        "turns": caller_turns(call),
        "pieces": heard_pieces(call),
        "overlaps": [
            {
                "on": _at(call, overlap.onset_at),
                "y": _at(call, overlap.yield_at),
                "v": _at(call, overlap.resumed_at or overlap.verdict_at or overlap.yield_at),
                "verdict": overlap.verdict,
            }
            for turn in call.turns
            for overlap in turn.overlaps
        ],
        "marks": [
            [
                mark.name,
                _at(call, mark.sent_at),
                _at(call, mark.due_at),
                None if mark.back_at is None else _at(call, mark.back_at),
                mark.cleared,
            ]
            for mark in call.marks
        ],
        "clears": [_at(call, at) for at in call.clears],
        "keys": [
            [_at(call, row.now), row.event.digit] for row in call.rows if isinstance(row.event, events.DigitPressed)
        ],
        "work": peer_work(call),
        "floor": floor_changes(call),
        "events": event_rows(call),
    }


def _at(call: RebuiltCall, at: float) -> float:
    return round(call.seconds(at), 4)


def frame_scores(call: RebuiltCall) -> str:
    """Return two bytes for every 20 ms: the score, and what was believed of it, in two-hundredths."""
    both = bytearray(2 * (len(call.caller.audio) // FRAME + 1))
    for sample, score, believed in call.scores:
        slot = 2 * (sample // FRAME)
        if slot + 1 < len(both):
            both[slot] = max(both[slot], _share(score))
            both[slot + 1] = max(both[slot + 1], _share(believed))
    return b64encode(bytes(both)).decode("ascii")


def _share(score: float) -> int:
    # A score that is no number is none.
    return max(0, min(_FULL_SCORE, round(score * _FULL_SCORE))) if score == score else 0  # noqa: PLR0124


def caller_turns(call: RebuiltCall) -> list[dict[str, Any]]:
    found = []
    for turn in call.turns:
        started, ended = turn.speech_started_at, turn.speech_ended_at
        found.append(
            {
                "s": None if started is None else _at(call, started),
                "e": None if started is None else _at(call, ended or started),
                "ep": None if started is None else _at(call, turn.endpoint_at or ended or started),
                "text": f"{turn.number}: {turn.text}",
                "rtl": direction(turn.text) == "rtl",
            }
        )
    return found


def heard_pieces(call: RebuiltCall) -> list[dict[str, Any]]:
    """Return the sentences at the caller's ear, and what was cut off of each."""
    found = []
    for piece in call.pieces.values():
        sentence = call.sentence(piece.turn, piece.sentence)
        text = sentence.text.strip() if sentence is not None else ""
        missing = 0 if sentence is None else sentence.audio_ms - sentence.heard_ms
        # Less than a frame is rounding.
        place = place_of(call.turns, piece.turn)
        open_turn = place is None or call.turns[place].outcome == "open"
        cut = [piece.end / RATE, piece.end / RATE + missing / 1000] if missing > FRAME // 8 and not open_turn else None
        found.append(_piece(text, piece.spans, cut))
    found += [{**_piece("filler", filler.spans, None), "filler": True} for filler in call.fillers]
    return found


def _piece(text: str, spans: Sequence[tuple[int, int]], cut: list[float] | None) -> dict[str, Any]:
    return {
        "text": text,
        "rtl": direction(text) == "rtl",
        "spans": [[round(start / RATE, 4), round(end / RATE, 4)] for start, end in spans],
        "unheard": cut,
    }


def peer_work(call: RebuiltCall) -> dict[str, list[list[Any]]]:
    """Return when each peer worked: from the request, its first answer, its last, and whether it failed."""
    begun: dict[PeerAsked, list[Any]] = {}
    found: dict[str, list[list[Any]]] = {"stt": [], "agent": [], "tts": []}
    for row in call.rows:
        at = _at(call, row.now)
        for answer in filter(None, (peer_answer(row.event), *map(peer_cancelled, row.commands))):
            work = begun.get(answer.request)
            if work is not None and work[2] is None:
                work[1] = at if work[1] is None else work[1]
                work[2], work[3] = (at if answer.last else None), answer.bad
        for command in row.commands:
            if (request := peer_request(command)) is not None:
                begun[request] = work = [at, None, None, False]
                found[request[0]].append(work)
    for work in (work for works in found.values() for work in works):
        work[2] = round(call.length, 4) if work[2] is None else work[2]
        work[1] = work[2] if work[1] is None else work[1]
    return found


def peer_answer(event: events.Event) -> PeerAnswer | None:
    """Return which request an event answers."""
    match event:
        case events.TranscriptArrived(utterance=number):
            return PeerAnswer(("stt", number, 0))
        case events.TranscriptFailed(utterance=number):
            return PeerAnswer(("stt", number, 0), bad=True)
        case events.ReplyDelta(turn=turn) | events.ReplyPause(turn=turn):
            return PeerAnswer(("agent", turn, 0), last=False)
        case events.ReplyEnded(turn=turn):
            return PeerAnswer(("agent", turn, 0))
        case events.ReplyFailed(turn=turn):
            return PeerAnswer(("agent", turn, 0), bad=True)
        case events.TtsAudio(turn=turn, sentence=number):
            return PeerAnswer(("tts", turn, number), last=False)
        case events.TtsEnded(turn=turn, sentence=number):
            return PeerAnswer(("tts", turn, number))
        case events.TtsFailed(turn=turn, sentence=number):
            return PeerAnswer(("tts", turn, number), bad=True)
        case _:
            return None


def peer_request(command: ask.Command) -> PeerAsked | None:
    """Return what a command asks of a peer."""
    match command:
        case ask.Transcribe(utterance=number):
            return ("stt", number, 0)
        case ask.RequestReply(turn=turn):
            return ("agent", turn, 0)
        case ask.Speak(turn=turn, sentence=number):
            return ("tts", turn, number)
        case _:
            return None


def peer_cancelled(command: ask.Command) -> PeerAnswer | None:
    """Return which request a command takes back."""
    match command:
        case ask.ForgetTranscript(utterance=number):
            return PeerAnswer(("stt", number, 0))
        case ask.CloseReply(turn=turn):
            return PeerAnswer(("agent", turn, 0))
        case ask.CancelSpeech(turn=turn, sentence=number):
            return PeerAnswer(("tts", turn, number))
        case _:
            return None


def floor_changes(call: RebuiltCall) -> list[list[Any]]:
    """Return when which side got the floor."""
    found: list[list[Any]] = [[min(0.0, _at(call, call.tape.began_at)), "listening"]]
    for row in call.rows:
        state = row.after.get("floor")
        if state != found[-1][1]:
            found.append([_at(call, row.now), state])
    return found


def event_rows(call: RebuiltCall) -> list[dict[str, Any]]:
    """Return the events in order. States are given by what differs from the state before them."""
    started = call.tape.started
    stream = started.stream_id if started is not None else ""
    found: list[dict[str, Any]] = []
    last: dict[str, StateValue] = {}
    for row in call.rows:
        said = event_words(row.event)
        decided = [command_words(command) for command in row.commands]
        messages = [event_message(row.event, stream), *(command_message(command, stream) for command in row.commands)]
        found.append(
            {
                "t": _at(call, row.now),
                "side": said.side,
                "text": said.text,
                "decided": [[words.side, words.text] for words in decided],
                "wire": [[one.wire, one.received, one.text] for one in messages if one is not None],
                "b": _changed(last, row.before),
                "a": _changed(row.before, row.after),
                **({"dull": True} if is_dull(row) else {}),
                **({"differs": True} if row.differs else {}),
            }
        )
        last = row.after
    return found


def _changed(before: dict[str, StateValue], after: dict[str, StateValue]) -> dict[str, StateValue]:
    """Return what differs, with None for what is gone."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return changed | {name: None for name in before if name not in after}


def is_dull(row: ReportedEvent) -> bool:
    """Return whether an event is one of very many, and nothing but audio was sent for it."""
    dull = isinstance(row.event, events.AudioIn | events.TtsAudio | events.MarkReached | events.Tick)
    quiet = row.before.get("floor") == row.after.get("floor") and not (
        isinstance(row.event, events.Tick) and row.event.stood_s
    )
    return dull and quiet and not row.differs and all(isinstance(one, _DULL) for one in row.commands)


# -- for other programs ------------------------------------------------------------------------------------------------


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
